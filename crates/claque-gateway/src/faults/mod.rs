//! Failure by rule, for tests of what a client makes of it.

mod connection;
mod request;

use claque_core::{
    rng::Seed,
    time::{Duration, Instant},
};
use rand::RngExt;
use serde::{Deserialize, Serialize};

pub use self::{
    connection::{ConnectionEffect, ConnectionFault, ConnectionSelector, SocketOutage},
    request::{RequestEffect, RequestFault, Say, Step, request_effect},
};
use crate::{
    ids::VariantHash,
    settings::{SameValue, Seconds, Share, Switch, WrittenAs},
};

/// Everything that is to go wrong. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// What happens to requests for blocks; the first rule that matches applies.
    pub requests: Vec<RequestFault>,
    /// What happens to jobs; every rule that matches applies.
    pub jobs: Vec<FaultRule>,
    /// What happens when audio is fetched; the first rule that matches applies, before those of jobs.
    pub audio: Vec<AudioRule>,
    /// What happens to connections; the first rule that matches applies.
    pub connections: Vec<ConnectionFault>,
    /// Pages that cannot be read, from 0, of every document.
    pub pages: Vec<u32>,
    /// When the identity service is down.
    #[serde(with = "WrittenAs::<Switch<SameValue<Outage>>>")]
    pub identity_outage: Option<Outage>,
    /// When there are no connections.
    #[serde(rename = "socket_outage", with = "connection::outages")]
    pub socket_outages: Vec<SocketOutage>,
}

/// One thing that goes wrong with jobs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Which jobs.
    #[serde(rename = "select")]
    pub selector: Selector,
    /// What happens.
    pub effect: Effect,
}

/// Which jobs a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selector {
    /// All.
    Every,
    /// Those first asked for as the block of this index.
    Block(i64),
    /// The job of this number in order of queueing, from 0.
    Nth(u64),
    /// This share (0..=1) of all, drawn per variant.
    Share(#[serde(with = "WrittenAs::<Share>")] f64),
}

/// Which blocks a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockSelector {
    /// All.
    Every,
    /// Those of this index.
    Block(i64),
    /// This share (0..=1) of all, drawn per variant.
    Share(#[serde(with = "WrittenAs::<Share>")] f64),
}

/// Which of many events of one kind a rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// The first, from 0.
    pub first: u32,
    /// How many from there on; none for all.
    pub times: Option<u32>,
}

/// A rule as it is written, with its turn beside its selector.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule<E> {
    select: BlockSelector,
    #[serde(default)]
    first: u32,
    times: Option<u32>,
    effect: E,
}

/// What happens when audio is fetched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenRule<AudioFault>", into = "WrittenRule<AudioFault>")]
pub struct AudioRule {
    /// Which blocks.
    pub selector: BlockSelector,
    /// Which fetches of such audio, in their order.
    pub turn: Turn,
    /// What happens.
    pub fault: AudioFault,
}

/// What audio is answered with instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AudioFault {
    /// 404.
    Missing,
    /// 500.
    ServerError,
    /// The first half of it; then the connection breaks.
    Cut,
    /// 200, and something that is no audio.
    NotAudio,
    /// Audio of that length without a sound in it.
    Silent,
    /// A millisecond of it.
    OneMillisecond,
    /// Audio a third as long as messages say that it is.
    OtherLength,
}

/// What happens to a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The engine fails. `times` counts attempts at the same variant; none means always.
    EngineError {
        /// How many attempts fail.
        times: Option<u32>,
        /// The engine's words.
        text: String,
    },
    /// The engine takes this much longer.
    Slow {
        /// Added to the service time.
        #[serde(rename = "extra_seconds", with = "WrittenAs::<Seconds>")]
        extra: Duration,
    },
    /// The job is announced as ready, but its audio is answered with 404.
    AudioMissing,
    /// The job is announced as ready, but its audio is answered with 500.
    AudioServerError,
}

/// A span of time in which something is down: from `from`, before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// Start.
    #[serde(rename = "from_seconds", with = "WrittenAs::<Seconds>")]
    pub from: Instant,
    /// End.
    #[serde(rename = "until_seconds", with = "WrittenAs::<Seconds>")]
    pub until: Instant,
}

/// What a selector looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FaultCandidate {
    pub(crate) variant: VariantHash,
    pub(crate) block: i64,
    pub(crate) number: u64,
}

impl From<WrittenRule<AudioFault>> for AudioRule {
    fn from(written: WrittenRule<AudioFault>) -> Self {
        let WrittenRule { select: selector, first, times, effect: fault } = written;
        Self { selector, turn: Turn { first, times }, fault }
    }
}

impl From<AudioRule> for WrittenRule<AudioFault> {
    fn from(rule: AudioRule) -> Self {
        let AudioRule { selector: select, turn: Turn { first, times }, fault: effect } = rule;
        Self { select, first, times, effect }
    }
}

impl BlockSelector {
    fn hits(self, block: i64, variant: VariantHash, seed: Seed) -> bool {
        match self {
            Self::Every => true,
            Self::Block(wanted) => wanted == block,
            Self::Share(share) => variant.seed(seed).rng().random::<f64>() < share,
        }
    }
}

impl Turn {
    fn holds(self, number: u32) -> bool {
        number >= self.first && self.times.is_none_or(|times| number - self.first < times)
    }
}

impl Outage {
    /// Whether it is down at that moment.
    #[must_use]
    pub fn covers(&self, now: Instant) -> bool {
        self.from <= now && now < self.until
    }
}

impl Faults {
    /// The engine's words if attempt number `attempt` (from 0) at this variant fails.
    pub(crate) fn engine_error(&self, suspect: FaultCandidate, attempt: u32, seed: Seed) -> Option<&str> {
        self.matching(suspect, seed).find_map(|effect| match effect {
            Effect::EngineError { times, text } => {
                times.is_none_or(|times| attempt < times).then_some(text.as_str())
            }
            Effect::Slow { .. } | Effect::AudioMissing | Effect::AudioServerError => None,
        })
    }

    pub(crate) fn extra_time(&self, suspect: FaultCandidate, seed: Seed) -> Duration {
        self.matching(suspect, seed)
            .map(|effect| match effect {
                Effect::Slow { extra } => *extra,
                Effect::EngineError { .. } | Effect::AudioMissing | Effect::AudioServerError => {
                    Duration::ZERO
                }
            })
            .sum()
    }

    /// What fetch number `fetch` (from 0) of this audio is answered with instead.
    pub(crate) fn audio(&self, suspect: FaultCandidate, fetch: u32, seed: Seed) -> Option<AudioFault> {
        let hit = |(rule, index): &(&AudioRule, u64)| {
            let seed = seed.child("audio-fault").index(*index);
            rule.turn.holds(fetch) && rule.selector.hits(suspect.block, suspect.variant, seed)
        };
        let of_fetch = self.audio.iter().zip(0..).find(hit).map(|(rule, _)| rule.fault);
        of_fetch.or_else(|| {
            self.matching(suspect, seed).find_map(|effect| match effect {
                Effect::AudioMissing => Some(AudioFault::Missing),
                Effect::AudioServerError => Some(AudioFault::ServerError),
                Effect::EngineError { .. } | Effect::Slow { .. } => None,
            })
        })
    }

    /// The rule for the connection that was opened as number `number`.
    #[must_use]
    pub fn connection(&self, number: u64) -> Option<&ConnectionFault> {
        self.connections.iter().find(|fault| {
            let refuses = matches!(fault.effect, ConnectionEffect::Refuse { .. });
            !refuses && fault.selector.hits(number)
        })
    }

    /// The HTTP status with which handshake number `number` is refused at `now`.
    #[must_use]
    pub fn refusal(&self, now: Instant, number: u64) -> Option<u16> {
        let of_rule = self.connections.iter().find_map(|fault| match fault.effect {
            ConnectionEffect::Refuse { status } => fault.selector.hits(number).then_some(status),
            ConnectionEffect::Close { .. }
            | ConnectionEffect::Silence
            | ConnectionEffect::Garbage
            | ConnectionEffect::Error { .. } => None,
        });
        let of_outage =
            || self.socket_outages.iter().find(|down| down.outage.covers(now)).map(|down| down.refusal);
        of_rule.or_else(of_outage)
    }

    fn matching(&self, suspect: FaultCandidate, seed: Seed) -> impl Iterator<Item = &Effect> {
        let hit = move |(rule, index): &(&FaultRule, u64)| match rule.selector {
            Selector::Every => true,
            Selector::Block(block) => block == suspect.block,
            Selector::Nth(number) => number == suspect.number,
            Selector::Share(share) => {
                suspect.variant.seed(seed.child("fault").index(*index)).rng().random::<f64>() < share
            }
        };
        self.jobs.iter().zip(0..).filter(hit).map(|(rule, _)| &rule.effect)
    }
}
