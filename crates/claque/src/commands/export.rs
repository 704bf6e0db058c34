//! `claque export`: facts in the form that somebody else's tool reads.

use std::{
    borrow::Cow,
    fs,
    io::{self, BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use anyhow::Context as _;
use claque_report::printable::{Colours, printable};
use claque_store::{BlockRow, Column, ErrorRow, ListenerRow, Manifest, StallRow};
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::{ExportFlags, FormatFlag, KeptFlags, RunFlag, TableFlag},
    talk,
};

/// Writes a table of a run. A reader that goes away has seen enough.
///
/// # Errors
/// There is no such run, or a file cannot be read or written.
pub(crate) fn export(flags: &ExportFlags) -> anyhow::Result<ExitCode> {
    let kept = KeptFlags { output_dir: flags.output_dir.clone() };
    let folder = RunFlag { run: flags.run.clone(), kept }.folder()?;
    // Refuses a run over documents before a file is made.
    let manifest = claque_store::open_manifest(&folder)?;
    manifest.integrity.refuse(&folder)?;
    if let Some(note) = manifest.facts_kept_note() {
        talk::say(&format!("warning: {}", note.text));
    }
    let out: Box<dyn Write> =
        match &flags.out {
            Some(path) => Box::new(fs::File::create(path).with_context(|| {
                format!("failed to create {}; give another file with --out", path.display())
            })?),
            None => Box::new(io::stdout().lock()),
        };
    let mut out = BufWriter::new(out);
    let written = match flags.format {
        FormatFlag::Parquet => copy(&folder.join(file_of(flags.table)), &mut out),
        FormatFlag::Csv | FormatFlag::Jsonl => rows(&folder, &manifest, flags, &mut out),
    };
    match written.and_then(|()| Ok(out.flush()?)) {
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.context("failed to write the export")),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

const fn file_of(table: TableFlag) -> &'static str {
    match table {
        TableFlag::Blocks => "blocks.parquet",
        TableFlag::Stalls => "stalls.parquet",
        TableFlag::Listeners => "listeners.parquet",
        TableFlag::Errors => "errors.parquet",
    }
}

fn copy(path: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut file = fs::File::open(path).with_context(|| {
        format!(
            "failed to open {}; a run that was not finished has no Parquet files, take csv or jsonl",
            path.display()
        )
    })?;
    io::copy(&mut file, out)?;
    Ok(())
}

fn rows(folder: &Path, manifest: &Manifest, flags: &ExportFlags, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut failed = Ok(());
    if flags.format == FormatFlag::Csv {
        let names: Vec<_> = columns_of(flags.table).iter().map(|column| column.name).collect();
        writeln!(out, "{}", names.join(","))?;
    }
    claque_store::for_each_kept_listener(folder, manifest, |facts| {
        if failed.is_ok() {
            failed = match flags.table {
                TableFlag::Blocks => {
                    write_rows(facts.blocks.iter().map(BlockRow::<Cow<'_, str>>::from), flags, out)
                }
                TableFlag::Stalls => write_rows(facts.stalls.iter().map(StallRow::from), flags, out),
                TableFlag::Errors => {
                    write_rows(facts.errors.iter().map(ErrorRow::<Cow<'_, str>>::from), flags, out)
                }
                TableFlag::Listeners => {
                    write_rows(facts.session.iter().map(ListenerRow::<Cow<'_, str>>::from), flags, out)
                }
            };
        }
        Ok(())
    })?;
    failed
}

fn write_rows<Row: Serialize>(
    rows: impl Iterator<Item = Row>,
    flags: &ExportFlags,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    for row in rows {
        match flags.format {
            FormatFlag::Csv => {
                let row = serde_json::to_value(&row)?;
                let cell = |column: &Column| row.get(column.name).map_or_else(String::new, csv_cell);
                let cells: Vec<_> = columns_of(flags.table).iter().map(cell).collect();
                writeln!(out, "{}", cells.join(","))?;
            }
            FormatFlag::Jsonl | FormatFlag::Parquet => {
                let row = serde_json::to_string(&row)?;
                writeln!(out, "{}", printable(&row, Colours::None))?;
            }
        }
    }
    Ok(())
}

/// RFC 4180.
fn csv_cell(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => printable(text, Colours::None).into_owned(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// In the order of the Parquet file.
const fn columns_of(table: TableFlag) -> &'static [Column] {
    match table {
        TableFlag::Blocks => claque_store::BLOCK_COLUMNS,
        TableFlag::Stalls => claque_store::STALL_COLUMNS,
        TableFlag::Listeners => claque_store::LISTENER_COLUMNS,
        TableFlag::Errors => claque_store::ERROR_COLUMNS,
    }
}
