//! Does a comparison keep its promises? Known worlds, drawn many times from fixed seeds.
//!
//! A world has 20 listeners of 30 blocks, whose times are log-normal around a level of each listener's own. Draws of the
//! bootstrap are 200 here, not 1,000: enough for a standard error (Efron and Tibshirani 1993, section 6.4); what they
//! add to its noise, 5 %, makes these tests a little harder than life, not easier. `cargo xtask bench calibration` runs
//! more worlds with all draws.

use std::collections::BTreeMap;

use claque_core::rng::Seed;
use claque_stats::{
    ListenerObservation, Observations,
    compare::{Candidate, Change, CompareOptions, Comparison, Row, Statistic, compare},
};
use rand_distr::{Distribution as _, LogNormal, Poisson};

/// How a world differs from the usual one.
#[derive(Clone, Copy, Debug)]
struct World {
    listeners: usize,
    /// Factor on every synthesis time.
    slower: f64,
    /// Spread of the levels of runs: what a machine does to all its listeners alike.
    run_sigma: f64,
}

const USUAL: World = World { listeners: 20, slower: 1.0, run_sigma: 0.0 };

const BLOCKS: u32 = 30;
/// Blocks of one request: the first has no synthesis time.
const REQUEST: usize = 8;
/// Median of a synthesis time.
const MEDIAN_MS: f64 = 800.0;
const BLOCK_SIGMA: f64 = 0.1;
const LISTENER_SIGMA: f64 = 0.05;
const STARTUP_SIGMA: f64 = 0.3;
const UNDERRUNS: f64 = 0.7;

fn factor(sigma: f64, rng: &mut impl rand::Rng) -> f64 {
    LogNormal::new(0.0, sigma).expect("sigma is finite").sample(rng)
}

impl World {
    fn run(self, seed: Seed) -> Observations {
        let mut rng = seed.rng();
        let level = self.slower * factor(self.run_sigma, &mut rng);
        Observations::new((0..self.listeners).map(|_| listener(level, &mut rng)).collect())
    }
}

fn listener(level: f64, rng: &mut impl rand::Rng) -> ListenerObservation {
    let own = level * factor(LISTENER_SIGMA, rng);
    let mut seen = ListenerObservation { blocks_intended: BLOCKS, blocks_ok: BLOCKS, ..Default::default() };
    let mut round_trip = 0.0;
    for block in 0..30_usize {
        let synthesis = MEDIAN_MS * own * factor(BLOCK_SIGMA, rng);
        if block % REQUEST == 0 {
            round_trip = 0.0;
        } else {
            seen.synthesis_time_ms.push(synthesis);
        }
        round_trip += synthesis;
        seen.round_trip_ms.push(round_trip);
        seen.response_time_ms.push(round_trip + 5.0);
    }
    let startup = 2_000.0 * factor(STARTUP_SIGMA, rng);
    seen.startup_ms = Some(startup);
    seen.ttfa_ms = Some(startup - 100.0);
    seen.first_block_ms = Some(startup - 50.0);
    let underruns: f64 = Poisson::new(UNDERRUNS).expect("the rate is positive").sample(rng);
    seen.underruns = (0_u32..).find(|&count| f64::from(count) >= underruns).unwrap_or(0);
    seen.stalled_ms = underruns * 1_500.0 * factor(0.5, rng);
    seen.listened_ms = Some(startup + 120_000.0 + seen.stalled_ms);
    seen.completed = true;
    seen
}

fn options(seed: Seed) -> CompareOptions {
    CompareOptions { draws: 200, seed, ..CompareOptions::new() }
}

/// Worlds `a` against worlds `b`, `runs` on each side.
fn pair(a: World, b: World, runs: u64, seed: Seed) -> Comparison {
    let side = |world: World, name| -> Vec<Observations> {
        (0..runs).map(|run| world.run(seed.child(name).index(run))).collect()
    };
    let (a, b) = (side(a, "a"), side(b, "b"));
    let candidate = Candidate { runs: b.iter().collect(), objection: None };
    compare(&a.iter().collect::<Vec<_>>(), &[candidate], &options(seed.child("draws")))
}

fn row<'a>(comparison: &'a Comparison, metric: &str, statistic: Option<Statistic>) -> &'a Row {
    let rows = &comparison.pairs[0].rows;
    rows.iter().find(|row| row.metric == metric && row.statistic == statistic).expect("the row is known")
}

/// How often each row's interval held the truth, and how often anything was called.
#[derive(Debug, Default)]
struct Tally {
    pairs: u64,
    regressions: u64,
    found: u64,
    held: BTreeMap<String, u64>,
    judged: BTreeMap<String, u64>,
    /// Of the mean of synthesis times, summed.
    detectable_ms: f64,
}

fn percent(part: u64, of: u64) -> f64 {
    number(part) / number(of) * 100.0
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("counts of pairs are small"))
}

/// The true difference of a row between the usual world and one `slower` by a factor; none where nobody knows it.
fn truth(row: &Row, slower: f64, run_sigma: f64) -> Option<f64> {
    let sigma_2 = BLOCK_SIGMA.powi(2) + LISTENER_SIGMA.powi(2) + run_sigma.powi(2);
    let unit = match row.statistic {
        Some(Statistic::Mean) => (sigma_2 / 2.0).exp(),
        Some(Statistic::P50) => 1.0,
        // The 95th percentile of the normal distribution.
        Some(Statistic::P95) => (1.644_854 * sigma_2.sqrt()).exp(),
        None => 0.0,
    };
    match row.metric.as_str() {
        "synthesis_time" => Some((slower - 1.0) * MEDIAN_MS * unit),
        "round_trip" | "response_time" if slower > 1.0 => None,
        _ => Some(0.0),
    }
}

/// Compares the usual world with one `slower` by a factor, `pairs` times.
fn tally(pairs: u64, usual: World, slower: f64, runs: u64, seed: Seed) -> Tally {
    let mut tally = Tally { pairs, ..Tally::default() };
    for index in 0..pairs {
        let other = World { slower, ..usual };
        let comparison = pair(usual, other, runs, seed.index(index));
        let pair = &comparison.pairs[0];
        tally.regressions += u64::from(pair.is_regression());
        let mean = row(&comparison, "synthesis_time", Some(Statistic::Mean));
        tally.found += u64::from(mean.change == Change::Worse);
        tally.detectable_ms += mean.detectable.unwrap_or(f64::NAN);
        for row in &pair.rows {
            let (Some(interval), Some(truth)) = (row.interval, truth(row, slower, usual.run_sigma)) else {
                continue;
            };
            let name = format!("{} {}", row.metric, row.statistic.map_or("", Statistic::as_str));
            let holds = (interval.low..=interval.high).contains(&truth);
            *tally.held.entry(name.clone()).or_default() += u64::from(holds);
            *tally.judged.entry(name).or_default() += 1;
        }
    }
    tally.print(slower, runs, usual);
    tally
}

impl Tally {
    /// In percent, by row.
    fn coverage(&self) -> BTreeMap<&str, f64> {
        let of = |(name, &held): (&'_ String, &u64)| percent(held, self.judged[name]);
        self.held.iter().map(|entry| (entry.0.as_str(), of(entry))).collect()
    }

    /// Figures for people; tests keep them to themselves unless they fail.
    #[expect(clippy::print_stdout, reason = "a bench reads them")]
    fn print(&self, slower: f64, runs: u64, world: World) {
        println!(
            "{} pairs, {runs} x {} listeners a side, run sigma {}, {slower} x as slow:",
            self.pairs, world.listeners, world.run_sigma
        );
        println!("  regressions called       {:6.2} %", percent(self.regressions, self.pairs));
        println!("  synthesis_time mean worse {:5.2} %", percent(self.found, self.pairs));
        println!("  detectable on average    {:6.1} ms", self.detectable_ms / number(self.pairs));
        for (name, percent) in self.coverage() {
            println!("  interval holds the truth {percent:6.2} %  {name}");
        }
    }
}

/// Pairs of worlds. `cargo xtask bench calibration` compiles this with more of them.
fn pairs(usual: u64) -> u64 {
    option_env!("CLAQUE_CALIBRATION_PAIRS").and_then(|pairs| pairs.parse().ok()).unwrap_or(usual)
}

/// 1,000 pairs: the noise of a share near 5 % is 0.7 % (one standard error).
#[test]
fn nothing_changed_and_hardly_ever_is_anything_called() {
    let tally = tally(pairs(1_000), USUAL, 1.0, 1, Seed::root(2_026));
    // 5 % and twice the noise is 6.4 %; Holm's method is on the safe side of that, as the rows hang together.
    assert!(percent(tally.regressions, tally.pairs) <= 5.0, "{tally:#?}");
    for (name, coverage) in tally.coverage() {
        // In this world nothing ever fails, so these never vary.
        if !["success_pct ", "errors "].contains(&name) {
            assert!((93.0..=97.0).contains(&coverage), "{name}: {coverage} %");
        }
    }
}

/// 1,000 pairs: the noise of a share near 95 % is 0.7 %.
#[test]
fn ten_percent_more_is_found_and_intervals_hold_the_truth() {
    let tally = tally(pairs(1_000), USUAL, 1.1, 1, Seed::root(2_027));
    assert!(percent(tally.found, tally.pairs) >= 90.0, "{tally:#?}");
    let coverage = tally.coverage();
    for statistic in ["mean", "p50", "p95"] {
        let held = coverage[format!("synthesis_time {statistic}").as_str()];
        assert!((93.0..=97.0).contains(&held), "{statistic}: {held} %");
    }
}

/// 500 pairs of 5 runs, each with a level of its own: the noise is 1 %.
#[test]
fn runs_that_differ_raise_no_alarm_when_they_are_repeated() {
    let unsteady = World { run_sigma: 0.05, ..USUAL };
    let tally = tally(pairs(500), unsteady, 1.0, 5, Seed::root(2_028));
    assert!(percent(tally.regressions, tally.pairs) <= 5.0, "{tally:#?}");
    let held = tally.coverage()["synthesis_time mean"];
    assert!((93.0..=97.0).contains(&held), "{held} %");
}
