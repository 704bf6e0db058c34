//! What a player is doing, and what can be seen of it.

use super::{Player, PlayerState};
use crate::{
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord},
    time::{Instant, MediaTime},
};

/// What a player is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    /// The person opened the page and presses play when it is connected, or cannot be.
    Opening,
    /// The start buffer fills.
    Buffering,
    /// Audio of the current block is heard, from `position` on since `since`; it began or went on at `began_at`.
    Playing {
        began_at: Instant,
        since: Instant,
        position: MediaTime,
    },
    /// Audio of the current block from `position` on is not there.
    Waiting {
        position: MediaTime,
    },
    /// An utterance is over, and the listener thinks, from `began_at` on; accounted for until `since`.
    Thinking {
        began_at: Instant,
        since: Instant,
    },
    /// Playback stands still: the listener wants it to, or it stopped by itself and the page stays open.
    Resting {
        since: Instant,
    },
    Done,
}

impl Player {
    /// What it is doing.
    #[must_use]
    pub const fn state(&self) -> PlayerState {
        match self.state {
            State::Idle => PlayerState::Idle,
            State::Playing { .. } => PlayerState::Playing,
            State::Opening | State::Buffering | State::Waiting { .. } => {
                if self.spent.started_at.is_none() {
                    PlayerState::Buffering
                } else if self.awaits_response() {
                    PlayerState::Awaiting
                } else {
                    PlayerState::Stalled
                }
            }
            State::Thinking { .. } => PlayerState::Thinking,
            State::Resting { .. } => PlayerState::Paused,
            State::Done => PlayerState::Done,
        }
    }

    /// The block that is heard or waited for.
    #[must_use]
    pub const fn current(&self) -> BlockIdx {
        self.current
    }

    /// What is known so far of a block that has no record yet.
    #[must_use]
    pub fn unfinished(&self, block: BlockIdx) -> Option<BlockRecord> {
        let record = self.window.get(block)?.record.as_deref()?;
        Some(record.close(self.config.listener, block, BlockOutcome::Stopped))
    }

    /// Whether it fills a start buffer, and is not only short of the next block.
    #[must_use]
    pub const fn is_buffering(&self) -> bool {
        matches!(self.state, State::Opening | State::Buffering)
    }

    /// Whether playback is on and the current block is not there.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        matches!(self.state, State::Waiting { .. })
    }

    /// What is heard, and since when the block is.
    #[must_use]
    pub const fn sounding(&self) -> Option<(BlockIdx, Instant)> {
        match self.state {
            State::Playing { began_at, .. } => Some((self.current, began_at)),
            State::Idle
            | State::Opening
            | State::Buffering
            | State::Waiting { .. }
            | State::Thinking { .. }
            | State::Resting { .. }
            | State::Done => None,
        }
    }

    /// When playback first started.
    #[must_use]
    pub const fn started_at(&self) -> Option<Instant> {
        self.spent.started_at
    }
}
