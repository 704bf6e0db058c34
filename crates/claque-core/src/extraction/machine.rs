//! The machine: which call comes next, and what its answer means. [`ending`] is about what goes wrong, and the end.

mod ending;

use std::collections::VecDeque;

use super::{
    Accepted, Call, Created, ExtractionConfig, Going, Input, Output, Prepared, Refused, Remains, Reply,
    Status, TimeoutReason,
    pages::{Glance, Pages},
    record::{DocumentEnd, DocumentFact, DocumentRecord, PageOutcome, Step},
};
use crate::{
    event::{Failure, FailureClass, Kills, Phase},
    outputs::Outputs,
    time::{Duration, Instant},
};

/// A limit that puts a call off for longer than this is not waited out.
const LONGEST_PACE: Duration = Duration::from_secs(120);
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
    going: Option<Going>,
    pages: Option<Pages>,
    measuring: Measuring,
    /// The wait before the next poll.
    wait: Duration,
    /// Polls in a row that came to nothing.
    lost_polls: u32,
    deletions: u32,
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
            deletions: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Makes a conversation about an extraction that an earlier one has left: its document is waited for and deleted,
    /// and nothing is measured.
    #[must_use]
    pub fn clearing(config: ExtractionConfig, going: Going) -> Self {
        let mut machine = Self::new(config);
        machine.measuring = Measuring::No;
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
            Call::Prepare => self.record.prepare_sent_at = Some(now),
            Call::Create { .. } => {
                self.record.create_sent_at = Some(now);
                self.outputs.push_back(Output::Exists(Remains::Asked));
            }
            Call::Poll(_) => self.record.polls += u32::from(self.measuring == Measuring::Yes),
            Call::Delete { .. } => self.deletions += 1,
        }
        self.outputs.push_back(Output::Call(call.clone()));
        self.state = State::Answer { call, sent_at: now };
    }

    fn handle_reply(&mut self, now: Instant, call: Call, sent_at: Instant, reply: Reply) {
        match (&call, reply) {
            (_, Reply::Refused(Refused { failure, pace: Some(wait) })) if wait <= LONGEST_PACE => {
                drop(failure);
                self.put_off(now, call, wait);
            }
            (_, Reply::Refused(Refused { failure, .. })) => self.refused(now, call, failure),
            (Call::Prepare, Reply::Prepared(prepared)) => self.prepared(now, prepared),
            (Call::Create { .. }, Reply::Accepted(accepted)) => self.accepted(now, sent_at, accepted),
            (Call::Create { .. }, Reply::Created(created)) => self.created(now, sent_at, created),
            (Call::Poll(_), Reply::Status(status)) => self.status(now, sent_at, status),
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
            Call::Delete { .. } => self.deletions -= 1,
        }
        self.outputs.push_back(Output::Paced { step: call.step(), wait });
        self.state = State::Until { at: now + wait, reason: TimeoutReason::Pace, call };
    }

    fn prepared(&mut self, now: Instant, prepared: Prepared) {
        self.record.prepared_at = Some(now);
        self.record.pages = prepared.pages;
        if prepared.pages.is_some_and(|pages| pages > MOST_PAGES) {
            return self.too_many_pages(now, Step::Prepare, prepared.pages);
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
        let going = Going { accepted, pages: pages.unwrap_or(0).min(MOST_PAGES), ai_transform };
        self.outputs.push_back(Output::Exists(Remains::Extraction(going.clone())));
        self.going = Some(going);
        if pages.is_some_and(|pages| pages > MOST_PAGES) {
            return self.too_many_pages(now, Step::Create, pages);
        }
        let (uncached, count) = (self.prepared.uncached.as_deref(), pages.unwrap_or(0));
        self.open_pages(now, Pages::new(self.config.document, count, uncached, sent_at));
        self.progress_at = now;
        self.wait_to_poll(now);
    }

    /// The answer itself is the end: pages are seen all at once.
    fn created(&mut self, now: Instant, sent_at: Instant, created: Created) {
        self.record.accepted_at = Some(now);
        let (uncached, count) = (self.prepared.uncached.as_deref(), self.prepared.pages.unwrap_or(0));
        self.open_pages(now, Pages::new(self.config.document, count, uncached, sent_at));
        self.see(Glance { read_at: now, completed: &[], failed: &created.failed });
        self.completed(now, created.id);
    }

    fn status(&mut self, now: Instant, sent_at: Instant, status: Status) {
        if !status.found && status.document.is_none() && status.error.is_none() {
            let text = "the service does not know the extraction (any more)".to_owned();
            return self.poll_lost(now, failure(FailureClass::Server, text));
        }
        self.lost_polls = 0;
        let (completed, failed) = (&status.completed, &status.failed);
        if self.see(Glance { read_at: now, completed, failed }) {
            self.progress_at = now;
        }
        match (status.document, status.error) {
            (Some(id), _) => self.completed(now, id),
            (None, Some(words)) => {
                self.outputs.push_back(Output::Gone);
                self.fail(now, Step::Poll, failure(FailureClass::Server, words));
                self.end(now);
            }
            (None, None) if now.since(self.progress_at) >= self.config.patience => {
                let text = format!("no further page within {} s", self.config.patience.as_secs_f64());
                self.give_up(now, Step::Poll, failure(FailureClass::Timeout, text));
            }
            (None, None) => {
                if let Some(pages) = &mut self.pages {
                    pages.look_on(sent_at);
                }
                self.wait = self.config.poll.after(self.wait);
                self.wait_to_poll(now);
            }
        }
    }

    /// Takes down what an answer shows. Gives whether any of it is new.
    fn see(&mut self, glance: Glance<'_>) -> bool {
        let Some(pages) = &mut self.pages else { return false };
        let (records, unknown) = pages.see(glance);
        let is_new = !records.is_empty();
        if self.measuring == Measuring::Yes {
            self.record.warnings += unknown;
            self.outputs.extend(records.into_iter().map(|page| Output::Fact(DocumentFact::Page(page))));
        }
        is_new
    }

    /// There is a document: what was not called failed is done.
    fn completed(&mut self, now: Instant, id: String) {
        self.close_pages(now, PageOutcome::Completed);
        if self.measuring == Measuring::Yes {
            self.record.completed_at = Some(now);
            self.record.end = DocumentEnd::Completed;
            self.measuring = Measuring::No;
        }
        self.record.document_id = Some(id.clone());
        self.outputs.push_back(Output::Exists(Remains::Document(id.clone())));
        self.call(now, Call::Delete { id });
    }

    fn open_pages(&mut self, now: Instant, pages: Pages) {
        self.pages = Some(pages);
        if self.measuring == Measuring::No {
            // Stopped while the order was on its way.
            self.close_pages(now, PageOutcome::Unseen);
        }
    }

    fn close_pages(&mut self, now: Instant, outcome: PageOutcome) {
        if let Some(pages) = &mut self.pages {
            let records = pages.close(now, outcome);
            self.outputs.extend(records.into_iter().map(|page| Output::Fact(DocumentFact::Page(page))));
        }
    }

    fn wait_to_poll(&mut self, now: Instant) {
        // Where nothing was accepted there is nothing to ask about.
        let Some(going) = self.going.clone() else { return };
        let (at, call) = (now + self.wait, Call::Poll(going));
        self.state = State::Until { at, reason: TimeoutReason::Poll, call };
    }
}

const fn failure(class: FailureClass, text: String) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: Kills::Session }
}
