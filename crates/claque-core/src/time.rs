//! Time as integers: moments of a run and lengths of audio.
//!
//! An [`Instant`] counts nanoseconds since the run's start and is only ever handed in by a driver.
//! [`MediaTime`] counts nanoseconds of audio at normal speed. The two meet in [`Speed`].

pub use core::time::Duration;
use core::{
    fmt,
    num::NonZeroU64,
    ops::{Add, AddAssign, Sub},
};

/// A moment, in nanoseconds since the run's start. Spans 584 years.
///
/// Kept as one more than it is, so that an `Option` of it takes no more than the moment: records are full of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(NonZeroU64);

impl Instant {
    /// The run's start.
    pub const START: Self = Self(NonZeroU64::MIN);

    /// Makes the moment `nanos` nanoseconds after the run's start; the last nanosecond of all is that before it.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanos))
    }

    /// Makes the moment `millis` milliseconds after the run's start.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self::from_nanos(millis.saturating_mul(1_000_000))
    }

    /// Nanoseconds since the run's start.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.get() - 1
    }

    /// Milliseconds since the run's start, with fraction, for output only.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        nanos_to_millis(self.as_nanos())
    }

    /// The time from `earlier` to here; zero when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }
}

impl Default for Instant {
    fn default() -> Self {
        Self::START
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Instant").field(&self.as_nanos()).finish()
    }
}

impl Add<Duration> for Instant {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(duration_nanos(span)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} s", self.as_millis_f64() / 1_000.0)
    }
}

/// A length of audio, in nanoseconds at normal speed.
///
/// Kept as one more than it is, as a moment is: a listener keeps many that are not there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaTime(NonZeroU64);

impl MediaTime {
    /// No audio.
    pub const ZERO: Self = Self(NonZeroU64::MIN);

    /// Makes a length of `nanos` nanoseconds; the last nanosecond of all is that before it.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(nanos))
    }

    /// Makes a length of `millis` milliseconds, or the longest there is: services tell lengths, and any number may come.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self::from_nanos(millis.saturating_mul(1_000_000))
    }

    /// Makes the length of `samples` samples per channel at `rate`, rounded down to the nanosecond.
    #[must_use]
    pub fn from_samples(samples: u64, rate: SampleRate) -> Self {
        let nanos = u128::from(samples) * 1_000_000_000 / u128::from(rate.hertz());
        Self::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// Nanoseconds of audio.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0.get() - 1
    }

    /// Milliseconds of audio with fraction, for output only.
    #[must_use]
    pub fn as_millis_f64(self) -> f64 {
        nanos_to_millis(self.as_nanos())
    }

    /// This length less `other`; zero when `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self::from_nanos(self.0.get().saturating_sub(other.0.get()))
    }
}

impl Default for MediaTime {
    fn default() -> Self {
        Self::ZERO
    }
}

impl fmt::Debug for MediaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MediaTime").field(&self.as_nanos()).finish()
    }
}

impl Add for MediaTime {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.as_nanos()))
    }
}

impl AddAssign for MediaTime {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for MediaTime {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl core::iter::Sum for MediaTime {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, Add::add)
    }
}

/// Samples per second of one channel; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SampleRate(u32);

impl SampleRate {
    /// The clock of every Opus stream (RFC 7845 section 4).
    pub const OPUS: Self = Self(48_000);

    /// Makes a rate of `hertz`, or nothing for zero.
    #[must_use]
    pub const fn new(hertz: u32) -> Option<Self> {
        if hertz == 0 { None } else { Some(Self(hertz)) }
    }

    /// Samples per second.
    #[must_use]
    pub const fn hertz(self) -> u32 {
        self.0
    }
}

/// How fast a listener plays, in thousandths of normal speed; never zero.
///
/// An integer keeps the media timeline exact: a block of `m` ns lasts `m * 1000 / thousandths` ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Speed(u32);

impl Speed {
    /// Normal speed.
    pub const NORMAL: Self = Self(1_000);

    /// Makes a speed of `thousandths` / 1000, or nothing for zero.
    #[must_use]
    pub const fn from_thousandths(thousandths: u32) -> Option<Self> {
        if thousandths == 0 { None } else { Some(Self(thousandths)) }
    }

    /// Thousandths of normal speed.
    #[must_use]
    pub const fn thousandths(self) -> u32 {
        self.0
    }

    /// The factor, for output only.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1_000.0
    }

    /// How much audio is heard in `span`, rounded down to the nanosecond.
    #[must_use]
    pub fn media_heard(self, span: Duration) -> MediaTime {
        let nanos = u128::from(duration_nanos(span)) * u128::from(self.0) / 1_000;
        MediaTime::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How long `media` takes to play, rounded down to the nanosecond.
    #[must_use]
    pub fn play_time(self, media: MediaTime) -> Duration {
        // Longer than half a year is rare, and wide divisions are slow.
        if let Some(nanos) = media.as_nanos().checked_mul(1_000) {
            return Duration::from_nanos(nanos / u64::from(self.0));
        }
        let nanos = u128::from(media.as_nanos()) * 1_000 / u128::from(self.0);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// A duration in whole nanoseconds, saturating after 584 years.
#[must_use]
pub fn duration_nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "output only; exact below 2^53 ns, which is 104 days")]
fn nanos_to_millis(nanos: u64) -> f64 {
    nanos as f64 / 1_000_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_clock_can_show_is_the_last_moment() {
        assert_eq!(MediaTime::from_millis(u64::MAX), MediaTime::from_nanos(u64::MAX));
        assert_eq!(Instant::from_millis(1_000_000_000_000_000), Instant::from_nanos(u64::MAX));
    }
}
