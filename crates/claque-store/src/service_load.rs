//! How much a service had to do during a run, where it tells.

use serde::{Deserialize, Serialize};

/// How much a service had to do over time, where it tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServiceLoad {
    /// Length of a span; the first begins with the run, the last may be cut short.
    pub span_ms: f64,
    /// Each model's.
    pub models: Vec<ModelLoadRow>,
}

/// How much there was to do for one model. Its lists have a mean for each span.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelLoadRow {
    /// Model slug.
    pub model: String,
    /// Its workers; none where there is no limit.
    pub workers: Option<u32>,
    /// Most blocks that ever waited for a worker at once.
    pub most_queued: u32,
    /// Blocks that waited for a worker, on average over the whole run.
    pub mean_queued: f64,
    /// Workers that had something to do, on average over the whole run.
    pub mean_busy: f64,
    /// Blocks that waited for a worker.
    pub queued: Vec<f64>,
    /// Workers that had something to do.
    pub busy: Vec<f64>,
    /// Blocks at the overflow provider.
    pub overflowing: Vec<f64>,
}
