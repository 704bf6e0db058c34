//! `claque import`: results of the older script become runs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_run::record::new_folder;
use claque_stats::{
    Distribution, Reason, ReasonId, Validity, Verdict,
    units::{NOT_MEASURED, time},
};
use claque_store::{
    Machine, RunFolder, RunHeader, StoreError,
    import::{Imported, ImportedRun, documents::OldDocuments, read_any},
};

use crate::{cli::ImportFlags, config::UsageError, report, talk::print};

/// Takes in every file, and says in a line what became of each.
///
/// # Errors
/// A file cannot be read, or a run cannot be written. Those before it have been taken in.
pub(crate) fn import(flags: &ImportFlags) -> anyhow::Result<ExitCode> {
    let parent = flags.kept.dir();
    for file in &flags.files {
        let line = match read_any(file).map_err(usage_or_failure)? {
            Imported::Run(run) => {
                let (folder, verdict) = import_run(&run, file, &parent)?;
                if !flags.no_report {
                    report::save_page(&folder)?;
                }
                let word = verdict.validity().as_str();
                let reasons: Vec<_> =
                    verdict.reasons.iter().map(|reason| format!("; {}", reason.text)).collect();
                let reasons = match verdict.validity() {
                    Validity::Unverified => "; nobody measured lag and cross-talk".to_owned(),
                    Validity::Valid | Validity::Invalid => reasons.concat(),
                };
                format!("{}: {} {word}{reasons}\n", file.display(), folder.display())
            }
            Imported::Documents(documents) => {
                format!(
                    "{}: {} {}\n",
                    file.display(),
                    keep(&documents, file, &parent)?.display(),
                    tell(&documents)
                )
            }
        };
        print(&line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Another file than was wanted was asked for wrongly.
fn usage_or_failure(error: StoreError) -> anyhow::Error {
    if matches!(error, StoreError::OwnFile { .. } | StoreError::NotAnOldResult { .. }) {
        return UsageError::new(error.to_string()).into();
    }
    error.into()
}

fn import_run(run: &ImportedRun, file: &Path, parent: &Path) -> anyhow::Result<(PathBuf, Verdict)> {
    let (started_at, finished_at) =
        run.times().ok_or_else(|| not_a_time(file, &run.started_at, &run.finished_at))?;
    let folder = new_folder(parent, started_at)?;
    let header = RunHeader {
        config: run.config.clone(),
        started_at,
        document_ids: run.document_ids.clone(),
        claque_version: "the older script".to_owned(),
        scenario: serde_json::json!({ "imported": { "file": claque_store::short_name(file), "notes": run.notes } }),
        target: "not told by the older script".to_owned(),
        machine: Machine { os: "not".to_owned(), arch: "told".to_owned(), cpus: 0 },
        seed: 0,
    };
    let mut writer = RunFolder::create(&folder, &header)?;
    writer.append(&run.facts)?;
    let (_, verdict) = writer.finish_with(finished_at, None, |summary| {
        let summary = summary.with_messages_unwatched();
        let verdict = judge(run, &summary);
        (summary, verdict)
    })?;
    Ok((folder, verdict))
}

fn judge(run: &ImportedRun, summary: &claque_stats::Summary) -> Verdict {
    let mut verdict = Verdict::judge(summary);
    verdict.reasons.extend(run.doubts());
    // The rest is told in the scenario, user by user.
    verdict
        .notes
        .extend(run.notes.iter().take(1).map(|text| Reason { id: ReasonId::Inferred, text: text.clone() }));
    verdict
}

/// A result about documents is kept as it is, in a folder of its own.
fn keep(documents: &OldDocuments, file: &Path, parent: &Path) -> anyhow::Result<PathBuf> {
    let times =
        documents.times().ok_or_else(|| not_a_time(file, &documents.started_at, &documents.finished_at))?;
    let folder = new_folder(parent, times.0)?;
    fs::copy(file, folder.join("documents.json")).with_context(|| {
        format!(
            "failed to copy {} to {}; make room there, or give another --output-dir",
            file.display(),
            folder.display()
        )
    })?;
    Ok(folder)
}

fn tell(documents: &OldDocuments) -> String {
    let figures = |times: Option<Distribution>| {
        times.map_or_else(
            || NOT_MEASURED.to_owned(),
            |times| {
                let quantiles = [("p50", times.p50_ms), ("p95", times.p95_ms)];
                let told = quantiles.into_iter().filter_map(|(name, ms)| Some((name, ms?)));
                let told: String = told.map(|(name, ms)| format!("{name} {}, ", time(ms))).collect();
                format!("{told}at most {} (n {})", time(times.max_ms), times.count)
            },
        )
    };
    format!(
        "documents of {} pages, {} at once; prepare {}; processing {}; {} pages failed, {} errors",
        documents.pages,
        documents.concurrent_docs,
        figures(documents.prepare_time()),
        figures(documents.processing_time()),
        documents.failed(),
        documents.errors.len()
    )
}

fn not_a_time(file: &Path, started: &str, finished: &str) -> UsageError {
    UsageError::new(format!(
        "{}: started_at is {started:?} and finished_at {finished:?}; they must be times such as 2026-02-01T12:00:00",
        file.display()
    ))
}
