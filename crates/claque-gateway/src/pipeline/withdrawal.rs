//! Jobs that are given up while they wait in a queue.

use claque_core::time::Instant;

use super::{EvictedKey, Pipeline, Subscriber, variants::Waiting};
use crate::ids::VariantHash;

impl Pipeline {
    /// A block is given up: the job that was made for it goes, if it still waits in a queue, also from under those who joined
    /// it. A block that only joined another's job gives up nothing. Jobs in somebody's hands are finished and announced.
    pub fn withdraw(&mut self, at: Instant, subscriber: Subscriber) {
        let Some(no) = self.by_block.remove(subscriber) else { return };
        if self.jobs.get(no).is_none_or(|job| job.queued_at.is_none()) {
            return;
        }
        if let Some(job) = self.drop_job(no) {
            match self.config.evicted_key {
                EvictedKey::Freed => self.variants.free(&job.ask.variant, no),
                EvictedKey::Kept => {}
            }
            self.stats.evicted += 1;
            self.note_load(at);
        }
    }

    /// A subscriber gives a variant up: its job goes, if it still waits in a queue and nobody else waits for it.
    pub fn call_off(&mut self, at: Instant, variant: &VariantHash, subscriber: Subscriber) {
        let Some(no) = self.variants.job(variant) else { return };
        let is_queued = self.jobs.get(no).is_some_and(|job| job.queued_at.is_some());
        if is_queued && self.variants.unsubscribe(variant, &subscriber) == Waiting::Nobody {
            self.variants.free(variant, no);
            self.drop_job(no);
            self.stats.evicted += 1;
            self.note_load(at);
        }
    }
}
