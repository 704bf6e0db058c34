//! When a listener has heard as much as it came for, and leaves.

use core::{fmt, str::FromStr};

use thiserror::Error;

use super::ThinkTime;
use crate::{
    ids::ListenerId,
    player::{Act, Input, Player, PlayerState},
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed, duration_nanos},
};

/// How much a listener listens to before it leaves, as a length of audio at normal speed: what it waits for is none of it. Whoever comes to the end of
/// its text before has heard it all.
///
/// As text the same as a [`ThinkTime`], also with a space before the unit: `4min`, `uniform 1min..10min`, `exp 4 min`, `lognormal 4min 0.5`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListeningTime(ThinkTime);

/// Why a text is no [`ListeningTime`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no time to listen; write `4min`, `uniform 1min..10min`, `exp 4min` or `lognormal 4min 0.5`")]
pub struct ListeningTimeError;

impl ListeningTime {
    /// How much `listener` listens to; `seed` is that of the plan.
    #[must_use]
    pub fn of(self, seed: Seed, listener: ListenerId) -> MediaTime {
        let mut rng = seed.child("listens").index(u64::from(listener.0)).rng();
        MediaTime::from_nanos(duration_nanos(self.0.draw(&mut rng)))
    }
}

impl FromStr for ListeningTime {
    type Err = ListeningTimeError;

    fn from_str(text: &str) -> Result<Self, ListeningTimeError> {
        let mut joined = String::new();
        for word in text.split_whitespace() {
            let is_unit = ["ms", "s", "m", "min", "h"].contains(&word);
            if !is_unit && !joined.is_empty() {
                joined.push(' ');
            }
            joined.push_str(word);
        }
        joined.parse().map(Self).map_err(|_| ListeningTimeError)
    }
}

impl fmt::Display for ListeningTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A listener that leaves once it has played for so long.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeavingTime {
    after: Duration,
}

impl LeavingTime {
    pub(super) fn new(heard: MediaTime, speed: Speed) -> Self {
        Self { after: speed.play_time(heard) }
    }

    /// When it leaves, if it plays on until then.
    pub(super) fn due(self, player: &Player) -> Option<Instant> {
        player.has_played_at(self.after)
    }

    /// Whether it has heard as much as it came for. Then it leaves, at `at`.
    pub(super) fn leave(self, at: Instant, player: &mut Player) -> bool {
        let is_over = player.played() >= self.after && player.started_at().is_some();
        let leaves = is_over || self.due(player).is_some_and(|due| due <= at);
        if leaves && player.state() != PlayerState::Done {
            player.step(at, Input::Act(Act::Leave));
        }
        leaves
    }
}
