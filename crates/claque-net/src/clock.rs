//! The one place that reads the operating system's clocks.

use std::time::{SystemTime, UNIX_EPOCH};

use claque_core::time::{Duration, Instant, duration_nanos};
#[cfg(target_os = "linux")]
use nix::sys::time::TimeValLike as _;

/// A run's clock: monotonic nanoseconds since it was started. Free to copy; copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: std::time::Instant,
    /// What the wall clock showed at that moment.
    unix_nanos: u64,
}

/// Pairs of readings of which the closest counts: a thread may lose its core between the two.
const READINGS: usize = 5;

impl Clock {
    /// Starts a clock; now is [`Instant::START`].
    #[must_use]
    pub fn start() -> Self {
        let pairs = (0..READINGS).map(|_| {
            let before = monotonic();
            (unix_nanos(), before, monotonic())
        });
        let (wall, before, after) = pairs
            .min_by_key(|(_, before, after)| after.duration_since(*before))
            .unwrap_or_else(|| (unix_nanos(), monotonic(), monotonic()));
        let origin = monotonic();
        let since = origin.duration_since(before + after.duration_since(before) / 2);
        Self { origin, unix_nanos: wall.saturating_add(duration_nanos(since)) }
    }

    /// What the wall clock showed when this clock was started, in nanoseconds since 1970-01-01 UTC, read within a
    /// microsecond or so of it: by this a run's moments can be laid beside those of another log of the same machine.
    #[must_use]
    pub const fn started_at_unix_nanos(self) -> u64 {
        self.unix_nanos
    }

    /// The time since the start. Never goes backwards.
    #[must_use]
    pub fn now(self) -> Instant {
        Instant::START + monotonic().duration_since(self.origin)
    }

    /// How much earlier than `later` this clock was started; zero if it was not.
    #[must_use]
    pub fn leads(self, later: Self) -> Duration {
        later.origin.saturating_duration_since(self.origin)
    }

    /// How long the machine was suspended since it was started, by the difference of the clock that counts this and the one
    /// that does not (clock_gettime(2), `CLOCK_BOOTTIME`). None where the system has no such clock.
    #[must_use]
    pub fn machine_suspended() -> Option<Duration> {
        suspended()
    }

    /// Both clocks side by side, as they are now.
    pub(crate) fn bridge(self) -> WallClockOffset {
        let (before, wall, after) = (self.now(), unix_nanos(), self.now());
        let span = after.since(before);
        WallClockOffset { at: before + span / 2, unix_nanos: wall, uncertainty: span / 2 }
    }

    /// Waits until `at`; returns at once when it has passed. The runtime's timers are good to a millisecond, and
    /// are never early.
    pub async fn sleep_until(self, at: Instant) {
        tokio::time::sleep_until(self.deadline(at)).await;
    }

    /// `at` on the runtime's clock.
    pub(crate) fn deadline(self, at: Instant) -> tokio::time::Instant {
        /// What stands for "never": a runtime's clock cannot hold every moment ours can.
        const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365 * 30);
        (self.origin + at.since(Instant::START).min(FAR)).into()
    }
}

/// A moment on a run's clock and on the wall clock at once. By it a stamp of the operating system, which is one of the wall
/// clock, becomes a moment of the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WallClockOffset {
    at: Instant,
    unix_nanos: u64,
    /// How far apart the two readings may have been.
    pub(crate) uncertainty: Duration,
}

impl WallClockOffset {
    /// When it was, by the run's clock, that the wall clock showed `unix_nanos`; the run's start at the earliest.
    pub(crate) fn moment(self, unix_nanos: u64) -> Instant {
        let here = self.at.as_nanos();
        Instant::from_nanos(match unix_nanos.checked_sub(self.unix_nanos) {
            Some(later) => here.saturating_add(later),
            None => here.saturating_sub(self.unix_nanos - unix_nanos),
        })
    }
}

/// Nanoseconds since 1970-01-01 UTC by the wall clock, for names and dates, never for spans.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one file that reads the clock")]
pub fn unix_nanos() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "the one file that reads the clock")]
fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

#[cfg(target_os = "linux")]
fn suspended() -> Option<Duration> {
    use nix::time::{ClockId, clock_gettime};
    let nanos = |clock| clock_gettime(clock).ok().and_then(|at| u64::try_from(at.num_nanoseconds()).ok());
    // In this order, so that a thread that loses its core in between makes the difference smaller and never larger.
    let with = nanos(ClockId::CLOCK_BOOTTIME)?;
    let without = nanos(ClockId::CLOCK_MONOTONIC)?;
    Some(Duration::from_nanos(with.saturating_sub(without)))
}

#[cfg(not(target_os = "linux"))]
const fn suspended() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_before_or_after_the_bridge_is_a_moment_of_the_run() {
        let bridge =
            WallClockOffset { at: Instant::from_nanos(500), unix_nanos: 10_000, uncertainty: Duration::ZERO };
        assert_eq!(bridge.moment(10_040), Instant::from_nanos(540));
        assert_eq!(bridge.moment(9_900), Instant::from_nanos(400));
        assert_eq!(bridge.moment(9_000), Instant::START, "nothing is before the run");
    }
}
