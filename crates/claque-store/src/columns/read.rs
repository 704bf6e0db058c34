//! Reading: a row group is decoded column by column, and taken row by row.

use std::{fs, path::PathBuf};

use parquet::{
    column::reader::get_typed_column_reader,
    data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::reader::{FileReader as _, RowGroupReader, SerializedFileReader},
};

use super::{Column, ColumnKind, Table, Values, write::SEALED_IN_KEY};
use crate::error::StoreError;

/// Reads a table row group by row group.
pub(crate) struct TableReader<Record: 'static> {
    table: &'static Table<Record>,
    path: PathBuf,
    reader: SerializedFileReader<fs::File>,
}

impl<Record> TableReader<Record> {
    pub(crate) fn open(table: &'static Table<Record>, path: PathBuf) -> Result<Self, StoreError> {
        let file = fs::File::open(&path).map_err(|source| StoreError::io("open", &path, source))?;
        let reader = SerializedFileReader::new(file).map_err(|error| StoreError::damaged(&path, error))?;
        Ok(Self { table, path, reader })
    }

    pub(crate) fn groups(&self) -> usize {
        self.reader.num_row_groups()
    }

    /// Whether the file beside it that tells of the run has a seal, as those of newer versions have.
    pub(crate) fn is_sealed(&self) -> bool {
        let metadata = self.reader.metadata().file_metadata().key_value_metadata();
        metadata.is_some_and(|all| all.iter().any(|one| one.key == SEALED_IN_KEY))
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
    pub(crate) fn group(&self, index: usize) -> Result<Group<Record>, StoreError> {
        let damaged = |what: String| StoreError::damaged(&self.path, what);
        let group = self.reader.get_row_group(index).map_err(|error| damaged(error.to_string()))?;
        let count =
            usize::try_from(group.metadata().num_rows()).map_err(|error| damaged(error.to_string()))?;
        let columns = read_group(group.as_ref(), self.table.columns, count).map_err(damaged)?;
        Ok(Group { table: self.table, path: self.path.clone(), index, columns, count, next: 0 })
    }

    /// All rows.
    pub(crate) fn rows(&self) -> Result<Vec<Record>, StoreError> {
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
pub(crate) struct Group<Record: 'static> {
    table: &'static Table<Record>,
    path: PathBuf,
    index: usize,
    columns: Vec<Values>,
    count: usize,
    next: usize,
}

impl<Record> Group<Record> {
    /// The first cell of the next row; none at the end.
    pub(crate) fn first_cell(&self) -> Option<i64> {
        match self.columns.first()? {
            Values::Dense(cells) => cells.get(self.next).copied(),
            Values::Int(cells) => cells.get(self.next).copied().flatten(),
            Values::Text(_) | Values::Float(_) => None,
        }
    }

    /// The next row; none at the end.
    pub(crate) fn advance(&mut self) -> Result<Option<Record>, StoreError> {
        if self.next >= self.count {
            return Ok(None);
        }
        let cells = Cells { columns: self.table.columns, values: &self.columns, row: self.next };
        let record = (self.table.record)(&cells).map_err(|what| {
            StoreError::damaged(&self.path, format!("row group {}, row {}: {what}", self.index, self.next))
        })?;
        self.next += 1;
        Ok(Some(record))
    }
}

fn read_group(group: &dyn RowGroupReader, table: &[Column], rows: usize) -> Result<Vec<Values>, String> {
    let mut columns = Vec::with_capacity(table.len());
    for (index, column) in table.iter().enumerate() {
        if column.is_newer && index >= group.num_columns() {
            columns.push(match column.kind {
                ColumnKind::Int | ColumnKind::OptionalInt => Values::Int(vec![None; rows]),
                ColumnKind::Text | ColumnKind::OptionalText => Values::Text(vec![None; rows]),
                ColumnKind::Float => return Err(format!("column `{}` is not there", column.name)),
            });
            continue;
        }
        if index >= group.num_columns() || group.metadata().column(index).column_descr().name() != column.name
        {
            return Err(format!("column {index} is not `{}`", column.name));
        }
        let values = read_column(group, index, column.kind, rows);
        columns.push(values.map_err(|error| format!("column `{}`: {error}", column.name))?);
    }
    Ok(columns)
}

fn read_column(
    group: &dyn RowGroupReader,
    index: usize,
    kind: ColumnKind,
    rows: usize,
) -> Result<Values, ParquetError> {
    let reader = group.get_column_reader(index)?;
    let optional = group.metadata().column(index).column_descr().max_def_level() > 0;
    let mut levels = Vec::new();
    match kind {
        ColumnKind::Int | ColumnKind::OptionalInt => {
            let mut values = Vec::with_capacity(rows);
            let mut reader = get_typed_column_reader::<Int64Type>(reader);
            while reader.read_records(rows, optional.then_some(&mut levels), None, &mut values)?.0 > 0 {}
            if values.len() == rows {
                return Ok(Values::Dense(values));
            }
            Ok(Values::Int(with_gaps(values, optional.then_some(levels), rows)?))
        }
        ColumnKind::Float => {
            let mut values = Vec::with_capacity(rows);
            let mut reader = get_typed_column_reader::<DoubleType>(reader);
            while reader.read_records(rows, None, None, &mut values)?.0 > 0 {}
            if values.len() != rows {
                return Err(ParquetError::General(format!("{} values in {rows} rows", values.len())));
            }
            Ok(Values::Float(values))
        }
        ColumnKind::Text | ColumnKind::OptionalText => {
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

/// The cells of one row.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    columns: &'static [Column],
    values: &'a [Values],
    row: usize,
}

impl<'a> Cells<'a> {
    /// The integer of the column at `place`, or nothing.
    pub(super) fn integer<T: TryFrom<i64>>(&self, place: usize) -> Result<Option<T>, String> {
        let cell = match self.values.get(place) {
            Some(Values::Dense(cells)) => cells.get(self.row).copied(),
            Some(Values::Int(cells)) => cells.get(self.row).copied().flatten(),
            Some(Values::Text(_) | Values::Float(_)) | None => {
                return Err(self.complain(place, "is no integer"));
            }
        };
        cell.map(|value| T::try_from(value).map_err(|_| self.complain(place, "is out of range"))).transpose()
    }

    /// The text of the column at `place`, or nothing.
    pub(super) fn text(&self, place: usize) -> Result<Option<&'a str>, String> {
        let cell = match self.values.get(place) {
            Some(Values::Text(cells)) => cells.get(self.row).and_then(Option::as_ref),
            Some(Values::Int(_) | Values::Dense(_) | Values::Float(_)) | None => {
                return Err(self.complain(place, "is no text"));
            }
        };
        cell.map(|bytes| bytes.as_utf8().map_err(|_| self.complain(place, "is not UTF-8"))).transpose()
    }

    /// The number of the column at `place`.
    pub(super) fn float(&self, place: usize) -> Result<f64, String> {
        let cell = match self.values.get(place) {
            Some(Values::Float(cells)) => cells.get(self.row).copied(),
            Some(Values::Int(_) | Values::Dense(_) | Values::Text(_)) | None => None,
        };
        cell.ok_or_else(|| self.complain(place, "is no number"))
    }

    pub(super) fn complain(&self, place: usize, what: &str) -> String {
        format!("`{}` {what}", self.columns.get(place).map_or("?", |column| column.name))
    }
}
