//! What goes into a scripted service and what comes out of it.

use claque_core::time::{Duration, MediaTime};
use claque_gateway::ConnId;

use super::FetchEnd;
use crate::yapit::gateway::{Notice, Request};

/// News for a scripted service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptedInput {
    /// A connection is dialled; answered by [`ScriptedOutput::Dialled`].
    Dial {
        /// Its name.
        conn: ConnId,
    },
    /// A message came in.
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
    /// Time has passed; nothing else happened.
    Wake,
}

/// News from a scripted service, at the moment of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptedOutput {
    /// What became of a dial.
    Dialled {
        /// The connection.
        conn: ConnId,
        /// The end of its handshake.
        end: Dialled,
    },
    /// A message for a connection.
    Notice {
        /// The connection.
        conn: ConnId,
        /// The message.
        notice: Notice,
    },
    /// The connection is closed.
    Close {
        /// The connection.
        conn: ConnId,
        /// Close code; 1006 breaks it without a word.
        code: u16,
        /// The words.
        reason: String,
    },
}

/// What became of a dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// It is open.
    Open,
    /// It was refused with this HTTP status.
    Refused(u16),
}

/// What a call for audio is answered, after a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// So long after the call.
    pub after: Duration,
    /// With this.
    pub end: FetchEnd,
    /// Length of the block's audio.
    pub media: MediaTime,
    /// Whose it is.
    pub block: u32,
}
