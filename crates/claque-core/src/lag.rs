//! How late the generator itself acted: the distribution behind `schedule_lag`.

use hdrhistogram::Histogram;

use crate::time::{Duration, duration_nanos};

/// Lags of the generator's own actions, 1 us to 1 hour, to three significant digits; bounded memory.
#[derive(Clone, Debug)]
pub struct LagHistogram {
    micros: Histogram<u64>,
}

/// Longer lags are counted as this: one hour in microseconds.
const HIGHEST_MICROS: u64 = 3_600_000_000;

impl Default for LagHistogram {
    fn default() -> Self {
        Self {
            micros: Histogram::new_with_bounds(1, HIGHEST_MICROS, 3)
                .expect("the bounds satisfy 1 <= low, 2 * low <= high, digits <= 5"),
        }
    }
}

impl LagHistogram {
    /// Adds one action that was `lag` late. Rounded up to the microsecond, so that a lag is never hidden.
    pub fn record(&mut self, lag: Duration) {
        self.micros.saturating_record(duration_nanos(lag).div_ceil(1_000));
    }

    /// Adds every lag of `other`.
    pub fn merge(&mut self, other: &Self) {
        // Equal bounds, so every value of the other fits: the only error `add` knows cannot occur.
        self.micros += &other.micros;
    }

    /// Actions counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.micros.len()
    }

    /// The lag that a share `quantile` (0..=1) of the actions did not exceed; none without actions.
    #[must_use]
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_micros(self.micros.value_at_quantile(quantile)))
    }

    /// The largest lag; none without actions.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        (!self.micros.is_empty()).then(|| Duration::from_micros(self.micros.max()))
    }
}
