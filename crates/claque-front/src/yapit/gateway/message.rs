//! What goes into a gateway and what comes out of it.

use std::sync::Arc;

use claque_core::time::{Instant, MediaTime};
use claque_gateway::{ConnId, DocumentId, EngineCall, JobId, PipelineTimeout, Speech, UserId, VariantHash};

/// A close code that no close frame may have (RFC 6455 section 7.4.1): the connection ends without one.
pub const NO_CLOSE_FRAME: u16 = 1006;

/// News for the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Time has passed; nothing else happened.
    Wake,
    /// A connection was accepted; its user is known by now.
    Connected {
        /// The connection.
        conn: ConnId,
        /// Who is behind it.
        user: UserId,
    },
    /// A message that was understood came in.
    Request {
        /// The connection it came by.
        conn: ConnId,
        /// The message.
        request: Request,
    },
    /// A connection is gone. What it asked for is still made.
    Disconnected {
        /// The connection.
        conn: ConnId,
    },
    /// An external engine answers an [`Output::Synthesize`].
    Synthesized {
        /// The attempt it answers.
        job: JobId,
        /// The audio, or the engine's words.
        result: Result<Speech, String>,
    },
}

/// A client's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Asks for the audio of blocks.
    Synthesize {
        /// The document.
        document: DocumentId,
        /// Blocks in the order wanted; may be out of range, negative or named twice.
        blocks: Vec<i64>,
        /// Slug of the model.
        model: Arc<str>,
        /// Slug of the voice.
        voice: Arc<str>,
    },
    /// Says that the player has jumped.
    CursorMoved {
        /// The document.
        document: DocumentId,
        /// The block jumped to.
        cursor: i64,
    },
}

/// News from the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A message for a connection.
    Notice {
        /// The connection.
        conn: ConnId,
        /// When it happened: never later than the `now` of the call, and earlier when the call came late.
        at: Instant,
        /// The message.
        notice: Notice,
    },
    /// Work for an external engine, see `Engine::External`; answered by [`Input::Synthesized`].
    Synthesize(EngineCall),
    /// An injected fault: close the connection.
    Close {
        /// The connection.
        conn: ConnId,
        /// When it happened.
        at: Instant,
        /// WebSocket close code; [`NO_CLOSE_FRAME`] for an end without a word.
        code: u16,
        /// Close reason.
        reason: String,
    },
    /// An injected fault: send something that is no message.
    Garbage {
        /// The connection.
        conn: ConnId,
        /// When it happened.
        at: Instant,
    },
}

/// A message for a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// News of one block.
    Status(BlockNotice),
    /// Blocks that were asked for and will not be waited for.
    Evicted {
        /// The document.
        document: DocumentId,
        /// The blocks, ascending.
        blocks: Vec<i64>,
    },
    /// The request is refused; carries no block.
    Error {
        /// The gateway's words.
        text: String,
    },
}

impl Notice {
    /// The block on which nothing more follows after this message; none where there is none.
    pub(super) const fn final_word_on(&self) -> Option<i64> {
        match self {
            Self::Status(status) if status.status.is_final() => Some(status.block),
            Self::Status(_) | Self::Evicted { .. } | Self::Error { .. } => None,
        }
    }
}

/// News of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockNotice {
    /// The document.
    pub document: DocumentId,
    /// The block as it was asked for.
    pub block: i64,
    /// What became of it.
    pub status: BlockStatus,
    /// Names the audio. With `queued` only in the current era, and then it says nothing of readiness.
    pub variant: Option<VariantHash>,
    /// Length of the audio; only with `cached`.
    pub duration: Option<MediaTime>,
    /// Why it failed; only with `error`.
    pub error: Option<String>,
    /// False when asking for more is of no use.
    pub recoverable: bool,
    /// Slug of the model asked for.
    pub model: Arc<str>,
    /// Slug of the voice asked for.
    pub voice: Arc<str>,
}

/// What the gateway says of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BlockStatus {
    /// To be made.
    Queued,
    /// Being made. On the list of the protocol; no server was seen to send it, and this gateway does so only by an injected
    /// fault.
    Processing,
    /// Ready to be fetched.
    Cached,
    /// Nothing to speak, or no such block.
    Skipped,
    /// Failed for good.
    Error,
}

impl BlockStatus {
    /// Whether nothing more follows for the block.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Processing => false,
            Self::Cached | Self::Skipped | Self::Error => true,
        }
    }
}

/// Why a gateway wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeoutReason {
    /// Outputs of an earlier call were not drained.
    OutputsWaiting,
    /// A block of an earlier request is admitted.
    Admission,
    /// A worker finishes, or a request to the overflow provider ends.
    WorkEnds,
    /// A scan of the workers or of the queues is due.
    Scan,
    /// By an injected fault every connection is closed.
    Outage,
    /// Another injected fault says or does something.
    Fault,
}

impl From<PipelineTimeout> for TimeoutReason {
    fn from(reason: PipelineTimeout) -> Self {
        match reason {
            PipelineTimeout::WorkEnds => Self::WorkEnds,
            PipelineTimeout::Scan => Self::Scan,
        }
    }
}
