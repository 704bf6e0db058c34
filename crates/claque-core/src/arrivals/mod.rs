//! How listeners come: all at once, over a window, at a rate, at random, or as a file says.
//!
//! An [`ArrivalProcess`] gives each listener a moment that depends on the seed and the listener's number and on nothing else, so
//! whoever knows both can compute any share of the arrivals. A service that is slow moves none of them.

mod file;
mod form;
mod rate;
#[cfg(test)]
mod tests;

use core::ops::Range;
use std::sync::Arc;

use thiserror::Error;

pub use self::{
    file::{ArrivalFileError, parse_stages, parse_trace},
    form::{ArrivalForm, ArrivalFormError},
    rate::{Rate, RateProfile, RateStage},
};
use crate::{
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, Instant, duration_nanos},
};

/// Most listeners of a run.
pub const MOST_LISTENERS: u32 = 1_000_000;

/// The rule by which listeners come.
#[derive(Clone, Debug, PartialEq)]
pub enum ArrivalProcess {
    /// Spread evenly over a window that opens at the run's start; at once where it is zero.
    Even {
        /// Length of the window.
        window: Duration,
    },
    /// Evenly along a rate: listener i comes when the rate's integral reaches i, so the first at the first moment with a rate.
    Paced(RateProfile),
    /// At random along a rate: a Poisson process, whose gaps are exponential in the rate's integral. Listener i's gap is drawn
    /// from the seed's child number i.
    Poisson(RateProfile),
    /// At these moments, in their order.
    Trace(Arc<[Instant]>),
}

/// Where arrivals end: at the first of these that is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ArrivalBound {
    /// Most listeners.
    pub users: Option<u32>,
    /// Whoever would come at this time after the run's start or later does not.
    pub within: Option<Duration>,
}

/// Why no arrivals come of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ArrivalError {
    /// The process goes on for ever.
    #[error("has no end of its own; say for how long with --for, or how many come with --users")]
    Endless,
    /// Too many come.
    #[error("brings more than {MOST_LISTENERS} listeners; bound it with --for or --users")]
    TooMany,
    /// The first comes too late.
    #[error("brings nobody before it ends; give a higher rate or a longer time")]
    Nobody,
}

impl ArrivalProcess {
    /// When the process is over by itself: that of a file with its last line, a ramp when it has reached its top (at whose rate it goes on
    /// if it is told to last longer).
    #[must_use]
    pub fn own_end(&self) -> Option<Duration> {
        match self {
            Self::Even { window } => Some(*window),
            Self::Paced(profile) | Self::Poisson(profile) => profile.own_end(),
            Self::Trace(starts) => starts.last().map(|last| last.since(Instant::START)),
        }
    }

    /// The intended starts of the listeners of a run, at least one and in order of listeners. Without a bound they end where the process does.
    ///
    /// Costs a pass over all of them, also at random: a moment is the sum of all gaps before it, each of which takes a few
    /// nanoseconds to draw. The moments are kept, eight bytes each.
    ///
    /// # Errors
    /// Nobody comes, too many do, or there is no end.
    pub fn schedule(&self, bound: ArrivalBound, seed: Seed) -> Result<ArrivalSchedule, ArrivalError> {
        if let Self::Even { window } = *self {
            let users = bound.users.ok_or(ArrivalError::Endless)?;
            return Ok(ArrivalSchedule::Even { window, users });
        }
        let within = match (bound.users, bound.within, self.own_end()) {
            (None, None, None) => return Err(ArrivalError::Endless),
            // A trace's last listener comes at its end.
            (None, None, Some(end)) if !matches!(self, Self::Trace(_)) => Some(end),
            (_, within, _) => within,
        };
        let is_within = |start: &Instant| within.is_none_or(|within| start.since(Instant::START) < within);
        let most = usize::try_from(bound.users.unwrap_or(MOST_LISTENERS + 1)).unwrap_or(usize::MAX);
        let starts: Arc<[Instant]> = self.moments(seed).take_while(is_within).take(most).collect();
        match u32::try_from(starts.len()) {
            Ok(0) => Err(ArrivalError::Nobody),
            Ok(1..=MOST_LISTENERS) => Ok(ArrivalSchedule::Listed(starts)),
            Ok(_) | Err(_) => Err(ArrivalError::TooMany),
        }
    }

    /// The intended starts of a share of the listeners, in their order; fewer where the process ends before. Where they come evenly over a
    /// window nothing is known of them without their number, so there is none.
    #[must_use]
    pub fn share(&self, listeners: Range<u32>, seed: Seed) -> Vec<Instant> {
        self.moments(seed)
            .skip(usize::try_from(listeners.start).unwrap_or(usize::MAX))
            .take(listeners.len())
            .collect()
    }

    /// All moments, of which there may be no last.
    fn moments(&self, seed: Seed) -> Box<dyn Iterator<Item = Instant> + '_> {
        let at = |span: Duration| Instant::from_nanos(duration_nanos(span));
        match self {
            Self::Even { .. } => Box::new(core::iter::empty()),
            Self::Paced(profile) => {
                Box::new((0_u32..).map_while(move |listener| profile.reaches(f64::from(listener)).map(at)))
            }
            Self::Poisson(profile) => {
                let mut reached = 0.0;
                Box::new((0_u64..).map_while(move |listener| {
                    reached += exponential(seed.child("arrivals").index(listener));
                    profile.reaches(reached).map(at)
                }))
            }
            Self::Trace(starts) => Box::new(starts.iter().copied()),
        }
    }
}

/// A number from the exponential distribution of mean one, by inversion of 53 bits of the seed.
fn exponential(seed: Seed) -> f64 {
    /// The distance of two neighbours among so many.
    const STEP: f64 = 1.0 / 9_007_199_254_740_992.0;
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53, which a double holds")]
    let above_zero = ((seed.value() >> 11) + 1) as f64 * STEP;
    -above_zero.ln()
}
