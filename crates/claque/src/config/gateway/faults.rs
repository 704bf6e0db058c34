//! Settings of what is to go wrong. Each list replaces the old one.

use claque_core::time::{Instant, duration_nanos};
use claque_gateway::{
    ConnectionEffect, ConnectionFault, ConnectionSelector, Effect, FaultRule, Faults, Outage, Selector,
};
use serde::{Deserialize, Serialize};

use super::{
    set,
    units::{Seconds, Share, Switch},
};

/// Everything that is to go wrong.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FaultSettings {
    jobs: Option<Vec<JobSetting>>,
    connections: Option<Vec<ConnectionSetting>>,
    pages: Option<Vec<u32>>,
    identity_outage: Option<Switch<OutageSetting>>,
    socket_outage: Option<Switch<OutageSetting>>,
}

/// `{ select = "every", effect = { slow = { extra_seconds = 2 } } }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct JobSetting {
    select: SelectSetting,
    effect: EffectSetting,
}

/// `"every"`, `{ block = 3 }`, `{ nth = 0 }` or `{ share = 0.1 }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum SelectSetting {
    Every,
    Block(i64),
    Nth(u64),
    Share(Share),
}

#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum EffectSetting {
    EngineError { times: Option<u32>, text: String },
    Slow { extra_seconds: Seconds },
    AudioMissing,
    AudioServerError,
}

/// `{ select = { nth = 0 }, after_notices = 5, effect = "silence" }`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct ConnectionSetting {
    select: ConnectionSelectSetting,
    #[serde(default)]
    after_notices: u64,
    at_block: Option<i64>,
    effect: ConnectionEffectSetting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ConnectionSelectSetting {
    Every,
    First(u64),
    Nth(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum ConnectionEffectSetting {
    Close { code: u16, reason: String },
    Silence,
    Garbage,
}

/// Counted from the gateway's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OutageSetting {
    from_seconds: Seconds,
    until_seconds: Seconds,
}

impl FaultSettings {
    pub(super) fn apply(&self, faults: &mut Faults) {
        set(&mut faults.jobs, self.jobs.as_ref().map(|jobs| jobs.iter().cloned().map(Into::into).collect()));
        let connections = self.connections.as_ref();
        set(&mut faults.connections, connections.map(|all| all.iter().cloned().map(Into::into).collect()));
        set(&mut faults.pages, self.pages.clone());
        let outage = self.identity_outage.as_ref();
        set(&mut faults.identity_outage, outage.map(|outage| outage.to_option().map(Into::into)));
        let outage = self.socket_outage.as_ref();
        set(&mut faults.socket_outage, outage.map(|outage| outage.to_option().map(Into::into)));
    }
}

impl From<&Faults> for FaultSettings {
    fn from(faults: &Faults) -> Self {
        let Faults { jobs, connections, pages, identity_outage, socket_outage } = faults;
        Self {
            jobs: Some(jobs.iter().cloned().map(Into::into).collect()),
            connections: Some(connections.iter().cloned().map(Into::into).collect()),
            pages: Some(pages.clone()),
            identity_outage: Some(identity_outage.map(Into::into).into()),
            socket_outage: Some(socket_outage.map(Into::into).into()),
        }
    }
}

impl From<JobSetting> for FaultRule {
    fn from(setting: JobSetting) -> Self {
        let selector = match setting.select {
            SelectSetting::Every => Selector::Every,
            SelectSetting::Block(block) => Selector::Block(block),
            SelectSetting::Nth(number) => Selector::Nth(number),
            SelectSetting::Share(share) => Selector::Share(share.0),
        };
        let effect = match setting.effect {
            EffectSetting::EngineError { times, text } => Effect::EngineError { times, text },
            EffectSetting::Slow { extra_seconds } => Effect::Slow { extra: extra_seconds.0 },
            EffectSetting::AudioMissing => Effect::AudioMissing,
            EffectSetting::AudioServerError => Effect::AudioServerError,
        };
        Self { selector, effect }
    }
}

impl From<FaultRule> for JobSetting {
    fn from(rule: FaultRule) -> Self {
        let select = match rule.selector {
            Selector::Every => SelectSetting::Every,
            Selector::Block(block) => SelectSetting::Block(block),
            Selector::Nth(number) => SelectSetting::Nth(number),
            Selector::Share(share) => SelectSetting::Share(Share(share)),
        };
        let effect = match rule.effect {
            Effect::EngineError { times, text } => EffectSetting::EngineError { times, text },
            Effect::Slow { extra } => EffectSetting::Slow { extra_seconds: Seconds(extra) },
            Effect::AudioMissing => EffectSetting::AudioMissing,
            Effect::AudioServerError => EffectSetting::AudioServerError,
        };
        Self { select, effect }
    }
}

impl From<ConnectionSetting> for ConnectionFault {
    fn from(setting: ConnectionSetting) -> Self {
        Self {
            selector: match setting.select {
                ConnectionSelectSetting::Every => ConnectionSelector::Every,
                ConnectionSelectSetting::First(count) => ConnectionSelector::First(count),
                ConnectionSelectSetting::Nth(number) => ConnectionSelector::Nth(number),
            },
            after_notices: setting.after_notices,
            at_block: setting.at_block,
            effect: match setting.effect {
                ConnectionEffectSetting::Close { code, reason } => ConnectionEffect::Close { code, reason },
                ConnectionEffectSetting::Silence => ConnectionEffect::Silence,
                ConnectionEffectSetting::Garbage => ConnectionEffect::Garbage,
            },
        }
    }
}

impl From<ConnectionFault> for ConnectionSetting {
    fn from(fault: ConnectionFault) -> Self {
        Self {
            select: match fault.selector {
                ConnectionSelector::Every => ConnectionSelectSetting::Every,
                ConnectionSelector::First(count) => ConnectionSelectSetting::First(count),
                ConnectionSelector::Nth(number) => ConnectionSelectSetting::Nth(number),
            },
            after_notices: fault.after_notices,
            at_block: fault.at_block,
            effect: match fault.effect {
                ConnectionEffect::Close { code, reason } => ConnectionEffectSetting::Close { code, reason },
                ConnectionEffect::Silence => ConnectionEffectSetting::Silence,
                ConnectionEffect::Garbage => ConnectionEffectSetting::Garbage,
            },
        }
    }
}

impl From<OutageSetting> for Outage {
    fn from(setting: OutageSetting) -> Self {
        let at = |seconds: Seconds| Instant::from_nanos(duration_nanos(seconds.0));
        Self { from: at(setting.from_seconds), until: at(setting.until_seconds) }
    }
}

impl From<Outage> for OutageSetting {
    fn from(outage: Outage) -> Self {
        let seconds = |at: Instant| Seconds(at.since(Instant::START));
        Self { from_seconds: seconds(outage.from), until_seconds: seconds(outage.until) }
    }
}
