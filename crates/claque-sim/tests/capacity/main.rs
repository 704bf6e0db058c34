//! Does a capacity keep its promise? Whole searches in virtual time, of services whose capacity is known otherwise.
mod worlds;

use claque_core::rng::Seed;
use claque_stats::{
    capacity::{Answer, Evidence, Next, ProbeOrder, Ramp, Search, SearchTerms},
    objective::Objective,
};

use crate::worlds::World;

/// Blocks that today's player of yapit asks for ahead at most.
const AHEAD: u32 = 16;

fn terms() -> SearchTerms {
    SearchTerms {
        confidence_pct: 95.0,
        most_users: 1_000,
        ahead: AHEAD,
        watched: 2 * AHEAD,
        blocks: None,
        spread_s: None,
        ramp: Ramp::Gentle,
        most_s: None,
    }
}

/// A whole search.
fn search(
    terms: SearchTerms,
    objectives: &[Objective],
    mut probe: impl FnMut(ProbeOrder) -> Evidence,
) -> (Search, Answer) {
    let mut search = Search::new(terms, objectives.len());
    loop {
        match search.next() {
            Next::Probe(order) => search.add(probe(order)),
            Next::Done(ending) => {
                let answer = Answer::of(&search, objectives, ending);
                return (search, answer);
            }
        }
    }
}

fn underrun_free() -> Vec<Objective> {
    vec![Objective::parse("listeners underrun-free >= 99 %").expect("it is an objective")]
}

#[test]
fn look() {
    let objectives = underrun_free();
    for world in [
        World::clockwork(1, 1_000, 3_700, 1_000),
        World::clockwork(2, 1_000, 4_000, 1_000),
        World::clockwork(4, 2_000, 5_000, 1_000),
        World::clockwork(16, 1_000, 2_700, 1_000),
        World::clockwork(40, 1_000, 6_300, 2_000),
        World { sigma: 0.3, ..World::clockwork(8, 2_000, 5_000, 1_000) },
        World { sigma: 0.1, crashes: 0.01, ..World::clockwork(8, 2_000, 5_000, 1_000) },
    ] {
        println!("{world:?} truth {}", world.truth());
        for seed in 1..=1 {
            let begun = std::time::Instant::now();
            let root = Seed::root(seed);
            let (search, answer) = search(terms(), &objectives, |order| {
                let e = world.probe(order, root.index(order.number), &objectives);
                println!(
                    "   {:?} N={} blocks {} pace {:?} good {} {:?}",
                    order.length,
                    order.users,
                    order.blocks,
                    e.pace
                        .map(|p| ((p.ratio * 1000.0).round() / 1000.0, (p.error * 1000.0).round() / 1000.0)),
                    e.trials[0].good as f64 / e.trials[0].of as f64,
                    e.failures
                );
                e
            });
            println!(
                "  {seed} -> {:?} {:?} {:?}-{:?} fails {:?} binding {:?} {:?} {:?} headroom {:?} min {:.0} took {:?}",
                answer.ending,
                answer.users,
                answer.low,
                answer.high,
                answer.first_failing,
                answer.binding,
                answer.fall,
                answer.gave_way,
                answer.headroom,
                answer.listener_minutes,
                begun.elapsed()
            );
            let _ = search;
        }
    }
}
