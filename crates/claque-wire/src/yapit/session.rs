//! The listener's side of one WebSocket, as a pure machine: text frames to and from a [`Conversation`].

use std::sync::Arc;

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    time::MediaTime,
};

use super::{
    BlockStatus, ClientMessage, Consequence, Conversation, ServerMessage, ServerMessageError, Status,
    SynthesisMode, conversation::BlockReport, failure, json::without_lone_surrogates,
};

/// Longest `audio_url` that is followed, bytes: what common servers take in a request line (RFC 9112 section 3 recommends to
/// support 8,000).
const MOST_URL: usize = 8 << 10;

/// What follows from a text frame. Where audio is stands as the server gave it, relative to the API's base.
pub type SessionEvent<'a> = Consequence<&'a str>;

/// One listener's conversation about one document, in text frames.
///
/// What concerns another document or another voice changes nothing.
#[derive(Debug)]
pub struct ClientSession {
    document_id: Arc<str>,
    model: Arc<str>,
    voice: Arc<str>,
    has_changed_voice: bool,
    conversation: Conversation,
}

impl ClientSession {
    /// Makes the conversation about `document_id` with one model and voice, nothing asked yet.
    #[must_use]
    pub fn new(
        document_id: impl Into<Arc<str>>,
        model: impl Into<Arc<str>>,
        voice: impl Into<Arc<str>>,
    ) -> Self {
        let (document_id, model, voice) = (document_id.into(), model.into(), voice.into());
        Self { document_id, model, voice, has_changed_voice: false, conversation: Conversation::default() }
    }

    /// Notes that `blocks` are asked for and gives the text frame that asks.
    #[must_use]
    pub fn request(&mut self, blocks: &[BlockIdx]) -> String {
        blocks.iter().for_each(|block| self.conversation.ask(*block));
        self.frame(blocks, &self.voice)
    }

    /// Gives the text frame that asks in a voice that is no longer the listener's: what had waited for a connection. Nothing of
    /// the answers is wanted.
    #[must_use]
    pub fn request_in(&self, voice: &str, blocks: &[BlockIdx]) -> String {
        self.frame(blocks, voice)
    }

    fn frame(&self, blocks: &[BlockIdx], voice: &str) -> String {
        let block_indices: Vec<i64> = blocks.iter().map(|block| i64::from(block.0)).collect();
        ClientMessage::Synthesize {
            document_id: self.document_id.to_string(),
            cursor: block_indices.last().copied(),
            block_indices,
            model: self.model.to_string(),
            voice: voice.to_owned(),
            synthesis_mode: Some(SynthesisMode::Server),
        }
        .encode()
    }

    /// Gives the text frame that says that the player jumped.
    #[must_use]
    pub fn cursor_moved(&self, cursor: BlockIdx) -> String {
        ClientMessage::CursorMoved { document_id: self.document_id.to_string(), cursor: i64::from(cursor.0) }
            .encode()
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub fn forget(&mut self, blocks: &[BlockIdx]) {
        self.conversation.forget(blocks);
    }

    /// Asks in another voice from now on; whatever was asked for in the old one is not wanted any more.
    pub fn change_voice(&mut self, voice: String) {
        self.voice = voice.into();
        self.has_changed_voice = true;
        self.conversation.forget_all();
    }

    /// Takes a text frame and tells what follows from it, in order.
    pub fn handle_text(&mut self, text: &str, tell: &mut impl FnMut(SessionEvent<'_>)) {
        match ServerMessage::decode(text) {
            Ok(message) => self.handle_message(&message, tell),
            Err(problem) => self.handle_unreadable(text, &problem, tell),
        }
    }

    fn handle_message(&mut self, message: &ServerMessage<'_>, tell: &mut impl FnMut(SessionEvent<'_>)) {
        match message {
            ServerMessage::Status(status) if status.document_id != *self.document_id => {
                tell(SessionEvent::Event(Event::Foreign));
            }
            ServerMessage::Status(status) => self.handle_status(status, tell),
            ServerMessage::Evicted { document_id, .. } if *document_id != *self.document_id => {
                tell(SessionEvent::Event(Event::Foreign));
            }
            ServerMessage::Evicted { block_indices, .. } => {
                self.conversation.handle_evicted(block_indices, tell)
            }
            ServerMessage::Error { error } => tell(failed(failure::session_error(error))),
        }
    }

    /// Kept apart so that the way of a message that is understood stays short.
    #[cold]
    fn handle_unreadable(
        &mut self,
        text: &str,
        problem: &ServerMessageError,
        tell: &mut impl FnMut(SessionEvent<'_>),
    ) {
        match problem {
            ServerMessageError::UnknownStatus { document_id, .. } if *document_id != *self.document_id => {
                tell(SessionEvent::Event(Event::Foreign));
            }
            ServerMessageError::UnknownStatus { .. }
            | ServerMessageError::UnknownType { .. }
            | ServerMessageError::Malformed { .. } => tell(warning(problem.to_string())),
            ServerMessageError::InvalidJson { .. } => match without_lone_surrogates(text) {
                Some(readable) => match ServerMessage::decode(&readable) {
                    Ok(message) => self.handle_message(&message, tell),
                    // None is left in it.
                    Err(problem) => self.handle_unreadable(&readable, &problem, tell),
                },
                None => tell(failed(Failure {
                    phase: Phase::BeforeAudio,
                    class: FailureClass::Protocol,
                    code: None,
                    text: problem.to_string(),
                    kills: FailureScope::Session,
                })),
            },
        }
    }

    fn handle_status(&mut self, status: &Status<'_>, tell: &mut impl FnMut(SessionEvent<'_>)) {
        if let Some(model) = status.model_slug.as_ref().filter(|model| **model != *self.model) {
            let text = format!("a status names the model `{model}`, and `{}` was asked for", self.model);
            tell(warning(text));
        }
        if let Some(voice) = status.voice_slug.as_ref().filter(|voice| **voice != *self.voice) {
            // Asked for before the voice was changed, or by nobody.
            if !self.has_changed_voice {
                let text = format!("a status names the voice `{voice}`, and `{}` was asked for", self.voice);
                tell(warning(text));
            }
            return;
        }
        let audio = status.audio_url.as_deref().filter(|url| !url.is_empty());
        if let Some(url) = audio.filter(|url| url.len() > MOST_URL)
            && status.status == BlockStatus::Cached
            && let Ok(block) = u32::try_from(status.block_idx)
        {
            let text = format!("the audio_url has {} bytes, more than {MOST_URL}", url.len());
            self.conversation.fail(BlockIdx(block), text, tell);
            return;
        }
        let report = BlockReport {
            block: status.block_idx,
            status: status.status,
            audio,
            declared: status.duration_ms.filter(|ms| *ms > 0).map(MediaTime::from_millis),
            error: status.error.as_deref(),
            recoverable: status.recoverable != Some(false),
        };
        self.conversation.handle_report(report, tell);
    }
}

const fn failed(failure: Failure) -> SessionEvent<'static> {
    SessionEvent::Event(Event::Failed(failure))
}

const fn warning(text: String) -> SessionEvent<'static> {
    SessionEvent::Event(Event::Warning { text })
}
