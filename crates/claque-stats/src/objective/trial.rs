//! An objective as a trial: how many of those looked at are on the right side, and how many must be.

use serde::{Deserialize, Serialize};

use super::{Measure, Objective, ObjectiveResult, Relation, Side, Subject};
use crate::{binomial::at_least, observe::Observations};

/// A share above which no sample can be held against it: it is judged as a whole, met or not.
const LARGEST_TARGET: f64 = 0.9999;

/// What a run says of an objective, as a number of right ones among those looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Those on the right side of the limit.
    pub good: u64,
    /// All that were looked at; those that never came are among them.
    pub of: u64,
    /// The share of them that must be right, above 0 and below 1. A half where the run is looked at as a whole.
    pub target: f64,
    /// What is counted.
    pub counts: Counted,
    /// Whether it is known once a listener has begun to play, so that a short run shows as much of it as a long one.
    #[serde(default)]
    pub known_at_start: bool,
    /// What came of the objective in this run.
    pub result: ObjectiveResult,
}

/// What a trial counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counted {
    /// Listeners.
    Listeners,
    /// Blocks, many of each listener.
    Blocks,
    /// The run: it met the objective or did not.
    Runs,
}

impl Trial {
    /// The largest chance that no more than so many are right where as large a share is as is asked for. What is counted of one listener may
    /// all have the same luck, so that it is never less than that of a single one.
    pub(crate) fn chance_if_met(&self) -> f64 {
        let by_count = 1.0 - at_least(self.good + 1, self.of.max(self.good + 1), self.target);
        if self.good >= self.of { 1.0 } else { by_count.max(1.0 - self.target) }
    }
}

impl Objective {
    /// What the listeners of one run say. Shares and percentiles count listeners or blocks; of sums, means and largest values
    /// only the run as a whole can be counted.
    #[must_use]
    pub fn trial(&self, observed: &Observations) -> Trial {
        let result = self.judge(&[observed]);
        let counted = result.sample.and_then(|sample| {
            let limit = self.limit / 100.0;
            let (good, target) = match (sample.percentile, sample.side) {
                (Some(percentile), Side::AtMost) => (sample.part, percentile / 100.0),
                (Some(percentile), Side::AtLeast) => (sample.part, 1.0 - percentile / 100.0),
                (None, Side::AtLeast) => (sample.part, limit),
                (None, Side::AtMost) => (sample.of - sample.part, 1.0 - limit),
            };
            let is_share = target > 0.0 && target <= LARGEST_TARGET && self.relation != Relation::Equal;
            is_share.then_some((good, sample.of, target))
        });
        let (good, of, target, counts) = match counted {
            Some((good, of, target)) => (good, of, target, self.subject.counted()),
            None => (u64::from(result.met), 1, 0.5, Counted::Runs),
        };
        Trial { good, of, target, counts, known_at_start: self.is_known_at_start(), result }
    }
}

impl Objective {
    /// Whether it is about how a listener begins.
    const fn is_known_at_start(&self) -> bool {
        match self.subject {
            Subject::Time(metric, _) => metric.is_of_start(),
            Subject::StalledTime(_)
            | Subject::Underruns(_)
            | Subject::Errors
            | Subject::Success
            | Subject::Goodput
            | Subject::Resends(_)
            | Subject::GivenUp(_)
            | Subject::Listeners(..)
            | Subject::Continuity(_) => false,
        }
    }

    /// Whether it is about how many listeners there are, which is what a search for a capacity varies.
    #[must_use]
    pub const fn counts_listeners(&self) -> bool {
        matches!(self.subject, Subject::Listeners(_, Measure::Count))
    }

    /// Whether it allows nobody to be on the wrong side, or next to nobody: no number of listeners shows that it is met.
    #[must_use]
    pub fn asks_for_everybody(&self) -> bool {
        let is_share = match self.subject {
            Subject::Listeners(_, Measure::Share)
            | Subject::Success
            | Subject::Goodput
            | Subject::Continuity(_) => true,
            Subject::Listeners(_, Measure::Count)
            | Subject::Time(..)
            | Subject::StalledTime(_)
            | Subject::Underruns(_)
            | Subject::Errors
            | Subject::Resends(_)
            | Subject::GivenUp(_) => false,
        };
        let asked = match self.relation {
            Relation::Above | Relation::AtLeast | Relation::Equal => self.limit / 100.0,
            Relation::Below | Relation::AtMost => 0.0,
        };
        is_share && asked > LARGEST_TARGET
    }

    /// Whether more load makes it easier to meet: a lower bound on what goes wrong, an upper bound on what goes right, or a bound on
    /// how many listeners there are. Such a one has no ceiling.
    #[must_use]
    pub fn eases_with_load(&self) -> bool {
        let is_least = matches!(self.relation, Relation::Above | Relation::AtLeast);
        match self.subject {
            Subject::Listeners(_, Measure::Count) => true,
            Subject::Time(metric, _) if metric.is_higher_better() => !is_least,
            Subject::Success | Subject::Goodput | Subject::Listeners(..) | Subject::Continuity(_) => {
                let is_all = self.relation == Relation::Equal && self.limit >= 100.0;
                !is_least && !is_all
            }
            Subject::Time(..)
            | Subject::StalledTime(_)
            | Subject::Underruns(_)
            | Subject::Errors
            | Subject::Resends(_)
            | Subject::GivenUp(_) => is_least || (self.relation == Relation::Equal && self.limit > 0.0),
        }
    }
}

impl ObjectiveResult {
    /// Whether there was nothing of the figure at all, neither a value nor one that should have been.
    #[must_use]
    pub const fn has_nothing(&self) -> bool {
        self.value.is_none() && self.measured == 0 && self.missing == 0
    }
}

impl Subject {
    const fn counted(self) -> Counted {
        match self {
            Self::Time(metric, _) if !metric.is_per_block() => Counted::Listeners,
            Self::StalledTime(_) | Self::Underruns(_) | Self::Goodput | Self::Listeners(..) => {
                Counted::Listeners
            }
            Self::Time(..)
            | Self::Errors
            | Self::Success
            | Self::Resends(_)
            | Self::GivenUp(_)
            | Self::Continuity(_) => Counted::Blocks,
        }
    }
}
