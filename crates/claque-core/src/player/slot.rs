//! What the player knows of one block it has asked for, and the window of such blocks.

use std::collections::VecDeque;

use crate::{
    event::FailureClass,
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord},
    time::{Duration, Instant, MediaTime},
};

/// How far a block has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Asked for, nothing heard.
    Asked,
    /// The service has taken note, or is at work, or audio is on its way.
    Acknowledged,
    /// Audio is whole.
    Complete,
    /// Nothing to speak.
    Skipped,
    /// Will not come.
    Failed(FailureClass),
}

/// One block from being asked for to being done with.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) progress: Progress,
    pub(super) record: BlockRecord,
    /// When the player first asked for it.
    pub(super) wanted_at: Instant,
    /// When the last request naming it was written; none while one is on its way to the wire.
    pub(super) sent_at: Option<Instant>,
    /// Times it was asked for again because the service said nothing.
    pub(super) unanswered: u8,
    /// Whether it was asked for after a jump: what is withdrawn before it is acknowledged is the older request.
    pub(super) follows_jump: bool,
    /// Whether it has a record already and is only heard again.
    pub(super) recorded: bool,
}

/// What to call a block that is over, by how far it had come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Closing {
    pub(super) pending: BlockOutcome,
    pub(super) complete: BlockOutcome,
}

impl Slot {
    pub(super) fn is_pending(&self) -> bool {
        match self.progress {
            Progress::Asked | Progress::Acknowledged => true,
            Progress::Complete | Progress::Skipped | Progress::Failed(_) => false,
        }
    }

    /// Whether nothing more need be asked: it is there, will not come, or its audio, which comes by a way of its own, is
    /// being fetched.
    pub(super) fn is_settled(&self) -> bool {
        !self.is_pending() || self.record.ready_at.is_some()
    }

    /// Whether a withdrawal that arrives now can be of the last request.
    pub(super) fn can_be_withdrawn(&self) -> bool {
        !self.follows_jump || self.progress != Progress::Asked
    }

    /// Takes in an arrival of audio that ends at `delivered` of this block. Its first byte may come before there is
    /// enough of it to play.
    pub(super) fn handle_audio(&mut self, now: Instant, delivered: MediaTime, bytes: u64) {
        let record = &mut self.record;
        if bytes > 0 || delivered > record.media {
            let first = *record.first_audio_at.get_or_insert(now);
            if record.chunks > 0 {
                let owed = now.since(first).saturating_sub(Duration::from_nanos(record.media.as_nanos()));
                record.buffer_deficit = Some(record.buffer_deficit.unwrap_or_default().max(owed));
            }
            record.chunks += 1;
        }
        record.media = record.media.max(delivered);
        record.bytes += bytes;
        self.progress = Progress::Acknowledged;
        record.acknowledged_at.get_or_insert(now);
    }

    /// When it is to be asked for again, unless it is acknowledged before.
    pub(super) fn resend_due(&self, ack_timeout: Duration) -> Option<Instant> {
        let unacknowledged = self.progress == Progress::Asked;
        self.sent_at.filter(|_| unacknowledged).map(|sent_at| sent_at + ack_timeout)
    }

    pub(super) fn into_record(mut self, closing: Closing) -> BlockRecord {
        self.record.outcome = match self.progress {
            Progress::Asked | Progress::Acknowledged => closing.pending,
            Progress::Complete => closing.complete,
            Progress::Skipped => BlockOutcome::Skipped,
            Progress::Failed(class) => BlockOutcome::Failed(class),
        };
        self.record
    }
}

/// Blocks asked for and not yet done with: a contiguous stretch, never the whole document.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    first: BlockIdx,
    slots: VecDeque<Slot>,
}

/// Who asks, for which blocks of which request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) listener: ListenerId,
    pub(super) batch: u32,
    pub(super) intended_at: Instant,
    pub(super) follows_jump: bool,
}

impl Slot {
    /// A block that is asked for now.
    pub(super) fn asked(ask: Ask, now: Instant, block: BlockIdx, chars: u32) -> Self {
        let record = BlockRecord {
            listener: ask.listener,
            block,
            batch: ask.batch,
            chars,
            intended_at: ask.intended_at,
            requested_at: None,
            acknowledged_at: None,
            ready_at: None,
            first_audio_at: None,
            complete_at: None,
            started_at: None,
            media: MediaTime::ZERO,
            bytes: 0,
            chunks: 0,
            buffer_deficit: None,
            resends: 0,
            outcome: BlockOutcome::Stopped,
        };
        Self {
            progress: Progress::Asked,
            record,
            wanted_at: now,
            sent_at: None,
            unanswered: 0,
            follows_jump: ask.follows_jump,
            recorded: false,
        }
    }

    /// The same block, whose audio is kept and whose record was made when it was heard before.
    pub(super) fn heard_again(mut self, media: MediaTime) -> Self {
        self.progress = Progress::Complete;
        self.record.media = media;
        self.recorded = true;
        self
    }
}

impl Window {
    /// The first block not yet asked for.
    pub(super) fn end(&self) -> BlockIdx {
        BlockIdx(self.first.0 + u32::try_from(self.slots.len()).unwrap_or(u32::MAX))
    }

    pub(super) fn slot_mut(&mut self, block: BlockIdx) -> Option<&mut Slot> {
        let offset = usize::try_from(block.0.checked_sub(self.first.0)?).ok()?;
        self.slots.get_mut(offset)
    }

    /// Every block from the current one on, in reading order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (BlockIdx, &Slot)> {
        (self.first.0..).map(BlockIdx).zip(&self.slots)
    }

    /// Every block from the current one on, in reading order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (BlockIdx, &mut Slot)> {
        (self.first.0..).map(BlockIdx).zip(&mut self.slots)
    }

    /// Adds the next block.
    pub(super) fn push(&mut self, slot: Slot) {
        self.slots.push_back(slot);
    }

    /// Begins anew at another block. To be called when nothing is left.
    pub(super) fn restart(&mut self, first: BlockIdx) {
        debug_assert!(self.slots.is_empty(), "blocks in the window would change their numbers");
        self.first = first;
    }

    /// The current block, whether it has been asked for or not.
    pub(super) const fn first(&self) -> BlockIdx {
        self.first
    }

    /// Takes the current block out; the next one becomes current.
    pub(super) fn pop(&mut self) -> Option<(BlockIdx, Slot)> {
        let slot = self.slots.pop_front()?;
        let block = self.first;
        self.first = block.next();
        Some((block, slot))
    }
}
