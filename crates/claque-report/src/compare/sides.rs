//! Runs against runs: reading them, and holding them against each other.

use std::{collections::BTreeMap, path::PathBuf};

use claque_stats::{
    Observations, Validity, Verdict,
    compare::{Candidate, CompareOptions, Comparison, Figures, Primary, Repetition, compare},
    objective::{Objective, ObjectiveResult},
};
use claque_store::{Manifest, Measured};

use super::differ::{self, Setting};
use crate::ReportError;

/// A run that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it was typed, or the folder's name where that was a tag.
    pub name: String,
    /// Where it is.
    pub folder: PathBuf,
}

/// How runs are compared.
#[derive(Clone, Debug)]
pub struct CompareTerms {
    /// What the method takes.
    pub options: CompareOptions,
    /// What becomes of runs that are INVALID or partial.
    pub invalid: InvalidRuns,
    /// What every side but the baseline must reach.
    pub objectives: Vec<Objective>,
}

impl CompareTerms {
    /// The usual confidence, nothing that cannot be trusted, and no objective.
    pub const fn new() -> Self {
        Self { options: CompareOptions::new(), invalid: InvalidRuns::Refused, objectives: Vec::new() }
    }
}

impl Default for CompareTerms {
    fn default() -> Self {
        Self::new()
    }
}

/// What becomes of runs whose figures do not measure the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidRuns {
    /// They are refused.
    Refused,
    /// They are compared all the same.
    Allowed,
}

/// A run with what a comparison needs of it.
#[derive(Clone, Debug)]
pub struct LoadedRun {
    /// As it was typed.
    pub name: String,
    /// What its folder says of it.
    pub manifest: Manifest,
    /// What its listeners went through.
    pub observed: Observations,
    /// Why its figures do not measure the service, if so.
    pub invalid: Option<String>,
    /// What nobody measured of them, if that is why they cannot be trusted.
    pub unverified: Option<String>,
    /// What tells it from every other run; none where nothing was measured.
    pub measured: Option<Measured>,
}

/// Runs that are repetitions of one another.
#[derive(Clone, Debug)]
pub struct Side {
    /// "A" for the first, and so on.
    pub label: String,
    /// In the order in which they were typed.
    pub runs: Vec<LoadedRun>,
}

impl Side {
    /// Its runs, as a comparison takes them.
    pub fn repetitions(&self) -> Vec<Repetition<'_>> {
        let seeds = self.runs.iter().map(|run| run.manifest.seed);
        let observed = self.runs.iter().map(|run| &run.observed);
        observed.zip(seeds).map(|(observed, seed)| Repetition { observed, seed }).collect()
    }

    /// A run of it that came to no end, if there is one.
    pub fn partial_run(&self) -> Option<&LoadedRun> {
        self.runs.iter().find(|run| run.manifest.partial)
    }
}

/// A comparison with everything a report says of it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The baseline first.
    pub sides: Vec<Side>,
    /// What differs between each candidate and the baseline, in the order of the candidates.
    pub differences: Vec<Vec<Setting>>,
    /// What came of it.
    pub comparison: Comparison,
    /// What came of the objectives, in the order of the candidates.
    pub objectives: Vec<Vec<ObjectiveResult>>,
    /// Objectives that were judged of nobody, and why.
    pub not_judged: Vec<String>,
    /// Of each interval.
    pub confidence_pct: f64,
    /// The one figure that verdicts are about, where one was named.
    pub primary: Option<Primary>,
}

/// What an order to compare leads to.
#[derive(Debug)]
pub enum Answer {
    /// A comparison.
    Compared(Box<Compared>),
    /// Runs that must not be compared, and why.
    Refused(Vec<String>),
}

/// Reads the runs of each side and compares them; the first is the baseline.
///
/// # Errors
/// A run cannot be read.
pub fn sides(found: Vec<Vec<Found>>, terms: &CompareTerms) -> Result<Answer, ReportError> {
    let mut sides = Vec::new();
    for (index, runs) in found.into_iter().enumerate() {
        let runs = runs.into_iter().map(load).collect::<Result<Vec<_>, _>>()?;
        sides.push(Side { label: label(index), runs });
    }
    sides.iter().try_for_each(repetitions)?;
    one_run_once(&sides)?;
    let refused: Vec<_> = sides.iter().flat_map(|side| &side.runs).filter_map(refusal).collect();
    if terms.invalid == InvalidRuns::Refused && !refused.is_empty() {
        return Ok(Answer::Refused(refused));
    }
    Ok(Answer::Compared(Box::new(hold_against(sides, terms))))
}

/// Compares sides that were read.
pub fn hold_against(sides: Vec<Side>, terms: &CompareTerms) -> Compared {
    let baseline = &sides[0];
    let others = &sides[1..];
    let differences: Vec<_> = others.iter().map(|side| differ::between(baseline, side)).collect();
    let candidates: Vec<_> = others
        .iter()
        .zip(&differences)
        .map(|(side, settings)| Candidate {
            runs: side.repetitions(),
            objection: differ::objection(settings),
            figures: figures(baseline, side, terms.invalid),
        })
        .collect();
    let comparison = compare(&baseline.repetitions(), &candidates, &terms.options);
    let judge = |side: &Side| {
        if side.partial_run().is_some() {
            return Vec::new();
        }
        let runs: Vec<_> = side.runs.iter().map(|run| &run.observed).collect();
        terms.objectives.iter().map(|objective| objective.judge(&runs)).collect()
    };
    let objectives = others.iter().map(judge).collect();
    let not_judged = others.iter().flat_map(|side| not_judged(side, terms)).collect();
    drop(candidates);
    let CompareOptions { confidence_pct, primary } = terms.options;
    Compared { differences, comparison, objectives, not_judged, confidence_pct, primary, sides }
}

/// The objectives of a side with a run that came to no end: nobody can say whether they were reached.
fn not_judged(side: &Side, terms: &CompareTerms) -> Vec<String> {
    let Some(run) = side.partial_run() else { return Vec::new() };
    let words = |objective: &Objective| {
        let (text, label) = (objective.text(), &side.label);
        format!("objective {text} of {label} is not judged: {} did not come to its end", run.name)
    };
    terms.objectives.iter().map(words).collect()
}

fn load(found: Found) -> Result<LoadedRun, ReportError> {
    let Found { name, folder } = found;
    let run = match claque_store::open(&folder) {
        Ok(run) => run,
        Err(source) => return Err(ReportError::Open { name, source }),
    };
    let (observed, measured) = (run.observe(), run.measured());
    let verdict = match run.manifest.verdict.clone() {
        Some(saved) => Verdict::from(saved),
        None => Verdict::judge(&run.recompute()),
    };
    let (invalid, unverified) = match (run.partial, verdict.validity()) {
        (true, _) => (Some("it did not come to its end".to_owned()), None),
        (false, Validity::Invalid) => (Some(verdict.doubts()), None),
        (false, Validity::Unverified) => (None, Some(verdict.doubts())),
        (false, Validity::Valid) => (None, None),
    };
    Ok(LoadedRun { name, manifest: run.manifest, observed, invalid, unverified, measured })
}

/// What is known of the figures of two sides. Who allows runs that do not measure the service allows these, too.
fn figures(a: &Side, b: &Side, invalid: InvalidRuns) -> Figures {
    let is_unverified = a.runs.iter().chain(&b.runs).any(|run| run.unverified.is_some());
    match invalid {
        InvalidRuns::Refused if is_unverified => Figures::Unverified,
        InvalidRuns::Refused | InvalidRuns::Allowed => Figures::Trusted,
    }
}

/// Simulations with one seed are one run: what they repeat is themselves.
fn repetitions(side: &Side) -> Result<(), ReportError> {
    let mut simulated = BTreeMap::new();
    for run in side.runs.iter().filter(|run| run.manifest.scenario["time"] == "virtual") {
        if let Some(other) = simulated.insert(run.manifest.seed, &run.name) {
            let (first, second) = (other.clone(), run.name.clone());
            return Err(ReportError::OneSeed { first, second, seed: run.manifest.seed });
        }
    }
    Ok(())
}

/// A run that was copied is there once, whatever its folder is called and its `run.json` says: what was measured tells. That a
/// simulation and one with other settings come to the same is a finding, and no copy.
fn one_run_once(sides: &[Side]) -> Result<(), ReportError> {
    let mut seen: BTreeMap<Measured, (usize, &LoadedRun)> = BTreeMap::new();
    let is_virtual = |run: &LoadedRun| run.manifest.scenario["time"] == "virtual";
    for (place, side) in sides.iter().enumerate() {
        for run in &side.runs {
            let Some(measured) = run.measured else { continue };
            if let Some((before, other)) = seen.insert(measured, (place, run))
                && (before == place || !(is_virtual(other) && is_virtual(run)))
            {
                return Err(ReportError::OneRun { first: other.name.clone(), second: run.name.clone() });
            }
        }
    }
    Ok(())
}

fn refusal(run: &LoadedRun) -> Option<String> {
    let why = run.invalid.as_ref()?;
    Some(format!("{} is INVALID ({why})", run.name))
}

/// What the side in this place is called: "A", "B" and so on; a number after Z.
pub fn label(index: usize) -> String {
    u8::try_from(index)
        .ok()
        .filter(|index| *index < 26)
        .map_or_else(|| format!("#{}", index + 1), |index| char::from(b'A' + index).to_string())
}
