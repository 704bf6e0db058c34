//! What a lane tells: counters at once, facts in batches, and how late it acted at the end.

use std::sync::Arc;

use claque_core::{
    lag::LagHistogram,
    record::Fact,
    time::{Duration, Instant},
};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{beat::Beat, progress::Gauge};

/// Facts are gathered this long, and until the next beat, before they are handed over together.
const GATHER: Duration = Duration::from_millis(100);

/// A lane's books.
#[derive(Debug)]
pub(super) struct Ledger {
    gauge: Arc<Gauge>,
    beat: Beat,
    lag: LagHistogram,
    facts: Vec<Fact>,
    /// When they are to be handed over, if there are any.
    due: Option<Instant>,
    to: mpsc::Sender<Vec<Fact>>,
}

impl Ledger {
    pub(super) fn new(gauge: Arc<Gauge>, to: mpsc::Sender<Vec<Fact>>, beat: Beat) -> Self {
        Self { gauge, beat, lag: LagHistogram::default(), facts: Vec::new(), due: None, to }
    }

    pub(super) fn gauge(&self) -> &Gauge {
        &self.gauge
    }

    /// Notes that something was done this long after it was due.
    pub(super) fn late_by(&mut self, lag: Duration) {
        self.lag.record(lag);
    }

    pub(super) fn record(&mut self, fact: Fact, now: Instant) {
        self.gauge.count(&fact);
        self.facts.push(fact);
        self.due.get_or_insert_with(|| self.beat.next(now + GATHER));
    }

    /// When [`Ledger::deliver`] has something to do.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Hands facts over if it is time to. A caller that is behind gets them later.
    pub(super) fn deliver(&mut self, now: Instant) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        // As many again come until the next time, more or less.
        let next = Vec::with_capacity(self.facts.len());
        match self.to.try_send(std::mem::replace(&mut self.facts, next)) {
            Ok(()) => self.due = None,
            Err(TrySendError::Full(facts)) => {
                self.facts = facts;
                self.due = Some(now + GATHER);
            }
            // A caller that has gone wants no more facts.
            Err(TrySendError::Closed(_)) => self.due = None,
        }
    }

    /// Hands the last facts over, and gives how late the lane acted.
    pub(super) fn close(self) -> LagHistogram {
        if !self.facts.is_empty() {
            // A caller that has gone wants no more facts.
            let _gone = self.to.blocking_send(self.facts);
        }
        self.lag
    }
}
