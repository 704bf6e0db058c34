//! A table as a Parquet file: zstd, one row group per 32,768 rows, integers as INT64, texts as UTF-8. Neither writing
//! nor reading holds more than a row group.

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::{
    basic::{Compression, ZstdLevel},
    column::reader::get_typed_column_reader,
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::WriterProperties,
        reader::{FileReader as _, RowGroupReader, SerializedFileReader},
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};

use crate::{FORMAT_VERSION, error::StoreError, files};

/// Rows of a row group; bounds what a reader must hold at once.
pub(crate) const ROW_GROUP: usize = 32_768;

/// Key of the format version in the file's metadata.
const VERSION_KEY: &str = "claque.format_version";

/// Key of the units in the file's metadata: one `column: unit` a line.
const UNITS_KEY: &str = "claque.units";

/// Name, type and unit of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) unit: &'static str,
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

/// Writes a table row by row. Until it is finished there is no file of that name.
pub(crate) struct TableWriter<Row: 'static> {
    table: &'static Table<Row>,
    path: PathBuf,
    beside: PathBuf,
    writer: SerializedFileWriter<BufWriter<fs::File>>,
    rows: Vec<Row>,
}

impl<Row> TableWriter<Row> {
    pub(crate) fn create(table: &'static Table<Row>, path: PathBuf) -> Result<Self, StoreError> {
        let beside = files::beside(&path);
        let file = fs::File::create(&beside).map_err(|source| StoreError::io("create", &beside, source))?;
        let encode = |error: ParquetError| StoreError::encode(&path, error);
        let schema = Arc::new(parse_message_type(&message_type(table.name, table.specs)).map_err(encode)?);
        let writer = SerializedFileWriter::new(BufWriter::new(file), schema, Arc::new(properties(table)))
            .map_err(encode)?;
        Ok(Self { table, path, beside, writer, rows: Vec::new() })
    }

    pub(crate) fn push(&mut self, row: Row) -> Result<(), StoreError> {
        self.rows.push(row);
        if self.rows.len() < ROW_GROUP { Ok(()) } else { self.write_group() }
    }

    /// Writes what is left, and gives the file its name.
    pub(crate) fn finish(mut self) -> Result<(), StoreError> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        let Self { path, beside, writer, .. } = self;
        let buffered = writer.into_inner().map_err(|error| write_error(&path, error))?;
        let mut file =
            buffered.into_inner().map_err(|error| StoreError::io("write", &beside, error.into_error()))?;
        file.flush()
            .and_then(|()| file.sync_all())
            .map_err(|source| StoreError::io("write", &beside, source))?;
        fs::rename(&beside, &path).map_err(|source| StoreError::io("rename to", &path, source))
    }

    fn write_group(&mut self) -> Result<(), StoreError> {
        let values = (self.table.values)(&self.rows);
        self.rows.clear();
        let written = write_columns(&mut self.writer, self.table.specs, values);
        written.map_err(|error| write_error(&self.path, error))
    }
}

/// A full disk shows inside the library's errors.
fn write_error(path: &Path, error: ParquetError) -> StoreError {
    let ParquetError::External(inner) = error else { return StoreError::encode(path, error) };
    match inner.downcast::<std::io::Error>() {
        Ok(source) => StoreError::io("write", path, *source),
        Err(other) => StoreError::encode(path, other),
    }
}

fn properties<Row>(table: &Table<Row>) -> WriterProperties {
    let units: String = table.specs.iter().map(|spec| format!("{}: {}\n", spec.name, spec.unit)).collect();
    let metadata = vec![
        KeyValue::new(VERSION_KEY.to_owned(), FORMAT_VERSION.to_string()),
        KeyValue::new(UNITS_KEY.to_owned(), units),
    ];
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_key_value_metadata(Some(metadata))
        .set_sorting_columns(Some(vec![SortingColumn {
            column_idx: 0,
            descending: false,
            nulls_first: false,
        }]))
        .build()
}

fn write_columns(
    writer: &mut SerializedFileWriter<BufWriter<fs::File>>,
    specs: &[ColumnSpec],
    values: Vec<Values>,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for (spec, values) in specs.iter().zip(values) {
        let column = group.next_column()?;
        let mut column = column.ok_or_else(|| ParquetError::General(format!("no column `{}`", spec.name)))?;
        write_column(&mut column, spec.kind, values)?;
        column.close()?;
    }
    group.close()?;
    Ok(())
}

fn message_type(name: &str, specs: &[ColumnSpec]) -> String {
    let field = |spec: &ColumnSpec| match spec.kind {
        Kind::Int => format!("REQUIRED INT64 {};", spec.name),
        Kind::OptionalInt => format!("OPTIONAL INT64 {};", spec.name),
        Kind::Text => format!("REQUIRED BYTE_ARRAY {} (UTF8);", spec.name),
        Kind::OptionalText => format!("OPTIONAL BYTE_ARRAY {} (UTF8);", spec.name),
    };
    format!("message {name} {{ {} }}", specs.iter().map(field).collect::<String>())
}

fn write_column(
    column: &mut SerializedColumnWriter<'_>,
    kind: Kind,
    values: Values,
) -> Result<(), ParquetError> {
    let optional = match kind {
        Kind::Int | Kind::Text => false,
        Kind::OptionalInt | Kind::OptionalText => true,
    };
    match values {
        Values::Int(cells) => {
            let levels = definition_levels(&cells);
            let present: Vec<_> = cells.into_iter().flatten().collect();
            let levels = optional.then_some(levels.as_slice());
            column.typed::<Int64Type>().write_batch(&present, levels, None)?;
        }
        Values::Dense(cells) => {
            let levels = optional.then(|| vec![1; cells.len()]);
            column.typed::<Int64Type>().write_batch(&cells, levels.as_deref(), None)?;
        }
        Values::Text(cells) => {
            let levels = definition_levels(&cells);
            let present: Vec<_> = cells.into_iter().flatten().collect();
            let levels = optional.then_some(levels.as_slice());
            column.typed::<ByteArrayType>().write_batch(&present, levels, None)?;
        }
    }
    Ok(())
}

/// 1 for a value, 0 for none: Parquet's definition levels of a flat column.
fn definition_levels<T>(cells: &[Option<T>]) -> Vec<i16> {
    cells.iter().map(|cell| i16::from(cell.is_some())).collect()
}

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

/// A text as a cell.
pub(crate) fn text_cell(text: &str) -> ByteArray {
    ByteArray::from(text)
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
