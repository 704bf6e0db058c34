//! Distributions of times, exact: three bytes are kept per value.

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

/// Collects times and answers with exact quantiles, in three bytes a value.
///
/// A time is put down as its low 24 bits in the bucket of its high bits (17 ms wide), so that ten million of them
/// take 30 MB, and a quantile sorts one bucket only. What is longer than 18 minutes is rare and kept whole.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    buckets: Vec<Vec<[u8; 3]>>,
    beyond: Vec<u64>,
    count: u64,
    total: u128,
    max: u64,
}

/// Bits of a time that its bucket does not tell.
const LOW_BITS: u32 = 24;

/// Buckets at most: 2^40 ns are 18 minutes.
const MOST_BUCKETS: usize = 1 << 16;

impl Sample {
    /// Adds a time.
    pub fn push(&mut self, span: Duration) {
        let nanos = duration_nanos(span);
        self.count += 1;
        self.total += u128::from(nanos);
        self.max = self.max.max(nanos);
        let [b0, b1, b2, ..] = nanos.to_le_bytes();
        match usize::try_from(nanos >> LOW_BITS) {
            Ok(bucket) if bucket < MOST_BUCKETS => {
                if bucket >= self.buckets.len() {
                    self.buckets.resize_with(bucket + 1, Vec::new);
                }
                if let Some(values) = self.buckets.get_mut(bucket) {
                    values.push([b0, b1, b2]);
                }
            }
            Ok(_) | Err(_) => self.beyond.push(nanos),
        }
    }

    /// Adds the time from `from` to `to` if both are known; an event that did not happen adds nothing.
    pub(crate) fn push_between(&mut self, from: Option<Instant>, to: Option<Instant>) {
        if let (Some(from), Some(to)) = (from, to) {
            self.push(to.since(from));
        }
    }

    /// Times added.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The figures of the times; none without any.
    #[must_use]
    pub fn distribution(&self) -> Option<Distribution> {
        let mean = self.total.checked_div(u128::from(self.count))?;
        let [p50, p95, p99] = [50, 95, 99].map(|percent| self.per_mille(percent * 10));
        Some(Distribution {
            count: self.count,
            mean_ms: millis(u64::try_from(mean).unwrap_or(u64::MAX)),
            p50_ms: millis(p50?),
            p95_ms: millis(p95?),
            p99_ms: millis(p99?),
            max_ms: millis(self.max),
        })
    }

    /// The nearest-rank quantile at `share` thousandths, in nanoseconds; none without any time.
    #[must_use]
    pub fn per_mille(&self, share: u64) -> Option<u64> {
        self.per_mille_all([share]).first().copied()
    }

    /// The same at each of `shares`, which ascend; empty without any time. Each bucket is sorted once.
    #[must_use]
    pub fn per_mille_all(&self, shares: impl IntoIterator<Item = u64>) -> Vec<u64> {
        if self.count == 0 {
            return Vec::new();
        }
        let mut walk = Walk { sample: self, bucket: 0, before: 0, sorted: None };
        // The value at rank ceil(share / 1000 x n), counted from 1, of the sorted values.
        let rank = |share: u64| (self.count.saturating_mul(share)).div_ceil(1_000).clamp(1, self.count);
        shares.into_iter().map(|share| walk.at(rank(share) - 1)).collect()
    }
}

/// A walk through the values of a sample from the least to the largest.
struct Walk<'a> {
    sample: &'a Sample,
    bucket: usize,
    /// Values in the buckets before.
    before: u64,
    /// The values of the bucket at hand, once they were asked for.
    sorted: Option<Vec<u64>>,
}

impl Walk<'_> {
    /// The value at `index`, which is not less than the one before.
    fn at(&mut self, index: u64) -> u64 {
        loop {
            let here = self.sample.buckets.get(self.bucket).map_or(self.sample.beyond.len(), Vec::len);
            let here = u64::try_from(here).unwrap_or(u64::MAX);
            let inside = index.saturating_sub(self.before);
            if inside < here {
                let values = self.sorted.get_or_insert_with(|| self.sample.sorted_bucket(self.bucket));
                return usize::try_from(inside).ok().and_then(|at| values.get(at)).copied().unwrap_or(0);
            }
            if self.bucket >= self.sample.buckets.len() {
                return self.sample.max;
            }
            self.before += here;
            self.bucket += 1;
            self.sorted = None;
        }
    }
}

impl Sample {
    /// The values of a bucket in order; the one behind the last holds what is beyond them all.
    fn sorted_bucket(&self, bucket: usize) -> Vec<u64> {
        let high = u64::try_from(bucket).unwrap_or(u64::MAX) << LOW_BITS;
        let whole = |&[b0, b1, b2]: &[u8; 3]| high | u64::from_le_bytes([b0, b1, b2, 0, 0, 0, 0, 0]);
        let mut values: Vec<u64> = self
            .buckets
            .get(bucket)
            .map_or_else(|| self.beyond.clone(), |values| values.iter().map(whole).collect());
        values.sort_unstable();
        values
    }
}

/// Milliseconds with fraction, for output.
pub(crate) fn millis(nanos: u64) -> f64 {
    Instant::from_nanos(nanos).as_millis_f64()
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
    fn quantiles_are_those_of_the_sorted_values_whatever_their_size() {
        // Multiples of an odd number in no order, from nanoseconds to an hour.
        let mut nanos: Vec<u64> = (0..5_000_u64)
            .map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 3_600_000_000_000) >> (n % 40))
            .collect();
        let mut sample = Sample::default();
        nanos.iter().for_each(|&value| sample.push(Duration::from_nanos(value)));
        nanos.sort_unstable();
        let expected: Vec<u64> = (1..=1_000).map(|share| nanos[share * 5 - 1]).collect();
        assert_eq!(sample.per_mille_all(1..=1_000), expected);
        assert_eq!((sample.per_mille(0), sample.per_mille(1_000)), (Some(nanos[0]), nanos.last().copied()));
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
