//! Time passes: what is due is done, in order, each at its own time.

use claque_core::time::Instant;

use super::Gateway;

/// What is due, in the order of equals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// An injected outage cuts every connection.
    Cut,
    /// Another fault says or does something.
    Fault,
    Speech,
    Page,
    Admission,
}

impl Gateway {
    /// Does all that is due until `now`, in order of time; of those at one time faults come first, then speech,
    /// then pages.
    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        loop {
            self.pass_on();
            let due = self.first_due().filter(|(at, _)| *at <= self.now);
            self.steps += u64::from(due.is_some());
            match due {
                Some((at, Due::Cut)) => {
                    if let Some(outage) = self.cuts.pop_front() {
                        self.sessions.close_all(&mut self.outputs, at, outage.code);
                    }
                }
                Some((_, Due::Fault)) => self.sessions.do_later(&mut self.outputs),
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

    /// What is due first, and when. Asked several times for each piece of news.
    fn first_due(&self) -> Option<(Instant, Due)> {
        let mut first = None;
        // In the order of equals, so that a later one is first only if it is due before.
        let mut look_at = |at: Option<Instant>, due: Due| {
            if let Some(at) = at
                && first.is_none_or(|(earliest, _)| at < earliest)
            {
                first = Some((at, due));
            }
        };
        look_at(self.cuts.front().map(|outage| outage.outage.from), Due::Cut);
        look_at(self.sessions.next_later(), Due::Fault);
        look_at(self.pipeline.next_timer().map(|(at, _)| at), Due::Speech);
        look_at(self.extractions.next_timer().map(|(at, _)| at), Due::Page);
        look_at(self.sessions.next_admission(), Due::Admission);
        first
    }
}
