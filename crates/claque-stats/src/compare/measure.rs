//! The figures that are compared, and what each is made of.

use serde::{Deserialize, Serialize};

use crate::{
    observe::{ListenerObservation, TimeMetric},
    sample::whole,
};

/// A figure of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    Time(TimeMetric, Statistic),
    StalledTime,
    Underruns,
    ListenersAffected,
    Success,
    Errors,
    Goodput,
    Resends,
    BlocksResent,
    BlocksGivenUp,
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
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    Lower,
    Higher,
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
        let of = |metric, statistics: &[Statistic]| -> Vec<Self> {
            statistics.iter().map(|&statistic| Self::Time(metric, statistic)).collect()
        };
        let every = [Statistic::Mean, Statistic::P50, Statistic::P95];
        let times = [
            TimeMetric::StartupTime,
            TimeMetric::Ttfa,
            TimeMetric::FirstBlock,
            TimeMetric::RoundTrip,
            TimeMetric::ResponseTime,
            TimeMetric::SynthesisTime,
        ];
        let mut all: Vec<Self> = times.into_iter().flat_map(|metric| of(metric, &every)).collect();
        all.extend([
            Self::StalledTime,
            Self::Underruns,
            Self::ListenersAffected,
            Self::Success,
            Self::Errors,
            Self::Goodput,
            Self::Resends,
            Self::BlocksResent,
            Self::BlocksGivenUp,
        ]);
        all
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Time(metric, _) => metric.as_str(),
            Self::StalledTime => "stalled_time_pct",
            Self::Underruns => "underruns",
            Self::ListenersAffected => "listeners_affected_pct",
            Self::Success => "success_pct",
            Self::Errors => "errors",
            Self::Goodput => "goodput_pct",
            Self::Resends => "resends",
            Self::BlocksResent => "resends_pct",
            Self::BlocksGivenUp => "given_up_pct",
        }
    }

    pub(super) const fn statistic(self) -> Option<Statistic> {
        match self {
            Self::Time(_, statistic) => Some(statistic),
            Self::StalledTime
            | Self::Underruns
            | Self::ListenersAffected
            | Self::Success
            | Self::Errors
            | Self::Goodput
            | Self::Resends
            | Self::BlocksResent
            | Self::BlocksGivenUp => None,
        }
    }

    pub(super) const fn unit(self) -> Unit {
        match self {
            Self::Time(..) => Unit::Ms,
            Self::StalledTime
            | Self::ListenersAffected
            | Self::Success
            | Self::Goodput
            | Self::BlocksResent
            | Self::BlocksGivenUp => Unit::Pct,
            Self::Underruns | Self::Errors | Self::Resends => Unit::PerListener,
        }
    }

    pub(super) const fn better(self) -> Better {
        match self {
            Self::Time(..)
            | Self::StalledTime
            | Self::Underruns
            | Self::ListenersAffected
            | Self::Errors
            | Self::Resends
            | Self::BlocksResent
            | Self::BlocksGivenUp => Better::Lower,
            Self::Success | Self::Goodput => Better::Higher,
        }
    }

    /// Whether a verdict is about it: how soon listeners hear something, how long they stall, how long a block takes, and
    /// whether it comes at all. The others say the same in other words, and each further figure would cost all the power to
    /// find anything.
    pub(super) fn is_judged(self) -> bool {
        match self {
            Self::Time(metric, statistic) => {
                [TimeMetric::StartupTime, TimeMetric::RoundTrip].contains(&metric)
                    && statistic == Statistic::Mean
            }
            Self::StalledTime | Self::Success => true,
            Self::Underruns
            | Self::ListenersAffected
            | Self::Errors
            | Self::Goodput
            | Self::Resends
            | Self::BlocksResent
            | Self::BlocksGivenUp => false,
        }
    }

    pub(super) const fn scale(self) -> Scale {
        match self {
            Self::Time(..) => Scale::Ratio,
            Self::StalledTime
            | Self::Underruns
            | Self::ListenersAffected
            | Self::Success
            | Self::Errors
            | Self::Goodput
            | Self::Resends
            | Self::BlocksResent
            | Self::BlocksGivenUp => Scale::Difference,
        }
    }

    /// What a listener adds above and below the line: each figure but a percentile is the ratio of two sums.
    pub(super) fn ratio(self, listener: &ListenerObservation) -> Ratio {
        let share = |yes: bool| Ratio { above: if yes { 100.0 } else { 0.0 }, below: 1.0 };
        let of_blocks =
            |blocks: u32| Ratio { above: 100.0 * f64::from(blocks), below: listener.blocks_intended.into() };
        match self {
            Self::Time(metric, _) => {
                let times = listener.times(metric);
                Ratio { above: times.iter().sum(), below: count(times.len()) }
            }
            Self::StalledTime => listener.listened_ms.map_or(Ratio::default(), |listened_ms| Ratio {
                above: 100.0 * listener.stalled_ms,
                below: listened_ms,
            }),
            Self::Underruns => Ratio { above: listener.underruns.into(), below: 1.0 },
            Self::ListenersAffected => share(listener.underruns > 0),
            Self::Success => of_blocks(listener.blocks_ok),
            Self::Resends => Ratio { above: whole(listener.resends), below: 1.0 },
            Self::BlocksResent => of_blocks(listener.blocks_resent),
            Self::BlocksGivenUp => of_blocks(listener.blocks_given_up),
            Self::Errors => Ratio { above: whole(listener.errors), below: 1.0 },
            Self::Goodput => share(listener.is_well_served()),
        }
    }

    /// Whether the figure says something of these listeners: of stalls only if somebody began to play, of what was asked for
    /// again only if somebody would have reported it.
    pub(super) fn is_measured(self, listeners: &[ListenerObservation]) -> bool {
        match self {
            Self::Underruns | Self::ListenersAffected => {
                listeners.iter().any(|listener| listener.startup_ms.is_some())
            }
            Self::Resends | Self::BlocksResent | Self::BlocksGivenUp => {
                listeners.iter().any(|listener| listener.reports_incidents)
            }
            Self::Time(..) | Self::StalledTime | Self::Success | Self::Errors | Self::Goodput => true,
        }
    }
}

/// A part of a ratio of sums.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Ratio {
    pub(super) above: f64,
    pub(super) below: f64,
}

/// A count as a number of arithmetic.
pub(super) fn count(number: usize) -> f64 {
    whole(u64::try_from(number).unwrap_or(u64::MAX))
}
