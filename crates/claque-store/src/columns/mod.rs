//! A table as a Parquet file: zstd, one row group per 32,768 rows, integers as INT64, texts as UTF-8. Neither writing
//! nor reading holds more than a row group.
//!
//! A table is made of its columns by `table!`: each is written once, with all that is known of it.

mod cell;
mod read;
mod table;
mod write;

use std::fmt;

use parquet::data_type::ByteArray;

pub(crate) use self::{
    cell::{Present, PutCell, PutOptional, TakeCell, TakeOptional, text},
    read::{Cells, Group, TableReader},
    table::{in_order, place, table},
    write::TableWriter,
};

/// Rows of a row group; bounds what a reader must hold at once.
pub(crate) const ROW_GROUP: usize = 32_768;

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, in files as in what is exported.
    pub name: &'static str,
    /// What its cells are.
    pub kind: ColumnKind,
    /// What they count, or the names that there are; it stands in the file's metadata.
    pub unit: &'static str,
    /// What it tells.
    pub meaning: &'static str,
    /// Whether it was added later, so that older files end before it.
    pub is_newer: bool,
    /// Which of the additions it came with; 0 for none. Files have their columns in this order.
    pub(crate) since: u8,
}

/// Type of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// 64-bit integers, with a sign.
    Int,
    /// The same, or nothing.
    OptionalInt,
    /// 64-bit floating point numbers (IEEE 754).
    Float,
    /// UTF-8.
    Text,
    /// The same, or nothing.
    OptionalText,
}

/// The values of a column, in the order of rows.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    Int(Vec<Option<i64>>),
    /// Integers of which none is absent: all columns when reading but few.
    Dense(Vec<i64>),
    Float(Vec<f64>),
    Text(Vec<Option<ByteArray>>),
}

/// What a table is: its name, its columns in the order of files, and how records and their values become one another. Rows are sorted
/// by the first column.
pub(crate) struct Table<Record: 'static> {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
    pub(crate) values: fn(&[Record]) -> Vec<Values>,
    pub(crate) record: fn(&Cells<'_>) -> Result<Record, String>,
}

impl Column {
    /// Its line of a table in Markdown: name, type, meaning.
    #[must_use]
    pub fn markdown(&self) -> String {
        let before = if self.is_newer { "; files of before lack the column" } else { "" };
        format!("| `{}` | {} | {}{before} |", self.name, self.kind, self.meaning.trim())
    }
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Int => "INT64",
            Self::OptionalInt => "INT64?",
            Self::Float => "DOUBLE",
            Self::Text => "UTF-8",
            Self::OptionalText => "UTF-8?",
        })
    }
}
