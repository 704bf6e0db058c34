//! What a difference is worth: its standard error, its interval, and how likely chance alone makes one as large.

use super::{
    Interval,
    measure::count,
    side::{Draws, Moments},
    student::{two_sided_p, two_sided_t},
};

/// Power at which `detectable` is stated: four in five, as is usual (Cohen 1988).
const POWER: f64 = 0.8;

/// What the difference of a row is worth.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    pub(super) difference: f64,
    error: f64,
    df: f64,
    pub(super) p_value: f64,
    /// Whether the data could have shown anything at all.
    pub(super) possible: bool,
}

impl Test {
    pub(super) fn new(difference: f64, (a, b): (&Draws, &Draws)) -> Self {
        let (error, df) = error_and_df(a, b);
        let different = difference.abs() > 0.0;
        let possible = different || a.alike.is_none() || b.alike.is_none();
        let p_value = if error > 0.0 {
            two_sided_p((difference / error).abs(), df)
        } else if different {
            // Nobody differed from anybody on either side, as happens without chance: how likely is it that all of
            // one side drew one value and all of the other side another?
            (2.0 / ways((a.clusters, b.clusters))).min(1.0)
        } else {
            1.0
        };
        Self { difference, error, df, p_value, possible }
    }

    /// Where the true difference lies, but for a chance of `alpha`.
    pub(super) fn interval(&self, alpha: f64) -> Interval {
        let reach = self.error * two_sided_t(alpha, self.df);
        Interval { low: self.difference - reach, high: self.difference + reach }
    }

    /// The smallest difference that is called with the power above (Bloom 1995); none where nothing varied.
    pub(super) fn detectable(&self, alpha: f64, judged: usize) -> Option<f64> {
        let strictest = alpha / count(judged.max(1));
        let t = two_sided_t(strictest, self.df) + two_sided_t(2.0 * (1.0 - POWER), self.df);
        (self.error > 0.0).then_some(t * self.error)
    }
}

/// Standard error and degrees of freedom of the difference: Welch (1947) and Satterthwaite (1946), for two spreads that
/// need not be alike.
///
/// Listeners of two single runs are not paired by their place, tempting as it is: in a queue a chance delay early on
/// moves everybody behind, so that the pairs' differences go together, and nearly every pair of equal runs looked
/// different (docs/compare.md has the figures).
fn error_and_df(a: &Draws, b: &Draws) -> (f64, f64) {
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

/// The standard error that draws from so many clusters tell: the bootstrap's variance is (n - 1) / n of what it should be
/// (Hesterberg 2015, section 5.1).
fn corrected(drawn: Moments, clusters: usize) -> f64 {
    drawn.deviation() * (count(clusters) / count(clusters - 1)).sqrt()
}

/// Ways to part a + b clusters into a and b.
fn ways((a, b): (usize, usize)) -> f64 {
    (1..=a).map(|step| count(b + step) / count(step)).product()
}
