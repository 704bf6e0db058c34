//! What a gateway tells of itself.

use claque_core::time::Instant;
use claque_gateway::{Load, ModelLevels, PipelineStats};

use super::{Gateway, extraction::ExtractionStats};

/// What a gateway holds now and has done since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GatewayStats {
    /// Open connections.
    pub connections: usize,
    /// Stored documents.
    pub documents: usize,
    /// Queues and workers.
    pub pipeline: PipelineStats,
    /// Extraction of documents.
    pub extraction: ExtractionStats,
}

impl Gateway {
    /// What the gateway holds and has done, as of the last call.
    #[must_use]
    pub fn stats(&self) -> GatewayStats {
        GatewayStats {
            connections: self.sessions.len(),
            documents: self.documents.len(),
            pipeline: self.pipeline.stats(),
            extraction: self.extractions.stats(),
        }
    }

    /// What each model has to do, as of the last call.
    pub fn levels(&self) -> impl Iterator<Item = ModelLevels<'_>> {
        self.pipeline.levels()
    }

    /// Has [`Gateway::load`] count from `now` on.
    pub fn restart_load(&mut self, now: Instant) {
        self.advance(now);
        self.pipeline.restart_load(now);
    }

    /// How much speech there was to be made until `now`, model by model.
    #[must_use]
    pub fn load(&self, now: Instant) -> Load {
        self.pipeline.load(now)
    }
}
