//! What people do besides listening: as rates, or in turns with the service.

use super::{ListeningTime, Turns};
use crate::time::Duration;

/// How often people do something besides listening. Rates are per minute of listening: from the first sound on, stalls
/// included, pauses not. Nothing by default. Rates must be finite and not negative.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Behaviour {
    /// Jumps to any other block of the text, each as likely.
    pub seek: f64,
    /// Jumps to the next block; there is none at the last.
    pub skip: f64,
    /// Pauses.
    pub pause: f64,
    /// Mean length of a pause; lengths are drawn from the exponential distribution.
    pub mean_pause: Duration,
    /// Changes to any other voice, each as likely; there is none where the service has but one.
    pub voice: f64,
    /// Departures for good.
    pub hang_up: f64,
    /// The blocks are utterances of a conversation. Whoever takes turns does nothing else: the rates are not looked at.
    pub turns: Option<Turns>,
    /// How much is listened to before leaving; without it the text is heard to its end.
    pub listens: Option<ListeningTime>,
}

impl Behaviour {
    /// Listening and nothing else. A pause would last ten seconds on average: an interruption, not a break.
    pub const NONE: Self = Self {
        seek: 0.0,
        skip: 0.0,
        pause: 0.0,
        mean_pause: Duration::from_secs(10),
        voice: 0.0,
        hang_up: 0.0,
        turns: None,
        listens: None,
    };

    /// Whether anything is ever done at a rate.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.per_minute() > 0.0
    }

    /// All rates together.
    #[must_use]
    pub fn per_minute(&self) -> f64 {
        self.seek + self.skip + self.pause + self.voice + self.hang_up
    }
}

impl Default for Behaviour {
    fn default() -> Self {
        Self::NONE
    }
}
