//! The older script's view of a listener, made of facts. Times are milliseconds from the intended start.

use std::collections::BTreeMap;

use claque_core::{
    event::FailureScope,
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord, StallRecord},
    time::{Duration, Instant, MediaTime, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::listeners::ListenerFacts;

/// One listener, in the keys of the older script and a few of our own, which its files lack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The listener's number.
    pub user_id: u32,
    /// The document played; empty where a file does not say.
    #[serde(default)]
    pub document_id: String,
    /// Blocks the listener set out to hear.
    pub blocks_requested: u32,
    /// Blocks that were answered, in order of arrival.
    pub block_arrivals: Vec<BlockArrival>,
    /// Stalls, in order.
    #[serde(default)]
    pub underruns: Vec<Underrun>,
    /// Failures in words.
    #[serde(default)]
    pub errors: Vec<String>,
    /// From intended start to end.
    pub duration_ms: f64,
    /// From the run's start to the intended start.
    #[serde(default)]
    pub intended_start_ms: f64,
    /// From intended start to the first sound; absent if there was none.
    #[serde(default)]
    pub startup_ms: Option<f64>,
    /// `completed`, `stopped`, `left` or `failed`; absent when not known.
    #[serde(default)]
    pub end: Option<String>,
}

/// One answered block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockArrival {
    /// The block's number.
    pub idx: u32,
    /// When it was asked for.
    pub requested_ms: f64,
    /// When it was ready, skipped or failed.
    pub arrived_ms: f64,
    /// The time between the two.
    pub round_trip_ms: f64,
    /// `cached` for a delivered block, made now or not; `skipped`; `error`.
    pub status: String,
    /// Length of its audio at normal speed.
    pub duration_ms: f64,
}

/// One stall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Underrun {
    /// The block waited for.
    pub at_block: u32,
    /// How long.
    pub waited_ms: f64,
}

/// The older script's view of one listener.
pub(crate) fn session(facts: &ListenerFacts) -> Session {
    let start = facts.intended_at().unwrap_or(Instant::START);
    let end = facts.session.as_ref();
    let waited = |stall: &StallRecord| Underrun { at_block: stall.block.0, waited_ms: millis(stall.waited) };
    Session {
        user_id: facts.listener.0,
        document_id: end.map_or_else(String::new, |end| end.document.clone()),
        blocks_requested: end.map_or_else(|| count(facts.blocks.len()), |end| end.blocks),
        block_arrivals: arrivals(facts, start),
        underruns: facts.stalls.iter().map(waited).collect(),
        errors: facts.errors.iter().map(|error| error.failure.to_string()).collect(),
        duration_ms: millis(last_moment(facts, start).since(start)),
        intended_start_ms: start.as_millis_f64(),
        startup_ms: end.and_then(|end| end.started_at).map(|at| millis(at.since(start))),
        end: end.map(|end| end.end.as_str().to_owned()),
    }
}

/// The end, or for a session that reported none the last thing known of it.
fn last_moment(facts: &ListenerFacts, start: Instant) -> Instant {
    let last_ready = facts.blocks.iter().filter_map(|block| block.ready_at).max();
    facts.session.as_ref().map(|end| end.ended_at).or(last_ready).unwrap_or(start)
}

fn arrivals(facts: &ListenerFacts, start: Instant) -> Vec<BlockArrival> {
    let failed_at: BTreeMap<BlockIdx, Instant> = facts
        .errors
        .iter()
        .filter_map(|error| match error.failure.kills {
            FailureScope::Block(block) => Some((block, error.at)),
            FailureScope::Session => None,
        })
        .collect();
    let mut answered: Vec<_> = facts
        .blocks
        .iter()
        .filter_map(|block| answer(block, failed_at.get(&block.block).copied()).map(|at| (at, block)))
        .collect();
    answered.sort_by_key(|&(at, block)| (at, block.block));
    answered.into_iter().map(|(at, block)| arrival(block, at, start)).collect()
}

/// When a block was answered. One that was still pending when its session ended was not.
fn answer(block: &BlockRecord, failed_at: Option<Instant>) -> Option<Instant> {
    match block.outcome {
        BlockOutcome::Played | BlockOutcome::Unplayed => block.ready_at,
        BlockOutcome::Skipped => block.ready_at.or(block.acknowledged_at),
        BlockOutcome::Failed(_) => failed_at,
        BlockOutcome::Stopped | BlockOutcome::Abandoned => None,
    }
}

fn arrival(block: &BlockRecord, arrived: Instant, start: Instant) -> BlockArrival {
    let requested = block.requested_at.or(block.intended_at).unwrap_or(start);
    let (status, media) = match block.outcome {
        BlockOutcome::Played | BlockOutcome::Unplayed => ("cached", block.media),
        BlockOutcome::Skipped => ("skipped", MediaTime::ZERO),
        BlockOutcome::Failed(_) | BlockOutcome::Stopped | BlockOutcome::Abandoned => {
            ("error", MediaTime::ZERO)
        }
    };
    BlockArrival {
        idx: block.block.0,
        requested_ms: millis(requested.since(start)),
        arrived_ms: millis(arrived.since(start)),
        round_trip_ms: millis(arrived.since(requested)),
        status: status.to_owned(),
        duration_ms: media.as_millis_f64(),
    }
}

fn millis(span: Duration) -> f64 {
    Instant::from_nanos(duration_nanos(span)).as_millis_f64()
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}
