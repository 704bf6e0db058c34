//! What is missed at any load, also by a lone listener: the other thing that failures may mean.
//!
//! Where more listeners fail than an objective allows, however few there are, no number meets it; a search that knows only of ceilings takes
//! lucky runs for one. So the failures of all runs are weighed against both: a share that fails at any load, beside which a ceiling may
//! still stand, and a share that the objective allows.

use super::{
    belief::{ALIKE, chance},
    weights::Weights,
};

/// Shares that fail at any load, in times of what the objective allows, each with how likely it is where any does.
const TIMES: [(f64, f64); 6] = [(1.5, 0.1), (3.0, 0.2), (6.0, 0.25), (15.0, 0.2), (50.0, 0.15), (98.0, 0.1)];
/// More than that never fail for certain.
const MOST: f64 = 0.98;
/// How fast the rest falls at the ceiling that stands beside it, as [`super::belief`] has it.
const WIDTHS: [(f64, f64); 2] = [(0.02, 0.6), (0.15, 0.4)];
/// The ceiling beside it is no answer, so it may be looked at coarsely.
const COARSE: f64 = 0.03;

/// Beliefs about what fails at any load, of one objective.
#[derive(Clone, Debug)]
pub(super) struct AnyLoad {
    weights: Weights,
}

impl AnyLoad {
    pub(super) fn new(most_users: u32) -> Self {
        Self { weights: Weights::new(most_users, COARSE, ways().map(|way| way.chance)) }
    }

    pub(super) fn note_tried(&mut self, users: u32) {
        self.weights.note_tried(users);
    }

    /// Takes what a run at `users` listeners shows, as the belief in a ceiling takes it.
    pub(super) fn add(&mut self, users: f64, (good, of): (f64, f64), target: f64) {
        for (place, way) in ways().enumerate() {
            self.weights
                .add(place, |ceiling| chance(good, of, way.share(users / ceiling, target), way.alike));
        }
    }

    /// The logarithm of how well it foretold all that was seen.
    pub(super) fn evidence(&self) -> f64 {
        self.weights.evidence()
    }

    /// The share that is expected to be good at so many listeners.
    pub(super) fn expected(&self, users: f64, target: f64) -> f64 {
        let all: Vec<_> = ways().collect();
        self.weights.mean(|place, ceiling| all[place].share(users / ceiling, target))
    }
}

/// One way in which something may fail at any load.
#[derive(Clone, Copy, Debug)]
struct FailureHypothesis {
    times: f64,
    width: f64,
    alike: f64,
    chance: f64,
}

fn ways() -> impl Iterator<Item = FailureHypothesis> {
    TIMES.into_iter().flat_map(|(times, some)| {
        WIDTHS.into_iter().flat_map(move |(width, such)| {
            ALIKE.map(move |(alike, so)| FailureHypothesis { times, width, alike, chance: some * such * so })
        })
    })
}

impl FailureHypothesis {
    /// The share that is good at so many times the ceiling, where half of those are that could be.
    fn share(self, times: f64, target: f64) -> f64 {
        let fails = (self.times * (1.0 - target)).min(MOST);
        let rest = 1.0 / (1.0 + (times.ln() / self.width).exp());
        // Whatever the load, somebody is lucky.
        (1.0 - fails) * (0.001 + 0.999 * rest)
    }
}
