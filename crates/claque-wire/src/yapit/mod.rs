//! The yapit gateway's wire: WebSocket messages, REST bodies and tokens, of both eras.
//!
//! [`ClientSession`] is the listener's side of one WebSocket; [`ClientMessage::decode`] and
//! [`ServerMessage::encode`] are the gateway's. Nothing here opens a connection.

mod client_message;
mod conversation;
pub mod extraction;
mod failure;
pub mod json;
pub mod jwt;
mod python;
pub mod rest;
mod server_message;
mod session;
mod validation;

use serde::Serialize;

pub use self::{
    client_message::{ClientMessage, ClientMessageError, Limits, SynthesisMode},
    conversation::{BlockReport, Consequence, Conversation},
    failure::{block_error_class, close, handshake_refused, http_failure, limit_window, session_error},
    server_message::{BlockStatus, ServerMessage, ServerMessageError, Status},
    session::{ClientSession, SessionEvent},
};

/// The two generations of the protocol in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// February 2026: `cursor` and `synthesis_mode` required, no cap on indices, fewer status fields.
    Feb2026,
    /// August 2026 and later.
    Current,
}

/// Where the WebSocket is, below the service's address.
pub const SOCKET_PATH: &str = "/api/v1/ws/tts";

/// Where audio is, below the service's address, of which a message says that it is at `url`: a path below the API, or a URL.
#[must_use]
pub fn audio_path(url: &str) -> String {
    if url.starts_with('/') {
        return ["/api", url].concat();
    }
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    if is_url { url.to_owned() } else { ["/api/", url].concat() }
}

/// The voice of a model when none is named: its default if that is among the slugs on offer, else the first of them.
#[must_use]
pub fn usual_voice<'a>(model: &str, offered: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let default = match model {
        "kokoro" => Some("af_heart"),
        "inworld-1.5" | "inworld-1.5-max" => Some("alex"),
        _ => None,
    };
    let mut first = None;
    for slug in offered {
        if Some(slug) == default {
            return Some(slug);
        }
        first = first.or(Some(slug));
    }
    first
}

/// Writes a message of this module as JSON.
fn to_json(message: &impl Serialize) -> String {
    /// Bytes that hold most messages, so that one seldom grows while it is written.
    const USUAL: usize = 384;
    let mut bytes = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut bytes, message).expect("structs of strings and integers always serialise");
    String::from_utf8(bytes).expect("JSON is UTF-8")
}
