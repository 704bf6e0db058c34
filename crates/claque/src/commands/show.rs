//! `claque show`: the summary of a run that is kept.

use std::{path::PathBuf, process::ExitCode};

use claque_stats::Verdict;
use claque_store::{
    DocumentsManifest, RunKind,
    finished::{DocumentsHeading, Finished, FinishedDocuments},
};

use super::kept;
use crate::{cli::ShowFlags, config::OutputFormat, report};

/// Prints what was printed at the end of the run. Of a run that was not finished, the figures of what there is.
///
/// # Errors
/// There is no such run, or it cannot be read.
pub(crate) fn show(flags: &ShowFlags) -> anyhow::Result<ExitCode> {
    let folder = flags.run.folder()?;
    let format = if flags.json { OutputFormat::Json } else { OutputFormat::Text };
    match claque_store::run_kind(&folder)? {
        RunKind::Listeners => match flags.vocabulary {
            Some(name) => report::print_vocabulary(&folder, name.into(), format)?,
            None => report::print(&listeners(folder)?, format)?,
        },
        RunKind::Documents if flags.vocabulary.is_some() => {
            anyhow::bail!(
                "failed to tell {} under other names: it has documents and no speech",
                folder.display()
            );
        }
        RunKind::Documents => report::print_documents(&documents(folder)?, format)?,
    }
    // That an INVALID run could be shown is no failure.
    Ok(ExitCode::SUCCESS)
}

fn listeners(folder: PathBuf) -> anyhow::Result<Finished> {
    let manifest = claque_store::open_manifest(&folder)?;
    let summary = match &manifest.summary {
        Some(summary) => summary.clone(),
        None => claque_store::open(&folder)?.recompute(),
    };
    let saved = manifest.verdict.clone().map(Verdict::from);
    let verdict = saved.unwrap_or_else(|| kept::judge_again(&manifest, &summary));
    Ok(kept::finished(folder, manifest, summary, verdict))
}

fn documents(folder: PathBuf) -> anyhow::Result<FinishedDocuments> {
    let run = claque_store::open_documents(&folder)?;
    let summary = run.manifest.summary.clone().unwrap_or_else(|| run.recompute());
    let (shape, time) = (run.manifest.shape(), kept::time_of(&run.manifest.scenario));
    let DocumentsManifest { target, ai_transform, seed, scenario, verdict, .. } = run.manifest;
    let verdict =
        verdict.map_or_else(|| claque_run::extraction::judge(&shape, &summary, time), Verdict::from);
    let heading = DocumentsHeading { target, shape, ai_transform: ai_transform.into(), time, seed, scenario };
    Ok(FinishedDocuments { heading, folder, summary, verdict, not_kept: None })
}
