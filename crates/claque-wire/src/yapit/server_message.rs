//! What a server sends over the WebSocket.

use core::fmt;
use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Visitor};

use super::{Era, to_json, validation::whole};

/// A message from a server. Text is borrowed from the frame where it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerMessage<'a> {
    /// News of one block.
    Status(Status<'a>),
    /// Blocks that were asked for and will not be made.
    Evicted {
        /// The document they belong to.
        document_id: Cow<'a, str>,
        /// The blocks, in no order.
        block_indices: Vec<i64>,
    },
    /// The server refuses or failed; carries no block.
    Error {
        /// The server's words.
        error: Cow<'a, str>,
    },
}

/// News of one block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status<'a> {
    /// The document the block belongs to.
    pub document_id: Cow<'a, str>,
    /// The block as it was asked for: may be out of range or negative.
    pub block_idx: i64,
    /// What became of it.
    pub status: BlockStatus,
    /// Where its audio is or will be, relative to the API's base.
    pub audio_url: Option<Cow<'a, str>>,
    /// Why it failed.
    pub error: Option<Cow<'a, str>>,
    /// False when asking for more is of no use; not said by the older era, where it means true.
    pub recoverable: Option<bool>,
    /// The model asked for.
    pub model_slug: Option<Cow<'a, str>>,
    /// The voice asked for.
    pub voice_slug: Option<Cow<'a, str>>,
    /// JSON text with the words' times, passed on unread; not said by the older era.
    pub word_timestamps: Option<Cow<'a, str>>,
    /// Length of the audio in milliseconds; not said by the older era.
    pub duration_ms: Option<u64>,
}

/// What a server says of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockStatus {
    /// To be made; an audio address does not mean that it is.
    Queued,
    /// Being made.
    Processing,
    /// Made: the audio can be fetched.
    Cached,
    /// Nothing to speak, or no such block.
    Skipped,
    /// Failed.
    Error,
}

/// Why a server's text frame was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerMessageError {
    /// The text is no JSON.
    #[error("server sent invalid JSON: {head}")]
    InvalidJson {
        /// The first 80 characters.
        head: String,
    },
    /// The `type` is none of the known ones.
    #[error("server sent a message of unknown type {name}")]
    UnknownType {
        /// The type, or `none`.
        name: String,
    },
    /// The block's `status` is none of the known ones.
    #[error("server sent the unknown status '{name}'")]
    UnknownStatus {
        /// The status.
        name: String,
        /// The document spoken of.
        document_id: String,
    },
    /// The type is known, but a field is missing or of a wrong type.
    #[error("server sent a malformed {name} message: {problem}")]
    Malformed {
        /// The type.
        name: String,
        /// What is wrong.
        problem: String,
    },
}

impl<'a> ServerMessage<'a> {
    /// Reads a text frame of either era; unknown fields are passed over.
    ///
    /// # Errors
    /// Says what was not understood; see [`ServerMessageError`].
    pub fn decode(text: &'a str) -> Result<Self, ServerMessageError> {
        match serde_json::from_str::<Frame<'a>>(text) {
            Ok(frame) => frame.into_message(),
            Err(problem) => Err(explain(text, &problem)),
        }
    }

    /// Writes the message with the fields, and their order, of a server of that era.
    #[must_use]
    pub fn encode(&self, era: Era) -> String {
        match (self, era) {
            (Self::Status(status), Era::Current) => to_json(&CurrentStatus::new(status)),
            (Self::Status(status), Era::Feb2026) => to_json(&Feb2026Status::new(status)),
            (Self::Evicted { document_id, block_indices }, Era::Feb2026 | Era::Current) => {
                to_json(&Evicted { r#type: "evicted", document_id, block_indices })
            }
            (Self::Error { error }, Era::Feb2026 | Era::Current) => {
                to_json(&SessionError { r#type: "error", error })
            }
        }
    }
}

impl BlockStatus {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "queued" => Some(Self::Queued),
            "processing" => Some(Self::Processing),
            "cached" => Some(Self::Cached),
            "skipped" => Some(Self::Skipped),
            "error" => Some(Self::Error),
            _ => None,
        }
    }
}

/// Every field of every message, so that one pass over the text is enough.
#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow, default)]
    r#type: Text<'a>,
    #[serde(borrow, default)]
    document_id: Text<'a>,
    block_idx: Option<i64>,
    block_indices: Option<Vec<i64>>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    audio_url: Text<'a>,
    #[serde(borrow, default)]
    error: Text<'a>,
    recoverable: Option<bool>,
    #[serde(borrow, default)]
    model_slug: Text<'a>,
    #[serde(borrow, default)]
    voice_slug: Text<'a>,
    #[serde(borrow, default)]
    word_timestamps: Text<'a>,
    #[serde(default, deserialize_with = "milliseconds")]
    duration_ms: Option<u64>,
}

impl<'a> Frame<'a> {
    fn into_message(self) -> Result<ServerMessage<'a>, ServerMessageError> {
        match self.r#type.0.as_deref() {
            Some("status") => self.into_status(),
            Some("evicted") => {
                let (Some(document_id), Some(block_indices)) = (self.document_id.0, self.block_indices)
                else {
                    return Err(missing("evicted", "document_id or block_indices"));
                };
                Ok(ServerMessage::Evicted { document_id, block_indices })
            }
            Some("error") => {
                let error = self.error.0.ok_or_else(|| missing("error", "error"))?;
                Ok(ServerMessage::Error { error })
            }
            Some(name) => Err(ServerMessageError::UnknownType { name: format!("'{name}'") }),
            None => Err(ServerMessageError::UnknownType { name: "none".to_owned() }),
        }
    }

    fn into_status(self) -> Result<ServerMessage<'a>, ServerMessageError> {
        let document_id = self.document_id.0.ok_or_else(|| missing("status", "document_id"))?;
        let name = self.status.0.ok_or_else(|| missing("status", "status"))?;
        let Some(status) = BlockStatus::parse(&name) else {
            let document_id = document_id.into_owned();
            return Err(ServerMessageError::UnknownStatus { name: name.into_owned(), document_id });
        };
        Ok(ServerMessage::Status(Status {
            document_id,
            block_idx: self.block_idx.ok_or_else(|| missing("status", "block_idx"))?,
            status,
            audio_url: self.audio_url.0,
            error: self.error.0,
            recoverable: self.recoverable,
            model_slug: self.model_slug.0,
            voice_slug: self.voice_slug.0,
            word_timestamps: self.word_timestamps.0,
            duration_ms: self.duration_ms,
        }))
    }
}

fn missing(name: &str, field: &str) -> ServerMessageError {
    ServerMessageError::Malformed { name: name.to_owned(), problem: format!("no {field}") }
}

/// Finds out why a text is no frame: not JSON, not of a known type, or of one with a wrong field.
#[cold]
fn explain(text: &str, problem: &serde_json::Error) -> ServerMessageError {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else {
        return ServerMessageError::InvalidJson { head: text.chars().take(80).collect() };
    };
    match value.get("type") {
        Some(serde_json::Value::String(name)) if matches!(name.as_str(), "status" | "evicted" | "error") => {
            ServerMessageError::Malformed { name: name.clone(), problem: problem.to_string() }
        }
        Some(name) => ServerMessageError::UnknownType { name: name.to_string().replace('"', "'") },
        None => ServerMessageError::UnknownType { name: "none".to_owned() },
    }
}

/// Text that may be null, borrowed unless it has escapes. (An `Option` of a `Cow` would never borrow.)
#[derive(Default)]
struct Text<'a>(Option<Cow<'a, str>>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or null")
    }

    fn visit_none<E>(self) -> Result<Text<'de>, E> {
        Ok(Text(None))
    }

    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text(None))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text<'de>, D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }
}

/// Milliseconds as an integer or as a float, which is rounded down; a negative one is no length.
pub(crate) fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = Option::<serde_json::Number>::deserialize(deserializer)?;
    Ok(number.and_then(|number| {
        let floored = || number.as_f64().and_then(|ms| whole(ms.floor()));
        number.as_u64().or_else(|| floored().and_then(|ms| u64::try_from(ms).ok()))
    }))
}

#[derive(Serialize)]
struct CurrentStatus<'a> {
    r#type: &'static str,
    document_id: &'a str,
    block_idx: i64,
    status: BlockStatus,
    audio_url: Option<&'a str>,
    error: Option<&'a str>,
    recoverable: bool,
    model_slug: Option<&'a str>,
    voice_slug: Option<&'a str>,
    word_timestamps: Option<&'a str>,
    duration_ms: Option<u64>,
}

impl<'a> CurrentStatus<'a> {
    fn new(status: &'a Status<'_>) -> Self {
        Self {
            r#type: "status",
            document_id: &status.document_id,
            block_idx: status.block_idx,
            status: status.status,
            audio_url: status.audio_url.as_deref(),
            error: status.error.as_deref(),
            recoverable: status.recoverable.unwrap_or(true),
            model_slug: status.model_slug.as_deref(),
            voice_slug: status.voice_slug.as_deref(),
            word_timestamps: status.word_timestamps.as_deref(),
            duration_ms: status.duration_ms,
        }
    }
}

#[derive(Serialize)]
struct Feb2026Status<'a> {
    r#type: &'static str,
    document_id: &'a str,
    block_idx: i64,
    status: BlockStatus,
    audio_url: Option<&'a str>,
    error: Option<&'a str>,
    model_slug: Option<&'a str>,
    voice_slug: Option<&'a str>,
}

impl<'a> Feb2026Status<'a> {
    fn new(status: &'a Status<'_>) -> Self {
        Self {
            r#type: "status",
            document_id: &status.document_id,
            block_idx: status.block_idx,
            status: status.status,
            audio_url: status.audio_url.as_deref(),
            error: status.error.as_deref(),
            model_slug: status.model_slug.as_deref(),
            voice_slug: status.voice_slug.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Evicted<'a> {
    r#type: &'static str,
    document_id: &'a str,
    block_indices: &'a [i64],
}

#[derive(Serialize)]
struct SessionError<'a> {
    r#type: &'static str,
    error: &'a str,
}
