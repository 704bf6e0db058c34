//! A table as a Parquet file: zstd, one row group per 65,536 rows, integers as INT64, texts as UTF-8.

use std::{fs, path::Path, sync::Arc};

use parquet::{
    basic::{Compression, ZstdLevel},
    column::reader::get_typed_column_reader,
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::WriterProperties,
        reader::{FileReader as _, RowGroupReader, SerializedFileReader},
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};

use crate::{FORMAT_VERSION, error::StoreError};

/// Rows of a row group; bounds what a reader must hold at once.
pub(crate) const ROW_GROUP: usize = 65_536;

/// Key of the format version in the file's metadata.
const VERSION_KEY: &str = "claque.format_version";

/// Name and type of a column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ColumnSpec {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
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
    Text(Vec<Option<String>>),
}

/// A table for writing: its name, its columns and how a slice of rows becomes their values.
pub(crate) struct Table<'a, Row> {
    pub(crate) name: &'static str,
    pub(crate) specs: &'static [ColumnSpec],
    pub(crate) rows: &'a [Row],
    pub(crate) values: fn(&[Row]) -> Vec<Values>,
}

impl<Row> Table<'_, Row> {
    /// The bytes of the file.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, ParquetError> {
        let schema = Arc::new(parse_message_type(&message_type(self.name, self.specs))?);
        let version = KeyValue::new(VERSION_KEY.to_owned(), FORMAT_VERSION.to_string());
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(vec![version]))
            .build();
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
        for rows in self.rows.chunks(ROW_GROUP) {
            let mut group = writer.next_row_group()?;
            for (spec, values) in self.specs.iter().zip((self.values)(rows)) {
                let column = group.next_column()?;
                let mut column =
                    column.ok_or_else(|| ParquetError::General(format!("no column `{}`", spec.name)))?;
                write_column(&mut column, spec.kind, values)?;
                column.close()?;
            }
            group.close()?;
        }
        writer.into_inner()
    }
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
        Values::Text(cells) => {
            let levels = definition_levels(&cells);
            let present: Vec<_> =
                cells.into_iter().flatten().map(|text| ByteArray::from(text.into_bytes())).collect();
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

/// Reads the rows of the table at `path`, whose columns begin with `specs` in this order.
pub(crate) fn read_rows<Row>(
    path: &Path,
    specs: &'static [ColumnSpec],
    row: fn(&mut Cells<'_>) -> Result<Row, String>,
) -> Result<Vec<Row>, StoreError> {
    let file = fs::File::open(path).map_err(|source| StoreError::io("open", path, source))?;
    let reader = SerializedFileReader::new(file).map_err(|error| StoreError::damaged(path, error))?;
    let mut rows = Vec::new();
    for index in 0..reader.num_row_groups() {
        let group = reader.get_row_group(index).map_err(|error| StoreError::damaged(path, error))?;
        let count =
            usize::try_from(group.metadata().num_rows()).map_err(|error| StoreError::damaged(path, error))?;
        let columns =
            read_group(group.as_ref(), specs, count).map_err(|what| StoreError::damaged(path, what))?;
        for number in 0..count {
            let mut cells = Cells { specs, columns: &columns, row: number, next: 0 };
            let read = row(&mut cells);
            rows.push(read.map_err(|what| {
                StoreError::damaged(path, format!("row group {index}, row {number}: {what}"))
            })?);
        }
    }
    Ok(rows)
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
            let mut values = Vec::new();
            let mut reader = get_typed_column_reader::<Int64Type>(reader);
            while reader.read_records(rows, optional.then_some(&mut levels), None, &mut values)?.0 > 0 {}
            Ok(Values::Int(with_gaps(values, optional.then_some(levels), rows)?))
        }
        Kind::Text | Kind::OptionalText => {
            let mut values = Vec::new();
            let mut reader = get_typed_column_reader::<ByteArrayType>(reader);
            while reader.read_records(rows, optional.then_some(&mut levels), None, &mut values)?.0 > 0 {}
            let texts: Result<Vec<_>, _> =
                values.iter().map(|bytes: &ByteArray| bytes.as_utf8().map(str::to_owned)).collect();
            Ok(Values::Text(with_gaps(texts?, optional.then_some(levels), rows)?))
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

impl Cells<'_> {
    /// The next cell, an integer or nothing.
    pub(crate) fn optional<T: TryFrom<i64>>(&mut self) -> Result<Option<T>, String> {
        let column = self.advance();
        let cell = match self.columns.get(column) {
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
    pub(crate) fn optional_text(&mut self) -> Result<Option<String>, String> {
        let column = self.advance();
        match self.columns.get(column) {
            Some(Values::Text(cells)) => Ok(cells.get(self.row).cloned().flatten()),
            Some(Values::Int(_)) | None => Err(self.complain(column, "is no text")),
        }
    }

    /// The next cell, a text.
    pub(crate) fn text(&mut self) -> Result<String, String> {
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
