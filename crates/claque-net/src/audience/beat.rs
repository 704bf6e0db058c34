//! The beat: what nobody waits for is done together, because waking a thread costs more than most of what it is woken for.

use claque_core::time::{Duration, Instant, duration_nanos};

/// A view of the run is drawn as often.
const LONGEST: Duration = Duration::from_millis(200);
/// More often is of no use: a thread that has this many listeners is awake anyway.
const SHORTEST: Duration = Duration::from_millis(20);
/// Listeners that the longest beat is for. With more of them it is shorter, so that what is done at one never keeps
/// the sockets waiting.
const FEW: u32 = 1_000;

/// A thread's beat: the multiples of one span of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beat {
    every: Duration,
}

impl Beat {
    /// That of a thread with so many listeners.
    pub(super) fn of(listeners: usize) -> Self {
        let listeners = u32::try_from(listeners).unwrap_or(u32::MAX).max(FEW);
        Self { every: (LONGEST * FEW / listeners).max(SHORTEST) }
    }

    /// The first one at a moment or after it.
    pub(super) fn next(self, at: Instant) -> Instant {
        let beat = at.as_nanos().checked_next_multiple_of(duration_nanos(self.every));
        beat.map_or(at, Instant::from_nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_listeners_the_quicker_the_beat() {
        let at = Instant::from_millis(1_001);
        let next = |listeners| Beat::of(listeners).next(at);
        assert_eq!(next(1), Instant::from_millis(1_200));
        assert_eq!(next(1_000), Instant::from_millis(1_200));
        assert_eq!(next(2_000), Instant::from_millis(1_100));
        assert_eq!(next(10_000), Instant::from_millis(1_020));
        assert_eq!(next(500_000), Instant::from_millis(1_020));
    }

    #[test]
    fn a_beat_that_is_now_is_not_missed() {
        assert_eq!(Beat::of(10_000).next(Instant::from_millis(40)), Instant::from_millis(40));
    }
}
