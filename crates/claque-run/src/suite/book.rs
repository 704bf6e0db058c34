//! The suite in its folder: begun, gone on with, and written down run by run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use claque_net::unix_nanos;
use claque_store::{
    RepeatOf, SavedVerdict, SuiteManifest, SuiteRun, SuiteRunState, SuiteScenario, UnixNanos,
    finished::Finished, flatten, list_suites, open_suite, run_digest, save_suite, set_tags, short_name, tags,
};

use super::{Job, SuiteOrder};
use crate::{
    RunError,
    record::{folder_name, new_folder_called},
    usage::UsageError,
};

/// More changes than this are not listed.
const MOST_CHANGES: usize = 8;

/// A suite with its folder.
#[derive(Debug)]
pub struct SuiteBook {
    /// Its folder.
    pub dir: PathBuf,
    /// What was planned, and what has been made of it.
    pub manifest: SuiteManifest,
}

impl SuiteBook {
    /// Begins the suite in a folder of its own, or goes on with the one in the folder `resume`. What is to be said of that comes
    /// with it.
    ///
    /// # Errors
    /// The folder cannot be made, there is no such suite, or it is not the suite of this order.
    pub fn open(order: &SuiteOrder, resume: Option<PathBuf>) -> Result<(Self, Option<String>), RunError> {
        let started_at = UnixNanos(unix_nanos());
        let new = planned(order, started_at)?;
        let Some(dir) = resume else {
            let name = format!("{}-{}", order.name, folder_name(started_at));
            let dir = new_folder_called(&order.dir, &name)?;
            save_suite(&dir, &new)?;
            return Ok((Self { dir, manifest: new }, None));
        };
        let begun = open_suite(&dir)?;
        begun.integrity.refuse(&dir)?;
        let manifest = begun.manifest;
        let changes = changes(&manifest, &new);
        if !changes.is_empty() {
            let more = changes.len().saturating_sub(MOST_CHANGES);
            let mut words: Vec<_> = changes.into_iter().take(MOST_CHANGES).collect();
            if more > 0 {
                words.push(format!("and {more} more"));
            }
            return Err(UsageError::new(format!(
                "the suite in {} is not the one that was asked for: {}; ask for what it was, or begin a new one without \
                 --resume",
                dir.display(),
                words.join("; ")
            ))
            .into());
        }
        let warning = (manifest.claque != new.claque).then(|| {
            let (then, now) = (&manifest.claque.version, &new.claque.version);
            format!("warning: the suite was begun by claque {then}, and this is {now}")
        });
        Ok((Self { dir, manifest }, warning))
    }

    /// The places of the runs that must be made yet.
    pub fn pending(&self) -> BTreeSet<usize> {
        let runs = self.manifest.runs.iter().enumerate();
        runs.filter(|(_, run)| !run.is_done()).map(|(place, _)| place).collect()
    }

    /// Which repeat of the suite the run in this place is.
    pub fn repeat_of(&self, place: usize) -> RepeatOf {
        let SuiteRun { scenario, repeat, .. } = &self.manifest.runs[place];
        RepeatOf { suite: short_name(&self.dir), scenario: scenario.clone(), repeat: *repeat }
    }

    /// Whether every run came to its end.
    pub fn is_finished(&self) -> bool {
        self.manifest.finished_at_utc.is_some()
    }

    /// Puts down what became of the run in this place. Its tag in the suite's folder is its scenario's name.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn record(&mut self, place: usize, finished: &Finished) -> Result<(), RunError> {
        set_tags(&finished.folder, std::slice::from_ref(&self.manifest.runs[place].scenario))?;
        let done = SuiteRunState::Done {
            folder: short_name(&finished.folder),
            run: run_digest(&finished.folder)?,
            verdict: SavedVerdict::from(&finished.verdict),
            objectives: finished.objectives.clone(),
        };
        self.manifest.set_done(place, done, UnixNanos(unix_nanos()));
        Ok(save_suite(&self.dir, &self.manifest)?)
    }

    /// Takes the folder away again if nothing at all came of the suite.
    pub fn discard_if_empty(&self) {
        let entries = fs::read_dir(&self.dir).map_or(0, Iterator::count);
        if entries == 1 && fs::remove_file(self.dir.join("suite.json")).is_ok() {
            // Somebody may have put something there just now: then it stays.
            let _kept = fs::remove_dir(&self.dir);
        }
    }

    /// Gives the suite a name for later ones, which it takes from any other suite beside it.
    ///
    /// # Errors
    /// A tag cannot be read or written.
    pub fn name_baseline(&self, name: &str) -> Result<(), RunError> {
        let parent = self.dir.parent().unwrap_or_else(|| Path::new("."));
        for other in list_suites(parent)?.0 {
            let left: Vec<_> = other.tags.iter().filter(|tag| *tag != name).cloned().collect();
            if left.len() < other.tags.len() {
                set_tags(&other.dir, &left)?;
            }
        }
        let mut names = tags(&self.dir)?;
        names.push(name.to_owned());
        Ok(set_tags(&self.dir, &names)?)
    }
}

/// The suite as it was decided, in the form in which it is saved.
fn planned(order: &SuiteOrder, started_at: UnixNanos) -> Result<SuiteManifest, RunError> {
    let version = env!("CARGO_PKG_VERSION");
    let new = SuiteManifest::new(order.name.clone(), order.time.as_str(), started_at, version);
    let run = |job: &Job| SuiteRun {
        scenario: order.scenarios[job.planned.scenario].name.clone(),
        repeat: job.planned.repeat,
        seed: job.planned.seed,
        state: SuiteRunState::Pending,
    };
    let manifest = SuiteManifest {
        seed: order.seed,
        order: order.order.as_str().to_owned(),
        cool_down: order.cool_down,
        scenarios: order.scenarios.clone(),
        runs: order.jobs.iter().map(run).collect(),
        ..new
    };
    // Once written and read, numbers are what they will be when they are read from the file.
    let text = serde_json::to_string(&manifest)?;
    Ok(serde_json::from_str(&text)?)
}

/// What is not as it was, in words.
fn changes(old: &SuiteManifest, new: &SuiteManifest) -> Vec<String> {
    let mut changes = Vec::new();
    let mut differ = |what: &str, was: &str, is: &str| {
        if was != is {
            changes.push(format!("{what} was {was} and is {is}"));
        }
    };
    differ("the name", &old.name, &new.name);
    differ("the time", &old.time, &new.time);
    differ("the seed", &old.seed.to_string(), &new.seed.to_string());
    differ("the order", &old.order, &new.order);
    differ("cool_down", &old.cool_down.to_string(), &new.cool_down.to_string());
    let by_name = |suite: &SuiteManifest| -> BTreeMap<String, SuiteScenario> {
        suite.scenarios.iter().map(|one| (one.name.clone(), one.clone())).collect()
    };
    let (before, after) = (by_name(old), by_name(new));
    for (name, was) in &before {
        match after.get(name) {
            None => changes.push(format!("the scenario {name} is gone")),
            Some(is) => changes.extend(scenario_changes(name, was, is)),
        }
    }
    let added = after.keys().filter(|name| !before.contains_key(*name));
    changes.extend(added.map(|name| format!("the scenario {name} is new")));
    let plan = |suite: &SuiteManifest| -> Vec<(String, u32, u64)> {
        suite.runs.iter().map(|run| (run.scenario.clone(), run.repeat, run.seed)).collect()
    };
    if changes.is_empty() && plan(old) != plan(new) {
        // As after a change of the file's order, or of the way in which claque draws it.
        changes.push("the order of the runs is another".to_owned());
    }
    changes
}

fn scenario_changes(name: &str, was: &SuiteScenario, is: &SuiteScenario) -> Vec<String> {
    let mut changes = Vec::new();
    if was.repeats != is.repeats {
        changes.push(format!("repeats of {name} was {} and is {}", was.repeats, is.repeats));
    }
    let leaves = |scenario: &SuiteScenario| -> BTreeMap<String, String> {
        let mut leaves = Vec::new();
        flatten("", &scenario.settings, &mut leaves);
        // That of the whole suite is told once.
        leaves.retain(|(key, _)| key != "time");
        leaves.into_iter().collect()
    };
    let (before, after) = (leaves(was), leaves(is));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let shown = |leaves: &BTreeMap<String, String>| {
            leaves.get(key).cloned().unwrap_or_else(|| "not set".to_owned())
        };
        let (then, now) = (shown(&before), shown(&after));
        if then != now {
            changes.push(format!("{key} of {name} was {then} and is {now}"));
        }
    }
    changes
}
