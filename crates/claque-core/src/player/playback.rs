//! Playback: what is heard when, on the media timeline.

use super::{
    Output, Player, Readiness,
    machine::{Need, State},
    slot::{Closing, Progress, Slot},
};
use crate::{
    record::{BlockOutcome, Fact, SessionEnd, StallRecord},
    time::{Duration, Instant, MediaTime},
};

impl Player {
    /// When the audio at hand ends; none while nothing is heard.
    pub(super) fn audio_ends(&self) -> Option<Instant> {
        let State::Playing { resumed_at, position } = self.state else { return None };
        let (_, slot) = self.window.iter().next()?;
        Some(resumed_at + self.config.speed.play_time(slot.record.media - position))
    }

    /// How long the next block plays, if the one that is heard is whole and beginning the next asks for nothing.
    pub(super) fn quiet_join(&self) -> Option<Duration> {
        let mut slots = self.window.iter();
        let ((_, current), (next, slot)) = (slots.next()?, slots.next()?);
        let whole = !current.is_pending() && slot.progress == Progress::Complete;
        // A shelf may bring more at each join.
        if !whole || slot.record.media == MediaTime::ZERO || self.shelf.is_some() {
            return None;
        }
        let everything_is_asked_for = self.window.end().0 >= self.block_count();
        let asks = self.window.end().0 - next.next().0 < self.config.policy.refill_threshold;
        (everything_is_asked_for || !asks).then(|| self.config.speed.play_time(slot.record.media))
    }

    /// The audio at hand ran out at `at`: the block is over, or the rest of it is late.
    pub(super) fn audio_ended(&mut self, at: Instant) {
        self.stop_playing(at);
        let Some((block, slot)) = self.window.iter().next() else { return };
        if slot.is_pending() {
            let need = Need::Next;
            self.state = State::Stalled { block, since: at, position: slot.record.media, need };
            return;
        }
        self.close_current();
        self.begin_current(at, None);
    }

    /// Counts the time since playback began or went on, which ends here.
    pub(super) fn stop_playing(&mut self, at: Instant) {
        if let State::Playing { resumed_at, .. } = &mut self.state {
            self.playing += at.since(*resumed_at);
            *resumed_at = at;
        }
    }

    /// Begins or resumes playback if the news at `now` allows it.
    pub(super) fn play_if_possible(&mut self, now: Instant) {
        match self.state {
            State::Buffering => {
                if self.fill_buffer(now) {
                    self.begin_current(now, None);
                }
            }
            State::Stalled { block, since, position, need } => {
                if need == Need::Buffer && !self.fill_buffer(now) {
                    return;
                }
                // Audio that arrives in the very moment it is needed was not late.
                let stall = (now > since).then(|| StallRecord {
                    listener: self.config.listener,
                    block,
                    began_at: since,
                    waited: now.since(since),
                });
                if position == MediaTime::ZERO {
                    self.begin_current(now, stall);
                } else {
                    self.resume_current(now, stall, position);
                }
            }
            State::Idle | State::Playing { .. } | State::Paused { .. } | State::Done => {}
        }
    }

    /// Whether there is enough to begin; if one batch is less than the start buffer, asks for the next.
    fn fill_buffer(&mut self, now: Instant) -> bool {
        loop {
            if self.enough_to_start() {
                return true;
            }
            if !self.is_live() || self.window.iter().any(|(_, slot)| !self.is_playable(slot)) {
                return false;
            }
            self.ask_next_batch(now, now);
        }
    }

    /// Goes on inside a block of which `position` has been heard, if it goes on.
    fn resume_current(&mut self, now: Instant, stall: Option<StallRecord>, position: MediaTime) {
        let Some((_, slot)) = self.window.iter().next() else { return };
        if slot.record.media > position {
            self.record_stall(stall);
            self.state = State::Playing { resumed_at: now, position };
            return;
        }
        if slot.is_pending() {
            return;
        }
        let is_whole = slot.progress == Progress::Complete;
        self.close_current();
        let is_last = self.window.end().0 >= self.block_count() && self.window.iter().next().is_none();
        match stall {
            // All was heard when the audio ended; that the stream had ended, too, was only noticed now.
            Some(stall) if is_whole && is_last => self.end(stall.began_at, SessionEnd::Completed),
            stall => self.begin_current(now, stall),
        }
    }

    fn enough_to_start(&self) -> bool {
        let left = self.block_count().saturating_sub(self.window.first().0);
        let wanted = self.config.policy.min_buffer.min(left);
        let ready = self.window.iter().take_while(|(_, slot)| self.is_playable(slot)).count();
        u32::try_from(ready).unwrap_or(u32::MAX) >= wanted
    }

    fn is_playable(&self, slot: &Slot) -> bool {
        match self.config.policy.readiness {
            Readiness::Whole => !slot.is_pending(),
            Readiness::FirstAudio => !slot.is_pending() || slot.record.media > MediaTime::ZERO,
        }
    }

    /// Moves to the first block from the current one on that can be heard and plays it from `at`. If there is
    /// none yet, the stall goes on, or begins at `at`; if none will come, the session is complete.
    fn begin_current(&mut self, at: Instant, stall: Option<StallRecord>) {
        loop {
            let Some((block, slot)) = self.window.iter().next() else {
                if self.window.end().0 >= self.block_count() {
                    return self.end(at, SessionEnd::Completed);
                }
                // Everything asked for was stepped over: nothing ahead is on its way.
                self.ask_next_batch(at, at);
                if self.is_live() {
                    continue;
                }
                return;
            };
            if !self.is_playable(slot) {
                let (block, since) = stall.map_or((block, at), |stall| (stall.block, stall.began_at));
                self.state = State::Stalled { block, since, position: MediaTime::ZERO, need: Need::Next };
                return;
            }
            match slot.progress {
                Progress::Skipped | Progress::Failed(_) => self.close_current(),
                // Nothing can be heard of it, so it neither starts playback nor ends a stall.
                Progress::Complete if slot.record.media == MediaTime::ZERO => self.close_current(),
                Progress::Asked | Progress::Acknowledged | Progress::Complete => {
                    self.record_stall(stall);
                    return self.play_current(at);
                }
            }
        }
    }

    fn play_current(&mut self, at: Instant) {
        self.started_at.get_or_insert(at);
        self.state = State::Playing { resumed_at: at, position: MediaTime::ZERO };
        let begin = |slot: &mut Slot| {
            slot.record.started_at.get_or_insert(at);
        };
        let block = self.window.first();
        self.window.change(block, |_| true, begin);
        if self.shelf.is_some() {
            self.forget_what_lies_behind();
            self.take_what_is_at_hand(at);
        }
        let ahead = self.window.end().0 - block.next().0;
        if ahead < self.config.policy.refill_threshold {
            self.ask_next_batch(at, at);
        }
    }

    /// The current block has been heard or stepped over; the next becomes current.
    fn close_current(&mut self) {
        self.close_first(Closing { pending: BlockOutcome::Stopped, complete: BlockOutcome::Played });
    }

    pub(super) fn close_first(&mut self, closing: Closing) -> bool {
        let Some((block, slot)) = self.window.pop() else { return false };
        if let Some(shelf) = &mut self.shelf {
            shelf.keep(block, &slot);
        }
        if !slot.recorded {
            self.outputs.push_back(Output::Fact(Fact::Block(slot.into_record(closing))));
        }
        true
    }

    /// Before anything was heard there is no stall, only a longer startup.
    pub(super) fn record_stall(&mut self, stall: Option<StallRecord>) {
        if let Some(stall) = stall
            && stall.waited > Duration::ZERO
            && self.started_at.is_some()
        {
            self.outputs.push_back(Output::Fact(Fact::Stall(stall)));
        }
    }
}
