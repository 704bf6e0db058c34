//! A suite held against another: each scenario against the one of the same name, its repeats as repetitions.

use std::path::{Path, PathBuf};

use claque_stats::compare::{CompareOptions, Pair};
use claque_store::{SuiteFolder, SuiteManifest, SuiteRunState, SuiteScenario, open_suite};

use super::book::Book;
use crate::{
    compare::{self, Answer, Compared, Found},
    config::{CompareTerms, InvalidRuns, UsageError},
    find,
};

/// What came of holding a suite against another.
#[derive(Debug)]
pub(crate) struct Against {
    /// The other, as it was named.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// In the order of the suite's scenarios.
    pub(crate) scenarios: Vec<HeldScenario>,
}

/// What came of one scenario.
#[derive(Debug)]
pub(crate) struct HeldScenario {
    pub(crate) name: String,
    /// The comparison, or why there is none.
    pub(crate) held: Result<Box<Compared>, String>,
}

impl HeldScenario {
    /// The one pair that there is, unless the two cannot be held against each other.
    pub(crate) fn pair(&self) -> Option<&Pair> {
        let compared = self.held.as_ref().ok()?;
        compared.comparison.pairs.first().filter(|pair| pair.objection.is_none())
    }
}

impl Against {
    /// Whether anything got worse.
    pub(crate) fn is_regression(&self) -> bool {
        self.scenarios.iter().filter_map(HeldScenario::pair).any(Pair::is_regression)
    }

    /// Whether a scenario could not be judged.
    pub(crate) fn is_incomplete(&self) -> bool {
        let is_judged = |pair: &Pair| pair.design.not_judged().is_none();
        self.scenarios.iter().any(|scenario| !scenario.pair().is_some_and(is_judged))
    }
}

/// The suite that is meant, found before anything is run.
///
/// # Errors
/// There is none, it cannot be read, or it is not finished.
pub(crate) fn find(name: &str, dir: &Path) -> anyhow::Result<SuiteFolder> {
    let other = open_suite(&find::suite(name, dir)?)?;
    if other.manifest.finished_at_utc.is_none() {
        let words = "did not come to its end; finish it with --resume, or name another with --against";
        return Err(UsageError::new(format!("the suite {} {words}", other.dir.display())).into());
    }
    Ok(other)
}

/// Whether every scenario of both suites is repeated as often as a verdict needs.
///
/// # Errors
/// One is not.
pub(crate) fn enough(scenarios: &[SuiteScenario], other: &SuiteFolder) -> Result<(), UsageError> {
    let repeats = |scenario: &SuiteScenario| usize::try_from(scenario.repeats).unwrap_or(usize::MAX);
    let both = scenarios.iter().chain(&other.manifest.scenarios);
    both.into_iter().try_for_each(|one| compare::enough(&format!("the scenario {}", one.name), repeats(one)))
}

/// Holds a finished suite against `other`, the baseline, which was called `name`.
///
/// # Errors
/// A run cannot be read, or the two are one.
pub(crate) fn hold(book: &Book, name: &str, other: &SuiteFolder) -> anyhow::Result<Against> {
    let place = |dir: &Path| dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    if place(&book.dir) == place(&other.dir) {
        let words = "is this very suite; name another with --against";
        return Err(UsageError::new(format!("{name} {words}")).into());
    }
    let scenarios = &book.manifest.scenarios;
    // All scenarios together keep the promise of one comparison (Bonferroni): what may go wrong is shared out.
    let usual = CompareOptions::new();
    let many = f64::from(u32::try_from(scenarios.len()).unwrap_or(u32::MAX));
    let terms = CompareTerms {
        options: CompareOptions { confidence_pct: 100.0 - (100.0 - usual.confidence_pct) / many },
        invalid: InvalidRuns::Refused,
        objectives: Vec::new(),
    };
    let held = |name: &str| -> anyhow::Result<Result<Box<Compared>, String>> {
        let (before, after) =
            (runs(&other.dir, &other.manifest, name), runs(&book.dir, &book.manifest, name));
        if before.is_empty() {
            return Ok(Err("the baseline has no scenario of this name".to_owned()));
        }
        Ok(match compare::sides(vec![before, after], &terms)? {
            Answer::Compared(compared) => Ok(compared),
            Answer::Refused(reasons) => Err(reasons.join("; ")),
        })
    };
    let scenarios = scenarios
        .iter()
        .map(|scenario| Ok(HeldScenario { name: scenario.name.clone(), held: held(&scenario.name)? }))
        .collect::<anyhow::Result<_>>()?;
    Ok(Against { name: name.to_owned(), dir: other.dir.clone(), scenarios })
}

/// The runs of a scenario, in the order of their repeats.
fn runs(dir: &Path, suite: &SuiteManifest, scenario: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for run in suite.runs.iter().filter(|run| run.scenario == scenario) {
        if let SuiteRunState::Done { folder, .. } = &run.state {
            let place = dir.join(folder);
            found.push((
                run.repeat,
                Found { name: format!("{}/{folder}", find::short_name(dir)), folder: place },
            ));
        }
    }
    found.sort_by_key(|(repeat, _)| *repeat);
    found.into_iter().map(|(_, found)| found).collect()
}
