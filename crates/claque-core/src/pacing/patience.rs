//! How long a call that is refused again and again is borne with.

use crate::time::{Duration, Instant};

/// Shortest wait before a call is made again, whatever the service asks for; doubled with every refusal in a row.
const FLOOR: Duration = Duration::from_millis(250);
/// The floor grows to this and no further: a twelfth of the window of a limit per minute.
const HIGHEST_FLOOR: Duration = Duration::from_secs(5);
/// A limit that asks for a longer wait than this is not waited out: nobody sits in front of a run for longer. Nor is
/// one that has let nothing through for so long.
const LONGEST: Duration = Duration::from_secs(120);
/// How long a service is believed that asks for no wait at all (`Retry-After: 0`) and refuses all the same.
const CONTRADICTION: Duration = Duration::from_secs(30);

/// What a refusal says of the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limited {
    /// How long it asks to wait.
    pub retry_after: Option<Duration>,
    /// Length of the limit's window, which opens with the first call in it.
    pub window: Option<Duration>,
}

/// Waits between the tries of one call, or of calls through one address: none below a floor that grows, and none once
/// refusals in a row have taken up what the limit itself named, two minutes where it named nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Patience {
    refused_since: Option<Instant>,
    refusals: u32,
}

impl Limited {
    /// How long refusals of this limit in a row are borne with.
    fn total(self) -> Duration {
        match (self.retry_after, self.window) {
            (Some(Duration::ZERO), _) => CONTRADICTION,
            (Some(_), _) | (None, None) => LONGEST,
            // A window that has passed once must let something through, give or take a quarter.
            (None, Some(window)) => (window + window / 4).clamp(CONTRADICTION, LONGEST),
        }
    }

    /// How long must be waited at least, as far as the limit says.
    fn asked(self) -> Duration {
        match (self.retry_after, self.window) {
            (Some(asked), _) => asked,
            // When it opened is not said, but a window that is too long is not waited out whenever that was.
            (None, Some(window)) if window > LONGEST => window,
            (None, Some(_) | None) => Duration::ZERO,
        }
    }
}

impl Patience {
    /// The wait before the call is made again, after it was refused at `now`; none when it is to be given up.
    pub fn next_wait(&mut self, now: Instant, limited: Limited) -> Option<Duration> {
        let since = *self.refused_since.get_or_insert(now);
        let floor = FLOOR.saturating_mul(1_u32 << self.refusals.min(16)).min(HIGHEST_FLOOR);
        self.refusals = self.refusals.saturating_add(1);
        let wait = limited.asked().max(floor);
        let is_bearable = wait <= LONGEST && now.since(since) + wait <= limited.total();
        is_bearable.then_some(wait)
    }

    /// Another call that the same limit counts was let through: the limit is no wall, and patience begins anew. Waits
    /// stay as long as they are, for whoever waits still waits with others.
    pub const fn see_progress(&mut self, now: Instant) {
        if self.refused_since.is_some() {
            self.refused_since = Some(now);
        }
    }

    /// The call was let through: patience begins anew.
    pub const fn let_through(&mut self) {
        *self = Self { refused_since: None, refusals: 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Waits until patience ends: how many, and how long in all.
    fn bear(limited: Limited) -> (usize, Duration) {
        let (mut patience, mut now, mut waits) = (Patience::default(), Instant::START, 0);
        while let Some(wait) = patience.next_wait(now, limited) {
            assert!(wait >= FLOOR, "{wait:?}");
            (now, waits) = (now + wait, waits + 1);
        }
        (waits, now.since(Instant::START))
    }

    fn seconds(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn a_limit_that_never_lets_anything_through_is_asked_seldom_and_not_for_ever() {
        let (waits, total) = bear(Limited::default());
        assert!(waits < 30 && total > Duration::from_secs(110) && total <= LONGEST, "{waits} {total:?}");
        let (waits, total) = bear(Limited { retry_after: Some(Duration::ZERO), window: seconds(60) });
        assert!(waits < 12 && total <= CONTRADICTION, "{waits} {total:?}");
        let (_, total) = bear(Limited { retry_after: None, window: seconds(60) });
        assert!(total > Duration::from_secs(60) && total <= Duration::from_secs(75), "{total:?}");
        assert_eq!(bear(Limited { retry_after: seconds(60), window: None }), (2, Duration::from_secs(120)));
    }

    #[test]
    fn a_limit_per_month_is_not_waited_out() {
        assert_eq!(bear(Limited { retry_after: seconds(2_000_000), window: None }).0, 0);
        assert_eq!(bear(Limited { retry_after: None, window: seconds(2_592_000) }).0, 0);
    }

    #[test]
    fn what_was_let_through_is_forgiven() {
        let (mut patience, limited) = (Patience::default(), Limited::default());
        let mut now = Instant::START;
        for _ in 0..100 {
            now += patience.next_wait(now, limited).unwrap();
            now += patience.next_wait(now, limited).unwrap();
            patience.let_through();
        }
    }
}
