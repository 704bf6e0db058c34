//! Did it change: two sides, figure by figure, with an interval and a verdict that keeps its promise.
//!
//! The method, its assumptions and what it refuses are in `docs/compare.md`. Nothing here knows what was run; whether
//! two runs asked the same question is the caller's to say ([`Candidate::objection`]).

mod measure;
mod side;
mod student;

use claque_core::rng::Seed;
use serde::{Deserialize, Serialize};

pub use self::measure::{Statistic, Unit};
use self::{
    measure::{Better, Measure, count},
    side::{Draws, Moments, Side},
    student::{two_sided_p, two_sided_t},
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

/// Power at which `detectable` is stated: four in five, as is usual (Cohen 1988).
const POWER: f64 = 0.8;

/// Holds every candidate against the `baseline` (its runs).
#[must_use]
pub fn compare(
    baseline: &[&Observations],
    candidates: &[Candidate<'_>],
    options: &CompareOptions,
) -> Comparison {
    let measures = Measure::all();
    let first = Drawn::new(Side::new(baseline, &measures), &measures, options.draws, options.seed);
    let mut drafts: Vec<(Option<String>, Vec<Draft>)> = Vec::new();
    for (index, candidate) in (1_u64..).zip(candidates) {
        let side = Side::new(&candidate.runs, &measures);
        // The same listeners are drawn on both sides, or there is no link between the draws.
        let pairing = first.pairing(&side);
        let seed = match pairing {
            Pairing::Listeners => options.seed,
            Pairing::None => options.seed.index(index),
        };
        let other = Drawn::new(side, &measures, options.draws, seed);
        let draft = |place: usize| {
            Draft::new(place, measures[place], (&first, &other), pairing, candidate.objection.as_ref())
        };
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

/// A side with the figures and the draws of every measure.
struct Drawn<'a> {
    side: Side<'a>,
    values: Vec<Option<f64>>,
    draws: Vec<Option<Draws>>,
}

/// Whether listener 0 of one side belongs to listener 0 of the other, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pairing {
    /// They have the same place in the order of arrival, and with the same seed the same text.
    Listeners,
    /// They do not.
    None,
}

impl<'a> Drawn<'a> {
    fn new(side: Side<'a>, measures: &[Measure], draws: u32, seed: Seed) -> Self {
        let values = measures.iter().map(|&measure| side.value(measure)).collect();
        let draws = side.draws(measures, draws, seed);
        Self { side, values, draws }
    }

    fn pairing(&self, other: &Side<'_>) -> Pairing {
        let repeated = self.side.is_repeated() || other.is_repeated();
        if !repeated && self.side.listeners() == other.listeners() {
            Pairing::Listeners
        } else {
            Pairing::None
        }
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

/// What the difference of a row is worth.
#[derive(Clone, Copy, Debug)]
struct Test {
    difference: f64,
    error: f64,
    df: f64,
    p_value: f64,
    /// Whether the data could have shown anything at all.
    possible: bool,
}

impl Draft {
    fn new(
        place: usize,
        measure: Measure,
        (a, b): (&Drawn<'_>, &Drawn<'_>),
        pairing: Pairing,
        objection: Option<&String>,
    ) -> Self {
        let (value_a, value_b) = (a.values[place], b.values[place]);
        let result = match (objection, value_a, value_b) {
            (Some(objection), _, _) => Err(objection.clone()),
            (None, Some(value_a), Some(value_b)) => match (&a.draws[place], &b.draws[place]) {
                (Some(a), Some(b)) => Ok(Test::new(value_b - value_a, (a, b), pairing)),
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
        let reach = |test: &Test| test.error * two_sided_t(alpha, test.df);
        Row {
            metric: self.measure.name().to_owned(),
            statistic: self.measure.statistic(),
            unit: self.measure.unit(),
            a: self.a,
            b: self.b,
            difference,
            relative_pct,
            interval: test.map(|test| Interval {
                low: test.difference - reach(test),
                high: test.difference + reach(test),
            }),
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

impl Test {
    fn new(difference: f64, (a, b): (&Draws, &Draws), pairing: Pairing) -> Self {
        let (error, df) = match pairing {
            Pairing::Listeners => paired_error(a, b),
            Pairing::None => unpaired_error(a, b),
        };
        // Sums in another order are not the same to the last bit.
        let error = if error <= 1e-9 * difference.abs() { 0.0 } else { error };
        let different = difference.abs() > 0.0;
        let possible = different || a.alike.is_none() || b.alike.is_none();
        let p_value = if error > 0.0 {
            two_sided_p((difference / error).abs(), df)
        } else if different {
            // The difference is the same however it is drawn, as happens without chance: how likely is it that this
            // is how the listeners, or the signs of their differences, fell?
            let ways = match pairing {
                Pairing::Listeners => signs(a.clusters.min(b.clusters)),
                Pairing::None => ways((a.clusters, b.clusters)),
            };
            (2.0 / ways).min(1.0)
        } else {
            1.0
        };
        Self { difference, error, df, p_value, possible }
    }

    /// The smallest difference that is called with the power above (Bloom 1995); none where nothing varied.
    fn detectable(&self, alpha: f64, judged: usize) -> Option<f64> {
        let strictest = alpha / count(judged.max(1));
        let t = two_sided_t(strictest, self.df) + two_sided_t(2.0 * (1.0 - POWER), self.df);
        (self.error > 0.0).then_some(t * self.error)
    }
}

/// Standard error and degrees of freedom of the difference of two sides that have nothing to do with each other: Welch
/// (1947) and Satterthwaite (1946), for two spreads that need not be alike.
fn unpaired_error(a: &Draws, b: &Draws) -> (f64, f64) {
    let part = |side: &Draws| {
        let df = count(side.clusters - 1);
        let drawn = Moments::of(side.values.iter().copied().flatten());
        (side.alike.unwrap_or_else(|| corrected(drawn, side.clusters)).powi(2), df)
    };
    let ((of_a, df_a), (of_b, df_b)) = (part(a), part(b));
    let sum = of_a + of_b;
    let df =
        if sum > 0.0 { sum.powi(2) / (of_a.powi(2) / df_a + of_b.powi(2) / df_b) } else { df_a.min(df_b) };
    (sum.sqrt(), df)
}

/// The same of two sides whose listeners belong together: what both have in common, such as their place in the queue,
/// is no spread of the difference.
fn paired_error(a: &Draws, b: &Draws) -> (f64, f64) {
    let both = a.values.iter().zip(&b.values).filter_map(|(a, b)| Some((*b)? - (*a)?));
    let pairs = a.clusters.min(b.clusters);
    let drawn = match (a.alike, b.alike) {
        (Some(_), Some(_)) => 0.0,
        (None, _) | (_, None) => corrected(Moments::of(both), pairs),
    };
    let floors = [a.alike, b.alike].map(|floor| floor.unwrap_or(0.0));
    (drawn.hypot(floors[0]).hypot(floors[1]), count(pairs - 1))
}

/// The standard error that draws from so many clusters tell: the bootstrap's variance is (n - 1) / n of what it should be
/// (Hesterberg 2015, section 5.1).
fn corrected(drawn: Moments, clusters: usize) -> f64 {
    drawn.deviation() * (count(clusters) / count(clusters - 1)).sqrt()
}

/// Ways to give each of so many differences a sign.
fn signs(pairs: usize) -> f64 {
    (0..pairs).map(|_| 2.0).product()
}

/// Ways to part a + b clusters into a and b.
fn ways((a, b): (usize, usize)) -> f64 {
    (1..=a).map(|step| count(b + step) / count(step)).product()
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
