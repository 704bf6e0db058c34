//! Times of what is over, as quantiles of fixed memory. The summary computes them anew and exactly.

use claque_core::{
    ids::BlockIdx,
    record::{BlockRecord, ListenerRecord},
    time::{Duration, duration_nanos},
};
use claque_stats::has_quantile;
use hdrhistogram::Histogram;

/// Longest time that is told apart, in microseconds: one hour.
const HIGHEST_MICROS: u64 = 3_600_000_000;

/// Times of one kind.
#[derive(Clone, Debug)]
pub(super) struct Spread {
    micros: Histogram<u64>,
}

impl Default for Spread {
    fn default() -> Self {
        let micros = Histogram::new_with_bounds(1, HIGHEST_MICROS, 2);
        Self { micros: micros.expect("the bounds satisfy 1 <= low, 2 * low <= high, digits <= 5") }
    }
}

impl Spread {
    fn add(&mut self, span: Duration) {
        self.micros.saturating_record(duration_nanos(span).div_ceil(1_000));
    }

    /// Times there are.
    pub(super) fn count(&self) -> u64 {
        self.micros.len()
    }

    /// The time in ms that so many percent did not exceed, to two digits; none without times beyond it.
    pub(super) fn quantile_ms(&self, percent: u32) -> Option<f64> {
        has_quantile(self.count(), percent * 1_000)
            .then(|| millis(self.micros.value_at_percentile(percent.into())))
    }

    /// The longest, to two digits; none without times.
    pub(super) fn max_ms(&self) -> Option<f64> {
        (!self.micros.is_empty()).then(|| millis(self.micros.max()))
    }
}

fn millis(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64() * 1_000.0
}

/// The times of a run's headline.
#[derive(Clone, Debug)]
pub(super) struct Times {
    pub(super) startup: Spread,
    pub(super) ttfa: Spread,
    pub(super) round_trip: Spread,
    /// Whether a listener's start was counted, by listener.
    counted: Vec<bool>,
}

impl Times {
    pub(super) fn new(listeners: u64) -> Self {
        Self {
            startup: Spread::default(),
            ttfa: Spread::default(),
            round_trip: Spread::default(),
            counted: vec![false; usize::try_from(listeners).unwrap_or(usize::MAX)],
        }
    }

    /// A listener that begins to play with its first block tells so as soon as that block is over.
    pub(super) fn block(&mut self, block: &BlockRecord) {
        if let (Some(requested_at), Some(ready_at)) = (block.requested_at, block.delivered_at()) {
            self.round_trip.add(ready_at.since(requested_at));
        }
        if block.block != BlockIdx(0) || block.batch != 0 || block.resends > 0 {
            return;
        }
        let place = usize::try_from(block.listener.0).unwrap_or(usize::MAX);
        if let (Some(intended_at), Some(started_at), Some(counted @ false)) =
            (block.intended_at, block.started_at, self.counted.get_mut(place))
        {
            *counted = true;
            self.startup.add(started_at.since(intended_at));
            if block.outcome.is_success() {
                self.ttfa.add(block.first_audio_at.unwrap_or(started_at).since(intended_at));
            }
        }
    }

    /// Others tell at their end.
    pub(super) fn listener(&mut self, listener: &ListenerRecord) {
        let place = usize::try_from(listener.listener.0).unwrap_or(usize::MAX);
        if let (Some(started_at), Some(counted @ false)) = (listener.started_at, self.counted.get_mut(place))
        {
            *counted = true;
            self.startup.add(started_at.since(listener.intended_at));
        }
    }
}
