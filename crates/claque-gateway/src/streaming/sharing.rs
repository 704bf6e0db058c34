//! Evenly shared work: how far every stream in a slot has come, as one count.
//!
//! All streams advance at one speed, so a single clock of work serves them: a stream that needs `w` of work from now on is done when the
//! clock shows its present value plus `w`. The clock is set anew only when the number of streams changes.

use core::num::NonZeroU32;

use claque_core::time::{Instant, duration_nanos};
use serde::{Deserialize, Serialize};

use crate::settings::{Part, PartOfOne, WrittenAs};

/// Parts of a nanosecond in which work is counted: what is lost to rounding at a change stays below a millionth of one.
const PARTS: u128 = 1 << 20;

/// How streams that are worked on at once slow each other down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenBatching", into = "WrittenBatching")]
pub enum Batching {
    /// With n at once each is slower by `1 + slowdown x (n - 1)`. Zero: they do not notice each other. A thousand: they share one
    /// worker.
    Slowdown {
        /// The slowdown by each further stream, in thousandths of the lone time.
        thousandths: u32,
    },
    /// The speed of each with 1, 2, 3... at once, in thousandths of the lone speed; from the end of the list on all together are as
    /// fast as there. Without entries they do not notice each other.
    Table(Vec<NonZeroU32>),
}

/// `{ slowdown = 0.15 }` or `{ speeds = [1.0, 0.8, 0.6] }`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum WrittenBatching {
    Slowdown(#[serde(with = "WrittenAs::<Part>")] u32),
    Speeds(#[serde(with = "WrittenAs::<Vec<PartOfOne>>")] Vec<NonZeroU32>),
}

impl From<WrittenBatching> for Batching {
    fn from(written: WrittenBatching) -> Self {
        match written {
            WrittenBatching::Slowdown(thousandths) => Self::Slowdown { thousandths },
            WrittenBatching::Speeds(speeds) => Self::Table(speeds),
        }
    }
}

impl From<Batching> for WrittenBatching {
    fn from(batching: Batching) -> Self {
        match batching {
            Batching::Slowdown { thousandths } => Self::Slowdown(thousandths),
            Batching::Table(speeds) => Self::Speeds(speeds),
        }
    }
}

impl Batching {
    /// How much longer than alone everything takes with `streams` at once, as a fraction.
    fn stretch(&self, streams: u32) -> (u128, u128) {
        let others = u128::from(streams.saturating_sub(1));
        match self {
            Self::Slowdown { thousandths } => (1_000 + u128::from(*thousandths) * others, 1_000),
            Self::Table(speeds) => {
                let index = usize::try_from(others).unwrap_or(usize::MAX);
                let at = |speed: &NonZeroU32| u128::from(speed.get());
                match (speeds.get(index), speeds.last()) {
                    (Some(speed), _) => (1_000, at(speed)),
                    (None, Some(last)) => (1_000 * (others + 1), at(last) * wide(speeds.len())),
                    (None, None) => (1, 1),
                }
            }
        }
    }
}

/// An amount of work, in parts of a nanosecond of a stream that is alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Work(u128);

impl Work {
    /// What a stream that is alone does in that many nanoseconds.
    pub(super) const fn from_nanos(nanos: u64) -> Self {
        // A widening.
        Self(nanos as u128 * PARTS)
    }

    pub(super) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// The clock of work.
#[derive(Clone, Debug)]
pub(super) struct WorkClock {
    batching: Batching,
    streams: u32,
    /// What it showed when the number of streams last changed.
    shown: Work,
    since: Instant,
}

impl WorkClock {
    pub(super) const fn new(batching: Batching) -> Self {
        Self { batching, streams: 0, shown: Work(0), since: Instant::START }
    }

    /// What it shows; `now` is not before the last change.
    pub(super) fn shows(&self, now: Instant) -> Work {
        if self.streams == 0 {
            return self.shown;
        }
        let (longer, alone) = self.batching.stretch(self.streams);
        let parts = u128::from(duration_nanos(now.since(self.since))) * PARTS;
        self.shown.plus(Work(rounded(parts, alone, longer)))
    }

    /// When it shows that much if nothing changes, to the nearest nanosecond; it must not stand still.
    pub(super) fn when(&self, target: Work) -> Instant {
        let (longer, alone) = self.batching.stretch(self.streams);
        let left = target.0.saturating_sub(self.shown.0);
        let nanos = rounded(left, longer, alone.saturating_mul(PARTS));
        Instant::from_nanos(self.since.as_nanos().saturating_add(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// One more at `now`. Gives what the clock shows.
    pub(super) fn join(&mut self, now: Instant) -> Work {
        self.change(now, self.streams.saturating_add(1));
        self.shown
    }

    /// One less at `now`.
    pub(super) fn leave(&mut self, now: Instant) {
        self.change(now, self.streams.saturating_sub(1));
    }

    fn change(&mut self, now: Instant, streams: u32) {
        self.shown = self.shows(now);
        (self.since, self.streams) = (now, streams);
    }
}

/// `value x times / by`, to the nearest.
const fn rounded(value: u128, times: u128, by: u128) -> u128 {
    (value.saturating_mul(times) + by / 2) / by
}

fn wide(number: usize) -> u128 {
    u128::try_from(number).unwrap_or(u128::MAX)
}
