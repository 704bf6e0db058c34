//! The machine: which call comes next, and what its answer means. [`belief`] is about numbers of pages that cannot be
//! true; [`progress`] about what polls say; [`ending`] about what goes wrong, and the end;
//! [`clearing`] about what is not wanted any more.

mod belief;
mod clearing;
mod ending;
mod progress;

use std::collections::VecDeque;

use self::belief::doubt_names;
use super::{
    Accepted, AiTransform, Call, Created, ExtractionConfig, ExtractionInProgress, Input, Leftover, Output,
    Prepared, Refused, Reply, TimeoutReason,
    pages::{Pages, PagesSnapshot},
    record::{DocumentEnd, DocumentRecord, PageOutcome, Step},
};
use crate::{
    event::{Failure, FailureClass, FailureScope, Phase},
    outputs::Outputs,
    pacing::Patience,
    time::{Duration, Instant},
};

/// More pages than this are not believed: a list of them is sent with every poll.
const MOST_PAGES: u32 = 100_000;

/// One document's way through the service. Late or extra wake-ups change no record but by the lateness of polls.
#[derive(Clone, Debug)]
pub struct Extraction {
    config: ExtractionConfig,
    state: State,
    record: DocumentRecord,
    prepared: Prepared,
    /// What was accepted.
    going: Option<ExtractionInProgress>,
    pages: Option<Pages>,
    measuring: Measuring,
    /// The wait before the next poll.
    wait: Duration,
    /// Polls in a row that came to nothing.
    lost_polls: u32,
    /// Failures in a row of the call that is made again because of them.
    hiccups: u32,
    /// With limits that put calls off.
    patience: Patience,
    /// Whether the run was stopped: nothing is waited for any more.
    stopped: bool,
    /// How far an extraction is that is to be called off.
    calling_off: CallingOff,
    /// Whether the extraction was given up before: a document of it is not waited for a second time.
    given_up: bool,
    clearing: LeftoverState,
    /// When a further page was last seen.
    progress_at: Instant,
    outputs: VecDeque<Output>,
}

/// What it waits for.
#[derive(Clone, Debug)]
enum State {
    Idle,
    /// An answer; `sent_at` is when the call was made.
    Answer {
        call: Call,
        sent_at: Instant,
    },
    /// The moment to make a call.
    Until {
        at: Instant,
        reason: TimeoutReason,
        call: Call,
    },
    Done,
}

/// How far an extraction is that is not wanted any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallingOff {
    /// It is wanted.
    No,
    /// The service was asked to, and has not done it.
    Asked,
    /// It is called off, and was asked about so often since: the document may have been made before.
    Done { polls: u32 },
    /// It cannot be: its document is waited for.
    Refused,
}

/// Whether the conversation is about what an earlier one has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeftoverState {
    /// It is about its own.
    No,
    /// It is, and the service has not said yet that it knows it. Somebody else's is not known, and must not be taken for
    /// one that is over.
    Unseen,
    /// The service knows it.
    Seen,
}

/// Whether what comes still counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measuring {
    Yes,
    /// The measured part is over; only the document is to be cleared away.
    No,
}

impl Extraction {
    /// Makes a conversation that has not begun.
    #[must_use]
    pub fn new(config: ExtractionConfig) -> Self {
        let record = DocumentRecord {
            document: config.document,
            bytes: config.bytes,
            pages: None,
            intended_at: config.intended_at,
            prepare_sent_at: None,
            prepared_at: None,
            create_sent_at: None,
            accepted_at: None,
            completed_at: None,
            ended_at: config.intended_at,
            polls: 0,
            paced_calls: 0,
            paced: Duration::ZERO,
            extraction_id: None,
            document_id: None,
            end: DocumentEnd::Stopped,
            left_behind: None,
            warnings: 0,
        };
        Self {
            wait: config.poll.first,
            progress_at: config.intended_at,
            config,
            state: State::Idle,
            record,
            prepared: Prepared::default(),
            going: None,
            pages: None,
            measuring: Measuring::Yes,
            lost_polls: 0,
            hiccups: 0,
            patience: Patience::default(),
            stopped: false,
            calling_off: CallingOff::No,
            given_up: false,
            clearing: LeftoverState::No,
            outputs: VecDeque::new(),
        }
    }

    /// Makes a conversation about an extraction that an earlier one has left: if the service knows it, it is called off;
    /// its document is deleted if there is one, and nothing is measured.
    #[must_use]
    pub fn clearing(config: ExtractionConfig, going: ExtractionInProgress) -> Self {
        let mut machine = Self::new(config);
        machine.measuring = Measuring::No;
        machine.clearing = LeftoverState::Unseen;
        machine.record.extraction_id = Some(going.accepted.extraction_id.clone());
        machine.going = Some(going);
        machine
    }

    /// Takes news at `now`. An answer that was overdue by then is no answer any more.
    pub fn handle_input(&mut self, now: Instant, input: Input) -> Outputs<'_, Output> {
        match input {
            Input::Start => {
                if matches!(self.state, State::Idle) {
                    self.start(now);
                }
            }
            Input::Wake => self.wake(now),
            Input::Reply(reply) => {
                self.expire(now);
                if let State::Answer { call, sent_at } = self.state.clone() {
                    self.handle_reply(now, call, sent_at, reply);
                }
            }
            Input::Progress => self.patience.see_progress(now),
            Input::Stop => self.stop(now),
        }
        Outputs::new(&mut self.outputs)
    }

    /// When to wake the machine, and why; none while only an answer to come counts, and after the end.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<(Instant, TimeoutReason)> {
        match &self.state {
            State::Idle | State::Done => None,
            State::Answer { sent_at, .. } => Some((*sent_at + self.config.patience, TimeoutReason::Silence)),
            State::Until { at, reason, .. } => Some((*at, *reason)),
        }
    }

    /// Whether the conversation is over.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    fn start(&mut self, now: Instant) {
        match self.going.clone() {
            None => self.call(now, Call::Prepare),
            Some(going) => {
                let mut pages = Pages::new(self.config.document, going.pages, None, now);
                // Nothing is measured, so none has a record.
                drop(pages.close(now, PageOutcome::Unseen));
                self.pages = Some(pages);
                self.progress_at = now;
                self.call(now, Call::Poll(going));
            }
        }
    }

    fn wake(&mut self, now: Instant) {
        self.expire(now);
        if let State::Until { at, call, .. } = &self.state
            && *at <= now
        {
            self.call(now, call.clone());
        }
    }

    /// An answer that did not come in time never came, whenever that is noticed.
    fn expire(&mut self, now: Instant) {
        let State::Answer { call, sent_at } = &self.state else { return };
        let overdue_at = *sent_at + self.config.patience;
        if overdue_at <= now {
            let call = call.clone();
            let text = format!("no answer within {} s", self.config.patience.as_secs_f64());
            self.refused(overdue_at, call, failure(FailureClass::Timeout, text));
        }
    }

    fn call(&mut self, now: Instant, call: Call) {
        match &call {
            // A call that is made again because the service stumbled is still the same to whoever waits for it.
            Call::Prepare => drop(self.record.prepare_sent_at.get_or_insert(now)),
            Call::Create { .. } => {
                self.record.create_sent_at.get_or_insert(now);
                self.outputs.push_back(Output::Exists(Leftover::Asked));
            }
            Call::Poll(_) => self.record.polls += u32::from(self.measuring == Measuring::Yes),
            Call::Cancel(_) | Call::Delete { .. } => {}
        }
        self.outputs.push_back(Output::Call(call.clone()));
        self.state = State::Answer { call, sent_at: now };
    }

    fn handle_reply(&mut self, now: Instant, call: Call, sent_at: Instant, reply: Reply) {
        if !matches!(reply, Reply::Refused(_)) {
            self.patience.let_through();
            self.hiccups = 0;
        }
        match (&call, reply) {
            (_, Reply::Refused(refused)) => self.handle_refusal(now, call, refused),
            (Call::Prepare, Reply::Prepared(prepared)) => self.prepared(now, prepared),
            (Call::Create { .. }, Reply::Accepted(accepted)) => self.accepted(now, sent_at, accepted),
            (Call::Create { .. }, Reply::Created(created)) => self.created(now, sent_at, created),
            (Call::Poll(_), Reply::Status(status)) => self.status(now, sent_at, status),
            (Call::Cancel(_), Reply::Cancelled) => self.called_off(now),
            (Call::Delete { .. }, Reply::Deleted) => {
                self.outputs.push_back(Output::Gone);
                self.end(now);
            }
            (_, reply) => {
                let text = format!("the answer to {} is one to something else: {reply:?}", call.step());
                self.refused(now, call, failure(FailureClass::Protocol, text));
            }
        }
    }

    fn handle_refusal(&mut self, now: Instant, call: Call, refused: Refused) {
        // Nobody waits for what was stopped.
        let limit = refused.limit.filter(|_| !self.stopped);
        match limit.and_then(|limited| self.patience.next_wait(now, limited)) {
            Some(wait) => self.put_off(now, call, wait),
            None => self.refused(now, call, refused.failure),
        }
    }

    /// A limit on how often bites: nothing was asked yet, and what is waited is no latency.
    fn put_off(&mut self, now: Instant, call: Call, wait: Duration) {
        if self.measuring == Measuring::Yes {
            self.record.paced_calls += 1;
            self.record.paced = self.record.paced.saturating_add(wait);
        }
        match &call {
            Call::Prepare => self.record.prepare_sent_at = None,
            Call::Create { .. } => {
                self.record.create_sent_at = None;
                self.outputs.push_back(Output::Gone);
            }
            // It told nothing of pages.
            Call::Poll(_) => self.progress_at += wait,
            Call::Cancel(_) | Call::Delete { .. } => {}
        }
        self.outputs.push_back(Output::Paced { step: call.step(), wait });
        self.state = State::Until { at: now + wait, reason: TimeoutReason::Pace, call };
    }

    fn prepared(&mut self, now: Instant, prepared: Prepared) {
        self.record.prepared_at = Some(now);
        self.record.pages = prepared.pages;
        let uncached = prepared.uncached.as_deref().unwrap_or_default();
        if let Some(doubt) = self.doubt(prepared.pages).or_else(|| doubt_names(uncached, prepared.pages)) {
            return self.give_up(now, Step::Prepare, doubt);
        }
        let call = Call::Create { hash: prepared.hash.clone(), ai_transform: self.config.ai_transform };
        self.prepared = prepared;
        self.call(now, call);
    }

    fn accepted(&mut self, now: Instant, sent_at: Instant, accepted: Accepted) {
        self.record.accepted_at = Some(now);
        self.record.extraction_id = Some(accepted.extraction_id.clone());
        let pages = accepted.pages.or(self.prepared.pages);
        self.record.pages = pages;
        let ai_transform = self.config.ai_transform;
        let going =
            ExtractionInProgress { accepted, pages: pages.unwrap_or(0).min(MOST_PAGES), ai_transform };
        self.outputs.push_back(Output::Exists(Leftover::Extraction(going.clone())));
        self.going = Some(going);
        if let Some(doubt) = self.doubt(pages) {
            return self.give_up(now, Step::Create, doubt);
        }
        self.open_pages(now, Pages::new(self.config.document, pages.unwrap_or(0), self.uncached(), sent_at));
        self.progress_at = now;
        if self.stopped
            && let Some(going) = self.going.clone()
        {
            return self.call_off(now, going);
        }
        self.wait_to_poll(now);
    }

    /// Pages that no cache answers, if the service said anything that means something: where no language model is at
    /// work an empty list is what a server says that has none.
    fn uncached(&self) -> Option<&[u32]> {
        let uncached = self.prepared.uncached.as_deref()?;
        (!uncached.is_empty() || self.config.ai_transform == AiTransform::On).then_some(uncached)
    }

    /// The answer itself is the end: pages are seen all at once.
    fn created(&mut self, now: Instant, sent_at: Instant, created: Created) {
        self.record.accepted_at = Some(now);
        let count = self.prepared.pages.unwrap_or(0);
        self.open_pages(now, Pages::new(self.config.document, count, self.uncached(), sent_at));
        match doubt_names(&created.failed, self.record.pages).filter(|_| self.measuring == Measuring::Yes) {
            Some(doubt) => self.fail(now, Step::Create, doubt),
            None => drop(self.see(PagesSnapshot { read_at: now, completed: &[], failed: &created.failed })),
        }
        self.completed(now, created.id);
    }
}

const fn failure(class: FailureClass, text: String) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: FailureScope::Session }
}
