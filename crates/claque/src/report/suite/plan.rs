//! The plan of a suite, before anything is done.

use anyhow::Context as _;
use serde::Serialize;

use crate::{
    config::{OutputFormat, SuiteSettings},
    report::{
        json::Version,
        units::{counted, time},
    },
    suite::estimate,
    talk,
};

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    name: &'a str,
    /// If nobody waits for anything, with the rests.
    seconds: f64,
    runs: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    scenario: &'a str,
    repeat: u32,
    seed: u64,
    seconds: f64,
}

/// Prints the runs in their order, each with its seed and the time it takes if nobody waits.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print_plan(settings: &SuiteSettings) -> anyhow::Result<()> {
    let jobs: Vec<_> = settings.jobs.iter().collect();
    let total = estimate::total(&jobs, settings.rest()).as_secs_f64();
    let runs: Vec<_> = jobs
        .iter()
        .map(|job| Entry {
            scenario: &settings.scenarios[job.planned.scenario].name,
            repeat: job.planned.repeat,
            seed: job.planned.seed,
            seconds: job.listening().as_secs_f64(),
        })
        .collect();
    match settings.output.format {
        OutputFormat::Text => talk::print(&text(&runs, total)),
        OutputFormat::Json => {
            let (format_version, kind, name) = (1, "suite-plan", settings.name.as_str());
            let document =
                Document { format_version, claque: Version::OURS, kind, name, seconds: total, runs };
            let mut text = serde_json::to_string_pretty(&document).context("failed to encode the plan")?;
            text.push('\n');
            talk::print(&text)
        }
    }
}

fn text(runs: &[Entry<'_>], total: f64) -> String {
    let width = runs.iter().map(|run| run.scenario.chars().count()).max().unwrap_or(0).max("scenario".len());
    let mut text = format!("  run   {:width$}   repeat               seed   listening\n", "scenario");
    for (place, run) in (1..).zip(runs) {
        let Entry { scenario, repeat, seed, seconds } = run;
        let listening = time(seconds * 1_000.0);
        text.push_str(&format!("{place:5}   {scenario:width$}   {repeat:6}   {seed:>16}   {listening:>9}\n"));
    }
    let count = counted(u64::try_from(runs.len()).unwrap_or(u64::MAX), "run");
    let about = time(total * 1_000.0);
    text.push_str(&format!("\n{count}, {about} with the rests between them, if nobody waits for anything\n"));
    text
}
