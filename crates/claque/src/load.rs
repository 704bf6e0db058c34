//! How much the service had to do, where it tells: an embedded gateway and the simulator's do.

use claque_gateway::{Load, ModelLoad};
use claque_store::{ModelLoadRow, ServiceLoad};

use crate::report::units::{counted, percent_or_na};

/// As it is kept.
pub(crate) fn row(load: &Load) -> ServiceLoad {
    let model = |load: &ModelLoad| ModelLoadRow {
        model: load.model.to_string(),
        workers: load.workers,
        most_queued: load.most_queued,
        mean_queued: thousandths(load.mean_queued),
        mean_busy: thousandths(load.mean_busy),
        queued: load.queued.iter().copied().map(thousandths).collect(),
        busy: load.busy.iter().copied().map(thousandths).collect(),
        overflowing: load.overflowing.iter().copied().map(thousandths).collect(),
    };
    ServiceLoad {
        span_ms: load.span.as_secs_f64() * 1_000.0,
        models: load.models.iter().map(model).collect(),
    }
}

/// "kokoro: 12 workers, busy 93.1 %; 236 blocks queued at most, 88.1 on average".
pub(crate) fn words(model: &ModelLoadRow) -> String {
    let busy = match model.workers {
        Some(workers) => {
            let share = percent_or_na(Some(100.0 * model.mean_busy / f64::from(workers.max(1))));
            format!("{}, busy {share}", counted(u64::from(workers), "worker"))
        }
        None => format!("workers without limit, {:.1} busy on average", model.mean_busy),
    };
    let queued = if model.most_queued == 0 {
        "nothing ever queued".to_owned()
    } else {
        let blocks = counted(u64::from(model.most_queued), "block");
        format!("{blocks} queued at most, {:.1} on average", model.mean_queued)
    };
    format!("{}: {busy}; {queued}", model.model)
}

fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_and_queues_are_told_in_words() {
        let model = ModelLoadRow {
            model: "kokoro".to_owned(),
            workers: Some(12),
            most_queued: 1_236,
            mean_queued: 88.14,
            mean_busy: 11.172,
            ..ModelLoadRow::default()
        };
        assert_eq!(
            words(&model),
            "kokoro: 12 workers, busy 93.1 %; 1,236 blocks queued at most, 88.1 on average"
        );
        let model = ModelLoadRow { workers: None, most_queued: 0, ..model };
        assert_eq!(words(&model), "kokoro: workers without limit, 11.2 busy on average; nothing ever queued");
    }
}
