//! The closed set of protocols, from a client's side: what a driver of sockets or of virtual time knows of them.
//!
//! A [`Session`] is one listener's conversation with a service. A driver hands it what the player wants and what comes on its
//! channel, and does what the [`Action`]s say: tell the player, say something on the channel, begin an [`Exchange`]. Framing
//! (HTTP/1.1, WebSocket) and connections are the driver's; what the bytes mean is decided here. A protocol is a variant of
//! [`Session`] and a kind of [`Exchange`]; nothing outside this crate matches on either.

mod download;
mod exchange;
mod speech;

use std::sync::Arc;

use claque_core::{
    event::{Event, Failure},
    ids::BlockIdx,
    time::MediaTime,
};

pub use self::{
    exchange::{Delivered, Exchange, Request},
    speech::SpeechProtocol,
};
use crate::{openai, yapit};

/// Exchanges of one listener under way at once, where its player knows no bound: what browsers allow per origin over HTTP/1.1.
const BROWSER_EXCHANGES: usize = 6;

/// Most blocks that one message asks for, where messages have such a limit: that of yapit's current era.
const BLOCKS_PER_MESSAGE: usize = 32;

/// Which protocol an audience speaks, with what all its sessions share.
#[derive(Clone, Debug)]
pub enum Protocol {
    /// That of a yapit gateway.
    Yapit,
    /// Speech by one request for each block, as OpenAI has it.
    Openai(Arc<SpeechProtocol>),
}

/// What one listener's session is about.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The document, as the service names it; empty where services know none.
    pub document: &'a Arc<str>,
    /// The text of each block; empty where the service has the document.
    pub texts: &'a Arc<[Box<str>]>,
    /// The model, as the service names it.
    pub model: &'a Arc<str>,
    /// The voice to begin with.
    pub voice: &'a Arc<str>,
}

impl Protocol {
    /// Begins a session, nothing asked yet.
    #[must_use]
    pub fn session(&self, subject: &Subject<'_>) -> Session {
        let Subject { document, texts, model, voice } = *subject;
        match self {
            Self::Openai(speech) => {
                let settings = openai::SessionSettings {
                    request: Arc::clone(&speech.request),
                    voice: voice.to_string(),
                    texts: Arc::clone(texts),
                };
                let session = openai::ClientSession::new(settings);
                Session::Openai { session: Box::new(session), protocol: Arc::clone(speech) }
            }
            Self::Yapit => Session::Yapit(Box::new(yapit::ClientSession::new(
                Arc::clone(document),
                Arc::clone(model),
                Arc::clone(voice),
            ))),
        }
    }
}

/// One listener's conversation with a service. It is dropped with its listener.
#[derive(Debug)]
pub enum Session {
    /// A document of a yapit gateway: asked for on a WebSocket, fetched over HTTP.
    Yapit(Box<yapit::ClientSession>),
    /// A text that the listener has itself: each block is asked for and answered on its own.
    Openai {
        /// The listener's side.
        session: Box<openai::ClientSession>,
        /// What all sessions share.
        protocol: Arc<SpeechProtocol>,
    },
}

/// What a session is spoken over besides its exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A WebSocket, which is dialled before anything can be asked for.
    WebSocket {
        /// Where it is, below the service's address.
        path: &'static str,
    },
    /// Nothing: each request is an exchange of its own, and the session is usable at once.
    None,
}

impl Channel {
    /// The failure of a channel whose handshake was refused with this HTTP status.
    #[must_use]
    pub fn refused(status: u16) -> Failure {
        yapit::handshake_refused(status)
    }

    /// The failure of a channel that is over: closed with a code and words, or broken off without one.
    #[must_use]
    pub fn closed(code: Option<u16>, reason: &str) -> Failure {
        yapit::close(code, reason)
    }
}

/// What a driver has to do.
#[derive(Debug)]
pub enum Action {
    /// Hand this to the player.
    Tell(Event),
    /// Say this on the channel; [`Event::Sent`] follows once it is written, if it asks for blocks.
    Say {
        /// The text of one message.
        text: String,
        /// The blocks it asks for.
        blocks: Vec<BlockIdx>,
    },
    /// Begin an exchange, or keep it until there may be one more.
    Begin(Box<Exchange>),
    /// Nothing that comes of this block's exchange is wanted: hang up on it.
    HangUp(BlockIdx),
}

impl Session {
    /// What it is spoken over.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        match self {
            Self::Yapit(_) => Channel::WebSocket { path: yapit::SOCKET_PATH },
            Self::Openai { .. } => Channel::None,
        }
    }

    /// Exchanges that may be under way at once.
    #[must_use]
    pub const fn most_exchanges(&self) -> usize {
        match self {
            Self::Yapit(_) => BROWSER_EXCHANGES,
            // Its player knows how many requests it has under way.
            Self::Openai { .. } => usize::MAX,
        }
    }

    /// The player asks for blocks. `old_voice` is that of a request that had waited while the listener chose another.
    pub fn ask(&mut self, blocks: &[BlockIdx], old_voice: Option<&str>, actions: &mut Vec<Action>) {
        match self {
            Self::Yapit(session) => {
                for blocks in blocks.chunks(BLOCKS_PER_MESSAGE) {
                    let text = match old_voice {
                        None => session.request(blocks),
                        Some(voice) => session.request_in(voice, blocks),
                    };
                    actions.push(Action::Say { text, blocks: blocks.to_vec() });
                }
            }
            // Nothing waits for a connection, so nothing can be of an old voice.
            Self::Openai { session, protocol } => {
                for request in session.ask(blocks) {
                    let answer = session.answer(request.block);
                    let exchange = Exchange::speech(protocol, request, answer);
                    actions.push(Action::Begin(Box::new(exchange)));
                }
            }
        }
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub fn forget(&mut self, blocks: &[BlockIdx], actions: &mut Vec<Action>) {
        match self {
            Self::Yapit(session) => session.forget(blocks),
            // To hang up is the only way to say so.
            Self::Openai { .. } => actions.extend(blocks.iter().copied().map(Action::HangUp)),
        }
    }

    /// The listener jumped.
    pub fn move_cursor(&mut self, cursor: BlockIdx, actions: &mut Vec<Action>) {
        match self {
            Self::Yapit(session) => {
                actions.push(Action::Say { text: session.cursor_moved(cursor), blocks: Vec::new() });
            }
            Self::Openai { .. } => {}
        }
    }

    /// The player asks in another voice from now on. Nothing that is under way is wanted any more.
    pub fn change_voice(&mut self, voice: String) {
        match self {
            Self::Yapit(session) => session.change_voice(voice),
            Self::Openai { session, .. } => session.change_voice(voice),
        }
    }

    /// A message came on the channel.
    pub fn handle_text(&mut self, text: &str, actions: &mut Vec<Action>) {
        match self {
            Self::Yapit(session) => session.handle_text(text, &mut |event| actions.push(event.into())),
            Self::Openai { .. } => {}
        }
    }
}

impl From<yapit::SessionEvent<'_>> for Action {
    fn from(event: yapit::SessionEvent<'_>) -> Self {
        match event {
            yapit::SessionEvent::Event(event) => Self::Tell(event),
            yapit::SessionEvent::Fetch { block, audio, declared } => {
                Self::Begin(Box::new(Exchange::download(block, yapit::audio_path(audio), declared)))
            }
        }
    }
}

/// How long a thing is said to be, where that is told.
type Declared = Option<MediaTime>;
