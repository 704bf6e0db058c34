//! A suite held against another: each scenario against the one of the same name, its repeats as repetitions.

use std::path::{Path, PathBuf};

use claque_stats::compare::{CompareOptions, Pair};
use claque_store::{StoreError, SuiteFolder, SuiteManifest, SuiteRunState, short_name};

use crate::{
    ReportError,
    compare::{self, Answer, CompareTerms, Compared, Found, InvalidRuns},
};

/// What came of holding a suite against another.
#[derive(Debug)]
pub struct SuiteComparison {
    /// The other, as it was named.
    pub(crate) name: String,
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// In the order of the suite's scenarios.
    pub(crate) scenarios: Vec<ScenarioComparison>,
}

/// What came of one scenario.
#[derive(Debug)]
pub struct ScenarioComparison {
    /// Its name.
    pub(crate) name: String,
    /// The comparison, or why there is none.
    pub(crate) held: Result<Box<Compared>, String>,
}

impl ScenarioComparison {
    /// The one pair that there is, unless the two cannot be held against each other.
    pub(crate) fn pair(&self) -> Option<&Pair> {
        let compared = self.held.as_ref().ok()?;
        compared.comparison.pairs.first().filter(|pair| pair.objection.is_none())
    }
}

impl SuiteComparison {
    /// Whether anything got worse.
    pub fn is_regression(&self) -> bool {
        self.scenarios.iter().filter_map(ScenarioComparison::pair).any(Pair::is_regression)
    }

    /// Whether a scenario could not be judged.
    pub fn is_incomplete(&self) -> bool {
        let is_judged = |pair: &Pair| pair.design.not_judged().is_none();
        self.scenarios.iter().any(|scenario| !scenario.pair().is_some_and(is_judged))
    }
}

/// Holds the finished suite in the folder `dir` against `other`, the baseline, which was called `name`.
///
/// # Errors
/// A run cannot be read.
pub fn hold(
    (dir, suite): (&Path, &SuiteManifest),
    name: &str,
    other: &SuiteFolder,
) -> Result<SuiteComparison, ReportError> {
    let scenarios = &suite.scenarios;
    // All scenarios together keep the promise of one comparison (Bonferroni): what may go wrong is shared out.
    let usual = CompareOptions::new();
    let many = f64::from(u32::try_from(scenarios.len()).unwrap_or(u32::MAX));
    let terms = CompareTerms {
        options: CompareOptions { confidence_pct: 100.0 - (100.0 - usual.confidence_pct) / many },
        invalid: InvalidRuns::Refused,
        objectives: Vec::new(),
    };
    let held = |name: &str| -> Result<Result<Box<Compared>, String>, ReportError> {
        let (before, after) = (runs(&other.dir, &other.manifest, name), runs(dir, suite, name));
        if before.is_empty() {
            return Ok(Err("the baseline has no scenario of this name".to_owned()));
        }
        Ok(match compare::sides(vec![before, after], &terms) {
            Ok(Answer::Compared(compared)) => Ok(compared),
            Ok(Answer::Refused(reasons)) => Err(reasons.join("; ")),
            // The other scenarios are told all the same.
            Err(ReportError::Open { name, source: StoreError::Changed { what, .. } }) => {
                Err(format!("{name}: {what}"))
            }
            Err(error) => return Err(error),
        })
    };
    let scenarios = scenarios
        .iter()
        .map(|scenario| Ok(ScenarioComparison { name: scenario.name.clone(), held: held(&scenario.name)? }))
        .collect::<Result<_, ReportError>>()?;
    Ok(SuiteComparison { name: name.to_owned(), dir: other.dir.clone(), scenarios })
}

/// The runs of a scenario, in the order of their repeats.
fn runs(dir: &Path, suite: &SuiteManifest, scenario: &str) -> Vec<Found> {
    let mut found = Vec::new();
    for run in suite.runs.iter().filter(|run| run.scenario == scenario) {
        if let SuiteRunState::Done { folder, .. } = &run.state {
            let place = dir.join(folder);
            found.push((run.repeat, Found { name: format!("{}/{folder}", short_name(dir)), folder: place }));
        }
    }
    found.sort_by_key(|(repeat, _)| *repeat);
    found.into_iter().map(|(_, found)| found).collect()
}
