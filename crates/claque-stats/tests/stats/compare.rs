//! Comparisons small enough to see what must come out.

use claque_stats::{
    Ending, ListenerObservation, Observations,
    compare::{
        Candidate, Change, CompareOptions, Comparison, Design, Figures, Repetition, Row, Statistic, Unit,
        compare,
    },
};

/// A listener that started after `startup_ms` and heard all of four blocks.
fn listener(startup_ms: f64) -> ListenerObservation {
    ListenerObservation {
        startup_ms: Some(startup_ms),
        listened_ms: Some(10_000.0),
        blocks_intended: 4,
        blocks_ok: 4,
        ending: Ending::Completed,
        ..ListenerObservation::default()
    }
}

/// A run of listeners whose startups lie around `middle_ms`.
fn around(middle_ms: f64, count: u32) -> Vec<ListenerObservation> {
    (0..count).map(|index| listener(middle_ms + 10.0 * f64::from(index % 5))).collect()
}

/// Runs of 20 listeners around these startups, with the seeds 1, 2, and so on.
fn steady(middles_ms: &[f64]) -> Vec<(u64, Observations)> {
    (1..).zip(middles_ms).map(|(seed, &middle_ms)| (seed, Observations::new(around(middle_ms, 20)))).collect()
}

/// Other seeds than the first ones.
fn reseeded(runs: Vec<(u64, Observations)>) -> Vec<(u64, Observations)> {
    runs.into_iter().map(|(seed, run)| (seed + 100, run)).collect()
}

/// Every listener of every run changed, by its place in the run.
fn with(
    runs: Vec<(u64, Observations)>,
    change: impl Fn(usize, ListenerObservation) -> ListenerObservation,
) -> Vec<(u64, Observations)> {
    let changed = |run: &Observations| {
        Observations::new(
            run.listeners().iter().cloned().enumerate().map(|(place, one)| change(place, one)).collect(),
        )
    };
    runs.iter().map(|(seed, run)| (*seed, changed(run))).collect()
}

fn repetitions(runs: &[(u64, Observations)]) -> Vec<Repetition<'_>> {
    runs.iter().map(|(seed, observed)| Repetition { observed, seed: *seed }).collect()
}

fn compared(a: &[(u64, Observations)], b: &[(u64, Observations)]) -> Comparison {
    let candidate = Candidate { runs: repetitions(b), objection: None, figures: Figures::Trusted };
    compare(&repetitions(a), &[candidate], &CompareOptions::new())
}

fn row<'a>(comparison: &'a Comparison, metric: &str, statistic: Option<Statistic>) -> &'a Row {
    let rows = &comparison.pairs[0].rows;
    rows.iter().find(|row| row.metric == metric && row.statistic == statistic).expect("the row is known")
}

#[test]
fn where_nobody_began_to_play_there_is_no_stalled_time() {
    let silent = |runs| with(runs, |_, one| ListenerObservation { startup_ms: None, ..one });
    let comparison = compared(&steady(&LEVELS), &silent(steady(&LEVELS)));
    let stalled = row(&comparison, "stalled_time_pct", None);
    assert_eq!((stalled.a, stalled.b), (Some(0.0), None));
}

#[test]
fn no_stall_on_record_of_a_killed_run_is_not_compared_as_none() {
    let cut = |place, one: ListenerObservation| ListenerObservation {
        listened_ms: one.listened_ms.filter(|_| place > 0),
        ..one
    };
    let comparison = compared(&steady(&LEVELS), &with(steady(&LEVELS), cut));
    for metric in ["stalled_time_pct", "underruns", "listeners_affected_pct"] {
        let row = row(&comparison, metric, None);
        assert_eq!((row.a, row.b), (Some(0.0), None), "{metric}");
    }
}

#[test]
fn p_values_have_six_decimals_at_most() {
    let comparison = compared(&steady(&LEVELS), &steady(&SLOWER));
    let p_value = row(&comparison, "startup_time", MEAN).p_value.unwrap();
    assert!((p_value * 1e6).fract().min(1.0 - (p_value * 1e6).fract()) < 1e-6, "{p_value}");
}

const MEAN: Option<Statistic> = Some(Statistic::Mean);
const LEVELS: [f64; 3] = [1_000.0, 1_300.0, 1_150.0];
const SLOWER: [f64; 3] = [1_101.0, 1_432.0, 1_264.0];

#[test]
fn one_run_cannot_tell() {
    let comparison = compared(&steady(&[1_000.0]), &steady(&[5_000.0]));
    assert_eq!(comparison.pairs[0].design, Design::OneRun);
    assert_eq!((comparison.judged, comparison.pairs[0].is_regression()), (0, false));
    let startup = row(&comparison, "startup_time", MEAN);
    assert_eq!((startup.change, startup.interval, startup.p_value), (Change::NotJudged, None, None));
    assert_eq!(startup.reason.as_deref(), Some("not judged: one run cannot tell"));
    assert_eq!(startup.difference, Some(4_000.0), "told all the same");
    let three_to_one = compared(&steady(&LEVELS), &steady(&[5_000.0]));
    assert_eq!(three_to_one.pairs[0].design, Design::OneRun);
}

/// Runs differ by a third among themselves, for their texts do; with each other's texts they differ by a tenth.
#[test]
fn runs_of_equal_seeds_are_pairs() {
    let pairs = compared(&steady(&LEVELS), &steady(&SLOWER));
    assert_eq!(pairs.pairs[0].design, Design::Pairs);
    assert_eq!(row(&pairs, "startup_time", MEAN).change, Change::Worse);
    let relative = row(&pairs, "startup_time", MEAN).relative_pct.unwrap();
    assert!((9.0..11.0).contains(&relative), "{relative}");
    let mut turned = steady(&SLOWER);
    turned.rotate_left(1);
    assert_eq!(compared(&steady(&LEVELS), &turned), pairs, "their order does not matter");
    let groups = compared(&steady(&LEVELS), &reseeded(steady(&SLOWER)));
    assert_eq!(groups.pairs[0].design, Design::Groups);
    assert_eq!(row(&groups, "startup_time", MEAN).change, Change::NoDetectableChange);
}

#[test]
fn texts_that_only_one_side_has_are_not_taken_for_a_change() {
    let same_seed = |runs: Vec<(u64, Observations)>, seed| -> Vec<(u64, Observations)> {
        runs.into_iter().map(|(_, run)| (seed, run)).collect()
    };
    let (a, b) = (steady(&[1_000.0, 1_001.0, 1_002.0]), steady(&[2_000.0, 2_001.0, 2_002.0]));
    let apart = compared(&same_seed(a.clone(), 1), &same_seed(b.clone(), 2));
    assert_eq!((apart.pairs[0].design, apart.judged), (Design::OtherTexts, 0));
    let together = compared(&same_seed(a, 1), &same_seed(b, 1));
    assert_eq!(together.pairs[0].design, Design::Groups);
    assert!(together.pairs[0].is_regression());
}

#[test]
fn a_side_against_its_own_likeness_has_not_changed() {
    let comparison = compared(&steady(&LEVELS), &steady(&LEVELS));
    assert!(!comparison.pairs[0].is_regression());
    let startup = row(&comparison, "startup_time", MEAN);
    assert_eq!((startup.difference, startup.change), (Some(0.0), Change::NoDetectableChange));
    assert_eq!((startup.unit, startup.p_value), (Unit::Ms, Some(1.0)));
}

#[test]
fn few_figures_are_judged_and_the_others_are_for_information() {
    let comparison = compared(&steady(&LEVELS), &steady(&SLOWER));
    let judged = comparison.pairs[0].rows.iter().filter(|row| row.judged);
    let names: Vec<_> = judged.map(|row| row.metric.as_str()).collect();
    assert_eq!(names, ["startup_time", "round_trip", "stalled_time_pct", "success_pct"]);
    let p50 = row(&comparison, "startup_time", Some(Statistic::P50));
    assert_eq!(p50.change, Change::NotJudged);
    assert!(p50.interval.is_some());
}

#[test]
fn three_runs_of_one_failed_listener_each_are_three_events() {
    let failing = |many: usize| {
        move |place: usize, one: ListenerObservation| {
            let failed = ListenerObservation { blocks_ok: 0, blocks_missing: 4, ..one.clone() };
            if place < many { failed } else { one }
        }
    };
    let few = compared(&steady(&LEVELS), &with(steady(&LEVELS), failing(1)));
    assert_eq!(row(&few, "success_pct", None).change, Change::NoDetectableChange, "{few:?}");
    let many = compared(
        &steady(&[1_000.0, 1_300.0, 1_150.0, 1_200.0, 1_100.0]),
        &with(steady(&[1_000.0, 1_300.0, 1_150.0, 1_200.0, 1_100.0]), failing(5)),
    );
    assert_eq!(row(&many, "success_pct", None).change, Change::Worse);
    assert_eq!(row(&many, "success_pct", None).b, Some(75.0));
}

#[test]
fn directions_are_those_of_the_listener() {
    let comparison = compared(&steady(&SLOWER), &steady(&LEVELS));
    assert_eq!(row(&comparison, "startup_time", MEAN).change, Change::Better);
    let interval = row(&comparison, "startup_time", MEAN).interval.unwrap();
    assert!(interval.low < interval.high && interval.high < 0.0, "{interval:?}");
}

#[test]
fn of_those_who_began_to_play_nothing_is_concluded_for_the_side_on_which_fewer_did() {
    let deaf = |place: usize, one: ListenerObservation| match place {
        0 => ListenerObservation { startup_ms: None, ..one },
        _ => one,
    };
    let startup = |a: &[_], b: &[_]| row(&compared(a, b), "startup_time", MEAN).clone();
    let faster = startup(&steady(&SLOWER), &with(steady(&LEVELS), deaf));
    assert_eq!(faster.change, Change::NotJudged);
    let why = faster.reason.unwrap();
    assert!(why.contains("0.0 % of one side never did, 5.0 % of the other"), "{why}");
    let slower = startup(&with(steady(&LEVELS), deaf), &steady(&SLOWER));
    assert_eq!(slower.change, Change::NotJudged, "and not to the harm of the other");
    let worse = startup(&steady(&LEVELS), &with(steady(&SLOWER), deaf));
    assert_eq!(worse.change, Change::Worse, "what is worse in spite of it is");
}

#[test]
fn what_one_run_lacks_is_not_comparable() {
    let deaf =
        |_: usize, _: ListenerObservation| ListenerObservation { blocks_intended: 4, ..Default::default() };
    let mut after = steady(&SLOWER);
    after[1] = with(steady(&[1.0]), deaf).remove(0);
    after[1].0 = 2;
    let comparison = compared(&steady(&LEVELS), &after);
    assert_eq!(row(&comparison, "startup_time", MEAN).change, Change::NotComparable);
    assert_eq!(row(&comparison, "startup_time", MEAN).b, None);
}

#[test]
fn a_world_without_chance_needs_enough_runs_to_be_believed() {
    let constant = |startup_ms, count| steady(&vec![startup_ms; count]);
    let few = compared(&constant(1_000.0, 3), &constant(2_000.0, 3));
    assert_eq!(row(&few, "startup_time", MEAN).change, Change::NoDetectableChange, "2 of 20 ways");
    let many = compared(&constant(1_000.0, 5), &constant(1_001.0, 5));
    assert_eq!(row(&many, "startup_time", MEAN).change, Change::Worse, "2 of 252");
}

#[test]
fn another_task_is_not_compared() {
    let (a, b) = (steady(&LEVELS), steady(&SLOWER));
    let candidate = Candidate {
        runs: repetitions(&b),
        objection: Some("users is 20 against 10".to_owned()),
        figures: Figures::Trusted,
    };
    let comparison = compare(&repetitions(&a), &[candidate], &CompareOptions::new());
    assert!(comparison.pairs[0].rows.iter().all(|row| row.change == Change::NotComparable));
    assert_eq!((comparison.judged, comparison.pairs[0].is_regression()), (0, false));
}

#[test]
fn a_p95_needs_twenty_values_in_each_run() {
    let p95 = Some(Statistic::P95);
    let of = |count| -> Vec<(u64, Observations)> {
        (1..=2).map(|seed| (seed, Observations::new(around(1_000.0, count)))).collect()
    };
    assert_eq!(row(&compared(&of(19), &of(19)), "startup_time", p95).a, None);
    assert!(row(&compared(&of(20), &of(20)), "startup_time", p95).a.is_some());
}

/// What runs alone would show is not enough for a figure that counts events, so it is not told as enough.
#[test]
fn what_could_have_been_seen_of_events_takes_both_tests_into_account() {
    let levels = [1_000.0, 1_300.0, 1_150.0];
    let stalled = |each_ms: f64| {
        move |place: usize, one: ListenerObservation| {
            let stalled_ms = if place == 0 { each_ms } else { 0.0 };
            ListenerObservation { stalled_ms, ..one }
        }
    };
    let mut after = with(steady(&levels), stalled(4_000.0));
    after[1] = with(steady(&levels), stalled(4_010.0)).remove(1);
    let comparison = compared(&steady(&levels), &after);
    let row = row(&comparison, "stalled_time_pct", None);
    assert_eq!(row.change, Change::NoDetectableChange, "one listener of each run");
    assert!(row.detectable > row.difference, "{row:?}");
}

#[test]
fn figures_have_six_decimals_at_most() {
    let comparison = compared(&steady(&[1_000.1, 1_000.2, 1_000.4]), &steady(&[1_100.3, 1_200.7, 1_333.3]));
    let rows = &comparison.pairs[0].rows;
    let ends = rows.iter().filter_map(|row| row.interval).flat_map(|interval| [interval.low, interval.high]);
    let figures =
        rows.iter().flat_map(|row| [row.a, row.b, row.difference, row.relative_pct, row.detectable]);
    for figure in figures.flatten().chain(ends) {
        let text = figure.to_string();
        assert!(text.split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 6), "{text}");
    }
}
