//! The listener's side of one WebSocket, as a pure machine.

use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase, StatusKind},
    ids::BlockIdx,
    time::MediaTime,
};

use super::{
    BlockStatus, ClientMessage, ServerMessage, ServerMessageError, Status, SynthesisMode, failure,
    json::without_lone_surrogates,
};

/// Longest `audio_url` that is followed, bytes: what common servers take in a request line (RFC 9112 section 3 recommends to
/// support 8,000).
const MOST_URL: usize = 8 << 10;

/// One listener's conversation about one document.
///
/// It remembers what was asked for, so that a block reported twice is fetched once, what is no longer wanted is not fetched,
/// and a block of somebody else's document changes nothing.
#[derive(Debug)]
pub struct ClientSession {
    document_id: String,
    model: String,
    voice: String,
    blocks: Standings,
}

/// How blocks stand, by their number, up to the last that was asked for. A byte for each, for every listener of a crowd keeps
/// one.
#[derive(Debug)]
struct Standings(Vec<Standing>);

/// What the transport has to do about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// Hand this to the listener.
    Event(Event),
    /// Fetch this block's audio. `url` is as the server gave it, relative to the API's base.
    Fetch {
        /// The block whose audio it is.
        block: BlockIdx,
        /// Where it is.
        url: String,
        /// How long the service says that it is; 0 says nothing.
        declared: Option<MediaTime>,
    },
}

/// Where a block stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Never asked for.
    Unasked,
    /// Asked for once, and not answered for good.
    Asked,
    /// Asked for more than once, so that it may be answered as often, and not answered for good.
    AskedAgain,
    /// Asked for once and answered for good: a second answer is one too many.
    Answered,
    /// Answered for good, withdrawn, or no longer wanted: says nothing more until asked for again.
    Quiet,
}

impl Standing {
    const fn asked_once_more(self) -> Self {
        match self {
            Self::Unasked => Self::Asked,
            Self::Asked | Self::AskedAgain | Self::Answered | Self::Quiet => Self::AskedAgain,
        }
    }

    const fn is_awaited(self) -> bool {
        matches!(self, Self::Asked | Self::AskedAgain)
    }

    const fn answered(self) -> Self {
        match self {
            Self::Asked | Self::Answered => Self::Answered,
            Self::Unasked | Self::AskedAgain | Self::Quiet => Self::Quiet,
        }
    }
}

impl ClientSession {
    /// Makes the conversation about `document_id` with one model and voice, nothing asked yet.
    #[must_use]
    pub const fn new(document_id: String, model: String, voice: String) -> Self {
        Self { document_id, model, voice, blocks: Standings(Vec::new()) }
    }

    /// Notes that `blocks` are asked for and gives the text frame that asks.
    #[must_use]
    pub fn request(&mut self, blocks: &[BlockIdx]) -> String {
        blocks.iter().for_each(|block| self.blocks.ask(*block));
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
            document_id: self.document_id.clone(),
            cursor: block_indices.last().copied(),
            block_indices,
            model: self.model.clone(),
            voice: voice.to_owned(),
            synthesis_mode: Some(SynthesisMode::Server),
        }
        .encode()
    }

    /// Gives the text frame that says that the player jumped.
    #[must_use]
    pub fn cursor_moved(&self, cursor: BlockIdx) -> String {
        ClientMessage::CursorMoved { document_id: self.document_id.clone(), cursor: i64::from(cursor.0) }
            .encode()
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub fn forget(&mut self, blocks: &[BlockIdx]) {
        for block in blocks {
            if let Some(standing) = self.blocks.of(*block) {
                *standing = Standing::Quiet;
            }
        }
    }

    /// Asks in another voice from now on; whatever was asked for in the old one is not wanted any more.
    pub fn change_voice(&mut self, voice: String) {
        self.voice = voice;
        self.blocks.0.iter_mut().filter(|standing| standing.is_awaited()).for_each(|standing| {
            *standing = Standing::Quiet;
        });
    }

    /// Takes a text frame and appends what follows from it to `out`, in order.
    pub fn handle_text(&mut self, text: &str, out: &mut Vec<SessionEvent>) {
        match ServerMessage::decode(text) {
            Ok(message) => self.handle_message(&message, out),
            Err(problem) => self.handle_unreadable(text, &problem, out),
        }
    }

    fn handle_message(&mut self, message: &ServerMessage<'_>, out: &mut Vec<SessionEvent>) {
        match message {
            ServerMessage::Status(status) if status.document_id != self.document_id => {
                out.push(SessionEvent::Event(Event::Foreign));
            }
            ServerMessage::Status(status) => self.handle_status(status, out),
            ServerMessage::Evicted { document_id, .. } if *document_id != self.document_id => {
                out.push(SessionEvent::Event(Event::Foreign));
            }
            ServerMessage::Evicted { block_indices, .. } => self.handle_evicted(block_indices, out),
            ServerMessage::Error { error } => out.push(failed(failure::session_error(error))),
        }
    }

    /// Kept apart so that the way of a message that is understood stays short.
    #[cold]
    fn handle_unreadable(&mut self, text: &str, problem: &ServerMessageError, out: &mut Vec<SessionEvent>) {
        match problem {
            ServerMessageError::UnknownStatus { document_id, .. } if *document_id != self.document_id => {
                out.push(SessionEvent::Event(Event::Foreign));
            }
            ServerMessageError::UnknownStatus { .. }
            | ServerMessageError::UnknownType { .. }
            | ServerMessageError::Malformed { .. } => out.push(warning(problem.to_string())),
            ServerMessageError::InvalidJson { .. } => match without_lone_surrogates(text) {
                Some(readable) => match ServerMessage::decode(&readable) {
                    Ok(message) => self.handle_message(&message, out),
                    // None is left in it.
                    Err(problem) => self.handle_unreadable(&readable, &problem, out),
                },
                None => out.push(failed(Failure {
                    phase: Phase::BeforeAudio,
                    class: FailureClass::Protocol,
                    code: None,
                    text: problem.to_string(),
                    kills: Kills::Session,
                })),
            },
        }
    }

    fn handle_status(&mut self, status: &Status<'_>, out: &mut Vec<SessionEvent>) {
        let Some(block) = u32::try_from(status.block_idx).ok().map(BlockIdx) else {
            out.push(unasked(status.block_idx, "spoke of"));
            return;
        };
        if status.voice_slug.as_ref().is_some_and(|voice| *voice != self.voice) {
            // Asked for before the voice was changed.
            return;
        }
        if status.status == BlockStatus::Error {
            self.handle_error(block, status, out);
            return;
        }
        let Some(standing) = self.blocks.of(block) else {
            out.push(unasked(status.block_idx, "spoke of"));
            return;
        };
        if !standing.is_awaited() {
            let is_answer = matches!(status.status, BlockStatus::Cached | BlockStatus::Skipped);
            if is_answer && *standing == Standing::Answered {
                out.push(warning(format!("server answered block {block} more than once")));
            }
            return;
        }
        match status.status {
            BlockStatus::Queued => out.push(said(block, StatusKind::Queued)),
            BlockStatus::Processing => out.push(said(block, StatusKind::Processing)),
            BlockStatus::Skipped => {
                *standing = standing.answered();
                out.push(said(block, StatusKind::Skipped));
            }
            BlockStatus::Cached => {
                *standing = standing.answered();
                let Some(url) = status.audio_url.as_deref().filter(|url| !url.is_empty()) else {
                    let text = "server called the block ready without an audio_url".to_owned();
                    out.push(failed(block_failure(FailureClass::Protocol, text, block)));
                    return;
                };
                if url.len() > MOST_URL {
                    let text = format!("the audio_url has {} bytes, more than {MOST_URL}", url.len());
                    out.push(failed(block_failure(FailureClass::Protocol, text, block)));
                    return;
                }
                let declared = status.duration_ms.filter(|ms| *ms > 0).map(MediaTime::from_millis);
                out.push(said(block, StatusKind::Ready));
                out.push(SessionEvent::Fetch { block, url: url.to_owned(), declared });
            }
            BlockStatus::Error => {}
        }
    }

    /// A player remembers an error, whether or not it waits for that block.
    fn handle_error(&mut self, block: BlockIdx, status: &Status<'_>, out: &mut Vec<SessionEvent>) {
        if let Some(standing) = self.blocks.of(block) {
            *standing = Standing::Quiet;
        }
        let recoverable = status.recoverable != Some(false);
        let words = words(status);
        let failure = block_failure(failure::block_error_class(&words, recoverable), words, block);
        out.push(SessionEvent::Event(Event::BlockError { failure, recoverable }));
    }

    fn handle_evicted(&mut self, indices: &[i64], out: &mut Vec<SessionEvent>) {
        let mut blocks = Vec::new();
        // One for a message: there is room for a million in it.
        let mut unknown = None;
        for index in indices {
            let asked = u32::try_from(*index).ok().map(BlockIdx);
            match asked.and_then(|block| self.blocks.of(block).map(|standing| (block, standing))) {
                Some((block, standing)) => {
                    *standing = Standing::Quiet;
                    blocks.push(block);
                }
                None => unknown = unknown.or(Some(*index)),
            }
        }
        out.extend(unknown.map(|index| unasked(index, "withdrew")));
        if !blocks.is_empty() {
            out.push(SessionEvent::Event(Event::Evicted { blocks }));
        }
    }
}

impl Standings {
    fn ask(&mut self, block: BlockIdx) {
        let index = index(block);
        if index >= self.0.len() {
            self.0.resize(index + 1, Standing::Unasked);
        }
        self.0[index] = self.0[index].asked_once_more();
    }

    /// How a block stands, if it was ever asked for.
    fn of(&mut self, block: BlockIdx) -> Option<&mut Standing> {
        self.0.get_mut(index(block)).filter(|standing| **standing != Standing::Unasked)
    }
}

fn index(block: BlockIdx) -> usize {
    usize::try_from(block.0).expect("memory has more than 32 bits of addresses")
}

fn words(status: &Status<'_>) -> String {
    status.error.as_deref().unwrap_or("the server gave no reason").to_owned()
}

const fn block_failure(class: FailureClass, text: String, block: BlockIdx) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills: Kills::Block(block) }
}

const fn failed(failure: Failure) -> SessionEvent {
    SessionEvent::Event(Event::Failed(failure))
}

const fn said(block: BlockIdx, kind: StatusKind) -> SessionEvent {
    SessionEvent::Event(Event::Status { block, kind })
}

fn unasked(block: i64, what: &str) -> SessionEvent {
    warning(format!("server {what} block {block}, which was not asked for"))
}

const fn warning(text: String) -> SessionEvent {
    SessionEvent::Event(Event::Warning { text })
}
