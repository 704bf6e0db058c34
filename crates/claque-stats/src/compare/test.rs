//! What a difference is worth: its standard error, its interval, and how likely chance alone makes one as large.

use super::{
    Interval,
    measure::count,
    side::{Draws, Moments},
    student::{two_sided_p, two_sided_t},
};

/// Power at which `detectable` is stated: four in five, as is usual (Cohen 1988).
const POWER: f64 = 0.8;

/// Whether listener 0 of one side belongs to listener 0 of the other, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairing {
    /// They have the same place in the order of arrival, and with the same seed the same text.
    Listeners,
    /// They do not.
    None,
}

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
    pub(super) fn new(difference: f64, (a, b): (&Draws, &Draws), pairing: Pairing) -> Self {
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
