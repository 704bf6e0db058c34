//! Does a capacity keep its promise? Whole searches in virtual time, of services whose capacity is known otherwise.
//!
//! `cargo xtask bench capacity` runs this with more seeds and prints the table of docs/capacity.md.

mod any_load;
mod brute_force;
mod extent;
mod services;
mod truth;
mod worlds;

use claque_core::rng::Seed;
use claque_stats::{
    capacity::{Answer, Evidence, Next, ProbeOrder, Ramp, Search, SearchTerms},
    objective::Objective,
};

use crate::worlds::World;

/// Blocks that today's player of yapit asks for ahead at most.
const AHEAD: u32 = 16;

/// As `claque capacity --simulate` has them, with the care that is taken of somebody's service.
fn terms() -> SearchTerms {
    SearchTerms {
        confidence_pct: 95.0,
        most_users: 1_000,
        ahead: AHEAD,
        watched: 2 * AHEAD,
        blocks: None,
        spread_s: None,
        throughput: true,
        repeatable: false,
        doubt: SearchTerms::DOUBT,
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

/// The search for the capacity of a world, and what it comes to.
fn searched(world: World, seed: u64) -> (Search, Answer) {
    let (objectives, root) = (underrun_free(), Seed::root(seed));
    search(terms(), &objectives, |order| world.probe(order, root.index(order.number), &objectives))
}

fn capacity(world: World, seed: u64) -> Answer {
    searched(world, seed).1
}

fn underrun_free() -> Vec<Objective> {
    vec![Objective::parse("listeners underrun-free >= 99 %").expect("it is an objective")]
}

fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).expect("counts are small"))
}

/// Prints a line for people; a test keeps it to itself unless it fails.
#[expect(clippy::print_stdout, reason = "a bench reads it")]
fn say(line: &str) {
    println!("{line}");
}
