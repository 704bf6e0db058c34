//! Does a comparison keep its promises? Whole runs of the simulator, compared many times where nothing changed and where
//! the service is 10 % slower.
//!
//! `cargo xtask bench calibration` runs this with more seeds and prints the tables of docs/compare.md.

mod extent;
mod worlds;

use std::{num::NonZero, thread};

use claque_core::rng::Seed;
use claque_stats::{
    Observations,
    compare::{Candidate, CompareOptions, Figures, Pair, Repetition, Statistic, compare},
};
use rand::seq::SliceRandom as _;

use crate::{
    extent::{Extent, Question},
    worlds::World,
};

/// How often the runs are grouped anew.
const ROUNDS: u64 = 4;
/// Chance of a false alarm that is promised.
const PROMISED: f64 = 0.05;

/// The runs of a seed: two that differ by chance alone, and one of a service that is slower.
struct Trio {
    seed: u64,
    usual: Observations,
    again: Observations,
    /// Where power is asked for.
    slower: Option<Observations>,
}

impl Trio {
    fn again(&self) -> &Observations {
        &self.again
    }

    fn slower(&self) -> &Observations {
        self.slower.as_ref().expect("whoever looks at power had these made")
    }
}

/// How the runs of the second side come by their seeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seeds {
    Same,
    Others,
}

/// What came of many comparisons of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    comparisons: u64,
    /// Those that shared no run: the noise is that of so many.
    apart: u64,
    called: u64,
    regressions: u64,
    /// In which the mean round trip alone is beyond chance at 5 %.
    by_one_figure: u64,
}

/// Every run that a world is judged by, on as many threads as there are cores for them.
fn trios(world: World, seeds: u64, question: Question) -> Vec<Trio> {
    let trio = |seed| Trio {
        seed,
        usual: world.run(seed, "usual", 1.0),
        again: world.run(seed, "again", 1.0),
        slower: (question == Question::AlarmsAndPower).then(|| world.run(seed, "slower", 1.1)),
    };
    let threads = u64::try_from(thread::available_parallelism().map_or(1, NonZero::get)).unwrap_or(1);
    let part = |rest: u64| (1..=seeds).filter(|seed| seed % threads == rest).map(trio).collect::<Vec<_>>();
    thread::scope(|scope| {
        let parts: Vec<_> = (0..threads).map(|rest| scope.spawn(move || part(rest))).collect();
        parts.into_iter().flat_map(|part| part.join().expect("a simulation does not panic")).collect()
    })
}

/// Groups the runs into sides of `runs`, again and again, and compares them.
fn tally(trios: &[Trio], runs: usize, seeds: Seeds, candidate: fn(&Trio) -> &Observations) -> Tally {
    let mut tally = Tally::default();
    let mut order: Vec<&Trio> = trios.iter().collect();
    let needed = if seeds == Seeds::Same { runs } else { 2 * runs };
    for round in 0..ROUNDS {
        order.sort_by_key(|trio| trio.seed);
        order.shuffle(&mut Seed::root(2_026).child("rounds").index(round).rng());
        for group in order.chunks_exact(needed) {
            let (before, after) = (&group[..runs], &group[needed - runs..]);
            let side = |trio: &&'_ Trio| trio.seed;
            let a: Vec<_> =
                before.iter().map(|trio| Repetition { observed: &trio.usual, seed: side(trio) }).collect();
            let b = after.iter().map(|trio| Repetition { observed: candidate(trio), seed: side(trio) });
            let b = Candidate { runs: b.collect(), objection: None, figures: Figures::Trusted };
            tally.add(&compare(&a, &[b], &CompareOptions::new()).pairs[0]);
        }
    }
    tally.apart = tally.comparisons / ROUNDS;
    tally
}

impl Tally {
    fn add(&mut self, pair: &Pair) {
        use claque_stats::compare::Change::{Better, Worse};
        self.comparisons += 1;
        self.regressions += u64::from(pair.is_regression());
        self.called += u64::from([Better, Worse].iter().any(|&to| pair.rows_that_are(to).next().is_some()));
        let one = pair
            .rows
            .iter()
            .find(|row| (row.metric.as_str(), row.statistic) == ("round_trip", Some(Statistic::Mean)));
        let p_value = one.and_then(|row| row.p_value);
        self.by_one_figure += u64::from(p_value.is_some_and(|p_value| p_value <= PROMISED));
    }

    fn share(&self, part: u64) -> f64 {
        number(part) / number(self.comparisons.max(1))
    }

    /// "4.1 % (2.9-5.7)": with the 95 % interval of Wilson 1927 for those that shared no run.
    fn told(&self, part: u64) -> String {
        let (share, n, z) = (self.share(part), number(self.apart.max(1)), 1.96_f64);
        let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
        let reach = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
        let percent = |share: f64| 100.0 * share.clamp(0.0, 1.0);
        format!("{:.1} % ({:.1}-{:.1})", percent(share), percent(middle - reach), percent(middle + reach))
    }
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("counts of comparisons are small"))
}

/// Prints the table for people; a test keeps it to itself unless it fails.
#[expect(clippy::print_stdout, reason = "a bench reads it")]
fn row(world: World, cells: &[String]) {
    println!("| {} | {} |", world.name, cells.join(" | "));
}

/// The noise allowed over the promise: three standard errors of a share of 5 %.
fn bound(tally: &Tally) -> f64 {
    PROMISED + 3.0 * (PROMISED * (1.0 - PROMISED) / number(tally.apart.max(1))).sqrt()
}

#[test]
fn where_nothing_changed_hardly_ever_is_anything_called_and_ten_percent_are_found() {
    let extent = Extent::asked_for();
    for &world in &extent.worlds {
        let trios = trios(world, extent.seeds, extent.question);
        row(world, &false_alarms(world, &trios));
        if extent.question == Question::AlarmsAndPower {
            row(world, &power(world, &trios));
        }
    }
}

fn false_alarms(world: World, trios: &[Trio]) -> Vec<String> {
    let mut cells = Vec::new();
    for runs in [1, 2, 3, 5] {
        for seeds in [Seeds::Same, Seeds::Others] {
            let alike = tally(trios, runs, seeds, Trio::again);
            assert!(
                alike.share(alike.called) <= bound(&alike),
                "{world:?}, {runs} runs, {seeds:?}: {alike:?}"
            );
            assert!(runs > 1 || alike.called == 0, "one run cannot tell");
            if runs > 1 {
                cells.push(alike.told(alike.called));
            }
        }
    }
    cells
}

fn power(world: World, trios: &[Trio]) -> Vec<String> {
    let mut cells = Vec::new();
    for (runs, promised) in [(3, 0.9), (5, 0.99)] {
        for seeds in [Seeds::Same, Seeds::Others] {
            let slower = tally(trios, runs, seeds, Trio::slower);
            cells.push(slower.told(slower.regressions));
            if seeds == Seeds::Others {
                cells.push(slower.told(slower.by_one_figure));
            }
            let is_promised = seeds == Seeds::Same && world.finds_ten_percent;
            let found = slower.share(slower.regressions);
            assert!(!is_promised || found >= promised, "{world:?}, {runs} runs: {slower:?}");
        }
    }
    cells
}
