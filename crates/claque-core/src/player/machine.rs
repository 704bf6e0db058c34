//! The player's state machine: what it is told, what it waits for, and its end.

use std::collections::VecDeque;

use super::{
    Input, Output, Outputs, PlayerConfig, PlayerState, TimeoutReason,
    slot::{Closing, Progress, Slot, Window},
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
    pub(super) config: PlayerConfig,
    pub(super) state: State,
    pub(super) window: Window,
    pub(super) batches: u32,
    launched_at: Instant,
    pub(super) started_at: Option<Instant>,
    last_heard_at: Instant,
    connect_time: Option<Duration>,
    foreign_messages: u64,
    warnings: u64,
    pub(super) outputs: VecDeque<Output>,
}

/// The current block is always the first of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
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
            // Also before the start: whoever is sent home at the door has listened to nothing.
            Input::Stop if self.state != State::Done => self.end(now, SessionEnd::Stopped),
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

    pub(super) fn block_count(&self) -> u32 {
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
        // What we wrote and what others are told is nothing heard.
        if !matches!(event, Event::Sent { .. } | Event::Foreign) {
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
            Event::Evicted { blocks } => self.handle_evicted(now, &blocks),
            Event::Foreign => self.foreign_messages += 1,
            Event::Warning { .. } => self.warnings += 1,
            Event::Failed(failure) => self.handle_failure(now, failure),
        }
    }

    pub(super) fn pending_slot(&mut self, block: BlockIdx) -> Option<&mut Slot> {
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
        // What is being heard cannot become shorter.
        let heard = slot.record.started_at.map_or(MediaTime::ZERO, |_| slot.record.media);
        slot.record.media = media.max(heard);
        slot.record.ready_at.get_or_insert(now);
        slot.record.complete_at = Some(now);
        self.play_if_possible(now);
    }

    pub(super) fn handle_failure(&mut self, now: Instant, failure: Failure) {
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

    fn silence_due(&self) -> Option<Instant> {
        let mut pending = self.window.iter().filter(|(_, slot)| slot.is_pending());
        let (_, longest_wanted) = pending.next()?;
        Some(longest_wanted.wanted_at.max(self.last_heard_at) + self.config.timeout)
    }

    pub(super) fn end(&mut self, now: Instant, end: SessionEnd) {
        if let State::Stalled { block, since, .. } = self.state {
            let listener = self.config.listener;
            let waited = now.since(since);
            self.record_stall(Some(StallRecord { listener, block, began_at: since, waited }));
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
