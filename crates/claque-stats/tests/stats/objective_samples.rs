//! Objectives and what a sample can show of them.

#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

use claque_core::record::Fact;
use claque_stats::{
    Observations, RunShape,
    objective::{Objective, ObjectiveResult, Side},
};

use crate::facts::{block, session, stall};

/// `part` listeners of `of` that heard all in time, the others with one underrun; they begin to play at 1, 2, 3 and so on s.
fn listeners(part: u32, of: u32) -> Observations {
    let mut facts = Vec::new();
    for listener in 0..of {
        let ready = 1_000 * u64::from(listener + 1);
        facts.extend([Fact::Block(block(listener, 0, ready)), Fact::Block(block(listener, 1, ready + 500))]);
        facts.push(Fact::Listener(session(listener, Some(ready), 1_000_000)));
        if listener >= part {
            facts.push(stall(listener, 1, 500_000, 2_000));
        }
    }
    Observations::of(RunShape { users: of, blocks_per_user: 2 }, &facts)
}

fn demanded(line: &str, observed: &Observations) -> ObjectiveResult {
    Objective::parse(line).unwrap().with_confidence(95.0).judge(&[observed])
}

#[test]
fn five_of_five_meet_99_percent_and_show_48() {
    let five = listeners(5, 5);
    let line = "listeners underrun-free >= 99 %";
    let met = Objective::parse(line).unwrap().judge(&[&five]);
    let sample = met.sample.unwrap();
    assert_eq!((met.met, met.not_shown, sample.shown), (true, false, false), "it is met in the sample");
    assert!((sample.bound.unwrap() - 47.818).abs() < 1e-3, "{sample:?}");
    assert_eq!((sample.part, sample.of, sample.needs), (5, 5, Some(368)));
    assert_eq!(sample.side, Side::AtLeast);

    let lacking = demanded(line, &five);
    assert_eq!((lacking.met, lacking.not_shown), (false, true));
    let enough = demanded(line, &listeners(368, 368));
    assert_eq!((enough.met, enough.not_shown), (true, false));
    let missed = demanded(line, &listeners(360, 368));
    assert_eq!(
        (missed.met, missed.not_shown),
        (false, false),
        "what the sample misses is missed and nothing else"
    );
}

#[test]
fn a_share_from_above_has_a_bound_from_above_and_an_equal_one_is_shown_by_no_sample() {
    let none = demanded("listeners underrun-free <= 10 %", &listeners(0, 20)).sample.unwrap();
    assert_eq!((none.side, none.shown, none.needs), (Side::AtMost, false, Some(36)));
    assert!((none.bound.unwrap() - 16.843).abs() < 1e-3, "{none:?}");
    assert!(demanded("listeners underrun-free <= 10 %", &listeners(0, 36)).met);
    for line in ["goodput_pct = 100", "success_pct >= 100"] {
        let all = demanded(line, &listeners(500, 500));
        let sample = all.sample.unwrap();
        assert_eq!((all.met, all.not_shown, sample.needs), (false, true, None), "{line}");
    }
}

#[test]
fn a_quantile_is_bounded_by_a_value_of_the_sample() {
    // Of 100 values 1 to 100 s the p50 is at most the 61st and at least the 40th (David & Nagaraja 2003, section 7.1).
    let hundred = listeners(100, 100);
    let bound = |line: &str| demanded(line, &hundred).sample.unwrap().bound;
    assert_eq!(bound("startup_time p50 < 70 s"), Some(61_000.0));
    assert_eq!(bound("startup_time p50 > 30 s"), Some(40_000.0));
    assert!(demanded("startup_time p50 < 62 s", &hundred).met);
    assert!(demanded("startup_time p50 < 61 s", &hundred).not_shown, "the p50 of the sample is 50 s");
    assert!(
        demanded("startup_time p50 > 39 s", &hundred).met
            && demanded("startup_time p50 > 40 s", &hundred).not_shown
    );

    let twenty = demanded("startup_time p95 < 1 min", &listeners(20, 20));
    let sample = twenty.sample.unwrap();
    assert_eq!(
        (twenty.value, twenty.not_shown, sample.bound, sample.needs),
        (Some(19_000.0), true, None, Some(72))
    );
    assert!(demanded("startup_time p95 < 2 min", &listeners(72, 72)).met, "all 72 lie below");
}

#[test]
fn a_quantile_of_too_few_values_is_judged_by_the_largest_and_says_so() {
    let line = "startup_time p95 < 1 min";
    let judged = |of| Objective::parse(line).unwrap().judge(&[&listeners(of, of)]);
    assert_eq!((judged(19).max_instead, judged(19).value), (true, Some(19_000.0)));
    assert_eq!((judged(20).max_instead, judged(20).value), (false, Some(19_000.0)));
}

#[test]
fn of_sums_means_and_the_largest_nothing_is_claimed() {
    for line in
        ["errors = 0", "startup_time mean < 1 min", "startup_time max < 1 min", "listeners completed >= 5"]
    {
        let result = demanded(line, &listeners(5, 5));
        assert_eq!((result.met, result.sample), (true, None), "{line}");
    }
}
