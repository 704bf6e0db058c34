//! Services of which no formula is known: what a search finds is what many runs at every number show.

use claque_core::rng::Seed;
use claque_stats::capacity::{Answer, Length, ProbeOrder};

use crate::{AHEAD, capacity, extent::Extent, number, say, underrun_free, worlds::World};

/// Workers with much noise, and workers that have to begin anew now and then.
const WORLDS: [World; 2] = [
    World { sigma: 0.5, ..World::clockwork(8, 2_000, 5_100, 1_000) },
    World { sigma: 0.1, restarts: 0.01, ..World::clockwork(6, 2_000, 5_000, 1_000) },
];

/// What many runs at a number show.
struct Shown {
    /// The share of the listeners that were free of underruns, and how far that may be off.
    share: f64,
    error: f64,
    /// How fast was delivered, on average.
    pace: f64,
}

fn many(world: World, users: u32, runs: u64) -> Shown {
    let objectives = underrun_free();
    let block_s =
        f64::from(u32::try_from(world.audio_ms).expect("blocks are short")) / f64::from(world.speed);
    let order = ProbeOrder {
        users,
        blocks: 4 * AHEAD,
        spread_s: f64::from(AHEAD) * block_s,
        length: Length::Full,
        number: 0,
    };
    let (mut shares, mut paces) = (Vec::new(), Vec::new());
    for run in 0..runs {
        let evidence = world.probe(order, Seed::root(7).child("brute force").index(run), &objectives);
        let trial = &evidence.trials[0];
        let count = |count: u64| f64::from(u32::try_from(count).expect("listeners are few"));
        shares.push(count(trial.good) / count(trial.of));
        paces.extend(evidence.pace.map(|pace| pace.ratio.min(1.0)));
    }
    let n = number(shares.len());
    let share = shares.iter().sum::<f64>() / n;
    // Of the mean of runs, which are independent; one listener in all is the least that could be seen.
    let square: f64 = shares.iter().map(|one| (one - share).powi(2)).sum();
    let error = 2.0 * (square / (n - 1.0) / n).sqrt().max(1.0 / (n * f64::from(users)));
    let shown = Shown { share, error, pace: paces.iter().sum::<f64>() / number(paces.len()) };
    say(&format!(
        "  {users}: {:.2} ±{:.2} % free of underruns, pace {:.3}",
        100.0 * share,
        100.0 * error,
        shown.pace
    ));
    shown
}

/// The largest number at which 99 % are free of underruns and as much is delivered as listened to: between the one that surely does
/// and the one that perhaps does, as far as so many runs can tell.
fn by_brute_force(world: World, near: &Answer, runs: u64) -> (u32, u32) {
    let from = near.low.expect("there is an answer").saturating_sub(1).max(1);
    let (mut surely, mut perhaps) = (from - 1, from - 1);
    for users in from.. {
        let shown = many(world, users, runs);
        let keeps_up = shown.pace >= 0.99;
        if surely + 1 == users && keeps_up && shown.share - shown.error >= 0.99 {
            surely = users;
        }
        if !keeps_up || shown.share + shown.error < 0.99 {
            break;
        }
        perhaps = users;
    }
    (surely, perhaps)
}

#[test]
fn a_search_finds_what_many_runs_at_every_number_show() {
    let extent = Extent::asked_for();
    for world in WORLDS {
        let answer = capacity(world, 3);
        say(&format!("{world:?}: {:?} in {:?} to {:?}", answer.users, answer.low, answer.high));
        let (surely, perhaps) = by_brute_force(world, &answer, extent.runs);
        let (low, high) = (answer.low.expect("an answer"), answer.high.expect("something failed"));
        assert!(surely <= high && low <= perhaps, "{world:?}: {surely} to {perhaps}, and {low} to {high}");
    }
}
