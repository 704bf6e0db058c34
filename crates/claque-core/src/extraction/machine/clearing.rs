//! What is not wanted any more: an extraction that is called off, and the document that may be there all the same.

use super::{CallingOff, Extraction, LeftoverState, Measuring, State};
use crate::{
    event::Failure,
    extraction::{Call, ExtractionInProgress, Leftover, OnStop, Output, PageOutcome, Status, Step},
    time::Instant,
};

/// Questions after an extraction was called off: pages in flight end, and a document may have been made just before.
const POLLS_AFTER: u32 = 3;

impl Extraction {
    /// Has the service stop what it does for us.
    pub(super) fn call_off(&mut self, now: Instant, going: ExtractionInProgress) {
        self.calling_off = CallingOff::Asked;
        self.lost_polls = 0;
        self.call(now, Call::Cancel(going));
    }

    /// The service says that it has.
    pub(super) fn called_off(&mut self, now: Instant) {
        self.calling_off = CallingOff::Done { polls: 0 };
        match self.going.clone() {
            Some(going) => self.call(now, Call::Poll(going)),
            None => self.end(now),
        }
    }

    /// The service would not. Servers without that call, and those that know the extraction no more, make a document of
    /// it or have made one: it is asked for.
    pub(super) fn not_called_off(&mut self, now: Instant, failure: Failure) {
        self.error(now, Step::Cancel, failure);
        self.calling_off = CallingOff::Refused;
        match self.going.clone() {
            // Somebody who has seen nothing for too long, or is not let in, has done what can be done.
            Some(_) if self.given_up => self.leave(now),
            Some(going) => self.call(now, Call::Poll(going)),
            None => self.leave(now),
        }
    }

    /// Takes an answer about an extraction that is not wanted, if it shows no document. Gives whether it did.
    pub(super) fn sees_the_end_of_what_is_called_off(&mut self, now: Instant, status: &Status) -> bool {
        if status.document.is_some() {
            return false;
        }
        let goes_on = status.found && status.error.is_none();
        match (self.calling_off, self.going.clone()) {
            (CallingOff::No, Some(going)) if self.clearing == LeftoverState::Unseen && goes_on => {
                self.clearing = LeftoverState::Seen;
                self.call_off(now, going);
            }
            (CallingOff::Done { polls }, _) if goes_on && polls + 1 < POLLS_AFTER => {
                self.calling_off = CallingOff::Done { polls: polls + 1 };
                self.wait = self.config.poll.first;
                self.wait_to_poll(now);
            }
            // A service that knew nothing of it before says the same of one that has become a document.
            (CallingOff::Done { .. }, _) if self.given_up && !status.found => self.leave(now),
            (CallingOff::Done { .. }, _) => {
                self.outputs.push_back(Output::Gone);
                self.end(now);
            }
            (CallingOff::No | CallingOff::Asked | CallingOff::Refused, _) => return false,
        }
        true
    }

    /// Ends with the extraction going on.
    pub(super) fn leave(&mut self, now: Instant) {
        self.record.left_behind = self.going.clone().map(|going| Leftover::Extraction(going).to_string());
        self.end(now);
    }

    pub(super) fn stop(&mut self, now: Instant) {
        self.stopped = true;
        let call = match &self.state {
            State::Done => return,
            State::Idle => None,
            State::Answer { call, .. } => Some((call.clone(), true)),
            State::Until { call, .. } => Some((call.clone(), false)),
        };
        if self.measuring == Measuring::Yes {
            self.close_pages(now, PageOutcome::Unseen);
            self.measuring = Measuring::No;
        }
        match (call, self.config.on_stop) {
            // Nothing was ordered yet.
            (None | Some((Call::Prepare, _)) | Some((Call::Create { .. }, false)), _) => self.end(now),
            // What is answered is not waited for long, and what waits for a limit is not waited for at all.
            (Some((Call::Delete { .. }, true)), _) => {}
            (Some((Call::Delete { id }, false)), _) => {
                self.record.left_behind = Some(Leftover::Document(id).to_string());
                self.end(now);
            }
            (Some((Call::Create { .. }, true)), OnStop::Clear) => {}
            (Some((Call::Cancel(_), true)), OnStop::Clear) => {}
            (Some((Call::Cancel(_), false)), OnStop::Clear) => self.leave(now),
            (Some((Call::Poll(going), _)), OnStop::Clear) => match self.calling_off {
                CallingOff::No => self.call_off(now, going),
                CallingOff::Asked | CallingOff::Done { .. } | CallingOff::Refused => {}
            },
            (
                Some((Call::Create { .. }, true) | (Call::Poll(_), _) | (Call::Cancel(_), _)),
                OnStop::Leave,
            ) => self.end(now),
        }
    }
}
