//! The cheapest setting of a model that meets its objectives: which simulations are wanted next, and what all of them come to.
//!
//! [`Search`] says which setting is to be simulated with which seed, [`TuneAnswer`] what the runs show. A run meets all objectives or
//! it does not, and a setting is good if enough of its runs do ([`TuneTerms::reliability_pct`]): runs are independent, listeners of
//! one run are not. Every setting has the same seeds; the winner is confirmed with others. Nothing here simulates.

mod answer;
mod evidence;
mod grid;
mod rivals;
mod search;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::{
    answer::{
        PairedDifference, Sensitivity, SettingResult, SettingStatus, TuneAnswer, TuneEnding, Unconfirmed,
    },
    evidence::MeanEstimate,
    grid::{Grid, SettingId},
    search::{Next, Search},
};
use crate::binomial::Tail;

/// What a search is for, and its bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuneTerms {
    /// How sure it is to be that enough runs of the setting meet the objectives, in percent, above 0 and below 100.
    pub confidence_pct: f64,
    /// The share of the runs that must meet every objective, in percent, above 0 and below 100.
    pub reliability_pct: f64,
    /// Simulations at most.
    pub most_runs: u32,
    /// The seed of every setting's first run; those after it have the numbers after it.
    pub first_seed: u64,
    /// Of each objective whether less of its figure is better.
    pub less_is_better: Vec<bool>,
}

/// Fresh seeds of one attempt to confirm a setting begin so many numbers after those of the attempt before.
pub const FRESH_SEEDS: u64 = 1_000_000;

/// Attempts to confirm a setting, at most: each is stricter than the one before.
pub const MOST_ATTEMPTS: u64 = 8;

impl TuneTerms {
    /// Runs that show the reliability if every one of them meets the objectives.
    #[must_use]
    pub fn fewest_runs(&self) -> u32 {
        let fewest = self.tail(0).fewest(self.share()).unwrap_or(u64::MAX);
        u32::try_from(fewest).unwrap_or(u32::MAX)
    }

    /// Fresh runs with which a setting is confirmed: three times as many, so that a few may miss.
    #[must_use]
    pub fn confirming_runs(&self) -> u32 {
        self.fewest_runs().saturating_mul(3)
    }

    /// The fewest simulations with which there can be an answer.
    #[must_use]
    pub fn least_runs(&self) -> u32 {
        self.confirming_runs().saturating_add(self.fewest_runs().saturating_mul(2))
    }

    /// The share of the runs that must meet every objective.
    fn share(&self) -> f64 {
        self.reliability_pct / 100.0
    }

    /// The chance that may be left on one side: in the search (0) what an interval of this confidence leaves there, in the first attempt to
    /// confirm (1) the same, and half of it in each attempt after that, so that all attempts together leave what the confidence does.
    fn tail(&self, attempt: usize) -> Tail {
        let halvings = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        Tail::of(100.0 - (100.0 - self.confidence_pct) / 2.0_f64.powi(halvings))
    }
}

/// What the runs know of how far the model may be off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelUncertainty {
    /// Each run has a model that the calibration leaves possible.
    Drawn,
    /// It was fitted, but what was fitted is set to something else.
    NotDrawn,
    /// Nothing is known of it.
    Unknown,
}

/// A simulation that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TuneOrder {
    /// Of which setting.
    pub setting: SettingId,
    /// With which seed.
    pub seed: u64,
    /// What for.
    pub part: TunePart,
}

/// What a simulation is for, in the order in which a search comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TunePart {
    /// A first look at the setting.
    Survey,
    /// A first look at what is beside the best of a sample.
    Near,
    /// Settings are held against each other.
    Race,
    /// The best is confirmed.
    Confirm,
    /// What is near the winner.
    Sensitivity,
    /// What is told besides.
    Frontier,
}

/// What came of a simulation.
#[derive(Clone, Debug, PartialEq)]
pub struct TuneRun {
    /// What the setting costs in an hour of it.
    pub cost: f64,
    /// Whether it measures the service and met every objective.
    pub met: bool,
    /// Of each objective whether it was missed.
    pub missed: Vec<bool>,
    /// The figure of each objective, where it was measured.
    pub figures: Vec<Option<f64>>,
    /// Why it does not measure the service, if so. Such a run meets nothing.
    pub invalid: Option<String>,
}
