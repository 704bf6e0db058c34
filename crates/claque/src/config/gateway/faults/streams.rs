//! Settings of what goes wrong with answers that are streamed.

use claque_core::time::{Duration, MediaTime, duration_nanos};
use claque_gateway::{StreamEffect, StreamFault, StreamSelector};
use serde::{Deserialize, Serialize};

use crate::config::gateway::{
    stream::SpeedSetting,
    units::{Seconds, Share},
};

/// `{ select = { share = 0.1 }, effect = "silence" }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StreamFaultSetting {
    select: SelectSetting,
    effect: EffectSetting,
}

/// `"every"`, `{ nth = 0 }`, `{ first = 3 }` or `{ share = 0.1 }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum SelectSetting {
    Every,
    Nth(u64),
    First(u64),
    Share(Share),
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum EffectSetting {
    Silence,
    Break { after_seconds: Seconds },
    Slow { rate: SpeedSetting },
    WrongContainer,
    NoDone,
    Refuse { status: StatusSetting, retry_after_seconds: Option<Seconds> },
    Stuck { held_seconds: Option<Seconds> },
}

/// A status that refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "u16", into = "u16")]
struct StatusSetting(u16);

impl TryFrom<u16> for StatusSetting {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        let is_error = (400..=599).contains(&status);
        is_error.then_some(Self(status)).ok_or_else(|| format!("{status} refuses nothing; give 400 to 599"))
    }
}

impl From<StatusSetting> for u16 {
    fn from(status: StatusSetting) -> Self {
        status.0
    }
}

impl From<StreamFaultSetting> for StreamFault {
    fn from(setting: StreamFaultSetting) -> Self {
        let selector = match setting.select {
            SelectSetting::Every => StreamSelector::Every,
            SelectSetting::Nth(number) => StreamSelector::Nth(number),
            SelectSetting::First(count) => StreamSelector::First(count),
            SelectSetting::Share(share) => StreamSelector::Share(share.0),
        };
        let effect = match setting.effect {
            EffectSetting::Silence => StreamEffect::Silence,
            EffectSetting::Break { after_seconds } => {
                StreamEffect::Break { after: MediaTime::from_nanos(duration_nanos(after_seconds.0)) }
            }
            EffectSetting::Slow { rate } => StreamEffect::Slow { rate: rate.0 },
            EffectSetting::WrongContainer => StreamEffect::WrongContainer,
            EffectSetting::NoDone => StreamEffect::NoDone,
            EffectSetting::Refuse { status, retry_after_seconds } => StreamEffect::Refuse {
                status: status.0,
                retry_after: retry_after_seconds.map(|after| after.0),
            },
            EffectSetting::Stuck { held_seconds } => {
                StreamEffect::Stuck { held: held_seconds.map(|held| held.0) }
            }
        };
        Self { selector, effect }
    }
}

impl From<&StreamFault> for StreamFaultSetting {
    fn from(fault: &StreamFault) -> Self {
        let select = match fault.selector {
            StreamSelector::Every => SelectSetting::Every,
            StreamSelector::Nth(number) => SelectSetting::Nth(number),
            StreamSelector::First(count) => SelectSetting::First(count),
            StreamSelector::Share(share) => SelectSetting::Share(Share(share)),
        };
        let effect = match &fault.effect {
            StreamEffect::Silence => EffectSetting::Silence,
            StreamEffect::Break { after } => {
                EffectSetting::Break { after_seconds: Seconds(Duration::from_nanos(after.as_nanos())) }
            }
            StreamEffect::Slow { rate } => EffectSetting::Slow { rate: SpeedSetting(*rate) },
            StreamEffect::WrongContainer => EffectSetting::WrongContainer,
            StreamEffect::NoDone => EffectSetting::NoDone,
            StreamEffect::Refuse { status, retry_after } => EffectSetting::Refuse {
                status: StatusSetting(*status),
                retry_after_seconds: retry_after.map(Seconds),
            },
            StreamEffect::Stuck { held } => EffectSetting::Stuck { held_seconds: held.map(Seconds) },
        };
        Self { select, effect }
    }
}
