//! Speech that is made in pieces: a chunk model of an engine that serves many streams at once, as GPU servers do.
//!
//! [`StreamingEngine`] is the machine, [`StreamingConfig`] its constants. It knows no text and no protocol: it is asked for
//! speech of a length and says when each piece of it is made. Work is shared evenly between the streams in the
//! slots (processor sharing), in whole nanoseconds, and is the same for every order of wake-ups.

mod engine;
mod faults;
mod sharing;

use core::num::NonZeroU32;

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};
use serde::{Deserialize, Serialize};

pub use self::{
    engine::{StreamingEngine, StreamingStats},
    faults::{StreamEffect, StreamFault, StreamSelector},
    sharing::Batching,
};
use crate::{
    pipeline::Engine,
    service::{LengthModel, ServiceModel},
    settings::{Interval, Pace, WrittenAs},
};

/// Constants of an engine that makes speech in pieces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamingConfig {
    /// Whether the machine makes pieces by its own timers, or the host makes speech when it is told to. In no table: `--engine` alone
    /// decides on it.
    #[serde(skip)]
    pub engine: Engine,
    /// How long a stream that is alone takes for its first piece.
    pub first_chunk: ServiceModel,
    /// How much audio a stream that is alone makes in a second after its first piece, in seconds.
    #[serde(with = "WrittenAs::<Pace>")]
    pub rate: Speed,
    /// Audio of each piece; the last one of a stream has what is left. Longer than zero.
    #[serde(rename = "chunk_seconds", with = "WrittenAs::<Interval>")]
    pub chunk: MediaTime,
    /// How long the audio is.
    pub length: LengthModel,
    /// Streams that are worked on at once. More wait, and the one that came first goes first.
    pub slots: NonZeroU32,
    /// Streams that wait for a slot at most; more are refused.
    pub max_queued: usize,
    /// How streams that are worked on at once slow each other down.
    pub batching: Batching,
    /// What becomes of a stream whose client has left.
    pub abandoned: Abandoned,
}

/// What becomes of a stream whose client has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abandoned {
    /// It is made to its end and holds its slot until then. Every server that was tried does so.
    Finished,
    /// It ends at once.
    Stopped,
}

/// A stream's number; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub u64);

/// News for an engine.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamingInput {
    /// Time has passed.
    Wake,
    /// Speech is wanted.
    Ask(StreamAsk),
    /// Who wanted it has left.
    Leave {
        /// The stream.
        stream: StreamId,
    },
    /// The host has made a stream's speech, or could not: its slot is free.
    Made {
        /// The stream.
        stream: StreamId,
    },
}

/// Speech that is wanted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamAsk {
    /// The stream.
    pub stream: StreamId,
    /// Characters of the text.
    pub chars: u32,
    /// How fast it is to be spoken.
    pub speed: Speed,
    /// Where the noise of this text comes from.
    pub seed: Seed,
    /// What goes wrong with it in the engine, by an injected fault.
    pub hindrance: Option<EngineFault>,
}

/// What goes wrong with a stream in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineFault {
    /// It makes audio at this rate when it is alone, whatever the others' is.
    Rate(Speed),
    /// It holds its slot and makes nothing, for this long or for ever, also when its client has left. Nothing is said of its end.
    Stuck(Option<Duration>),
}

/// What an engine does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamingOutput {
    /// A stream has a slot. With an engine of the host this is the moment to make its speech.
    Started {
        /// The stream.
        stream: StreamId,
        /// When.
        at: Instant,
    },
    /// A piece is made.
    Piece(Piece),
    /// Too many streams wait; this one is not made.
    Refused {
        /// The stream.
        stream: StreamId,
    },
}

/// A piece of a stream's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The stream.
    pub stream: StreamId,
    /// Its place in the stream, from 0.
    pub index: u32,
    /// How much audio it has.
    pub media: MediaTime,
    /// Whether it is the last one.
    pub is_last: bool,
    /// When it was made.
    pub at: Instant,
}

/// Why an engine wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StreamingTimeout {
    /// Outputs of an earlier call were not drained.
    OutputsWaiting,
    /// A piece is made.
    Piece,
    /// A slot that was held by an injected fault is free.
    SlotFreed,
}

impl Default for StreamingConfig {
    /// A small model on a GPU of the middle class, as its makers describe such: the first piece after 180 ms, eight times as fast as it
    /// plays, sixteen streams at once, of which each slows every other down by 15 % of its lone time. Sixteen at once
    /// then have their first piece after 585 ms and 2.5 seconds of audio a second each: no measured truth, but of the right size.
    fn default() -> Self {
        Self {
            engine: Engine::Modelled,
            first_chunk: ServiceModel::PerChar {
                overhead: Duration::from_millis(180),
                per_char: Duration::ZERO,
                sigma: 0.05,
            },
            rate: Speed::from_thousandths(8_000).unwrap_or(Speed::NORMAL),
            chunk: MediaTime::from_millis(200),
            // As the presets of the other engine.
            length: LengthModel::default(),
            slots: NonZeroU32::MIN.saturating_add(15),
            max_queued: 1_000,
            batching: Batching::Slowdown { thousandths: 150 },
            abandoned: Abandoned::Finished,
        }
    }
}
