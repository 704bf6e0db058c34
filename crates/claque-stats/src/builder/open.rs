//! What is kept of the blocks of a listener until there are no more of them.

use claque_core::{
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord},
    time::Instant,
};

use crate::sample::Sample;

/// What is kept of the blocks of a listener until there are no more of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    /// Request and moment of each ready block.
    pub(super) ready: Vec<(u32, Instant)>,
    pub(super) delivered: Vec<BlockIdx>,
    pub(super) forgone: Vec<BlockIdx>,
}

impl Open {
    pub(super) fn add(&mut self, record: &BlockRecord) {
        self.ready.extend(record.delivered_at().map(|at| (record.batch, at)));
        if record.outcome.is_success() {
            self.delivered.push(record.block);
        } else if record.outcome == BlockOutcome::Abandoned {
            self.forgone.push(record.block);
        }
    }
}

/// Between two requests the player pauses of its own accord, so a gap counts only inside one.
pub(super) fn add_gaps_within_requests(mut ready: Vec<(u32, Instant)>, gaps: &mut Sample) {
    ready.sort_unstable();
    for pair in ready.windows(2) {
        if let &[(batch, earlier), (next_batch, later)] = pair
            && batch == next_batch
        {
            gaps.push(later.since(earlier));
        }
    }
}
