//! The comparison as one JSON document; docs/compare.md has its keys.

use anyhow::Context as _;
use claque_stats::{
    compare::{Design, Row},
    objective::ObjectiveResult,
};
use serde::Serialize;

use super::headline;
use crate::compare::{Compared, Setting};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 2;

#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    confidence_pct: f64,
    /// Rows that were judged together.
    judged: u32,
    sides: Vec<SideView<'a>>,
    comparisons: Vec<PairView<'a>>,
}

#[derive(Debug, Serialize)]
struct Version {
    version: &'static str,
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
pub(super) fn document(compared: &Compared) -> anyhow::Result<String> {
    let mut text =
        serde_json::to_string_pretty(&view(compared)).context("failed to encode the comparison")?;
    text.push('\n');
    Ok(text)
}

/// What is printed of a comparison.
pub(in crate::report) fn view(compared: &Compared) -> impl Serialize {
    let run = |run: &'_ crate::compare::LoadedRun| -> (usize, bool) {
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
        claque: Version { version: env!("CARGO_PKG_VERSION") },
        confidence_pct: compared.confidence_pct,
        judged: compared.comparison.judged,
        sides: sides.collect(),
        comparisons: comparisons
            .map(|((side, (pair, differences)), objectives)| PairView {
                baseline,
                candidate: &side.label,
                verdict: headline(pair).0.to_lowercase().replace(' ', "-"),
                objection: pair.objection.as_deref(),
                design: pair.design,
                differences,
                rows: &pair.rows,
                objectives,
            })
            .collect(),
    }
}
