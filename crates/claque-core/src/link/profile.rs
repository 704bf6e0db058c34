//! One kind of network.

use core::num::NonZeroU64;

use crate::time::Duration;

/// Nanoseconds of a second.
const SECOND: u128 = 1_000_000_000;

/// What a listener's network does to everything that is sent over it. By default nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkProfile {
    /// Time one way, on top of whatever the real way takes. A round trip has two of them.
    pub delay: Duration,
    /// By how much the delay varies at most, evenly in both directions; no more than the delay. What is sent over one connection stays in
    /// order.
    pub jitter: Duration,
    /// How much is lost on the way.
    pub loss: LossRate,
    /// What the listener's line takes from the service; none for no limit. All its connections share it.
    pub down: Option<BitRate>,
    /// What it takes to the service.
    pub up: Option<BitRate>,
}

impl LinkProfile {
    /// A round trip without jitter.
    #[must_use]
    pub const fn round_trip(&self) -> Duration {
        self.delay.saturating_add(self.delay)
    }

    /// Whether it does nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Probability that a segment of TCP is lost, in millionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LossRate(u32);

impl LossRate {
    /// Nothing is lost.
    pub const NONE: Self = Self(0);

    /// Makes one of millionths; none if it is half or more, at which no connection comes to anything.
    #[must_use]
    pub const fn from_millionths(millionths: u32) -> Option<Self> {
        if millionths < 500_000 { Some(Self(millionths)) } else { None }
    }

    /// In millionths.
    #[must_use]
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// Whether a draw, which may be any number, is a loss.
    pub(super) const fn is_hit_by(self, draw: u64) -> bool {
        // The upper 32 bits, as a share of all there are.
        (draw >> 32) * 1_000_000 < (self.0 as u64) << 32
    }
}

/// Bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BitRate(NonZeroU64);

impl BitRate {
    /// Makes one; none of 0.
    #[must_use]
    pub const fn new(bits_per_second: u64) -> Option<Self> {
        match NonZeroU64::new(bits_per_second) {
            Some(rate) => Some(Self(rate)),
            None => None,
        }
    }

    /// In bits per second.
    #[must_use]
    pub const fn bits_per_second(self) -> u64 {
        self.0.get()
    }

    /// How long so many bytes take.
    #[must_use]
    pub fn time_of(self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 8 * SECOND / u128::from(self.0.get());
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// How many whole bytes go in so much time.
    #[must_use]
    pub fn bytes_in(self, span: Duration) -> u64 {
        let bytes = span.as_nanos() * u128::from(self.0.get()) / (8 * SECOND);
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_how_long_bytes_take_and_how_many_go() {
        let rate = BitRate::new(1_600_000).unwrap();
        assert_eq!(rate.time_of(200_000), Duration::from_secs(1));
        assert_eq!(rate.bytes_in(Duration::from_millis(10)), 2_000);
        assert_eq!(BitRate::new(0), None);
    }

    #[test]
    fn half_of_everything_is_too_much_to_lose() {
        assert_eq!(LossRate::from_millionths(500_000), None);
        let tenth = LossRate::from_millionths(100_000).unwrap();
        assert!(tenth.is_hit_by(0) && tenth.is_hit_by(u64::MAX / 11) && !tenth.is_hit_by(u64::MAX / 9));
        assert!(!LossRate::NONE.is_hit_by(0));
    }
}
