//! Did it change: two sides, figure by figure, with an interval and a verdict that keeps its promise.
//!
//! The method, its assumptions and what it refuses are in `docs/compare.md`. Nothing here knows what was run; whether
//! two runs asked the same question is the caller's to say ([`Candidate::objection`]).

mod measure;
mod side;
mod student;
mod test;

use claque_core::rng::Seed;
use serde::{Deserialize, Serialize};

pub use self::measure::{Statistic, Unit};
use self::{
    measure::{Better, Measure, count},
    side::{Draws, Side},
    test::Test,
};
use crate::observe::Observations;

/// How a comparison is made.
#[derive(Clone, Copy, Debug)]
pub struct CompareOptions {
    /// How often an interval holds the truth, in percent, above 0 and below 100. What is left is the chance that
    /// anything at all is called better or worse where nothing changed.
    pub confidence_pct: f64,
    /// Draws of the bootstrap for each side, at least 2.
    pub draws: u32,
    /// Where the draws come from.
    pub seed: Seed,
}

impl CompareOptions {
    /// 95 %, as is usual, and 1,000 draws: 200 do for a standard error (Efron and Tibshirani 1993, section 6.4), and five
    /// times as many cost nothing.
    #[must_use]
    pub fn new() -> Self {
        Self { confidence_pct: 95.0, draws: 1_000, seed: Seed::root(1).child("compare") }
    }

    fn alpha(&self) -> f64 {
        1.0 - self.confidence_pct / 100.0
    }
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// A side that is held against the first.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Its runs; several are repetitions of the same.
    pub runs: Vec<&'a Observations>,
    /// Why it cannot be compared, if so.
    pub objection: Option<String>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Figures that were judged together: a change is called so rarely by chance over all of them.
    pub judged: u32,
    /// One entry a candidate.
    pub pairs: Vec<Pair>,
}

/// One candidate against the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Why they cannot be compared, if so.
    pub objection: Option<String>,
    /// Figure by figure.
    pub rows: Vec<Row>,
}

/// One figure of both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub metric: String,
    /// Which figure of a distribution, if it is one.
    pub statistic: Option<Statistic>,
    /// What it is counted in.
    pub unit: Unit,
    /// The baseline's; absent when not measured.
    pub a: Option<f64>,
    /// The candidate's.
    pub b: Option<f64>,
    /// `b` - `a`.
    pub difference: Option<f64>,
    /// The difference in percent of `a`; absent when that is 0.
    pub relative_pct: Option<f64>,
    /// Where the true difference lies, with the stated confidence for this row alone.
    pub interval: Option<Interval>,
    /// The smallest true difference that would have been called in four of five such comparisons.
    pub detectable: Option<f64>,
    /// Chance of a difference at least this large where there is none, for this row alone.
    pub p_value: Option<f64>,
    /// What it comes to, judged together with all other rows.
    pub change: Change,
    /// Why it cannot be compared, if so.
    pub reason: Option<String>,
}

/// A range of differences.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// What a difference comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The candidate is better.
    Better,
    /// The candidate is worse: a regression.
    Worse,
    /// Nothing that these data could show.
    NoDetectableChange,
    /// The two cannot be held against each other.
    NotComparable,
}

impl Change {
    /// The words for people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::Worse => "worse",
            Self::NoDetectableChange => "no detectable change",
            Self::NotComparable => "not comparable",
        }
    }
}

impl Pair {
    /// Rows of this change.
    pub fn rows_that_are(&self, change: Change) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.change == change)
    }

    /// Whether anything got worse.
    #[must_use]
    pub fn is_regression(&self) -> bool {
        self.rows_that_are(Change::Worse).next().is_some()
    }
}

/// Holds every candidate against the `baseline` (its runs).
#[must_use]
pub fn compare(
    baseline: &[&Observations],
    candidates: &[Candidate<'_>],
    options: &CompareOptions,
) -> Comparison {
    let measures = Measure::all();
    let drawn = |runs: &[&Observations], place: u64| {
        Drawn::new(&Side::new(runs, &measures), &measures, options.draws, options.seed.index(place))
    };
    let first = drawn(baseline, 0);
    let mut drafts: Vec<(Option<String>, Vec<Draft>)> = Vec::new();
    for (index, candidate) in (1..).zip(candidates) {
        let other = drawn(&candidate.runs, index);
        let draft =
            |place: usize| Draft::new(place, measures[place], (&first, &other), candidate.objection.as_ref());
        drafts.push((candidate.objection.clone(), (0..measures.len()).map(draft).collect()));
    }
    let mut tests: Vec<&mut Draft> = drafts.iter_mut().flat_map(|(_, rows)| rows).collect();
    let judged = judge_together(&mut tests, options.alpha());
    let pairs = drafts
        .into_iter()
        .map(|(objection, rows)| {
            let rows = rows.into_iter().map(|draft| draft.into_row(options.alpha(), judged));
            Pair { objection, rows: rows.collect() }
        })
        .collect();
    Comparison { judged: u32::try_from(judged).unwrap_or(u32::MAX), pairs }
}

/// The figures and the draws of every measure of a side.
struct Drawn {
    values: Vec<Option<f64>>,
    draws: Vec<Option<Draws>>,
}

impl Drawn {
    fn new(side: &Side<'_>, measures: &[Measure], draws: u32, seed: Seed) -> Self {
        let values = measures.iter().map(|&measure| side.value(measure)).collect();
        Self { values, draws: side.draws(measures, draws, seed) }
    }
}

/// A row on its way.
struct Draft {
    measure: Measure,
    a: Option<f64>,
    b: Option<f64>,
    result: Result<Test, String>,
    called: bool,
}

impl Draft {
    fn new(place: usize, measure: Measure, (a, b): (&Drawn, &Drawn), objection: Option<&String>) -> Self {
        let (value_a, value_b) = (a.values[place], b.values[place]);
        let result = match (objection, value_a, value_b) {
            (Some(objection), _, _) => Err(objection.clone()),
            (None, Some(value_a), Some(value_b)) => match (&a.draws[place], &b.draws[place]) {
                (Some(a), Some(b)) => Ok(Test::new(value_b - value_a, (a, b))),
                (None, _) | (_, None) => {
                    Err("fewer than two values that can differ: nothing tells how far it is off".to_owned())
                }
            },
            (None, None, _) | (None, _, None) => {
                Err("not measured on both sides, or too few values".to_owned())
            }
        };
        Self { measure, a: value_a, b: value_b, result, called: false }
    }

    fn into_row(self, alpha: f64, judged: usize) -> Row {
        let difference = self.a.zip(self.b).map(|(a, b)| b - a);
        let relative_pct = difference
            .zip(self.a)
            .and_then(|(difference, a)| (a.abs() > 0.0).then(|| difference / a.abs() * 100.0));
        let test = self.result.as_ref().ok();
        Row {
            metric: self.measure.name().to_owned(),
            statistic: self.measure.statistic(),
            unit: self.measure.unit(),
            a: self.a,
            b: self.b,
            difference,
            relative_pct,
            interval: test.map(|test| test.interval(alpha)),
            detectable: test.and_then(|test| test.detectable(alpha, judged)),
            p_value: test.map(|test| test.p_value),
            change: self.change(),
            reason: self.result.err(),
        }
    }

    fn change(&self) -> Change {
        match &self.result {
            Err(_) => Change::NotComparable,
            Ok(_) if !self.called => Change::NoDetectableChange,
            Ok(test) => match (self.measure.better(), test.difference < 0.0) {
                (Better::Lower, true) | (Better::Higher, false) => Change::Better,
                (Better::Lower, false) | (Better::Higher, true) => Change::Worse,
            },
        }
    }
}

/// Calls the rows that are beyond chance, over all of them together (Holm 1979); gives how many that were. Rows in which
/// nothing could have been found do not count (Tarone 1990).
fn judge_together(drafts: &mut [&mut Draft], alpha: f64) -> usize {
    let mut order: Vec<(f64, usize)> = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        if let Ok(test) = &draft.result
            && test.possible
        {
            order.push((test.p_value, place));
        }
    }
    order.sort_by(|x, y| x.0.total_cmp(&y.0));
    for (step, &(p_value, place)) in order.iter().enumerate() {
        if p_value > alpha / count(order.len() - step) {
            break;
        }
        drafts[place].called = true;
    }
    order.len()
}
