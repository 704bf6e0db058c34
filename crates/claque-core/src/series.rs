//! Figures that others tell over time: a server's queue, a machine's memory, on the clock of a run.
//!
//! They are beside the facts and never among them: no figure of listeners is made of them.

use std::fmt;

use crate::time::{Duration, Instant};

/// One figure over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Who told it, as it is shown.
    pub source: String,
    /// Its name there.
    pub name: String,
    /// What tells it from others of that name, as in Prometheus' text without the braces: `gpu="0",mode="idle"`, in order of the keys;
    /// mostly empty.
    pub labels: String,
    /// What it counts, where that is told or its name says so; else empty.
    pub unit: String,
    /// Whether it only grows.
    pub kind: SeriesKind,
    /// In order of time.
    pub points: Vec<SeriesPoint>,
}

/// A value at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SeriesPoint {
    /// When the answer that has it had come whole.
    pub at: Instant,
    /// The value as it was told; it may be no number.
    pub value: f64,
}

/// How a figure behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeriesKind {
    /// It only grows, but where its source began anew.
    Counter,
    /// It rises and falls.
    Gauge,
    /// Its source does not say.
    #[default]
    Unknown,
}

impl SeriesKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Gauge, Self::Unknown];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Unknown => "unknown",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for SeriesKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How asking one source went.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceReport {
    /// Who was asked, as it is shown.
    pub source: String,
    /// How often it was to be asked.
    pub every: Duration,
    /// How often it was asked.
    pub asked: u64,
    /// Of these, how often no figures came of it.
    pub failed: u64,
    /// What went wrong the first time.
    pub first_failure: Option<String>,
    /// Moments at which it was to be asked and was not, because the answer before had not come.
    pub skipped: u64,
    /// Time between one asking and the next: the median and the longest; absent where it was asked once at most.
    pub interval: Option<Typical>,
    /// How much later than meant it was asked; absent where it was never asked.
    pub lateness: Option<Typical>,
    /// Time until an answer was whole; absent where none came.
    pub answer: Option<Typical>,
    /// What of its answers was not kept.
    pub left_out: LeftOut,
}

/// The middle and the end of some times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Typical {
    /// Their median: of an even number the lower one of the two in the middle.
    pub median: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Typical {
    /// Of some times; none of none.
    #[must_use]
    pub fn of(mut times: Vec<Duration>) -> Option<Self> {
        times.sort_unstable();
        let median = *times.get(times.len().checked_sub(1)? / 2)?;
        times.last().map(|&longest| Self { median, longest })
    }
}

/// What was told and is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Series beyond the bound of a source.
    pub series: u64,
    /// Values beyond the bound of a run.
    pub values: u64,
    /// Parts of histograms, in the answer that had the most.
    pub buckets: u64,
    /// Lines that were not understood, in the answer that had the most.
    pub lines: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_typical_time_is_one_that_was_measured() {
        let times = |millis: &[u64]| millis.iter().map(|&ms| Duration::from_millis(ms)).collect();
        let (median, longest) = (Duration::from_millis(2), Duration::from_millis(9));
        assert_eq!(Typical::of(times(&[9, 1, 2, 3])), Some(Typical { median, longest }));
        assert_eq!(Typical::of(times(&[])), None);
    }
}
