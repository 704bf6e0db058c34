//! `claque show`: the summary of a run that is kept.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use claque_stats::Verdict;
use claque_store::{
    DocumentsManifest, RunKind,
    finished::{DocumentsHeading, Finished, FinishedDocuments},
};

use crate::kept;
use crate::{
    capacity::{self, book::folder_of_capacity},
    cli::ShowFlags,
    config::{OutputFormat, ShowOutput, UsageError},
    report,
};

/// Prints what was printed at the end of the run. Of a run that was not finished, the figures of what there is.
///
/// # Errors
/// There is no such run, or it cannot be read.
pub(crate) fn show(flags: &ShowFlags) -> anyhow::Result<ExitCode> {
    let output = ShowOutput::decide(flags)?;
    if let Some(folder) = search(flags) {
        return show_capacity(&folder, &output);
    }
    let folder = flags.run.folder()?;
    let format = output.format;
    match claque_store::run_kind(&folder)? {
        RunKind::Listeners => match flags.vocabulary {
            Some(name) => report::print_vocabulary(&folder, name.into(), format)?,
            None => {
                let run = listeners(folder)?;
                report::write_files(&run, output.markdown.as_deref(), output.junit.as_deref())?;
                report::print(&run, format)?;
            }
        },
        RunKind::Documents
            if format == OutputFormat::Markdown || output.markdown.is_some() || output.junit.is_some() =>
        {
            return Err(UsageError::new(format!(
                "{} is a run over documents, which is told as text and as JSON alone; leave out --markdown and --junit",
                folder.display()
            ))
            .into());
        }
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

/// The folder of the search that is meant, if it is one.
fn search(flags: &ShowFlags) -> Option<PathBuf> {
    let dir = flags.run.kept.dir();
    folder_of_capacity(&flags.run.run, &dir).filter(|_| flags.vocabulary.is_none())
}

/// Prints what a search came to.
fn show_capacity(folder: &Path, output: &ShowOutput) -> anyhow::Result<ExitCode> {
    if output.junit.is_some() {
        return Err(UsageError::new("a capacity is not told as JUnit XML; leave out --junit").into());
    }
    let book = capacity::facts::open(folder)?;
    if book.manifest.answer.is_none() {
        anyhow::bail!("the search in {} has not ended: it has no answer to show", folder.display());
    }
    report::capacity::write_markdown(&book, output.markdown.as_deref())?;
    report::capacity::print(&book, output.format)?;
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
