//! The closed set of events between the load model and any TTS service.
//!
//! A transport turns a protocol's bytes into these; a listener understands nothing else. Each event is
//! handed over with the moment its bytes were read. Nothing here assumes that audio arrives whole or is
//! fetched by reference: a service that streams sends several [`Event::Audio`] per block.

use core::fmt;

use crate::{
    ids::BlockIdx,
    remark::Findings,
    time::{Duration, MediaTime},
};

/// What a service, or the way to it, did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session is usable. `connect` is transport plus handshake, kept apart from all latencies.
    Dialed {
        /// Time from dialling to usable.
        connect: Duration,
    },
    /// The session is usable without a connection: each request finds or makes its own.
    Opened,
    /// A connection was made for one request. It is kept apart from all latencies, as that of [`Event::Dialed`].
    Connected {
        /// Time from dialling to usable.
        connect: Duration,
    },
    /// The request that names these blocks has been written.
    Sent {
        /// Blocks of one request, in the order asked.
        blocks: Vec<BlockIdx>,
    },
    /// A request that was said to be written met a connection that had been closed before: it counts as never written, and is
    /// written again.
    Unsent {
        /// The block asked for.
        block: BlockIdx,
    },
    /// The service said something about a block.
    Status {
        /// The block spoken of.
        block: BlockIdx,
        /// What it said.
        kind: StatusKind,
    },
    /// Bytes of a block's audio arrived; container headers alone are none.
    Audio {
        /// The block they belong to.
        block: BlockIdx,
        /// Audio of this block delivered so far, this arrival included; container headers count nothing.
        delivered: MediaTime,
        /// Bytes of coded audio in this arrival, container overhead left out.
        bytes: u64,
    },
    /// A block's audio is whole: nothing more will come.
    Complete {
        /// The finished block.
        block: BlockIdx,
        /// Its length as counted from the container.
        media: MediaTime,
        /// What was found out by looking at it.
        findings: Findings,
    },
    /// The service withdrew blocks it had accepted.
    Evicted {
        /// The withdrawn blocks.
        blocks: Vec<BlockIdx>,
    },
    /// A message that belongs to somebody else's document arrived here.
    Foreign,
    /// Something unexpected that changes nothing for the listener.
    Warning {
        /// What it was, fit to print.
        text: String,
    },
    /// The service said that a block failed.
    BlockError {
        /// The failure, which kills that block.
        failure: Failure,
        /// Whether asking again may help.
        recoverable: bool,
    },
    /// A block's audio was fetched whole and is no audio. The failure kills the block.
    NotAudio(Failure),
    /// Something failed while the connection, if there is one, stands: the fetch of a block's audio, or the session.
    Failed(Failure),
    /// The connection could not be made, or is over. What becomes of the session is the listener's decision.
    Closed(Failure),
}

/// What a service says of a block besides its audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusKind {
    /// Accepted, waiting.
    Queued,
    /// Being made.
    Processing,
    /// Made now for this request, or served from a cache; audio can be had.
    Ready,
    /// Nothing to speak.
    Skipped,
}

/// One failure, as data.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Failure {
    /// Where on the way it happened.
    pub phase: Phase,
    /// What sort it is.
    pub class: FailureClass,
    /// The protocol's own number: an HTTP status or a WebSocket close code.
    pub code: Option<u16>,
    /// The service's words, or ours where it had none. Never a secret.
    pub text: String,
    /// What it ends.
    pub kills: FailureScope,
}

impl Failure {
    /// Whether the service surely did nothing: it said no (4xx), did not take it on (503; RFC 9110, section 15.6.4), or
    /// was never reached. After another failure of its own, or a connection that broke, nobody knows.
    #[must_use]
    pub const fn is_surely_refused(&self) -> bool {
        match self.code {
            Some(code) => (code >= 400 && code < 500) || code == 503,
            None => matches!(self.phase, Phase::Dial | Phase::Handshake),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "{} ({}): {}", self.class, code, self.text),
            None => write!(f, "{}: {}", self.class, self.text),
        }
    }
}

/// Where a failure happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Before its listener was there: while its document was made.
    Preparation,
    /// Name look-up and connection, TLS included.
    Dial,
    /// HTTP upgrade or protocol greeting.
    Handshake,
    /// Before any audio of the block concerned.
    BeforeAudio,
    /// After some of its audio.
    MidAudio,
}

/// What sort of failure it is; each is a row of the summary's errors by cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureClass {
    /// Credentials missing, wrong or expired.
    Auth,
    /// The request was not understood or names something unknown.
    Invalid,
    /// A rate or usage limit.
    Limit,
    /// The service says it is too busy.
    Overload,
    /// The service failed.
    Server,
    /// The bytes do not follow the protocol, or the audio is cut short or broken.
    Protocol,
    /// The connection could not be made or broke.
    Transport,
    /// Nothing was heard for too long.
    Timeout,
    /// Not the service failed but this machine: it had no open file, port, buffer, memory or thread left. A run that has
    /// one is INVALID.
    Generator,
}

impl FailureClass {
    /// Every class, in the order of reports.
    pub const ALL: [Self; 9] = [
        Self::Auth,
        Self::Invalid,
        Self::Limit,
        Self::Overload,
        Self::Server,
        Self::Protocol,
        Self::Transport,
        Self::Timeout,
        Self::Generator,
    ];

    /// Whether what was asked for must be changed, as opposed to a service in trouble: the same question gets the same answer.
    #[must_use]
    pub const fn is_callers(self) -> bool {
        match self {
            Self::Auth | Self::Invalid => true,
            Self::Limit
            | Self::Overload
            | Self::Server
            | Self::Protocol
            | Self::Transport
            | Self::Timeout
            | Self::Generator => false,
        }
    }

    /// Whether the same call may fare better in a moment: the service, the way to it or this machine may have stumbled once.
    /// What a limit refuses is waited for, and what took too long already is not tried again.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        match self {
            Self::Overload | Self::Server | Self::Transport | Self::Generator => true,
            Self::Auth | Self::Invalid | Self::Limit | Self::Protocol | Self::Timeout => false,
        }
    }

    /// The name used in files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Invalid => "invalid",
            Self::Limit => "limit",
            Self::Overload => "overload",
            Self::Server => "server",
            Self::Protocol => "protocol",
            Self::Transport => "transport",
            Self::Timeout => "timeout",
            Self::Generator => "generator",
        }
    }
}

impl fmt::Display for FailureClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a failure ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureScope {
    /// One block; the player steps over it.
    Block(BlockIdx),
    /// The whole session, with every block still pending.
    Session,
}
