//! Distributions of times, exact: eight bytes are kept per value.

use claque_core::{
    lag::LagHistogram,
    time::{Duration, Instant, duration_nanos},
};
use serde::{Deserialize, Serialize};

/// A set of measured times. There is no distribution of nothing: without a value it is absent.
///
/// Quantiles are nearest-rank: the smallest measured value that at least the given share of the values does
/// not exceed. Each is therefore a time that really occurred.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// Values measured, at least 1.
    pub count: u64,
    /// Arithmetic mean, in ms.
    pub mean_ms: f64,
    /// Median, in ms.
    pub p50_ms: f64,
    /// 95th percentile, in ms.
    pub p95_ms: f64,
    /// 99th percentile, in ms.
    pub p99_ms: f64,
    /// Largest value, in ms.
    pub max_ms: f64,
}

/// How late the generator itself acted, over all its timed actions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleLag {
    /// Actions measured, at least 1.
    pub count: u64,
    /// Median, in ms.
    pub p50_ms: f64,
    /// 99th percentile, in ms.
    pub p99_ms: f64,
    /// Largest lag, in ms.
    pub max_ms: f64,
}

impl ScheduleLag {
    /// Reads the figures off a histogram; none if it is empty.
    #[must_use]
    pub fn from_histogram(histogram: &LagHistogram) -> Option<Self> {
        let at = |quantile| histogram.quantile(quantile).map(duration_nanos).map(millis);
        Some(Self {
            count: histogram.count(),
            p50_ms: at(0.5)?,
            p99_ms: at(0.99)?,
            max_ms: millis(duration_nanos(histogram.max()?)),
        })
    }
}

/// Collects times and sorts them once, at the end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    nanos: Vec<u64>,
}

impl Sample {
    pub(crate) fn push(&mut self, span: Duration) {
        self.nanos.push(duration_nanos(span));
    }

    /// Adds the time from `from` to `to` if both are known; an event that did not happen adds nothing.
    pub(crate) fn push_between(&mut self, from: Option<Instant>, to: Option<Instant>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.push(to.since(from));
        }
    }

    pub(crate) fn distribution(mut self) -> Option<Distribution> {
        self.nanos.sort_unstable();
        let max = *self.nanos.last()?;
        let count = u64::try_from(self.nanos.len()).unwrap_or(u64::MAX);
        let total: u128 = self.nanos.iter().copied().map(u128::from).sum();
        let mean = u64::try_from(total / u128::from(count)).unwrap_or(u64::MAX);
        Some(Distribution {
            count,
            mean_ms: millis(mean),
            p50_ms: millis(self.nearest_rank(50)),
            p95_ms: millis(self.nearest_rank(95)),
            p99_ms: millis(self.nearest_rank(99)),
            max_ms: millis(max),
        })
    }

    /// The value at rank ceil(percent / 100 x n), counted from 1, of the sorted values.
    fn nearest_rank(&self, percent: usize) -> u64 {
        let rank = (self.nanos.len() * percent).div_ceil(100).max(1);
        self.nanos.get(rank - 1).copied().unwrap_or(0)
    }
}

/// Milliseconds with fraction, for output.
pub(crate) fn millis(nanos: u64) -> f64 {
    Instant::from_nanos(nanos).as_millis_f64()
}

/// A count as a number of arithmetic.
#[expect(clippy::cast_precision_loss, reason = "counts of listeners, blocks and errors lie far below 2^53")]
pub(crate) const fn whole(number: u64) -> f64 {
    number as f64
}

/// `part` of `whole` in percent; none of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    // A ratio is the same in any unit, so the one lossy conversion to a float serves here, too.
    (whole > 0).then(|| millis(part) / millis(whole) * 100.0)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "the figures of these samples are exact in binary")]

    use super::*;

    fn distribution_of(millis: impl IntoIterator<Item = u64>) -> Option<Distribution> {
        let mut sample = Sample::default();
        millis.into_iter().for_each(|value| sample.push(Duration::from_millis(value)));
        sample.distribution()
    }

    #[test]
    fn nothing_has_no_distribution() {
        assert_eq!(distribution_of([]), None);
    }

    #[test]
    fn quantiles_are_values_that_occurred() {
        let figures = distribution_of((1..=100).rev()).unwrap();
        let got = [figures.p50_ms, figures.p95_ms, figures.p99_ms, figures.max_ms, figures.mean_ms];
        assert_eq!(got, [50.0, 95.0, 99.0, 100.0, 50.5]);
    }

    #[test]
    fn few_values_round_the_rank_up() {
        let figures = distribution_of([10, 20, 30]).unwrap();
        assert_eq!([figures.p50_ms, figures.p95_ms, figures.p99_ms], [20.0, 30.0, 30.0]);
    }

    #[test]
    fn an_idle_generator_has_no_lag_figure() {
        assert_eq!(ScheduleLag::from_histogram(&LagHistogram::default()), None);
    }

    #[test]
    fn percent_of_nothing_is_not_a_hundred() {
        assert_eq!(percent(0, 0), None);
        assert_eq!(percent(190, 200), Some(95.0));
    }
}
