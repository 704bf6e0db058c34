//! `claque show`: what a run, a suite or a search came to.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_stats::{Reason, Verdict};
use claque_store::{
    Changes, DocumentsManifest, RunKind,
    finished::{DocumentsHeading, Finished, FinishedDocuments},
};

use crate::{
    capacity::{self, book::folder_of_capacity},
    cli::ShowFlags,
    config::{OutputFormat, ShowOutput, UsageError},
    exit::of_integrity,
    find::{self, Kept},
    kept, report,
};

/// Prints what was printed at the end of the run, the suite or the search. Of a run that was not finished, the figures of what there is.
///
/// # Errors
/// There is nothing of this name, or it cannot be read.
pub(crate) fn show(flags: &ShowFlags) -> anyhow::Result<ExitCode> {
    let output = ShowOutput::decide(flags)?;
    if let Some(folder) = search(flags) {
        return show_capacity(&folder, &output);
    }
    let dir = flags.run.kept.dir();
    if let Some(folder) =
        crate::tune::folder_of_tune(&flags.run.run, &dir).filter(|_| flags.vocabulary.is_none())
    {
        return show_tune(&folder, &output);
    }
    let folder = match find::run_or_suite(&flags.run.run, &flags.run.kept.dir())? {
        Kept::Run(folder) => folder,
        Kept::Suite(folder) if flags.vocabulary.is_some() => {
            let what = "is a suite; --vocabulary tells the facts of one run, so name a run of it";
            return Err(UsageError::new(format!("{} {what}", folder.display())).into());
        }
        Kept::Suite(folder) => return report::suite::show(&folder, &output),
    };
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
            return Err(UsageError::new(format!(
                "failed to tell {} under other names: it has documents and no speech; give a run of listeners",
                folder.display()
            ))
            .into());
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
    capacity::facts::answer_of(&book)?;
    report::capacity::write_markdown(&book, output.markdown.as_deref())?;
    report::capacity::print(&book, output.format)?;
    Ok(of_integrity(&book.integrity))
}

/// Prints what a search for the cheapest setting came to.
fn show_tune(folder: &Path, output: &ShowOutput) -> anyhow::Result<ExitCode> {
    if output.junit.is_some() {
        return Err(UsageError::new("a search is not told as JUnit XML; leave out --junit").into());
    }
    report::tune::print(&crate::tune::open(folder)?, output.format, output.markdown.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

fn listeners(folder: PathBuf) -> anyhow::Result<Finished> {
    let failed = || {
        format!(
            "failed to read the facts of {}: what run.json says rests on them, and is not told without",
            folder.display()
        )
    };
    let manifest = claque_store::open_manifest(&folder).with_context(failed)?;
    let changes = manifest.integrity.changes().cloned();
    if changes.as_ref().is_some_and(Changes::has_files_gone) {
        manifest.integrity.refuse(&folder).with_context(failed)?;
    }
    let are_facts_ours =
        changes.as_ref().is_none_or(|changes| changes.can_be_mended() || changes.is_of_figures());
    if (manifest.facts_kept.is_some() || !are_facts_ours)
        && let Some(summary) = manifest.summary.clone()
    {
        // Its figures were counted on the way, or its facts may be another run's: there is nothing to hold them against.
        let verdict = manifest.verdict.clone().map(Verdict::from);
        let verdict = verdict.unwrap_or_else(|| kept::judge_again(&manifest, &summary));
        let verdict = with_changes(verdict, changes.as_ref(), "told is what run.json says");
        return Ok(kept::finished(folder, manifest, summary, verdict));
    }
    let run = claque_store::open_as_found(&folder).with_context(failed)?;
    let summary = run.recompute();
    let manifest = run.manifest;
    let saved = manifest.verdict.clone().map(Verdict::from).filter(|_| changes.is_none());
    let verdict = saved.unwrap_or_else(|| kept::judge_again(&manifest, &summary));
    let told = "told is what the facts say, and of what is in run.json alone (resends, acts, lateness) what that says";
    let verdict = with_changes(verdict, changes.as_ref(), told);
    Ok(kept::finished(folder, manifest, summary, verdict))
}

/// The verdict of a run of which something was changed, with which side of it is told.
fn with_changes(mut verdict: Verdict, changes: Option<&Changes>, told: &str) -> Verdict {
    if let Some(changes) = changes {
        let Reason { id, text } = changes.reason();
        verdict.reasons.retain(|reason| reason.id != id);
        verdict.invalidate(Reason { id, text: format!("{text}; {told}") });
    }
    verdict
}

fn documents(folder: PathBuf) -> anyhow::Result<FinishedDocuments> {
    let run = claque_store::open_documents(&folder)?;
    let summary = run.manifest.summary.clone().unwrap_or_else(|| run.recompute());
    let (shape, time) = (run.manifest.shape(), kept::time_of(&run.manifest.scenario));
    let saved = run.manifest.verdict.clone().map(Verdict::from);
    let verdict = saved.unwrap_or_else(|| claque_run::extraction::judge(&shape, &summary, time));
    let verdict = run.manifest.worth(verdict);
    let DocumentsManifest { target, ai_transform, seed, scenario, .. } = run.manifest;
    let heading = DocumentsHeading { target, shape, ai_transform: ai_transform.into(), time, seed, scenario };
    Ok(FinishedDocuments { heading, folder, summary, verdict, not_kept: None })
}
