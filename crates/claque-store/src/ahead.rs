//! Rows of a table whose columns are decoded ahead, by as many threads as there are processors, and come in order.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use claque_core::ids::ListenerId;

use crate::{
    columns::{Group, Table, TableReader},
    error::StoreError,
};

/// Threads at most: reading is then no longer what takes the time.
const MOST_THREADS: usize = 4;

/// The rows of a table that is sorted by its first column, the listener.
pub(crate) struct Rows<Row: 'static> {
    /// Each sends every so manieth group, in order, and waits until it is taken.
    decoders: Vec<Receiver<Result<Group<Row>, StoreError>>>,
    next: usize,
    group: Option<Group<Row>>,
}

impl<Row: Send> Rows<Row> {
    pub(crate) fn ahead(table: &'static Table<Row>, path: PathBuf) -> Result<Self, StoreError> {
        let groups = TableReader::open(table, path.clone())?.groups();
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let threads = processors.min(MOST_THREADS).min(groups);
        let mut decoders = Vec::with_capacity(threads);
        for first in 0..threads {
            // A reader each, for one cannot be shared.
            let reader = TableReader::open(table, path.clone())?;
            let (sender, receiver) = sync_channel(1);
            thread::spawn(move || {
                for index in (first..groups).step_by(threads) {
                    // Nobody wants the rest.
                    if sender.send(reader.group(index)).is_err() {
                        return;
                    }
                }
            });
            decoders.push(receiver);
        }
        Ok(Self { decoders, next: 0, group: None })
    }
}

impl<Row> Rows<Row> {
    /// Whose the next row is; none at the end.
    pub(crate) fn listener(&mut self) -> Result<Option<ListenerId>, StoreError> {
        loop {
            if let Some(cell) = self.group.as_ref().and_then(Group::first_cell) {
                // What is no number of a listener is told when its row is made.
                return Ok(Some(ListenerId(u32::try_from(cell).unwrap_or(u32::MAX))));
            }
            self.group = match self.next_group() {
                Some(group) => Some(group?),
                None => return Ok(None),
            };
        }
    }

    /// Moves the rows of `listener`, who is next or has none, into `rows`.
    pub(crate) fn take(&mut self, listener: ListenerId, rows: &mut Vec<Row>) -> Result<(), StoreError> {
        while self.listener()? == Some(listener) {
            let Some(group) = &mut self.group else { return Ok(()) };
            let cell = group.first_cell();
            while group.first_cell() == cell {
                let Some(row) = group.advance()? else { break };
                rows.push(row);
            }
        }
        Ok(())
    }

    fn next_group(&mut self) -> Option<Result<Group<Row>, StoreError>> {
        let threads = self.decoders.len();
        let received = self.decoders.get(self.next.checked_rem(threads)?)?.recv().ok()?;
        self.next += 1;
        Some(received)
    }
}
