//! Incidents: what happens to listeners besides blocks, stalls and failures, and what they do.

use crate::{
    event::Failure,
    ids::{BlockIdx, ListenerId},
    time::{Duration, Instant},
};

/// Something that happened to a listener besides blocks, stalls and failures, or that it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentRecord {
    /// Whose session.
    pub listener: ListenerId,
    /// When it happened; of what lasts, when it began.
    pub at: Instant,
    /// What.
    pub incident: Incident,
}

/// The closed list of incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incident {
    /// There was no connection, from its loss or the first failure to make it.
    Outage {
        /// Until it was there again, was given up, or the session ended.
        lasted: Duration,
        /// How often it was dialled meanwhile.
        tries: u32,
        /// What ended the outage.
        end: OutageEnd,
        /// Why the connection was lost.
        failure: Failure,
    },
    /// A block was asked for again.
    Resent {
        /// The block.
        block: BlockIdx,
        /// Why.
        why: ResendReason,
    },
    /// A block could not be asked for when it was wanted, for want of a connection.
    Delayed {
        /// The block.
        block: BlockIdx,
        /// Until it was asked for.
        lasted: Duration,
    },
    /// A block was given up, having been waited for too long; it may be asked for again when it is needed.
    GivenUp {
        /// The block.
        block: BlockIdx,
    },
    /// Playback stood still because the listener wanted it to.
    Paused {
        /// How long.
        lasted: Duration,
    },
    /// The listener went elsewhere in the text.
    Jumped {
        /// The block it was at.
        from: BlockIdx,
        /// The block it went to.
        to: BlockIdx,
        /// By which button.
        how: Jump,
    },
    /// The listener chose another voice.
    VoiceChanged {
        /// The block it was at, which begins again.
        block: BlockIdx,
    },
    /// The listener left.
    HungUp {
        /// The block it was at.
        block: BlockIdx,
    },
    /// The listener interrupted an utterance.
    BargedIn {
        /// The utterance, of which nothing more was wanted.
        block: BlockIdx,
    },
}

/// What ended an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutageEnd {
    /// The connection was there again.
    Reconnected,
    /// It was not dialled any more.
    GivenUp,
    /// The session ended first.
    SessionEnded,
}

/// Why a block was asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResendReason {
    /// It was waited for too long.
    Overdue {
        /// Whether the service had acknowledged a request for it before; none in files from before that was put down.
        acknowledged: Option<bool>,
    },
    /// The service withdrew it.
    Withdrawn,
    /// The connection it was asked for by was lost.
    Reconnected,
    /// An earlier attempt had failed, was skipped or was given up, and the block is still wanted.
    Failed,
}

/// How a listener went elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Jump {
    /// To any block.
    Seek,
    /// To the next block.
    Skip,
}

impl OutageEnd {
    /// Every end.
    pub const ALL: [Self; 3] = [Self::Reconnected, Self::GivenUp, Self::SessionEnded];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reconnected => "reconnected",
            Self::GivenUp => "given-up",
            Self::SessionEnded => "session-ended",
        }
    }
}

impl ResendReason {
    /// Every reason.
    pub const ALL: [Self; 6] = [
        Self::Overdue { acknowledged: None },
        Self::Overdue { acknowledged: Some(false) },
        Self::Overdue { acknowledged: Some(true) },
        Self::Withdrawn,
        Self::Reconnected,
        Self::Failed,
    ];

    /// The name used in files. What is overdue has the name that it had when nobody looked whether it was acknowledged.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Overdue { .. } => "unacknowledged",
            Self::Withdrawn => "withdrawn",
            Self::Reconnected => "reconnected",
            Self::Failed => "failed",
        }
    }
}
