//! Who is there: Little's law, held to the facts of every run in which debug assertions are on.

use claque_core::{
    record::ListenerRecord,
    time::{Duration, Instant},
};

/// Listeners that are there, summed over time as they come and go. By Little's law that sum, the average number times the time, is the sum of
/// all stays, the number of arrivals times the average stay; what the facts say of the stays must give the very same.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    there: u32,
    since: Instant,
    over_time: Duration,
    stays: Duration,
    /// Ends that were known only later than they were: a stream whose audio ended before the stream did.
    known_late: Duration,
}

impl Presence {
    /// A listener comes.
    pub(crate) fn come(&mut self, now: Instant) {
        self.pass(now);
        self.there += 1;
    }

    /// A listener has gone, with this record.
    pub(crate) fn go(&mut self, now: Instant, record: &ListenerRecord) {
        self.pass(now);
        self.there -= 1;
        self.stays += record.ended_at.since(record.intended_at);
        self.known_late += now.since(record.ended_at);
    }

    /// Looks whether the law holds, once everybody has gone.
    pub(crate) fn check(&self) {
        debug_assert_eq!(
            self.over_time,
            self.stays + self.known_late,
            "listeners over time are not the sum of their stays"
        );
    }

    fn pass(&mut self, now: Instant) {
        self.over_time += now.since(self.since) * self.there;
        self.since = now;
    }
}
