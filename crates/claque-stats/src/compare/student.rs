//! Student's t distribution, for degrees of freedom that need not be whole.

use crate::beta::regularised_beta;

/// Two-sided tail: the probability that |T| is at least `t`.
///
/// The regularised incomplete beta function I_x(df/2, 1/2) at x = df / (df + t^2) (Abramowitz and Stegun 26.7.1).
pub(super) fn two_sided_p(t: f64, df: f64) -> f64 {
    regularised_beta(df / (df + t * t), df / 2.0, 0.5)
}

/// The `t` that |T| exceeds with probability `tail`, 0 < `tail` < 1.
pub(crate) fn two_sided_t(tail: f64, df: f64) -> f64 {
    // Bisection: the tail falls strictly, and is below any tail worth asking for at the upper end.
    let (mut low, mut high) = (0.0, 1.0);
    while two_sided_p(high, df) > tail && high < 1e12 {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = f64::midpoint(low, high);
        if two_sided_p(middle, df) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_every_text_book() {
        for (df, tail, t) in [
            (1.0, 0.05, 12.706_2),
            (2.0, 0.05, 4.302_7),
            (5.0, 0.01, 4.032_1),
            (19.0, 0.05, 2.093_0),
            (38.0, 0.05, 2.024_4),
            (38.0, 0.4, 0.851_2),
            (1e6, 0.05, 1.960_0),
        ] {
            let got = two_sided_t(tail, df);
            assert!((got - t).abs() < 2e-4, "df {df}, tail {tail}: {got} instead of {t}");
            assert!((two_sided_p(t, df) - tail).abs() < 1e-4);
        }
    }

    #[test]
    fn the_ends_are_certain() {
        assert!((two_sided_p(0.0, 7.0) - 1.0).abs() < 1e-12);
        assert!(two_sided_p(f64::INFINITY, 7.0) < 1e-12);
    }
}
