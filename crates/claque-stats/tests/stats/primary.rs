//! One figure that was named beforehand: it needs no correction for the others, and must not pass over what failed.

use claque_stats::{
    ListenerObservation, Observations,
    compare::{Candidate, Change, CompareOptions, Comparison, Figures, Primary, Repetition, compare},
};
use rand::{SeedableRng as _, rngs::SmallRng};
use rand_distr::{Distribution as _, LogNormal};

/// A run of one listener, whose figures are what they are.
fn run(startup_ms: f64, round_trip_ms: f64, stalled_ms: f64, blocks_missing: u32) -> Observations {
    Observations::new(vec![ListenerObservation {
        startup_ms: Some(startup_ms),
        round_trip_ms: vec![round_trip_ms],
        stalled_ms,
        listened_ms: Some(60_000.0),
        blocks_intended: 40,
        blocks_ok: 40 - blocks_missing,
        blocks_missing,
        ..ListenerObservation::default()
    }])
}

fn held(a: &[Observations], b: &[Observations], primary: Option<&str>) -> Comparison {
    let side = |runs| -> Vec<Repetition<'_>> {
        let numbered = (1..).zip(runs);
        numbered.map(|(seed, observed): (u64, &Observations)| Repetition { observed, seed }).collect()
    };
    let candidate = Candidate { runs: side(b.iter()), objection: None, figures: Figures::Trusted };
    let primary = primary.map(|name| Primary::named(name).expect("it is one of those"));
    compare(&side(a.iter()), &[candidate], &CompareOptions { primary, ..CompareOptions::new() })
}

/// Five runs whose three figures vary by themselves, startups of `slower` times the length.
fn side(random: &mut SmallRng, slower: f64) -> Vec<Observations> {
    let noise = LogNormal::new(0.0, 0.1).expect("it is a distribution");
    let mut of = |usual: f64| usual * noise.sample(random);
    (0..5).map(|_| run(of(2_000.0) * slower, of(8_000.0), of(6_000.0), 0)).collect()
}

/// How many of so many comparisons call anything, of all figures and of the one.
fn called(comparisons: u32, slower: f64) -> (u32, u32) {
    let mut random = SmallRng::seed_from_u64(19);
    let (mut of_all, mut of_one) = (0, 0);
    for _ in 0..comparisons {
        let (a, b) = (side(&mut random, 1.0), side(&mut random, slower));
        let calls = |comparison: &Comparison| {
            let rows = comparison.pairs[0].rows.iter();
            u32::from(rows.filter(|row| matches!(row.change, Change::Better | Change::Worse)).count() > 0)
        };
        of_all += calls(&held(&a, &b, None));
        of_one += calls(&held(&a, &b, Some("startup_time")));
    }
    (of_all, of_one)
}

/// One test at 4 % where the others are three at 4 % together (Holm 1979): 1,000 comparisons with a standard deviation of 0.62 points.
#[test]
fn where_nothing_changed_one_figure_is_called_as_seldom_as_all_together() {
    let (of_all, of_one) = called(1_000, 1.0);
    assert!((20..=60).contains(&of_one), "{of_one} of 1,000");
    assert!(of_all <= 60, "{of_all} of 1,000");
}

#[test]
fn one_figure_finds_what_the_correction_for_all_passes_over() {
    let (of_all, of_one) = called(300, 1.2);
    assert!(of_one > of_all + 30, "{of_one} of 300, with all figures {of_all}");
}

#[test]
fn verdicts_are_about_it_alone() {
    let a: Vec<_> = [2_000.0, 2_100.0, 1_900.0].map(|startup| run(startup, 8_000.0, 0.0, 0)).into();
    let b: Vec<_> =
        [2_010.0, 2_080.0, 1_910.0].map(|startup| run(startup, 24_000.0 + startup, 0.0, 0)).into();
    assert!(held(&a, &b, None).pairs[0].is_regression(), "blocks take three times as long");
    let comparison = held(&a, &b, Some("startup_time"));
    let pair = &comparison.pairs[0];
    assert_eq!((comparison.judged, pair.is_regression(), pair.not_judged()), (1, false, None));
    let judged: Vec<_> = pair.rows.iter().filter(|row| row.judged).collect();
    assert_eq!(judged.iter().map(|row| row.metric.as_str()).collect::<Vec<_>>(), ["startup_time"]);
    assert!(held(&a, &b, Some("round_trip")).pairs[0].is_regression());
}

/// Half the blocks are lost, and so those that come are soon there: no gate is passed by that.
#[test]
fn what_failed_is_passed_over_by_no_figure_that_it_is_not_in() {
    let a: Vec<_> = [2_000.0, 2_100.0, 1_900.0].map(|startup| run(startup, 4.0 * startup, 0.0, 0)).into();
    let b: Vec<_> = [1_000.0, 1_080.0, 910.0].map(|startup| run(startup, startup, 0.0, 20)).into();
    for name in ["startup_time", "round_trip", "stalled_time_pct"] {
        let comparison = held(&a, &b, Some(name));
        let why = comparison.pairs[0].not_judged().expect("nothing is concluded");
        assert!(why.contains("success_pct fell from 100.00 to 50.00 %"), "{name}: {why}");
    }
    assert!(held(&b, &a, Some("startup_time")).pairs[0].is_regression(), "worse is worse");
}

#[test]
fn its_name_is_one_of_those_that_are_judged() {
    assert_eq!(Primary::names(), ["startup_time", "round_trip", "stalled_time_pct", "success_pct"]);
    assert_eq!(Primary::named("stalled_time"), Primary::named("stalled_time_pct"));
    assert!(Primary::named("goodput_pct").is_none() && Primary::named("").is_none());
}
