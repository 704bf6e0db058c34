//! What is put down of a block of which nothing is final: no facts, but what a run that is killed still knows.

use super::BlockRecord;
use crate::{
    ids::{BlockIdx, ListenerId},
    remark::Findings,
    time::{Duration, Instant, MediaTime},
};

/// A block was asked for just now, and nothing has become final of it. No fact: it is put down so that a run that is killed knows
/// what it had asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Who asked.
    pub listener: ListenerId,
    /// For which block.
    pub block: BlockIdx,
    /// When the request naming it was written.
    pub at: Instant,
    /// Since when it is wanted; none of a block that has its record already and is to be heard again.
    pub wanted: Option<Wanted>,
}

/// Since when a block is wanted, and which request of its listener asked for it first: as in its [`BlockRecord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// When the listener came to want it.
    pub intended_at: Instant,
    /// The request, from 0.
    pub batch: u32,
}

/// A block's audio is whole, and nothing has become final of it. No fact: it is put down so that a run that is killed knows
/// what had arrived and was not yet heard. The moments are those of its [`BlockRecord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of BlockRecord, which documents them")]
pub struct Arrived {
    pub listener: ListenerId,
    pub block: BlockIdx,
    pub answered_request_at: Option<Instant>,
    pub acknowledged_at: Option<Instant>,
    pub ready_at: Option<Instant>,
    pub first_audio_at: Option<Instant>,
    pub complete_at: Instant,
    pub media: MediaTime,
    pub bytes: u64,
    pub chunks: u32,
    pub buffer_deficit: Option<Duration>,
    pub findings: Option<Findings>,
}

impl Arrived {
    /// What there is to be put down of a block; none before its audio is whole.
    #[must_use]
    pub fn of(record: &BlockRecord) -> Option<Self> {
        Some(Self {
            listener: record.listener,
            block: record.block,
            answered_request_at: record.answered_request_at,
            acknowledged_at: record.acknowledged_at,
            ready_at: record.ready_at,
            first_audio_at: record.first_audio_at,
            complete_at: record.complete_at?,
            media: record.media,
            bytes: record.bytes,
            chunks: record.chunks,
            buffer_deficit: record.buffer_deficit,
            findings: record.findings,
        })
    }
}
