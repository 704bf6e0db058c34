//! What goes wrong in a conversation, and how it ends.

use super::{Extraction, Measuring, State, failure};
use crate::{
    event::{Failure, FailureClass},
    extraction::{
        Call, OnStop, Output, Remains, TimeoutReason,
        record::{DocumentEnd, DocumentFact, PageOutcome, Step, StepError},
    },
    time::{Duration, Instant},
};

/// Answers in a row that may fail, or not know the extraction, before it is given up: the service's status lives in
/// a cache that may be late, and a proxy may stumble once.
const POLL_TRIES: u32 = 3;
/// Deletions that are tried, so far apart.
const DELETE_TRIES: u32 = 3;
const DELETE_RETRY: Duration = Duration::from_secs(1);

impl Extraction {
    /// A call came to nothing.
    pub(super) fn refused(&mut self, now: Instant, call: Call, failure: Failure) {
        match call {
            Call::Prepare => {
                self.fail(now, Step::Prepare, failure);
                self.end(now);
            }
            Call::Create { .. } => {
                if failure.is_surely_refused() {
                    self.outputs.push_back(Output::Gone);
                } else {
                    self.record.left_behind = Some(Remains::Asked.to_string());
                }
                self.fail(now, Step::Create, failure);
                self.end(now);
            }
            Call::Poll(_) => match failure.class {
                // The same question will get the same answer.
                FailureClass::Auth | FailureClass::Invalid | FailureClass::Protocol => {
                    self.give_up(now, Step::Poll, failure);
                }
                FailureClass::Limit
                | FailureClass::Overload
                | FailureClass::Server
                | FailureClass::Transport
                | FailureClass::Timeout => self.poll_lost(now, failure),
            },
            Call::Delete { id } => self.delete_failed(now, id, failure),
        }
    }

    /// A poll told nothing. The extraction goes on meanwhile, so the next one may.
    pub(super) fn poll_lost(&mut self, now: Instant, failure: Failure) {
        self.lost_polls += 1;
        if self.lost_polls >= POLL_TRIES {
            return self.give_up(now, Step::Poll, failure);
        }
        if self.measuring == Measuring::Yes {
            self.error(now, Step::Poll, failure);
        }
        self.wait = self.config.poll.after(self.wait);
        self.wait_to_poll(now);
    }

    fn delete_failed(&mut self, now: Instant, id: String, failure: Failure) {
        let again = match failure.class {
            FailureClass::Overload | FailureClass::Server | FailureClass::Transport => {
                self.deletions < DELETE_TRIES
            }
            FailureClass::Auth
            | FailureClass::Invalid
            | FailureClass::Limit
            | FailureClass::Protocol
            | FailureClass::Timeout => false,
        };
        self.error(now, Step::Delete, failure);
        if again {
            let (at, call) = (now + DELETE_RETRY, Call::Delete { id });
            self.state = State::Until { at, reason: TimeoutReason::Pace, call };
        } else {
            self.record.left_behind = Some(Remains::Document(id).to_string());
            self.end(now);
        }
    }

    pub(super) fn too_many_pages(&mut self, now: Instant, step: Step, pages: Option<u32>) {
        let text = format!("the service speaks of {} pages", pages.unwrap_or(0));
        self.give_up(now, step, failure(FailureClass::Protocol, text));
    }

    /// Ends an extraction that goes on without us.
    pub(super) fn give_up(&mut self, now: Instant, step: Step, failure: Failure) {
        self.record.left_behind = self.unfinished_extraction();
        self.fail(now, step, failure);
        self.end(now);
    }

    fn unfinished_extraction(&self) -> Option<String> {
        self.going.clone().map(|going| Remains::Extraction(going).to_string())
    }

    pub(super) fn fail(&mut self, now: Instant, step: Step, failure: Failure) {
        if self.measuring == Measuring::Yes {
            self.record.end = DocumentEnd::Failed { step, class: failure.class };
            self.close_pages(now, PageOutcome::Unseen);
        }
        self.error(now, step, failure);
        self.measuring = Measuring::No;
    }

    pub(super) fn error(&mut self, at: Instant, step: Step, failure: Failure) {
        let document = self.config.document;
        self.outputs.push_back(Output::Fact(DocumentFact::Error(StepError { document, at, step, failure })));
    }

    pub(super) fn stop(&mut self, now: Instant) {
        let step = match &self.state {
            State::Done => return,
            State::Idle => None,
            State::Answer { call, .. } => Some((call.step(), true)),
            State::Until { call, .. } => Some((call.step(), false)),
        };
        if self.measuring == Measuring::Yes {
            self.close_pages(now, PageOutcome::Unseen);
            self.measuring = Measuring::No;
        }
        match (step, self.config.on_stop) {
            // Nothing was ordered yet.
            (None | Some((Step::Prepare, _)) | Some((Step::Create, false)), _) => self.end(now),
            (Some((Step::Delete, _)), _) => {}
            (Some((Step::Create, true)), OnStop::Clear) | (Some((Step::Poll, _)), OnStop::Clear) => {}
            (Some((Step::Create, true)), OnStop::Leave) | (Some((Step::Poll, _)), OnStop::Leave) => {
                self.end(now);
            }
        }
    }

    pub(super) fn end(&mut self, now: Instant) {
        self.record.ended_at = now;
        self.outputs.push_back(Output::Fact(DocumentFact::Document(self.record.clone())));
        self.outputs.push_back(Output::Ended);
        self.state = State::Done;
    }
}
