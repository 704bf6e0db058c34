//! One side of a comparison: each of its figures, run by run.
//!
//! What is compared are runs. The listeners of one run wait in one queue and share its luck, so how they differ says nothing
//! of how runs differ (docs/compare.md has the figures).

use super::measure::{FEWEST_FOR_P95, Measure, Ratio};
use crate::observe::{ListenerObservation, Observations};

/// The runs of a side.
pub(super) struct Side<'a> {
    runs: Vec<&'a Observations>,
}

impl<'a> Side<'a> {
    pub(super) const fn new(runs: Vec<&'a Observations>) -> Self {
        Self { runs }
    }

    /// The figure in each run; none where nothing of it was measured, or too little for it.
    pub(super) fn values(&self, measure: Measure) -> Vec<Option<f64>> {
        self.runs.iter().map(|run| value(run, measure)).collect()
    }

    /// What each listener of every run adds to the figure.
    pub(super) fn parts(&self, measure: Measure) -> Vec<Ratio> {
        self.runs.iter().flat_map(|run| run.listeners()).map(|listener| measure.ratio(listener)).collect()
    }
}

fn value(run: &Observations, measure: Measure) -> Option<f64> {
    let listeners = run.listeners();
    if measure.needs_a_start() && listeners.iter().all(|listener| listener.startup_ms.is_none()) {
        return None;
    }
    if let Measure::Time(metric, statistic) = measure
        && let Some(percent) = statistic.percent()
    {
        let times = |listener: &ListenerObservation| listener.times(metric).to_vec();
        return percentile(listeners.iter().flat_map(times).collect(), percent);
    }
    let sum = listeners.iter().fold(Ratio::default(), |sum, listener| {
        let part = measure.ratio(listener);
        Ratio { above: sum.above + part.above, below: sum.below + part.below }
    });
    (sum.below > 0.0).then(|| sum.above / sum.below)
}

/// Nearest-rank, as in the summary.
fn percentile(mut values: Vec<f64>, percent: usize) -> Option<f64> {
    if percent > 50 && values.len() < FEWEST_FOR_P95 {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}
