//! The player's state machine: what it is told, what it waits for, and its end.

use std::collections::VecDeque;

use super::{
    Input, Output, PlayerConfig, PlayerState,
    line::{Line, Loss},
    shelf::Shelf,
    slot::{Closing, Progress, Slot},
    window::Window,
};
use crate::{
    event::{Event, Failure, Kills, StatusKind},
    ids::BlockIdx,
    outputs::Outputs,
    record::{
        BlockOutcome, ErrorRecord, Fact, Incident, IncidentRecord, ListenerRecord, OutageEnd, SessionEnd,
        StallRecord,
    },
    time::{Duration, Instant, MediaTime},
};

/// One person listening to one document.
#[derive(Clone, Debug)]
pub struct Player {
    pub(super) config: PlayerConfig,
    pub(super) state: State,
    pub(super) window: Window,
    /// Only of a listener that does something besides listening.
    pub(super) shelf: Option<Box<Shelf>>,
    pub(super) line: Line,
    pub(super) batches: u32,
    pub(super) voice: u32,
    pub(super) has_jumped: bool,
    launched_at: Instant,
    pub(super) started_at: Option<Instant>,
    pub(super) playing: Duration,
    pub(super) paused: Duration,
    pub(super) last_heard_at: Instant,
    pub(super) waiting_since: Option<Instant>,
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
    Stalled { block: BlockIdx, since: Instant, position: MediaTime, need: Need },
    Paused { since: Instant, position: MediaTime },
    Done,
}

/// What a stall waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The next audio.
    Next,
    /// As much as at the start: all that was there is gone.
    Buffer,
}

impl Player {
    /// Makes a player that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: PlayerConfig) -> Self {
        Self {
            state: State::Idle,
            window: Window::default(),
            shelf: None,
            line: Line::new(config.policy.reconnect),
            batches: 0,
            voice: 0,
            has_jumped: false,
            launched_at: config.intended_at,
            started_at: None,
            playing: Duration::ZERO,
            paused: Duration::ZERO,
            last_heard_at: config.intended_at,
            waiting_since: None,
            connect_time: None,
            foreign_messages: 0,
            warnings: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Takes news read at `now`, which must not go backwards. Whatever was due before is done first, at the time
    /// it was due. After the end nothing changes any more.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Outputs<'_, Output> {
        self.step(now, input);
        self.outputs()
    }

    pub(crate) fn step(&mut self, now: Instant, input: Input) {
        self.advance(now);
        match input {
            Input::Start => self.start(now),
            Input::Event(event) if self.is_live() => self.handle_event(now, event),
            Input::Act(act) if self.is_live() => self.act(now, act),
            // Also before the start: whoever is sent home at the door has listened to nothing.
            Input::Stop if self.state != State::Done => self.end(now, SessionEnd::Stopped),
            Input::Event(_) | Input::Act(_) | Input::Stop | Input::Wake => {}
        }
        self.note_waiting();
    }

    pub(crate) const fn outputs(&mut self) -> Outputs<'_, Output> {
        Outputs::new(&mut self.outputs)
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
            State::Paused { .. } => PlayerState::Paused,
            State::Done => PlayerState::Done,
        }
    }

    /// The block that is heard or waited for.
    #[must_use]
    pub const fn current(&self) -> BlockIdx {
        self.window.first()
    }

    /// When playback first started.
    #[must_use]
    pub const fn started_at(&self) -> Option<Instant> {
        self.started_at
    }

    pub(super) const fn is_live(&self) -> bool {
        match self.state {
            State::Idle | State::Done => false,
            State::Buffering | State::Playing { .. } | State::Stalled { .. } | State::Paused { .. } => true,
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
            self.dial();
            self.ask_next_batch(now, self.config.intended_at);
        }
    }

    pub(super) fn dial(&mut self) {
        self.line.dial();
        self.outputs.push_back(Output::Dial);
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        // What we wrote, what others are told and a connection that is gone is nothing heard.
        if !matches!(event, Event::Sent { .. } | Event::Foreign | Event::Closed(_)) {
            self.last_heard_at = now;
        }
        match event {
            Event::Dialed { connect } => self.handle_opened(now, connect),
            Event::Sent { blocks } => self.mark_sent(now, &blocks),
            Event::Status { block, kind } => self.handle_status(now, block, kind),
            Event::Audio { block, delivered, bytes } => {
                if self.change(block, |slot| slot.handle_audio(now, delivered, bytes)).is_some() {
                    self.play_if_possible(now);
                }
            }
            Event::Complete { block, media } => self.handle_complete(now, block, media),
            Event::Evicted { blocks } => self.handle_evicted(now, &blocks),
            Event::Foreign => self.foreign_messages += 1,
            Event::Warning { .. } => self.warnings += 1,
            Event::Failed(failure) => self.handle_failure(now, failure),
            Event::Closed(failure) => self.handle_closed(now, failure),
        }
    }

    fn handle_opened(&mut self, now: Instant, connect: Duration) {
        self.connect_time.get_or_insert(connect);
        if let Some(outage) = self.line.handle_opened(now) {
            self.note(outage.since, outage.into_incident(now, OutageEnd::Reconnected));
            self.note_what_waited(now);
        }
        self.ask_for_pending(now);
    }

    fn handle_closed(&mut self, now: Instant, failure: Failure) {
        self.forget_requests();
        match self.line.handle_closed(now, failure) {
            Loss::DialAgain => {}
            Loss::GivenUp { failure, outage } => {
                if let Some(outage) = outage {
                    self.note(outage.since, outage.into_incident(now, OutageEnd::GivenUp));
                }
                self.handle_failure(now, failure);
            }
        }
    }

    /// Changes a block that is not there yet; it is wanted, or no longer wanted and arriving all the same.
    fn change<R>(&mut self, block: BlockIdx, change: impl FnOnce(&mut Slot) -> R) -> Option<R> {
        if self.window.contains(block) {
            self.window.change(block, Slot::is_pending, change)
        } else {
            self.shelf.as_mut()?.arriving(block).map(change)
        }
    }

    pub(super) fn note(&mut self, at: Instant, incident: Incident) {
        let record = IncidentRecord { listener: self.config.listener, at, incident };
        self.outputs.push_back(Output::Fact(Fact::Incident(record)));
    }

    fn mark_sent(&mut self, now: Instant, blocks: &[BlockIdx]) {
        for &block in blocks {
            self.change(block, |slot| {
                slot.record.requested_at.get_or_insert(now);
                slot.record.answered_request_at.get_or_insert(now);
                slot.sent_at = Some(now);
            });
        }
    }

    fn handle_status(&mut self, now: Instant, block: BlockIdx, kind: StatusKind) {
        let is_news = self.change(block, |slot| slot.handle_status(now, kind)).is_some();
        if is_news && kind == StatusKind::Skipped {
            self.play_if_possible(now);
        }
    }

    fn handle_complete(&mut self, now: Instant, block: BlockIdx, media: MediaTime) {
        if self.change(block, |slot| slot.handle_complete(now, media)).is_some() {
            self.play_if_possible(now);
        }
    }

    pub(super) fn handle_failure(&mut self, now: Instant, failure: Failure) {
        let class = failure.class;
        match failure.kills {
            Kills::Block(block) => {
                if self.change(block, |slot| slot.progress = Progress::Failed(class)).is_some() {
                    self.record_error(now, failure);
                    self.play_if_possible(now);
                }
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
        self.window.end().0 >= self.block_count() && !self.window.is_pending()
    }

    fn record_error(&mut self, at: Instant, failure: Failure) {
        let error = ErrorRecord { listener: self.config.listener, at, failure };
        self.outputs.push_back(Output::Fact(Fact::Error(error)));
    }

    pub(super) fn end(&mut self, now: Instant, end: SessionEnd) {
        self.leave_off(now);
        if let Some(outage) = self.line.end() {
            self.note(outage.since, outage.into_incident(now, OutageEnd::SessionEnded));
        }
        let pending = match end {
            SessionEnd::Failed(class) => BlockOutcome::Failed(class),
            SessionEnd::Left => BlockOutcome::Abandoned,
            SessionEnd::Completed | SessionEnd::Stopped => BlockOutcome::Stopped,
        };
        let blocks = self.block_count();
        let shelf = self.shelf.take();
        while self.close_first(Closing { pending, complete: BlockOutcome::Unplayed }) {}
        let left = Closing { pending: BlockOutcome::Abandoned, complete: BlockOutcome::Unplayed };
        for slot in shelf.into_iter().flat_map(|shelf| shelf.into_unheard()) {
            self.outputs.push_back(Output::Fact(Fact::Block(slot.into_record(left))));
        }
        self.state = State::Done;
        self.outputs.push_back(Output::Fact(Fact::Listener(ListenerRecord {
            listener: self.config.listener,
            document: self.config.document.clone(),
            blocks,
            intended_at: self.config.intended_at,
            launched_at: self.launched_at,
            connect_time: self.connect_time,
            started_at: self.started_at,
            playing: Some(self.playing),
            paused: self.paused,
            ended_at: now,
            end,
            foreign_messages: self.foreign_messages,
            warnings: self.warnings,
        })));
        self.outputs.push_back(Output::Ended);
    }

    /// What is heard, waited for or paused at `now` is accounted for until then, once.
    pub(super) fn leave_off(&mut self, now: Instant) {
        match &mut self.state {
            State::Playing { .. } => self.stop_playing(now),
            State::Stalled { block, since, .. } => {
                let (listener, block, began_at) = (self.config.listener, *block, *since);
                *since = now;
                let waited = now.since(began_at);
                self.record_stall(Some(StallRecord { listener, block, began_at, waited }));
            }
            State::Paused { since, .. } => {
                let began_at = *since;
                *since = now;
                let lasted = now.since(began_at);
                self.paused += lasted;
                if lasted > Duration::ZERO {
                    self.note(began_at, Incident::Paused { lasted });
                }
            }
            State::Idle | State::Buffering | State::Done => {}
        }
    }
}
