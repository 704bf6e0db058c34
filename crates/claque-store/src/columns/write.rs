//! Writing: rows are gathered until a row group is full.

use std::{
    fs,
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArrayType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        metadata::{KeyValue, SortingColumn},
        properties::WriterProperties,
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};

use super::{Column, ColumnKind, ROW_GROUP, Table, Values};
use crate::{
    FORMAT_VERSION,
    error::StoreError,
    files,
    seal::{FileSeal, HashedFile},
};

/// Key of the format version in the file's metadata.
const VERSION_KEY: &str = "claque.format_version";

/// Key of the units in the file's metadata: one `column: unit` a line.
const UNITS_KEY: &str = "claque.units";

/// Key in the file's metadata of the name of the file that has its seal. Files of older versions have none.
pub(super) const SEALED_IN_KEY: &str = "claque.sealed_in";

/// Hashed below the buffer, in large pieces.
type Sink = BufWriter<HashedFile<fs::File>>;

/// Writes a table row by row. Until it is finished there is no file of that name.
pub(crate) struct TableWriter<Row: 'static> {
    table: &'static Table<Row>,
    path: PathBuf,
    beside: PathBuf,
    writer: SerializedFileWriter<Sink>,
    rows: Vec<Row>,
}

impl<Row> TableWriter<Row> {
    pub(crate) fn create(table: &'static Table<Row>, path: PathBuf) -> Result<Self, StoreError> {
        let beside = files::beside(&path);
        let file = fs::File::create(&beside).map_err(|source| StoreError::io("create", &beside, source))?;
        let encode = |error: ParquetError| StoreError::encode(&path, error);
        let schema = Arc::new(parse_message_type(&message_type(table.name, table.columns)).map_err(encode)?);
        let writer = SerializedFileWriter::new(
            BufWriter::new(HashedFile::new(file)),
            schema,
            Arc::new(properties(table)),
        )
        .map_err(encode)?;
        Ok(Self { table, path, beside, writer, rows: Vec::new() })
    }

    pub(crate) fn push(&mut self, row: Row) -> Result<(), StoreError> {
        self.rows.push(row);
        if self.rows.len() < ROW_GROUP { Ok(()) } else { self.write_group() }
    }

    /// Writes what is left, and gives the file its name. Comes back with what was written.
    pub(crate) fn finish(mut self) -> Result<FileSeal, StoreError> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        let Self { path, beside, writer, .. } = self;
        let buffered = writer.into_inner().map_err(|error| write_error(&path, error))?;
        let hashed =
            buffered.into_inner().map_err(|error| StoreError::io("write", &beside, error.into_error()))?;
        let (mut file, seal) = hashed.finish();
        file.flush()
            .and_then(|()| file.sync_all())
            .map_err(|source| StoreError::io("write", &beside, source))?;
        fs::rename(&beside, &path).map_err(|source| StoreError::io("rename to", &path, source))?;
        Ok(seal)
    }

    fn write_group(&mut self) -> Result<(), StoreError> {
        let values = (self.table.values)(&self.rows);
        self.rows.clear();
        let written = write_columns(&mut self.writer, self.table.columns, values);
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
    let units: String = table.columns.iter().map(|spec| format!("{}: {}\n", spec.name, spec.unit)).collect();
    let metadata = vec![
        KeyValue::new(VERSION_KEY.to_owned(), FORMAT_VERSION.to_string()),
        KeyValue::new(UNITS_KEY.to_owned(), units),
        KeyValue::new(SEALED_IN_KEY.to_owned(), files::RUN.to_owned()),
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
    writer: &mut SerializedFileWriter<Sink>,
    columns: &[Column],
    values: Vec<Values>,
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for (spec, values) in columns.iter().zip(values) {
        let column = group.next_column()?;
        let mut column = column.ok_or_else(|| ParquetError::General(format!("no column `{}`", spec.name)))?;
        write_column(&mut column, spec.kind, values)?;
        column.close()?;
    }
    group.close()?;
    Ok(())
}

fn message_type(name: &str, columns: &[Column]) -> String {
    let field = |spec: &Column| match spec.kind {
        ColumnKind::Int => format!("REQUIRED INT64 {};", spec.name),
        ColumnKind::OptionalInt => format!("OPTIONAL INT64 {};", spec.name),
        ColumnKind::Float => format!("REQUIRED DOUBLE {};", spec.name),
        ColumnKind::Text => format!("REQUIRED BYTE_ARRAY {} (UTF8);", spec.name),
        ColumnKind::OptionalText => format!("OPTIONAL BYTE_ARRAY {} (UTF8);", spec.name),
    };
    format!("message {name} {{ {} }}", columns.iter().map(field).collect::<String>())
}

fn write_column(
    column: &mut SerializedColumnWriter<'_>,
    kind: ColumnKind,
    values: Values,
) -> Result<(), ParquetError> {
    let optional = match kind {
        ColumnKind::Int | ColumnKind::Float | ColumnKind::Text => false,
        ColumnKind::OptionalInt | ColumnKind::OptionalText => true,
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
        Values::Float(cells) => {
            column.typed::<DoubleType>().write_batch(&cells, None, None)?;
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
