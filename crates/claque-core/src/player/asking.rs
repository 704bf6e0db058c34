//! Asking: the next batch, blocks that were withdrawn, blocks that nobody acknowledged.

use super::{
    Output, Player,
    shelf::Return,
    slot::{Ask, Progress, Slot},
};
use crate::{
    event::{Failure, FailureClass, Kills, Phase},
    ids::BlockIdx,
    record::{Incident, ResendReason},
    time::Instant,
};

impl Player {
    /// Asks for the next blocks nobody has asked for, wanted since `intended_at`.
    pub(super) fn ask_next_batch(&mut self, now: Instant, intended_at: Instant) {
        self.ask_next(now, intended_at, self.config.policy.batch_size.max(1));
    }

    /// Takes the next `count` blocks into the window and asks for those of them that are not at hand.
    pub(super) fn ask_next(&mut self, now: Instant, intended_at: Instant, count: u32) {
        let first = self.window.end().0;
        let last = self.block_count().min(first.saturating_add(count));
        if first >= last {
            return;
        }
        let ask = Ask {
            listener: self.config.listener,
            batch: self.batches,
            intended_at,
            follows_jump: self.has_jumped,
        };
        let mut blocks = Vec::new();
        let chars = self.config.chars.iter().skip(usize::try_from(first).unwrap_or(usize::MAX));
        for (block, &chars) in (first..last).map(BlockIdx).zip(chars) {
            let fresh = || Slot::asked(ask, now, block, chars);
            let returned =
                self.shelf.as_mut().map(|shelf| shelf.take(block, |media| fresh().heard_again(media)));
            match returned {
                Some(Return::Settled(slot)) => self.window.push(slot),
                Some(Return::ToAsk { recorded }) => {
                    self.window.push(Slot { recorded, ..fresh() });
                    blocks.push(block);
                }
                None => {
                    self.window.push(fresh());
                    blocks.push(block);
                }
            }
        }
        if !blocks.is_empty() {
            self.batches += 1;
            self.send(now, blocks);
        }
    }

    /// Takes the next blocks into the window as far as they are at hand.
    pub(super) fn take_what_is_at_hand(&mut self, now: Instant) {
        while self.shelf.as_ref().is_some_and(|shelf| shelf.is_settled(self.window.end())) {
            self.ask_next(now, now, 1);
        }
    }

    /// The connection is there again: notes what is now asked for again, and what is asked for late.
    pub(super) fn note_what_waited(&mut self, now: Instant) {
        let mut waited = Vec::new();
        self.window.change_all(|block, slot| {
            if slot.is_settled() {
                return;
            }
            if slot.record.requested_at.is_some() {
                slot.record.resends = slot.record.resends.saturating_add(1);
                waited.push((now, Incident::Resent { block, why: ResendReason::Reconnected }));
            } else {
                waited.push((slot.wanted_at, Incident::Delayed { block, lasted: now.since(slot.wanted_at) }));
            }
        });
        waited.into_iter().for_each(|(at, incident)| self.note(at, incident));
    }

    /// The connection is there: asks in one message for everything that is wanted and not at hand or on its way.
    pub(super) fn ask_for_pending(&mut self, now: Instant) {
        let mut blocks = Vec::new();
        self.window.change_all(|block, slot| {
            if slot.is_settled() {
                return;
            }
            slot.progress = Progress::Asked;
            // A new connection, new patience.
            slot.unanswered = 0;
            blocks.push(block);
        });
        if !blocks.is_empty() {
            self.send(now, blocks);
        }
    }

    /// The connection is lost: nobody can acknowledge anything until it is there again.
    pub(super) fn forget_requests(&mut self) {
        self.window.change_all(|_, slot| slot.sent_at = None);
    }

    /// Orders a request, if there is a line for it. While there is none, [`Player::ask_for_pending`] will ask.
    fn send(&mut self, now: Instant, blocks: Vec<BlockIdx>) {
        if self.line.is_open() {
            self.outputs.push_back(Output::Ask { blocks });
        } else if let Some(failure) = self.line.gone().cloned() {
            self.handle_failure(now, failure);
        }
    }

    /// Asks again for what the service withdrew; a service that withdraws one block without end has failed it.
    pub(super) fn handle_evicted(&mut self, now: Instant, blocks: &[BlockIdx]) {
        let (mut again, mut given_up) = (Vec::new(), Vec::new());
        for &block in blocks {
            let of_last_request = |slot: &Slot| slot.is_pending() && slot.can_be_withdrawn();
            self.window.change(block, of_last_request, |slot| {
                slot.unanswered = 0;
                if slot.record.resends < u8::MAX { again.push(block) } else { given_up.push(block) }
            });
        }
        self.ask_again(now, again, ResendReason::Withdrawn);
        for block in given_up {
            let text = format!("block {block} was withdrawn whenever it was asked for, {} times", u8::MAX);
            self.give_up(now, block, FailureClass::Server, text);
        }
    }

    /// Asks again for what was not acknowledged in time, and gives up what was asked for too often.
    pub(super) fn resend(&mut self, at: Instant) {
        let policy = self.config.policy;
        let (mut again, mut given_up) = (Vec::new(), Vec::new());
        self.window.change_all(|block, slot| {
            if slot.resend_due(policy.ack_timeout).is_none_or(|due| due > at) {
                return;
            }
            if slot.unanswered < policy.max_resends {
                slot.unanswered += 1;
                again.push(block);
            } else {
                given_up.push((block, slot.unanswered));
            }
        });
        self.ask_again(at, again, ResendReason::Unacknowledged);
        for (block, resends) in given_up {
            let text =
                format!("block {block} was never acknowledged, asked {} times", u32::from(resends) + 1);
            self.give_up(at, block, FailureClass::Timeout, text);
        }
    }

    pub(super) fn resend_due(&self) -> Option<Instant> {
        self.window.oldest_request().map(|sent_at| sent_at + self.config.policy.ack_timeout)
    }

    fn ask_again(&mut self, now: Instant, mut blocks: Vec<BlockIdx>, why: ResendReason) {
        blocks.sort_unstable();
        blocks.dedup();
        for &block in &blocks {
            self.window.change(block, Slot::is_pending, |slot| {
                slot.progress = Progress::Asked;
                slot.sent_at = None;
                slot.record.resends = slot.record.resends.saturating_add(1);
            });
            self.note(now, Incident::Resent { block, why });
        }
        if !blocks.is_empty() {
            self.send(now, blocks);
        }
    }

    fn give_up(&mut self, at: Instant, block: BlockIdx, class: FailureClass, text: String) {
        self.note(at, Incident::GivenUp { block });
        let kills = Kills::Block(block);
        self.handle_failure(at, Failure { phase: Phase::BeforeAudio, class, code: None, text, kills });
    }
}
