//! Did it change: two sides, figure by figure, with an interval and a verdict that keeps its promise.
//!
//! The method, its assumptions and what it refuses are in `docs/compare.md`. Nothing here knows what was run; whether
//! two runs asked the same question is the caller's to say ([`Candidate::objection`]).

mod draft;
mod measure;
mod primary;
mod side;
pub(crate) mod student;
mod test;

use serde::{Deserialize, Serialize};

use self::{
    draft::{Draft, judge_together},
    measure::Measure,
    side::Side,
};
pub use self::{
    measure::{Statistic, Unit},
    primary::Primary,
};
pub use crate::ratio::Ratio;
use crate::{observe::Observations, sample::rounded};

/// Runs on a side below which nothing is judged: one run cannot tell how runs differ.
pub const FEWEST_RUNS: usize = 2;

/// Part of the promised rate of false alarms that verdicts use. The rest is kept for runs that are not quite normal
/// (docs/compare.md has the rates that come of it).
const USED: f64 = 0.8;

/// How a comparison is made.
#[derive(Clone, Copy, Debug)]
pub struct CompareOptions {
    /// How often an interval holds the truth, in percent, above 0 and below 100. What is left is the chance that
    /// anything at all is called better or worse where nothing changed.
    pub confidence_pct: f64,
    /// The one figure that verdicts are about; all that are judged as a rule, where there is none.
    pub primary: Option<Primary>,
}

impl CompareOptions {
    /// 95 %, as is usual, over all figures that are judged as a rule.
    #[must_use]
    pub const fn new() -> Self {
        Self { confidence_pct: 95.0, primary: None }
    }

    fn is_judged(&self, measure: Measure) -> bool {
        measure.is_judged() && self.primary.is_none_or(|primary| primary.as_str() == measure.name())
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

/// A run of a side.
#[derive(Clone, Copy, Debug)]
pub struct Repetition<'a> {
    /// What its listeners went through.
    pub observed: &'a Observations,
    /// The root of its texts and arrivals. Runs of one seed on both sides are a pair.
    pub seed: u64,
}

/// A side that is held against the first.
#[derive(Clone, Debug)]
pub struct Candidate<'a> {
    /// Its runs; several are repetitions of the same.
    pub runs: Vec<Repetition<'a>>,
    /// Why it cannot be compared, if so.
    pub objection: Option<String>,
    /// Whether it may be judged: of runs whose figures nobody verified, differences are shown without a verdict.
    pub figures: Figures,
}

/// What is known of the figures of two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figures {
    /// They measure the service, or the caller takes them for it.
    Trusted,
    /// Nobody measured whether they do, in a run of either side.
    Unverified,
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
    /// What the verdicts rest on.
    pub design: Design,
    /// Figure by figure.
    pub rows: Vec<Row>,
}

/// What is held against what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Each run against the one with the same seed.
    Pairs,
    /// All runs of a side against all of the other.
    Groups,
    /// Nothing, for a side has one run.
    OneRun,
    /// Nothing: the runs of a side share texts that those of the other have not, and what the texts do cannot be told from
    /// what changed.
    OtherTexts,
    /// Nothing: nobody measured whether the figures of a run can be trusted.
    Unverified,
}

impl Design {
    /// Why there is no verdict, if so.
    #[must_use]
    pub const fn not_judged(self) -> Option<&'static str> {
        match self {
            Self::Pairs | Self::Groups => None,
            Self::OneRun => Some("not judged: one run cannot tell"),
            Self::OtherTexts => {
                Some("not judged: runs of a side share a seed, and so texts, that the other side has not")
            }
            Self::Unverified => {
                Some("not judged: a run is UNVERIFIED, and what differs may be what nobody measured")
            }
        }
    }
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
    /// Whether verdicts are about it; the others are for information.
    pub judged: bool,
    /// The baseline's, the mean of its runs (of times the geometric mean); absent when not measured in each of them.
    pub a: Option<f64>,
    /// The candidate's.
    pub b: Option<f64>,
    /// `b` - `a`.
    pub difference: Option<f64>,
    /// The difference in percent of `a`; absent when that is 0.
    pub relative_pct: Option<f64>,
    /// Where the true difference lies, with the stated confidence for this row alone.
    pub interval: Option<Interval>,
    /// The smallest true difference that would have been called in four of five such comparisons; absent where none would that the
    /// figure can have.
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

impl Interval {
    fn rounded(self) -> Self {
        Self { low: rounded(self.low), high: rounded(self.high) }
    }
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
    /// Nobody says: it is for information, or there are too few runs.
    NotJudged,
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
            Self::NotJudged => "not judged",
            Self::NotComparable => "not comparable",
        }
    }
}

impl Pair {
    /// Rows of this change.
    pub fn rows_that_are(&self, change: Change) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| row.change == change)
    }

    /// Why nothing is concluded, if so: the two cannot be compared, there is no verdict on such runs, or none on any of the figures
    /// that verdicts are about.
    #[must_use]
    pub fn not_judged(&self) -> Option<&str> {
        let has_no_verdict = |row: &Row| matches!(row.change, Change::NotJudged | Change::NotComparable);
        let judged = || self.rows.iter().filter(|row| row.judged);
        let rows =
            || judged().all(has_no_verdict).then(|| judged().find_map(|row| row.reason.as_deref())).flatten();
        self.objection.as_deref().or_else(|| self.design.not_judged()).or_else(rows)
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
    baseline: &[Repetition<'_>],
    candidates: &[Candidate<'_>],
    options: &CompareOptions,
) -> Comparison {
    let mut drafts: Vec<(Option<String>, Design, Vec<Draft>)> = Vec::new();
    for candidate in candidates {
        let (arranged, sides) = arranged(baseline, &candidate.runs);
        let design = match candidate.figures {
            Figures::Trusted => arranged,
            Figures::Unverified => Design::Unverified,
        };
        let draft = |measure| {
            let draft = Draft::new(measure, design, &sides, candidate.objection.as_ref());
            if options.is_judged(measure) { draft } else { draft.for_information() }
        };
        let is_streamed = sides.0.is_streamed() || sides.1.is_streamed();
        let told = Measure::all().into_iter().filter(|measure| is_streamed || !measure.is_of_streams());
        drafts.push((candidate.objection.clone(), design, told.map(draft).collect()));
    }
    let mut tests: Vec<&mut Draft> = drafts.iter_mut().flat_map(|(_, _, rows)| rows).collect();
    let judged = judge_together(&mut tests, USED * options.alpha());
    let pairs = drafts
        .into_iter()
        .map(|(objection, design, rows)| {
            let rows = rows.into_iter().map(|draft| draft.into_row(options.alpha(), judged));
            let mut rows: Vec<_> = rows.collect();
            if options.primary.is_some() {
                primary::without_failures(&mut rows);
            }
            Pair { objection, design, rows }
        })
        .collect();
    Comparison { judged: u32::try_from(judged).unwrap_or(u32::MAX), pairs }
}

/// The 97.5th percentile of Student's t distribution with so many degrees of freedom, at least one.
#[must_use]
pub fn student_t_975(degrees: u32) -> f64 {
    student::two_sided_t(0.05, f64::from(degrees.max(1)))
}

/// How two sides are held against each other, and their runs in the order that this needs.
fn arranged<'a>(a: &[Repetition<'a>], b: &[Repetition<'a>]) -> (Design, (Side<'a>, Side<'a>)) {
    let by_seed = |runs: &[Repetition<'a>]| {
        let mut runs = runs.to_vec();
        runs.sort_by_key(|run| run.seed);
        runs
    };
    let (a, b) = (by_seed(a), by_seed(b));
    let is_same = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.seed == b.seed);
    let are_distinct = |runs: &[Repetition<'_>]| {
        runs.windows(2).all(|two| two.first().map(|one| one.seed) != two.last().map(|one| one.seed))
    };
    let each_its_own = are_distinct(&a) && are_distinct(&b);
    let design = match (a.len().min(b.len()) < FEWEST_RUNS, is_same, each_its_own) {
        (true, _, _) => Design::OneRun,
        (false, true, true) => Design::Pairs,
        (false, true, false) | (false, false, true) => Design::Groups,
        (false, false, false) => Design::OtherTexts,
    };
    let side = |runs: Vec<Repetition<'a>>| Side::new(runs.into_iter().map(|run| run.observed).collect());
    (design, (side(a), side(b)))
}
