//! Searches among few listeners, where one block more or less is much: what they may not conclude.

use serde_json::Value;

use crate::{Stage, clockwork};

/// Blocks of all lengths, and a player that asks for eight at once: of so few listeners both move the lead, and neither is an overload.
#[test]
fn a_bound_far_below_the_capacity_is_at_least_that_whatever_the_seed() {
    for (seed, bound) in [("1", "1"), ("2", "2")] {
        let stage = Stage::new();
        let service = "models.kokoro.service={fixed_seconds=0.5}";
        let (code, json) = stage.search(&[
            "--workers",
            "16",
            "--gateway-set",
            service,
            "--max-users",
            bound,
            "--seed",
            seed,
            "--no-report",
        ]);
        assert_eq!((code, &json["answer"]["ending"]["kind"]), (0, &Value::from("at-least")), "{json}");
        assert_eq!(json["answer"]["users"].to_string(), bound, "{json}");
    }
}

/// 0.9 % of the blocks fail for good where 1 % may: there is a capacity, and however often it is asked for, nobody says that there is none.
#[test]
fn what_fails_a_little_less_than_is_allowed_is_not_said_to_hold_nothing() {
    for seed in ["5", "9"] {
        let stage = Stage::new();
        let faults = r#"faults.jobs=[{select={share=0.009},effect={engine-error={times=9,text="x"}}}]"#;
        let objective = ["--objective", "success_pct >= 99 %", "--max-time", "90"];
        let world = ["--workers", "3", "--gateway-set", faults, "--seed", seed, "--no-report"];
        let (code, json) = stage.search(&[world.as_slice(), &objective].concat());
        assert_ne!(code, 3, "{json}");
    }
}

/// Runs of a service in which nothing is random are the same: three at a number show no more than one.
#[test]
fn runs_that_are_the_same_count_once() {
    let stage = Stage::new();
    let (_, json) = stage.search(&clockwork("2", "1", "4.3"));
    let (users, shown) = (&json["answer"]["users"], &json["answer"]["shown"][0]);
    assert_eq!((&shown["of"], &shown["runs"]), (users, &Value::from(1)), "{json}");
}
