//! What a lane tells: counters at once, facts in batches, and how late it acted at the end.

use std::sync::Arc;

use claque_core::{
    lag::LagHistogram,
    record::{Arrived, Asked, Fact},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{beat::Beat, progress::Gauge};

/// Facts are gathered this long, and until the next beat, before they are handed over together.
const GATHER: Duration = Duration::from_millis(100);

/// What was asked for is handed over after this, with whatever facts there are: a process that is killed loses no more of it.
const GATHER_ASKED: Duration = Duration::from_millis(50);

/// Facts that a lane keeps at most for a caller that is behind, some 50 MB: then it waits for the caller, which its
/// heartbeat tells.
const MOST_KEPT: usize = 200_000;

/// What happened since the last batch.
#[derive(Debug, Default)]
pub struct Batch {
    /// Blocks that were asked for.
    pub asked: Vec<Asked>,
    /// Blocks whose audio became whole; of those that are over by now there is a fact, too.
    pub arrived: Vec<Arrived>,
    /// Facts, in the order in which they became final for each listener.
    pub facts: Vec<Fact>,
}

/// A lane's books.
#[derive(Debug)]
pub(super) struct Ledger {
    gauge: Arc<Gauge>,
    beat: Beat,
    lag: LagHistogram,
    batch: Batch,
    /// When it is to be handed over, if there is anything in it.
    due: Option<Instant>,
    to: mpsc::Sender<Batch>,
}

impl Ledger {
    pub(super) fn new(gauge: Arc<Gauge>, to: mpsc::Sender<Batch>, beat: Beat) -> Self {
        Self { gauge, beat, lag: LagHistogram::default(), batch: Batch::default(), due: None, to }
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
        self.batch.facts.push(fact);
        self.due.get_or_insert_with(|| self.beat.next(now + GATHER));
    }

    /// Notes that a block's audio is whole.
    pub(super) fn record_arrived(&mut self, arrived: Arrived, now: Instant) {
        self.batch.arrived.push(arrived);
        self.due.get_or_insert_with(|| self.beat.next(now + GATHER));
    }

    /// Notes what was asked for in a request that was written at `at`.
    pub(super) fn record_asked(&mut self, asked: impl Iterator<Item = Asked>, at: Instant) {
        self.batch.asked.extend(asked);
        let due = at + GATHER_ASKED;
        self.due = Some(self.due.map_or(due, |earlier| earlier.min(due)));
    }

    /// When [`Ledger::deliver`] has something to do.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Hands over what there is if it is time to. A caller that is behind gets it later.
    pub(super) fn deliver(&mut self, now: Instant) {
        if self.due.is_none_or(|due| due > now) {
            return;
        }
        // As many again come until the next time, more or less.
        let next = Batch {
            asked: Vec::with_capacity(self.batch.asked.len()),
            arrived: Vec::with_capacity(self.batch.arrived.len()),
            facts: Vec::with_capacity(self.batch.facts.len()),
        };
        match self.to.try_send(std::mem::replace(&mut self.batch, next)) {
            Ok(()) => self.due = None,
            Err(TrySendError::Full(batch)) if batch.facts.len() + batch.arrived.len() < MOST_KEPT => {
                self.batch = batch;
                self.due = Some(now + GATHER);
            }
            Err(TrySendError::Full(batch)) => {
                // A caller that has gone meanwhile wants no more of it.
                let _gone = self.to.blocking_send(batch);
                self.due = None;
            }
            // A caller that has gone wants no more facts.
            Err(TrySendError::Closed(_)) => self.due = None,
        }
    }

    /// Hands the last facts over, and gives how late the lane acted.
    pub(super) fn close(self) -> LagHistogram {
        let Batch { asked, arrived, facts } = &self.batch;
        if !(asked.is_empty() && arrived.is_empty() && facts.is_empty()) {
            // A caller that has gone wants no more facts.
            let _gone = self.to.blocking_send(self.batch);
        }
        self.lag
    }
}

#[cfg(test)]
mod tests {
    use claque_core::ids::{BlockIdx, ListenerId};

    use super::*;

    #[test]
    fn what_was_asked_for_is_told_sooner_than_what_became_of_it() {
        let (to, mut from) = mpsc::channel(4);
        let mut ledger = Ledger::new(Arc::default(), to, Beat::of(1));
        let at = Instant::from_millis(1_003);
        let asked = |block| Asked { listener: ListenerId(3), block: BlockIdx(block), at, wanted: None };
        ledger.record_asked([0, 1].map(asked).into_iter(), at);
        assert_eq!(ledger.due(), Some(Instant::from_millis(1_053)));
        ledger.deliver(Instant::from_millis(1_052));
        assert!(from.try_recv().is_err(), "it is not time yet");
        ledger.deliver(Instant::from_millis(1_053));
        let asked = from.try_recv().unwrap().asked;
        assert_eq!(
            asked.iter().map(|asked| (asked.block.0, asked.at)).collect::<Vec<_>>(),
            [(0, at), (1, at)]
        );
        assert_eq!(ledger.due(), None);
    }
}
