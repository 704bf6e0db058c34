//! What only simulations have: facts that are not kept, replicates, and models fitted to runs.

use std::fs;

use serde_json::Value;

use crate::stage::{Stage, manifest};

/// A crowd that waits for its workers now and then.
const CROWD: [&str; 10] =
    ["--users", "8", "--blocks", "20", "--stagger", "30", "--speed", "1.5", "--workers", "3"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn figures_do_not_depend_on_whose_facts_are_kept_and_nothing_is_made_of_a_part() {
    let stage = Stage::new();
    let summary = |facts: &str| {
        let folder = stage.simulated(&[CROWD.as_slice(), &["--facts", facts]].concat());
        (manifest(&folder)["summary"].clone(), folder)
    };
    let (all, _) = summary("all");
    let (sample, folder) = summary("sample:2");
    assert_eq!(all, sample);
    assert_eq!(manifest(&folder)["facts_kept"], "sample:2");
    assert!(!folder.join("report.html").exists());
    let name = folder.display().to_string();
    let rows = stage.prints(&["export", &name, "--table", "listeners"]);
    assert_eq!(rows.lines().count(), 3, "a head and two listeners: {rows}");
    let told = json(&stage.prints(&["show", &name, "--json"]));
    assert_eq!(told["summary"]["blocks"]["intended"], 160);
    for verb in ["explain", "report", "resummarise"] {
        let output = stage.claque(&[verb, &name]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && words.contains("--facts sample:2"), "{verb}: {words}");
    }
    let (none, folder) = summary("none");
    assert_eq!(all, none);
    assert_eq!(manifest(&folder)["listeners"].as_array().map(Vec::len), Some(0));
    let words = stage.refused(&["simulate", "--facts", "some"]);
    assert!(words.contains("--facts is some; give all, none or sample:N"), "{words}");
    let words = stage.refused(&["simulate", "--facts", "none", "--objective", "startup_time p50 < 5 s"]);
    assert!(words.contains("give --facts all"), "{words}");
}

#[test]
fn replicates_are_runs_of_seeds_in_their_order_on_any_number_of_threads() {
    let stage = Stage::new();
    let replicated = |jobs: &str| {
        let args = ["simulate", "--json", "--quiet", "--seed", "5", "--replicates", "4", "--jobs", jobs];
        stage.prints(&[args.as_slice(), CROWD.as_slice()].concat())
    };
    let one = replicated("1");
    assert_eq!(one, replicated("3"));
    let told = json(&one);
    let folder = stage.simulated(&[CROWD.as_slice(), &["--seed", "7"]].concat());
    assert_eq!(told["replicates"][2]["seed"], 7);
    assert_eq!(told["replicates"][2]["summary"], manifest(&folder)["summary"]);
    let text = stage.prints(&[&["simulate", "--replicates", "3"], CROWD.as_slice()].concat());
    assert!(text.contains("3 replicates (seeds 1 to 3)") && text.contains("round_trip ("), "{text}");
    assert!(text.contains("too few for an interval") && !text.contains("95 % interval"), "{text}");
    assert_eq!(told["figures"][0]["interval"], Value::Null, "of four, too");
    let five = ["simulate", "--json", "--replicates", "5"];
    let told = json(&stage.prints(&[five.as_slice(), CROWD.as_slice()].concat()));
    for figure in told["figures"].as_array().expect("there are figures") {
        let low = figure["interval"][0].as_f64();
        assert!(low.is_none_or(|low| low >= 0.0), "{figure}");
    }
    assert_eq!(fs::read_dir(stage.path().join("claque-results")).expect("there is one").count(), 1);
}

#[test]
fn replicates_tell_what_failed_before_what_succeeded_took() {
    let stage = Stage::new();
    let faults = "faults.jobs=[{select={share=0.5},effect={engine-error={times=9,text=\"boom\"}}}]";
    let args = ["simulate", "--replicates", "5", "--json", "--gateway-set", faults];
    let told = json(&stage.prints(&[args.as_slice(), CROWD.as_slice()].concat()));
    assert_eq!((&told["format_version"], &told["kind"]), (&1.into(), &"replicates".into()));
    assert_eq!(told["figures"][0]["id"], "goodput_pct");
    assert_eq!(told["figures"][1]["id"], "success_pct");
    let success = told["figures"][1]["mean"].as_f64().expect("it is known");
    assert!((20.0..80.0).contains(&success), "about half fail: {success}");
}

#[test]
fn a_model_is_fitted_to_a_run_predicts_another_and_is_a_gateway() {
    let stage = Stage::new();
    let truth = [
        "--varied-lengths",
        "--gateway-set",
        "models.kokoro.service={ overhead_seconds = 0.8, seconds_per_char = 0.015, sigma = 0.1 }",
    ];
    let audience = ["--blocks", "20", "--stagger", "30", "--speed", "1.5", "--workers", "3"];
    let simulated = |users: &str, seed: &str| {
        let who = ["--users", users, "--seed", seed];
        stage.simulated(&[audience.as_slice(), truth.as_slice(), who.as_slice()].concat())
    };
    let (fitted, other) = (simulated("5", "1"), simulated("6", "9"));
    let (fitted, other) = (fitted.display().to_string(), other.display().to_string());
    let told = json(&stage.prints(&["calibrate", &fitted, &other, "--json", "--write", "model.toml"]));
    let holds = |name: &str, truth: f64| {
        let of = &told["calibration"][name];
        let (low, high) = (of["low"].as_f64().expect("a number"), of["high"].as_f64().expect("a number"));
        assert!((low..=high).contains(&truth), "{name}: {of}");
    };
    assert_eq!(told["left_out"], 0);
    holds("overhead_ms", 800.0);
    holds("ms_per_char", 15.0);
    holds("sigma", 0.1);
    assert_eq!(told["calibration"]["workers"]["value"], 3);
    assert_eq!(told["held_against"]["how"], "held-out");
    for figure in told["predicted"].as_array().expect("there are predictions") {
        let of = |key: &str| figure[key].as_f64().expect("a number");
        // Nobody may have stalled, and then there is no ratio.
        let off = (of("predicted_ms") - of("measured_ms")).abs();
        assert!(figure["id"] == "stalled" || off < 0.25 * of("measured_ms"), "{figure}");
    }
    let folder = stage.simulated(&[CROWD.as_slice(), &["--gateway", "model.toml"]].concat());
    let service = &manifest(&folder)["scenario"]["gateway"]["models"]["kokoro"]["service"];
    let overhead = service["overhead_seconds"].as_f64().expect("it is set");
    assert!(
        (overhead * 1_000.0 - told["calibration"]["overhead_ms"]["value"].as_f64().unwrap()).abs() < 0.01
    );
    let text = stage.prints(&["calibrate", &fitted]);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("which was fitted itself") && words.contains("time per character"), "{text}");
    let impatient = stage.simulated(&["--users", "12", "--blocks", "12", "--workers", "1", "--speed", "2"]);
    let text = stage.prints(&["calibrate", &impatient.display().to_string()]);
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("left out") && words.contains("fewer listeners"), "{text}");
    let words = stage.refused(&["simulate", "--gateway", "nowhere.toml"]);
    assert!(words.contains("nowhere.toml"), "{words}");
}

#[test]
fn a_fit_refuses_what_it_cannot_know_and_a_model_says_what_speaks_against_it() {
    let stage = Stage::new();
    let service = |workers: &str, more: &[&str]| {
        let audience =
            ["--users", "6", "--blocks", "16", "--speed", "1.5", "--varied-lengths", "--workers", workers];
        stage.simulated(&[audience.as_slice(), more].concat()).display().to_string()
    };
    let (one, other) = (service("3", &[]), service("1", &["--seed", "2"]));
    let words = stage.refused(&["calibrate", &one, &one]);
    assert!(words.contains("are one run") && words.contains("another seed"), "{words}");
    let shared = service("3", &["--use-cached"]);
    assert!(stage.refused(&["calibrate", &shared]).contains("share texts"), "{shared}");
    let busy =
        service("1", &["--gateway", "2026-02", "--gateway-set", "pipeline.overflow.threshold_seconds=3"]);
    assert!(stage.refused(&["calibrate", &busy]).contains("overflow provider"), "{busy}");

    // A third of the workers is another service.
    let text = stage.prints(&["calibrate", &one, &other, "--write", "model.toml"]);
    assert!(text.contains("Doubt: the model predicts"), "{text}");
    assert!(fs::read_to_string(stage.path().join("model.toml")).unwrap().contains("[calibration]"));
    for flag in ["--gateway", "--scenario"] {
        let folder = stage.simulated(&[CROWD.as_slice(), &[flag, "model.toml"]].concat());
        let manifest = manifest(&folder);
        let notes = manifest["verdict"]["notes"].as_array().expect("there are notes");
        assert!(notes.iter().any(|note| note["id"] == "model-in-doubt"), "{flag}: {notes:?}");
    }
    let search = ["capacity", "--simulate", "--gateway", "model.toml", "--max-users", "2", "--quiet"];
    let told = String::from_utf8_lossy(&stage.claque(&search).stdout).into_owned();
    assert!(told.contains("Doubt: the model is in doubt"), "{told}");
}
