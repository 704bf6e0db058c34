//! A suite as one JSON document; docs/suite.md has its keys.

use std::collections::BTreeMap;

use claque_stats::objective::ObjectiveResult;
use claque_store::SavedVerdict;
use serde::Serialize;

use super::verdict;
use crate::{
    ReportError, compare,
    error::encoded,
    suite::{
        SuiteComparison,
        figures::{FIGURES, FigureKind, RunFigures, ScenarioFigures, Spread, SuiteFigures},
    },
    version::Version,
};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a, C> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    name: &'a str,
    time: &'a str,
    target: &'a str,
    seed: u64,
    suite_folder: String,
    finished: bool,
    scenarios: Vec<Scenario<'a>>,
    against: Option<BaselineEntry<'a, C>>,
}

#[derive(Serialize)]
struct Scenario<'a> {
    name: &'a str,
    repeats: u32,
    valid: usize,
    /// Over the VALID repeats; null where it was not measured.
    figures: BTreeMap<String, Option<Spread>>,
    runs: Vec<Run<'a>>,
}

#[derive(Serialize)]
struct Run<'a> {
    /// Its place in the order.
    run: usize,
    repeat: u32,
    seed: u64,
    run_folder: String,
    verdict: &'a SavedVerdict,
    objectives: &'a [ObjectiveResult],
}

#[derive(Serialize)]
struct BaselineEntry<'a, C> {
    name: &'a str,
    suite_folder: String,
    scenarios: Vec<BaselineScenario<'a, C>>,
}

#[derive(Serialize)]
pub(super) struct BaselineScenario<'a, C> {
    name: &'a str,
    /// As in a comparison.
    verdict: String,
    words: String,
    /// As `claque compare --json` prints it.
    comparison: Option<C>,
}

/// The document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub(super) fn document(
    told: &SuiteFigures<'_>,
    against: Option<&SuiteComparison>,
) -> Result<String, ReportError> {
    let suite = &told.manifest;
    let document = Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "suite",
        name: &suite.name,
        time: &suite.time,
        target: &told.target,
        seed: suite.seed,
        suite_folder: told.dir.display().to_string(),
        finished: told.is_finished(),
        scenarios: told.scenarios.iter().map(|one| scenario(told, one)).collect(),
        against: against.map(|against| BaselineEntry {
            name: &against.baseline.name,
            suite_folder: against.baseline.dir.display().to_string(),
            scenarios: held(against),
        }),
    };
    encoded("the suite", &document)
}

/// What came of each scenario that is held against another.
pub(super) fn held(against: &SuiteComparison) -> Vec<BaselineScenario<'_, impl Serialize>> {
    let scenarios = against.scenarios.iter().map(|scenario| {
        let (word, words) = verdict(scenario);
        let verdict = word.to_lowercase().replace(' ', "-");
        let comparison = scenario.held.as_ref().ok().map(|compared| compare::json::view(compared));
        BaselineScenario { name: &scenario.name, verdict, words, comparison }
    });
    scenarios.collect()
}

fn scenario<'a>(told: &SuiteFigures<'_>, scenario: &'a ScenarioFigures) -> Scenario<'a> {
    let key = |name: &str, kind: FigureKind| match kind {
        FigureKind::Time => format!("{}_ms", name.replace(' ', "_")),
        FigureKind::Percent | FigureKind::Count => name.to_owned(),
    };
    let figures = FIGURES.iter().map(|&figure| (key(figure.name, figure.kind()), scenario.spread(figure)));
    let run = |run: &'a RunFigures| Run {
        run: run.place,
        repeat: run.repeat,
        seed: run.seed,
        run_folder: told.dir.join(&run.folder).display().to_string(),
        verdict: &run.verdict,
        objectives: &run.objectives,
    };
    Scenario {
        name: &scenario.name,
        repeats: scenario.repeats,
        valid: scenario.valid(),
        figures: figures.collect(),
        runs: scenario.runs.iter().map(run).collect(),
    }
}
