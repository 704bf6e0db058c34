//! Distributions of times, exact: three bytes are kept per value.

use claque_core::{
    lag::LagHistogram,
    time::{Duration, Instant, duration_nanos},
};
use serde::{Deserialize, Serialize};

/// Whether so many values have one beyond their nearest-rank quantile at `share` hundred-thousandths: a p95 takes 20 of them, a
/// p99 100. Of fewer the quantile is the largest value under another name, and is not told.
#[must_use]
pub fn has_quantile(count: u64, share: u32) -> bool {
    const ALL: u64 = 100_000;
    count.saturating_mul(ALL.saturating_sub(share.into())) >= ALL
}

/// The fewest values that have one beyond their quantile at `share` hundred-thousandths, which is below all of them.
#[must_use]
pub fn values_for_quantile(share: u32) -> u64 {
    const ALL: u64 = 100_000;
    ALL.div_ceil(ALL.saturating_sub(share.into()).max(1))
}

const P50: u32 = 50_000;
const P95: u32 = 95_000;
const P99: u32 = 99_000;

/// A set of measured times. There is no distribution of nothing: without a value it is absent.
///
/// Quantiles are nearest-rank: the smallest measured value that at least the given share of the values does
/// not exceed. Each is therefore a time that really occurred, and absent where no value lies beyond it ([`has_quantile`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "SavedDistribution")]
pub struct Distribution {
    /// Values measured, at least 1.
    pub count: u64,
    /// Arithmetic mean, in ms.
    pub mean_ms: f64,
    /// Median, in ms; absent below 2 values.
    pub p50_ms: Option<f64>,
    /// 95th percentile, in ms; absent below 20 values.
    pub p95_ms: Option<f64>,
    /// 99th percentile, in ms; absent below 100 values.
    pub p99_ms: Option<f64>,
    /// Largest value, in ms.
    pub max_ms: f64,
}

/// As files have it: older ones tell every quantile, of however few values.
#[derive(Deserialize)]
struct SavedDistribution {
    count: u64,
    mean_ms: f64,
    p50_ms: Option<f64>,
    p95_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: f64,
}

impl From<SavedDistribution> for Distribution {
    fn from(saved: SavedDistribution) -> Self {
        let SavedDistribution { count, mean_ms, p50_ms, p95_ms, p99_ms, max_ms } = saved;
        let backed = |value: Option<f64>, share| value.filter(|_| has_quantile(count, share));
        Self {
            count,
            mean_ms,
            p50_ms: backed(p50_ms, P50),
            p95_ms: backed(p95_ms, P95),
            p99_ms: backed(p99_ms, P99),
            max_ms,
        }
    }
}

/// A set of measured ratios, told as a [`Distribution`] is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatioDistribution {
    /// Values measured, at least 1.
    pub count: u64,
    /// Arithmetic mean.
    pub mean: f64,
    /// Median; absent below 2 values.
    pub p50: Option<f64>,
    /// 95th percentile; absent below 20 values.
    pub p95: Option<f64>,
    /// 99th percentile; absent below 100 values.
    pub p99: Option<f64>,
    /// Largest value.
    pub max: f64,
}

impl RatioDistribution {
    /// That of ratios which were collected as so many seconds.
    pub(crate) fn of_seconds(times: &Distribution) -> Self {
        let seconds = |ms: f64| rounded(ms / 1_000.0);
        Self {
            count: times.count,
            mean: seconds(times.mean_ms),
            p50: times.p50_ms.map(seconds),
            p95: times.p95_ms.map(seconds),
            p99: times.p99_ms.map(seconds),
            max: seconds(times.max_ms),
        }
    }
}

/// How late the generator itself acted, over all its timed actions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "SavedLag")]
pub struct ScheduleLag {
    /// Actions measured, at least 1.
    pub count: u64,
    /// Median, in ms; absent below 2 actions.
    pub p50_ms: Option<f64>,
    /// 99th percentile, in ms; absent below 100 actions.
    pub p99_ms: Option<f64>,
    /// Largest lag, in ms.
    pub max_ms: f64,
}

/// As files have it, older ones with every quantile.
#[derive(Deserialize)]
struct SavedLag {
    count: u64,
    p50_ms: Option<f64>,
    p99_ms: Option<f64>,
    max_ms: f64,
}

impl From<SavedLag> for ScheduleLag {
    fn from(saved: SavedLag) -> Self {
        let SavedLag { count, p50_ms, p99_ms, max_ms } = saved;
        let backed = |value: Option<f64>, share| value.filter(|_| has_quantile(count, share));
        Self { count, p50_ms: backed(p50_ms, P50), p99_ms: backed(p99_ms, P99), max_ms }
    }
}

impl ScheduleLag {
    /// Reads the figures off a histogram; none if it is empty.
    #[must_use]
    pub fn from_histogram(histogram: &LagHistogram) -> Option<Self> {
        let at = |share: u32| {
            let lag = histogram.quantile(f64::from(share) / 100_000.0).map(duration_nanos).map(millis);
            lag.filter(|_| has_quantile(histogram.count(), share))
        };
        Some(Self {
            count: histogram.count(),
            p50_ms: at(P50),
            p99_ms: at(P99),
            max_ms: millis(duration_nanos(histogram.max()?)),
        })
    }

    /// What the generator is judged by: the 99th percentile, or the largest lag where there are too few actions for one.
    #[must_use]
    pub fn judged_ms(&self) -> f64 {
        self.p99_ms.unwrap_or(self.max_ms)
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
        let at = |share| self.quantile_per_mille(share).map(millis);
        Some(Distribution {
            count: self.count,
            mean_ms: millis(u64::try_from(mean).unwrap_or(u64::MAX)),
            p50_ms: at(500),
            p95_ms: at(950),
            p99_ms: at(990),
            max_ms: millis(self.max),
        })
    }

    /// The nearest-rank quantile at `share` thousandths, in nanoseconds; none without any time.
    #[must_use]
    pub fn per_mille(&self, share: u64) -> Option<u64> {
        self.per_mille_all([share]).first().copied()
    }

    /// The same where values lie beyond it; none without ([`has_quantile`]).
    #[must_use]
    pub fn quantile_per_mille(&self, share: u32) -> Option<u64> {
        has_quantile(self.count, share * 100).then(|| self.per_mille(share.into())).flatten()
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

/// A count as a number of arithmetic.
#[expect(clippy::cast_precision_loss, reason = "counts of listeners, blocks and errors lie far below 2^53")]
pub(crate) const fn whole(number: u64) -> f64 {
    number as f64
}

/// `part` of `whole` in percent; none of nothing.
pub(crate) fn percent(part: u64, whole: u64) -> Option<f64> {
    rounded_ratio(u128::from(part) * 100, whole)
}

/// `part` for each of `whole`; none of nothing.
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    rounded_ratio(part.into(), whole)
}

/// The quotient to a millionth, worked out in whole numbers: what is printed has no more digits than are meant.
pub(crate) fn rounded_ratio(part: u128, of: u64) -> Option<f64> {
    const MILLION: u128 = 1_000_000;
    let all = u128::from(of);
    let millionths = part.saturating_mul(MILLION).saturating_add(all / 2).checked_div(all)?;
    Some(whole(u64::try_from(millionths).unwrap_or(u64::MAX)) / 1e6)
}

/// A figure to a millionth, as it is printed.
pub(crate) fn rounded(figure: f64) -> f64 {
    (figure * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
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
        let got =
            [figures.p50_ms, figures.p95_ms, figures.p99_ms, Some(figures.max_ms), Some(figures.mean_ms)];
        assert_eq!(got, [Some(50.0), Some(95.0), Some(99.0), Some(100.0), Some(50.5)]);
    }

    #[test]
    fn a_quantile_without_values_beyond_it_is_not_told() {
        let quantiles = |count| {
            let figures = distribution_of(1..=count).unwrap();
            [figures.p50_ms, figures.p95_ms, figures.p99_ms]
        };
        assert_eq!(quantiles(1), [None, None, None]);
        assert_eq!(quantiles(2), [Some(1.0), None, None]);
        assert_eq!(quantiles(3), [Some(2.0), None, None], "the rank is rounded up");
        assert_eq!(quantiles(19), [Some(10.0), None, None]);
        assert_eq!(quantiles(20), [Some(10.0), Some(19.0), None]);
        assert_eq!(quantiles(99), [Some(50.0), Some(95.0), None]);
        assert_eq!(quantiles(100), [Some(50.0), Some(95.0), Some(99.0)]);
        assert!(!has_quantile(999, 99_900) && has_quantile(1_000, 99_900));
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
        assert_eq!(percent(69, 89).map(|share| share.to_string()), Some("77.52809".to_owned()));
        assert_eq!(ratio(59, 20).map(|mean| mean.to_string()), Some("2.95".to_owned()));
    }
}
