//! What there is to do at a moment, model by model.

use std::sync::Arc;

use super::{Pipeline, Pool};
use crate::models::Workers;

/// What one model has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelLevels<'a> {
    /// Its name.
    pub model: &'a Arc<str>,
    /// Its workers; none where there is no limit.
    pub workers: Option<u32>,
    /// Jobs that wait.
    pub queued: u32,
    /// Workers with a job, lost ones included.
    pub busy: u32,
    /// Requests at the overflow provider.
    pub overflowing: u32,
}

impl Pipeline {
    /// What each model has to do, as of the last call, in the order of the configuration.
    pub fn levels(&self) -> impl Iterator<Item = ModelLevels<'_>> {
        self.pools.iter().map(|pool| ModelLevels {
            model: &pool.model.info.slug,
            workers: pool.workers(),
            queued: u32::try_from(pool.queue.len()).unwrap_or(u32::MAX),
            busy: pool.busy,
            overflowing: pool.overflowing,
        })
    }
}

impl Pool {
    /// Its workers; none where there is no limit.
    pub(super) const fn workers(&self) -> Option<u32> {
        match self.model.workers {
            Workers::Pull(workers) => Some(workers),
            Workers::Unlimited => None,
        }
    }
}
