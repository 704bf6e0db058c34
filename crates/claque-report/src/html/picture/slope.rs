//! Synthesis time against the length of the text, with the line of least squares.

use claque_store::ListenerFacts;
use serde::Serialize;

use super::{float, rounded};

/// Points drawn at most; of more, evenly spaced ones are.
const MOST_POINTS: usize = 2_400;

/// The points and the line.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Slope {
    /// Characters and ms.
    pub(crate) points: Vec<(u32, f64)>,
    /// Every how many gaps one is drawn.
    pub(crate) every: u64,
    pub(crate) fit: Option<Fit>,
}

/// A line through all gaps, drawn or not: ms = `base_ms` + `per_char_ms` x characters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Fit {
    pub(crate) count: u64,
    pub(crate) base_ms: f64,
    pub(crate) per_char_ms: f64,
    /// Share of the variance that the line explains, 0 to 1.
    pub(crate) r2: f64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct SlopeSum {
    points: Vec<(u32, f64)>,
    /// Doubled whenever there are too many points.
    every: u64,
    count: u64,
    /// Means and sums of squares about them (Welford), which do not lose digits.
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    xy: f64,
    yy: f64,
}

impl SlopeSum {
    pub(super) fn add(&mut self, facts: &ListenerFacts) {
        for (earlier, later) in facts.gaps_within_requests() {
            if let (Some(from), Some(to)) = (earlier.ready_at, later.ready_at)
                && later.chars > 0
            {
                self.add_point(later.chars, to.as_millis_f64() - from.as_millis_f64());
            }
        }
    }

    fn add_point(&mut self, chars: u32, ms: f64) {
        self.every = self.every.max(1);
        if self.count.is_multiple_of(self.every) {
            if self.points.len() >= MOST_POINTS {
                let mut kept = false;
                self.points.retain(|_| {
                    kept = !kept;
                    kept
                });
                self.every *= 2;
            }
            if self.count.is_multiple_of(self.every) {
                self.points.push((chars, rounded(ms, 2)));
            }
        }
        self.count += 1;
        let (dx, dy) = (f64::from(chars) - self.mean_x, ms - self.mean_y);
        self.mean_x += dx / float(self.count);
        self.mean_y += dy / float(self.count);
        self.xx += dx * (f64::from(chars) - self.mean_x);
        self.xy += dx * (ms - self.mean_y);
        self.yy += dy * (ms - self.mean_y);
    }

    pub(super) fn finish(self) -> Slope {
        let fit = self.fit();
        Slope { points: self.points, every: self.every, fit }
    }

    /// None where a line means nothing: fewer than three gaps, or texts of one length.
    fn fit(&self) -> Option<Fit> {
        if self.count < 3 || self.xx <= 0.0 {
            return None;
        }
        let per_char_ms = self.xy / self.xx;
        let r2 = if self.yy > 0.0 { self.xy * self.xy / (self.xx * self.yy) } else { 1.0 };
        Some(Fit {
            count: self.count,
            base_ms: self.mean_y - per_char_ms * self.mean_x,
            per_char_ms,
            r2: r2.clamp(0.0, 1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_again() {
        let mut sum = SlopeSum::default();
        (1..=200).for_each(|chars| sum.add_point(chars, 120.0 + 2.5 * f64::from(chars)));
        let fit = sum.finish().fit.unwrap();
        assert!((fit.base_ms - 120.0).abs() < 1e-6 && (fit.per_char_ms - 2.5).abs() < 1e-9, "{fit:?}");
        assert!(fit.r2 > 0.999_999);
    }

    #[test]
    fn texts_of_one_length_have_no_slope() {
        let mut sum = SlopeSum::default();
        (1..=200).for_each(|ms| sum.add_point(80, f64::from(ms)));
        assert_eq!(sum.finish().fit, None);
    }

    #[test]
    fn many_points_are_thinned_evenly_and_all_are_fitted() {
        let mut sum = SlopeSum::default();
        (0..10_000).for_each(|n| sum.add_point(n % 100 + 1, f64::from(n)));
        let slope = sum.finish();
        assert_eq!(slope.every, 8);
        assert!(
            slope
                .points
                .iter()
                .zip((0..10_000).step_by(8))
                .all(|(point, n)| *point == (n % 100 + 1, f64::from(n)))
        );
        assert_eq!((slope.points.len(), slope.fit.unwrap().count), (1_250, 10_000));
    }
}
