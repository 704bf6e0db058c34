//! In which order the runs of a suite are made, and from which seeds.

use claque_core::rng::Seed;
use rand::seq::SliceRandom as _;

/// The order of runs within a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Drawn from the suite's seed, for each round anew.
    Random,
    /// As in the file.
    Listed,
}

/// A run that is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The place of its scenario in the file.
    pub scenario: usize,
    /// Which repeat of it, from 1.
    pub repeat: u32,
    /// The root of its randomness.
    pub seed: u64,
}

impl Order {
    /// Every name, as in a file.
    pub const NAMES: [&str; 2] = ["random", "listed"];

    /// The order of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "random" => Some(Self::Random),
            "listed" => Some(Self::Listed),
            _ => None,
        }
    }

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Listed => "listed",
        }
    }
}

/// All runs of `scenarios`, each a name and how often it is run.
///
/// They come in rounds, each of which has every scenario once (blocked randomisation): whatever drifts in the service
/// while a suite goes on meets all scenarios alike. A seed hangs from the scenario's name and the repeat alone, so that a
/// scenario that is added changes no other.
pub fn plan(scenarios: &[(&str, u32)], order: Order, seed: u64) -> Vec<Planned> {
    let root = Seed::root(seed).child("suite");
    let rounds = scenarios.iter().map(|(_, repeats)| *repeats).max().unwrap_or(0);
    let mut runs = Vec::new();
    for repeat in 1..=rounds {
        let due = scenarios.iter().enumerate().filter(|(_, (_, repeats))| *repeats >= repeat);
        let mut round: Vec<_> = due
            .map(|(scenario, (name, _))| Planned { scenario, repeat, seed: seed_of(root, name, repeat) })
            .collect();
        if order == Order::Random {
            round.shuffle(&mut root.child("order").index(repeat.into()).rng());
        }
        runs.extend(round);
    }
    runs
}

/// 53 bits: a whole number to every reader of JSON.
fn seed_of(root: Seed, scenario: &str, repeat: u32) -> u64 {
    root.child("scenario").child(scenario).index(repeat.into()).value() >> 11
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const THREE: [(&str, u32); 3] = [("few", 3), ("many", 3), ("crowd", 2)];

    fn names(runs: &[Planned]) -> Vec<(usize, u32)> {
        runs.iter().map(|run| (run.scenario, run.repeat)).collect()
    }

    #[test]
    fn every_round_has_every_scenario_once() {
        let runs = plan(&THREE, Order::Random, 1);
        for (round, repeat) in [(&runs[..3], 1), (&runs[3..6], 2), (&runs[6..], 3)] {
            let scenarios: BTreeSet<_> = round.iter().map(|run| run.scenario).collect();
            assert_eq!(scenarios.len(), round.len());
            assert!(round.iter().all(|run| run.repeat == repeat));
        }
        assert!(runs[6..].iter().all(|run| run.scenario != 2), "two repeats were asked for");
    }

    #[test]
    fn the_order_hangs_from_the_seed() {
        assert_eq!(plan(&THREE, Order::Random, 7), plan(&THREE, Order::Random, 7));
        let orders: BTreeSet<_> = (0..20).map(|seed| names(&plan(&THREE, Order::Random, seed))).collect();
        assert!(orders.len() > 10, "{}", orders.len());
        let listed = [(0, 1), (1, 1), (2, 1), (0, 2), (1, 2), (2, 2), (0, 3), (1, 3)];
        assert_eq!(names(&plan(&THREE, Order::Listed, 7)), listed);
    }

    #[test]
    fn every_run_has_a_seed_of_its_own_that_outlives_changes_of_the_file() {
        let runs = plan(&THREE, Order::Random, 1);
        let seeds: BTreeSet<_> = runs.iter().map(|run| run.seed).collect();
        assert_eq!(seeds.len(), runs.len());
        let seed = |runs: &[Planned], scenario, repeat| {
            let found = runs.iter().find(|run| (run.scenario, run.repeat) == (scenario, repeat));
            found.unwrap().seed
        };
        let more = plan(&[("new", 1), ("many", 5)], Order::Listed, 1);
        assert_eq!(seed(&more, 1, 2), seed(&runs, 1, 2));
        assert!(runs.iter().all(|run| run.seed < 1 << 53));
    }
}
