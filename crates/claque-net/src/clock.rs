//! The one place that reads the operating system's clocks.

use std::time::{SystemTime, UNIX_EPOCH};

use claque_core::time::{Duration, Instant};

/// A run's clock: monotonic nanoseconds since it was started. Free to copy; copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: std::time::Instant,
}

impl Clock {
    /// Starts a clock; now is [`Instant::START`].
    #[must_use]
    pub fn start() -> Self {
        Self { origin: monotonic() }
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
