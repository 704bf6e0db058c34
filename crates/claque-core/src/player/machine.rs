//! The player's state machine: what it is told, what it waits for, and its end.

use std::{collections::VecDeque, sync::Arc};

use super::{
    Input, Output, PlayerConfig,
    acts::ActHistory,
    asking::Asks,
    line::{Line, Loss},
    settling::SettledBlock,
    slot::{Closing, EmptyEnd},
    state::State,
    time_spent::TimeSpent,
    turns::NextBlockPolicy,
    window::Window,
};
use crate::{
    event::{Event, Failure, FailureScope, StatusKind},
    ids::BlockIdx,
    outputs::Outputs,
    record::{BlockOutcome, Fact, ListenerRecord, OutageEnd, SessionEnd},
    time::{Duration, Instant, Speed},
};

/// One person listening to one document.
#[derive(Clone, Debug)]
pub struct Player {
    pub(super) config: PlayerConfig,
    pub(super) state: State,
    /// The block that is heard or waited for.
    pub(super) current: BlockIdx,
    pub(super) speed: Speed,
    pub(super) following: NextBlockPolicy,
    pub(super) window: Window,
    /// Only of a listener that does something besides listening.
    pub(super) left: Option<Box<ActHistory>>,
    pub(super) line: Line,
    pub(super) asks: Asks,
    /// What came of blocks and is not yet acted upon.
    pub(super) settled: Vec<SettledBlock>,
    /// The last error of a block that the service spoke of.
    pub(super) error: Option<Box<RememberedError>>,
    pub(super) voice: u32,
    launched_at: Instant,
    pub(super) spent: TimeSpent,
    pub(super) last_heard_at: Instant,
    pub(super) waiting_since: Option<Instant>,
    connect_time: Option<Duration>,
    foreign_messages: u64,
    pub(super) warnings: u64,
    /// The words of the last of them: a clue where nothing else comes.
    pub(super) last_warning: Option<String>,
    pub(super) unwanted_bytes: u64,
    pub(super) outputs: VecDeque<Output>,
}

/// An error that the player remembers.
#[derive(Clone, Debug)]
pub(super) struct RememberedError {
    pub(super) failure: Failure,
    pub(super) recoverable: bool,
}

impl Player {
    /// Makes a player that waits for [`Input::Start`].
    #[must_use]
    pub fn new(config: PlayerConfig) -> Self {
        Self {
            state: State::Idle,
            current: BlockIdx(0),
            speed: config.speed,
            following: NextBlockPolicy::AtOnce,
            window: Window::default(),
            left: None,
            line: Line::new(Arc::clone(&config.policy)),
            asks: Asks::default(),
            settled: Vec::new(),
            error: None,
            voice: 0,
            launched_at: config.intended_at,
            spent: TimeSpent::default(),
            last_heard_at: config.intended_at,
            waiting_since: None,
            connect_time: None,
            foreign_messages: 0,
            warnings: 0,
            last_warning: None,
            unwanted_bytes: 0,
            outputs: VecDeque::new(),
            config,
        }
    }

    /// Says when the listener is meant to start, where that was not known when the player was made. Before [`Input::Start`].
    pub fn intend_start(&mut self, at: Instant) {
        self.config.intended_at = at;
        (self.launched_at, self.last_heard_at) = (at, at);
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
            Input::OpenPage if self.state == State::Idle => {
                self.last_heard_at = now;
                self.dial_if_unused();
            }
            Input::Start => self.start(now),
            Input::Event(event) if self.state != State::Done => self.handle_event(now, event),
            Input::Act(act) if self.is_live() => self.act(now, act),
            // Also before the start: whoever is sent home at the door has listened to nothing.
            Input::Stop if self.state != State::Done => self.end(now, SessionEnd::Stopped),
            Input::OpenPage | Input::Event(_) | Input::Act(_) | Input::Stop | Input::Wake => {}
        }
        self.follow_up(now);
        self.note_waiting(now);
    }

    /// What comes of anything that happened: a buffer may be full, and there may be room for one more request.
    pub(super) fn follow_up(&mut self, at: Instant) {
        self.look_at_buffer(at);
        self.ask_what_has_room(at);
    }

    pub(crate) const fn outputs(&mut self) -> Outputs<'_, Output> {
        Outputs::of_one_of_many(&mut self.outputs)
    }

    /// Lends another queue for outputs, or takes it back.
    pub(crate) const fn swap_outputs(&mut self, queue: &mut VecDeque<Output>) {
        core::mem::swap(&mut self.outputs, queue);
    }

    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.state, State::Idle | State::Done)
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
        self.state = State::Opening;
        if self.block_count() == 0 {
            self.end(now, SessionEnd::Completed);
        } else if self.dial_if_unused() {
            self.want_first_batch();
        } else {
            self.play(now, self.config.intended_at);
        }
    }

    fn dial_if_unused(&mut self) -> bool {
        let is_unused = self.line.is_unused();
        if is_unused {
            self.dial();
        }
        is_unused
    }

    pub(super) fn dial(&mut self) {
        self.line.dial();
        self.outputs.push_back(Output::Dial);
    }

    fn handle_event(&mut self, now: Instant, event: Event) {
        self.note_sign_of_life(now, &event);
        match event {
            Event::Dialed { connect } => {
                self.connect_time.get_or_insert(connect);
                self.handle_opened(now);
            }
            Event::Opened => self.handle_opened(now),
            Event::Connected { connect } => {
                self.connect_time.get_or_insert(connect);
            }
            Event::Sent { blocks } => self.mark_sent(now, &blocks),
            Event::Unsent { block } => self.mark_unsent(block),
            Event::Status { block, kind } => self.handle_status(now, block, kind),
            Event::Audio { block, delivered, bytes } => self.handle_audio(now, block, delivered, bytes),
            Event::Complete { block, media, findings } => self.handle_complete(now, block, media, findings),
            Event::Evicted { blocks } => self.handle_evicted(now, &blocks),
            Event::Foreign => self.foreign_messages += 1,
            Event::Warning { text } => {
                self.warnings += 1;
                self.last_warning = Some(text);
            }
            Event::BlockError { failure, recoverable } => self.handle_block_error(now, failure, recoverable),
            Event::NotAudio(failure) => self.handle_not_audio(now, failure),
            Event::Failed(failure) => self.handle_failure(now, failure),
            Event::Closed(failure) => self.handle_closed(now, failure),
        }
    }

    fn handle_opened(&mut self, now: Instant) {
        if let Some(outage) = self.line.handle_opened(now) {
            self.note(outage.since, outage.into_incident(now, OutageEnd::Reconnected));
        }
        self.send_what_waited(now);
        if self.state == State::Opening {
            self.play(now, self.config.intended_at);
        }
    }

    fn handle_closed(&mut self, now: Instant, failure: Failure) {
        match self.line.handle_closed(now, failure) {
            Loss::DialAgain => {}
            Loss::GivenUp { outage } => {
                self.note(outage.since, outage.into_incident(now, OutageEnd::GivenUp));
            }
            Loss::EndsSession { failure } => {
                self.handle_failure(now, Failure { kills: FailureScope::Session, ..failure });
                return;
            }
        }
        if self.state == State::Opening {
            self.play(now, self.config.intended_at);
        }
    }

    fn mark_sent(&mut self, now: Instant, blocks: &[BlockIdx]) {
        for &block in blocks {
            self.window.change(block, |slot| {
                if let Some(record) = &mut slot.record {
                    record.requested_at.get_or_insert(now);
                    record.answered_request_at.get_or_insert(now);
                }
            });
        }
    }

    fn mark_unsent(&mut self, block: BlockIdx) {
        self.window.change(block, |slot| {
            if let Some(record) = &mut slot.record {
                // An earlier attempt's moment stays.
                if record.requested_at == record.answered_request_at {
                    record.requested_at = None;
                }
                record.answered_request_at = None;
            }
        });
    }

    fn handle_status(&mut self, now: Instant, block: BlockIdx, kind: StatusKind) {
        let Some(slot) = self.window.get(block).filter(|slot| slot.request.is_some()) else { return };
        debug_assert!(slot.expected || self.left.is_some(), "what is asked for is counted on");
        let is_final = self.config.policy.empty_block == super::EmptyBlock::Final;
        self.window.change(block, |slot| {
            let limit = slot.request.as_ref().map(|request| request.limit).filter(|_| is_final);
            slot.handle_status(now, kind);
            slot.fetch_limit = limit;
        });
        if kind == StatusKind::Skipped {
            self.comes_to_nothing(block, EmptyEnd::Skipped);
            self.settle(now);
        }
    }

    pub(super) fn handle_failure(&mut self, now: Instant, failure: Failure) {
        match (failure.kills, self.config.policy.session_errors) {
            (FailureScope::Block(block), _) => self.handle_fetch_failure(now, block, failure),
            (FailureScope::Session, _) if self.needs_nothing_more() => self.warnings += 1,
            (FailureScope::Session, super::SessionErrors::PlayOn) if self.line.is_open() => {
                self.record_error(now, failure);
            }
            (FailureScope::Session, super::SessionErrors::FailPending) if self.line.is_open() => {
                self.fail_pending(now, failure);
            }
            (FailureScope::Session, _) => {
                let class = failure.class;
                self.record_error(now, failure);
                self.end(now, SessionEnd::Failed(class));
            }
        }
    }

    /// Whether everything there is to hear has been delivered, so that losing the service loses nothing.
    fn needs_nothing_more(&self) -> bool {
        let everything_was_asked_for =
            self.state != State::Opening && self.window.end() >= self.block_count();
        everything_was_asked_for && !self.window.is_pending() && !self.asks.is_any_on_its_way()
    }

    pub(super) fn end(&mut self, now: Instant, end: SessionEnd) {
        self.leave_off(now);
        self.end_stall(now);
        if let Some(outage) = self.line.end() {
            self.note(outage.since, outage.into_incident(now, OutageEnd::SessionEnded));
        }
        let pending = match end {
            SessionEnd::Failed(class) => BlockOutcome::Failed(class),
            SessionEnd::Left | SessionEnd::HungUp => BlockOutcome::Abandoned,
            SessionEnd::Completed | SessionEnd::Stopped => BlockOutcome::Stopped,
        };
        self.record_all(pending);
        self.state = State::Done;
        self.outputs.push_back(Output::Fact(Fact::Listener(ListenerRecord {
            listener: self.config.listener,
            document: self.config.document.to_string(),
            blocks: self.block_count(),
            intended_at: self.config.intended_at,
            launched_at: self.launched_at,
            connect_time: self.connect_time,
            started_at: self.spent.started_at,
            playing: Some(self.spent.playing),
            paused: self.spent.paused,
            ended_at: now,
            end,
            foreign_messages: self.foreign_messages,
            warnings: self.warnings,
            unwanted_bytes: Some(self.unwanted_bytes),
            network: None,
        })));
        self.outputs.push_back(Output::Ended);
    }

    /// Whatever has no record gets one.
    fn record_all(&mut self, pending: BlockOutcome) {
        self.asks = Asks::default();
        let current = self.current;
        while let Some((block, mut slot)) = self.window.pop() {
            // What a listener has left behind is wanted no more.
            let pending = if block < current { BlockOutcome::Abandoned } else { pending };
            let outcome = slot.outcome(Closing { pending, whole: BlockOutcome::Unplayed });
            if let Some(record) = slot.take_record(self.config.listener, block, outcome) {
                self.outputs.push_back(Output::Fact(Fact::Block(record)));
            }
        }
        // Who has left keeps no room, for of a crowd that comes and goes most have.
        self.window = Window::default();
    }
}
