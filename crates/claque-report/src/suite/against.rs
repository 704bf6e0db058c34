//! A suite held against another: each scenario against the one of the same name, its repeats as repetitions.

use std::path::{Path, PathBuf};

use claque_stats::{
    compare::{Pair, Primary},
    units::counted,
};
use claque_store::{StoreError, SuiteFolder, SuiteManifest, SuiteRunState, short_name};
use serde::Serialize;

use crate::{
    ReportError,
    compare::{self, Answer, CompareTerms, Compared, Found},
};

/// What came of holding a suite against another.
#[derive(Debug)]
pub struct SuiteComparison {
    /// The other.
    pub(crate) baseline: SuiteSide,
    /// The suite that is held against it.
    pub(crate) suite: SuiteSide,
    /// In the order of the suite's scenarios; then those that only the baseline has.
    pub(crate) scenarios: Vec<ScenarioComparison>,
    /// Of all scenarios together.
    pub(crate) confidence_pct: f64,
    /// The one figure that verdicts are about, where one was named.
    pub(crate) primary: Option<Primary>,
    /// Of each scenario by itself.
    pub(crate) confidence_of_each_pct: f64,
}

/// A suite on one side of a comparison.
#[derive(Debug, Serialize)]
pub(crate) struct SuiteSide {
    /// As it was named.
    pub(crate) name: String,
    #[serde(rename = "suite_folder")]
    pub(crate) dir: PathBuf,
    /// The folder's name.
    #[serde(skip)]
    pub(crate) folder: String,
    /// "2 scenarios, 8 runs".
    #[serde(skip)]
    pub(crate) extent: String,
}

/// What came of one scenario.
#[derive(Debug)]
pub struct ScenarioComparison {
    /// Its name.
    pub(crate) name: String,
    /// The comparison, or why there is none.
    pub(crate) held: Result<Box<Compared>, String>,
    /// Whether that is because the figures of a run do not measure the service.
    is_refused: bool,
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

    /// Whether a scenario has runs whose figures do not measure the service.
    pub fn has_refused(&self) -> bool {
        self.scenarios.iter().any(|scenario| scenario.is_refused)
    }

    /// Whether a scenario could not be judged.
    pub fn is_incomplete(&self) -> bool {
        let is_judged = |pair: &Pair| pair.not_judged().is_none();
        self.scenarios.iter().any(|scenario| !scenario.pair().is_some_and(is_judged))
    }
}

/// Two finished suites, each with the name that it was called by.
#[derive(Clone, Copy, Debug)]
pub struct Suites<'a> {
    /// The baseline.
    pub before: (&'a str, &'a SuiteFolder),
    /// What is held against it: its name, its folder and what is in that.
    pub after: (&'a str, &'a Path, &'a SuiteManifest),
}

/// Holds one suite against the other, scenario by scenario, with the confidence of `terms` for all of them together.
///
/// # Errors
/// A run cannot be read.
pub fn hold(suites: Suites<'_>, terms: &CompareTerms) -> Result<SuiteComparison, ReportError> {
    let Suites { before: (name, other), after: (called, dir, suite) } = suites;
    // All scenarios together keep the promise of one comparison (Bonferroni): what may go wrong is shared out.
    let many = f64::from(u32::try_from(suite.scenarios.len()).unwrap_or(u32::MAX));
    let whole = terms.options.confidence_pct;
    let each = 100.0 - (100.0 - whole) / many;
    let mut terms = terms.clone();
    terms.options.confidence_pct = each;
    let mut scenarios = Vec::new();
    for scenario in &suite.scenarios {
        let name = &scenario.name;
        let sides = (runs(&other.dir, &other.manifest, name), runs(dir, suite, name));
        scenarios.push(held(name, sides, &terms)?);
    }
    // One that is gone must not pass unseen.
    let is_gone = |name: &str| !suite.scenarios.iter().any(|one| one.name == name);
    let gone = other.manifest.scenarios.iter().filter(|one| is_gone(&one.name));
    scenarios.extend(gone.map(|one| {
        let why = "only the baseline has a scenario of this name".to_owned();
        ScenarioComparison { name: one.name.clone(), held: Err(why), is_refused: false }
    }));
    Ok(SuiteComparison {
        baseline: side(name, &other.dir, &other.manifest),
        suite: side(called, dir, suite),
        scenarios,
        confidence_pct: whole,
        primary: terms.options.primary,
        confidence_of_each_pct: each,
    })
}

fn side(name: &str, dir: &Path, suite: &SuiteManifest) -> SuiteSide {
    let count = |len: usize, what: &str| counted(u64::try_from(len).unwrap_or(u64::MAX), what);
    let extent = format!("{}, {}", count(suite.scenarios.len(), "scenario"), count(suite.runs.len(), "run"));
    SuiteSide { name: name.to_owned(), dir: dir.to_owned(), folder: short_name(dir), extent }
}

/// The repeats of a scenario in both suites, held against each other.
fn held(
    name: &str,
    (before, after): (Vec<Found>, Vec<Found>),
    terms: &CompareTerms,
) -> Result<ScenarioComparison, ReportError> {
    let (held, is_refused) = if before.is_empty() {
        (Err("the baseline has no scenario of this name".to_owned()), false)
    } else {
        match compare::sides(vec![before, after], terms) {
            Ok(Answer::Compared(compared)) => (Ok(compared), false),
            Ok(Answer::Refused(reasons)) => (Err(reasons.join("; ")), true),
            // The other scenarios are told all the same.
            Err(ReportError::Open { name, source: StoreError::Changed { what, .. } }) => {
                (Err(format!("{name}: {what}")), true)
            }
            Err(error) => return Err(error),
        }
    };
    Ok(ScenarioComparison { name: name.to_owned(), held, is_refused })
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
