//! Comparisons small enough to see what must come out.

use claque_stats::{
    ListenerObservation, Observations,
    compare::{Candidate, Change, CompareOptions, Comparison, Row, Statistic, Unit, compare},
};

/// A listener that started after `startup_ms` and heard all of four blocks.
fn listener(startup_ms: f64) -> ListenerObservation {
    ListenerObservation {
        startup_ms: Some(startup_ms),
        listened_ms: Some(10_000.0),
        blocks_intended: 4,
        blocks_ok: 4,
        completed: true,
        ..ListenerObservation::default()
    }
}

/// Listeners whose startups lie around `middle_ms`.
fn around(middle_ms: f64, count: u32) -> Vec<ListenerObservation> {
    (0..count).map(|index| listener(middle_ms + 10.0 * f64::from(index % 5))).collect()
}

fn compared(a: Vec<ListenerObservation>, b: Vec<ListenerObservation>) -> Comparison {
    let (a, b) = (Observations::new(a), Observations::new(b));
    compare(&[&a], &[Candidate { runs: vec![&b], objection: None }], &CompareOptions::new())
}

fn row<'a>(comparison: &'a Comparison, metric: &str, statistic: Option<Statistic>) -> &'a Row {
    let rows = &comparison.pairs[0].rows;
    rows.iter().find(|row| row.metric == metric && row.statistic == statistic).expect("the row is known")
}

#[test]
fn a_side_against_its_own_likeness_has_not_changed() {
    let mut likeness = around(1_000.0, 20);
    likeness.rotate_left(7);
    let comparison = compared(around(1_000.0, 20), likeness);
    assert!(!comparison.pairs[0].is_regression());
    let startup = row(&comparison, "startup_time", Some(Statistic::Mean));
    assert_eq!((startup.difference, startup.change), (Some(0.0), Change::NoDetectableChange));
    let interval = startup.interval.unwrap();
    assert!((interval.low + interval.high).abs() < 1e-9 && interval.high > 0.0);
    assert_eq!(startup.unit, Unit::Ms);
}

#[test]
fn the_same_comparison_gives_the_same_figures() {
    let once = || compared(around(1_000.0, 20), around(1_010.0, 20));
    assert_eq!(once(), once());
}

#[test]
fn directions_are_those_of_the_listener() {
    let stalled = |mut one: ListenerObservation| {
        one.underruns = 1;
        one.stalled_ms = 500.0;
        one
    };
    let comparison = compared(around(1_000.0, 20), around(500.0, 20).into_iter().map(stalled).collect());
    for (metric, statistic, change) in [
        ("startup_time", Some(Statistic::Mean), Change::Better),
        ("underruns", None, Change::Worse),
        ("listeners_affected_pct", None, Change::Worse),
        ("goodput_pct", None, Change::Worse),
        ("success_pct", None, Change::NoDetectableChange),
    ] {
        assert_eq!(row(&comparison, metric, statistic).change, change, "{metric}");
    }
    let affected = row(&comparison, "listeners_affected_pct", None);
    assert_eq!((affected.a, affected.b, affected.relative_pct), (Some(0.0), Some(100.0), None));
}

#[test]
fn no_underrun_in_a_few_listeners_is_no_proof() {
    let mut one_of_twenty = around(1_000.0, 20);
    one_of_twenty[0].underruns = 1;
    let comparison = compared(around(1_000.0, 20), one_of_twenty);
    let affected = row(&comparison, "listeners_affected_pct", None);
    assert_eq!(affected.change, Change::NoDetectableChange);
    assert!(affected.detectable.unwrap() > 10.0, "{affected:?}");
    // What varied on neither side is not judged: 0 errors against 0 errors costs the other rows nothing.
    assert_eq!(row(&comparison, "errors", None).change, Change::NoDetectableChange);
    let varied = comparison.pairs[0].rows.iter().filter(|row| row.p_value.is_some_and(|p| p < 1.0)).count();
    assert!(
        u32::try_from(varied).unwrap() <= comparison.judged && comparison.judged < 12,
        "{}",
        comparison.judged
    );
}

#[test]
fn failures_stay_in_the_denominator_and_out_of_the_times() {
    let mut failing = around(1_000.0, 20);
    for one in failing.iter_mut().take(10) {
        *one = ListenerObservation {
            blocks_intended: 4,
            blocks_missing: 4,
            errors: 1,
            listened_ms: Some(10.0),
            ..ListenerObservation::default()
        };
    }
    let comparison = compared(around(1_000.0, 20), failing);
    assert_eq!(row(&comparison, "success_pct", None).b, Some(50.0));
    assert_eq!(row(&comparison, "errors", None).b, Some(0.5));
    assert_eq!(row(&comparison, "success_pct", None).change, Change::Worse);
    let startup = row(&comparison, "startup_time", Some(Statistic::Mean));
    assert_eq!(startup.b, Some(1_020.0), "of those that started");
}

#[test]
fn one_listener_tells_nothing_of_how_far_it_is_off() {
    let comparison = compared(around(1_000.0, 1), around(5_000.0, 20));
    let startup = row(&comparison, "startup_time", Some(Statistic::Mean));
    assert_eq!((startup.change, startup.interval), (Change::NotComparable, None));
    assert!(startup.reason.as_ref().unwrap().starts_with("fewer than two"), "{startup:?}");
    assert_eq!(startup.difference, Some(4_020.0), "told all the same");
}

#[test]
fn what_one_side_lacks_is_not_comparable() {
    let deaf = vec![ListenerObservation { blocks_intended: 4, ..Default::default() }; 20];
    let comparison = compared(around(1_000.0, 20), deaf);
    assert_eq!(row(&comparison, "startup_time", Some(Statistic::Mean)).change, Change::NotComparable);
    assert_eq!(row(&comparison, "underruns", None).b, None, "nobody began to play");
    assert_eq!(row(&comparison, "success_pct", None).change, Change::Worse);
}

#[test]
fn a_world_without_chance_needs_enough_listeners_to_be_believed() {
    let constant = |startup_ms, count| vec![listener(startup_ms); count];
    let mean = Some(Statistic::Mean);
    let few = compared(constant(1_000.0, 3), constant(2_000.0, 3));
    assert_eq!(row(&few, "startup_time", mean).change, Change::NoDetectableChange, "2 of 20 ways");
    let many = compared(constant(1_000.0, 20), constant(1_001.0, 20));
    assert_eq!(row(&many, "startup_time", mean).change, Change::Worse);
}

#[test]
fn another_task_is_not_compared() {
    let (a, b) = (Observations::new(around(1_000.0, 20)), Observations::new(around(9_000.0, 10)));
    let candidate = Candidate { runs: vec![&b], objection: Some("users is 20 against 10".to_owned()) };
    let comparison = compare(&[&a], &[candidate], &CompareOptions::new());
    assert!(comparison.pairs[0].rows.iter().all(|row| row.change == Change::NotComparable));
    assert!(comparison.pairs[0].rows.iter().all(|row| row.interval.is_none()));
    assert_eq!((comparison.judged, comparison.pairs[0].is_regression()), (0, false));
}

#[test]
fn runs_that_differ_among_themselves_show_less() {
    let runs = |levels: [f64; 4]| levels.map(|level| Observations::new(around(level, 20)));
    let judge = |a: &[Observations; 4], b: &[Observations; 4]| {
        let candidate = Candidate { runs: b.iter().collect(), objection: None };
        let comparison = compare(&a.each_ref()[..], &[candidate], &CompareOptions::new());
        row(&comparison, "startup_time", Some(Statistic::Mean)).change
    };
    let steady =
        judge(&runs([1_000.0, 1_001.0, 1_002.0, 999.0]), &runs([1_100.0, 1_101.0, 1_103.0, 1_099.0]));
    assert_eq!(steady, Change::Worse);
    let unsteady =
        judge(&runs([1_000.0, 1_200.0, 900.0, 1_100.0]), &runs([1_100.0, 1_300.0, 1_000.0, 1_200.0]));
    assert_eq!(unsteady, Change::NoDetectableChange);
}

#[test]
fn a_p95_needs_ten_values_above_it() {
    let p95 = Some(Statistic::P95);
    let few = compared(around(1_000.0, 199), around(1_000.0, 199));
    assert_eq!(row(&few, "startup_time", p95).a, None);
    let enough = compared(around(1_000.0, 200), around(1_000.0, 200));
    assert_eq!(row(&enough, "startup_time", p95).a, Some(1_040.0));
}
