//! Asking: the next batch, blocks that were withdrawn, blocks that nobody acknowledged.

use super::{
    Output, Player,
    slot::{Ask, Progress},
};
use crate::{
    event::{Failure, FailureClass, Kills, Phase},
    ids::BlockIdx,
    time::Instant,
};

impl Player {
    /// Asks for the next blocks nobody has asked for, wanted since `intended_at`.
    pub(super) fn ask_next_batch(&mut self, now: Instant, intended_at: Instant) {
        let first = self.window.end().0;
        let last = self.block_count().min(first.saturating_add(self.config.policy.batch_size.max(1)));
        if first >= last {
            return;
        }
        let ask = Ask { listener: self.config.listener, batch: self.batches, intended_at };
        self.batches += 1;
        let chars = self.config.chars.iter().skip(usize::try_from(first).unwrap_or(usize::MAX));
        let blocks = (first..last).zip(chars).map(|(_, &chars)| self.window.push(ask, now, chars)).collect();
        self.outputs.push_back(Output::Ask { blocks });
    }

    /// Asks again for what the service withdrew; a service that withdraws one block without end has failed it.
    pub(super) fn handle_evicted(&mut self, now: Instant, blocks: &[BlockIdx]) {
        let (mut again, mut given_up) = (Vec::new(), Vec::new());
        for &block in blocks {
            let Some(slot) = self.pending_slot(block) else { continue };
            slot.unanswered = 0;
            if slot.record.resends < u8::MAX { again.push(block) } else { given_up.push(block) }
        }
        self.ask_again(again);
        for block in given_up {
            let text = format!("block {block} was withdrawn whenever it was asked for, {} times", u8::MAX);
            self.give_up(now, block, FailureClass::Server, text);
        }
    }

    /// Asks again for what was not acknowledged in time, and gives up what was asked for too often.
    pub(super) fn resend(&mut self, at: Instant) {
        let policy = self.config.policy;
        let (mut again, mut given_up) = (Vec::new(), Vec::new());
        for (block, slot) in self.window.iter_mut() {
            if slot.resend_due(policy.ack_timeout).is_none_or(|due| due > at) {
                continue;
            }
            if slot.unanswered < policy.max_resends {
                slot.unanswered += 1;
                again.push(block);
            } else {
                given_up.push((block, slot.unanswered));
            }
        }
        self.ask_again(again);
        for (block, resends) in given_up {
            let text =
                format!("block {block} was never acknowledged, asked {} times", u32::from(resends) + 1);
            self.give_up(at, block, FailureClass::Timeout, text);
        }
    }

    pub(super) fn resend_due(&self) -> Option<Instant> {
        self.window.iter().filter_map(|(_, slot)| slot.resend_due(self.config.policy.ack_timeout)).min()
    }

    fn ask_again(&mut self, mut blocks: Vec<BlockIdx>) {
        blocks.sort_unstable();
        blocks.dedup();
        for &block in &blocks {
            if let Some(slot) = self.pending_slot(block) {
                slot.progress = Progress::Asked;
                slot.sent_at = None;
                slot.record.resends = slot.record.resends.saturating_add(1);
            }
        }
        if !blocks.is_empty() {
            self.outputs.push_back(Output::Ask { blocks });
        }
    }

    fn give_up(&mut self, at: Instant, block: BlockIdx, class: FailureClass, text: String) {
        let kills = Kills::Block(block);
        self.handle_failure(at, Failure { phase: Phase::BeforeAudio, class, code: None, text, kills });
    }
}
