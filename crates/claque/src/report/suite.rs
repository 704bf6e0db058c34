//! Where a suite is told.

use std::time::Duration;

use anyhow::Context as _;
use claque_report::suite::{
    FILE, PlannedRun, SuiteComparison, SuiteFigures, plan_to_json, plan_to_text, to_html, to_json, to_junit,
    to_markdown, to_text,
};

use super::{paint, write};
use crate::{
    config::{Output, OutputFormat, PageChoice},
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
    for error in &told.left_out {
        talk::say(&format!("warning: left out: {error}"));
    }
    if let Some(path) = &output.markdown {
        write(path, &to_markdown(told, against), "--markdown")?;
    }
    if let Some(path) = &output.junit {
        write(path, &to_junit(told, against), "--junit")?;
    }
    match output.format {
        OutputFormat::Text => talk::print(&to_text(told, against, paint()))?,
        OutputFormat::Json => talk::print(&to_json(told, against)?)?,
        OutputFormat::Markdown => talk::print(&to_markdown(told, against))?,
    }
    if output.page == PageChoice::Written {
        let path = told.dir.join(FILE);
        std::fs::write(&path, to_html(told, against)).with_context(|| super::not_written(&path))?;
    }
    Ok(())
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
