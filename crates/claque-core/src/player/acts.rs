//! What a person does besides listening: jumps, pauses, another voice or speed, stopping, coming back to the page, hanging up.

use std::collections::BTreeMap;

use super::{
    Act, OnJump, Output, Player,
    slot::{EmptyEnd, Slot, Sound},
    state::State,
};
use crate::{
    ids::BlockIdx,
    record::{Incident, Jump, SessionEnd},
    time::{Instant, MediaTime, Speed},
};

/// What a player keeps for a listener that does something besides listening.
#[derive(Clone, Debug, Default)]
pub(super) struct ActHistory {
    /// Blocks that had come to nothing in other voices when those were left.
    emptied: BTreeMap<u32, Vec<BlockIdx>>,
    /// Whether the page stays open when playback has stopped by itself.
    pub(super) stays: bool,
}

impl Player {
    /// Keeps what was heard for a listener that may come back to it.
    pub(crate) fn keep_what_was_heard(&mut self) {
        self.left.get_or_insert_default();
    }

    /// The listener stays on the page when playback stops by itself: play may be pressed again, and the session goes on
    /// until it is ended.
    pub fn stay_on_page(&mut self) {
        self.left.get_or_insert_default().stays = true;
    }

    pub(super) fn act(&mut self, now: Instant, act: Act) {
        match act {
            Act::Jump { to, how } => self.jump(now, to, how),
            Act::Pause => self.pause(now),
            Act::Resume => self.resume(now),
            Act::Stop => self.stop(now),
            Act::ChangeVoice { voice } => self.change_voice(now, voice),
            Act::ChangeSpeed { speed } => self.change_speed(now, speed),
            Act::LookAtPage => {
                if self.line.handle_visible() {
                    self.dial();
                }
            }
            Act::HangUp => {
                self.note(now, Incident::HungUp { block: self.current });
                self.end(now, SessionEnd::HungUp);
            }
            Act::Leave => self.end(now, SessionEnd::Left),
            Act::NextTurn => self.next_turn(now),
            Act::BargeIn => self.barge_in(now),
        }
    }

    /// A block has begun: drops the audio of those that lie too far behind.
    pub(super) fn forget_what_lies_behind(&mut self) {
        if self.left.is_none() {
            return;
        }
        let first = self.current.0.saturating_sub(self.config.policy.keep_behind);
        self.window.change_all(|block, slot| {
            if block.0 < first && matches!(slot.sound, Sound::Whole(_) | Sound::Unplayable) {
                slot.sound = Sound::None;
            }
        });
    }

    fn jump(&mut self, now: Instant, to: BlockIdx, how: Jump) {
        if to.0 >= self.block_count() || (how == Jump::Skip && to == self.current) {
            return;
        }
        self.keep_what_was_heard();
        self.leave_off(now);
        self.end_stall(now);
        self.note(now, Incident::Jumped { from: self.current, to, how });
        let on_jump = self.config.policy.jump;
        match on_jump {
            OnJump::KeepsRequests => {}
            OnJump::DropsRequests => self.drop_requests(),
            OnJump::CancelsElsewhere => {
                let beyond = to.0.saturating_add(self.first_blocks());
                self.cancel(|block| !(to.0..beyond).contains(&block.0));
            }
        }
        let is_told = match on_jump {
            OnJump::KeepsRequests => how == Jump::Seek,
            OnJump::DropsRequests => true,
            OnJump::CancelsElsewhere => false,
        };
        if self.line.is_open() && is_told {
            self.outputs.push_back(Output::Move { cursor: to });
        }
        self.current = to;
        let drops = on_jump != OnJump::KeepsRequests;
        match self.state {
            State::Playing { .. } | State::Waiting { .. } => {
                self.state = State::Waiting { position: MediaTime::ZERO };
                if on_jump == OnJump::CancelsElsewhere {
                    self.prefetch(now, to.0, self.first_blocks(), now);
                }
                self.play_current(now);
            }
            State::Buffering => {
                self.begin_stall(now);
                if drops {
                    self.prefetch(now, to.0, self.first_blocks(), now);
                }
            }
            // What is needed is asked for when playback goes on.
            State::Idle | State::Opening | State::Thinking { .. } | State::Resting { .. } | State::Done => {}
        }
        self.settle(now);
        self.send_gathered();
    }

    fn pause(&mut self, now: Instant) {
        match self.state {
            State::Playing { .. } | State::Waiting { .. } => {
                self.leave_off(now);
                self.suspend_stall(now);
                self.state = State::Resting { since: now };
            }
            // While the start buffer fills nothing can be paused.
            State::Idle
            | State::Opening
            | State::Buffering
            | State::Thinking { .. }
            | State::Resting { .. }
            | State::Done => {}
        }
    }

    /// Play is pressed: the block begins anew.
    fn resume(&mut self, now: Instant) {
        if let State::Resting { .. } = self.state {
            self.leave_off(now);
            self.play(now, now);
        }
    }

    fn stop(&mut self, now: Instant) {
        self.keep_what_was_heard();
        self.leave_off(now);
        self.end_stall(now);
        match self.config.policy.jump {
            OnJump::CancelsElsewhere => self.cancel(|_| true),
            OnJump::KeepsRequests | OnJump::DropsRequests => {
                if self.line.is_open() {
                    self.outputs.push_back(Output::Move { cursor: self.current });
                }
                self.drop_requests();
            }
        }
        self.state = State::Resting { since: now };
        self.settle(now);
    }

    /// Nothing that was asked for is wanted any more; what is being fetched is fetched on.
    fn drop_requests(&mut self) {
        self.error = None;
        let mut dropped = Vec::new();
        self.window.change_all(|block, slot| {
            slot.expected = false;
            if let Some(request) = &slot.request {
                dropped.push((request.number, block));
            }
        });
        let window = &self.window;
        self.asks.retain_waiting(|block| window.get(block).is_some_and(|slot| slot.expected));
        dropped.sort_unstable();
        let blocks: Vec<BlockIdx> = dropped.into_iter().map(|(_, block)| block).collect();
        for &block in &blocks {
            self.comes_to_nothing(block, EmptyEnd::Dropped);
        }
        if !blocks.is_empty() {
            self.outputs.push_back(Output::Forget { blocks });
        }
    }

    fn change_voice(&mut self, now: Instant, voice: u32) {
        if voice == self.voice {
            return;
        }
        self.keep_what_was_heard();
        self.leave_off(now);
        self.note(now, Incident::VoiceChanged { block: self.current });
        self.error = None;
        let mut dropped = Vec::new();
        self.window.change_all(|block, slot| {
            if slot.request.is_some() {
                dropped.push(block);
            }
            leave_voice(slot);
        });
        let window = &self.window;
        self.asks.retain_waiting(|block| window.get(block).is_some_and(|slot| slot.expected));
        let before = core::mem::replace(&mut self.voice, voice);
        let emptied = &mut self.left.get_or_insert_default().emptied;
        emptied.insert(before, dropped);
        for block in emptied.remove(&voice).unwrap_or_default() {
            self.window.change(block, |slot| slot.emptied = true);
        }
        self.outputs.push_back(Output::ChangeVoice { voice });
        match self.state {
            State::Playing { .. } | State::Waiting { .. } | State::Buffering => {
                self.end_stall(now);
                self.fill_start_buffer(now, now);
                self.send_gathered();
                self.settle(now);
            }
            State::Idle | State::Opening | State::Thinking { .. } | State::Resting { .. } | State::Done => {}
        }
    }

    fn change_speed(&mut self, now: Instant, speed: Speed) {
        self.leave_off(now);
        self.speed = speed;
    }
}

/// Nothing of a voice is wanted any more that is left.
fn leave_voice(slot: &mut Slot) {
    let was_begun = slot.is_pending() || slot.sound != Sound::None;
    if was_begun {
        slot.last = Some(EmptyEnd::Dropped);
    }
    *slot = Slot { last: slot.last, record: slot.record.take(), recorded: slot.recorded, ..Slot::default() };
}
