//! What of the service was at its limit, where it tells.

use claque_store::{ModelLoadRow, ServiceLoad};
use serde::Serialize;

use crate::answer::ALL_BUSY;

/// How near to its limit a model was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ModelLimit {
    pub(super) model: String,
    /// None where there is no limit.
    pub(super) workers: Option<u32>,
    /// Share of the run's spans in which all workers had something to do, in percent; none without a limit.
    pub(super) all_busy_pct: Option<f64>,
    /// Most blocks that ever waited for a worker at once.
    pub(super) most_queued: u32,
    /// Of the time that blocks waited for a worker or were with one, the part that they waited, in percent; none where there was
    /// nothing to do.
    pub(super) queue_pct: Option<f64>,
    /// Share of the run's spans in which blocks were at the overflow provider, in percent.
    pub(super) overflow_pct: Option<f64>,
}

/// Each model that had something to do.
pub(super) fn of(load: Option<&ServiceLoad>) -> Vec<ModelLimit> {
    let models = load.into_iter().flat_map(|load| &load.models);
    models.map(limit).filter(|model| model.queue_pct.is_some() || model.overflow_pct > Some(0.0)).collect()
}

fn limit(model: &ModelLoadRow) -> ModelLimit {
    let workers = model.workers.filter(|workers| *workers > 0);
    let all_busy = workers.and_then(|workers| {
        let full = f64::from(workers) * ALL_BUSY;
        share(&model.busy, |busy| busy >= full)
    });
    // Little: time summed over all who are there is what a mean over time counts, so the two means are in the ratio of the two sums.
    let there = model.mean_queued + model.mean_busy;
    ModelLimit {
        model: model.model.clone(),
        workers,
        all_busy_pct: all_busy,
        most_queued: model.most_queued,
        queue_pct: (there > 0.0).then(|| 100.0 * model.mean_queued / there),
        overflow_pct: share(&model.overflowing, |blocks| blocks > 0.0),
    }
}

fn share(spans: &[f64], is_one: impl Fn(f64) -> bool) -> Option<f64> {
    let count = |len: usize| f64::from(u32::try_from(len).unwrap_or(u32::MAX));
    let ones = spans.iter().filter(|span| is_one(**span)).count();
    (!spans.is_empty()).then(|| 100.0 * count(ones) / count(spans.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_house_is_told_with_what_waited_for_it() {
        let row = ModelLoadRow {
            model: "kokoro".to_owned(),
            workers: Some(2),
            most_queued: 7,
            mean_queued: 4.5,
            mean_busy: 1.5,
            queued: vec![9.0, 9.0, 0.0, 0.0],
            busy: vec![2.0, 2.0, 1.99, 0.0],
            overflowing: vec![0.0, 0.5, 0.0, 0.0],
        };
        let idle = ModelLoadRow { model: "idle".to_owned(), ..ModelLoadRow::default() };
        let limits = of(Some(&ServiceLoad { span_ms: 500.0, models: vec![row, idle] }));
        let told = limits.iter().map(|one| {
            (one.model.as_str(), one.all_busy_pct, one.queue_pct, one.overflow_pct, one.most_queued)
        });
        // 1.99 of 2 is 99.5 %; 4.5 of 6 waited.
        let expected = [("kokoro", Some(75.0), Some(75.0), Some(25.0), 7)];
        assert_eq!(told.collect::<Vec<_>>(), expected, "who had nothing to do is left out");
        assert!(of(None).is_empty());
    }
}
