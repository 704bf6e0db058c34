//! Asking: what a player asks for when, in which messages, and what it asks for again.

use std::collections::VecDeque;

use super::{
    Acknowledgement, EmptyBlock, OfflineRequest, Output, Player, ReadyWhen, RefillPolicy,
    slot::{self, Acknowledged, EmptyEnd, Request, Slot, Sound},
};
use crate::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    record::{Incident, ResendReason},
    time::{Instant, MediaTime},
};

/// Requests on their way out.
#[derive(Clone, Debug, Default)]
pub(super) struct Asks {
    /// Blocks of the message that is being put together.
    pub(super) gathered: Vec<BlockIdx>,
    /// Blocks that are wanted and for which there is no room in flight, in the order in which they were wanted.
    pub(super) waiting: VecDeque<BlockIdx>,
    /// Messages for which there is no connection yet.
    pub(super) unsent: Vec<Message>,
    /// Messages put together so far.
    pub(super) batches: u32,
    /// Requests for single blocks made so far.
    requests: u32,
}

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) blocks: Vec<BlockIdx>,
    voice: u32,
}

impl Player {
    /// Counts on a block from `at` on, asking for it if it is not asked for; wanted since `intended_at`.
    pub(super) fn ask_for(&mut self, at: Instant, block: BlockIdx, intended_at: Instant) {
        let policy = &self.config.policy;
        let limit = at + policy.block_timeout;
        let fails = !self.line.is_open() && policy.offline_request == OfflineRequest::Fails;
        let request = Request {
            due: limit.min(at + policy.patience),
            limit,
            number: self.asks.requests,
            resends: 0,
            acknowledged: Acknowledged::Never,
        };
        let batch = match policy.refill {
            RefillPolicy::Batch => self.asks.batches,
            RefillPolicy::EachBlock => self.asks.next_batch(),
        };
        // What waits for room is wanted in another order than it is asked for.
        let (config, waited) = (&self.config, policy.max_in_flight.is_some());
        let asked = self.window.change_or_add(block, |slot| {
            let is_under_way = slot.expected || slot.request.is_some();
            slot.expected = true;
            if is_under_way {
                return None;
            }
            if slot.record.is_none() && !slot.recorded {
                slot.record = Some(slot::record(config, block, batch, intended_at));
            }
            if waited
                && slot.asked_at.is_none()
                && let Some(record) = &mut slot.record
            {
                record.batch = batch;
            }
            slot.asked_at = Some(at);
            slot.request = (!fails).then_some(request);
            Some(begin_attempt(slot))
        });
        let Some(again) = asked else { return };
        if fails {
            let text = "there was no connection to ask for it".to_owned();
            self.fail_block(at, block, failure(block, FailureClass::Transport, text));
            return;
        }
        self.asks.requests += 1;
        self.asks.gathered.push(block);
        if let Some(why) = again {
            self.note(at, Incident::Resent { block, why });
        }
    }

    /// Asks for those of `count` blocks from `first` on that are neither there nor counted on.
    pub(super) fn prefetch(&mut self, at: Instant, first: u32, count: u32, intended_at: Instant) {
        let end = self.block_count().min(first.saturating_add(count.max(1)));
        for block in (first..end).map(BlockIdx) {
            if !self.is_covered(block) {
                self.expect_block(at, block, intended_at);
            }
        }
    }

    /// The current block begins to sound: asks for more if less is ahead than the threshold.
    pub(super) fn refill(&mut self, at: Instant) {
        let ahead = self.current.next();
        let wanted = self.config.policy.refill_threshold;
        if self.takes_turns() || self.covered_from(ahead) >= wanted {
            return;
        }
        match self.config.policy.refill {
            RefillPolicy::EachBlock => self.prefetch(at, ahead.0, wanted, at),
            RefillPolicy::Batch => {
                let first = (ahead.0..self.block_count()).find(|block| !self.is_covered(BlockIdx(*block)));
                let Some(first) = first else { return };
                self.prefetch(at, first, self.config.policy.batch_size, at);
            }
        }
        self.send_gathered();
    }

    /// How many blocks are asked for when playback is to begin, the current one included.
    pub(super) fn first_blocks(&self) -> u32 {
        let policy = &self.config.policy;
        match policy.refill {
            _ if self.takes_turns() => 1,
            RefillPolicy::Batch => policy.batch_size.max(1),
            RefillPolicy::EachBlock => policy.refill_threshold.saturating_add(1),
        }
    }

    /// How many blocks after the current one are asked for when that is there and playback begins.
    pub(super) fn blocks_ahead(&self) -> Option<u32> {
        let policy = &self.config.policy;
        match policy.refill {
            _ if self.takes_turns() => None,
            RefillPolicy::Batch => Some(policy.batch_size),
            RefillPolicy::EachBlock => Some(policy.refill_threshold).filter(|ahead| *ahead > 0),
        }
    }

    /// How many consecutive blocks from this one on are there or counted on; no more than are asked about.
    fn covered_from(&self, first: BlockIdx) -> u32 {
        if self.left.is_none() && self.window.is_gapless() {
            return self.window.end().saturating_sub(first.0);
        }
        let covered = self.window.from(first).take_while(|(_, slot)| self.covers(slot)).count();
        u32::try_from(covered).unwrap_or(u32::MAX)
    }

    pub(super) fn is_covered(&self, block: BlockIdx) -> bool {
        self.window.get(block).is_some_and(|slot| self.covers(slot))
    }

    fn covers(&self, slot: &Slot) -> bool {
        slot.expected || self.is_there(slot) || self.is_passed_over(slot)
    }

    /// Whether playback can begin with it.
    pub(super) fn is_there(&self, slot: &Slot) -> bool {
        match slot.sound {
            Sound::Whole(_) | Sound::Unplayable => true,
            Sound::Partial(media) => {
                self.config.policy.readiness == ReadyWhen::FirstAudio && media.as_nanos() > 0
            }
            Sound::Cut(media) => {
                self.config.policy.empty_block == EmptyBlock::Final && media > MediaTime::ZERO
            }
            Sound::None => false,
        }
    }

    /// Whether the next block begins without anything being asked for.
    pub(super) fn next_refill_is_idle(&self) -> bool {
        let beyond = self.current.next().next();
        self.window.is_gapless()
            && (self.window.end() >= self.block_count()
                || self.window.end().saturating_sub(beyond.0) >= self.config.policy.refill_threshold)
    }

    /// The first batch is wanted, and is asked for when there is a connection.
    pub(super) fn want_first_batch(&mut self) {
        let end = self.block_count().min(self.first_blocks());
        let config = &self.config;
        for block in (0..end).map(BlockIdx) {
            let batch = match config.policy.refill {
                RefillPolicy::Batch => 0,
                RefillPolicy::EachBlock => block.0,
            };
            self.window.change_or_add(block, |slot| {
                slot.record = Some(slot::record(config, block, batch, config.intended_at));
            });
        }
    }

    /// Sends what was gathered as one message, or keeps it until there is a connection.
    pub(super) fn send_gathered(&mut self) {
        if self.asks.gathered.is_empty() {
            return;
        }
        let blocks = core::mem::take(&mut self.asks.gathered);
        match self.config.policy.refill {
            RefillPolicy::Batch => self.send_or_keep(blocks),
            RefillPolicy::EachBlock => blocks.into_iter().for_each(|block| self.send_or_keep(vec![block])),
        }
    }

    fn send_or_keep(&mut self, blocks: Vec<BlockIdx>) {
        self.asks.batches += 1;
        let message = Message { blocks, voice: self.voice };
        if self.line.is_open() { self.send(message) } else { self.asks.unsent.push(message) }
    }

    fn send(&mut self, Message { blocks, voice }: Message) {
        self.outputs.push_back(Output::Ask { blocks, voice });
    }

    /// The connection is there: what waited for it goes first, then one message asks for all that is pending, and patience
    /// begins anew. What an acknowledgement is worth that came before stays.
    pub(super) fn send_what_waited(&mut self, now: Instant) {
        for message in core::mem::take(&mut self.asks.unsent) {
            for &block in &message.blocks {
                self.note_delay(now, block);
            }
            self.send(message);
        }
        if self.config.policy.offline_request == OfflineRequest::Fails {
            return;
        }
        let due = now + self.config.policy.patience;
        let mut pending = Vec::new();
        self.window.change_all(|block, slot| {
            if let Some(request) = &mut slot.request {
                (request.due, request.resends) = (due.min(request.limit.max(now)), 0);
                pending.push((request.number, block));
            }
        });
        if pending.is_empty() {
            return;
        }
        pending.sort_unstable();
        let blocks: Vec<BlockIdx> = pending.into_iter().map(|(_, block)| block).collect();
        for &block in &blocks {
            self.note_resend(now, block, ResendReason::Reconnected);
        }
        self.send(Message { blocks, voice: self.voice });
    }

    fn note_delay(&mut self, now: Instant, block: BlockIdx) {
        let asked_at = self.window.get(block).and_then(|slot| {
            let is_unwritten = slot.record.as_ref().is_some_and(|record| record.requested_at.is_none());
            slot.asked_at.filter(|_| is_unwritten && slot.request.is_some())
        });
        if let Some(asked_at) = asked_at {
            self.note(asked_at, Incident::Delayed { block, lasted: now.since(asked_at) });
        }
    }

    fn note_resend(&mut self, at: Instant, block: BlockIdx, why: ResendReason) {
        self.window.change(block, |slot| {
            if let Some(record) = &mut slot.record {
                record.resends = record.resends.saturating_add(1);
            }
        });
        self.note(at, Incident::Resent { block, why });
    }

    /// Patience with one block has ended: it is begun anew, the block asked for again, or given up.
    pub(super) fn lose_patience(&mut self, at: Instant) {
        let Some((block, request)) = self.window.due_by(at) else { return self.give_up_fetch(at) };
        let at = request.due;
        if request.limit <= at {
            return self.give_up(at, block, request.resends);
        }
        let policy = &self.config.policy;
        let due = request.limit.min(at + policy.patience);
        let is_extended = request.acknowledged == Acknowledged::Lately
            && policy.acknowledgement == Acknowledgement::ExtendsOnce;
        let resends = if is_extended { request.resends } else { request.resends.saturating_add(1) };
        if resends > policy.max_resends {
            return self.give_up(at, block, request.resends);
        }
        let (acknowledged, was_acknowledged) = match request.acknowledged {
            Acknowledged::Never => (Acknowledged::Never, false),
            Acknowledged::Lately | Acknowledged::Before => (Acknowledged::Before, true),
        };
        self.window.change(block, |slot| {
            slot.request = Some(Request { due, resends, acknowledged, ..request });
        });
        // Without a connection it is asked for when there is one.
        if !is_extended && self.line.is_open() {
            let why = ResendReason::Overdue { acknowledged: Some(was_acknowledged) };
            self.note_resend(at, block, why);
            self.send(Message { blocks: vec![block], voice: self.voice });
        }
    }

    fn give_up(&mut self, at: Instant, block: BlockIdx, resends: u8) {
        self.note(at, Incident::GivenUp { block });
        self.outputs.push_back(Output::Forget { blocks: vec![block] });
        let asked = self.window.get(block).and_then(|slot| slot.asked_at).unwrap_or(at);
        let waited = at.since(asked).as_secs_f64();
        let times = match resends {
            0 => "once".to_owned(),
            again => format!("{} times", u32::from(again) + 1),
        };
        let failure = match self.line.cause_of_silence(self.last_heard_at, at) {
            None => {
                let text = format!("block {block} did not come within {waited} s; it was asked for {times}");
                failure(block, FailureClass::Timeout, text)
            }
            Some(trouble) => Failure { kills: FailureScope::Block(block), ..trouble.clone() },
        };
        self.fail_block(at, block, failure);
        self.settle(at);
    }

    /// What has been arriving of a block for too long is given up.
    fn give_up_fetch(&mut self, at: Instant) {
        let Some((block, asked_at)) = self.window.overdue_fetch(at) else { return };
        self.note(at, Incident::GivenUp { block });
        self.outputs.push_back(Output::Forget { blocks: vec![block] });
        let waited = at.since(asked_at.unwrap_or(at)).as_secs_f64();
        let text = format!("block {block} was not whole within {waited} s");
        let failure = Failure { phase: Phase::MidAudio, ..failure(block, FailureClass::Timeout, text) };
        self.handle_fetch_failure(at, block, failure);
    }

    /// Nothing comes of a request, which is a failure.
    pub(super) fn fail_block(&mut self, at: Instant, block: BlockIdx, failure: Failure) {
        let class = failure.class;
        self.record_error(at, failure);
        self.comes_to_nothing(block, EmptyEnd::Failed(class));
    }
}

/// Notes that a block is asked for; gives why, if it was before.
fn begin_attempt(slot: &mut Slot) -> Option<ResendReason> {
    slot.begin_attempt();
    let why = match slot.last.take()? {
        EmptyEnd::Failed(_) | EmptyEnd::Skipped => ResendReason::Failed,
        EmptyEnd::Withdrawn => ResendReason::Withdrawn,
        // The listener's own doing.
        EmptyEnd::Dropped => return None,
    };
    if let Some(record) = &mut slot.record {
        record.resends = record.resends.saturating_add(1);
    }
    Some(why)
}

const fn failure(block: BlockIdx, class: FailureClass, text: String) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: FailureScope::Block(block) }
}
