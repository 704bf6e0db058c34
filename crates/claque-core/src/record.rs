//! The facts of a run: what happened to each block, stall and listener.
//!
//! Every figure is computed from these afterwards; no figure is computed while a run goes on.

use crate::{
    event::{Failure, FailureClass},
    ids::{BlockIdx, ListenerId},
    time::{Duration, Instant, MediaTime},
};

/// One fact, in the order it became final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A block is done with, played or not.
    Block(BlockRecord),
    /// A stall is over.
    Stall(StallRecord),
    /// Something failed.
    Error(ErrorRecord),
    /// A listener is finished.
    Listener(ListenerRecord),
}

/// Everything known of one block of one listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    /// Whose block.
    pub listener: ListenerId,
    /// Which block.
    pub block: BlockIdx,
    /// Which request of the listener asked for it first, from 0.
    pub batch: u32,
    /// Characters of its text; 0 when not known.
    pub chars: u32,
    /// When the listener came to want it: the scheduled start for the first batch, later the moment on the
    /// media timeline at which the prefetch window reached it.
    pub intended_at: Instant,
    /// When the request naming it was written.
    pub requested_at: Option<Instant>,
    /// When the service first acknowledged it.
    pub acknowledged_at: Option<Instant>,
    /// When the service said it is ready.
    pub ready_at: Option<Instant>,
    /// When its first audio byte that is not a container header was read.
    pub first_audio_at: Option<Instant>,
    /// When its audio was whole.
    pub complete_at: Option<Instant>,
    /// When it began to play, on the media timeline.
    pub started_at: Option<Instant>,
    /// Its audio, as counted from the container.
    pub media: MediaTime,
    /// Payload bytes of its audio.
    pub bytes: u64,
    /// Arrivals (reads) its audio came in.
    pub chunks: u32,
    /// Largest (time since its first chunk - audio received before), in time; none for single-chunk replies.
    pub buffer_deficit: Option<Duration>,
    /// How often it was asked for again.
    pub resends: u8,
    /// What became of it.
    pub outcome: BlockOutcome,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockOutcome {
    /// Heard to its end.
    Played,
    /// Arrived whole, but the session ended before it was heard to its end.
    Unplayed,
    /// Nothing to speak; stepped over.
    Skipped,
    /// Failed, and why.
    Failed(FailureClass),
    /// Still wanted when the listener was stopped.
    Stopped,
}

impl BlockOutcome {
    /// Whether the service delivered what was asked: played, arrived, or rightly silent.
    #[must_use]
    pub const fn is_success(self) -> bool {
        match self {
            Self::Played | Self::Unplayed | Self::Skipped => true,
            Self::Failed(_) | Self::Stopped => false,
        }
    }

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Played => "played",
            Self::Unplayed => "unplayed",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
            Self::Stopped => "stopped",
        }
    }
}

/// One underrun: playback had started, the next audio was not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StallRecord {
    /// Who waited.
    pub listener: ListenerId,
    /// The block waited for.
    pub block: BlockIdx,
    /// When the audio before it ended, on the media timeline.
    pub began_at: Instant,
    /// How long; ends when playback resumes or the session ends.
    pub waited: Duration,
}

/// One failure with its time and place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorRecord {
    /// Whose session.
    pub listener: ListenerId,
    /// When.
    pub at: Instant,
    /// What.
    pub failure: Failure,
}

/// One listener's session from intended start to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerRecord {
    /// Who.
    pub listener: ListenerId,
    /// The document played, as the service names it.
    pub document: String,
    /// Blocks the listener set out to hear.
    pub blocks: u32,
    /// When the schedule said to start.
    pub intended_at: Instant,
    /// When the generator really started it.
    pub launched_at: Instant,
    /// Transport and handshake.
    pub connect_time: Option<Duration>,
    /// When playback first started.
    pub started_at: Option<Instant>,
    /// When the session ended.
    pub ended_at: Instant,
    /// How it ended.
    pub end: SessionEnd,
    /// Messages of foreign documents seen on its connection.
    pub foreign_messages: u64,
    /// Messages that were not understood and changed nothing.
    pub warnings: u64,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SessionEnd {
    /// Every block was played or stepped over.
    Completed,
    /// The run was stopped first.
    Stopped,
    /// A failure ended it.
    Failed(FailureClass),
}

impl SessionEnd {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
        }
    }
}
