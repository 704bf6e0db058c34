//! One side of a comparison: each of its figures, run by run.
//!
//! What is compared are runs. The listeners of one run wait in one queue and share its luck, so how they differ says nothing
//! of how runs differ (docs/compare.md has the figures).

use super::measure::Measure;
use crate::{observation::ListenerObservation, observe::Observations, ratio::Ratio, sample::has_quantile};

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

    /// Whether a run measured the times, but too few for the quantile that is meant.
    pub(super) fn has_too_few(&self, measure: Measure) -> bool {
        let Some((metric, statistic)) = measure.times() else { return false };
        let measured = |run: &&Observations| run.listeners().iter().any(|one| !one.times(metric).is_empty());
        statistic.percent().is_some()
            && self.runs.iter().any(|run| measured(run) && value(run, measure).is_none())
    }

    /// Share of the listeners that never began to play.
    pub(super) fn unstarted_share(&self) -> f64 {
        let (mut all, mut unstarted) = (0_u32, 0_u32);
        for listener in self.runs.iter().flat_map(|run| run.listeners()) {
            all += 1;
            unstarted += u32::from(listener.startup_ms.is_none());
        }
        f64::from(unstarted) / f64::from(all.max(1))
    }

    /// Whether audio came as a stream in any run.
    pub(super) fn is_streamed(&self) -> bool {
        self.runs.iter().flat_map(|run| run.listeners()).any(ListenerObservation::is_streamed)
    }

    /// What each listener of every run adds to the figure.
    pub(super) fn parts(&self, measure: Measure) -> Vec<Ratio> {
        self.runs.iter().flat_map(|run| run.listeners()).map(|listener| measure.ratio(listener)).collect()
    }
}

fn value(run: &Observations, measure: Measure) -> Option<f64> {
    let listeners = run.listeners();
    if !measure.is_measured(listeners) {
        return None;
    }
    if let Some((metric, statistic)) = measure.times()
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

/// Nearest-rank, as in the summary, and as there only where a value lies beyond it.
fn percentile(mut values: Vec<f64>, percent: u32) -> Option<f64> {
    if !has_quantile(u64::try_from(values.len()).unwrap_or(u64::MAX), percent * 1_000) {
        return None;
    }
    let percent = usize::try_from(percent).unwrap_or(usize::MAX);
    values.sort_unstable_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}
