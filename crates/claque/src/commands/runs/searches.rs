//! The searches for capacities among what is kept: a line each, below the runs.

use claque_report::{capacity, words::one_line};
use claque_stats::{
    capacity::{Evidence, SearchEnding},
    units::counted,
};
use claque_store::{CapacityFolder, short_name};
use serde::Serialize;
use serde_json::Value;

use super::columns;
use crate::{cli::ListFlags, find};

/// Those that are meant, newest first. None has a tag.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn meant(flags: &ListFlags, since: Option<&String>) -> anyhow::Result<Vec<CapacityFolder>> {
    if flags.tag.is_some() {
        return Ok(Vec::new());
    }
    let mut searches = find::searches_in(&flags.kept.dir())?;
    searches.retain(|search| {
        let manifest = &search.manifest;
        let model = manifest.scenario.get("model").and_then(Value::as_str);
        flags.model.as_deref().is_none_or(|wanted| model == Some(wanted))
            && (!flags.valid || is_answered(search))
            && since.is_none_or(|since| manifest.started_at_utc >= *since)
    });
    Ok(searches)
}

fn is_answered(search: &CapacityFolder) -> bool {
    let answer = search.manifest.answer.as_ref().filter(|_| search.integrity.changes().is_none());
    answer.is_some_and(|answer| {
        matches!(answer.ending, SearchEnding::Found | SearchEnding::AtLeast | SearchEnding::NothingHolds)
    })
}

/// A table; nothing where there are none.
pub(super) fn text(searches: &[CapacityFolder]) -> String {
    if searches.is_empty() {
        return String::new();
    }
    let mut rows = vec![["search", "target", "time", "runs", "capacity"].map(str::to_owned).to_vec()];
    rows.extend(searches.iter().map(|search| {
        let manifest = &search.manifest;
        let found = match &manifest.answer {
            _ if search.integrity.changes().is_some() => "CHANGED".to_owned(),
            Some(answer) => capacity::headline(answer),
            None => "not ended".to_owned(),
        };
        let runs = counted(u64::try_from(manifest.probes.len()).unwrap_or(u64::MAX), "run");
        vec![
            one_line(&short_name(&search.dir)),
            one_line(&manifest.target),
            manifest.time.clone(),
            runs,
            found,
        ]
    }));
    format!("\n{}", columns(rows, &["time", "target", "runs"]))
}

#[derive(Serialize)]
pub(super) struct Entry<'a> {
    name: String,
    capacity_folder: String,
    started_at_utc: &'a str,
    target: &'a str,
    time: &'a str,
    objectives: &'a [String],
    /// What speaks against it; where that is anything, the answer is null.
    doubts: &'a [String],
    /// Null until the end.
    ending: Option<&'a SearchEnding>,
    users: Option<u32>,
    low: Option<u32>,
    high: Option<u32>,
    runs: usize,
    listened_s: f64,
}

pub(super) fn entry(search: &CapacityFolder) -> Entry<'_> {
    let manifest = &search.manifest;
    let answer = manifest.answer.as_ref().filter(|_| search.integrity.changes().is_none());
    let evidence = || manifest.probes.iter().map(|probe| &probe.evidence);
    Entry {
        name: short_name(&search.dir),
        capacity_folder: search.dir.display().to_string(),
        started_at_utc: &manifest.started_at_utc,
        target: &manifest.target,
        time: &manifest.time,
        objectives: &manifest.objectives,
        doubts: &search.doubts,
        ending: answer.map(|answer| &answer.ending),
        users: answer.and_then(|answer| answer.users),
        low: answer.and_then(|answer| answer.low),
        high: answer.and_then(|answer| answer.high),
        runs: manifest.probes.len(),
        listened_s: evidence().map(|one: &Evidence| one.listened_s).fold(0.0, |sum, one| sum + one),
    }
}
