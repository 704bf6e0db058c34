//! A table as a Parquet file: zstd, one row group per 32,768 rows, integers as INT64, texts as UTF-8. Neither writing
//! nor reading holds more than a row group.

mod read;
mod write;

use parquet::data_type::ByteArray;

pub(crate) use self::{
    read::{Cells, Group, TableReader},
    write::TableWriter,
};

/// Rows of a row group; bounds what a reader must hold at once.
pub(crate) const ROW_GROUP: usize = 32_768;

/// Name, type and unit of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
    /// Whether it was added later, so that older files end before it.
    pub(crate) is_newer: bool,
}

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    OptionalInt,
    Text,
    OptionalText,
}

/// The values of a column, in the order of rows.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Int(Vec<Option<i64>>),
    /// Integers of which none is absent: all columns when reading but few.
    Dense(Vec<i64>),
    Text(Vec<Option<ByteArray>>),
}

/// What a table is: its name, its columns, and how rows and their values become one another. Rows are sorted by the
/// first column.
pub(crate) struct Table<Row: 'static> {
    pub(crate) name: &'static str,
    pub(crate) specs: &'static [ColumnSpec],
    pub(crate) values: fn(&[Row]) -> Vec<Values>,
    pub(crate) row: fn(&mut Cells<'_>) -> Result<Row, String>,
}

/// A text as a cell.
pub(crate) fn text_cell(text: &str) -> ByteArray {
    ByteArray::from(text)
}
