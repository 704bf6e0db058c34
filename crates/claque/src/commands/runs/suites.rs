//! The suites among what is kept: a line each, below the runs.

use std::collections::BTreeMap;

use claque_report::suite::{SuiteFigures, gather};
use claque_stats::units::grouped;
use claque_store::{SuiteFolder, short_name};
use serde::Serialize;
use serde_json::Value;

use super::columns;
use crate::{cli::ListFlags, find, talk::say};

/// Those that are meant, newest first.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn meant(flags: &ListFlags, since: Option<&String>) -> anyhow::Result<Vec<SuiteFolder>> {
    let mut suites = find::suites_in(&flags.kept.dir())?;
    suites.retain(|suite| {
        let scenarios = &suite.manifest.scenarios;
        let mut models = scenarios.iter().map(|one| one.settings.get("model").and_then(Value::as_str));
        flags.model.as_deref().is_none_or(|wanted| models.any(|model| model == Some(wanted)))
            && since.is_none_or(|since| suite.manifest.started_at_utc >= *since)
            && flags.tag.as_ref().is_none_or(|tag| suite.tags.contains(tag))
    });
    Ok(suites)
}

/// The same with what their runs say today. Only those whose every run was made and is VALID, where that is asked for.
pub(super) fn figured<'a>(suites: &'a [SuiteFolder], flags: &ListFlags) -> Vec<Listed<'a>> {
    let listed = suites.iter().map(|folder| Listed { folder, told: gather(&folder.dir, &folder.manifest) });
    let listed: Vec<_> = listed.filter(|one| !flags.valid || one.is_valid()).collect();
    for error in listed.iter().flat_map(|one| &one.told.left_out) {
        say(&format!("warning: left out: {error}"));
    }
    listed
}

/// A suite of the list.
pub(super) struct Listed<'a> {
    folder: &'a SuiteFolder,
    told: SuiteFigures<'a>,
}

impl Listed<'_> {
    fn is_changed(&self) -> bool {
        self.folder.integrity.changes().is_some()
    }

    fn is_valid(&self) -> bool {
        let is_whole = self.folder.manifest.finished_at_utc.is_some() && self.told.left_out.is_empty();
        is_whole && !self.is_changed() && !self.told.has_invalid()
    }

    /// How many runs came to their end.
    fn made(&self) -> usize {
        self.folder.manifest.runs.iter().filter(|run| run.is_done()).count()
    }

    /// "7 VALID, 1 INVALID".
    fn verdicts(&self) -> String {
        let counts = self.told.verdicts();
        let words: Vec<_> = counts.iter().map(|(verdict, count)| format!("{count} {verdict}")).collect();
        match (self.is_changed(), words.is_empty()) {
            (true, _) => "CHANGED".to_owned(),
            (false, true) => "none yet".to_owned(),
            (false, false) => words.join(", "),
        }
    }

    /// "2 x 4", or "2 x 3 to 5" where scenarios are repeated differently often.
    fn scenarios(&self) -> String {
        let scenarios = &self.folder.manifest.scenarios;
        let repeats = || scenarios.iter().map(|one| one.repeats);
        let (least, most) = (repeats().min().unwrap_or(0), repeats().max().unwrap_or(0));
        let count = scenarios.len();
        if least == most { format!("{count} x {least}") } else { format!("{count} x {least} to {most}") }
    }
}

/// A table; nothing where there are none.
pub(super) fn text(suites: &[Listed<'_>]) -> String {
    if suites.is_empty() {
        return String::new();
    }
    let head = ["suite", "started (UTC)", "time", "scenarios", "made", "verdicts", "tags"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    let count = |number: usize| grouped(u64::try_from(number).unwrap_or(u64::MAX));
    rows.extend(suites.iter().map(|suite| {
        let manifest = &suite.folder.manifest;
        let started = manifest.started_at_utc.get(..16).unwrap_or(&manifest.started_at_utc);
        vec![
            short_name(&suite.folder.dir),
            started.replace('T', " "),
            manifest.time.clone(),
            suite.scenarios(),
            format!("{} of {}", count(suite.made()), count(manifest.runs.len())),
            suite.verdicts(),
            suite.folder.tags.join(", "),
        ]
    }));
    let cells = rows.iter().map(|row| row.iter().map(|cell| claque_report::words::one_line(cell)).collect());
    format!("\n{}", columns(cells.collect::<Vec<Vec<_>>>(), &["time", "started (UTC)", "made"]))
}

#[derive(Serialize)]
pub(super) struct Entry<'a> {
    /// Of its folder.
    name: String,
    /// Its own.
    suite: &'a str,
    suite_folder: String,
    started_at_utc: &'a str,
    finished: bool,
    time: &'a str,
    target: &'a str,
    scenarios: Vec<Scenario<'a>>,
    runs: usize,
    made: usize,
    /// How many runs have each; null where the suite's file was changed.
    verdicts: Option<BTreeMap<&'static str, u64>>,
    tags: &'a [String],
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    repeats: u32,
}

pub(super) fn entry<'a>(suite: &'a Listed<'_>) -> Entry<'a> {
    let manifest = &suite.folder.manifest;
    let scenarios = manifest.scenarios.iter();
    Entry {
        name: short_name(&suite.folder.dir),
        suite: &manifest.name,
        suite_folder: suite.folder.dir.display().to_string(),
        started_at_utc: &manifest.started_at_utc,
        finished: manifest.finished_at_utc.is_some(),
        time: &manifest.time,
        target: suite.told.target(),
        scenarios: scenarios.map(|one| Scenario { name: &one.name, repeats: one.repeats }).collect(),
        runs: manifest.runs.len(),
        made: suite.made(),
        verdicts: (!suite.is_changed()).then(|| suite.told.verdicts().into_iter().collect()),
        tags: &suite.folder.tags,
    }
}
