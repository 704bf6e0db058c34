//! A service that does what a script says: which message comes when, which connection is refused or closed, what becomes of a
//! fetch. It is a pure machine like the reference gateway, and its messages are the same, so that whatever hosts the one can
//! host the other.
//!
//! A script says for single requests of single blocks what they are answered; the rest is answered by a plain queue with
//! workers. Recordings of deployed players were made against such scripts.

mod message;
mod server;
mod workers;

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant, MediaTime};

pub use self::{
    message::{Dialled, Fetched, ScriptedInput, ScriptedOutput},
    server::ScriptedServer,
};
use crate::yapit::gateway::Era;

/// All that a scripted service does.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// Which fields its messages have.
    pub era: Era,
    /// Length of every block's audio that is not in `audio_of`.
    pub audio: MediaTime,
    /// Length of single blocks' audio.
    pub audio_of: BTreeMap<u32, MediaTime>,
    /// From a request until it is acknowledged and reaches the queue, and from a jump until its withdrawals are told.
    pub acknowledged_after: Duration,
    /// Whether the queue says `queued`.
    pub acknowledges: bool,
    /// The workers of the queue.
    pub workers: ScriptedWorkers,
    /// What answers every request that `blocks` says nothing of, in place of the queue.
    pub default: Option<Vec<Step>>,
    /// What answers requests of single blocks.
    pub blocks: BTreeMap<u32, BlockScript>,
    /// What happens besides.
    pub events: Vec<ScriptedEvent>,
    /// How long a handshake takes.
    pub handshake: Duration,
    /// What becomes of the first dials, one after the other.
    pub dials: Vec<DialScript>,
    /// What becomes of all later ones.
    pub later_dials: DialScript,
    /// From the call for a block's audio to the answer.
    pub audio_after: Duration,
    /// What becomes of calls for single blocks' audio.
    pub fetches: BTreeMap<u32, FetchScript>,
    /// What is withdrawn when a listener jumps.
    pub withdraws: EvictedOnJump,
}

/// Workers that take blocks from one queue, first come first served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptedWorkers {
    /// How many, at least 1.
    pub count: u32,
    /// Time for a block that is not in `service_of`.
    pub service: Duration,
    /// Time for single blocks.
    pub service_of: BTreeMap<u32, Duration>,
    /// How often the block in hand is told to be in work; none for never.
    pub processing_every: Option<Duration>,
}

/// What answers the requests of one block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BlockScript {
    /// The first requests, one after the other.
    pub requests: Vec<Answer>,
    /// All later ones.
    pub rest: Answer,
}

/// What answers one request of one block.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The queue.
    Queue,
    /// These steps; none is silence.
    Steps(Vec<Step>),
}

impl Default for Answer {
    fn default() -> Self {
        Self::Steps(Vec::new())
    }
}

/// One step of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: StepTime,
    /// What is said.
    pub say: Say,
    /// How often, at least 1.
    pub times: u32,
    /// Time between one and the next.
    pub every: Duration,
}

/// When a step is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepTime {
    /// So long after the request.
    SinceRequest(Duration),
    /// So long after the step before.
    SinceLast(Duration),
}

/// What is said of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// It waits.
    Queued,
    /// It is being made.
    Processing,
    /// It can be fetched.
    Cached,
    /// There is nothing to speak.
    Skipped,
    /// It failed.
    Error {
        /// The words, if there are any.
        text: Option<String>,
        /// Whether asking again may help.
        recoverable: bool,
    },
    /// It is withdrawn.
    Evicted,
}

/// The name by which events wait for what is said of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockMilestone {
    /// It was asked for.
    Asked,
    /// `queued` was said.
    Queued,
    /// `processing` was said.
    Processing,
    /// `cached` was said.
    Cached,
    /// `skipped` was said.
    Skipped,
    /// `error` was said.
    Error,
}

/// Something that happens besides answers, once.
#[derive(Clone, Debug, PartialEq)]
pub struct ScriptedEvent {
    /// When.
    pub trigger: Trigger,
    /// So much later.
    pub after: Duration,
    /// What.
    pub deed: ScriptedEffect,
}

/// What an event waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A moment.
    At(Instant),
    /// That something happens to a block.
    On {
        /// What.
        happening: BlockMilestone,
        /// The block.
        block: u32,
        /// The how-manieth time, from 1.
        nth: u32,
    },
}

/// What an event does.
#[derive(Clone, Debug, PartialEq)]
pub enum ScriptedEffect {
    /// Closes the connection.
    Close {
        /// With this code; 1006 is a connection that breaks without a word.
        code: u16,
        /// And these words.
        reason: String,
        /// For how long handshakes are refused then.
        down: Option<HandshakeOutage>,
        /// With which HTTP status.
        down_with: u16,
    },
    /// Says an error that names no block.
    Error {
        /// The words.
        text: String,
    },
    /// Withdraws blocks.
    Evict {
        /// These.
        blocks: Vec<u32>,
    },
    /// Says something of a block, asked for or not.
    Status {
        /// The block.
        block: u32,
        /// What.
        say: Say,
    },
}

/// How long handshakes are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeOutage {
    /// So long.
    For(Duration),
    /// For good.
    ForGood,
}

/// What becomes of a dial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DialScript {
    /// The HTTP status with which it is refused; none lets it in.
    pub refuse: Option<u16>,
    /// How long that takes, if not as long as every handshake.
    pub after: Option<Duration>,
    /// When the connection is closed again, counted from its opening, and with which code.
    pub close: Option<(Duration, u16)>,
}

/// What becomes of the calls for one block's audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchScript {
    /// The first calls, one after the other.
    pub fetches: Vec<FetchEnd>,
    /// All later ones.
    pub rest: FetchEnd,
    /// How long they take, if not as long as every call.
    pub after: Option<Duration>,
}

/// What becomes of a call for audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchEnd {
    /// The audio.
    Audio,
    /// This HTTP status.
    Refused(u16),
    /// Half of the audio, and then the connection breaks.
    Cut,
    /// A body that is no audio.
    NotAudio,
}

/// What is withdrawn when a listener jumps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvictedOnJump {
    /// All that is pending.
    All,
    /// What is pending and lies outside of the eight blocks before and the sixteen after the one jumped to.
    OutsideWindow,
    /// Nothing.
    Nothing,
}
