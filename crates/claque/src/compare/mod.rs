//! Runs against runs: finding them, saying what differs between them, and holding them against each other.

mod differ;
mod find;

use std::collections::BTreeMap;

use anyhow::Context as _;
use claque_stats::{
    Observations, Validity, Verdict,
    compare::{Candidate, Comparison, FEWEST_RUNS, Figures, Repetition, compare},
    objective::{Objective, ObjectiveResult},
};
use claque_store::Manifest;

pub(crate) use self::{
    differ::{Differs, Setting, flatten},
    find::Found,
};
use crate::config::{CompareSettings, CompareTerms, InvalidRuns, OnRegression, UsageError};

/// A run with what a comparison needs of it.
#[derive(Clone, Debug)]
pub(crate) struct LoadedRun {
    /// As it was typed.
    pub(crate) name: String,
    pub(crate) manifest: Manifest,
    pub(crate) observed: Observations,
    /// Why its figures do not measure the service, if so.
    pub(crate) invalid: Option<String>,
    /// What nobody measured of them, if that is why they cannot be trusted.
    pub(crate) unverified: Option<String>,
}

/// Runs that are repetitions of one another.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// "A" for the first, and so on.
    pub(crate) label: String,
    pub(crate) runs: Vec<LoadedRun>,
}

impl Side {
    /// Its runs, as a comparison takes them.
    pub(crate) fn repetitions(&self) -> Vec<Repetition<'_>> {
        let seeds = self.runs.iter().map(|run| run.manifest.seed);
        let observed = self.runs.iter().map(|run| &run.observed);
        observed.zip(seeds).map(|(observed, seed)| Repetition { observed, seed }).collect()
    }

    /// A run of it that came to no end, if there is one.
    pub(crate) fn partial_run(&self) -> Option<&LoadedRun> {
        self.runs.iter().find(|run| run.manifest.partial)
    }
}

/// A comparison with everything a report says of it.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    /// The baseline first.
    pub(crate) sides: Vec<Side>,
    /// What differs between each candidate and the baseline, in the order of the candidates.
    pub(crate) differences: Vec<Vec<Setting>>,
    pub(crate) comparison: Comparison,
    /// What came of the objectives, in the order of the candidates.
    pub(crate) objectives: Vec<Vec<ObjectiveResult>>,
    /// Objectives that were judged of nobody, and why.
    pub(crate) not_judged: Vec<String>,
    pub(crate) confidence_pct: f64,
}

/// What an order to compare leads to.
#[derive(Debug)]
pub(crate) enum Answer {
    /// A comparison.
    Compared(Box<Compared>),
    /// Runs that must not be compared, and why.
    Refused(Vec<String>),
}

/// Reads the runs and compares them.
///
/// # Errors
/// A run is not there or cannot be read.
pub(crate) fn run(settings: &CompareSettings) -> anyhow::Result<Answer> {
    let found = find::sides(&settings.sides, &settings.dir)?;
    if settings.regression == OnRegression::Fail {
        found.iter().enumerate().try_for_each(|(index, runs)| enough(&label(index), runs.len()))?;
    }
    sides(found, &settings.terms)
}

/// A gate must not be passed unjudged: whether there are runs enough is known before anything is read or made.
///
/// # Errors
/// There are too few.
pub(crate) fn enough(whose: &str, runs: usize) -> Result<(), UsageError> {
    if runs >= FEWEST_RUNS {
        return Ok(());
    }
    Err(UsageError::new(format!(
        "--fail-on-regression needs at least {FEWEST_RUNS} runs on each side, and {whose} has {runs}: one run cannot tell how \
         runs differ; give each side 3 to 5 runs, with the same seeds on both (docs/compare.md)"
    )))
}

/// Reads the runs of each side and compares them; the first is the baseline.
///
/// # Errors
/// A run cannot be read.
pub(crate) fn sides(found: Vec<Vec<Found>>, terms: &CompareTerms) -> anyhow::Result<Answer> {
    let mut sides = Vec::new();
    for (index, runs) in found.into_iter().enumerate() {
        let runs = runs.into_iter().map(load).collect::<anyhow::Result<Vec<_>>>()?;
        sides.push(Side { label: label(index), runs });
    }
    sides.iter().try_for_each(repetitions)?;
    let refused: Vec<_> = sides.iter().flat_map(|side| &side.runs).filter_map(refusal).collect();
    if terms.invalid == InvalidRuns::Refused && !refused.is_empty() {
        return Ok(Answer::Refused(refused));
    }
    Ok(Answer::Compared(Box::new(hold_against(sides, terms))))
}

/// Compares sides that were read.
pub(crate) fn hold_against(sides: Vec<Side>, terms: &CompareTerms) -> Compared {
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
    let confidence_pct = terms.options.confidence_pct;
    Compared { differences, comparison, objectives, not_judged, confidence_pct, sides }
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

fn load(found: Found) -> anyhow::Result<LoadedRun> {
    let Found { name, folder } = found;
    let run = claque_store::open(&folder).with_context(|| format!("failed to open the run {name}"))?;
    let observed = run.observe();
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
    Ok(LoadedRun { name, manifest: run.manifest, observed, invalid, unverified })
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
fn repetitions(side: &Side) -> Result<(), UsageError> {
    let mut simulated = BTreeMap::new();
    for run in side.runs.iter().filter(|run| run.manifest.scenario["time"] == "virtual") {
        if let Some(other) = simulated.insert(run.manifest.seed, &run.name) {
            return Err(UsageError::new(format!(
                "{other} and {} are simulations with one seed ({}): the second repeats nothing; give each repetition a --seed \
                 of its own",
                run.name, run.manifest.seed
            )));
        }
    }
    Ok(())
}

fn refusal(run: &LoadedRun) -> Option<String> {
    let why = run.invalid.as_ref()?;
    Some(format!("{} is INVALID ({why})", run.name))
}

/// "A", "B" and so on; a number after Z.
fn label(index: usize) -> String {
    u8::try_from(index)
        .ok()
        .filter(|index| *index < 26)
        .map_or_else(|| format!("#{}", index + 1), |index| char::from(b'A' + index).to_string())
}
