//! How long synthesis takes and how long its audio is.
//!
//! Every draw is seeded by the variant, so that no time depends on the order in which jobs come.

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Exp1, LogNormal};
use serde::{Deserialize, Serialize};

use crate::settings::{Rate, Seconds, Size, Written as _, WrittenAs};

/// The time a worker needs for a text. Written as `{ fixed_seconds }`, `{ exponential_seconds }`,
/// `{ quantile_seconds }` (eleven of them), or `{ overhead_seconds, seconds_per_char, sigma }`, of which the default's are taken for what is absent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenService", into = "WrittenService")]
pub enum ServiceModel {
    /// `(overhead + chars x per_char) x noise`.
    PerChar {
        /// Part that does not depend on the text.
        overhead: Duration,
        /// Part per character.
        per_char: Duration,
        /// Sigma of the log-normal noise, whose mean is one. Zero for none.
        sigma: f64,
    },
    /// The same for every text: for known truths.
    Fixed(Duration),
    /// From measured times, whatever the text: between two of their quantiles each time is as likely.
    Empirical(Quantiles),
    /// From the exponential distribution, whatever the text: for what queueing theory knows of it. Equal texts take equal times.
    Exponential {
        /// The mean.
        mean: Duration,
    },
}

/// The length of a text's audio. Written as `{ fixed_seconds }`, or `{ chars_per_second, sigma }`, of which the default's are taken
/// for what is absent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenLength", into = "WrittenLength")]
pub enum LengthModel {
    /// `chars / chars_per_second x noise`, rounded to the millisecond, at least 1 ms.
    PerChar {
        /// Characters spoken in a second; must be positive.
        chars_per_second: f64,
        /// Sigma of the log-normal noise, whose mean is one. Zero for none.
        sigma: f64,
    },
    /// The same for every text: for known truths.
    Fixed(MediaTime),
}

/// A log-normal distribution given by two of its quantiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Half are below this.
    #[serde(rename = "median_seconds", with = "WrittenAs::<Seconds>")]
    pub median: Duration,
    /// 98 of 100 are below this. Equal to the median for no spread.
    #[serde(rename = "p98_seconds", with = "WrittenAs::<Seconds>")]
    pub p98: Duration,
}

/// Times by their rank: the shortest, the longest and nine between, a tenth of all apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantiles([Duration; 11]);

impl Quantiles {
    /// Takes eleven times; none if they do not ascend.
    #[must_use]
    pub fn new(times: [Duration; 11]) -> Option<Self> {
        times.is_sorted().then_some(Self(times))
    }

    /// The times.
    #[must_use]
    pub const fn times(&self) -> &[Duration; 11] {
        &self.0
    }

    /// The mean of what is drawn by them.
    #[must_use]
    pub const fn mean(&self) -> Duration {
        let [a, b, c, d, e, f, g, h, i, j, k] = self.0;
        let mut twice = a.saturating_add(k);
        let between = [b, c, d, e, f, g, h, i, j];
        let mut place = 0;
        while place < between.len() {
            twice = twice.saturating_add(between[place]).saturating_add(between[place]);
            place += 1;
        }
        Duration::from_nanos_u128(twice.as_nanos() / 20)
    }

    /// The time below which `share` (0 to 1) of all lie.
    fn at(&self, share: f64) -> Duration {
        let place = share.clamp(0.0, 1.0) * 10.0;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 9")]
        let below = (place as usize).min(9);
        let (low, high) = (self.0[below], self.0[below + 1]);
        #[expect(clippy::cast_precision_loss, reason = "from 0 to 9")]
        let inside = place - below as f64;
        low + (high - low).mul_f64(inside.clamp(0.0, 1.0))
    }
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenService {
    fixed_seconds: Option<Seconds>,
    exponential_seconds: Option<Seconds>,
    quantile_seconds: Option<[Seconds; 11]>,
    overhead_seconds: Option<Seconds>,
    seconds_per_char: Option<Seconds>,
    sigma: Option<Size>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct WrittenLength {
    fixed_seconds: Option<Seconds>,
    chars_per_second: Option<Rate>,
    sigma: Option<Size>,
}

/// Overhead, time per character and sigma of kokoro on a machine of 16 virtual CPUs that is its own: eight workers of two threads are published to make 2.8
/// requests a second in 2.9 s each, four of them block by block 2.0 to 2.9 s for about 80 characters, taken as 2.6 s, and about 7 s at worst are needed for 300. The line
/// through both is 1.0 s + 20 ms a character; sigma 0.1 puts 80 characters at 2.1 to 3.2 s (2 sigma).
const KOKORO_SERVICE: (Duration, Duration, f64) = (Duration::from_secs(1), Duration::from_millis(20), 0.1);

/// Characters a second and sigma: the estimate that the service itself gives is 14 characters a second.
const KOKORO_LENGTH: (f64, f64) = (14.0, 0.03);

impl Default for ServiceModel {
    /// At the published pace of kokoro.
    fn default() -> Self {
        let (overhead, per_char, sigma) = KOKORO_SERVICE;
        Self::PerChar { overhead, per_char, sigma }
    }
}

impl Default for LengthModel {
    /// At the pace at which kokoro speaks.
    fn default() -> Self {
        let (chars_per_second, sigma) = KOKORO_LENGTH;
        Self::PerChar { chars_per_second, sigma }
    }
}

impl TryFrom<WrittenService> for ServiceModel {
    type Error = &'static str;

    fn try_from(written: WrittenService) -> Result<Self, Self::Error> {
        let WrittenService {
            fixed_seconds,
            exponential_seconds,
            quantile_seconds,
            overhead_seconds,
            seconds_per_char,
            sigma,
        } = written;
        let by_char = overhead_seconds.is_some() || seconds_per_char.is_some() || sigma.is_some();
        match (fixed_seconds, exponential_seconds, quantile_seconds) {
            (Some(Seconds(service)), None, None) if !by_char => Ok(Self::Fixed(service)),
            (Some(_), ..) => Err("fixed_seconds stands alone; take it away, or the other keys"),
            (None, Some(Seconds(mean)), None) if !by_char => Ok(Self::Exponential { mean }),
            (None, Some(_), _) => Err("exponential_seconds stands alone; take it away, or the other keys"),
            (None, None, Some(times)) if !by_char => Quantiles::new(times.map(|time| time.0))
                .map(Self::Empirical)
                .ok_or("quantile_seconds must ascend, from the shortest time to the longest"),
            (None, None, Some(_)) => Err("quantile_seconds stands alone; take it away, or the other keys"),
            (None, None, None) => Ok(Self::PerChar {
                overhead: overhead_seconds.map_or(KOKORO_SERVICE.0, |span| span.0),
                per_char: seconds_per_char.map_or(KOKORO_SERVICE.1, |span| span.0),
                sigma: sigma.map_or(KOKORO_SERVICE.2, |sigma| sigma.0),
            }),
        }
    }
}

impl TryFrom<WrittenLength> for LengthModel {
    type Error = &'static str;

    fn try_from(written: WrittenLength) -> Result<Self, Self::Error> {
        let WrittenLength { fixed_seconds, chars_per_second, sigma } = written;
        match fixed_seconds {
            Some(_) if chars_per_second.is_some() || sigma.is_some() => {
                Err("fixed_seconds stands alone; take it away, or the other keys")
            }
            Some(media) => Ok(Self::Fixed(media.into_value())),
            None => Ok(Self::PerChar {
                chars_per_second: chars_per_second.map_or(KOKORO_LENGTH.0, |rate| rate.0),
                sigma: sigma.map_or(KOKORO_LENGTH.1, |sigma| sigma.0),
            }),
        }
    }
}

impl From<ServiceModel> for WrittenService {
    fn from(service: ServiceModel) -> Self {
        match service {
            ServiceModel::Fixed(span) => Self { fixed_seconds: Some(Seconds(span)), ..Self::default() },
            ServiceModel::Exponential { mean } => {
                Self { exponential_seconds: Some(Seconds(mean)), ..Self::default() }
            }
            ServiceModel::Empirical(quantiles) => {
                Self { quantile_seconds: Some(quantiles.times().map(Seconds)), ..Self::default() }
            }
            ServiceModel::PerChar { overhead, per_char, sigma } => Self {
                overhead_seconds: Some(Seconds(overhead)),
                seconds_per_char: Some(Seconds(per_char)),
                sigma: Some(Size(sigma)),
                ..Self::default()
            },
        }
    }
}

impl From<LengthModel> for WrittenLength {
    fn from(length: LengthModel) -> Self {
        match length {
            LengthModel::Fixed(media) => Self { fixed_seconds: Some(Seconds::of(&media)), ..Self::default() },
            LengthModel::PerChar { chars_per_second, sigma } => Self {
                fixed_seconds: None,
                chars_per_second: Some(Rate(chars_per_second)),
                sigma: Some(Size(sigma)),
            },
        }
    }
}

impl ServiceModel {
    /// The time for a text of `chars` characters on average.
    #[must_use]
    pub const fn mean(&self, chars: u32) -> Duration {
        match *self {
            Self::PerChar { overhead, per_char, .. } => {
                overhead.saturating_add(per_char.saturating_mul(chars))
            }
            Self::Fixed(service) => service,
            Self::Exponential { mean } => mean,
            Self::Empirical(quantiles) => quantiles.mean(),
        }
    }

    /// The time for a text of `chars` characters.
    #[must_use]
    pub fn duration(&self, chars: u32, seed: Seed) -> Duration {
        match *self {
            Self::PerChar { sigma, .. } => scale(self.mean(chars), noise(sigma, seed)),
            Self::Fixed(service) => service,
            Self::Exponential { mean } => scale(mean, Exp1.sample(&mut seed.rng())),
            Self::Empirical(quantiles) => quantiles.at(seed.rng().random()),
        }
    }
}

impl LengthModel {
    /// The length of the audio of a text of `chars` characters.
    #[must_use]
    pub fn media(&self, chars: u32, seed: Seed) -> MediaTime {
        match *self {
            Self::PerChar { chars_per_second, sigma } => {
                let seconds = f64::from(chars) / chars_per_second * noise(sigma, seed);
                let length = Duration::try_from_secs_f64(seconds).unwrap_or_default();
                MediaTime::from_millis(
                    u64::try_from(length.as_millis()).unwrap_or(u64::MAX / 1_000_000).max(1),
                )
            }
            Self::Fixed(media) => media,
        }
    }
}

impl Spread {
    /// No spread at all.
    #[must_use]
    pub const fn fixed(span: Duration) -> Self {
        Self { median: span, p98: span }
    }

    /// One draw.
    #[must_use]
    pub fn draw(&self, seed: Seed) -> Duration {
        /// The 98th percentile of the standard normal distribution.
        const Z98: f64 = 2.053_748_910_631_823;
        if self.p98 <= self.median || self.median.is_zero() {
            return self.median;
        }
        let sigma = (self.p98.as_secs_f64() / self.median.as_secs_f64()).ln() / Z98;
        scale(self.median, log_normal(0.0, sigma, &mut seed.rng()))
    }
}

/// A factor whose mean is one.
fn noise(sigma: f64, seed: Seed) -> f64 {
    if sigma > 0.0 { log_normal(-sigma * sigma / 2.0, sigma, &mut seed.rng()) } else { 1.0 }
}

fn log_normal(mu: f64, sigma: f64, rng: &mut impl Rng) -> f64 {
    LogNormal::new(mu, sigma).map_or(1.0, |distribution| distribution.sample(rng))
}

pub(crate) fn scale(span: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(span.as_secs_f64() * factor).unwrap_or(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISY: ServiceModel = ServiceModel::PerChar {
        overhead: Duration::from_secs(1),
        per_char: Duration::from_millis(20),
        sigma: 0.1,
    };

    #[test]
    fn the_noise_has_mean_one_and_is_the_variants_own() {
        let root = Seed::root(3);
        let times: Vec<f64> = (0..4_000).map(|i| NOISY.duration(80, root.index(i)).as_secs_f64()).collect();
        let mean = times.iter().sum::<f64>() / 4_000.0;
        assert!((mean - 2.6).abs() < 0.02, "mean {mean}");
        assert!(times.iter().any(|time| *time < 2.4) && times.iter().any(|time| *time > 2.8));
        assert_eq!(NOISY.duration(80, root.index(5)), NOISY.duration(80, root.index(5)));
    }

    #[test]
    fn exponential_times_have_their_mean_and_as_much_spread_and_are_the_variants_own() {
        let service = ServiceModel::Exponential { mean: Duration::from_millis(500) };
        let root = Seed::root(4);
        let times: Vec<f64> =
            (0..10_000).map(|i| service.duration(80, root.index(i)).as_secs_f64()).collect();
        let mean = times.iter().sum::<f64>() / 10_000.0;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / 10_000.0;
        // Standard errors: 1 % of the mean, and about 1.4 % of the standard deviation.
        assert!((mean - 0.5).abs() < 0.015 && (variance.sqrt() - 0.5).abs() < 0.025, "{mean} {variance}");
        assert_eq!(service.duration(80, root.index(5)), service.duration(300, root.index(5)));
    }

    #[test]
    fn empirical_times_have_the_quantiles_and_the_mean_they_were_given() {
        let times =
            core::array::from_fn(|rank| Duration::from_millis(u64::try_from(rank * rank).unwrap() * 10));
        let quantiles = Quantiles::new(times).unwrap();
        let service = ServiceModel::Empirical(quantiles);
        let mut drawn: Vec<_> = (0..10_000).map(|i| service.duration(80, Seed::root(6).index(i))).collect();
        drawn.sort_unstable();
        // A tenth of all is 1000, give or take 30.
        for (rank, quantile) in times.iter().enumerate().take(10).skip(1) {
            let below = drawn.partition_point(|time| time < quantile);
            assert!((rank * 1_000 - 160..=rank * 1_000 + 160).contains(&below), "{rank}: {below}");
        }
        // (0 + 1000) / 2 + the sum of 10 n^2 for n from 1 to 9, by ten.
        assert_eq!(quantiles.mean(), Duration::from_millis(335));
        let mean = drawn.iter().sum::<Duration>() / 10_000;
        assert!((mean.as_secs_f64() - 0.335).abs() < 0.01, "{mean:?}");
        let mut falling = times;
        falling.reverse();
        assert_eq!(Quantiles::new(falling), None);
    }

    #[test]
    fn a_spread_has_the_quantiles_it_was_given() {
        let spread = Spread { median: Duration::from_secs(8), p98: Duration::from_secs(20) };
        let mut draws: Vec<_> = (0..5_000).map(|i| spread.draw(Seed::root(1).index(i))).collect();
        draws.sort_unstable();
        assert!((draws[2_500].as_secs_f64() - 8.0).abs() < 0.4, "{:?}", draws[2_500]);
        assert!((draws[4_900].as_secs_f64() - 20.0).abs() < 1.5, "{:?}", draws[4_900]);
        assert_eq!(Spread::fixed(Duration::from_secs(2)).draw(Seed::root(1)), Duration::from_secs(2));
    }

    #[test]
    fn audio_lasts_as_long_as_its_text_is_read() {
        let plain = LengthModel::PerChar { chars_per_second: 14.0, sigma: 0.0 };
        assert_eq!(plain.media(140, Seed::root(1)), MediaTime::from_millis(10_000));
        assert_eq!(plain.media(0, Seed::root(1)), MediaTime::from_millis(1));
    }
}
