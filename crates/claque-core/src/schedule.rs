//! When listeners are meant to start. All waiting is counted from these moments.

use std::sync::Arc;

use crate::{
    ids::ListenerId,
    record::{ListenerRecord, SessionEnd},
    time::{Duration, Instant, duration_nanos},
};

/// The rule that gives each listener its intended start. The higher a listener's number, the later it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArrivalSchedule {
    /// Spread evenly over a window that opens at the run's start: listener i of n starts at i/n of it.
    /// A window of zero starts everybody at once.
    Even {
        /// Length of the window.
        window: Duration,
        /// Listeners to spread, at least 1.
        users: u32,
    },
    /// Each at its moment, in order of listeners and of time: what an [`ArrivalProcess`](crate::arrivals::ArrivalProcess) comes to.
    Listed(Arc<[Instant]>),
    /// So many at a time for as long as it is held: whoever ends is replaced.
    Held(Hold),
}

/// An audience that is held at a number. Listeners 0 to `present` - 1 come first; listener i is replaced by listener i + `present`, so that each place
/// has a chain of listeners of its own and nobody has to know of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Listeners at a time, at least 1.
    pub present: u32,
    /// The first come evenly over this.
    pub window: Duration,
    /// Whoever ends then or later is not replaced.
    pub until: Instant,
}

/// Nobody is replaced sooner than this after it was to come: a service that refuses everybody at once is not to be run at without a pause.
const SOONEST: Duration = Duration::from_secs(1);

impl Hold {
    /// Who replaces a listener that has ended, and when: in the moment of its end. None when nobody is replaced any more, or where the run was stopped.
    #[must_use]
    pub fn successor(&self, ended: &ListenerRecord) -> Option<(ListenerId, Instant)> {
        let at = ended.ended_at.max(ended.intended_at + SOONEST);
        let goes_on = at < self.until && ended.end != SessionEnd::Stopped;
        goes_on.then_some(())?;
        Some((ListenerId(ended.listener.0.checked_add(self.present)?), at))
    }
}

impl ArrivalSchedule {
    /// The moments, where each is listed.
    #[must_use]
    pub fn listed(&self) -> Option<&[Instant]> {
        match self {
            Self::Even { .. } | Self::Held(_) => None,
            Self::Listed(starts) => Some(starts),
        }
    }

    /// Those of a run's `users` whose starts are known before it: all, unless some replace others.
    #[must_use]
    pub fn known_of(&self, users: u32) -> u32 {
        match self {
            Self::Even { .. } | Self::Listed(_) => users,
            Self::Held(hold) => users.min(hold.present),
        }
    }

    /// Who takes the place of a listener that has ended, and when.
    #[must_use]
    pub fn successor(&self, ended: &ListenerRecord) -> Option<(ListenerId, Instant)> {
        match self {
            Self::Even { .. } | Self::Listed(_) => None,
            Self::Held(hold) => hold.successor(ended),
        }
    }

    /// Who has the place of `listener` after it, if anybody is to replace anybody.
    #[must_use]
    pub fn next_in_place(&self, listener: ListenerId) -> Option<ListenerId> {
        match self {
            Self::Even { .. } | Self::Listed(_) => None,
            Self::Held(hold) => Some(ListenerId(listener.0.checked_add(hold.present)?)),
        }
    }

    /// Whoever ends then or later is not replaced; none where nobody is replaced at all.
    #[must_use]
    pub const fn replaced_until(&self) -> Option<Instant> {
        match self {
            Self::Even { .. } | Self::Listed(_) => None,
            Self::Held(hold) => Some(hold.until),
        }
    }

    /// When `listener` is meant to start; at no time that comes where it replaces another, for then that is not known beforehand.
    #[must_use]
    pub fn intended_start(&self, listener: ListenerId) -> Instant {
        match self {
            Self::Even { window, users } => spread(*window, *users, listener),
            Self::Held(hold) if listener.0 < hold.present => spread(hold.window, hold.present, listener),
            Self::Held(_) => Instant::from_nanos(u64::MAX),
            Self::Listed(starts) => {
                let start = usize::try_from(listener.0).ok().and_then(|index| starts.get(index));
                start.copied().unwrap_or(Instant::from_nanos(u64::MAX))
            }
        }
    }
}

/// The moment of listener i of n at i/n of a window.
fn spread(window: Duration, users: u32, listener: ListenerId) -> Instant {
    let nanos = u128::from(duration_nanos(window)) * u128::from(listener.0) / u128::from(users.max(1));
    Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn ended(listener: u32, from: u64, to: u64, end: SessionEnd) -> ListenerRecord {
        ListenerRecord {
            listener: ListenerId(listener),
            document: String::new(),
            blocks: 1,
            intended_at: Instant::from_millis(from),
            launched_at: Instant::from_millis(from),
            connect_time: None,
            started_at: None,
            playing: None,
            paused: Duration::ZERO,
            ended_at: Instant::from_millis(to),
            end,
            foreign_messages: 0,
            warnings: 0,
            unwanted_bytes: None,
            network: None,
        }
    }

    #[test]
    fn each_place_has_its_own_chain_of_listeners_who_come_when_the_one_before_has_gone() {
        let hold = Hold { present: 4, window: Duration::from_secs(8), until: Instant::from_millis(60_000) };
        let schedule = ArrivalSchedule::Held(hold);
        assert_eq!(schedule.known_of(100), 4);
        assert_eq!(schedule.intended_start(ListenerId(3)), Instant::from_millis(6_000));
        let next = |record| schedule.successor(&record);
        let at = Instant::from_millis;
        assert_eq!(next(ended(2, 4_000, 9_500, SessionEnd::Left)), Some((ListenerId(6), at(9_500))));
        assert_eq!(next(ended(6, 9_500, 9_501, SessionEnd::Completed)), Some((ListenerId(10), at(10_500))));
        assert_eq!(next(ended(6, 9_500, 60_000, SessionEnd::Completed)), None, "the time is over");
        assert_eq!(next(ended(6, 9_500, 20_000, SessionEnd::Stopped)), None, "the run was stopped");
        let everybody = ArrivalSchedule::Even { window: Duration::ZERO, users: 4 };
        assert_eq!(everybody.successor(&ended(0, 0, 5_000, SessionEnd::Completed)), None);
    }
}
