//! The listener's side of one WebSocket, as a pure machine.

use claque_core::{
    event::{Event, Failure, FailureClass, Kills, Phase, StatusKind},
    ids::BlockIdx,
};

use super::{BlockStatus, ClientMessage, ServerMessage, ServerMessageError, Status, SynthesisMode, failure};

/// One listener's conversation about one document.
///
/// It remembers what was asked for, so that a block reported twice is fetched once and a block of somebody
/// else's document changes nothing.
#[derive(Debug)]
pub struct ClientSession {
    document_id: String,
    model: String,
    voice: String,
    blocks: Standings,
}

/// How blocks stand, by their number, up to the last that was asked for; nothing of those that were not. A byte for each,
/// for every listener of a crowd keeps one.
#[derive(Debug)]
struct Standings(Vec<Option<Standing>>);

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
    },
}

/// Where a block that was asked for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Asked for and not settled.
    Asked,
    /// Withdrawn by the server before it was settled; a late report still counts.
    Withdrawn,
    /// Fetched, or found to have nothing to speak.
    Settled,
    /// Settled, by a late report after a withdrawal or before the listener jumped; asking again starts anew.
    SettledLate,
    /// Failed, or no longer wanted: says nothing more until asked for again.
    Lapsed,
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
        for block in blocks {
            let standing = self.blocks.asked(*block);
            *standing = match *standing {
                Standing::Asked | Standing::Withdrawn | Standing::SettledLate | Standing::Lapsed => {
                    Standing::Asked
                }
                Standing::Settled => Standing::Settled,
            };
        }
        let block_indices: Vec<i64> = blocks.iter().map(|block| i64::from(block.0)).collect();
        ClientMessage::Synthesize {
            document_id: self.document_id.clone(),
            cursor: block_indices.first().copied(),
            block_indices,
            model: self.model.clone(),
            voice: self.voice.clone(),
            synthesis_mode: Some(SynthesisMode::Server),
        }
        .encode()
    }

    /// Notes that the player jumped, so that nothing is wanted any more but what is asked for from now on, and gives the
    /// text frame that says so.
    #[must_use]
    pub fn cursor_moved(&mut self, cursor: BlockIdx) -> String {
        for standing in self.blocks.all() {
            *standing = match *standing {
                Standing::Asked | Standing::Withdrawn | Standing::Lapsed => Standing::Lapsed,
                Standing::Settled | Standing::SettledLate => Standing::SettledLate,
            };
        }
        ClientMessage::CursorMoved { document_id: self.document_id.clone(), cursor: i64::from(cursor.0) }
            .encode()
    }

    /// Asks in another voice from now on; whatever was asked for in the old one is not wanted any more.
    pub fn change_voice(&mut self, voice: String) {
        self.voice = voice;
        self.blocks.all().for_each(|standing| *standing = Standing::Lapsed);
    }

    /// Notes that the fetch of a block failed: asking for it again may fetch it again.
    pub fn fetch_failed(&mut self, block: BlockIdx) {
        if let Some(standing) = self.blocks.of(block) {
            *standing = Standing::Lapsed;
        }
    }

    /// Takes a text frame and appends what follows from it to `out`, in order.
    pub fn handle_text(&mut self, text: &str, out: &mut Vec<SessionEvent>) {
        match ServerMessage::decode(text) {
            Ok(ServerMessage::Status(status)) if status.document_id != self.document_id => {
                out.push(SessionEvent::Event(Event::Foreign));
            }
            Ok(ServerMessage::Status(status)) => self.handle_status(&status, out),
            Ok(ServerMessage::Evicted { document_id, .. }) if document_id != self.document_id => {
                out.push(SessionEvent::Event(Event::Foreign));
            }
            Ok(ServerMessage::Evicted { block_indices, .. }) => self.handle_evicted(&block_indices, out),
            Ok(ServerMessage::Error { error }) => out.push(failed(failure::session_error(&error))),
            Err(ServerMessageError::UnknownStatus { document_id, .. }) if document_id != self.document_id => {
                out.push(SessionEvent::Event(Event::Foreign));
            }
            Err(
                problem @ (ServerMessageError::UnknownStatus { .. }
                | ServerMessageError::UnknownType { .. }
                | ServerMessageError::Malformed { .. }),
            ) => out.push(warning(problem.to_string())),
            Err(problem @ ServerMessageError::InvalidJson { .. }) => out.push(failed(Failure {
                phase: Phase::BeforeAudio,
                class: FailureClass::Protocol,
                code: None,
                text: problem.to_string(),
                kills: Kills::Session,
            })),
        }
    }

    fn handle_status(&mut self, status: &Status<'_>, out: &mut Vec<SessionEvent>) {
        if status.status == BlockStatus::Error && status.recoverable == Some(false) {
            let text = words(status);
            out.push(failed(block_failure(FailureClass::Limit, text, Kills::Session)));
            return;
        }
        let asked = u32::try_from(status.block_idx).ok().map(BlockIdx);
        let Some((block, standing)) =
            asked.and_then(|block| self.blocks.of(block).map(|standing| (block, standing)))
        else {
            out.push(warning(format!("server spoke of block {}, which was not asked for", status.block_idx)));
            return;
        };
        if status.voice_slug.as_ref().is_some_and(|voice| *voice != self.voice) {
            // Asked for before the voice was changed.
            return;
        }
        let settled = match *standing {
            Standing::Asked => Standing::Settled,
            Standing::Withdrawn => Standing::SettledLate,
            // A second report of what is settled says nothing new.
            Standing::Settled | Standing::SettledLate | Standing::Lapsed => return,
        };
        match status.status {
            BlockStatus::Queued => out.push(said(block, StatusKind::Queued)),
            BlockStatus::Processing => out.push(said(block, StatusKind::Processing)),
            BlockStatus::Skipped => {
                *standing = settled;
                out.push(said(block, StatusKind::Skipped));
            }
            BlockStatus::Cached => {
                let Some(url) = status.audio_url.as_deref().filter(|url| !url.is_empty()) else {
                    *standing = Standing::Lapsed;
                    let text = "server called the block ready without an audio_url".to_owned();
                    out.push(failed(block_failure(FailureClass::Protocol, text, Kills::Block(block))));
                    return;
                };
                *standing = settled;
                out.push(said(block, StatusKind::Ready));
                out.push(SessionEvent::Fetch { block, url: url.to_owned() });
            }
            BlockStatus::Error => {
                *standing = Standing::Lapsed;
                let failure = block_failure(FailureClass::Server, words(status), Kills::Block(block));
                out.push(failed(failure));
            }
        }
    }

    fn handle_evicted(&mut self, indices: &[i64], out: &mut Vec<SessionEvent>) {
        let mut blocks = Vec::with_capacity(indices.len());
        for index in indices {
            let asked = u32::try_from(*index).ok().map(BlockIdx);
            let Some((block, standing)) =
                asked.and_then(|block| self.blocks.of(block).map(|standing| (block, standing)))
            else {
                out.push(warning(format!("server withdrew block {index}, which was not asked for")));
                continue;
            };
            *standing = match *standing {
                Standing::Asked | Standing::Withdrawn => Standing::Withdrawn,
                Standing::Settled | Standing::SettledLate => Standing::SettledLate,
                Standing::Lapsed => Standing::Lapsed,
            };
            blocks.push(block);
        }
        if !blocks.is_empty() {
            out.push(SessionEvent::Event(Event::Evicted { blocks }));
        }
    }
}

impl Standings {
    /// How a block stands that is asked for now, perhaps for the first time.
    fn asked(&mut self, block: BlockIdx) -> &mut Standing {
        let index = index(block);
        if index >= self.0.len() {
            self.0.resize(index + 1, None);
        }
        self.0[index].get_or_insert(Standing::Asked)
    }

    /// How a block stands, if it was ever asked for.
    fn of(&mut self, block: BlockIdx) -> Option<&mut Standing> {
        self.0.get_mut(index(block))?.as_mut()
    }

    fn all(&mut self) -> impl Iterator<Item = &mut Standing> {
        self.0.iter_mut().flatten()
    }
}

fn index(block: BlockIdx) -> usize {
    usize::try_from(block.0).expect("memory has more than 32 bits of addresses")
}

fn words(status: &Status<'_>) -> String {
    status.error.as_deref().unwrap_or("the server gave no reason").to_owned()
}

const fn block_failure(class: FailureClass, text: String, kills: Kills) -> Failure {
    Failure { phase: Phase::BeforeAudio, class, code: None, text, kills }
}

const fn failed(failure: Failure) -> SessionEvent {
    SessionEvent::Event(Event::Failed(failure))
}

const fn said(block: BlockIdx, kind: StatusKind) -> SessionEvent {
    SessionEvent::Event(Event::Status { block, kind })
}

const fn warning(text: String) -> SessionEvent {
    SessionEvent::Event(Event::Warning { text })
}
