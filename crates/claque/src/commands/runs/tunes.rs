//! The searches for cheapest settings among what is kept: a line each, below the searches for capacities.

use claque_report::words::one_line;
use claque_stats::{
    tune::{TuneAnswer, TuneEnding},
    units::counted,
};
use claque_store::{TuneFolder, short_name};
use serde::Serialize;
use serde_json::Value;

use super::columns;
use crate::{cli::ListFlags, find, report};

/// Those that are meant, newest first. None has a tag.
///
/// # Errors
/// The folder cannot be listed.
pub(super) fn meant(flags: &ListFlags, since: Option<&String>) -> anyhow::Result<Vec<TuneFolder>> {
    if flags.tag.is_some() {
        return Ok(Vec::new());
    }
    let mut tunes = find::tunes_in(&flags.kept.dir())?;
    tunes.retain(|tune| {
        let manifest = &tune.manifest;
        let model = manifest.scenario.get("model").and_then(Value::as_str);
        flags.model.as_deref().is_none_or(|wanted| model == Some(wanted))
            && (!flags.valid || answer(tune).is_some_and(|answer| answer.winner.is_some()))
            && since.is_none_or(|since| manifest.started_at_utc >= *since)
    });
    Ok(tunes)
}

/// None where the file is not what was written.
fn answer(tune: &TuneFolder) -> Option<&TuneAnswer> {
    Some(&tune.manifest.answer).filter(|_| tune.integrity.changes().is_none())
}

/// A table; nothing where there are none.
///
/// # Errors
/// A search has objectives that nobody can read.
pub(super) fn text(tunes: &[TuneFolder]) -> anyhow::Result<String> {
    if tunes.is_empty() {
        return Ok(String::new());
    }
    let mut rows = vec![["search", "runs", "cheapest"].map(str::to_owned).to_vec()];
    for tune in tunes {
        let found = match answer(tune) {
            None => "CHANGED".to_owned(),
            Some(_) => report::tune::headline(tune)?,
        };
        let runs = counted(tune.manifest.answer.runs.into(), "run");
        rows.push(vec![one_line(&short_name(&tune.dir)), runs, one_line(&found)]);
    }
    Ok(format!("\n{}", columns(rows, &["runs"])))
}

#[derive(Serialize)]
pub(super) struct Entry<'a> {
    name: String,
    tune_folder: String,
    started_at_utc: &'a str,
    about: &'a str,
    objectives: &'a [String],
    /// Null where the file was changed.
    ending: Option<&'a TuneEnding>,
    runs: u32,
}

pub(super) fn entry(tune: &TuneFolder) -> Entry<'_> {
    let manifest = &tune.manifest;
    Entry {
        name: short_name(&tune.dir),
        tune_folder: tune.dir.display().to_string(),
        started_at_utc: &manifest.started_at_utc,
        about: &manifest.about,
        objectives: &manifest.objectives,
        ending: answer(tune).map(|answer| &answer.ending),
        runs: manifest.answer.runs,
    }
}
