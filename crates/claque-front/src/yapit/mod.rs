//! A yapit gateway's side of its protocol: REST calls, WebSockets, and a script in its place.
//!
//! [`YapitFront`] takes calls, messages and time, and gives answers, messages and orders, with a [`gateway::Gateway`] behind it:
//! the same service for typed calls. What a call or a message means is decided here; who has sockets frames and moves bytes,
//! makes sound, and counts the pages of uploads. Whoever needs no bytes (virtual time) speaks to the gateway and shares
//! [`extraction`] and [`block_status`].

mod accounts;
mod answer;
mod documents;
pub mod extraction;
mod front;
pub mod gateway;
mod handshake;
mod identity;
mod messages;
mod metrics;
mod routes;
mod script;
pub mod scripted;

use core::ops::Range;
use std::sync::Arc;

use claque_core::time::Instant;
use claque_gateway::{ConnId, JobId, Speech};

use self::gateway::{BodyFlaw, TimeoutReason as GatewayTimeout};
pub use self::{
    front::{FrontStats, YapitFront},
    messages::{block_status, encode},
    script::{ScriptInput, ScriptLogEntry, ScriptOptions},
};
use crate::call::{CallId, Head, Request};

/// What an injected fault sends in place of a message: one that was cut.
pub const GARBAGE: &str = r#"{"type":"status","document_id":"#;

/// News for the service.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Time has passed.
    Wake,
    /// A call has come, whole.
    Call {
        /// Its number.
        call: CallId,
        /// From where, and when by the wall clock.
        origin: Origin<'a>,
        /// What it says.
        request: Request<'a>,
    },
    /// Who made a call has left; there is nobody to answer.
    Left {
        /// The call.
        call: CallId,
    },
    /// The pages of an upload were counted, as [`Output::CountPages`] orders.
    Counted {
        /// The call it came by.
        call: CallId,
        /// Its pages; none where they cannot be counted.
        pages: Option<u32>,
    },
    /// A connection is a WebSocket now, as [`Output::Upgrade`] orders.
    Upgraded {
        /// The connection.
        conn: ConnId,
    },
    /// A text came by a WebSocket.
    Text {
        /// The connection.
        conn: ConnId,
        /// The whole message.
        text: &'a str,
    },
    /// A WebSocket is gone, or will never be one.
    Disconnected {
        /// The connection.
        conn: ConnId,
    },
    /// An engine of the host answers an [`Output::Synthesize`].
    Synthesized {
        /// The attempt it answers.
        job: JobId,
        /// The audio, or the engine's words.
        result: Result<Speech, String>,
    },
}

/// Where a call comes from.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Client address, as limits tell addresses apart.
    pub address: &'a str,
    /// The wall clock at this moment, in nanoseconds since 1970: dates and the ends of tokens are told by it.
    pub unix_nanos: u64,
    /// Whether the call asks to go on as a WebSocket.
    pub upgrade: Upgrade,
}

/// Whether a call asks to go on as a WebSocket (RFC 6455 section 4.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upgrade {
    /// It does not.
    No,
    /// It does; this is to be the connection's name.
    WebSocket(ConnId),
    /// It does, in a version that is not spoken here, or without a key.
    Unsuitable,
}

/// What the service wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// A call is answered.
    Answer {
        /// The call.
        call: CallId,
        /// The answer.
        answer: Answer,
    },
    /// A call is answered by going on as the WebSocket whose name it came with; [`Input::Upgraded`] follows.
    Upgrade {
        /// The call.
        call: CallId,
    },
    /// The pages of a PDF document are to be counted, where neither a file that takes long nor one that makes its reader fall is in
    /// anybody's way; answered by [`Input::Counted`].
    CountPages {
        /// The call it came by.
        call: CallId,
        /// Where in the call's body the file is.
        file: Range<usize>,
    },
    /// A message for a WebSocket.
    Text {
        /// The connection.
        conn: ConnId,
        /// The message.
        text: String,
    },
    /// A WebSocket is to be closed.
    Close {
        /// The connection.
        conn: ConnId,
        /// Close code.
        code: u16,
        /// Close reason.
        reason: String,
    },
    /// A WebSocket is to end without a word.
    Cut {
        /// The connection.
        conn: ConnId,
    },
    /// Work for the host's engine; answered by [`Input::Synthesized`].
    Synthesize {
        /// Names the attempt.
        job: JobId,
        /// What to speak.
        text: Arc<str>,
        /// Slug of the model.
        model: Arc<str>,
        /// Slug of the voice.
        voice: Arc<str>,
    },
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its head.
    pub head: Head,
    /// Its body.
    pub body: Body,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// These bytes.
    Bytes(Vec<u8>),
    /// Speech, which the host writes down.
    Speech {
        /// What it is.
        speech: Arc<Speech>,
        /// What is wrong with the body that is sent instead, by an injected fault.
        flaw: Option<BodyFlaw>,
    },
}

/// Why a body was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyReadError {
    /// It is longer than may be.
    TooLong,
    /// The connection or its framing broke.
    Broken,
}

/// Why the service wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeoutReason {
    /// Outputs of an earlier call were not drained.
    OutputsWaiting,
    /// The gateway wants it.
    Gateway(GatewayTimeout),
    /// The script has something to do.
    Script,
    /// An answer is due.
    Answer,
}

/// When the service is to be woken at the latest, and why.
type Timeout = (Instant, TimeoutReason);
