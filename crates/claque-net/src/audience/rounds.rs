//! Rounds: what nobody waits for is done together, because waking a thread costs more than most of what it is woken for.

use claque_core::time::{Duration, Instant, duration_nanos};

/// A view of the run is drawn as often.
const LONGEST: Duration = Duration::from_millis(200);
/// More often is of no use: a thread that has this many listeners is awake anyway.
const SHORTEST: Duration = Duration::from_millis(20);
/// Listeners that the longest rounds are for. With more of them rounds are shorter, so that what is done in one
/// never keeps the sockets waiting.
const FEW: u32 = 1_000;

/// When a thread's rounds are: at multiples of one length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounds {
    length: Duration,
}

impl Rounds {
    /// Those of a thread with so many listeners.
    pub(super) fn of(listeners: usize) -> Self {
        let listeners = u32::try_from(listeners).unwrap_or(u32::MAX).max(FEW);
        Self { length: (LONGEST * FEW / listeners).max(SHORTEST) }
    }

    /// The first round at a moment or after it.
    pub(super) fn next(self, at: Instant) -> Instant {
        Instant::from_nanos(at.as_nanos().next_multiple_of(duration_nanos(self.length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_listeners_the_shorter_the_rounds() {
        let at = Instant::from_millis(1_001);
        let next = |listeners| Rounds::of(listeners).next(at);
        assert_eq!(next(1), Instant::from_millis(1_200));
        assert_eq!(next(1_000), Instant::from_millis(1_200));
        assert_eq!(next(2_000), Instant::from_millis(1_100));
        assert_eq!(next(10_000), Instant::from_millis(1_020));
        assert_eq!(next(500_000), Instant::from_millis(1_020));
    }

    #[test]
    fn a_round_that_begins_is_not_missed() {
        assert_eq!(Rounds::of(10_000).next(Instant::from_millis(40)), Instant::from_millis(40));
    }
}
