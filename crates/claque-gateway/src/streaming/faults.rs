//! What goes wrong with answers that are streamed.

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime, Speed},
};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use super::EngineFault;
use crate::settings::{Pace, RefusingStatus, Seconds, Share, WrittenAs};

/// One thing that goes wrong with requests for speech. The first rule that matches applies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamFault {
    /// Which requests.
    #[serde(rename = "select")]
    pub selector: StreamSelector,
    /// What happens.
    pub effect: StreamEffect,
}

/// Which requests for speech a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamSelector {
    /// All.
    Every,
    /// The one of this number in order of arrival, from 0.
    Nth(u64),
    /// Those of lower numbers.
    First(u64),
    /// This share (0..=1) of all, drawn per request.
    Share(#[serde(with = "WrittenAs::<Share>")] f64),
}

/// What happens to a request for speech.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StreamEffect {
    /// The head and the container's header are sent at once, and nothing more.
    Silence,
    /// It fails when this much audio was sent: an error event where the dialect has one, else the connection breaks.
    Break {
        /// Audio that is sent before.
        #[serde(rename = "after_seconds", with = "WrittenAs::<Seconds>")]
        after: MediaTime,
    },
    /// Audio is made at this rate, whatever the engine's is.
    Slow {
        /// Seconds of audio made in a second when alone.
        #[serde(with = "WrittenAs::<Pace>")]
        rate: Speed,
    },
    /// Audio in another container than was asked for, under the type of the one that was asked for.
    WrongContainer,
    /// An event stream that ends without its last event. Nothing happens to other answers.
    NoDone,
    /// It is refused with this status.
    Refuse {
        /// The status: 429, 503, 500...
        #[serde(with = "WrittenAs::<RefusingStatus>")]
        status: u16,
        /// What `Retry-After` says, in whole seconds; none to leave it out.
        #[serde(default, rename = "retry_after_seconds", with = "WrittenAs::<Option<Seconds>>")]
        retry_after: Option<Duration>,
    },
    /// It takes a slot and nothing comes of it, for this long or for ever.
    Stuck {
        /// How long its slot is held.
        #[serde(default, rename = "held_seconds", with = "WrittenAs::<Option<Seconds>>")]
        held: Option<Duration>,
    },
}

impl StreamFault {
    /// What happens to the request of this number, if anything.
    #[must_use]
    pub fn effect(rules: &[Self], number: u64, seed: Seed) -> Option<&StreamEffect> {
        let hit = |(rule, index): &(&Self, u64)| match rule.selector {
            StreamSelector::Every => true,
            StreamSelector::Nth(nth) => nth == number,
            StreamSelector::First(count) => number < count,
            StreamSelector::Share(share) => {
                seed.child("stream-fault").index(*index).index(number).rng().random::<f64>() < share
            }
        };
        rules.iter().zip(0..).find(hit).map(|(rule, _)| &rule.effect)
    }
}

impl StreamEffect {
    /// What the engine has to know of it.
    #[must_use]
    pub const fn hindrance(&self) -> Option<EngineFault> {
        match self {
            Self::Slow { rate } => Some(EngineFault::Rate(*rate)),
            Self::Stuck { held } => Some(EngineFault::Stuck(*held)),
            Self::Silence
            | Self::Break { .. }
            | Self::WrongContainer
            | Self::NoDone
            | Self::Refuse { .. } => None,
        }
    }
}
