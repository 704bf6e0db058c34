//! Time passes: what is due is done, in order, each at its own time.

use claque_core::time::Instant;

use super::Gateway;

/// What is due, in the order of equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An injected outage cuts every connection.
    Cut,
    Speech,
    Page,
    Admission,
}

impl Gateway {
    /// Does all that is due until `now`, in order of time; of those at one time an outage comes first, then
    /// speech, then pages.
    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        loop {
            self.pass_on();
            let cut = self.cut_at.map(|at| (at, Due::Cut));
            let speech = self.pipeline.next_timer().map(|(at, _)| (at, Due::Speech));
            let page = self.extractions.next_timer().map(|(at, _)| (at, Due::Page));
            let admission = self.sessions.next_admission().map(|at| (at, Due::Admission));
            let first = [cut, speech, page, admission].into_iter().flatten().min();
            match first.filter(|(at, _)| *at <= self.now) {
                Some((at, Due::Cut)) => {
                    self.cut_at = None;
                    self.sessions.close_all(&mut self.outputs, at);
                }
                Some((_, Due::Speech)) => self.pipeline.step(),
                Some((_, Due::Page)) => {
                    self.extractions.step();
                    self.file_documents();
                }
                Some((_, Due::Admission)) => self.admit_next(),
                None => return,
            }
        }
    }
}
