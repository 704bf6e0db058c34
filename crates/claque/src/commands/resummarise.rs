//! `claque resummarise`: figures, verdict and page of a run, computed anew from its facts.

use std::process::ExitCode;

use claque_stats::Verdict;

use crate::kept;
use crate::{cli::ResummariseFlags, config::OutputFormat, report};

/// Computes, writes and prints them. The run's own times stay.
///
/// # Errors
/// There is no such run, or it cannot be read or written.
pub(crate) fn resummarise(flags: &ResummariseFlags) -> anyhow::Result<ExitCode> {
    let folder = flags.run.folder()?;
    let manifest = claque_store::resummarise(&folder, kept::judge_again)?;
    if !flags.no_report {
        report::save_page(&folder)?;
    }
    let (Some(summary), Some(verdict)) = (manifest.summary.clone(), manifest.verdict.clone()) else {
        anyhow::bail!("failed to summarise {}: no figures came out of it", folder.display());
    };
    let finished = kept::finished(folder, manifest, summary, Verdict::from(verdict));
    report::print(&finished, if flags.json { OutputFormat::Json } else { OutputFormat::Text })?;
    Ok(ExitCode::SUCCESS)
}
