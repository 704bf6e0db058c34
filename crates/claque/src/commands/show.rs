//! `claque show`: the summary of a run that is kept.

use std::process::ExitCode;

use claque_stats::Verdict;

use super::kept;
use crate::{cli::ShowFlags, config::OutputFormat, report};

/// Prints what was printed at the end of the run. Of a run that was not finished, the figures of what there is.
///
/// # Errors
/// There is no such run, or it cannot be read.
pub(crate) fn show(flags: &ShowFlags) -> anyhow::Result<ExitCode> {
    let folder = flags.run.folder()?;
    let manifest = claque_store::open_manifest(&folder)?;
    let summary = match &manifest.summary {
        Some(summary) => summary.clone(),
        None => claque_store::open(&folder)?.recompute(),
    };
    let saved = manifest.verdict.clone().map(Verdict::from);
    let verdict = saved.unwrap_or_else(|| kept::judge_again(&manifest, &summary));
    let finished = kept::finished(folder, manifest, summary, verdict);
    report::print(&finished, if flags.json { OutputFormat::Json } else { OutputFormat::Text })?;
    // That an INVALID run could be shown is no failure.
    Ok(ExitCode::SUCCESS)
}
