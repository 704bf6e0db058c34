//! Reading: a row group is decoded column by column, and taken row by row.

use std::{fs, path::PathBuf};

use parquet::{
    column::reader::get_typed_column_reader,
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::reader::{FileReader as _, RowGroupReader, SerializedFileReader},
};

use super::{ColumnSpec, Kind, Table, Values};
use crate::error::StoreError;

/// Reads a table row group by row group.
pub(crate) struct TableReader<Row: 'static> {
    table: &'static Table<Row>,
    path: PathBuf,
    reader: SerializedFileReader<fs::File>,
}

impl<Row> TableReader<Row> {
    pub(crate) fn open(table: &'static Table<Row>, path: PathBuf) -> Result<Self, StoreError> {
        let file = fs::File::open(&path).map_err(|source| StoreError::io("open", &path, source))?;
        let reader = SerializedFileReader::new(file).map_err(|error| StoreError::damaged(&path, error))?;
        Ok(Self { table, path, reader })
    }

    pub(crate) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// Whether rows are sorted by the first column, as those of newer files are.
    pub(crate) fn is_sorted(&self) -> bool {
        let sorted = |group: &parquet::file::metadata::RowGroupMetaData| {
            group.sorting_columns().is_some_and(|columns| {
                columns.first().is_some_and(|column| column.column_idx == 0 && !column.descending)
            })
        };
        self.reader.metadata().row_groups().iter().all(sorted)
    }

    /// The columns of one group, which must begin with the table's, in this order.
    pub(crate) fn group(&self, index: usize) -> Result<Group<Row>, StoreError> {
        let damaged = |what: String| StoreError::damaged(&self.path, what);
        let group = self.reader.get_row_group(index).map_err(|error| damaged(error.to_string()))?;
        let count =
            usize::try_from(group.metadata().num_rows()).map_err(|error| damaged(error.to_string()))?;
        let columns = read_group(group.as_ref(), self.table.specs, count).map_err(damaged)?;
        Ok(Group { table: self.table, path: self.path.clone(), index, columns, count, next: 0 })
    }

    /// All rows.
    pub(crate) fn rows(&self) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::new();
        for index in 0..self.groups() {
            let mut group = self.group(index)?;
            rows.reserve(group.count);
            while let Some(row) = group.advance()? {
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// The decoded columns of a row group, taken row by row: rows are made one at a time, for they are larger than their
/// cells.
pub(crate) struct Group<Row: 'static> {
    table: &'static Table<Row>,
    path: PathBuf,
    index: usize,
    columns: Vec<Values>,
    count: usize,
    next: usize,
}

impl<Row> Group<Row> {
    /// The first cell of the next row; none at the end.
    pub(crate) fn first_cell(&self) -> Option<i64> {
        match self.columns.first()? {
            Values::Dense(cells) => cells.get(self.next).copied(),
            Values::Int(cells) => cells.get(self.next).copied().flatten(),
            Values::Text(_) => None,
        }
    }

    /// The next row; none at the end.
    pub(crate) fn advance(&mut self) -> Result<Option<Row>, StoreError> {
        if self.next >= self.count {
            return Ok(None);
        }
        let mut cells = Cells { specs: self.table.specs, columns: &self.columns, row: self.next, next: 0 };
        let row = (self.table.row)(&mut cells).map_err(|what| {
            StoreError::damaged(&self.path, format!("row group {}, row {}: {what}", self.index, self.next))
        })?;
        self.next += 1;
        Ok(Some(row))
    }
}

fn read_group(group: &dyn RowGroupReader, specs: &[ColumnSpec], rows: usize) -> Result<Vec<Values>, String> {
    let mut columns = Vec::with_capacity(specs.len());
    for (index, spec) in specs.iter().enumerate() {
        if spec.is_newer && index >= group.num_columns() {
            columns.push(match spec.kind {
                Kind::Int | Kind::OptionalInt => Values::Int(vec![None; rows]),
                Kind::Text | Kind::OptionalText => Values::Text(vec![None; rows]),
            });
            continue;
        }
        if index >= group.num_columns() || group.metadata().column(index).column_descr().name() != spec.name {
            return Err(format!("column {index} is not `{}`", spec.name));
        }
        let values = read_column(group, index, spec.kind, rows);
        columns.push(values.map_err(|error| format!("column `{}`: {error}", spec.name))?);
    }
    Ok(columns)
}

fn read_column(
    group: &dyn RowGroupReader,
    index: usize,
    kind: Kind,
    rows: usize,
) -> Result<Values, ParquetError> {
    let reader = group.get_column_reader(index)?;
    let optional = group.metadata().column(index).column_descr().max_def_level() > 0;
    let mut levels = Vec::new();
    match kind {
        Kind::Int | Kind::OptionalInt => {
            let mut values = Vec::with_capacity(rows);
            let mut reader = get_typed_column_reader::<Int64Type>(reader);
            while reader.read_records(rows, optional.then_some(&mut levels), None, &mut values)?.0 > 0 {}
            if values.len() == rows {
                return Ok(Values::Dense(values));
            }
            Ok(Values::Int(with_gaps(values, optional.then_some(levels), rows)?))
        }
        Kind::Text | Kind::OptionalText => {
            let mut values: Vec<ByteArray> = Vec::new();
            let mut reader = get_typed_column_reader::<ByteArrayType>(reader);
            while reader.read_records(rows, optional.then_some(&mut levels), None, &mut values)?.0 > 0 {}
            Ok(Values::Text(with_gaps(values, optional.then_some(levels), rows)?))
        }
    }
}

/// Puts the absent cells back where the levels say they are.
fn with_gaps<T>(
    values: Vec<T>,
    levels: Option<Vec<i16>>,
    rows: usize,
) -> Result<Vec<Option<T>>, ParquetError> {
    let mut values = values.into_iter();
    let cells: Vec<_> = match levels {
        None => values.map(Some).collect(),
        Some(levels) => {
            levels.into_iter().map(|level| if level > 0 { values.next() } else { None }).collect()
        }
    };
    if cells.len() == rows {
        Ok(cells)
    } else {
        Err(ParquetError::General(format!("{} values in {rows} rows", cells.len())))
    }
}

/// The cells of one row, taken from left to right.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    specs: &'static [ColumnSpec],
    columns: &'a [Values],
    row: usize,
    next: usize,
}

impl<'a> Cells<'a> {
    /// The next cell, an integer or nothing.
    pub(crate) fn optional<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, String> {
        let column = self.advance();
        let cell = match self.columns.get(column) {
            Some(Values::Dense(cells)) => cells.get(self.row).copied(),
            Some(Values::Int(cells)) => cells.get(self.row).copied().flatten(),
            Some(Values::Text(_)) | None => return Err(self.complain(column, "is no integer")),
        };
        cell.map(|value| T::try_from(value).map_err(|_| self.complain(column, "is out of range"))).transpose()
    }

    /// The next cell, an integer.
    pub(crate) fn int<T: TryFrom<i64>>(&mut self) -> Result<T, String> {
        let column = self.next;
        self.optional()?.ok_or_else(|| self.complain(column, "is missing"))
    }

    /// The next cell, a text or nothing.
    pub(crate) fn optional_text(&mut self) -> Result<Option<&'a str>, String> {
        let column = self.advance();
        let cell = match self.columns.get(column) {
            Some(Values::Text(cells)) => cells.get(self.row).and_then(Option::as_ref),
            Some(Values::Int(_) | Values::Dense(_)) | None => {
                return Err(self.complain(column, "is no text"));
            }
        };
        cell.map(|bytes| bytes.as_utf8().map_err(|_| self.complain(column, "is not UTF-8"))).transpose()
    }

    /// The next cell, a text.
    pub(crate) fn text(&mut self) -> Result<&'a str, String> {
        let column = self.next;
        self.optional_text()?.ok_or_else(|| self.complain(column, "is missing"))
    }

    const fn advance(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn complain(&self, column: usize, what: &str) -> String {
        format!("`{}` {what}", self.specs.get(column).map_or("?", |spec| spec.name))
    }
}
