//! Settings of what goes wrong with requests for blocks, and with fetches of their audio.

use claque_gateway::{AudioFault, AudioRule, BlockSelector, RequestEffect, RequestFault, Say, Step, Turn};
use serde::{Deserialize, Serialize};

use crate::config::gateway::units::{Seconds, Share};

/// `{ select = { block = 3 }, times = 1, effect = { answer = [] } }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestSetting {
    select: BlockSelectSetting,
    #[serde(default)]
    first: u32,
    times: Option<u32>,
    effect: RequestEffectSetting,
}

/// `{ select = "every", times = 1, effect = "cut" }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AudioSetting {
    select: BlockSelectSetting,
    #[serde(default)]
    first: u32,
    times: Option<u32>,
    effect: AudioEffectSetting,
}

/// `"every"`, `{ block = 3 }` or `{ share = 0.1 }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum BlockSelectSetting {
    Every,
    Block(i64),
    Share(Share),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum RequestEffectSetting {
    Unacknowledged,
    Answer(Vec<StepSetting>),
}

/// `{ after_seconds = 5, say = "queued" }`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct StepSetting {
    after_seconds: Seconds,
    say: SaySetting,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum SaySetting {
    Queued,
    Processing,
    Skipped,
    Evicted,
    Error {
        text: String,
        #[serde(default = "yes")]
        recoverable: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum AudioEffectSetting {
    Missing,
    ServerError,
    Cut,
    NotAudio,
    Silent,
    OneMillisecond,
    OtherLength,
}

const fn yes() -> bool {
    true
}

impl From<RequestSetting> for RequestFault {
    fn from(setting: RequestSetting) -> Self {
        let RequestSetting { select, first, times, effect } = setting;
        let effect = match effect {
            RequestEffectSetting::Unacknowledged => RequestEffect::Unacknowledged,
            RequestEffectSetting::Answer(steps) => {
                RequestEffect::Answer(steps.into_iter().map(Into::into).collect())
            }
        };
        Self { selector: select.into(), turn: Turn { first, times }, effect }
    }
}

impl From<RequestFault> for RequestSetting {
    fn from(fault: RequestFault) -> Self {
        let RequestFault { selector, turn: Turn { first, times }, effect } = fault;
        let effect = match effect {
            RequestEffect::Unacknowledged => RequestEffectSetting::Unacknowledged,
            RequestEffect::Answer(steps) => {
                RequestEffectSetting::Answer(steps.into_iter().map(Into::into).collect())
            }
        };
        Self { select: selector.into(), first, times, effect }
    }
}

impl From<AudioSetting> for AudioRule {
    fn from(setting: AudioSetting) -> Self {
        let AudioSetting { select, first, times, effect } = setting;
        let fault = match effect {
            AudioEffectSetting::Missing => AudioFault::Missing,
            AudioEffectSetting::ServerError => AudioFault::ServerError,
            AudioEffectSetting::Cut => AudioFault::Cut,
            AudioEffectSetting::NotAudio => AudioFault::NotAudio,
            AudioEffectSetting::Silent => AudioFault::Silent,
            AudioEffectSetting::OneMillisecond => AudioFault::OneMillisecond,
            AudioEffectSetting::OtherLength => AudioFault::OtherLength,
        };
        Self { selector: select.into(), turn: Turn { first, times }, fault }
    }
}

impl From<AudioRule> for AudioSetting {
    fn from(rule: AudioRule) -> Self {
        let AudioRule { selector, turn: Turn { first, times }, fault } = rule;
        let effect = match fault {
            AudioFault::Missing => AudioEffectSetting::Missing,
            AudioFault::ServerError => AudioEffectSetting::ServerError,
            AudioFault::Cut => AudioEffectSetting::Cut,
            AudioFault::NotAudio => AudioEffectSetting::NotAudio,
            AudioFault::Silent => AudioEffectSetting::Silent,
            AudioFault::OneMillisecond => AudioEffectSetting::OneMillisecond,
            AudioFault::OtherLength => AudioEffectSetting::OtherLength,
        };
        Self { select: selector.into(), first, times, effect }
    }
}

impl From<BlockSelectSetting> for BlockSelector {
    fn from(setting: BlockSelectSetting) -> Self {
        match setting {
            BlockSelectSetting::Every => Self::Every,
            BlockSelectSetting::Block(block) => Self::Block(block),
            BlockSelectSetting::Share(share) => Self::Share(share.0),
        }
    }
}

impl From<BlockSelector> for BlockSelectSetting {
    fn from(selector: BlockSelector) -> Self {
        match selector {
            BlockSelector::Every => Self::Every,
            BlockSelector::Block(block) => Self::Block(block),
            BlockSelector::Share(share) => Self::Share(Share(share)),
        }
    }
}

impl From<StepSetting> for Step {
    fn from(setting: StepSetting) -> Self {
        let say = match setting.say {
            SaySetting::Queued => Say::Queued,
            SaySetting::Processing => Say::Processing,
            SaySetting::Skipped => Say::Skipped,
            SaySetting::Evicted => Say::Evicted,
            SaySetting::Error { text, recoverable } => Say::Error { text, recoverable },
        };
        Self { after: setting.after_seconds.0, say }
    }
}

impl From<Step> for StepSetting {
    fn from(step: Step) -> Self {
        let say = match step.say {
            Say::Queued => SaySetting::Queued,
            Say::Processing => SaySetting::Processing,
            Say::Skipped => SaySetting::Skipped,
            Say::Evicted => SaySetting::Evicted,
            Say::Error { text, recoverable } => SaySetting::Error { text, recoverable },
        };
        Self { after_seconds: Seconds(step.after), say }
    }
}
