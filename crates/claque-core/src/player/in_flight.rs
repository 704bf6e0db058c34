//! What is in flight: blocks that are asked for and not yet whole, how many there may be, and what waits for room.

use super::{Player, asking::Asks, slot};
use crate::{ids::BlockIdx, time::Instant};

impl Asks {
    /// The number of the message that brings the next block, where each has one of its own.
    pub(super) fn next_batch(&self) -> u32 {
        self.batches.saturating_add(u32::try_from(self.gathered.len()).unwrap_or(u32::MAX))
    }

    /// Whether anything is yet to be sent that is wanted.
    pub(super) fn is_any_on_its_way(&self) -> bool {
        !self.gathered.is_empty() || !self.waiting.is_empty()
    }

    /// Leaves out, of what waits for room, what is not wanted any more.
    pub(super) fn retain_waiting(&mut self, is_wanted: impl Fn(BlockIdx) -> bool) {
        self.waiting.retain(|block| is_wanted(*block));
    }

    /// Leaves out, of what is yet to be sent, what is not wanted any more.
    pub(super) fn retain(&mut self, mut is_wanted: impl FnMut(BlockIdx) -> bool) {
        self.gathered.retain(|block| is_wanted(*block));
        self.waiting.retain(|block| is_wanted(*block));
        for message in &mut self.unsent {
            message.blocks.retain(|block| is_wanted(*block));
        }
        self.unsent.retain(|message| !message.blocks.is_empty());
    }
}

impl Player {
    /// Counts on a block from `at` on, asking for it if it is not asked for and there is room; wanted since `intended_at`.
    pub(super) fn expect_block(&mut self, at: Instant, block: BlockIdx, intended_at: Instant) {
        if self.config.policy.max_in_flight.is_none() || (self.asks.waiting.is_empty() && self.has_room()) {
            return self.ask_for(at, block, intended_at);
        }
        let (config, batch) = (&self.config, self.asks.batches);
        let waits = self.window.change_or_add(block, |slot| {
            let is_under_way = slot.expected || slot.request.is_some();
            slot.expected = true;
            if slot.record.is_none() && !slot.recorded {
                slot.record = Some(slot::record(config, block, batch, intended_at));
            }
            !is_under_way
        });
        if waits {
            self.asks.waiting.push_back(block);
        }
    }

    /// Asks for what waits for room, as far as there is some now.
    pub(super) fn ask_what_has_room(&mut self, at: Instant) {
        if self.asks.waiting.is_empty() {
            return;
        }
        while self.is_live()
            && self.has_room()
            && let Some(block) = self.asks.waiting.pop_front()
        {
            let is_wanted = self.window.change(block, |slot| core::mem::take(&mut slot.expected));
            if is_wanted == Some(true) {
                self.ask_for(at, block, at);
            }
        }
        self.send_gathered();
        self.settle(at);
    }

    fn has_room(&self) -> bool {
        self.config.policy.max_in_flight.is_none_or(|most| self.window.pending() < most.get())
    }
}
