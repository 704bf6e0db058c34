//! Objectives: what is read, what is refused, and who counts as having missed one.

#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

use claque_core::{
    event::FailureClass,
    ids::BlockIdx,
    record::{Fact, Incident, ListenerRecord, ResendReason, SessionEnd},
    time::Duration,
};
use claque_stats::{
    Observations, RunShape, SummaryBuilder,
    objective::{AbortRule, LiveCounts, Objective, ObjectiveResult},
};

use crate::facts::{block, cut_block, failed_block, incident, session, stall};

const SHAPE: RunShape = RunShape { users: 4, blocks_per_user: 2 };

/// Two fine listeners, one that stalls, one that never hears a thing.
fn four_listeners() -> Observations {
    let mut facts = vec![stall(2, 1, 5_000, 2_000)];
    for listener in 0..3 {
        let ready = 1_000 * u64::from(listener + 1);
        facts.extend([Fact::Block(block(listener, 0, ready)), Fact::Block(block(listener, 1, ready + 500))]);
        facts.push(Fact::Listener(session(listener, Some(ready), 10_000)));
    }
    facts.extend((0..2).map(|index| Fact::Block(failed_block(3, index, FailureClass::Server))));
    facts.push(Fact::Listener(session(3, None, 10_000)));
    Observations::of(SHAPE, &facts)
}

fn judge(line: &str) -> ObjectiveResult {
    Objective::parse(line).unwrap().judge(&[&four_listeners()])
}

fn error(line: &str) -> String {
    Objective::parse(line).unwrap_err().to_string()
}

#[test]
fn a_listener_that_never_started_has_missed_every_startup_time() {
    let half = judge("startup_time p50 < 2.5 s");
    assert_eq!((half.met, half.value, half.measured, half.missing), (true, Some(2_000.0), 3, 1));
    assert!(judge("startup_time p75 <= 3 s").met);
    for line in ["startup_time p76 < 1 min", "startup_time max < 1 min", "startup_time mean < 1 min"] {
        let result = judge(line);
        assert_eq!((result.met, result.value, result.missing), (false, None, 1), "{line}");
    }
}

#[test]
fn what_never_came_is_never_fine() {
    assert!(!judge("startup_time max > 1 s").met);
}

/// Four listeners who heard the first of two blocks: one hears the other, too, one leaves as it meant to, one hangs up, and one fails.
fn four_ends() -> Vec<Fact> {
    let ends = [
        SessionEnd::Completed,
        SessionEnd::Left,
        SessionEnd::HungUp,
        SessionEnd::Failed(FailureClass::Server),
    ];
    let mut facts = vec![Fact::Block(block(0, 1, 1_500))];
    for (listener, end) in (0..).zip(ends) {
        facts.push(Fact::Block(block(listener, 0, 1_000)));
        facts.push(Fact::Listener(ListenerRecord { end, ..session(listener, Some(1_000), 10_000) }));
    }
    facts
}

#[test]
fn an_objective_counts_the_completed_and_the_well_served_as_the_summary_does() {
    let facts = four_ends();
    let mut builder = SummaryBuilder::new(SHAPE);
    facts.iter().for_each(|fact| builder.add(fact));
    let summary = builder.finish(None);
    let counts = summary.listeners;
    assert_eq!((counts.completed, counts.left, counts.hung_up, counts.failed), (1, 1, 1, 1));
    assert_eq!((counts.well_served, counts.goodput_pct()), (Some(2), Some(50.0)));
    assert_eq!(
        summary.blocks.fraction(),
        "5/6 blocks",
        "who leaves or hangs up forgoes the rest, who fails does not"
    );
    let observed = Observations::of(SHAPE, &facts);
    let found = |line: &str| Objective::parse(line).unwrap().judge(&[&observed]).value;
    assert_eq!(found("listeners completed >= 99 %"), Some(25.0));
    assert_eq!(found("goodput_pct >= 99 %"), Some(50.0));
    // Whoever hung up had no underrun, and the service is not blamed for it.
    assert_eq!(found("listeners underrun-free >= 99 %"), Some(75.0));
}

/// Two listeners of two blocks: a block was asked for twice more and given up, and arrived; another was asked for once more.
fn asked_again() -> Observations {
    let again = |block| Incident::Resent {
        block: BlockIdx(block),
        why: ResendReason::Overdue { acknowledged: Some(true) },
    };
    let mut facts = vec![
        incident(0, 20_000, again(0)),
        incident(0, 40_000, again(0)),
        incident(0, 60_000, Incident::GivenUp { block: BlockIdx(0) }),
        incident(1, 20_000, again(1)),
    ];
    for listener in 0..2 {
        facts.extend((0..2).map(|index| Fact::Block(block(listener, index, 80_000))));
        let playing = Some(Duration::from_secs(1));
        facts.push(Fact::Listener(ListenerRecord { playing, ..session(listener, Some(80_000), 90_000) }));
    }
    Observations::of(RunShape { users: 2, blocks_per_user: 2 }, &facts)
}

#[test]
fn what_was_asked_for_again_is_counted_or_is_a_share_of_the_blocks() {
    let found = |line: &str| Objective::parse(line).unwrap().judge(&[&asked_again()]);
    for (line, value) in
        [("resends <= 3", 3.0), ("resends <= 50 %", 50.0), ("given_up = 1", 1.0), ("given_up <= 25 %", 25.0)]
    {
        let result = found(line);
        assert_eq!((result.met, result.value), (true, Some(value)), "{line}");
    }
    assert!(!found("resends < 50 %").met && !found("given_up = 0").met);
    assert_eq!(found("resends <= 3").measured, 2, "listeners");
    assert_eq!(found("resends <= 50 %").measured, 4, "blocks");
}

#[test]
fn what_nobody_would_have_reported_is_not_measured() {
    for line in ["resends = 0", "resends <= 5 %", "given_up = 0", "given_up < 1 %"] {
        let result = judge(line);
        assert_eq!((result.met, result.value, result.measured), (false, None, 0), "{line}");
    }
    assert!(
        error("resends <= 5 s").contains("`s` is no unit of blocks at character 14"),
        "{}",
        error("resends <= 5 s")
    );
    assert!(AbortRule::parse("resends > 3").is_err());
}

#[test]
fn a_block_that_never_came_has_missed_every_block_time() {
    assert_eq!((judge("round_trip p50 < 1 min").measured, judge("round_trip p50 < 1 min").missing), (6, 2));
    assert!(!judge("round_trip p95 < 1 min").met);
    assert!(judge("synthesis_time p50 = 500 ms").met, "three pairs of 500 ms and two that never came");
    assert!(!judge("synthesis_time p75 < 1 min").met);
}

/// Half of the blocks were called ready in time, and then nothing could be fetched.
#[test]
fn a_block_that_was_ready_and_did_not_arrive_has_missed_every_block_time() {
    let facts = [Fact::Block(block(0, 0, 1_000)), Fact::Block(cut_block(0, 1, 1_500))];
    let observed = Observations::of(RunShape { users: 1, blocks_per_user: 2 }, &facts);
    for metric in ["round_trip", "response_time", "synthesis_time"] {
        let result = Objective::parse(&format!("{metric} p95 < 10 s")).unwrap().judge(&[&observed]);
        assert_eq!((result.met, result.missing), (false, 1), "{metric}");
    }
    let first = [Fact::Block(cut_block(0, 0, 1_000))];
    let observed = Observations::of(RunShape { users: 1, blocks_per_user: 1 }, &first);
    for metric in ["first_block", "ttfa"] {
        let result = Objective::parse(&format!("{metric} max < 10 s")).unwrap().judge(&[&observed]);
        assert_eq!((result.met, result.missing), (false, 1), "{metric}");
    }
}

#[test]
fn shares_are_of_all_listeners_and_blocks() {
    for (line, value) in [
        ("listeners underrun-free >= 50 %", 50.0),
        ("listeners started >= 75 %", 75.0),
        ("listeners underrun-free >= 2", 2.0),
        ("success_pct >= 75", 75.0),
        ("goodput_pct = 50 %", 50.0),
        ("underruns <= 1", 1.0),
        ("underruns mean <= 0.25", 0.25),
        ("stalled_time_pct mean <= 5%", 5.0),
        ("errors = 2", 2.0),
    ] {
        let result = judge(line);
        assert!(result.met, "{line}: {result:?}");
        assert!((result.value.unwrap() - value).abs() < 1e-9, "{line}: {result:?}");
    }
    assert!(!judge("listeners underrun-free > 50 %").met);
    assert!(!judge("listeners underrun-free >= 51 %").met);
}

#[test]
fn what_was_not_measured_was_not_reached() {
    let nobody = Observations::of(SHAPE, &[]);
    for line in
        ["underruns = 0", "stalled_time_pct < 100 %", "underruns p95 = 0", "connect_time mean < 1 min"]
    {
        let result = Objective::parse(line).unwrap().judge(&[&nobody]);
        assert_eq!((result.met, result.value), (false, None), "{line}");
    }
    assert!(!Objective::parse("success_pct >= 1 %").unwrap().judge(&[&nobody]).met);
}

#[test]
fn repetitions_are_judged_together() {
    let runs = [four_listeners(), four_listeners()];
    let result = Objective::parse("errors <= 3").unwrap().judge(&[&runs[0], &runs[1]]);
    assert_eq!((result.met, result.value), (false, Some(4.0)));
}

#[test]
fn spaces_and_spellings_do_not_matter() {
    for line in ["ttfa p99.9<2s", "ttfa  p99.9 <2 s ", "\tttfa p99.9< 2000ms"] {
        assert!(Objective::parse(line).is_ok(), "{line}");
    }
    assert_eq!(Objective::parse(" ttfa   p95 <  2 s").unwrap().text(), "ttfa p95 < 2 s");
    assert!(Objective::parse("listeners started ≥ 99 %").is_ok());
    assert!(Objective::parse("errors == 0").is_ok());
}

#[test]
fn errors_name_the_character_and_what_was_meant() {
    for (line, words) in [
        (
            "startup_tme p95 < 2 s",
            "unknown metric `startup_tme` at character 1; did you mean `startup_time`?",
        ),
        (
            "startup_time < 2 s",
            "which figure of startup_time is missing at character 14; give mean, max or a percentile such as p95",
        ),
        (
            "ttfa p100 < 2 s",
            "`p100` is no percentile, which lies above 0 and below 100 at character 6; give one such as p50 or p99.9, or max",
        ),
        (
            "ttfa p0.000 < 2 s",
            "`p0.000` is no percentile, which lies above 0 and below 100 at character 6; give one such as p50 or p99.9, or max",
        ),
        (
            "ttfa p99.9999 < 2 s",
            "`p99.9999` has more than three decimals at character 6; give at most three, such as p99.999, or max",
        ),
        (
            "ttfa p9x < 2 s",
            "unknown figure `p9x` at character 6; give mean, max or a percentile such as p50, p95 or p99.9",
        ),
        ("ttfa p95 < 2", "a unit is missing at character 13; give ms, s or min"),
        ("ttfa p95 < 2 h", "`h` is no unit of time at character 14; give ms, s or min"),
        ("ttfa p95 < fast", "`fast` is no number from 0 at character 12; give one, such as 2 or 0.5"),
        ("ttfa p95 2 s", "a relation is missing at character 10; give <, <=, >, >= or ="),
        ("ttfa p95 <> 2 s", "a relation is missing at character 10; give <, <=, >, >= or ="),
        ("ttfa p95 <", "a number is missing at character 11; give one, such as 2"),
        ("ttfa p95 < 2 s or so", "unexpected `or` at character 16; take it out"),
        ("errors = 0 %", "`%` is no unit of a count at character 12; take it out"),
        ("errors p95 = 0", "errors has no `p95` at character 8; take it out"),
        (
            "listeners underunfree > 9 %",
            "unknown sort of listeners `underunfree` at character 11; did you mean `underrun-free`?",
        ),
        ("listeners started >= 101 %", "more than all at character 26; give 0 to 100 %"),
        (
            "listeners stalled < 5 %",
            "`stalled` is known only while a run goes on at character 11; give underrun-free, started or completed",
        ),
    ] {
        assert_eq!(error(line), format!("`{line}`: {words}"));
    }
    assert!(error("").starts_with("``: a metric is missing at character 1; give startup_time, ttfa, "));
    assert!(error(&"x".repeat(500)).contains("too long at character 1"));
}

#[test]
fn a_run_is_given_up_by_what_is_counted_while_it_goes_on() {
    let counts = LiveCounts { users: 4, errors: 3, underruns: 7, stalled: 2 };
    for (line, holds) in [
        ("errors > 2", true),
        ("errors > 3", false),
        ("underruns >= 7", true),
        ("listeners stalled > 50 %", false),
        ("listeners stalled >= 50 %", true),
        ("listeners stalled >= 3", false),
    ] {
        assert_eq!(AbortRule::parse(line).unwrap().holds(counts), holds, "{line}");
    }
    let words = AbortRule::parse("startup_time p95 > 2 s").unwrap_err().to_string();
    assert_eq!(
        words,
        "`startup_time p95 > 2 s`: what is not counted while a run goes on at character 1; give errors, underruns or \
         listeners stalled"
    );
}

#[test]
fn a_fraction_is_not_taken_for_percent_of_a_share_that_is_to_be_large() {
    for (line, percent) in [
        ("success_pct >= 0.99", "99 %"),
        ("success_pct < 0.995", "99.5 %"),
        ("goodput_pct > 1", "100 %"),
        ("continuity_ok@50 >= 0.5", "50 %"),
        ("stalled_time_pct > 0.1", "10 %"),
        ("listeners underrun-free >= 0.99", "99 %"),
    ] {
        let error = Objective::parse(line).expect_err(line).to_string();
        assert!(error.contains(&format!("write {percent}")), "{line}: {error}");
    }
    assert!(AbortRule::parse("listeners stalled > 0.5").unwrap_err().to_string().contains("write 50 %"));
    for line in [
        "success_pct >= 0.99 %",
        "success_pct > 0",
        "success_pct >= 1.5",
        "stalled_time_pct <= 0.5",
        "listeners underrun-free >= 1",
        "resends <= 0.5",
    ] {
        assert!(Objective::parse(line).is_ok(), "{line}");
    }
}
