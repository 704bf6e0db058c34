//! Lines of the journal that tell of what is under way: blocks that were asked for, and what has arrived.

use claque_core::{
    record::{Arrived, Asked, BlockOutcome, BlockRecord, Wanted},
    time::{Duration, Instant, MediaTime, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::cells::{findings_from, remark_names};

/// A line of the journal: blocks of one request that are wanted since the same moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedRow {
    pub(crate) listener: u32,
    pub(crate) at_ns: u64,
    /// Since when they are wanted; absent of blocks that have a record already, and in journals of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intended_at_ns: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    batch: Option<u32>,
    pub(crate) blocks: Vec<u32>,
}

/// A line of the journal: what arrived between two writes, without names, for there is one of each block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArrivedRow {
    pub(crate) blocks: Vec<ArrivedCells>,
}

/// Listener and block, the moments of [`Arrived`] in its order, media time, bytes, chunks, buffer deficit, and what was found out
/// about the audio as in `blocks.parquet`; times in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArrivedCells(
    u32,
    u32,
    [Option<u64>; 4],
    u64,
    u64,
    u64,
    u32,
    Option<u64>,
    Option<String>,
    Option<String>,
);

impl AskedRow {
    /// A request's, all of whose blocks have one listener, one moment and one wish.
    pub(crate) fn of(request: &[Asked]) -> Self {
        let first = request.first();
        let wanted = first.and_then(|asked| asked.wanted);
        Self {
            listener: first.map_or(0, |asked| asked.listener.0),
            at_ns: first.map_or(0, |asked| asked.at.as_nanos()),
            intended_at_ns: wanted.map(|wanted| wanted.intended_at.as_nanos()),
            batch: wanted.map(|wanted| wanted.batch),
            blocks: request.iter().map(|asked| asked.block.0).collect(),
        }
    }

    /// What they are wanted for, where it is known.
    pub(crate) fn wanted(&self) -> Option<Wanted> {
        Some(Wanted { intended_at: Instant::from_nanos(self.intended_at_ns?), batch: self.batch? })
    }
}

impl ArrivedRow {
    pub(crate) fn of(arrived: &[Arrived]) -> Self {
        Self { blocks: arrived.iter().map(ArrivedCells::of).collect() }
    }
}

impl ArrivedCells {
    /// Listener and block.
    pub(crate) const fn place(&self) -> (u32, u32) {
        (self.0, self.1)
    }

    fn of(arrived: &Arrived) -> Self {
        let moments =
            [arrived.answered_request_at, arrived.acknowledged_at, arrived.ready_at, arrived.first_audio_at];
        Self(
            arrived.listener.0,
            arrived.block.0,
            moments.map(|at| at.map(Instant::as_nanos)),
            arrived.complete_at.as_nanos(),
            arrived.media.as_nanos(),
            arrived.bytes,
            arrived.chunks,
            arrived.buffer_deficit.map(duration_nanos),
            arrived.findings.map(remark_names),
            arrived.findings.and_then(|found| found.sound).map(|sound| sound.as_str().to_owned()),
        )
    }

    /// Puts what arrived into the record of its block.
    pub(crate) fn add_to(self, record: &mut BlockRecord) {
        let Self(_, _, moments, complete_at, media, bytes, chunks, buffer_deficit, remarks, sound) = self;
        let [answered_request_at, acknowledged_at, ready_at, first_audio_at] =
            moments.map(|at| at.map(Instant::from_nanos));
        *record = BlockRecord {
            answered_request_at,
            acknowledged_at,
            ready_at,
            first_audio_at,
            complete_at: Some(Instant::from_nanos(complete_at)),
            media: MediaTime::from_nanos(media),
            bytes,
            chunks,
            buffer_deficit: buffer_deficit.map(Duration::from_nanos),
            outcome: BlockOutcome::Unplayed,
            // A name of a later version says nothing to this one.
            findings: findings_from(remarks.as_deref(), sound.as_deref()).unwrap_or_default(),
            ..record.clone()
        };
    }
}
