//! What a run had under way when it was killed: blocks with a request on record, perhaps their arrival, and no end.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{BlockRecord, Fact},
    time::Instant,
};

use crate::{
    asked::{ArrivedRow, AskedRow},
    incidents::IncidentRow,
    rows::FactRow,
};

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
                    if let Some(open) = self.open.get_mut(&cells.place()) {
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

    fn see_asked(&mut self, row: AskedRow) {
        let wanted = row.wanted();
        let AskedRow { listener, at_ns, blocks, .. } = row;
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
                    intended_at: wanted.map(|wanted| wanted.intended_at),
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
