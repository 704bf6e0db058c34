//! `claque runs`: a list of what is kept.

use std::process::ExitCode;

use anyhow::Context as _;
use claque_store::{RunHead, SavedVerdict};
use serde::Serialize;

use super::kept;
use crate::{
    cli::ListFlags,
    report::units::{NOT_MEASURED, grouped, percent_or_na, time_or_na},
    talk::print,
};

/// Lists runs, newest first.
///
/// # Errors
/// The folder cannot be listed, or the moment is none.
pub(crate) fn runs(flags: &ListFlags) -> anyhow::Result<ExitCode> {
    let since = flags.since.as_deref().map(|typed| kept::moment("--since", typed)).transpose()?;
    let mut runs = kept::all_in(&flags.kept.dir())?;
    runs.retain(|run| {
        flags.model.as_ref().is_none_or(|model| run.config.model == *model)
            && (!flags.valid || is_valid(run))
            && since.as_ref().is_none_or(|since| run.started_at_utc >= *since)
            && flags.tag.as_ref().is_none_or(|tag| run.tags.contains(tag))
    });
    print(&if flags.json { json(&runs)? } else { text(&runs) })?;
    Ok(ExitCode::SUCCESS)
}

fn is_valid(run: &RunHead) -> bool {
    run.verdict.as_ref().is_some_and(|verdict| verdict.valid)
}

/// One line a run, in columns as wide as they must be.
fn text(runs: &[RunHead]) -> String {
    let head = [
        "run",
        "audience",
        "model",
        "time",
        "verdict",
        "success",
        "underruns",
        "stalled",
        "startup p50",
        "tags",
    ];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(runs.iter().map(row));
    let widths: Vec<usize> = (0..head.len())
        .map(|at| {
            rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

fn row(run: &RunHead) -> Vec<String> {
    let config = &run.config;
    let summary = run.summary.as_ref();
    let stalls = summary.and_then(|summary| summary.underruns.as_ref());
    let startup = summary.and_then(|summary| summary.startup_time.as_ref());
    let verdict = match (&run.verdict, run.partial) {
        (_, true) => "PARTIAL",
        (Some(verdict), false) if verdict.valid => "VALID",
        (Some(_), false) => "INVALID",
        (None, false) => NOT_MEASURED,
    };
    vec![
        kept::short_name(&run.dir),
        format!(
            "{} x {} at {} x",
            grouped(config.users.into()),
            grouped(config.blocks_per_user.into()),
            config.speed
        ),
        config.model.clone(),
        if kept::time_of(&run.scenario) == crate::outcome::TimeKind::Virtual { "virtual" } else { "real" }
            .to_owned(),
        verdict.to_owned(),
        percent_or_na(summary.and_then(|summary| summary.success_pct)),
        stalls.map_or_else(|| NOT_MEASURED.to_owned(), |stalls| grouped(stalls.count)),
        percent_or_na(summary.and_then(|summary| summary.stalled_time_pct)),
        time_or_na(startup.map(|startup| startup.p50_ms)),
        run.tags.join(", "),
    ]
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    runs: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: String,
    run_folder: String,
    started_at_utc: &'a str,
    partial: bool,
    target: &'a str,
    time: &'static str,
    config: &'a claque_store::RunConfig,
    tags: &'a [String],
    verdict: Option<&'a SavedVerdict>,
    summary: Option<&'a claque_stats::Summary>,
}

fn json(runs: &[RunHead]) -> anyhow::Result<String> {
    let document = Document { format_version: 1, runs: runs.iter().map(entry).collect() };
    let mut text = serde_json::to_string_pretty(&document).context("failed to encode the list")?;
    text.push('\n');
    Ok(text)
}

fn entry(run: &RunHead) -> Entry<'_> {
    let RunHead { dir, partial, config, started_at_utc, target, scenario, verdict, summary, tags } = run;
    Entry {
        name: kept::short_name(dir),
        run_folder: dir.display().to_string(),
        started_at_utc,
        partial: *partial,
        target,
        time: if kept::time_of(scenario) == crate::outcome::TimeKind::Virtual { "virtual" } else { "real" },
        config,
        tags,
        verdict: verdict.as_ref(),
        summary: summary.as_ref(),
    }
}
