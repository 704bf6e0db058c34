//! What a person does besides listening: jumps, pauses, another voice, hanging up.
//!
//! As the web player does it: a jump withdraws all that is not yet ready, tells the service, and asks for the one
//! block it went to; the next batch follows when that block begins. Another voice drops everything and fills the start
//! buffer anew. A pause asks for nothing.

use super::{
    Act, Output, Player,
    machine::{Need, State},
    slot::Slot,
};
use crate::{
    ids::BlockIdx,
    record::{Incident, Jump, SessionEnd},
    time::{Instant, MediaTime},
};

impl Player {
    /// Keeps what was heard for a listener that may come back to it.
    pub(crate) fn keep_what_was_heard(&mut self) {
        self.shelf.get_or_insert_default();
    }

    pub(super) fn act(&mut self, now: Instant, act: Act) {
        match act {
            Act::Jump { to, how } => self.jump(now, to, how),
            Act::Pause => self.pause(now),
            Act::Resume => self.resume(now),
            Act::ChangeVoice { voice } => self.change_voice(now, voice),
            Act::HangUp => {
                self.note(now, Incident::HungUp { block: self.window.first() });
                self.end(now, SessionEnd::Left);
            }
        }
    }

    pub(super) fn forget_what_lies_behind(&mut self) {
        let first = self.window.first().0.saturating_sub(self.config.policy.keep_behind);
        if let Some(shelf) = &mut self.shelf {
            shelf.forget_before(BlockIdx(first));
        }
    }

    fn jump(&mut self, now: Instant, to: BlockIdx, how: Jump) {
        if to.0 >= self.block_count() {
            return;
        }
        let before = self.state;
        self.leave_off(now);
        let from = self.window.first();
        self.note(now, Incident::Jumped { from, to, how });
        self.put_away();
        self.window.restart(to);
        self.has_jumped = true;
        self.outputs.push_back(Output::Move { cursor: to });
        match before {
            State::Playing { .. } | State::Stalled { .. } => {
                self.ask_for_current(now);
                self.wait(now, Need::Next);
            }
            State::Buffering => {
                self.ask_next_batch(now, now);
                self.play_if_possible(now);
            }
            // What is needed is asked for when playback goes on.
            State::Paused { .. } => self.state = State::Paused { since: now, position: MediaTime::ZERO },
            State::Idle | State::Done => {}
        }
    }

    fn pause(&mut self, now: Instant) {
        let position = match self.state {
            State::Playing { resumed_at, position } => {
                position + self.config.speed.media_heard(now.since(resumed_at))
            }
            State::Stalled { position, need: Need::Next, .. } => position,
            State::Stalled { need: Need::Buffer, .. }
            | State::Idle
            | State::Buffering
            | State::Paused { .. }
            | State::Done => return,
        };
        self.leave_off(now);
        self.state = State::Paused { since: now, position };
    }

    fn resume(&mut self, now: Instant) {
        let State::Paused { position, .. } = self.state else { return };
        self.leave_off(now);
        self.ask_for_current(now);
        self.wait_at(now, position, Need::Next);
    }

    /// Asks for the current block alone, unless it is at hand with whatever follows it, or asked for.
    fn ask_for_current(&mut self, now: Instant) {
        self.take_what_is_at_hand(now);
        if self.window.iter().next().is_none() {
            self.ask_next(now, now, 1);
        }
    }

    fn change_voice(&mut self, now: Instant, voice: u32) {
        if voice == self.voice {
            return;
        }
        let before = self.state;
        self.leave_off(now);
        let block = self.window.first();
        self.note(now, Incident::VoiceChanged { block });
        self.voice = voice;
        self.put_away();
        self.shelf.get_or_insert_default().forget_all();
        self.window.restart(block);
        self.outputs.push_back(Output::ChangeVoice { voice });
        match before {
            State::Playing { .. } | State::Stalled { .. } => {
                self.ask_next_batch(now, now);
                self.wait(now, Need::Buffer);
            }
            State::Buffering => self.ask_next_batch(now, now),
            State::Paused { .. } => self.state = State::Paused { since: now, position: MediaTime::ZERO },
            State::Idle | State::Done => {}
        }
    }

    /// Empties the window; what was not heard may be come back to.
    fn put_away(&mut self) {
        let shelf = self.shelf.get_or_insert_default();
        while let Some((block, slot)) = self.window.pop() {
            shelf.leave(block, Slot { sent_at: None, ..slot });
        }
    }

    fn wait(&mut self, now: Instant, need: Need) {
        self.wait_at(now, MediaTime::ZERO, need);
    }

    /// Playback waits from `now` on, for no time at all if it can go on at once.
    fn wait_at(&mut self, now: Instant, position: MediaTime, need: Need) {
        if self.is_live() {
            let block = self.window.first();
            self.state = State::Stalled { block, since: now, position, need };
            self.play_if_possible(now);
        }
    }
}
