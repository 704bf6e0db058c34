//! What a difference is worth: how far it may be off, and how likely chance alone makes one as large.

use super::{
    Interval,
    measure::{Scale, count},
    student::{two_sided_p, two_sided_t},
};
use crate::ratio::Ratio;

/// Power at which `detectable` is stated: four in five, as is usual (Cohen 1988).
const POWER: f64 = 0.8;
/// Below this part of what is compared, numbers differ by the rounding of their sums only.
const ROUNDING: f64 = 1e-9;

/// How runs are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grouping {
    /// Each run of the first side against the one of the second in the same place.
    Pairs,
    /// All against all.
    Groups,
}

/// What the difference of a row is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    scale: Scale,
    /// The baseline's middle, in the figure's own unit.
    base: f64,
    /// The difference on the scale of the test.
    shift: f64,
    error: f64,
    df: f64,
    pub(super) p_value: f64,
    /// Error and degrees of freedom of what the listeners must show besides, where that is asked.
    events: Option<(f64, f64)>,
    /// Whether the data could have shown anything at all.
    pub(super) possible: bool,
    /// Whether the difference was the same throughout, so that nothing tells how far it may be off.
    is_constant: bool,
}

impl Test {
    /// Holds the figures of the runs of two sides against each other, at least two on each.
    pub(super) fn new(grouping: Grouping, scale: Scale, (a, b): (&[f64], &[f64])) -> Self {
        let base = middle(scale, a);
        let on_scale = |values: &[f64]| values.iter().map(|&value| scale.apply(value)).collect::<Vec<_>>();
        let (x, y) = (on_scale(a), on_scale(b));
        let shift = mean(&y) - mean(&x);
        let (error, df) = match grouping {
            Grouping::Pairs => paired(&x, &y),
            Grouping::Groups => pooled(&x, &y),
        };
        let size = x.iter().chain(&y).fold(0.0_f64, |most, value| most.max(value.abs()));
        let (is_constant, is_same) = (error <= ROUNDING * size, shift.abs() <= ROUNDING * size);
        let p_value = match (is_constant, is_same) {
            (_, true) => 1.0,
            // Nothing varied on either side, as happens without chance: how likely is it that all runs of one side drew one
            // value and all of the other another?
            (true, false) => (2.0 / ways((a.len(), b.len()))).min(1.0),
            (false, false) => two_sided_p((shift / error).abs(), df),
        };
        Self {
            scale,
            base,
            shift,
            error,
            df,
            p_value,
            events: None,
            possible: !(is_constant && is_same),
            is_constant,
        }
    }

    /// The same of a figure that counts events. That runs agree is not enough there: three runs of one failed block each
    /// agree perfectly, and are three events. So the listeners must show the difference, too.
    pub(super) fn with_events(mut self, (a, b): (&[Ratio], &[Ratio])) -> Self {
        let Some((shift, error, df)) = events(a, b) else {
            self.p_value = 1.0;
            return self;
        };
        self.events = Some((error, df));
        self.p_value = self.p_value.max(two_sided_p((shift / error).abs(), df));
        self
    }

    /// Where the true difference lies, but for a chance of `alpha`; none where nothing varied. Of events it is as wide as the
    /// listeners leave it, however well the runs agree: what is called is called by both.
    pub(super) fn interval(&self, alpha: f64) -> Option<Interval> {
        let reach = |(error, df): (f64, f64)| error * two_sided_t(alpha, df);
        let by_runs = reach((self.error, self.df));
        let reach = self.events.map_or(by_runs, |events| by_runs.max(reach(events)));
        let interval = Interval { low: self.told(self.shift - reach), high: self.told(self.shift + reach) };
        (!self.is_constant).then_some(interval)
    }

    /// The smallest difference that is called with the power above (Bloom 1995); none where nothing varied.
    pub(super) fn detectable(&self, alpha: f64, judged: usize) -> Option<f64> {
        let strictest = alpha / count(judged.max(1));
        let t = |df| two_sided_t(strictest, df) + two_sided_t(2.0 * (1.0 - POWER), df);
        let by_runs = self.told(t(self.df) * self.error);
        // What must pass two tests is found where both find it.
        let least = self.events.map_or(by_runs, |(error, df)| by_runs.max(t(df) * error));
        (!self.is_constant && least.is_finite()).then_some(least)
    }

    /// A difference on the scale of the test, in the figure's own unit.
    fn told(&self, shift: f64) -> f64 {
        match self.scale {
            Scale::Ratio => self.base * shift.exp_m1(),
            Scale::Difference => shift,
        }
    }
}

/// The middle of the runs: the geometric mean of times, the arithmetic of all else.
pub(super) fn middle(scale: Scale, values: &[f64]) -> f64 {
    match (scale, values) {
        (_, &[only]) => only,
        (Scale::Ratio, many) => mean(&many.iter().map(|value| value.ln()).collect::<Vec<_>>()).exp(),
        (Scale::Difference, many) => mean(many),
    }
}

/// Standard error and degrees of freedom of the mean of the pairs' differences (Student 1908).
fn paired(x: &[f64], y: &[f64]) -> (f64, f64) {
    let differences: Vec<f64> = x.iter().zip(y).map(|(x, y)| y - x).collect();
    let pairs = count(differences.len());
    ((squares(&differences) / (pairs - 1.0) / pairs).sqrt(), pairs - 1.0)
}

/// The same of two groups with one spread: where nothing changed, runs of both sides differ alike.
fn pooled(x: &[f64], y: &[f64]) -> (f64, f64) {
    let (of_x, of_y) = (count(x.len()), count(y.len()));
    let df = of_x + of_y - 2.0;
    (((squares(x) + squares(y)) / df * (1.0 / of_x + 1.0 / of_y)).sqrt(), df)
}

/// How far the sides differ, the error of that if their listeners are all alike, and its degrees of freedom: the ratio of two
/// sums, its error over the listeners of both sides together (Cochran 1977, section 2.11). None where nothing varied.
fn events(a: &[Ratio], b: &[Ratio]) -> Option<(f64, f64, f64)> {
    let sums =
        |parts: &[Ratio]| parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.above, sum.1 + part.below));
    let ((above_a, below_a), (above_b, below_b)) = (sums(a), sums(b));
    if below_a <= 0.0 || below_b <= 0.0 {
        return None;
    }
    let rate = (above_a + above_b) / (below_a + below_b);
    let all = count(a.len() + b.len());
    let off = |part: &Ratio| (part.above - rate * part.below).powi(2);
    let spread = a.iter().chain(b).map(off).sum::<f64>() / (all - 1.0).max(1.0);
    let error = (spread * (count(a.len()) / below_a.powi(2) + count(b.len()) / below_b.powi(2))).sqrt();
    let shift = above_b / below_b - above_a / below_a;
    (error > 0.0).then_some((shift, error, (all - 2.0).max(1.0)))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

fn squares(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum()
}

/// Ways to part a + b runs into a and b.
fn ways((a, b): (usize, usize)) -> f64 {
    (1..=a).map(|step| count(b + step) / count(step)).product()
}
