//! Where a capacity is told.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use claque_report::capacity::{FILE, to_html, to_json, to_markdown, to_text};
use claque_stats::capacity::Answer;
use claque_store::CapacityFolder;

use super::{paint, write};
use crate::{
    config::{Output, OutputFormat, PageChoice},
    talk,
};

/// Prints a search on stdout, in the form asked for, and writes the files asked for.
///
/// # Errors
/// Standard output or a file cannot be written.
pub(crate) fn tell(capacity: &CapacityFolder, output: &Output) -> anyhow::Result<()> {
    let Some(answer) = &capacity.manifest.answer else { return Ok(()) };
    write_markdown(capacity, output.markdown.as_deref())?;
    print(capacity, output.format)?;
    // Of a search of which nothing came no folder is kept.
    if output.page == PageChoice::Written && capacity.dir.is_dir() {
        save_page(capacity, answer)?;
    }
    Ok(())
}

/// Writes a search that has an answer as Markdown, where that is wanted.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_markdown(capacity: &CapacityFolder, path: Option<&Path>) -> anyhow::Result<()> {
    let (Some(path), Some(answer)) = (path, &capacity.manifest.answer) else { return Ok(()) };
    write(path, &to_markdown(capacity, answer), "--markdown")
}

/// Writes the page of a search into its folder, and gives where it is.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn save_page(capacity: &CapacityFolder, answer: &Answer) -> anyhow::Result<PathBuf> {
    let path = capacity.dir.join(FILE);
    std::fs::write(&path, to_html(capacity, answer)).with_context(|| super::not_written(&path))?;
    Ok(path)
}

/// Prints a search that has an answer on stdout.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(capacity: &CapacityFolder, format: OutputFormat) -> anyhow::Result<()> {
    let Some(answer) = &capacity.manifest.answer else { return Ok(()) };
    let text = match format {
        OutputFormat::Text => to_text(capacity, answer, paint()),
        OutputFormat::Json => to_json(capacity, answer)?,
        OutputFormat::Markdown => to_markdown(capacity, answer),
    };
    talk::print(&text)
}
