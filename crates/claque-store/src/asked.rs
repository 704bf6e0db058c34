//! What a run had asked for when it was killed: blocks with a request on record and nothing after it.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{Asked, BlockRecord, Fact},
    time::Instant,
};
use serde::{Deserialize, Serialize};

use crate::rows::FactRow;

/// A line of the journal: one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AskedRow {
    listener: u32,
    at_ns: u64,
    blocks: Vec<u32>,
}

impl AskedRow {
    /// A request's, all of whose blocks have one listener and one moment.
    pub(crate) fn of(request: &[Asked]) -> Self {
        let first = request.first();
        Self {
            listener: first.map_or(0, |asked| asked.listener.0),
            at_ns: first.map_or(0, |asked| asked.at.as_nanos()),
            blocks: request.iter().map(|asked| asked.block.0).collect(),
        }
    }
}

/// Looks through a journal, line by line.
#[derive(Debug, Default)]
pub(crate) struct Unanswered {
    /// First asked for at this moment, as which in the order of all.
    open: BTreeMap<(u32, u32), (usize, u64)>,
    /// Those with a record: one that is asked for again to be heard again has no second.
    recorded: BTreeSet<(u32, u32)>,
    seen: usize,
}

impl Unanswered {
    pub(crate) fn see(&mut self, row: FactRow) {
        match row {
            FactRow::Asked(AskedRow { listener, at_ns, blocks }) => {
                for block in blocks {
                    self.seen += 1;
                    if !self.recorded.contains(&(listener, block)) {
                        self.open.entry((listener, block)).or_insert((self.seen, at_ns));
                    }
                }
            }
            FactRow::Block(row) => {
                self.open.remove(&(row.listener, row.block));
                self.recorded.insert((row.listener, row.block));
            }
            FactRow::Stall(_)
            | FactRow::Error(_)
            | FactRow::Incident(_)
            | FactRow::Listener(_)
            | FactRow::Sound(_) => {}
        }
    }

    pub(crate) fn into_facts(self) -> Vec<Fact> {
        let mut open: Vec<_> = self.open.into_iter().collect();
        open.sort_by_key(|(_, (number, _))| *number);
        open.into_iter().map(|(place, (_, at_ns))| Fact::Block(still_wanted(place, at_ns))).collect()
    }
}

/// All that is known of a block that was asked for: it was still wanted when the run was killed.
fn still_wanted((listener, block): (u32, u32), at_ns: u64) -> BlockRecord {
    let at = Instant::from_nanos(at_ns);
    let wanted = BlockRecord::wanted(ListenerId(listener), BlockIdx(block), at);
    BlockRecord { requested_at: Some(at), ..wanted }
}
