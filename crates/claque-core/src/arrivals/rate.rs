//! Rates of arrivals, and how they change.

use core::{fmt, str::FromStr};
use std::sync::Arc;

use crate::time::Duration;

/// The highest rate, a second.
const HIGHEST: f64 = 1_000_000.0;

/// Units of time that a rate is per, in seconds.
const UNITS: [(&str, f64); 7] =
    [("s", 1.0), ("sec", 1.0), ("second", 1.0), ("m", 60.0), ("min", 60.0), ("minute", 60.0), ("h", 3_600.0)];

/// Arrivals in a time; finite and not negative. As text a number, `/` and a unit: `12/min`, `0.5/s`, `100/h`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Rate(f64);

impl Rate {
    /// So many a second; none beyond a million, and none that is no number or negative.
    #[must_use]
    pub fn per_second(count: f64) -> Option<Self> {
        (0.0..=HIGHEST).contains(&count).then_some(Self(count))
    }

    /// Arrivals a second.
    #[must_use]
    pub const fn as_per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no rate; write one such as `12/min`, `0.5/s` or `100/h`");
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let unit = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, seconds)| *seconds);
        let count = count.trim();
        let is_plain = count.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let count = count.parse::<f64>().ok().filter(|_| is_plain);
        let (count, unit) = count.zip(unit).ok_or_else(wrong)?;
        Self::per_second(count / unit).ok_or_else(|| format!("`{text}` is more than {HIGHEST}/s"))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// A stretch of time whose rate goes evenly from one to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateStage {
    /// At its begin.
    pub from: Rate,
    /// At its end.
    pub to: Rate,
    /// How long it lasts.
    pub over: Duration,
}

/// A rate that changes over time: stages one after the other, and what comes after them.
#[derive(Clone, Debug, PartialEq)]
pub struct RateProfile {
    stages: Arc<[Placed]>,
    after: Option<Rate>,
}

/// A stage with its place: when it begins, and how many have arrived by then, both counted from the profile's start.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Placed {
    stage: RateStage,
    begins_s: f64,
    arrived: f64,
}

impl RateStage {
    fn seconds(&self) -> f64 {
        self.over.as_secs_f64()
    }

    /// Arrivals within it.
    fn arrivals(&self) -> f64 {
        f64::midpoint(self.from.0, self.to.0) * self.seconds()
    }

    /// Seconds into it at which so many have arrived since its begin, of which it has at least as many: the root of
    /// `from t + (to - from) / (2 over) t² = arrived`, in the form that loses no digits.
    fn reaches(&self, arrived: f64) -> f64 {
        if arrived <= 0.0 {
            return 0.0;
        }
        let slope = (self.to.0 - self.from.0) / self.seconds();
        let root = (self.from.0 * self.from.0 + 2.0 * slope * arrived).max(0.0).sqrt();
        (2.0 * arrived / (self.from.0 + root)).min(self.seconds())
    }
}

impl RateProfile {
    /// Always the same rate.
    #[must_use]
    pub fn constant(rate: Rate) -> Self {
        Self { stages: Arc::default(), after: Some(rate) }
    }

    /// These stages one after the other; then the rate is `after`, or nobody comes any more.
    #[must_use]
    pub fn new(stages: &[RateStage], after: Option<Rate>) -> Self {
        let (mut begins_s, mut arrived) = (0.0, 0.0);
        let placed = stages.iter().filter(|stage| !stage.over.is_zero()).map(|&stage| {
            let placed = Placed { stage, begins_s, arrived };
            begins_s += stage.seconds();
            arrived += stage.arrivals();
            placed
        });
        Self { stages: placed.collect(), after }
    }

    /// The end of the last stage; none without stages.
    #[must_use]
    pub fn own_end(&self) -> Option<Duration> {
        let spans = self.stages.iter().map(|placed| placed.stage.over);
        (!self.stages.is_empty()).then(|| spans.fold(Duration::ZERO, Duration::saturating_add))
    }

    /// When so many have arrived, counted from the profile's start: the inverse of the rate's integral. None if never.
    #[must_use]
    pub fn reaches(&self, arrived: f64) -> Option<Duration> {
        let holds = |placed: &&Placed| {
            let within = placed.arrived + placed.stage.arrivals();
            // Where a stage ends the next has begun, unless nobody comes in it.
            arrived < within
        };
        let seconds = match self.stages.iter().find(holds) {
            Some(placed) => placed.begins_s + placed.stage.reaches(arrived - placed.arrived),
            None => {
                let rate = self.after.filter(|rate| rate.0 > 0.0)?;
                let last = self.stages.last();
                let (begins_s, before) = last.map_or((0.0, 0.0), |last| {
                    (last.begins_s + last.stage.seconds(), last.arrived + last.stage.arrivals())
                });
                begins_s + (arrived - before).max(0.0) / rate.0
            }
        };
        Duration::try_from_secs_f64(seconds).ok()
    }
}
