//! What goes wrong in a conversation, and how it ends.

use super::{CallingOff, Extraction, LeftoverState, Measuring, State};
use crate::{
    event::{Failure, FailureClass},
    extraction::{
        AiTransform, Call, Leftover, Output, TimeoutReason,
        record::{DocumentEnd, DocumentFact, PageOutcome, Step, StepError},
    },
    time::{Duration, Instant},
};

/// Answers in a row that may fail, or not know the extraction, before it is given up: the service's status lives in
/// a cache that may be late, and a proxy may stumble once.
const POLL_TRIES: u32 = 3;
/// How often an upload, an order that surely came to nothing, a calling off and a deletion are tried when the service
/// stumbles, and how far apart at first; each wait is twice the one before.
const TRIES: u32 = 3;
const RETRY: Duration = Duration::from_millis(500);

impl Extraction {
    /// A call came to nothing.
    pub(super) fn refused(&mut self, now: Instant, call: Call, failure: Failure) {
        if self.stumbles(&call, &failure) {
            return self.try_again(now, call, failure);
        }
        match call {
            Call::Prepare => {
                self.fail(now, Step::Prepare, failure);
                self.end(now);
            }
            Call::Create { .. } => {
                if failure.is_surely_refused() {
                    self.outputs.push_back(Output::Gone);
                } else {
                    self.record.left_behind = Some(Leftover::Asked.to_string());
                }
                self.fail(now, Step::Create, failure);
                self.end(now);
            }
            Call::Cancel(_) => self.not_called_off(now, failure),
            // The same question will get the same answer.
            Call::Poll(_) if failure.class.is_callers() || failure.class == FailureClass::Protocol => {
                self.give_up(now, Step::Poll, failure);
            }
            Call::Poll(_) => self.poll_lost(now, failure),
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

    /// Whether a call is made again after that: one that does nothing twice, of a service or a way to it that may have
    /// stumbled once.
    fn stumbles(&self, call: &Call, failure: &Failure) -> bool {
        let is_safe = match call {
            Call::Prepare => !self.stopped,
            // A language model that is not configured will not be in a second.
            Call::Create { ai_transform, .. } => {
                let is_refused = failure.is_surely_refused() && !self.stopped;
                is_refused && (failure.code.is_none() || *ai_transform == AiTransform::Off)
            }
            Call::Cancel(_) | Call::Delete { .. } => true,
            // Has its own count.
            Call::Poll(_) => false,
        };
        failure.class.may_pass() && is_safe && self.hiccups + 1 < TRIES
    }

    fn try_again(&mut self, now: Instant, call: Call, failure: Failure) {
        self.error(now, call.step(), failure);
        if let Call::Create { .. } = &call {
            self.outputs.push_back(Output::Gone);
        }
        let at = now + RETRY.saturating_mul(1_u32 << self.hiccups.min(8));
        self.hiccups += 1;
        self.state = State::Until { at, reason: TimeoutReason::Pace, call };
    }

    fn delete_failed(&mut self, now: Instant, id: String, failure: Failure) {
        self.error(now, Step::Delete, failure);
        self.record.left_behind = Some(Leftover::Document(id).to_string());
        self.end(now);
    }

    /// Ends an extraction that is not waited for any more: it is called off.
    pub(super) fn give_up(&mut self, now: Instant, step: Step, failure: Failure) {
        let asks_in_vain = failure.class == FailureClass::Auth;
        self.fail(now, step, failure);
        match (self.going.clone(), self.calling_off) {
            (Some(going), CallingOff::No) if !asks_in_vain && self.clearing != LeftoverState::Unseen => {
                self.given_up = true;
                self.call_off(now, going);
            }
            (_, CallingOff::Done { .. }) => {
                self.outputs.push_back(Output::Gone);
                self.end(now);
            }
            (_, CallingOff::No | CallingOff::Asked | CallingOff::Refused) => self.leave(now),
        }
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

    pub(super) fn end(&mut self, now: Instant) {
        self.record.ended_at = now;
        self.outputs.push_back(Output::Fact(DocumentFact::Document(self.record.clone())));
        self.outputs.push_back(Output::Ended);
        self.state = State::Done;
    }
}
