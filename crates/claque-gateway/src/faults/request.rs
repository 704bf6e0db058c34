//! What goes wrong with requests for blocks, before any job is made of them.

use claque_core::{rng::Seed, time::Duration};
use serde::{Deserialize, Serialize};

use super::{BlockSelector, Turn, WrittenRule};
use crate::{
    ids::VariantHash,
    settings::{Seconds, WrittenAs},
};

/// One thing that goes wrong with requests for a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "WrittenRule<RequestEffect>", into = "WrittenRule<RequestEffect>")]
pub struct RequestFault {
    /// Which blocks.
    pub selector: BlockSelector,
    /// Which requests for such a block of a document, in their order.
    pub turn: Turn,
    /// What happens.
    pub effect: RequestEffect,
}

/// What happens to a request for a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum RequestEffect {
    /// It is done as ever, but nobody says `queued`.
    Unacknowledged,
    /// Nothing is done. These are the answers; without any, it is lost. What falls due while the connection is gone is not
    /// said.
    Answer(Vec<Step>),
}

/// One answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How long after the request.
    #[serde(rename = "after_seconds", with = "WrittenAs::<Seconds>")]
    pub after: Duration,
    /// What is said.
    pub say: Say,
}

/// What is said of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Say {
    /// `queued`.
    Queued,
    /// `processing`.
    Processing,
    /// `skipped`.
    Skipped,
    /// It is withdrawn.
    Evicted,
    /// `error`.
    Error {
        /// In these words.
        text: String,
        /// Whether the session may go on.
        #[serde(default = "yes")]
        recoverable: bool,
    },
}

const fn yes() -> bool {
    true
}

impl From<WrittenRule<RequestEffect>> for RequestFault {
    fn from(written: WrittenRule<RequestEffect>) -> Self {
        let WrittenRule { select: selector, first, times, effect } = written;
        Self { selector, turn: Turn { first, times }, effect }
    }
}

impl From<RequestFault> for WrittenRule<RequestEffect> {
    fn from(fault: RequestFault) -> Self {
        let RequestFault { selector: select, turn: Turn { first, times }, effect } = fault;
        Self { select, first, times, effect }
    }
}

/// What happens to request number `number` (from 0) for `block`: the first rule that matches applies.
#[must_use]
pub fn request_effect(
    rules: &[RequestFault],
    (block, variant): (i64, VariantHash),
    number: u32,
    seed: Seed,
) -> Option<&RequestEffect> {
    let hit = |(rule, index): &(&RequestFault, u64)| {
        rule.turn.holds(number)
            && rule.selector.hits(block, variant, seed.child("request-fault").index(*index))
    };
    rules.iter().zip(0..).find(hit).map(|(rule, _)| &rule.effect)
}
