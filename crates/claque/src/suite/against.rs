//! Two suites held against each other, as `claque compare` does it where it is given suites.

use std::{path::PathBuf, process::ExitCode};

use claque_report::suite::{SuiteComparison, Suites, hold};
use claque_store::short_name;

use super::baseline::{all_enough, finished};
use crate::{
    compare::usage_or_failure,
    config::{CompareSettings, OnRegression, UsageError},
    exit::{INVALID, REGRESSION, USAGE},
    find, report,
};

/// Compares suites, if that is what was named; none if the sides are runs.
///
/// # Errors
/// Runs and suites were mixed, a suite did not come to its end or was changed, or it cannot be read.
pub(crate) fn compare(settings: &CompareSettings) -> anyhow::Result<Option<ExitCode>> {
    let Some([before, after]) = folders(settings)? else { return Ok(None) };
    if !settings.terms.objectives.is_empty() {
        let what = "--objective is about runs; say what a suite must reach where it is made, in its file or there with --objective";
        return Err(UsageError::new(what).into());
    }
    let (other, suite) = (finished(&before)?, finished(&after)?);
    super::baseline::not_itself(&settings.sides[1], &suite.dir, &other.dir)?;
    if settings.regression == OnRegression::Fail {
        all_enough(&suite.manifest.scenarios, &other)?;
    }
    let suites = Suites {
        before: (&settings.sides[0], &other),
        after: (&settings.sides[1], &suite.dir, &suite.manifest),
    };
    let against = hold(suites, &settings.terms).map_err(usage_or_failure)?;
    report::suite::print_compared(&against, settings)?;
    Ok(Some(exit_code(&against, settings.regression)))
}

/// The folders of both suites; none where no side is one. `latest` is the newest suite where the other side is a suite.
fn folders(settings: &CompareSettings) -> anyhow::Result<Option<[PathBuf; 2]>> {
    let mut found = Vec::new();
    for side in &settings.sides {
        found.push(find::suite_unless_run(side, &settings.dir)?);
    }
    if found.iter().all(Option::is_none) {
        return Ok(None);
    }
    for (side, folder) in settings.sides.iter().zip(&mut found).filter(|(side, _)| *side == find::LATEST) {
        *folder = Some(find::suite(side, &settings.dir)?);
    }
    let (folders, sides): (Vec<_>, _) = (found.into_iter().flatten().collect(), settings.sides.len());
    let which: Vec<_> = folders.iter().map(|folder| short_name(folder)).collect();
    match <[PathBuf; 2]>::try_from(folders) {
        Ok(folders) if sides == 2 => Ok(Some(folders)),
        Ok(_) | Err(_) => Err(UsageError::new(format!(
            "a suite is compared with one other suite, and nothing else ({} of the {sides} sides are suites: {}); give two suites, or \
             the runs of a scenario of each as SUITE/SCENARIO",
            which.len(),
            which.join(", ")
        ))
        .into()),
    }
}

/// What cannot be trusted weighs most, as in a suite; a comparison that could not be made passes no gate.
fn exit_code(against: &SuiteComparison, regression: OnRegression) -> ExitCode {
    let failing = regression == OnRegression::Fail;
    if against.has_refused() {
        ExitCode::from(INVALID)
    } else if failing && against.is_regression() {
        ExitCode::from(REGRESSION)
    } else if failing && against.is_incomplete() {
        ExitCode::from(USAGE)
    } else {
        ExitCode::SUCCESS
    }
}
