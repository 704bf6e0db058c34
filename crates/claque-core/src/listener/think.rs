//! How long somebody thinks before the next utterance.

use core::{fmt, str::FromStr};

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, LogNormal, Uniform};
use thiserror::Error;

use super::acting::exponential;
use crate::{
    span::{SpanText, parse_span},
    time::{Duration, duration_nanos},
};

/// The widest lognormal spread that can be said. At 5 a thousandth of all are five million times the median.
const WIDEST: f64 = 5.0;
/// Lengths are cut at so many means or medians, as pauses are.
const MOST: f64 = 1_000.0;

/// How long somebody thinks. Lengths are whole nanoseconds, drawn from the listener's seed.
///
/// As text, where a length is a number with `ms`, `s`, `m` (or `min`) or `h`:
///
/// | text | meaning |
/// |---|---|
/// | `2s` | always 2 s |
/// | `uniform 1s..3s` | any length from 1 s to 3 s, each as likely |
/// | `exp 2s` | exponential, 2 s on average |
/// | `lognormal 2s 0.5` | lognormal, with a median of 2 s; 0.5 is the standard deviation of the logarithm |
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ThinkTime {
    /// Always the same.
    Fixed(Duration),
    /// Any between the two, both included.
    Uniform {
        /// The shortest.
        least: Duration,
        /// The longest, not shorter than that.
        most: Duration,
    },
    /// From the exponential distribution.
    Exponential {
        /// Its mean.
        mean: Duration,
    },
    /// From the lognormal distribution.
    LogNormal {
        /// Its median.
        median: Duration,
        /// The standard deviation of the logarithm; finite and not negative.
        sigma: f64,
    },
}

/// Why a text is no [`ThinkTime`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no time to think: {what}; write `2s`, `uniform 1s..3s`, `exp 2s` or `lognormal 2s 0.5`")]
pub struct ThinkTimeError {
    what: String,
}

impl ThinkTime {
    /// Nobody thinks: the next utterance is wanted at once.
    pub const NONE: Self = Self::Fixed(Duration::ZERO);

    /// Draws one.
    pub(super) fn draw(self, rng: &mut ChaCha8Rng) -> Duration {
        match self {
            Self::Fixed(span) => span,
            Self::Uniform { least, most } => {
                let (least, most) = (duration_nanos(least), duration_nanos(most));
                let nanos = Uniform::new_inclusive(least, most).map_or(least, |uniform| uniform.sample(rng));
                Duration::from_nanos(nanos)
            }
            Self::Exponential { mean } => exponential(rng, mean),
            Self::LogNormal { median, sigma } => {
                let factor = LogNormal::new(0.0, sigma).map_or(1.0, |factor| factor.sample(rng));
                let seconds = median.as_secs_f64() * factor.min(MOST);
                Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
            }
        }
    }
}

impl FromStr for ThinkTime {
    type Err = ThinkTimeError;

    fn from_str(text: &str) -> Result<Self, ThinkTimeError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            [span] => Ok(Self::Fixed(length(span)?)),
            ["uniform", range] => {
                let (least, most) =
                    range.split_once("..").ok_or_else(|| error(format!("`{range}` has no `..`")))?;
                let (least, most) = (length(least)?, length(most)?);
                if most < least {
                    return Err(error(format!("`{range}` ends before it begins")));
                }
                Ok(Self::Uniform { least, most })
            }
            ["exp", mean] => Ok(Self::Exponential { mean: length(mean)? }),
            ["lognormal", median, sigma] => {
                let number = sigma.parse::<f64>().ok().filter(|sigma| (0.0..=WIDEST).contains(sigma));
                let sigma =
                    number.ok_or_else(|| error(format!("`{sigma}` is no number from 0 to {WIDEST}")))?;
                Ok(Self::LogNormal { median: length(median)?, sigma })
            }
            _ => Err(error(format!("`{}` is not understood", text.trim()))),
        }
    }
}

impl fmt::Display for ThinkTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(span) => write!(f, "{}", SpanText(*span)),
            Self::Uniform { least, most } => write!(f, "uniform {}..{}", SpanText(*least), SpanText(*most)),
            Self::Exponential { mean } => write!(f, "exp {}", SpanText(*mean)),
            Self::LogNormal { median, sigma } => write!(f, "lognormal {} {sigma}", SpanText(*median)),
        }
    }
}

fn length(text: &str) -> Result<Duration, ThinkTimeError> {
    parse_span(text).map_err(|span| error(span.to_string()))
}

const fn error(what: String) -> ThinkTimeError {
    ThinkTimeError { what }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Seed;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn each_form_is_read_and_written_as_it_was_read() {
        let forms = [
            ("0s", ThinkTime::NONE),
            ("2s", ThinkTime::Fixed(ms(2_000))),
            ("0.25s", ThinkTime::Fixed(ms(250))),
            ("uniform 1s..3.5s", ThinkTime::Uniform { least: ms(1_000), most: ms(3_500) }),
            ("exp 2s", ThinkTime::Exponential { mean: ms(2_000) }),
            ("lognormal 2s 0.5", ThinkTime::LogNormal { median: ms(2_000), sigma: 0.5 }),
        ];
        for (text, think) in forms {
            assert_eq!(text.parse(), Ok(think));
            assert_eq!(think.to_string(), text);
        }
        assert_eq!(
            " uniform  250ms..1.5m ".parse(),
            Ok(ThinkTime::Uniform { least: ms(250), most: ms(90_000) })
        );
    }

    #[test]
    fn what_is_no_time_to_think_is_told() {
        for text in [
            "",
            "2",
            "s",
            "-1s",
            "1e3s",
            ".5s",
            "exp",
            "exp 2",
            "uniform 2s",
            "uniform 3s..1s",
            "25h",
            "2000m",
        ] {
            assert!(text.parse::<ThinkTime>().is_err(), "{text}");
        }
        assert_eq!(
            "lognormal 2s -1".parse::<ThinkTime>().unwrap_err().to_string(),
            "no time to think: `-1` is no number from 0 to 5; \
             write `2s`, `uniform 1s..3s`, `exp 2s` or `lognormal 2s 0.5`"
        );
    }

    #[test]
    fn many_are_as_the_distribution_says() {
        let draws = |text: &str| -> Vec<f64> {
            let think: ThinkTime = text.parse().unwrap();
            let mut rng = Seed::root(3).rng();
            let mut all: Vec<f64> = (0..10_000).map(|_| think.draw(&mut rng).as_secs_f64()).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        let mean = |all: &[f64]| all.iter().sum::<f64>() / 10_000.0;
        let uniform = draws("uniform 1s..3s");
        assert!((1.95..2.05).contains(&mean(&uniform)) && uniform[0] >= 1.0 && uniform[9_999] <= 3.0);
        // Half of an exponential lie below its mean times ln 2.
        let exponential = draws("exp 2s");
        assert!((1.9..2.1).contains(&mean(&exponential)) && (1.33..1.44).contains(&exponential[5_000]));
        // 84 of a hundred lie below the median times e^sigma.
        let lognormal = draws("lognormal 2s 0.5");
        assert!((1.95..2.05).contains(&lognormal[5_000]) && (3.2..3.4).contains(&lognormal[8_413]));
        assert_eq!(draws("lognormal 2s 0")[0].to_bits(), 2.0_f64.to_bits());
    }
}
