//! The comparison as one JSON document; docs/compare.md has its keys.

use claque_stats::{
    compare::{Design, Primary, Row},
    objective::ObjectiveResult,
};
use serde::Serialize;

use super::{Compared, LoadedRun, Setting, headline, sentence};
use crate::{ReportError, error::encoded, version::Version};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 2;

#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    confidence_pct: f64,
    /// The one figure that verdicts are about; null where they are about all that are judged as a rule.
    primary: Option<Primary>,
    /// Rows that were judged together.
    judged: u32,
    sides: Vec<SideView<'a>>,
    comparisons: Vec<PairView<'a>>,
}

#[derive(Debug, Serialize)]
struct SideView<'a> {
    label: &'a str,
    runs: Vec<RunView<'a>>,
}

#[derive(Debug, Serialize)]
struct RunView<'a> {
    name: &'a str,
    started_at_utc: &'a str,
    listeners: usize,
    valid: bool,
    invalid_because: Option<&'a str>,
    /// What nobody measured, where that is why it is not valid.
    unverified_because: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct PairView<'a> {
    baseline: &'a str,
    candidate: &'a str,
    /// "regression", "better", "no-detectable-change", "not-judged" or "not-comparable".
    verdict: String,
    /// What it comes to, in a sentence; null where the two cannot be compared.
    words: Option<String>,
    objection: Option<&'a str>,
    /// What was held against what.
    design: Design,
    differences: &'a [Setting],
    rows: &'a [Row],
    objectives: &'a [ObjectiveResult],
}

/// The document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub(super) fn document(compared: &Compared) -> Result<String, ReportError> {
    encoded("the comparison", &view(compared))
}

/// What is printed of a comparison.
pub(crate) fn view(compared: &Compared) -> impl Serialize {
    let run = |run: &'_ LoadedRun| -> (usize, bool) {
        (run.observed.listeners().len(), run.invalid.is_none() && run.unverified.is_none())
    };
    let sides = compared.sides.iter().map(|side| SideView {
        label: &side.label,
        runs: side
            .runs
            .iter()
            .map(|loaded| {
                let (listeners, valid) = run(loaded);
                RunView {
                    name: &loaded.name,
                    started_at_utc: &loaded.manifest.started_at_utc,
                    listeners,
                    valid,
                    invalid_because: loaded.invalid.as_deref(),
                    unverified_because: loaded.unverified.as_deref(),
                }
            })
            .collect(),
    });
    let baseline = compared.sides.first().map_or("A", |side| side.label.as_str());
    let candidates = compared.sides.iter().skip(1);
    let pairs = compared.comparison.pairs.iter().zip(&compared.differences);
    let comparisons = candidates.zip(pairs).zip(&compared.objectives);
    Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        confidence_pct: compared.confidence_pct,
        primary: compared.primary,
        judged: compared.comparison.judged,
        sides: sides.collect(),
        comparisons: comparisons
            .map(|((side, (pair, differences)), objectives)| PairView {
                baseline,
                candidate: &side.label,
                verdict: headline(pair).0.to_lowercase().replace(' ', "-"),
                words: sentence(compared, pair, side),
                objection: pair.objection.as_deref(),
                design: pair.design,
                differences,
                rows: &pair.rows,
                objectives,
            })
            .collect(),
    }
}
