//! What the player knows of one block it has asked for.

use crate::{
    event::{FailureClass, StatusKind},
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

    pub(super) fn handle_status(&mut self, now: Instant, kind: StatusKind) {
        self.progress = Progress::Acknowledged;
        self.record.acknowledged_at.get_or_insert(now);
        match kind {
            StatusKind::Queued | StatusKind::Processing => {}
            StatusKind::Ready => {
                self.record.ready_at.get_or_insert(now);
            }
            StatusKind::Skipped => self.progress = Progress::Skipped,
        }
    }

    /// Its audio is whole. What is being heard cannot become shorter.
    pub(super) fn handle_complete(&mut self, now: Instant, media: MediaTime) {
        self.progress = Progress::Complete;
        let heard = self.record.started_at.map_or(MediaTime::ZERO, |_| self.record.media);
        self.record.media = media.max(heard);
        self.record.ready_at.get_or_insert(now);
        self.record.complete_at = Some(now);
    }

    /// When the request that nobody has acknowledged was written, if there is one.
    pub(super) fn unacknowledged(&self) -> Option<Instant> {
        self.sent_at.filter(|_| self.progress == Progress::Asked)
    }

    /// When it is to be asked for again, unless it is acknowledged before.
    pub(super) fn resend_due(&self, ack_timeout: Duration) -> Option<Instant> {
        self.unacknowledged().map(|sent_at| sent_at + ack_timeout)
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
            answered_request_at: None,
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
