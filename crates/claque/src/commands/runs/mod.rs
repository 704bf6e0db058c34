//! `claque runs`: a list of what is kept.

mod searches;
mod suites;
mod tunes;

use std::process::ExitCode;

use anyhow::Context as _;
use claque_report::{fold::folded, words::one_line};
use claque_stats::{
    DocumentsSummary, Summary, SummaryBuilder, Validity,
    units::{NOT_MEASURED, counted, grouped, percent_or_na, quantile_or_max},
};
use claque_store::{CapacityFolder, DocumentsConfig, RunConfig, RunHead, RunWhat, SavedVerdict, TuneFolder};
use serde::Serialize;

use crate::{
    cli::ListFlags,
    config::UsageError,
    find, kept,
    talk::{print, say, stdout_columns},
};

/// Lists runs, newest first, then suites, and then searches for capacities.
///
/// # Errors
/// The folder cannot be listed, or the moment is none.
pub(crate) fn runs(flags: &ListFlags) -> anyhow::Result<ExitCode> {
    let since = flags.since.as_deref().map(|typed| kept::moment("--since", typed)).transpose()?;
    if let Some(dir) = flags.kept.output_dir.as_ref().filter(|dir| !dir.is_dir()) {
        let words =
            format!("--output-dir is {}, and there is no such folder; name one that has runs", dir.display());
        return Err(UsageError::new(words).into());
    }
    let mut runs = find::all_in(&flags.kept.dir())?;
    runs.iter_mut().for_each(RunHead::hold_against_facts);
    runs.retain(|run| {
        flags.model.as_ref().is_none_or(|model| is_of(run, model))
            && (!flags.valid || is_valid(run))
            && since.as_ref().is_none_or(|since| run.started_at_utc >= *since)
            && flags.tag.as_ref().is_none_or(|tag| run.tags.contains(tag))
    });
    runs.iter_mut().for_each(add_partial_figures);
    let searches = searches::meant(flags, since.as_ref())?;
    let tunes = tunes::meant(flags, since.as_ref())?;
    let suites = suites::meant(flags, since.as_ref())?;
    let suites = suites::figured(&suites, flags);
    print(&if flags.json {
        json(&runs, &suites, (&searches, &tunes))?
    } else {
        text(&runs) + &suites::text(&suites) + &searches::text(&searches) + &tunes::text(&tunes)?
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A run that was killed, or still goes on, has no figures in its file: they are computed of what is on record. One that
/// cannot be read keeps none; `claque show` says why.
fn add_partial_figures(run: &mut RunHead) {
    let RunWhat::Listeners { config, summary: summary @ None } = &mut run.what else { return };
    if !run.partial {
        return;
    }
    let mut figures = SummaryBuilder::new(config.shape());
    let read = claque_store::open_manifest(&run.dir).and_then(|manifest| {
        claque_store::for_each_listener(&run.dir, &manifest, |facts| {
            facts.summarise_into(&mut figures);
            Ok(())
        })
    });
    *summary = read.ok().map(|()| Box::new(figures.finish(None)));
}

/// Runs over documents have no model.
fn is_of(run: &RunHead, model: &str) -> bool {
    match &run.what {
        RunWhat::Listeners { config, .. } => config.model == model,
        RunWhat::Documents { .. } => false,
    }
}

fn is_valid(run: &RunHead) -> bool {
    run.has_facts && run.verdict.as_ref().is_some_and(|verdict| verdict.validity() == Validity::Valid)
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
    columns(rows, &["time", "stalled", "underruns", "startup p50", "model", "audience"])
}

/// Rows as wide as they must be. Where there is no room for all of it columns are left out, which is said: first those of `least` that say
/// the same in every row, then others of them.
fn columns(mut rows: Vec<Vec<String>>, least: &[&str]) -> String {
    let room = stdout_columns();
    let mut left_out: Vec<String> = Vec::new();
    for only_alike in [true, false] {
        for name in least {
            let place = rows.first().and_then(|head| head.iter().position(|cell| cell == name));
            let Some(place) = place.filter(|_| width(&rows) > room) else { continue };
            let alike = value_of_all(&rows, place).map(str::to_owned);
            if only_alike && alike.is_none() {
                continue;
            }
            rows.iter_mut().for_each(|row| drop(row.remove(place)));
            left_out.push(alike.map_or_else(|| (*name).to_owned(), |value| format!("{name} ({value})")));
        }
    }
    let widths = widths(&rows);
    let mut out = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:width$}  "));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    if !left_out.is_empty() {
        let words = format!("no room for {}; --json tells everything", left_out.join(", "));
        folded(&words).iter().for_each(|line| say(line));
    }
    out
}

/// What a column says in every row, where there are several.
fn value_of_all(rows: &[Vec<String>], place: usize) -> Option<&str> {
    let mut cells = rows.iter().skip(1).filter_map(|row| row.get(place));
    let first = cells.next()?;
    (rows.len() > 2 && cells.all(|cell| cell == first)).then_some(first)
}

fn widths(rows: &[Vec<String>]) -> Vec<usize> {
    let widest = |at: usize| {
        rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    (0..rows.first().map_or(0, Vec::len)).map(widest).collect()
}

/// Columns of the longest line there may be.
fn width(rows: &[Vec<String>]) -> usize {
    let widths = widths(rows);
    // What is empty to the right is not written.
    let used = widths.iter().rposition(|width| *width > 0).map_or(0, |last| last + 1);
    widths[..used].iter().sum::<usize>() + 2 * used.saturating_sub(1)
}

fn row(run: &RunHead) -> Vec<String> {
    let Figures { audience, model, success_pct, underruns, stalled_time_pct, startup_p50 } = figures(run);
    let verdict = match (&run.verdict, run.partial) {
        _ if !run.has_facts => "NO FACTS",
        _ if run.integrity.changes().is_some() => "CHANGED",
        (_, true) => "PARTIAL",
        (Some(verdict), false) => verdict.validity().as_str(),
        (None, false) => NOT_MEASURED,
    };
    vec![
        one_line(&claque_store::short_name(&run.dir)),
        audience,
        one_line(&model),
        if kept::time_of(&run.scenario) == claque_store::finished::TimeKind::Virtual {
            "virtual"
        } else {
            "real"
        }
        .to_owned(),
        verdict.to_owned(),
        percent_or_na(success_pct),
        underruns.map_or_else(|| NOT_MEASURED.to_owned(), grouped),
        percent_or_na(stalled_time_pct),
        startup_p50.unwrap_or_else(|| NOT_MEASURED.to_owned()),
        one_line(&run.tags.join(", ")),
    ]
}

/// What a line tells of a run's sort and figures.
struct Figures {
    audience: String,
    model: String,
    success_pct: Option<f64>,
    underruns: Option<u64>,
    stalled_time_pct: Option<f64>,
    /// In words.
    startup_p50: Option<String>,
}

/// Documents are not listened to: they have a success and nothing else of these.
fn figures(run: &RunHead) -> Figures {
    match &run.what {
        RunWhat::Listeners { config, summary } => {
            let RunConfig { users, blocks_per_user, model, speed, .. } = config;
            let summary = summary.as_deref();
            Figures {
                audience: format!(
                    "{} x {} at {speed} x",
                    grouped((*users).into()),
                    grouped((*blocks_per_user).into())
                ),
                model: model.clone(),
                success_pct: summary.and_then(|summary| summary.success_pct),
                underruns: summary
                    .filter(|summary| !summary.may_lack_stalls())
                    .and_then(|summary| summary.underruns.as_ref())
                    .map(|stalls| stalls.count),
                stalled_time_pct: summary.and_then(|summary| summary.stalled_time_pct),
                startup_p50: summary
                    .and_then(|summary| summary.startup_time.as_ref())
                    .map(|startup| quantile_or_max(startup.p50_ms, startup.max_ms)),
            }
        }
        RunWhat::Documents { config, summary } => Figures {
            audience: format!(
                "{} x {}",
                counted(config.concurrent_docs.into(), "document"),
                counted(config.pages.into(), "page")
            ),
            model: NOT_MEASURED.to_owned(),
            success_pct: summary.as_deref().and_then(|summary| summary.success_pct),
            underruns: None,
            stalled_time_pct: None,
            startup_p50: None,
        },
    }
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    runs: Vec<Entry<'a>>,
    suites: Vec<suites::Entry<'a>>,
    capacities: Vec<searches::Entry<'a>>,
    tunes: Vec<tunes::Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: String,
    run_folder: String,
    started_at_utc: &'a str,
    partial: bool,
    target: &'a str,
    time: &'static str,
    /// "listeners" or "documents"; the two have different settings and figures.
    kind: &'static str,
    config: Config<'a>,
    tags: &'a [String],
    /// Whether the files are there on which verdict and figures rest.
    has_facts: bool,
    verdict: Option<&'a SavedVerdict>,
    summary: Option<ListedFigures<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Config<'a> {
    Listeners(&'a RunConfig),
    Documents(&'a DocumentsConfig),
}

#[derive(Serialize)]
#[serde(untagged)]
enum ListedFigures<'a> {
    Listeners(&'a Summary),
    Documents(&'a DocumentsSummary),
}

fn json(
    runs: &[RunHead],
    suites: &[suites::Listed<'_>],
    (searches, tunes): (&[CapacityFolder], &[TuneFolder]),
) -> anyhow::Result<String> {
    let document = Document {
        format_version: 1,
        runs: runs.iter().map(entry).collect(),
        suites: suites.iter().map(suites::entry).collect(),
        capacities: searches.iter().map(searches::entry).collect(),
        tunes: tunes.iter().map(tunes::entry).collect(),
    };
    let mut text = serde_json::to_string_pretty(&document).context("failed to encode the list")?;
    text.push('\n');
    Ok(text)
}

fn entry(run: &RunHead) -> Entry<'_> {
    let RunHead { dir, partial, what, started_at_utc, target, scenario, verdict, tags, has_facts, .. } = run;
    let (kind, config, summary) = match what {
        RunWhat::Listeners { config, summary } => {
            ("listeners", Config::Listeners(config), summary.as_deref().map(ListedFigures::Listeners))
        }
        RunWhat::Documents { config, summary } => {
            ("documents", Config::Documents(config), summary.as_deref().map(ListedFigures::Documents))
        }
    };
    Entry {
        name: claque_store::short_name(dir),
        run_folder: dir.display().to_string(),
        started_at_utc,
        partial: *partial,
        target,
        time: if kept::time_of(scenario) == claque_store::finished::TimeKind::Virtual {
            "virtual"
        } else {
            "real"
        },
        kind,
        config,
        tags,
        has_facts: *has_facts,
        verdict: verdict.as_ref(),
        summary,
    }
}
