//! Two capacities held against each other, as `claque compare` does it where it is given folders of searches.

use std::{path::Path, process::ExitCode};

use claque_report::capacity::{compared_to_json, compared_to_text, not_comparable};
use claque_stats::capacity::{Carries, difference, is_comparable};
use claque_store::CapacityFolder;

use super::{book::folder_of_capacity, facts};
use crate::{
    config::{CompareSettings, OnRegression, OutputFormat, UsageError, of_capacities},
    exit::{INVALID, REGRESSION, USAGE},
    talk,
};

/// Compares capacities, if that is what was named; none if the sides are runs.
///
/// # Errors
/// Runs and capacities were mixed, a search has no answer to compare, or its file cannot be read.
pub(crate) fn compare(settings: &CompareSettings) -> anyhow::Result<Option<ExitCode>> {
    let found: Vec<_> = settings.sides.iter().map(|side| folder_of_capacity(side, &settings.dir)).collect();
    if found.iter().all(Option::is_none) {
        return Ok(None);
    }
    let folders: Vec<_> = found.into_iter().flatten().collect();
    if folders.len() != settings.sides.len() || folders.len() != 2 {
        let what = "a capacity is compared with one other: give the folders of two searches and nothing else";
        return Err(UsageError::new(what.to_owned()).into());
    }
    of_capacities(settings)?;
    if same_folder(&folders[0], &folders[1]) {
        let what = format!(
            "the search in {} is there twice; a capacity cannot be held against itself",
            folders[0].display()
        );
        return Err(UsageError::new(what).into());
    }
    let (before, after) = (facts::open(&folders[0])?, facts::open(&folders[1])?);
    before.integrity.refuse(&folders[0])?;
    after.integrity.refuse(&folders[1])?;
    same_task(&before, &after)?;
    no_run_twice(&before, &after)?;
    let (a, b) = (facts::answer_of(&before)?, facts::answer_of(&after)?);
    let names = (settings.sides[0].as_str(), settings.sides[1].as_str());
    for (name, book) in [(names.0, &before), (names.1, &after)] {
        book.doubts.iter().for_each(|doubt| talk::say(&format!("warning: {name}: {doubt}")));
    }
    let Some(difference) = difference(a, b) else {
        for (letter, name, answer) in [("A", names.0, a), ("B", names.1, b)] {
            if !is_comparable(answer) {
                talk::say(&format!("error: {}", not_comparable(letter, name, answer)));
            }
        }
        return Ok(Some(ExitCode::from(INVALID)));
    };
    let text = match settings.form {
        OutputFormat::Json => compared_to_json(names, (a, b), &difference)?,
        OutputFormat::Text | OutputFormat::Markdown => compared_to_text(names, (a, b), &difference),
    };
    talk::print(&text)?;
    Ok(Some(match (settings.regression, difference.carries) {
        (OnRegression::Fail, Some(Carries::Less)) => ExitCode::from(REGRESSION),
        // A gate must not be passed unjudged.
        (OnRegression::Fail, None) if !difference.judged => ExitCode::from(USAGE),
        (OnRegression::Fail | OnRegression::Tell, _) => ExitCode::SUCCESS,
    }))
}

/// A run that was copied says nothing of a difference. That two simulations come to the same is a finding, and no copy.
fn no_run_twice(a: &CapacityFolder, b: &CapacityFolder) -> Result<(), UsageError> {
    let is_simulated = a.manifest.time == "virtual" && b.manifest.time == "virtual";
    let shared = a.measured.iter().find_map(|(measured, first)| {
        let second = b.measured.iter().find(|(other, _)| other == measured);
        second.map(|(_, second)| (first, second))
    });
    match shared.filter(|_| !is_simulated) {
        None => Ok(()),
        Some((first, second)) => Err(UsageError::new(format!(
            "{first} in {} and {second} in {} are one run: everything that was measured is the same to the nanosecond; give two \
             searches with runs of their own",
            a.dir.display(),
            b.dir.display()
        ))),
    }
}

fn same_folder(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    whole(a) == whole(b)
}

/// Capacities are numbers of the same listeners only if they were to hear the same and be as content.
fn same_task(a: &CapacityFolder, b: &CapacityFolder) -> Result<(), UsageError> {
    if a.manifest.objectives != b.manifest.objectives {
        return Err(UsageError::new(
            "the two capacities have other objectives, so they cannot be compared".to_owned(),
        ));
    }
    let differs = ["speed", "use_cached", "varied_lengths", "text"]
        .into_iter()
        .find(|key| a.manifest.scenario.get(key) != b.manifest.scenario.get(key));
    differs.map_or(Ok(()), |key| {
        let what =
            format!("the listeners of the two capacities differ in `{key}`, so they cannot be compared");
        Err(UsageError::new(what))
    })
}
