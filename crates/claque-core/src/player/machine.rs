//! The player's state machine.

use std::collections::VecDeque;

use super::{
    Input, Output, Outputs, PlayerConfig, PlayerState, Readiness, TimeoutReason,
    slot::{Ask, Closing, Progress, Slot, Window},
};
use crate::{
    event::{Event, Failure, FailureClass, Kills, Phase, StatusKind},
    ids::BlockIdx,
    record::{BlockOutcome, ErrorRecord, Fact, ListenerRecord, SessionEnd, StallRecord},
    time::{Duration, Instant, MediaTime},
};

/// One person listening to one document.
#[derive(Clone, Debug)]
pub struct Player {
    config: PlayerConfig,
    state: State,
    window: Window,
    batches: u32,
    launched_at: Instant,
    started_at: Option<Instant>,
    last_heard_at: Instant,
    connect_time: Option<Duration>,
    foreign_messages: u64,
    warnings: u64,
    outputs: VecDeque<Output>,
}

/// The current block is always the first of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Buffering,
    Playing { resumed_at: Instant, position: MediaTime },
    Stalled { block: BlockIdx, since: Instant, position: MediaTime },
    Done,
}

impl Player {
    /// Makes a player that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: PlayerConfig) -> Self {
        Self {
            state: State::Idle,
            window: Window::default(),
            batches: 0,
            launched_at: config.intended_at,
            started_at: None,
            last_heard_at: config.intended_at,
            connect_time: None,
            foreign_messages: 0,
            warnings: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Takes news read at `now`, which must not go backwards. Whatever was due before is done first, at the time
    /// it was due. After the end nothing changes any more.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Outputs<'_> {
        self.advance(now);
        match input {
            Input::Start => self.start(now),
            Input::Event(event) if self.is_live() => self.handle_event(now, event),
            Input::Stop if self.is_live() => self.end(now, SessionEnd::Stopped),
            Input::Event(_) | Input::Stop | Input::Wake => {}
        }
        Outputs(&mut self.outputs)
    }

    /// When to wake this player at the latest, and why; nothing while only news can change anything.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        if !self.is_live() {
            return None;
        }
        let audio = self.audio_ends().map(|at| (at, TimeoutReason::AudioEnds));
        let resend = self.resend_due().map(|at| (at, TimeoutReason::Unacknowledged));
        let silence = self.silence_due().map(|at| (at, TimeoutReason::Silence));
        [audio, resend, silence].into_iter().flatten().min()
    }

    /// What it is doing.
    #[must_use]
    pub const fn state(&self) -> PlayerState {
        match self.state {
            State::Idle => PlayerState::Idle,
            State::Buffering => PlayerState::Buffering,
            State::Playing { .. } => PlayerState::Playing,
            State::Stalled { .. } if self.started_at.is_none() => PlayerState::Buffering,
            State::Stalled { .. } => PlayerState::Stalled,
            State::Done => PlayerState::Done,
        }
    }

    fn is_live(&self) -> bool {
        match self.state {
            State::Idle | State::Done => false,
            State::Buffering | State::Playing { .. } | State::Stalled { .. } => true,
        }
    }

    fn block_count(&self) -> u32 {
        u32::try_from(self.config.chars.len()).unwrap_or(u32::MAX)
    }

    fn start(&mut self, now: Instant) {
        if self.state != State::Idle {
            return;
        }
        self.launched_at = now;
        self.last_heard_at = now;
        self.state = State::Buffering;
        if self.block_count() == 0 {
            self.end(now, SessionEnd::Completed);
        } else {
            self.ask_next_batch(now, self.config.intended_at);
        }
    }

    /// Does what was due up to `now`, each thing at its own time.
    fn advance(&mut self, now: Instant) {
        while let Some((at, reason)) = self.poll_timeout().filter(|&(at, _)| at <= now) {
            match reason {
                TimeoutReason::AudioEnds => self.audio_ended(at),
                TimeoutReason::Unacknowledged => self.resend(at),
                TimeoutReason::Silence => self.fail_for_silence(at),
            }
        }
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        if !matches!(event, Event::Sent { .. }) {
            self.last_heard_at = now;
        }
        match event {
            Event::Dialed { connect } => self.connect_time = Some(connect),
            Event::Sent { blocks } => self.mark_sent(now, &blocks),
            Event::Status { block, kind } => self.handle_status(now, block, kind),
            Event::Audio { block, delivered, bytes } => {
                if let Some(slot) = self.pending_slot(block) {
                    slot.handle_audio(now, delivered, bytes);
                    self.play_if_possible(now);
                }
            }
            Event::Complete { block, media } => self.handle_complete(now, block, media),
            Event::Evicted { blocks } => self.ask_again(&blocks),
            Event::Foreign => self.foreign_messages += 1,
            Event::Warning { .. } => self.warnings += 1,
            Event::Failed(failure) => self.handle_failure(now, failure),
        }
    }

    fn pending_slot(&mut self, block: BlockIdx) -> Option<&mut Slot> {
        self.window.slot_mut(block).filter(|slot| slot.is_pending())
    }

    fn mark_sent(&mut self, now: Instant, blocks: &[BlockIdx]) {
        for &block in blocks {
            if let Some(slot) = self.pending_slot(block) {
                slot.record.requested_at.get_or_insert(now);
                slot.sent_at = Some(now);
            }
        }
    }

    fn handle_status(&mut self, now: Instant, block: BlockIdx, kind: StatusKind) {
        let Some(slot) = self.pending_slot(block) else { return };
        slot.progress = Progress::Acknowledged;
        slot.record.acknowledged_at.get_or_insert(now);
        match kind {
            StatusKind::Queued | StatusKind::Processing => {}
            StatusKind::Ready => {
                slot.record.ready_at.get_or_insert(now);
            }
            StatusKind::Skipped => {
                slot.progress = Progress::Skipped;
                self.play_if_possible(now);
            }
        }
    }

    fn handle_complete(&mut self, now: Instant, block: BlockIdx, media: MediaTime) {
        let Some(slot) = self.pending_slot(block) else { return };
        slot.progress = Progress::Complete;
        slot.record.media = media;
        slot.record.ready_at.get_or_insert(now);
        slot.record.complete_at = Some(now);
        self.play_if_possible(now);
    }

    fn handle_failure(&mut self, now: Instant, failure: Failure) {
        let class = failure.class;
        match failure.kills {
            Kills::Block(block) => {
                let Some(slot) = self.pending_slot(block) else { return };
                slot.progress = Progress::Failed(class);
                self.record_error(now, failure);
                self.play_if_possible(now);
            }
            Kills::Session if self.needs_nothing_more() => self.warnings += 1,
            Kills::Session => {
                self.record_error(now, failure);
                self.end(now, SessionEnd::Failed(class));
            }
        }
    }

    /// Whether everything there is to hear has been delivered, so that losing the service loses nothing.
    fn needs_nothing_more(&self) -> bool {
        self.window.end().0 >= self.block_count() && !self.window.iter().any(|(_, slot)| slot.is_pending())
    }

    fn record_error(&mut self, at: Instant, failure: Failure) {
        let error = ErrorRecord { listener: self.config.listener, at, failure };
        self.outputs.push_back(Output::Fact(Fact::Error(error)));
    }

    /// Begins or resumes playback if the news at `now` allows it.
    fn play_if_possible(&mut self, now: Instant) {
        match self.state {
            State::Buffering => {
                if self.enough_to_start() {
                    self.begin_current(now, None);
                }
            }
            State::Stalled { block, since, position } => {
                let stall = StallRecord {
                    listener: self.config.listener,
                    block,
                    began_at: since,
                    waited: now.since(since),
                };
                if position == MediaTime::ZERO {
                    self.begin_current(now, Some(stall));
                } else if self.window.iter().next().is_some_and(|(_, slot)| {
                    slot.record.media > position || !slot.is_pending()
                }) {
                    self.record_stall(stall);
                    self.state = State::Playing { resumed_at: now, position };
                }
            }
            State::Idle | State::Playing { .. } | State::Done => {}
        }
    }

    fn enough_to_start(&self) -> bool {
        let wanted = self.config.policy.min_buffer.min(self.block_count());
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
                    self.record_stall_if_any(stall);
                    return self.end(at, SessionEnd::Completed);
                }
                // Everything asked for was stepped over: nothing ahead is on its way.
                self.ask_next_batch(at, at);
                continue;
            };
            if !self.is_playable(slot) {
                let since = stall.map_or(at, |stall| stall.began_at);
                let block = stall.map_or(block, |stall| stall.block);
                self.state = State::Stalled { block, since, position: MediaTime::ZERO };
                return;
            }
            match slot.progress {
                Progress::Skipped | Progress::Failed(_) => self.close_current(),
                Progress::Asked | Progress::Acknowledged | Progress::Complete => {
                    self.record_stall_if_any(stall);
                    return self.play_current(at);
                }
            }
        }
    }

    fn play_current(&mut self, at: Instant) {
        self.started_at.get_or_insert(at);
        self.state = State::Playing { resumed_at: at, position: MediaTime::ZERO };
        let Some((block, _)) = self.window.iter().next() else { return };
        if let Some(slot) = self.window.slot_mut(block) {
            slot.record.started_at = Some(at);
        }
        let ahead = self.window.end().0 - block.next().0;
        if ahead < self.config.policy.refill_threshold {
            self.ask_next_batch(at, at);
        }
    }

    /// The audio at hand ran out at `at`: the block is over, or the rest of it is late.
    fn audio_ended(&mut self, at: Instant) {
        let Some((block, slot)) = self.window.iter().next() else { return };
        if slot.is_pending() {
            self.state = State::Stalled { block, since: at, position: slot.record.media };
            return;
        }
        self.close_current();
        self.begin_current(at, None);
    }

    /// The current block has been heard or stepped over; the next becomes current.
    fn close_current(&mut self) {
        self.close_first(Closing { pending: BlockOutcome::Stopped, complete: BlockOutcome::Played });
    }

    fn close_first(&mut self, closing: Closing) -> bool {
        let Some(slot) = self.window.pop() else { return false };
        self.outputs.push_back(Output::Fact(Fact::Block(slot.into_record(closing))));
        true
    }

    fn record_stall_if_any(&mut self, stall: Option<StallRecord>) {
        if let Some(stall) = stall {
            self.record_stall(stall);
        }
    }

    /// Audio that arrives in the very moment it is needed was not late, and before anything was heard there is
    /// only a longer startup.
    fn record_stall(&mut self, stall: StallRecord) {
        if stall.waited > Duration::ZERO && self.started_at.is_some() {
            self.outputs.push_back(Output::Fact(Fact::Stall(stall)));
        }
    }

    /// Asks for the next blocks nobody has asked for, wanted since `intended_at`.
    fn ask_next_batch(&mut self, now: Instant, intended_at: Instant) {
        let first = self.window.end().0;
        let last = self.block_count().min(first.saturating_add(self.config.policy.batch_size.max(1)));
        if first >= last {
            return;
        }
        let ask = Ask { listener: self.config.listener, batch: self.batches, intended_at };
        self.batches += 1;
        let chars = self.config.chars.iter().skip(usize::try_from(first).unwrap_or(usize::MAX));
        let blocks = (first..last).zip(chars).map(|(_, &chars)| self.window.push(ask, now, chars)).collect();
        self.outputs.push_back(Output::Ask { blocks });
    }

    fn ask_again(&mut self, blocks: &[BlockIdx]) {
        let mut wanted = Vec::new();
        for &block in blocks {
            if let Some(slot) = self.pending_slot(block) {
                slot.progress = Progress::Asked;
                slot.sent_at = None;
                slot.record.resends = slot.record.resends.saturating_add(1);
                wanted.push(block);
            }
        }
        wanted.sort_unstable();
        if !wanted.is_empty() {
            self.outputs.push_back(Output::Ask { blocks: wanted });
        }
    }

    /// Asks again for what was not acknowledged in time, and gives up what was asked for too often.
    fn resend(&mut self, at: Instant) {
        let policy = self.config.policy;
        let overdue = |slot: &Slot| slot.resend_due(policy.ack_timeout).is_some_and(|due| due <= at);
        let (given_up, again): (Vec<_>, Vec<_>) = self
            .window
            .iter()
            .filter(|(_, slot)| overdue(slot))
            .map(|(block, slot)| (block, slot.record.resends))
            .partition(|&(_, resends)| resends >= policy.max_resends);
        let again: Vec<_> = again.into_iter().map(|(block, _)| block).collect();
        self.ask_again(&again);
        for (block, _) in given_up {
            let text = format!("block {block} was never acknowledged, asked {} times", policy.max_resends + 1);
            let failure = Failure {
                phase: Phase::BeforeAudio,
                class: FailureClass::Timeout,
                code: None,
                text,
                kills: Kills::Block(block),
            };
            self.handle_failure(at, failure);
        }
    }

    fn fail_for_silence(&mut self, at: Instant) {
        let text = format!("nothing heard from the server for {} s", self.config.timeout.as_secs_f64());
        let failure = Failure {
            phase: Phase::BeforeAudio,
            class: FailureClass::Timeout,
            code: None,
            text,
            kills: Kills::Session,
        };
        self.handle_failure(at, failure);
    }

    fn audio_ends(&self) -> Option<Instant> {
        let State::Playing { resumed_at, position } = self.state else { return None };
        let (_, slot) = self.window.iter().next()?;
        Some(resumed_at + self.config.speed.play_time(slot.record.media - position))
    }

    fn resend_due(&self) -> Option<Instant> {
        self.window.iter().filter_map(|(_, slot)| slot.resend_due(self.config.policy.ack_timeout)).min()
    }

    fn silence_due(&self) -> Option<Instant> {
        let mut pending = self.window.iter().filter(|(_, slot)| slot.is_pending());
        let (_, longest_wanted) = pending.next()?;
        Some(longest_wanted.wanted_at.max(self.last_heard_at) + self.config.timeout)
    }

    fn end(&mut self, now: Instant, end: SessionEnd) {
        if let State::Stalled { block, since, .. } = self.state {
            let listener = self.config.listener;
            self.record_stall(StallRecord { listener, block, began_at: since, waited: now.since(since) });
        }
        let pending = match end {
            SessionEnd::Failed(class) => BlockOutcome::Failed(class),
            SessionEnd::Completed | SessionEnd::Stopped => BlockOutcome::Stopped,
        };
        let blocks = self.block_count();
        while self.close_first(Closing { pending, complete: BlockOutcome::Unplayed }) {}
        self.state = State::Done;
        self.outputs.push_back(Output::Fact(Fact::Listener(ListenerRecord {
            listener: self.config.listener,
            document: self.config.document.clone(),
            blocks,
            intended_at: self.config.intended_at,
            launched_at: self.launched_at,
            connect_time: self.connect_time,
            started_at: self.started_at,
            ended_at: now,
            end,
            foreign_messages: self.foreign_messages,
            warnings: self.warnings,
        })));
        self.outputs.push_back(Output::Ended);
    }
}
