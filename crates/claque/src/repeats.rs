//! The repeats of a suite's scenario, as `SUITE/SCENARIO` names them: all that were made, and nothing else. Chosen repeats would pass a
//! gate that all of them do not.

use std::{collections::BTreeSet, path::Path};

use claque_run::usage::UsageError;
use claque_store::{RunHead, StoreError, SuiteManifest, SuiteRunState, is_suite, open_suite, short_name};

/// Whether the runs in `dir` with the tag `scenario` are all repeats of that scenario, if it is one of a suite.
///
/// # Errors
/// The suite was changed or is gone, a repeat is not made yet, or the tag is on other runs than the suite has.
pub(crate) fn all_of_scenario(dir: &Path, scenario: &str, tagged: &[RunHead]) -> anyhow::Result<()> {
    let repeat = tagged.iter().find(|run| run.repeat_of.as_ref().is_some_and(|of| of.scenario == scenario));
    let refused =
        |what: String| -> anyhow::Error { StoreError::Changed { path: dir.to_owned(), what }.into() };
    if !is_suite(dir) {
        return repeat.map_or(Ok(()), |run| Err(refused(without_suite(run, scenario))));
    }
    let suite = open_suite(dir)?;
    if repeat.is_none() && suite.manifest.scenarios.iter().all(|one| one.name != scenario) {
        return Ok(());
    }
    suite.integrity.refuse(dir)?;
    let made = made(&suite.manifest, scenario, dir)?;
    let found: BTreeSet<_> = tagged.iter().map(|run| short_name(&run.dir)).collect();
    if let Some(strange) = found.difference(&made).next() {
        return Err(refused(format!(
            "{strange} has the tag {scenario} and is none of the runs that suite.json has of it, so that it cannot be counted as a \
             repeat; take the tag away by `claque tag {}/{strange} {scenario} --remove`, or name the runs that are meant",
            dir.display()
        )));
    }
    if let Some(lost) = made.difference(&found).next() {
        return Err(refused(format!(
            "{lost} is a run of {scenario} and has lost that tag, and chosen repeats tell nothing of all; give it back by \
             `claque tag {}/{lost} {scenario}`, or name the runs that are meant",
            dir.display()
        )));
    }
    Ok(())
}

/// Why a run whose suite is gone stands for no scenario.
fn without_suite(run: &RunHead, scenario: &str) -> String {
    let of = run.repeat_of.as_ref();
    format!(
        "{} was made as repeat {} of {scenario} in the suite {}, and suite.json, which says how many there are, is not here; restore the \
         folder from a copy, or name the runs that are meant",
        short_name(&run.dir),
        of.map(|of| of.repeat).unwrap_or_default(),
        of.map(|of| of.suite.as_str()).unwrap_or_default()
    )
}

/// The folders of all repeats.
fn made(suite: &SuiteManifest, scenario: &str, dir: &Path) -> Result<BTreeSet<String>, UsageError> {
    let runs: Vec<_> = suite.runs.iter().filter(|run| run.scenario == scenario).collect();
    let made = runs.iter().filter_map(|run| match &run.state {
        SuiteRunState::Done { folder, .. } => Some(folder.clone()),
        SuiteRunState::Pending => None,
    });
    let made: BTreeSet<_> = made.collect();
    if made.len() == runs.len() {
        return Ok(made);
    }
    Err(UsageError::new(format!(
        "{} of {} repeats of {scenario} in {} are made; finish the suite by `claque suite FILE --resume`, or name the runs that are meant",
        made.len(),
        runs.len(),
        dir.display()
    )))
}
