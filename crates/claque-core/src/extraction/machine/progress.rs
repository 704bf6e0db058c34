//! How far an extraction is: what each poll says of its pages, and when the next one is.

use super::{Extraction, Measuring, State, failure};
use crate::{
    event::FailureClass,
    extraction::{
        Call, Leftover, Output, Status, TimeoutReason,
        pages::{Pages, PagesSnapshot},
        record::{DocumentEnd, DocumentFact, PageOutcome, Step},
    },
    time::Instant,
};

impl Extraction {
    pub(super) fn status(&mut self, now: Instant, sent_at: Instant, status: Status) {
        if self.sees_the_end_of_what_is_called_off(now, &status) {
            return;
        }
        if !status.found && status.document.is_none() && status.error.is_none() {
            let text = "the service does not know the extraction (any more)".to_owned();
            return self.poll_lost(now, failure(FailureClass::Server, text));
        }
        self.lost_polls = 0;
        if let Some(doubt) = self.doubt_status(&status) {
            return match status.document {
                // It is there, so it is deleted; it is no success.
                Some(id) => {
                    self.fail(now, Step::Poll, doubt);
                    self.completed(now, id);
                }
                None => self.give_up(now, Step::Poll, doubt),
            };
        }
        let (completed, failed) = (&status.completed, &status.failed);
        if self.see(PagesSnapshot { read_at: now, completed, failed }) {
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
    pub(super) fn see(&mut self, glance: PagesSnapshot<'_>) -> bool {
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
    pub(super) fn completed(&mut self, now: Instant, id: String) {
        self.close_pages(now, PageOutcome::Completed);
        if self.measuring == Measuring::Yes {
            self.record.completed_at = Some(now);
            self.record.end = DocumentEnd::Completed;
            self.measuring = Measuring::No;
        }
        self.record.document_id = Some(id.clone());
        self.outputs.push_back(Output::Exists(Leftover::Document(id.clone())));
        self.call(now, Call::Delete { id });
    }

    pub(super) fn open_pages(&mut self, now: Instant, pages: Pages) {
        self.pages = Some(pages);
        if self.measuring == Measuring::No {
            // Stopped while the order was on its way.
            self.close_pages(now, PageOutcome::Unseen);
        }
    }

    pub(super) fn close_pages(&mut self, now: Instant, outcome: PageOutcome) {
        if let Some(pages) = &mut self.pages {
            let records = pages.close(now, outcome);
            self.outputs.extend(records.into_iter().map(|page| Output::Fact(DocumentFact::Page(page))));
        }
    }

    pub(super) fn wait_to_poll(&mut self, now: Instant) {
        // Where nothing was accepted there is nothing to ask about.
        let Some(going) = self.going.clone() else { return };
        let (at, call) = (now + self.wait, Call::Poll(going));
        self.state = State::Until { at, reason: TimeoutReason::Poll, call };
    }
}
