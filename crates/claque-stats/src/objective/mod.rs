//! Objectives: what a run must reach, in one line each, and whether it did.
//!
//! [`Objective::parse`] reads the line, [`Objective::judge`] holds it against what the listeners went through. Failures
//! stay in the denominator: a time that never came is longer than any. The grammar is in `docs/objectives.md`.

mod abort;
mod judge;
mod parse;
mod shown;
mod trial;

use serde::{Deserialize, Serialize};

pub use self::{
    abort::{AbortRule, LiveCounts},
    shown::{SampleBound, Side},
    trial::{Counted, Trial},
};
use crate::figures::{FigureUnit, TimeMetric};

/// A bound on one figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As it was written, with single spaces.
    text: String,
    subject: Subject,
    relation: Relation,
    /// In the unit of the subject.
    limit: f64,
    /// How surely a sample must show it, in percent; none where being met in the sample is enough.
    confidence_pct: Option<f64>,
}

impl Objective {
    /// The line it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What its figure is counted in.
    #[must_use]
    pub const fn unit(&self) -> ObjectiveUnit {
        self.subject.unit()
    }

    /// The same, which now must be shown with so many percent confidence, above 0 and below 100, if it is about a share or a
    /// quantile; of sums, means and the largest value nothing exact can be shown.
    #[must_use]
    pub const fn with_confidence(mut self, confidence_pct: f64) -> Self {
        self.confidence_pct = Some(confidence_pct);
        self
    }
}

/// What is bounded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Subject {
    Time(TimeMetric, Figure),
    StalledTime(Figure),
    Underruns(Figure),
    Errors,
    Success,
    Goodput,
    /// Requests for a block after its first, or the share of the blocks that there were any for.
    Resends(Measure),
    /// Blocks that were given up.
    GivenUp(Measure),
    Listeners(Quality, Measure),
    /// Share of the blocks whose deficit is at most so many ms.
    Continuity(Tolerance),
}

/// The most that a stream may be behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tolerance {
    Ms50,
    Ms100,
    Ms200,
}

/// Which figure of many values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Total,
    Mean,
    Max,
    /// Nearest-rank, in thousandths of a percent.
    Percentile(u32),
}

/// What a listener is or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quality {
    UnderrunFree,
    Started,
    Completed,
    /// Waiting in the middle of the text at this moment; known only while a run goes on.
    Stalled,
}

/// Whether listeners or blocks are counted or their share is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Count,
    Share,
}

/// Which side of the limit is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Below,
    AtMost,
    Above,
    AtLeast,
    Equal,
}

impl Relation {
    /// Whether `value` is on the right side of `limit`.
    fn holds(self, value: f64, limit: f64) -> bool {
        // Figures are quotients: the last bits of an equal one may differ.
        let equal = (value - limit).abs() <= 1e-9 * limit.abs().max(1.0);
        match self {
            Self::Below => value < limit && !equal,
            Self::AtMost => value < limit || equal,
            Self::Above => value > limit && !equal,
            Self::AtLeast => value > limit || equal,
            Self::Equal => equal,
        }
    }
}

/// What a figure of an objective is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectiveUnit {
    /// Milliseconds.
    Ms,
    /// Percent, 0 to 100.
    Pct,
    /// Things.
    Count,
    /// One time for each of another.
    Ratio,
}

impl Subject {
    const fn unit(self) -> ObjectiveUnit {
        match self {
            Self::Time(metric, _) => metric_unit(metric),
            Self::StalledTime(_)
            | Self::Continuity(_)
            | Self::Success
            | Self::Goodput
            | Self::Resends(Measure::Share)
            | Self::GivenUp(Measure::Share)
            | Self::Listeners(
                Quality::UnderrunFree | Quality::Started | Quality::Completed | Quality::Stalled,
                Measure::Share,
            ) => ObjectiveUnit::Pct,
            Self::Underruns(_)
            | Self::Errors
            | Self::Resends(Measure::Count)
            | Self::GivenUp(Measure::Count)
            | Self::Listeners(
                Quality::UnderrunFree | Quality::Started | Quality::Completed | Quality::Stalled,
                Measure::Count,
            ) => ObjectiveUnit::Count,
        }
    }
}

const fn metric_unit(metric: TimeMetric) -> ObjectiveUnit {
    if let TimeMetric::Stream(metric) = metric
        && matches!(metric.figure().unit, FigureUnit::Ratio)
    {
        return ObjectiveUnit::Ratio;
    }
    ObjectiveUnit::Ms
}

/// What came of an objective.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveResult {
    /// The objective, as it was written.
    pub objective: String,
    /// Whether it was reached, and shown where that was demanded. What was not measured was not reached.
    pub met: bool,
    /// Whether it was reached in the sample, which is too small to show it with the confidence demanded.
    #[serde(default)]
    pub not_shown: bool,
    /// The figure; absent when it was not measured, or is a time that never came.
    pub value: Option<f64>,
    /// What the figure is counted in.
    pub unit: ObjectiveUnit,
    /// Values there were.
    pub measured: u64,
    /// Values there should have been besides; each counts as longer than any.
    pub missing: u64,
    /// Whether there are too few values for the quantile, and the figure is the largest one.
    #[serde(default)]
    pub max_instead: bool,
    /// What the sample shows of all that might have been drawn; absent of sums, means and the largest value.
    #[serde(default)]
    pub sample: Option<SampleBound>,
}

/// A line that is no objective.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {what} at character {at}{hint}")]
pub struct ObjectiveError {
    text: String,
    /// Lower-case fragment: what is wrong.
    what: String,
    /// Counted from 1.
    at: usize,
    /// What to do, with its separator; may be empty.
    hint: String,
}
