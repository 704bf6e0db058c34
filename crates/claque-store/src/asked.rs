//! What a run had under way when it was killed: blocks with a request on record, perhaps their arrival, and no end.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{Arrived, Asked, BlockOutcome, BlockRecord, Fact, Wanted},
    time::{Duration, Instant, MediaTime, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::{
    incidents::IncidentRow,
    rows::{FactRow, findings_from, remark_names},
};

/// A line of the journal: blocks of one request that are wanted since the same moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedRow {
    listener: u32,
    at_ns: u64,
    /// Absent of blocks that have a record already, and in journals of before.
    #[serde(flatten)]
    wanted: Option<WantedCells>,
    blocks: Vec<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct WantedCells {
    intended_at_ns: u64,
    batch: u32,
}

/// A line of the journal: what arrived between two writes, without names, for there is one of each block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ArrivedRow {
    blocks: Vec<ArrivedCells>,
}

/// Listener and block, the moments of [`Arrived`] in its order, media time, bytes, chunks, buffer deficit, and what was found out
/// about the audio as in `blocks.parquet`; times in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ArrivedCells(
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
            wanted: wanted.map(|Wanted { intended_at, batch }| WantedCells {
                intended_at_ns: intended_at.as_nanos(),
                batch,
            }),
            blocks: request.iter().map(|asked| asked.block.0).collect(),
        }
    }
}

impl ArrivedRow {
    pub(crate) fn of(arrived: &[Arrived]) -> Self {
        Self { blocks: arrived.iter().map(ArrivedCells::of).collect() }
    }
}

impl ArrivedCells {
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
    fn add_to(self, record: &mut BlockRecord) {
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

/// Looks through a journal, line by line.
#[derive(Debug, Default)]
pub(crate) struct Unfinished {
    open: BTreeMap<(u32, u32), OpenBlock>,
    /// Those with a record: one that is asked for again to be heard again has no second.
    recorded: BTreeSet<(u32, u32)>,
    /// How often one without a record was asked for again, which may be on record before its first request is written.
    resends: BTreeMap<(u32, u32), u8>,
    seen: usize,
}

/// A block that was asked for and has no record yet.
#[derive(Debug)]
struct OpenBlock {
    /// Which it was, in the order of all.
    number: usize,
    record: BlockRecord,
}

impl Unfinished {
    pub(crate) fn see(&mut self, row: FactRow) {
        match row {
            FactRow::Asked(row) => self.see_asked(row),
            FactRow::Arrived(ArrivedRow { blocks }) => {
                for cells in blocks {
                    if let Some(open) = self.open.get_mut(&(cells.0, cells.1)) {
                        cells.add_to(&mut open.record);
                    }
                }
            }
            FactRow::Block(row) => {
                self.open.remove(&(row.listener, row.block));
                self.resends.remove(&(row.listener, row.block));
                self.recorded.insert((row.listener, row.block));
            }
            FactRow::Incident(IncidentRow { listener, block: Some(block), kind, .. }) if kind == "resent" => {
                let resends = self.resends.entry((listener, block)).or_default();
                *resends = resends.saturating_add(1);
            }
            FactRow::Stall(_)
            | FactRow::Error(_)
            | FactRow::Incident(_)
            | FactRow::Listener(_)
            | FactRow::Sound(_) => {}
        }
    }

    fn see_asked(&mut self, AskedRow { listener, at_ns, wanted, blocks }: AskedRow) {
        for block in blocks {
            self.seen += 1;
            if self.recorded.contains(&(listener, block)) {
                continue;
            }
            let number = self.seen;
            self.open.entry((listener, block)).or_insert_with(|| {
                let at = Instant::from_nanos(at_ns);
                let record = BlockRecord::wanted(ListenerId(listener), BlockIdx(block), at);
                let record = BlockRecord {
                    // Since when it was wanted is not in journals of before.
                    intended_at: wanted.map(|wanted| Instant::from_nanos(wanted.intended_at_ns)),
                    batch: wanted.map_or(0, |wanted| wanted.batch),
                    requested_at: Some(at),
                    ..record
                };
                OpenBlock { number, record }
            });
        }
    }

    /// What is known of each, in the order in which they were asked for: what had not arrived was still wanted.
    pub(crate) fn into_facts(self) -> Vec<Fact> {
        let Self { open, resends, .. } = self;
        let mut open: Vec<_> = open.into_iter().collect();
        open.sort_by_key(|(_, open)| open.number);
        let record = |(place, OpenBlock { record, .. })| {
            let resends = resends.get(&place).copied().unwrap_or_default();
            Fact::Block(BlockRecord { resends, ..record })
        };
        open.into_iter().map(record).collect()
    }
}
