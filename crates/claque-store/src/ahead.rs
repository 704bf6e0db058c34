//! Rows of a table that are decoded ahead, by as many threads as there are processors, and come in order.

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use claque_core::ids::ListenerId;

use crate::{
    columns::{Table, TableReader},
    error::StoreError,
};

/// Threads at most: reading is then no longer what takes the time.
const MOST_THREADS: usize = 4;

type Group<Row> = Result<Vec<Row>, StoreError>;

/// The rows of a sorted table.
pub(crate) struct Rows<Row> {
    /// Each sends every so manieth group, in order, and waits until it is taken.
    decoders: Vec<Receiver<Group<Row>>>,
    next: usize,
    group: std::iter::Peekable<std::vec::IntoIter<Row>>,
    listener: fn(&Row) -> ListenerId,
}

impl<Row: Send + 'static> Rows<Row> {
    pub(crate) fn ahead(
        table: &'static Table<Row>,
        path: PathBuf,
        listener: fn(&Row) -> ListenerId,
    ) -> Result<Self, StoreError> {
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
        Ok(Self { decoders, next: 0, group: Vec::new().into_iter().peekable(), listener })
    }
}

impl<Row> Rows<Row> {
    /// Whose the next row is.
    pub(crate) fn listener(&mut self) -> Result<Option<ListenerId>, StoreError> {
        while self.group.peek().is_none() {
            let Some(group) = self.next_group() else { return Ok(None) };
            self.group = group?.into_iter().peekable();
        }
        Ok(self.group.peek().map(self.listener))
    }

    /// Moves the rows of `listener`, who is next or has none, into `rows`.
    pub(crate) fn take(&mut self, listener: ListenerId, rows: &mut Vec<Row>) -> Result<(), StoreError> {
        while self.listener()? == Some(listener) {
            let of = self.listener;
            while let Some(row) = self.group.next_if(|row| of(row) == listener) {
                rows.push(row);
            }
        }
        Ok(())
    }

    fn next_group(&mut self) -> Option<Group<Row>> {
        let threads = self.decoders.len();
        let received = self.decoders.get(self.next.checked_rem(threads)?)?.recv().ok()?;
        self.next += 1;
        Some(received)
    }
}
