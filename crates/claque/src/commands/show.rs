//! `claque show`: the summary of a run that is kept.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_stats::{Distribution, Reason, ReasonId, Summary, Verdict};
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
    if manifest.facts_kept.is_some()
        && let Some(summary) = manifest.summary.clone()
    {
        // Its figures were counted on the way: there is nothing to hold them against.
        let verdict = manifest.verdict.clone().map(Verdict::from);
        let verdict = verdict.unwrap_or_else(|| kept::judge_again(&manifest, &summary));
        return Ok(kept::finished(folder, manifest, summary, verdict));
    }
    let run = claque_store::open(&folder).with_context(|| {
        format!(
            "failed to read the facts of {}: what run.json says rests on them, and is not told without",
            folder.display()
        )
    })?;
    let summary = run.recompute();
    let manifest = run.manifest;
    let differing = manifest.summary.as_ref().map(|saved| differing(saved, &summary)).unwrap_or_default();
    let saved = manifest.verdict.clone().map(Verdict::from);
    let mut verdict = saved.unwrap_or_else(|| kept::judge_again(&manifest, &summary));
    if !differing.is_empty() {
        verdict = kept::judge_again(&manifest, &summary);
        let text = format!(
            "facts differ: run.json says something else of {} than the facts beside it do; told is what the facts say",
            differing.join(", ")
        );
        verdict.invalidate(Reason { id: ReasonId::FactsDiffer, text });
    }
    Ok(kept::finished(folder, manifest, summary, verdict))
}

/// The figures of which a file says something else than its facts. Only those are looked at whose definition is as old as the file,
/// and that both have.
fn differing(saved: &Summary, found: &Summary) -> Vec<&'static str> {
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-3 + 1e-6 * a.abs();
    let other = |a: Option<f64>, b: Option<f64>| a.zip(b).is_some_and(|(a, b)| !near(a, b));
    let times = |a: Option<Distribution>, b: Option<Distribution>| {
        let (p50, p95) = (|one: &Distribution| one.p50_ms, |one: &Distribution| one.p95_ms);
        a.zip(b).is_some_and(|(a, b)| {
            a.count != b.count
                || !near(a.max_ms, b.max_ms)
                || !near(a.mean_ms, b.mean_ms)
                || other(p50(&a), p50(&b))
                || other(p95(&a), p95(&b))
        })
    };
    let stalls = |one: &Summary| one.underruns.as_ref().map(|stalls| stalls.count);
    [
        ("startup_time", times(saved.startup_time, found.startup_time)),
        ("ttfa", times(saved.ttfa, found.ttfa)),
        ("round_trip", times(saved.round_trip, found.round_trip)),
        ("stalled_time_pct", other(saved.stalled_time_pct, found.stalled_time_pct)),
        ("success_pct", other(saved.success_pct, found.success_pct)),
        ("underruns", stalls(saved).zip(stalls(found)).is_some_and(|(a, b)| a != b)),
        ("listeners", saved.listeners.started != found.listeners.started),
        ("blocks", saved.blocks.played != found.blocks.played),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect()
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
