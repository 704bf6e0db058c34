//! How much the service had to do, where it tells: an embedded gateway and the simulator's do.

use claque_gateway::{Load, ModelLoad};
use claque_store::{ModelLoadRow, ServiceLoad};

/// As it is kept.
pub(super) fn row(load: &Load) -> ServiceLoad {
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

fn thousandths(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}
