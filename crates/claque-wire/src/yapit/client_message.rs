//! What a client sends over the WebSocket.

use serde::Serialize;

use super::{Era, python::Value, to_json, validation::Checker};

/// Most indices of one request in the current era.
const CURRENT_MAX_BLOCKS: usize = 32;
/// Names of [`SynthesisMode`] on the wire, in its order.
const MODES: [&str; 2] = ["browser", "server"];

/// A message from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Asks for the audio of blocks.
    Synthesize {
        /// The document, as a lower-case hyphenated UUID once decoded.
        document_id: String,
        /// The blocks, in the order wanted; may be out of range or negative.
        block_indices: Vec<i64>,
        /// Slug of the model.
        model: String,
        /// Slug of the voice.
        voice: String,
        /// Where the player stands; only the older era asks for it, no era reads it.
        cursor: Option<i64>,
        /// Where the audio is made; only the older era asks for it.
        synthesis_mode: Option<SynthesisMode>,
    },
    /// Says that the player has jumped.
    CursorMoved {
        /// The document, as a lower-case hyphenated UUID once decoded.
        document_id: String,
        /// The block jumped to.
        cursor: i64,
    },
}

/// Where the audio is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SynthesisMode {
    /// In the listener's browser; a server has nothing to do.
    Browser,
    /// By the server.
    Server,
}

/// Why a server refuses a client's message; its display is what the server answers, word for word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientMessageError {
    /// The text is no JSON.
    #[error("Invalid JSON")]
    InvalidJson,
    /// The text is JSON but no object, which the server does not foresee.
    #[error("Internal server error")]
    NotAnObject,
    /// The `type` is none of the known ones.
    #[error("Unknown message type: {0}")]
    UnknownType(String),
    /// Fields are missing or wrong; several lines.
    #[error("{0}")]
    Validation(String),
}

/// What a server asks of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Decides which fields are required.
    pub era: Era,
    /// Most indices of one request; nothing for no limit.
    pub max_blocks: Option<usize>,
}

impl From<Era> for Limits {
    /// The limits of a server as published.
    fn from(era: Era) -> Self {
        let max_blocks = match era {
            Era::Feb2026 => None,
            Era::Current => Some(CURRENT_MAX_BLOCKS),
        };
        Self { era, max_blocks }
    }
}

impl ClientMessage {
    /// Writes the message so that servers of both eras accept it: what only the older one needs is always
    /// there, a missing cursor becomes the first index and a missing mode `server`.
    #[must_use]
    pub fn encode(&self) -> String {
        let wire = match self {
            Self::Synthesize { document_id, block_indices, model, voice, cursor, synthesis_mode } => {
                let mode = synthesis_mode.unwrap_or(SynthesisMode::Server);
                let cursor = cursor.or_else(|| block_indices.first().copied()).unwrap_or(0);
                ClientWire::Synthesize {
                    document_id,
                    block_indices,
                    model,
                    voice,
                    cursor,
                    synthesis_mode: mode.as_str(),
                }
            }
            Self::CursorMoved { document_id, cursor } => {
                ClientWire::CursorMoved { document_id, cursor: *cursor }
            }
        };
        to_json(&wire)
    }

    /// Reads a text frame as a server does. `limits` is an [`Era`] or [`Limits`] of one's own.
    ///
    /// # Errors
    /// Gives the server's complaint; see [`ClientMessageError`].
    pub fn decode(text: &str, limits: impl Into<Limits>) -> Result<Self, ClientMessageError> {
        let value: Value = serde_json::from_str(text).map_err(|_| ClientMessageError::InvalidJson)?;
        let Value::Dict(_) = &value else {
            return Err(ClientMessageError::NotAnObject);
        };
        match value.member("type") {
            Some(Value::Text(name)) if name == "synthesize" => decode_synthesize(&value, limits.into()),
            Some(Value::Text(name)) if name == "cursor_moved" => decode_cursor_moved(&value),
            other => Err(ClientMessageError::UnknownType(other.unwrap_or(&Value::None).to_text())),
        }
    }
}

impl SynthesisMode {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Browser => MODES[0],
            Self::Server => MODES[1],
        }
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ClientWire<'a> {
    Synthesize {
        document_id: &'a str,
        block_indices: &'a [i64],
        model: &'a str,
        voice: &'a str,
        cursor: i64,
        synthesis_mode: &'static str,
    },
    CursorMoved {
        document_id: &'a str,
        cursor: i64,
    },
}

fn decode_synthesize(value: &Value, limits: Limits) -> Result<ClientMessage, ClientMessageError> {
    let required = match limits.era {
        Era::Feb2026 => true,
        Era::Current => false,
    };
    let mut checker = Checker::new(value);
    // Complaints come in the order of the server's fields.
    let document_id = checker.uuid("document_id");
    let block_indices = checker.integers("block_indices", limits.max_blocks);
    let cursor = if required { checker.integer("cursor") } else { Checker::new(value).integer("cursor") };
    let model = checker.text("model");
    let voice = checker.text("voice");
    let mode = if required {
        checker.word("synthesis_mode", &MODES)
    } else {
        Checker::new(value).word("synthesis_mode", &MODES)
    };
    let synthesis_mode = match mode {
        Some(0) => Some(SynthesisMode::Browser),
        Some(_) => Some(SynthesisMode::Server),
        None => None,
    };
    match (checker.into_text("WSSynthesizeRequest"), document_id, block_indices, model, voice) {
        (None, Some(document_id), Some(block_indices), Some(model), Some(voice)) => {
            Ok(ClientMessage::Synthesize { document_id, block_indices, model, voice, cursor, synthesis_mode })
        }
        (complaints, ..) => Err(ClientMessageError::Validation(complaints.unwrap_or_default())),
    }
}

fn decode_cursor_moved(value: &Value) -> Result<ClientMessage, ClientMessageError> {
    let mut checker = Checker::new(value);
    let document_id = checker.uuid("document_id");
    let cursor = checker.integer("cursor");
    match (checker.into_text("WSCursorMoved"), document_id, cursor) {
        (None, Some(document_id), Some(cursor)) => Ok(ClientMessage::CursorMoved { document_id, cursor }),
        (complaints, ..) => Err(ClientMessageError::Validation(complaints.unwrap_or_default())),
    }
}
