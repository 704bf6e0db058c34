//! Where a suite is told.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use claque_report::suite::{
    FILE, PlannedRun, SuiteComparison, SuiteFigures, compared, gather, plan_to_json, plan_to_text,
    tells_against, to_html, to_json, to_junit, to_markdown, to_text,
};
use claque_store::{SuiteFolder, open_suite};

use super::{paint, write};
use crate::{
    config::{CompareSettings, Output, OutputFormat, PageChoice, ShowOutput},
    exit::of_integrity,
    talk,
};

/// Prints a suite on stdout, in the form asked for, and writes its page and the files asked for.
///
/// # Errors
/// Standard output or a file cannot be written.
pub(crate) fn tell(
    told: &SuiteFigures<'_>,
    against: Option<&SuiteComparison>,
    output: &Output,
) -> anyhow::Result<()> {
    let files = (output.markdown.as_deref(), output.junit.as_deref());
    print(told, against, files, output.format)?;
    if output.page == PageChoice::Written {
        save_page(told, against)?;
    }
    Ok(())
}

/// Prints the suite in `folder` as it was printed at its end, and writes the files asked for. The exit code says whether a run of it was
/// changed.
///
/// # Errors
/// It cannot be read or was changed otherwise, or standard output or a file cannot be written.
pub(crate) fn show(folder: &Path, output: &ShowOutput) -> anyhow::Result<ExitCode> {
    let suite = open(folder)?;
    let told = told_of(&suite);
    print(&told, None, (output.markdown.as_deref(), output.junit.as_deref()), output.format)?;
    Ok(of_integrity(&suite.integrity))
}

/// Writes the page of the suite in `folder`, and says where it is. What it was held against is in no file, so that a page which
/// told that does so no more. The exit code says whether a run of it was changed, which the page does, too.
///
/// # Errors
/// The suite cannot be read or was changed otherwise, or the file cannot be written.
pub(crate) fn save_page_anew(folder: &Path) -> anyhow::Result<(PathBuf, ExitCode)> {
    let suite = open(folder)?;
    let told = told_of(&suite);
    warn(&told);
    if std::fs::read_to_string(folder.join(FILE)).is_ok_and(|page| tells_against(&page)) {
        talk::say(
            "the page told what the suite was held against, which is in no file: `claque compare BASELINE SUITE --html FILE` \
             tells it again",
        );
    }
    Ok((save_page(&told, None)?, of_integrity(&suite.integrity)))
}

/// The suite in `folder`. Nothing is told of one whose plan and verdicts were changed, or whose runs are others; one that was changed
/// itself is told as INVALID.
fn open(folder: &Path) -> anyhow::Result<SuiteFolder> {
    let suite = open_suite(folder)?;
    match suite.integrity.changes() {
        Some(changes) if changes.is_within_runs() => talk::say(&format!("warning: {changes}")),
        Some(_) | None => suite.integrity.refuse(folder)?,
    }
    Ok(suite)
}

fn told_of(suite: &SuiteFolder) -> SuiteFigures<'_> {
    let told = gather(&suite.dir, &suite.manifest);
    match suite.integrity.changes() {
        Some(changes) => told.with_changed_runs(changes),
        None => told,
    }
}

fn print(
    told: &SuiteFigures<'_>,
    against: Option<&SuiteComparison>,
    (markdown, junit): (Option<&Path>, Option<&Path>),
    format: OutputFormat,
) -> anyhow::Result<()> {
    warn(told);
    if let Some(path) = markdown {
        write(path, &to_markdown(told, against), "--markdown")?;
    }
    if let Some(path) = junit {
        write(path, &to_junit(told, against), "--junit")?;
    }
    match format {
        OutputFormat::Text => talk::print(&to_text(told, against, paint())),
        OutputFormat::Json => talk::print(&to_json(told, against)?),
        OutputFormat::Markdown => talk::print(&to_markdown(told, against)),
    }
}

fn warn(told: &SuiteFigures<'_>) {
    for error in &told.left_out {
        talk::say(&format!("warning: left out: {error}"));
    }
}

fn save_page(told: &SuiteFigures<'_>, against: Option<&SuiteComparison>) -> anyhow::Result<PathBuf> {
    let path = told.dir.join(FILE);
    std::fs::write(&path, to_html(told, against)).with_context(|| super::not_written(&path))?;
    Ok(path)
}

/// Prints two suites that were held against each other on stdout, in the form asked for, and writes the files asked for.
///
/// # Errors
/// Standard output or a file cannot be written.
pub(crate) fn print_compared(against: &SuiteComparison, settings: &CompareSettings) -> anyhow::Result<()> {
    if let Some(path) = &settings.markdown {
        write(path, &compared::to_markdown(against), "--markdown")?;
    }
    if let Some(path) = &settings.junit {
        write(path, &compared::to_junit(against), "--junit")?;
    }
    if let Some(path) = &settings.html {
        write(path, &compared::to_html(against), "--html")?;
    }
    match settings.form {
        OutputFormat::Text => talk::print(&compared::to_text(against, paint())),
        OutputFormat::Json => talk::print(&compared::to_json(against)?),
        OutputFormat::Markdown => talk::print(&compared::to_markdown(against)),
    }
}

/// Prints the plan of the suite called `name` on stdout, in the form asked for. `total` is the time of all runs and of the
/// rests between them.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print_plan(
    name: &str,
    runs: &[PlannedRun<'_>],
    total: Duration,
    format: OutputFormat,
) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text | OutputFormat::Markdown => talk::print(&plan_to_text(runs, total)),
        OutputFormat::Json => talk::print(&plan_to_json(name, runs, total)?),
    }
}
