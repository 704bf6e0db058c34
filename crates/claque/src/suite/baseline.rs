//! The suite that another is held against.

use std::path::Path;

use claque_report::{
    compare::CompareTerms,
    suite::{SuiteComparison, Suites, hold},
};
use claque_run::suite::SuiteBook;
use claque_store::{SuiteFolder, SuiteScenario, open_suite};

use crate::{
    compare::{enough, usage_or_failure},
    config::UsageError,
};

/// The suite that is meant, found before anything is run.
///
/// # Errors
/// There is none, it cannot be read, or it is not finished.
pub(super) fn find(name: &str, dir: &Path) -> anyhow::Result<SuiteFolder> {
    finished(&crate::find::suite(name, dir)?)
}

/// The suite in this folder, which is whole.
///
/// # Errors
/// It cannot be read, was changed, or is not finished.
pub(super) fn finished(folder: &Path) -> anyhow::Result<SuiteFolder> {
    let other = open_suite(folder)?;
    other.integrity.refuse(&other.dir)?;
    if other.manifest.finished_at_utc.is_none() {
        let words = "did not come to its end; finish it by `claque suite FILE --resume`, or name another";
        return Err(UsageError::new(format!("the suite {} {words}", other.dir.display())).into());
    }
    Ok(other)
}

/// A suite is not held against itself.
///
/// # Errors
/// Both are one.
pub(super) fn not_itself(name: &str, dir: &Path, other: &Path) -> Result<(), UsageError> {
    let place = |dir: &Path| dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    if place(dir) == place(other) {
        return Err(UsageError::new(format!("{name} is this very suite; name another to hold it against")));
    }
    Ok(())
}

/// Whether every scenario of both suites is repeated as often as a verdict needs.
///
/// # Errors
/// One is not.
pub(super) fn all_enough(scenarios: &[SuiteScenario], other: &SuiteFolder) -> Result<(), UsageError> {
    let repeats = |scenario: &SuiteScenario| usize::try_from(scenario.repeats).unwrap_or(usize::MAX);
    let both = scenarios.iter().chain(&other.manifest.scenarios);
    both.into_iter().try_for_each(|one| enough(&format!("the scenario {}", one.name), repeats(one)))
}

/// Holds a finished suite against `other`, the baseline, which was called `name`.
///
/// # Errors
/// A run cannot be read, or the two are one.
pub(super) fn compare(
    book: &SuiteBook,
    name: &str,
    other: &SuiteFolder,
    terms: &CompareTerms,
) -> anyhow::Result<SuiteComparison> {
    not_itself(name, &book.dir, &other.dir)?;
    let suites = Suites { before: (name, other), after: (&book.manifest.name, &book.dir, &book.manifest) };
    hold(suites, terms).map_err(usage_or_failure)
}
