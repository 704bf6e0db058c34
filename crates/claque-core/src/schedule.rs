//! When listeners are meant to start. All waiting is counted from these moments.

use std::sync::Arc;

use crate::{
    ids::ListenerId,
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
}

impl ArrivalSchedule {
    /// The moments, where each is listed.
    #[must_use]
    pub fn listed(&self) -> Option<&[Instant]> {
        match self {
            Self::Even { .. } => None,
            Self::Listed(starts) => Some(starts),
        }
    }

    /// When `listener` is meant to start.
    #[must_use]
    pub fn intended_start(&self, listener: ListenerId) -> Instant {
        match self {
            Self::Even { window, users } => {
                let nanos = u128::from(duration_nanos(*window)) * u128::from(listener.0)
                    / u128::from((*users).max(1));
                Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            Self::Listed(starts) => {
                let start = usize::try_from(listener.0).ok().and_then(|index| starts.get(index));
                start.copied().unwrap_or(Instant::from_nanos(u64::MAX))
            }
        }
    }
}
