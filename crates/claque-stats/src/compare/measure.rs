//! The figures that are compared, and what each is made of.

use serde::{Deserialize, Serialize};

use crate::{
    figures::{self, Better, Compared, Figure, FigureUnit, TimeMetric},
    observation::ListenerObservation,
    ratio::Ratio,
    sample::whole,
};

/// A figure of a side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    figure: &'static Figure,
    /// Which figure of its values, if it has many.
    statistic: Option<Statistic>,
}

/// Which figure of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// Arithmetic mean.
    Mean,
    /// Median, nearest-rank.
    P50,
    /// 95th percentile, nearest-rank.
    P95,
}

impl Statistic {
    /// The name used everywhere.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::P50 => "p50",
            Self::P95 => "p95",
        }
    }

    /// Which percentile it is, if one.
    pub(super) const fn percent(self) -> Option<u32> {
        match self {
            Self::Mean => None,
            Self::P50 => Some(50),
            Self::P95 => Some(95),
        }
    }
}

/// What a figure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds.
    Ms,
    /// Percent, 0 to 100; differences are percentage points.
    Pct,
    /// Events per intended listener.
    PerListener,
    /// One time for each of another.
    Ratio,
}

/// How runs of a figure are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// By their ratio: what slows a service slows all its times alike.
    Ratio,
    /// By their difference: shares and counts may be zero.
    Difference,
}

impl Scale {
    pub(super) fn apply(self, value: f64) -> f64 {
        match self {
            Self::Ratio => value.ln(),
            Self::Difference => value,
        }
    }
}

impl Measure {
    /// Every figure, in the order of reports.
    pub(super) fn all() -> Vec<Self> {
        let of = |figure: &'static Figure| -> Vec<Self> {
            match figure.compared {
                Compared::No => Vec::new(),
                Compared::Spread | Compared::JudgedMean => [Statistic::Mean, Statistic::P50, Statistic::P95]
                    .into_iter()
                    .map(|statistic| Self { figure, statistic: Some(statistic) })
                    .collect(),
                Compared::Judged(_) | Compared::Shown(_) => vec![Self { figure, statistic: None }],
            }
        };
        figures::ALL.iter().flat_map(of).collect()
    }

    pub(super) const fn name(self) -> &'static str {
        self.figure.id
    }

    pub(super) const fn statistic(self) -> Option<Statistic> {
        self.statistic
    }

    /// Whose values it is made of, if it has many.
    pub(super) fn times(self) -> Option<(TimeMetric, Statistic)> {
        self.figure.metric().zip(self.statistic)
    }

    pub(super) const fn is_of_streams(self) -> bool {
        self.figure.is_of_streams()
    }

    pub(super) const fn unit(self) -> Unit {
        match self.figure.unit {
            FigureUnit::Ms => Unit::Ms,
            FigureUnit::Pct => Unit::Pct,
            FigureUnit::Ratio => Unit::Ratio,
            FigureUnit::Count
            | FigureUnit::AudioPerSecond
            | FigureUnit::CharsPerSecond
            | FigureUnit::Bytes => Unit::PerListener,
        }
    }

    pub(super) const fn better(self) -> Better {
        self.figure.better
    }

    /// Whether a verdict is about it: how soon listeners hear something, how long they stall, how long a block takes, and
    /// whether it comes at all. The others say the same in other words, and each further figure would cost all the power to
    /// find anything.
    pub(super) const fn is_judged(self) -> bool {
        match (self.figure.compared, self.statistic) {
            (Compared::JudgedMean, Some(Statistic::Mean)) | (Compared::Judged(_), _) => true,
            (Compared::JudgedMean | Compared::Spread | Compared::Shown(_) | Compared::No, _) => false,
        }
    }

    /// Whether it is of listeners that began to play, so that those who never did make it look better.
    pub(super) fn is_of_who_started(self) -> bool {
        ["startup_time", "stalled_time_pct"].contains(&self.name())
    }

    pub(super) const fn scale(self) -> Scale {
        if self.statistic.is_some() { Scale::Ratio } else { Scale::Difference }
    }

    /// What a listener adds above and below the line: each figure but a percentile is the ratio of two sums.
    pub(super) fn ratio(self, listener: &ListenerObservation) -> Ratio {
        match (self.figure.compared, self.figure.metric()) {
            (Compared::Judged(parts) | Compared::Shown(parts), _) => (parts.of)(listener),
            (Compared::Spread | Compared::JudgedMean, Some(metric)) => {
                let times = listener.times(metric);
                Ratio { above: times.iter().sum(), below: count(times.len()) }
            }
            (Compared::Spread | Compared::JudgedMean, None) | (Compared::No, _) => Ratio::default(),
        }
    }

    /// Whether the figure says something of these listeners: of stalls only if somebody began to play, of what was asked for
    /// again only if somebody would have reported it.
    pub(super) fn is_measured(self, listeners: &[ListenerObservation]) -> bool {
        match self.figure.compared {
            Compared::Judged(parts) | Compared::Shown(parts) => (parts.measured)(listeners),
            Compared::Spread | Compared::JudgedMean | Compared::No => true,
        }
    }
}

/// A count as a number of arithmetic.
pub(super) fn count(number: usize) -> f64 {
    whole(u64::try_from(number).unwrap_or(u64::MAX))
}
