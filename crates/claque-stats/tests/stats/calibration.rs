//! Does a comparison keep its promises? Known worlds, drawn many times from fixed seeds.
//!
//! A world has 20 listeners of 30 blocks, whose times are log-normal around a level of each listener's own. Draws of the
//! bootstrap are 200 here, not 1,000: enough for a standard error (Efron and Tibshirani 1993, section 6.4); what they
//! add to its noise, 5 %, makes these tests a little harder than life, not easier. `cargo xtask bench calibration` runs
//! more worlds with all draws.

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

#[test]
fn explore() {
    let root = Seed::root(2_026);
    let reps: u64 = std::env::var("REPS").ok().and_then(|r| r.parse().ok()).unwrap_or(300);
    for (n, runs, sigma) in
        [(20, 1, 0.0), (10, 1, 0.0), (5, 1, 0.0), (20, 3, 0.0), (20, 5, 0.0), (20, 5, 0.05)]
    {
        let w = World { listeners: n, run_sigma: sigma, ..USUAL };
        let mut worse = 0;
        let mut any = 0;
        let mut judged = 0;
        let mut cover: std::collections::BTreeMap<String, (u32, u32)> = Default::default();
        for i in 0..reps {
            let c = pair(w, w, runs, root.index(i));
            judged = c.judged;
            worse += u32::from(c.pairs[0].is_regression());
            any += u32::from(
                c.pairs[0].rows.iter().any(|r| r.change == Change::Better || r.change == Change::Worse),
            );
            for r in &c.pairs[0].rows {
                if let Some(iv) = r.interval {
                    let e = cover.entry(format!("{} {:?}", r.metric, r.statistic)).or_default();
                    e.1 += 1;
                    e.0 += u32::from(iv.low <= 0.0 && iv.high >= 0.0);
                }
            }
        }
        println!("n={n} runs={runs} sigma={sigma}: worse {worse}/{reps} any {any} judged {judged}");
        for (k, (a, b)) in cover {
            println!("   {k}: {:.1}", 100.0 * f64::from(a) / f64::from(b));
        }
        let slow = World { slower: 1.1, ..w };
        let mut found = 0;
        let mut covered = 0;
        let mut p50 = 0;
        let mut p95 = 0;
        let mut det = 0.0;
        let truth =
            0.1 * MEDIAN_MS * (0.5 * (BLOCK_SIGMA.powi(2) + LISTENER_SIGMA.powi(2) + sigma * sigma)).exp();
        let t50 = 0.1 * MEDIAN_MS;
        let t95 =
            t50 * (1.644854 * (BLOCK_SIGMA.powi(2) + LISTENER_SIGMA.powi(2) + sigma * sigma).sqrt()).exp();
        for i in 0..reps {
            let c = pair(w, slow, runs, root.child("slow").index(i));
            let r = row(&c, "synthesis_time", Some(Statistic::Mean));
            found += u32::from(r.change == Change::Worse);
            det += r.detectable.unwrap();
            let hit = |r: &Row, t: f64| r.interval.is_some_and(|iv| iv.low <= t && t <= iv.high);
            covered += u32::from(hit(r, truth));
            p50 += u32::from(hit(row(&c, "synthesis_time", Some(Statistic::P50)), t50));
            p95 += u32::from(hit(row(&c, "synthesis_time", Some(Statistic::P95)), t95));
        }
        let pc = |x: u32| 100.0 * f64::from(x) / reps as f64;
        println!(
            "   slow: found {:.1} covered mean {:.1} p50 {:.1} p95 {:.1}; detectable {:.2} of {truth:.1}",
            pc(found),
            pc(covered),
            pc(p50),
            pc(p95),
            det / reps as f64
        );
    }
}
