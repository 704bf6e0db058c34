//! The columns of `blocks.parquet` and `stalls.parquet`, in order; the reader takes them in the same order.

use std::path::Path;

use crate::{
    columns::{Cells, ColumnSpec, Kind, Table, Values, read_rows},
    error::StoreError,
    rows::{BlockRow, StallRow},
};

const BLOCK_COLUMNS: [ColumnSpec; 18] = [
    column("listener", Kind::Int),
    column("block", Kind::Int),
    column("batch", Kind::Int),
    column("chars", Kind::Int),
    column("intended_at_ns", Kind::Int),
    column("requested_at_ns", Kind::OptionalInt),
    column("acknowledged_at_ns", Kind::OptionalInt),
    column("ready_at_ns", Kind::OptionalInt),
    column("first_audio_at_ns", Kind::OptionalInt),
    column("complete_at_ns", Kind::OptionalInt),
    column("started_at_ns", Kind::OptionalInt),
    column("media_ns", Kind::Int),
    column("bytes", Kind::Int),
    column("chunks", Kind::Int),
    column("buffer_deficit_ns", Kind::OptionalInt),
    column("resends", Kind::Int),
    column("outcome", Kind::Text),
    column("failure", Kind::OptionalText),
];

const STALL_COLUMNS: [ColumnSpec; 4] = [
    column("listener", Kind::Int),
    column("block", Kind::Int),
    column("began_at_ns", Kind::Int),
    column("waited_ns", Kind::Int),
];

pub(crate) fn encode_blocks(rows: &[BlockRow], path: &Path) -> Result<Vec<u8>, StoreError> {
    let table = Table { name: "blocks", specs: &BLOCK_COLUMNS, rows, values: block_values };
    table.encode().map_err(|error| StoreError::encode(path, error))
}

pub(crate) fn encode_stalls(rows: &[StallRow], path: &Path) -> Result<Vec<u8>, StoreError> {
    let table = Table { name: "stalls", specs: &STALL_COLUMNS, rows, values: stall_values };
    table.encode().map_err(|error| StoreError::encode(path, error))
}

pub(crate) fn read_blocks(path: &Path) -> Result<Vec<BlockRow>, StoreError> {
    read_rows(path, &BLOCK_COLUMNS, block_row)
}

pub(crate) fn read_stalls(path: &Path) -> Result<Vec<StallRow>, StoreError> {
    read_rows(path, &STALL_COLUMNS, stall_row)
}

fn block_values(rows: &[BlockRow]) -> Vec<Values> {
    vec![
        ints(rows, |row| Some(u64::from(row.listener))),
        ints(rows, |row| Some(u64::from(row.block))),
        ints(rows, |row| Some(u64::from(row.batch))),
        ints(rows, |row| Some(u64::from(row.chars))),
        ints(rows, |row| Some(row.intended_at_ns)),
        ints(rows, |row| row.requested_at_ns),
        ints(rows, |row| row.acknowledged_at_ns),
        ints(rows, |row| row.ready_at_ns),
        ints(rows, |row| row.first_audio_at_ns),
        ints(rows, |row| row.complete_at_ns),
        ints(rows, |row| row.started_at_ns),
        ints(rows, |row| Some(row.media_ns)),
        ints(rows, |row| Some(row.bytes)),
        ints(rows, |row| Some(u64::from(row.chunks))),
        ints(rows, |row| row.buffer_deficit_ns),
        ints(rows, |row| Some(u64::from(row.resends))),
        Values::Text(rows.iter().map(|row| Some(row.outcome.clone())).collect()),
        Values::Text(rows.iter().map(|row| row.failure.clone()).collect()),
    ]
}

fn block_row(cells: &mut Cells<'_>) -> Result<BlockRow, String> {
    // Fields are evaluated as written, which is the order of the columns.
    Ok(BlockRow {
        listener: cells.int()?,
        block: cells.int()?,
        batch: cells.int()?,
        chars: cells.int()?,
        intended_at_ns: cells.int()?,
        requested_at_ns: cells.optional()?,
        acknowledged_at_ns: cells.optional()?,
        ready_at_ns: cells.optional()?,
        first_audio_at_ns: cells.optional()?,
        complete_at_ns: cells.optional()?,
        started_at_ns: cells.optional()?,
        media_ns: cells.int()?,
        bytes: cells.int()?,
        chunks: cells.int()?,
        buffer_deficit_ns: cells.optional()?,
        resends: cells.int()?,
        outcome: cells.text()?,
        failure: cells.optional_text()?,
    })
}

fn stall_values(rows: &[StallRow]) -> Vec<Values> {
    vec![
        ints(rows, |row| Some(u64::from(row.listener))),
        ints(rows, |row| Some(u64::from(row.block))),
        ints(rows, |row| Some(row.began_at_ns)),
        ints(rows, |row| Some(row.waited_ns)),
    ]
}

fn stall_row(cells: &mut Cells<'_>) -> Result<StallRow, String> {
    Ok(StallRow {
        listener: cells.int()?,
        block: cells.int()?,
        began_at_ns: cells.int()?,
        waited_ns: cells.int()?,
    })
}

pub(crate) const fn column(name: &'static str, kind: Kind) -> ColumnSpec {
    ColumnSpec { name, kind }
}

/// Parquet's integers are signed: what lies beyond 292 years or 8 EiB is put down as the largest.
pub(crate) fn ints<Row>(rows: &[Row], cell: impl Fn(&Row) -> Option<u64>) -> Values {
    Values::Int(
        rows.iter().map(|row| cell(row).map(|value| i64::try_from(value).unwrap_or(i64::MAX))).collect(),
    )
}
