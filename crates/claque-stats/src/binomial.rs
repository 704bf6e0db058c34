//! What a sample shows: exact bounds on a share, and on a quantile, from the binomial distribution.
//!
//! All are two-sided: of the chance that is left, half lies beyond either end. The formulae are in `docs/objectives.md`.

use crate::{beta::regularised_beta, sample::whole};

/// How sure a bound is to be: the chance that is left on either side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tail(f64);

impl Tail {
    /// Of an interval that is to hold the truth with so many percent, above 0 and below 100.
    pub(crate) const fn of(confidence_pct: f64) -> Self {
        Self((1.0 - confidence_pct / 100.0) / 2.0)
    }

    /// The least share of all that `part` of `of` can have been drawn from (Clopper & Pearson 1934).
    pub(crate) fn least_share(self, part: u64, of: u64) -> f64 {
        if part == 0 { 0.0 } else { rises_to(self.0, |share| at_least(part, of, share)) }
    }

    /// The largest one.
    pub(crate) fn largest_share(self, part: u64, of: u64) -> f64 {
        1.0 - self.least_share(of.saturating_sub(part), of)
    }

    /// The rank, counted from 1, of the value among `of` sorted ones that the quantile at `share` does not exceed; none where
    /// there are too few values for any.
    pub(crate) fn rank_above(self, share: f64, of: u64) -> Option<u64> {
        // At least as many lie below the quantile with ever less chance.
        let found = first(of, |rank| at_least(rank, of, share) <= self.0);
        (found <= of).then_some(found)
    }

    /// The same of the value that the quantile is not less than.
    pub(crate) fn rank_below(self, share: f64, of: u64) -> Option<u64> {
        self.rank_above(1.0 - share, of).map(|rank| of + 1 - rank)
    }

    /// How many must be drawn, and all be right, to show a share of at least `share`; none where no number would do.
    pub(crate) fn fewest(self, share: f64) -> Option<u64> {
        if share >= 1.0 {
            return None;
        }
        // All of n are right with a chance of share^n.
        let needed = if share <= 0.0 { 1.0 } else { (self.0.ln() / share.ln()).ceil().max(1.0) };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, at least 1, and far below 2^53 for any share that can be typed"
        )]
        let needed = needed as u64;
        Some(needed)
    }
}

/// The chance that at least `part` of `of` are right where each is with a chance of `share`: I_share(part, of - part + 1)
/// (Abramowitz and Stegun 26.5.24).
pub(crate) fn at_least(part: u64, of: u64, share: f64) -> f64 {
    if part == 0 { 1.0 } else { regularised_beta(share, whole(part), whole(of - part) + 1.0) }
}

/// Where a function that rises from 0 to 1 between 0 and 1 reaches `level`, from below.
fn rises_to(level: f64, chance: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if chance(middle) <= level {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The first of 1 to `last` from which on `holds` does; one more than `last` where it never does.
fn first(last: u64, holds: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Tail = Tail::of(95.0);

    fn close(got: f64, expected: f64) {
        assert!((got - expected).abs() < 5e-5, "{got} instead of {expected}");
    }

    /// By bisection on the summed binomial, in another program.
    #[test]
    fn shares_are_bounded_as_by_clopper_and_pearson() {
        for (part, of, low, high) in [
            (5, 5, 0.478_18, 1.0),
            (0, 5, 0.0, 0.521_82),
            (19, 20, 0.751_27, 0.998_73),
            (7, 10, 0.347_55, 0.933_26),
            (990, 1_000, 0.981_69, 0.995_19),
        ] {
            close(USUAL.least_share(part, of), low);
            close(USUAL.largest_share(part, of), high);
        }
    }

    /// All of n show the n-th root of the chance that is left, however many there are.
    #[test]
    fn large_samples_are_bounded_as_exactly() {
        for of in [1_000_u64, 100_000, 10_000_000] {
            let root = (0.025_f64.ln() / whole(of)).exp();
            let got = USUAL.least_share(of, of);
            assert!((got - root).abs() < 1e-9, "{of}: {got} instead of {root}");
        }
        // Half of a million: the normal approximation is as good as exact there.
        close(USUAL.least_share(500_000, 1_000_000), 0.5 - 1.959_96 * 0.5 / 1_000.0);
    }

    /// Ranks of David & Nagaraja 2003, section 7.1, by summing the binomial.
    #[test]
    fn quantiles_are_bounded_by_values() {
        // Summed from all of them down, where the terms are largest.
        let chance_of_fewer = |rank: u64, of: u64, share: f64| -> f64 {
            let mut chance = share.powi(i32::try_from(of).unwrap());
            let mut sum = 0.0;
            for part in (rank..=of).rev() {
                sum += chance;
                chance *= whole(part) / whole(of - part + 1) * (1.0 - share) / share;
            }
            1.0 - sum
        };
        for (share, of) in [(0.95, 100), (0.5, 20), (0.99, 700), (0.9, 45)] {
            let above = USUAL.rank_above(share, of).unwrap();
            assert!(chance_of_fewer(above, of, share) >= 0.975);
            assert!(chance_of_fewer(above - 1, of, share) < 0.975, "{above} of {of} is not the first");
            let below = USUAL.rank_below(share, of).unwrap();
            assert!(chance_of_fewer(below, of, share) <= 0.025);
            assert!(chance_of_fewer(below + 1, of, share) > 0.025, "{below} of {of} is not the last");
        }
        assert_eq!((USUAL.rank_above(0.95, 71), USUAL.rank_above(0.95, 72)), (None, Some(72)));
        assert_eq!((USUAL.rank_below(0.5, 5), USUAL.rank_below(0.5, 6)), (None, Some(1)));
    }

    #[test]
    fn how_many_are_needed_is_where_the_bound_gets_there() {
        for share in [0.5, 0.9, 0.95, 0.99, 0.999] {
            let needed = USUAL.fewest(share).unwrap();
            assert!(USUAL.least_share(needed, needed) >= share);
            assert!(USUAL.least_share(needed - 1, needed - 1) < share, "{needed} for {share}");
        }
        assert_eq!((USUAL.fewest(0.99), USUAL.fewest(0.0), USUAL.fewest(1.0)), (Some(368), Some(1), None));
    }
}
