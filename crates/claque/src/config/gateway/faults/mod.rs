//! Settings of what is to go wrong. Each list replaces the old one.

mod connections;
mod requests;
mod streams;

use claque_core::time::{Instant, duration_nanos};
use claque_gateway::{Effect, FaultRule, Faults, Outage, Selector, StreamFault};
use serde::{Deserialize, Serialize};

use self::{
    connections::{ConnectionSetting, SocketOutages},
    requests::{AudioSetting, RequestSetting},
    streams::StreamFaultSetting,
};
use super::{
    set,
    units::{Seconds, Share, Switch},
};

/// Everything that is to go wrong.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FaultSettings {
    requests: Option<Vec<RequestSetting>>,
    jobs: Option<Vec<JobSetting>>,
    audio: Option<Vec<AudioSetting>>,
    connections: Option<Vec<ConnectionSetting>>,
    pages: Option<Vec<u32>>,
    identity_outage: Option<Switch<OutageSetting>>,
    socket_outage: Option<SocketOutages>,
    /// Only with `--protocol openai`; written only there.
    #[serde(skip_serializing_if = "Option::is_none")]
    streams: Option<Vec<StreamFaultSetting>>,
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

/// Counted from the gateway's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct OutageSetting {
    from_seconds: Seconds,
    until_seconds: Seconds,
}

impl FaultSettings {
    /// What goes wrong with answers that are streamed, if that is said.
    pub(super) fn streams(&self) -> Option<Vec<StreamFault>> {
        self.streams.as_ref().map(|all| all.iter().copied().map(Into::into).collect())
    }

    pub(super) fn forget_streams(&mut self) {
        self.streams = None;
    }

    pub(super) fn of_streams(faults: &[StreamFault]) -> Self {
        Self { streams: Some(faults.iter().map(Into::into).collect()), ..Self::default() }
    }

    pub(super) fn apply(&self, faults: &mut Faults) {
        let requests = self.requests.as_ref();
        set(&mut faults.requests, requests.map(|all| all.iter().cloned().map(Into::into).collect()));
        let audio = self.audio.as_ref();
        set(&mut faults.audio, audio.map(|all| all.iter().cloned().map(Into::into).collect()));
        set(&mut faults.jobs, self.jobs.as_ref().map(|jobs| jobs.iter().cloned().map(Into::into).collect()));
        let connections = self.connections.as_ref();
        set(&mut faults.connections, connections.map(|all| all.iter().cloned().map(Into::into).collect()));
        set(&mut faults.pages, self.pages.clone());
        let outage = self.identity_outage.as_ref();
        set(&mut faults.identity_outage, outage.map(|outage| outage.to_option().map(Into::into)));
        set(&mut faults.socket_outages, self.socket_outage.as_ref().map(SocketOutages::to_outages));
    }
}

impl From<&Faults> for FaultSettings {
    fn from(faults: &Faults) -> Self {
        let Faults { requests, jobs, audio, connections, pages, identity_outage, socket_outages } = faults;
        Self {
            requests: Some(requests.iter().cloned().map(Into::into).collect()),
            audio: Some(audio.iter().cloned().map(Into::into).collect()),
            jobs: Some(jobs.iter().cloned().map(Into::into).collect()),
            connections: Some(connections.iter().cloned().map(Into::into).collect()),
            pages: Some(pages.clone()),
            identity_outage: Some(identity_outage.map(Into::into).into()),
            socket_outage: Some(socket_outages.as_slice().into()),
            streams: None,
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
