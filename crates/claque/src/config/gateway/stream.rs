//! Settings of an engine that makes speech in pieces.

use core::num::NonZeroU32;

use claque_core::time::{MediaTime, Speed, duration_nanos};
use claque_gateway::{Abandoned, Batching, Engine, StreamingConfig};
use serde::{Deserialize, Serialize};

use super::{
    set,
    times::{LengthSetting, ServiceSetting},
    units::{Interval, Name, Named, Rate, Share, Size},
};

/// The engine behind `--protocol openai`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct StreamSettings {
    first_chunk: Option<ServiceSetting>,
    rate: Option<SpeedSetting>,
    chunk_seconds: Option<Interval>,
    length: Option<LengthSetting>,
    slots: Option<NonZeroU32>,
    max_queued: Option<usize>,
    batching: Option<BatchingSetting>,
    abandoned: Option<Name<Abandoned>>,
}

/// Seconds of audio in a second, by thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "Rate", into = "f64")]
pub(super) struct SpeedSetting(pub(super) Speed);

/// `{ slowdown = 0.15 }` or `{ speeds = [1.0, 0.8, 0.6] }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum BatchingSetting {
    Slowdown(Size),
    Speeds(Vec<Share>),
}

impl Named for Abandoned {
    const MEMBERS: &'static [(&'static str, Self)] =
        &[("finished", Self::Finished), ("stopped", Self::Stopped)];
}

impl StreamSettings {
    /// # Errors
    /// A speed of the table is none.
    pub(super) fn apply(&self, config: &mut StreamingConfig) -> Result<(), String> {
        if let Some(first) = self.first_chunk {
            first.apply(&mut config.first_chunk);
        }
        set(&mut config.rate, self.rate.map(|rate| rate.0));
        set(&mut config.chunk, self.chunk_seconds.map(|span| MediaTime::from_nanos(duration_nanos(span.0))));
        if let Some(length) = self.length {
            length.apply(&mut config.length);
        }
        set(&mut config.slots, self.slots);
        set(&mut config.max_queued, self.max_queued);
        set(&mut config.batching, self.batching.as_ref().map(BatchingSetting::to_batching).transpose()?);
        set(&mut config.abandoned, self.abandoned.map(|abandoned| abandoned.0));
        Ok(())
    }
}

impl From<&StreamingConfig> for StreamSettings {
    fn from(config: &StreamingConfig) -> Self {
        // What makes the audio is decided by `--engine` alone.
        let StreamingConfig {
            engine: Engine::Modelled | Engine::External,
            first_chunk,
            rate,
            chunk,
            length,
            slots,
            max_queued,
            batching,
            abandoned,
        } = config;
        Self {
            first_chunk: Some((*first_chunk).into()),
            rate: Some(SpeedSetting(*rate)),
            chunk_seconds: Some(Interval(core::time::Duration::from_nanos(chunk.as_nanos()))),
            length: Some((*length).into()),
            slots: Some(*slots),
            max_queued: Some(*max_queued),
            batching: Some(BatchingSetting::of(batching)),
            abandoned: Some(Name(*abandoned)),
        }
    }
}

impl TryFrom<Rate> for SpeedSetting {
    type Error = String;

    fn try_from(rate: Rate) -> Result<Self, String> {
        let speed = Speed::from_thousandths(thousandths(rate.0)).filter(|_| rate.0 <= 1_000_000.0);
        speed.map(Self).ok_or_else(|| format!("{} is out of range; give 0.001 to 1000000", rate.0))
    }
}

impl From<SpeedSetting> for f64 {
    fn from(speed: SpeedSetting) -> Self {
        speed.0.as_f64()
    }
}

impl BatchingSetting {
    fn to_batching(&self) -> Result<Batching, String> {
        match self {
            Self::Slowdown(slowdown) => Ok(Batching::Slowdown { thousandths: thousandths(slowdown.0) }),
            Self::Speeds(speeds) => {
                let speeds: Option<Vec<_>> =
                    speeds.iter().map(|speed| NonZeroU32::new(thousandths(speed.0))).collect();
                speeds
                    .map(Batching::Table)
                    .ok_or_else(|| "stream.batching.speeds has a speed of 0; give 0.001 to 1".to_owned())
            }
        }
    }

    fn of(batching: &Batching) -> Self {
        let part = |thousandths: u32| f64::from(thousandths) / 1_000.0;
        match batching {
            Batching::Slowdown { thousandths } => Self::Slowdown(Size(part(*thousandths))),
            Batching::Table(speeds) => {
                Self::Speeds(speeds.iter().map(|speed| Share(part(speed.get()))).collect())
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the type's range")]
fn thousandths(number: f64) -> u32 {
    (number * 1_000.0).round().clamp(0.0, f64::from(u32::MAX)) as u32
}
