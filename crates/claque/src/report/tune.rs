//! Where a search for the cheapest setting is told.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use claque_report::tune::{DimensionHead, FILE, TuneReport, to_html, to_json, to_markdown, to_text};
use claque_stats::objective::Objective;
use claque_store::TuneFolder;

use super::{paint, write};
use crate::{
    config::{Output, OutputFormat, PageChoice},
    talk,
};

/// Prints a search on stdout, in the form asked for, and writes the files asked for.
///
/// # Errors
/// Standard output or a file cannot be written.
pub(crate) fn tell(tune: &TuneFolder, output: &Output) -> anyhow::Result<()> {
    print(tune, output.format, output.markdown.as_deref())?;
    // Of a search of which nothing came no folder is kept.
    if output.page == PageChoice::Written && tune.dir.is_dir() {
        save_page(tune)?;
    }
    Ok(())
}

/// Prints a search on stdout, and writes it as Markdown where that is wanted.
///
/// # Errors
/// Standard output or the file cannot be written.
pub(crate) fn print(tune: &TuneFolder, format: OutputFormat, markdown: Option<&Path>) -> anyhow::Result<()> {
    with_report(tune, |told| {
        if let Some(path) = markdown {
            write(path, &to_markdown(told), "--markdown")?;
        }
        talk::print(&match format {
            OutputFormat::Text => to_text(told, paint()),
            OutputFormat::Json => to_json(told)?,
            OutputFormat::Markdown => to_markdown(told),
        })
    })
}

/// What a search came to, in one line.
///
/// # Errors
/// Its objectives cannot be read.
pub(crate) fn headline(tune: &TuneFolder) -> anyhow::Result<String> {
    with_report(tune, |told| Ok(claque_report::tune::headline(told)))
}

/// Writes the page of a search into its folder, and gives where it is.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn save_page(tune: &TuneFolder) -> anyhow::Result<PathBuf> {
    let path = tune.dir.join(FILE);
    with_report(tune, |told| {
        std::fs::write(&path, to_html(told)).with_context(|| super::not_written(&path))
    })?;
    Ok(path)
}

fn with_report<T>(
    tune: &TuneFolder,
    tell: impl FnOnce(&TuneReport<'_>) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let manifest = &tune.manifest;
    let objectives: Result<Vec<_>, _> =
        manifest.objectives.iter().map(|line| Objective::parse(line)).collect();
    let objectives = objectives
        .with_context(|| format!("failed to read the objectives of the search in {}", tune.dir.display()))?;
    let last_part = |name: &'_ str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let is_unique =
        |part: &str| manifest.varied.iter().filter(|one| last_part(&one.name) == part).count() == 1;
    let dimensions: Vec<_> = manifest
        .varied
        .iter()
        .map(|varied| DimensionHead {
            key: &varied.name,
            short: Some(last_part(&varied.name))
                .filter(|part| is_unique(part))
                .unwrap_or(varied.name.clone()),
            values: varied.values.iter().map(String::as_str).collect(),
        })
        .collect();
    let folder = tune.dir.display().to_string();
    tell(&TuneReport {
        about: &manifest.about,
        dimensions: &dimensions,
        objectives: &objectives,
        prices: &manifest.prices,
        terms: &manifest.terms,
        doubts: &manifest.doubts,
        uncertainty: manifest.uncertainty,
        folder: tune.dir.is_dir().then_some(folder.as_str()),
        answer: &manifest.answer,
    })
}
