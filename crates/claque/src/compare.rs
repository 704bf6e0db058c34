//! Runs that are held against each other: found, counted, compared.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use claque_report::{
    ReportError,
    compare::{Answer, Found, label},
};
use claque_stats::compare::FEWEST_RUNS;
use claque_store::short_name;

use crate::{
    config::{CompareSettings, OnRegression, UsageError},
    find,
};

/// Reads the runs and compares them.
///
/// # Errors
/// A run is not there or cannot be read.
pub(crate) fn run(settings: &CompareSettings) -> anyhow::Result<Answer> {
    let found = sides(&settings.sides, &settings.dir)?;
    if settings.regression == OnRegression::Fail {
        found.iter().enumerate().try_for_each(|(index, runs)| enough(&label(index), runs.len()))?;
    }
    claque_report::compare::sides(found, &settings.terms).map_err(usage_or_failure)
}

/// A gate must not be passed unjudged: whether there are runs enough is known before anything is read or made.
///
/// # Errors
/// There are too few.
pub(crate) fn enough(whose: &str, runs: usize) -> Result<(), UsageError> {
    if runs >= FEWEST_RUNS {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "--fail-on-regression needs at least {FEWEST_RUNS} runs on each side, and {whose} has {runs}: one run cannot tell how \
         runs differ; give each side 3 to 5 runs, with the same seeds on both (docs/compare.md)"
    )))
}

/// Runs that cannot be held against each other were asked for wrongly.
pub(crate) fn usage_or_failure(error: ReportError) -> anyhow::Error {
    match error {
        ReportError::OneSeed { .. } | ReportError::OneRun { .. } => UsageError::new(error.to_string()).into(),
        ReportError::Encode { .. } | ReportError::Open { .. } | ReportError::Store(_) => error.into(),
    }
}

/// The runs of each side. `dir` is where they are looked for by name and tag.
///
/// # Errors
/// One is not there, or stands there twice.
fn sides(typed: &[String], dir: &Path) -> anyhow::Result<Vec<Vec<Found>>> {
    let mut seen = BTreeMap::new();
    let mut sides = Vec::new();
    for side in typed {
        let mut runs = Vec::new();
        for name in names(side, dir) {
            for (shown, folder) in named(name, dir)? {
                let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                if let Some(before) = seen.insert(place, shown.clone()) {
                    return Err(again(&shown, &before).into());
                }
                runs.push(Found { name: shown, folder });
            }
        }
        sides.push(runs);
    }
    Ok(sides)
}

/// A folder whose name has commas in it is one run.
fn names<'a>(side: &'a str, dir: &Path) -> Vec<&'a str> {
    if find::folder_of_run(side, dir).is_some() { vec![side] } else { side.split(',').collect() }
}

/// The runs that a name means, each as it is told: a tag says nothing of which run it is.
fn named(name: &str, dir: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let folders = find::runs(name, dir)?;
    let typed = |folder: &Path| short_name(Path::new(name)) == short_name(folder);
    let shown =
        |folder: PathBuf| (if typed(&folder) { name.to_owned() } else { short_name(&folder) }, folder);
    Ok(folders.into_iter().map(shown).collect())
}

fn again(name: &str, before: &str) -> UsageError {
    let again = if before == name { "twice".to_owned() } else { format!("twice, also as {before}") };
    UsageError::new(format!(
        "the run {name} is there {again}; a run cannot be held against itself, nor repeat itself"
    ))
}
