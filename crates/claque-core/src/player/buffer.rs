//! Buffers of audio: how much is there of the current block and those behind it, and whether playback begins or goes on with it.

use super::{
    EmptyBlock, Player,
    slot::{Slot, Sound},
    state::State,
};
use crate::time::{Instant, MediaTime};

impl Player {
    /// Whether the audio that playback begins with is there.
    pub(super) fn has_start_audio(&self) -> bool {
        !self.config.policy.counts_audio() || self.has_audio(MediaTime::ZERO, self.config.policy.start_buffer)
    }

    /// Whether playback that waits may go on at `at` from `position` of the current block.
    pub(super) fn has_resume_audio(&self, at: Instant, position: MediaTime) -> bool {
        let policy = &self.config.policy;
        if !policy.counts_audio() {
            return true;
        }
        let wanted = if self.spent.started_at.is_none() || self.awaits_response() {
            policy.start_buffer
        } else if self.is_stalled_since_before(at) {
            policy.resume_buffer
        } else {
            MediaTime::ZERO
        };
        self.has_audio(position, wanted)
    }

    /// Looks whether what has just come fills the buffer that playback waits for, and asks for more where nothing else would.
    pub(super) fn look_at_buffer(&mut self, at: Instant) {
        if !self.config.policy.counts_audio() {
            return;
        }
        match self.state {
            State::Buffering => self.check_start_buffer(at),
            State::Waiting { position: MediaTime::ZERO } if self.can_begin_current() => {
                self.go_on_playing(at);
            }
            State::Waiting { .. } => self.go_on_inside(at),
            State::Idle
            | State::Opening
            | State::Playing { .. }
            | State::Thinking { .. }
            | State::Resting { .. }
            | State::Done => return,
        }
        self.ask_if_dry(at);
        self.send_gathered();
        self.settle(at);
    }

    /// Whether the block came to nothing for good.
    pub(super) fn is_passed_over(&self, slot: &Slot) -> bool {
        self.config.policy.empty_block == EmptyBlock::Final && slot.came_to_nothing() && !self.is_there(slot)
    }

    fn can_begin_current(&self) -> bool {
        self.window.get(self.current).is_some_and(|slot| self.is_there(slot) || self.is_passed_over(slot))
    }

    /// Whether, from `position` of the current block on, there is some audio and as much as `wanted`, without a gap; or as much
    /// as will ever be.
    fn has_audio(&self, position: MediaTime, wanted: MediaTime) -> bool {
        let mut there = MediaTime::ZERO;
        let mut next = self.current;
        for (block, slot) in self.window.from(self.current) {
            if self.is_there(slot) {
                there += slot.sound.media();
            }
            if there > position && there - position >= wanted {
                return true;
            }
            let is_whole = match slot.sound {
                Sound::Unplayable => return true,
                Sound::Whole(_) => true,
                Sound::Cut(_) => self.is_there(slot) || self.counts_as_nothing(slot),
                Sound::Partial(_) | Sound::None => self.counts_as_nothing(slot),
            };
            if !is_whole {
                return false;
            }
            next = block.next();
            if self.takes_turns() {
                return true;
            }
        }
        next.0 >= self.block_count()
    }

    /// Whether playback will step over it.
    fn counts_as_nothing(&self, slot: &Slot) -> bool {
        match self.config.policy.empty_block {
            EmptyBlock::Missing => false,
            EmptyBlock::Ready => slot.emptied && !self.is_there(slot),
            EmptyBlock::Final => self.is_passed_over(slot),
        }
    }

    /// Everything that was asked for is there and playback still waits, because the buffer holds more than that: asks for more.
    fn ask_if_dry(&mut self, at: Instant) {
        let waits = matches!(self.state, State::Buffering | State::Waiting { .. });
        if !waits || self.takes_turns() || self.window.is_pending() || self.asks.is_any_on_its_way() {
            return;
        }
        let emptied = |block| self.window.get(block).is_some_and(|slot| slot.emptied);
        let mut ahead = (self.current.0..self.block_count()).map(crate::ids::BlockIdx);
        if let Some(first) = ahead.find(|&block| !self.is_covered(block) && !emptied(block)) {
            self.prefetch(at, first.0, self.config.policy.batch_size, at);
        }
    }
}
