//! What comes of the blocks that were asked for: audio, or nothing.
//!
//! As in a browser it is acted upon in two rounds: first each block is put in its place, and the start buffer looked at; then
//! playback goes on where it waited for one of them. What each round asks for goes out as one message.

use super::{
    EmptyBlock, NotAudio, Player, ReadyWhen, StopsFor,
    machine::RememberedError,
    slot::{EmptyEnd, Sound},
    state::State,
};
use crate::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    remark::Findings,
    time::{Instant, MediaTime},
};

/// Something came of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct SettledBlock {
    block: BlockIdx,
    came: BlockYield,
    /// Whether playback waited for it.
    awaited: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlockYield {
    Audio,
    Nothing,
}

impl Player {
    pub(super) fn handle_audio(&mut self, now: Instant, block: BlockIdx, delivered: MediaTime, bytes: u64) {
        let is_final = self.config.policy.empty_block == EmptyBlock::Final;
        let plays_early = self.config.policy.readiness == ReadyWhen::FirstAudio;
        let was_there = plays_early && self.window.get(block).is_some_and(|slot| self.is_there(slot));
        let plays_at = plays_early.then_some(self.speed);
        let took = self.window.change(block, |slot| {
            let takes = slot.takes_audio(is_final);
            if takes {
                slot.handle_audio(now, delivered, bytes, plays_at);
            }
            takes
        });
        if took != Some(true) {
            self.unwanted_bytes = self.unwanted_bytes.saturating_add(bytes);
            return;
        }
        if !plays_early {
            return;
        }
        if !was_there && self.window.get(block).is_some_and(|slot| self.is_there(slot)) {
            self.settle_one(now, block, BlockYield::Audio);
        }
        self.go_on_inside(now);
    }

    pub(super) fn handle_complete(
        &mut self,
        now: Instant,
        block: BlockIdx,
        media: MediaTime,
        findings: Findings,
    ) {
        let is_final = self.config.policy.empty_block == EmptyBlock::Final;
        let heard = self.heard_of(block);
        let took = self.window.change(block, |slot| {
            let takes = slot.takes_audio(is_final);
            if takes {
                slot.fetches -= 1;
                let media = slot.handle_complete(now, media, findings, heard);
                slot.sound = Sound::Whole(media);
                slot.expected = false;
            }
            takes
        });
        if took != Some(true) {
            return;
        }
        self.settle_one(now, block, BlockYield::Audio);
        self.go_on_inside(now);
    }

    /// How much of a block's audio was heard that is being heard.
    fn heard_of(&self, block: BlockIdx) -> MediaTime {
        let is_heard = block == self.current
            && match self.state {
                State::Playing { .. } => true,
                State::Waiting { position } => position > MediaTime::ZERO,
                State::Idle
                | State::Opening
                | State::Buffering
                | State::Thinking { .. }
                | State::Resting { .. }
                | State::Done => false,
            };
        let sound = self.window.get(block).filter(|_| is_heard).map(|slot| slot.sound);
        sound.map_or(MediaTime::ZERO, Sound::media)
    }

    /// The fetch of a block failed.
    pub(super) fn handle_fetch_failure(&mut self, now: Instant, block: BlockIdx, failure: Failure) {
        let class = failure.class;
        let Some(slot) = self.window.get(block) else { return };
        if slot.fetches == 0 {
            // No audio was on its way, so it is the request that came to nothing.
            if slot.request.is_some() {
                self.fail_block(now, block, failure);
                self.settle(now);
            }
            return;
        }
        let heard = self.heard_of(block);
        let is_final = self.config.policy.empty_block == EmptyBlock::Final;
        self.record_error(now, failure);
        let awaited = self.window.change(block, |slot| {
            slot.fetches -= 1;
            slot.last = Some(EmptyEnd::Failed(class));
            match slot.sound {
                Sound::Partial(media) if heard > MediaTime::ZERO || is_final => {
                    slot.sound = Sound::Cut(media)
                }
                Sound::Partial(_) | Sound::None => slot.sound = Sound::None,
                Sound::Cut(_) | Sound::Whole(_) | Sound::Unplayable => {}
            }
            core::mem::take(&mut slot.awaited)
        });
        self.settled.push(SettledBlock {
            block,
            came: BlockYield::Nothing,
            awaited: awaited.unwrap_or(false),
        });
        self.settle(now);
        self.go_on_inside(now);
    }

    /// A failure of the session is one of every block that is asked for and not whole, and of nothing else.
    pub(super) fn fail_pending(&mut self, now: Instant, failure: Failure) {
        let pending: Vec<BlockIdx> =
            self.window.iter().filter(|(_, slot)| slot.is_pending()).map(|(block, _)| block).collect();
        if pending.is_empty() {
            self.record_error(now, failure);
            return;
        }
        for block in pending {
            self.handle_fetch_failure(
                now,
                block,
                Failure { kills: FailureScope::Block(block), ..failure.clone() },
            );
        }
    }

    /// A body was fetched that is no audio.
    pub(super) fn handle_not_audio(&mut self, now: Instant, failure: Failure) {
        let (FailureScope::Block(block), NotAudio::Stops) = (failure.kills, self.config.policy.not_audio)
        else {
            return self.handle_failure(now, failure);
        };
        let is_final = self.config.policy.empty_block == EmptyBlock::Final;
        if self.window.change(block, |slot| slot.takes_audio(is_final)) != Some(true) {
            return;
        }
        self.record_error(now, failure);
        self.window.change(block, |slot| {
            slot.fetches -= 1;
            slot.sound = Sound::Unplayable;
            slot.expected = false;
        });
        self.settle_one(now, block, BlockYield::Audio);
    }

    /// The service said that it has failed a block. That is remembered, whether or not it was asked for.
    pub(super) fn handle_block_error(&mut self, now: Instant, failure: Failure, recoverable: bool) {
        self.error = Some(Box::new(RememberedError { failure: failure.clone(), recoverable }));
        let FailureScope::Block(block) = failure.kills else { return };
        if self.window.get(block).is_some_and(|slot| slot.request.is_some()) {
            self.fail_block(now, block, failure);
            self.settle(now);
        } else {
            self.warnings += 1;
        }
    }

    /// The service withdrew blocks: what is pending of them is empty.
    pub(super) fn handle_evicted(&mut self, now: Instant, blocks: &[BlockIdx]) {
        for &block in blocks {
            if self.window.get(block).is_some_and(|slot| slot.request.is_some()) {
                self.comes_to_nothing(block, EmptyEnd::Withdrawn);
            }
        }
        self.settle(now);
    }

    /// A request came to nothing. [`Player::settle`] acts upon it.
    pub(super) fn comes_to_nothing(&mut self, block: BlockIdx, how: EmptyEnd) {
        let awaited = self.window.change(block, |slot| {
            slot.request = None;
            slot.last = Some(how);
            core::mem::take(&mut slot.awaited)
        });
        self.settled.push(SettledBlock {
            block,
            came: BlockYield::Nothing,
            awaited: awaited.unwrap_or(false),
        });
    }

    fn settle_one(&mut self, at: Instant, block: BlockIdx, came: BlockYield) {
        let awaited = self.window.change(block, |slot| core::mem::take(&mut slot.awaited)).unwrap_or(false);
        self.put_in_place(at, block, came);
        self.send_gathered();
        if awaited {
            self.go_on_with(at, block, came);
            self.send_gathered();
        }
        self.settle(at);
    }

    /// Acts upon whatever came of blocks, and upon what comes of that.
    pub(super) fn settle(&mut self, at: Instant) {
        while self.is_live() && !self.settled.is_empty() {
            let settled = core::mem::take(&mut self.settled);
            for &SettledBlock { block, came, .. } in &settled {
                self.put_in_place(at, block, came);
            }
            self.send_gathered();
            for &SettledBlock { block, came, .. } in settled.iter().filter(|settled| settled.awaited) {
                self.go_on_with(at, block, came);
                self.send_gathered();
            }
        }
    }

    fn put_in_place(&mut self, at: Instant, block: BlockIdx, came: BlockYield) {
        match came {
            BlockYield::Audio => self.check_start_buffer(at),
            BlockYield::Nothing => {
                self.window.change(block, |slot| (slot.expected, slot.emptied) = (false, true));
                if self.state == State::Buffering && self.is_stopped_by_an_error() {
                    self.stop_for_error(at);
                } else if self.config.policy.empty_block != EmptyBlock::Missing {
                    self.check_start_buffer(at);
                }
            }
        }
    }

    /// Playback goes on where it waited for this block, if it still does.
    fn go_on_with(&mut self, at: Instant, block: BlockIdx, came: BlockYield) {
        if self.current != block || self.state != (State::Waiting { position: MediaTime::ZERO }) {
            return;
        }
        match came {
            BlockYield::Audio => self.go_on_playing(at),
            // Of what was cut short something is left to hear.
            BlockYield::Nothing if self.window.get(block).is_some_and(|slot| self.is_there(slot)) => {
                self.go_on_playing(at);
            }
            BlockYield::Nothing if self.is_stopped_by_an_error() => self.stop_for_error(at),
            BlockYield::Nothing => self.step_over(at),
        }
    }

    fn step_over(&mut self, at: Instant) {
        self.fail_if_withdrawn(at);
        self.next_block(at);
    }

    /// What the service withdrew and is stepped over has failed.
    pub(super) fn fail_if_withdrawn(&mut self, at: Instant) {
        let block = self.current;
        if self.window.get(block).is_some_and(|slot| slot.last == Some(EmptyEnd::Withdrawn)) {
            let text = format!("the service withdrew block {block} while it was waited for");
            let (phase, class) = (Phase::BeforeAudio, FailureClass::Server);
            self.record_error(
                at,
                Failure { phase, class, code: None, text, kills: FailureScope::Block(block) },
            );
            self.window.change(block, |slot| slot.last = Some(EmptyEnd::Failed(class)));
        }
    }

    fn is_stopped_by_an_error(&self) -> bool {
        self.error.as_ref().is_some_and(|error| match self.config.policy.stops_for {
            StopsFor::AnyError => true,
            StopsFor::FinalError => !error.recoverable,
            StopsFor::NoError => false,
        })
    }
}
