//! Failure by rule, for tests of what a client makes of it.

use claque_core::{
    rng::Seed,
    time::{Duration, Instant},
};
use rand::RngExt;

use crate::{ids::VariantHash, message::Notice};

/// Everything that is to go wrong. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// What happens to jobs; every rule that matches applies.
    pub jobs: Vec<FaultRule>,
    /// What happens to connections; the first rule that matches applies.
    pub connections: Vec<ConnectionFault>,
    /// Pages that cannot be read, from 0, of every document.
    pub pages: Vec<u32>,
    /// When the identity service is down.
    pub identity_outage: Option<Outage>,
    /// When there are no connections: those that are open are closed, and new ones refused.
    pub socket_outage: Option<Outage>,
}

/// One thing that goes wrong with jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultRule {
    /// Which jobs.
    pub selector: Selector,
    /// What happens.
    pub effect: Effect,
}

/// Which jobs a rule is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Selector {
    /// All.
    Every,
    /// Those first asked for as the block of this index.
    Block(i64),
    /// The job of this number in order of queueing, from 0.
    Nth(u64),
    /// This share (0..=1) of all, drawn per variant.
    Share(f64),
}

/// What happens to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
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
        extra: Duration,
    },
    /// The job is announced as ready, but its audio is answered with 404.
    AudioMissing,
    /// The job is announced as ready, but its audio is answered with 500.
    AudioServerError,
}

/// One thing that goes wrong with connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionFault {
    /// Which connections.
    pub selector: ConnectionSelector,
    /// Messages that are sent before it happens.
    pub after_notices: u64,
    /// Then it happens in place of the final word on the block of this index; none for that of any message.
    pub at_block: Option<i64>,
    /// What happens.
    pub effect: ConnectionEffect,
}

/// Which connections a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSelector {
    /// All, also those that are opened again.
    Every,
    /// As many as this in order of opening, so that those opened again later are spared.
    First(u64),
    /// The connection of this number in order of opening, from 0.
    Nth(u64),
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionEffect {
    /// It is closed.
    Close {
        /// WebSocket close code.
        code: u16,
        /// Close reason.
        reason: String,
    },
    /// It stays open and nothing more is sent.
    Silence,
    /// Something that is no message is sent once; then all goes on.
    Garbage,
}

/// A span of time in which something is down: from `from`, before `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Start.
    pub from: Instant,
    /// End.
    pub until: Instant,
}

/// What the audio of a finished job is answered with instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AudioFault {
    Missing,
    ServerError,
}

/// What a selector looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspect {
    pub(crate) variant: VariantHash,
    pub(crate) block: i64,
    pub(crate) number: u64,
}

impl Outage {
    pub(crate) fn covers(&self, now: Instant) -> bool {
        self.from <= now && now < self.until
    }
}

impl ConnectionFault {
    /// Whether it happens in place of this message, the next after `sent` others.
    pub(crate) fn hits(&self, sent: u64, notice: &Notice) -> bool {
        let is_at = |block: i64| match notice {
            Notice::Status(status) => status.block == block && status.status.is_final(),
            Notice::Evicted { .. } | Notice::Error { .. } => false,
        };
        self.after_notices <= sent && self.at_block.is_none_or(is_at)
    }
}

impl Faults {
    /// The engine's words if attempt number `attempt` (from 0) at this variant fails.
    pub(crate) fn engine_error(&self, suspect: Suspect, attempt: u32, seed: Seed) -> Option<&str> {
        self.matching(suspect, seed).find_map(|effect| match effect {
            Effect::EngineError { times, text } => {
                times.is_none_or(|times| attempt < times).then_some(text.as_str())
            }
            Effect::Slow { .. } | Effect::AudioMissing | Effect::AudioServerError => None,
        })
    }

    pub(crate) fn extra_time(&self, suspect: Suspect, seed: Seed) -> Duration {
        self.matching(suspect, seed)
            .map(|effect| match effect {
                Effect::Slow { extra } => *extra,
                Effect::EngineError { .. } | Effect::AudioMissing | Effect::AudioServerError => {
                    Duration::ZERO
                }
            })
            .sum()
    }

    pub(crate) fn audio(&self, suspect: Suspect, seed: Seed) -> Option<AudioFault> {
        self.matching(suspect, seed).find_map(|effect| match effect {
            Effect::AudioMissing => Some(AudioFault::Missing),
            Effect::AudioServerError => Some(AudioFault::ServerError),
            Effect::EngineError { .. } | Effect::Slow { .. } => None,
        })
    }

    /// The rule for the connection that was opened as number `number`.
    pub(crate) fn connection(&self, number: u64) -> Option<&ConnectionFault> {
        self.connections.iter().find(|fault| match fault.selector {
            ConnectionSelector::Every => true,
            ConnectionSelector::First(count) => number < count,
            ConnectionSelector::Nth(nth) => nth == number,
        })
    }

    fn matching(&self, suspect: Suspect, seed: Seed) -> impl Iterator<Item = &Effect> {
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
