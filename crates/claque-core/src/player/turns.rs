//! Taking turns: one utterance is asked for, heard out or interrupted, and thought about, before the next is asked for.
//!
//! The player knows no chance: how long is thought, and whether and when it is interrupted, is told by its listener.

use super::{Output, Player, slot::Closing, state::State};
use crate::{
    ids::BlockIdx,
    record::{BlockOutcome, Incident},
    time::{Instant, MediaTime},
};

/// What a player does when a block is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NextBlockPolicy {
    /// Goes on to the next.
    #[default]
    AtOnce,
    /// Waits until it is told that the listener has thought.
    AfterThinking,
}

impl Player {
    /// From now on every block is an utterance of a conversation: the next is wanted at
    /// [`Act::NextTurn`](super::Act::NextTurn) and not before, so nothing is asked for ahead.
    pub fn take_turns(&mut self) {
        self.following = NextBlockPolicy::AfterThinking;
    }

    /// Since when the listener thinks about what it heard, if it does: since the audio ran out, or it interrupted.
    #[must_use]
    pub const fn thinks_since(&self) -> Option<Instant> {
        match self.state {
            State::Thinking { began_at, .. } => Some(began_at),
            State::Idle
            | State::Opening
            | State::Buffering
            | State::Playing { .. }
            | State::Waiting { .. }
            | State::Resting { .. }
            | State::Done => None,
        }
    }

    /// When so much of the current block will have been heard if it goes on sounding; none while it does not sound, or once
    /// that is past.
    #[must_use]
    pub fn reaches(&self, heard: MediaTime) -> Option<Instant> {
        let State::Playing { since, position, .. } = self.state else { return None };
        (heard >= position).then(|| since + self.speed.play_time(heard - position))
    }

    pub(super) const fn takes_turns(&self) -> bool {
        matches!(self.following, NextBlockPolicy::AfterThinking)
    }

    /// Whether the first sound of an utterance is waited for: that is its response time, and no stall.
    pub(super) const fn awaits_response(&self) -> bool {
        self.takes_turns()
            && match self.state {
                State::Opening | State::Buffering => true,
                State::Waiting { position } => position.as_nanos() == 0,
                State::Idle
                | State::Playing { .. }
                | State::Thinking { .. }
                | State::Resting { .. }
                | State::Done => false,
            }
    }

    /// The listener has thought: the next utterance is wanted.
    pub(super) fn next_turn(&mut self, now: Instant) {
        if let State::Thinking { .. } = self.state {
            self.leave_off(now);
            self.fill_start_buffer(now, now);
            self.send_gathered();
            self.settle(now);
        }
    }

    /// The listener interrupts what it hears.
    pub(super) fn barge_in(&mut self, now: Instant) {
        let is_heard = match self.state {
            State::Playing { .. } => true,
            State::Waiting { position } => position > MediaTime::ZERO,
            State::Idle
            | State::Opening
            | State::Buffering
            | State::Thinking { .. }
            | State::Resting { .. }
            | State::Done => false,
        };
        if !is_heard || !self.takes_turns() {
            return;
        }
        let block = self.current;
        self.leave_off(now);
        self.end_stall(now);
        self.note(now, Incident::BargedIn { block });
        let closing = Closing { pending: BlockOutcome::Abandoned, whole: BlockOutcome::Unplayed };
        let outcome = self.window.get(block).map_or(BlockOutcome::Abandoned, |slot| slot.outcome(closing));
        self.cancel(|other| other >= block);
        self.go_to_next(now, outcome);
    }

    /// Nothing of these blocks is wanted any more that is not there.
    pub(super) fn cancel(&mut self, mut is_meant: impl FnMut(BlockIdx) -> bool) {
        let mut cancelled = Vec::new();
        self.window.change_all(|block, slot| {
            if is_meant(block) && slot.cancel() {
                cancelled.push(block);
            }
        });
        let window = &self.window;
        self.asks.retain(|block| window.get(block).is_some_and(|slot| slot.expected));
        if !cancelled.is_empty() {
            self.outputs.push_back(Output::Forget { blocks: cancelled });
        }
    }
}
