//! Playback: what is heard when, on the media timeline.

use super::{
    EmptyBlock, Output, Player, Rest,
    slot::{Closing, Slot, Sound},
    state::State,
};
use crate::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    record::{BlockOutcome, Fact, SessionEnd},
    time::{Duration, Instant, MediaTime},
};

impl Player {
    /// Play is pressed: what is there plays, else the start buffer fills.
    pub(super) fn play(&mut self, at: Instant, intended_at: Instant) {
        if self.config.policy.play == super::PlayPressed::ForgetsErrors {
            self.error = None;
        }
        if self.is_start_buffer_full() {
            self.state = State::Waiting { position: MediaTime::ZERO };
            if let Some(ahead) = self.blocks_ahead() {
                self.prefetch(at, self.current.next().0, ahead, intended_at);
            }
            self.play_current(at);
        } else {
            self.fill_start_buffer(at, intended_at);
        }
        self.send_gathered();
        self.settle(at);
    }

    /// Begins to fill the start buffer from the current block on.
    pub(super) fn fill_start_buffer(&mut self, at: Instant, intended_at: Instant) {
        self.state = State::Buffering;
        self.begin_stall(at);
        self.prefetch(at, self.current.0, self.first_blocks(), intended_at);
    }

    /// Something came of a block: if the start buffer is full now, playback begins.
    pub(super) fn check_start_buffer(&mut self, at: Instant) {
        if self.state != State::Buffering {
            return;
        }
        if self.is_start_buffer_full() {
            self.state = State::Waiting { position: MediaTime::ZERO };
            self.play_current(at);
        } else if self.config.policy.min_buffer > self.config.policy.batch_size && !self.takes_turns() {
            // One batch is less than the start buffer: all of it being there, the next is asked for.
            let end = self.window.end();
            if self.current.0 + self.start_buffer() >= end {
                self.prefetch(at, end, self.config.policy.batch_size, at);
            }
        }
    }

    fn is_start_buffer_full(&self) -> bool {
        if self.takes_turns() {
            return self.has_start_audio();
        }
        let left = self.block_count().saturating_sub(self.current.0);
        self.start_buffer() >= self.config.policy.min_buffer.min(left) && self.has_start_audio()
    }

    /// Consecutive blocks from the current one on that count as ready; no more than are needed.
    fn start_buffer(&self) -> u32 {
        let counts = |slot: &Slot| {
            self.is_there(slot)
                || match self.config.policy.empty_block {
                    EmptyBlock::Missing => false,
                    EmptyBlock::Ready => slot.emptied,
                    EmptyBlock::Final => self.is_passed_over(slot),
                }
        };
        let ready = self.window.from(self.current).take_while(|(_, slot)| counts(slot));
        let needed = usize::try_from(self.config.policy.min_buffer).unwrap_or(usize::MAX);
        u32::try_from(ready.take(needed).count()).unwrap_or(u32::MAX)
    }

    /// Plays the current block from `at`, or waits for it; blocks in which nothing can be heard are passed over, and neither
    /// start playback nor end a stall.
    pub(super) fn play_current(&mut self, at: Instant) {
        self.play_when(at, |_| true);
    }

    /// The same of playback that had waited: it goes on once there is enough audio.
    pub(super) fn go_on_playing(&mut self, at: Instant) {
        self.play_when(at, |player| player.has_resume_audio(at, MediaTime::ZERO));
    }

    fn play_when(&mut self, at: Instant, has_enough: impl Fn(&Self) -> bool) {
        loop {
            let block = self.current;
            match self.window.get(block) {
                Some(slot) if slot.sound == Sound::Whole(MediaTime::ZERO) => {
                    if !self.go_to_next(at, BlockOutcome::Played) {
                        return;
                    }
                }
                Some(slot) if slot.sound == Sound::Unplayable => return self.stop_for_bad_audio(at, block),
                Some(slot) if self.is_there(slot) && has_enough(self) => return self.begin_to_sound(at),
                Some(slot) if self.is_there(slot) => {
                    self.state = State::Waiting { position: MediaTime::ZERO };
                    return self.begin_stall(at);
                }
                Some(slot) if self.is_passed_over(slot) => {
                    if !self.pass_over(at) {
                        return;
                    }
                }
                Some(_) | None => {
                    self.state = State::Waiting { position: MediaTime::ZERO };
                    self.begin_stall(at);
                    self.window.change_or_add(block, |slot| slot.awaited = true);
                    return self.expect_block(at, block, at);
                }
            }
        }
    }

    fn begin_to_sound(&mut self, at: Instant) {
        self.end_stall(at);
        self.spent.started_at.get_or_insert(at);
        self.state = State::Playing { began_at: at, since: at, position: MediaTime::ZERO };
        self.window.change(self.current, |slot| {
            if let Some(record) = &mut slot.record {
                record.started_at.get_or_insert(at);
            }
        });
        self.refill(at);
        self.forget_what_lies_behind();
    }

    /// When the audio at hand ends; none while nothing is heard.
    pub(super) fn audio_ends(&self) -> Option<Instant> {
        let State::Playing { since, position, .. } = self.state else { return None };
        let slot = self.window.get(self.current)?;
        Some(since + self.speed.play_time(slot.sound.media() - position))
    }

    /// How long the next block plays, if the one that is heard is whole and beginning the next asks for nothing.
    pub(super) fn quiet_join(&self) -> Option<Duration> {
        // Whoever comes back to blocks has more to look after at each join.
        if self.left.is_some() || !self.next_refill_is_idle() {
            return None;
        }
        let whole = |block| match self.window.get(block)?.sound {
            Sound::Whole(media) if media > MediaTime::ZERO => Some(media),
            Sound::Whole(_) | Sound::None | Sound::Partial(_) | Sound::Cut(_) | Sound::Unplayable => None,
        };
        whole(self.current)?;
        whole(self.current.next()).map(|media| self.speed.play_time(media))
    }

    /// The audio at hand ran out at `at`: the block is over, or the rest of it is late.
    pub(super) fn audio_ended(&mut self, at: Instant) {
        self.leave_off(at);
        let Some(sound) = self.window.get(self.current).map(|slot| slot.sound) else { return };
        if let Sound::Partial(media) = sound {
            self.state = State::Waiting { position: media };
            self.begin_stall(at);
            return;
        }
        self.state = State::Waiting { position: MediaTime::ZERO };
        if let Sound::Whole(_) = sound {
            if self.go_to_next(at, BlockOutcome::Played) {
                self.play_current(at);
            }
        } else {
            self.next_block(at);
        }
        self.send_gathered();
        self.settle(at);
    }

    /// Goes on inside the block of which a part has been heard, if it goes on.
    pub(super) fn go_on_inside(&mut self, now: Instant) {
        let State::Waiting { position } = self.state else { return };
        let Some(sound) = self.window.get(self.current).map(|slot| slot.sound) else { return };
        if position == MediaTime::ZERO {
            return;
        }
        match sound {
            Sound::Partial(media) | Sound::Whole(media) | Sound::Cut(media) if media > position => {
                if self.has_resume_audio(now, position) {
                    self.end_stall(now);
                    self.state = State::Playing { began_at: now, since: now, position };
                }
            }
            Sound::Whole(_) => {
                // All was heard when the audio ended; that the stream had ended, too, was only noticed now.
                let is_last = self.current.next().0 >= self.block_count();
                let is_end = is_last || self.takes_turns();
                let at = if is_end { self.take_stall_back().unwrap_or(now) } else { now };
                if self.go_to_next(at, BlockOutcome::Played) {
                    self.go_on_playing(now);
                }
            }
            Sound::Cut(_) | Sound::None | Sound::Unplayable => self.next_block(now),
            Sound::Partial(_) => {}
        }
        self.send_gathered();
        self.settle(now);
    }

    /// Leaves the current block, which was not heard to its end, for the next.
    pub(super) fn next_block(&mut self, at: Instant) {
        if self.leave_unheard(at) {
            self.go_on_playing(at);
        }
    }

    /// Leaves the current block, which came to nothing for good.
    fn pass_over(&mut self, at: Instant) -> bool {
        self.fail_if_withdrawn(at);
        self.leave_unheard(at)
    }

    fn leave_unheard(&mut self, at: Instant) -> bool {
        let closing = Closing { pending: BlockOutcome::Stopped, whole: BlockOutcome::Unplayed };
        let outcome =
            self.window.get(self.current).map_or(BlockOutcome::Abandoned, |slot| slot.outcome(closing));
        self.go_to_next(at, outcome)
    }

    /// Leaves the current block; the next becomes current, if there is one. Gives whether playback goes on with it.
    pub(super) fn go_to_next(&mut self, at: Instant, outcome: BlockOutcome) -> bool {
        let (listener, block) = (self.config.listener, self.current);
        let record = if self.left.is_none() {
            self.window.pop().and_then(|(_, mut slot)| slot.take_record(listener, block, outcome))
        } else if outcome == BlockOutcome::Played {
            self.window.change(block, |slot| slot.take_record(listener, block, outcome)).flatten()
        } else {
            // The listener may come back to it.
            None
        };
        if let Some(record) = record {
            self.outputs.push_back(Output::Fact(Fact::Block(record)));
        }
        if block.next().0 >= self.block_count() {
            self.come_to_rest(at, SessionEnd::Completed);
            return false;
        }
        self.current = block.next();
        if self.takes_turns() {
            // A wait for what then turned out to be nothing is over.
            self.end_stall(at);
            self.state = State::Thinking { began_at: at, since: at };
            return false;
        }
        true
    }

    /// An error that was remembered ends playback.
    pub(super) fn stop_for_error(&mut self, at: Instant) {
        let Some(error) = &self.error else { return };
        let failure = Failure { kills: FailureScope::Session, ..error.failure.clone() };
        let class = failure.class;
        self.record_error(at, failure);
        self.come_to_rest(at, SessionEnd::Failed(class));
    }

    fn stop_for_bad_audio(&mut self, at: Instant, block: BlockIdx) {
        let class = FailureClass::Protocol;
        let text = format!("the player stopped at block {block}, whose audio it cannot play");
        self.record_error(
            at,
            Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: FailureScope::Session },
        );
        self.come_to_rest(at, SessionEnd::Failed(class));
    }

    /// Playback stops by itself: the listener leaves, unless it stays on the page.
    fn come_to_rest(&mut self, at: Instant, end: SessionEnd) {
        if !self.left.as_ref().is_some_and(|left| left.stays) {
            return self.end(at, end);
        }
        self.leave_off(at);
        self.end_stall(at);
        self.state = State::Resting { since: at };
        if self.config.policy.rest == Rest::Beginning {
            self.current = BlockIdx(0);
        }
    }
}
