//! A listener's way to the service: its WebSocket and its fetches, turned into events.

use std::collections::VecDeque;

use claque_core::{
    event::{Event, Kills},
    ids::{BlockIdx, ListenerId},
    time::Instant,
};
use claque_wire::yapit::{ClientSession, SessionEvent};

use super::{
    AudienceOrder,
    fetch::Fetch,
    io::Io,
    places::PlaceId,
    socket::{News, Socket},
    token::Who,
};
use crate::service::{Secrets, Service};

/// Fetches of one listener under way at once: what browsers allow per origin over HTTP/1.1. The others wait here.
const FETCHES_AT_ONCE: usize = 6;
/// Most blocks that the current era takes in one request.
const BLOCKS_PER_REQUEST: usize = 32;

/// The way. Dropping it hangs up.
#[derive(Debug)]
pub(super) struct Link {
    listener: ListenerId,
    /// Where the service is.
    home: PlaceId,
    session: ClientSession,
    socket: Option<Socket>,
    dialled_at: Instant,
    /// Numbers of connections that fetch for this listener.
    fetches: Vec<usize>,
    waiting: VecDeque<Fetch>,
}

/// News of one listener on their way to its player, each with the moment it was: a lane has one, which is emptied before it
/// turns to another listener.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    news: VecDeque<(Instant, Event)>,
    scratch: Vec<SessionEvent>,
    secrets: Secrets,
}

impl Inbox {
    /// Makes an empty one, in which no event has any of these secrets.
    pub(super) fn new(secrets: Secrets) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Puts an event behind the others. All that listeners are told comes this way, so what is said in it is cleaned here.
    pub(super) fn push(&mut self, at: Instant, event: Event) {
        let event = match event {
            Event::Failed(failure) => Event::Failed(self.secrets.clean_failure(failure)),
            Event::Closed(failure) => Event::Closed(self.secrets.clean_failure(failure)),
            Event::NotAudio(failure) => Event::NotAudio(self.secrets.clean_failure(failure)),
            Event::BlockError { failure, recoverable } => {
                Event::BlockError { failure: self.secrets.clean_failure(failure), recoverable }
            }
            // Its words go into the log alone. Cleaning what nobody reads would make a flood of messages a flood of work.
            Event::Warning { text } => {
                let is_read = tracing::enabled!(tracing::Level::DEBUG);
                Event::Warning { text: if is_read { self.secrets.clean(&text) } else { String::new() } }
            }
            Event::Dialed { .. }
            | Event::Sent { .. }
            | Event::Status { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::Evicted { .. }
            | Event::Foreign => event,
        };
        self.news.push_back((at, event));
    }

    /// The oldest.
    pub(super) fn pop(&mut self) -> Option<(Instant, Event)> {
        self.news.pop_front()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.news.is_empty()
    }

    /// Throws everything away: whoever it was for has gone.
    pub(super) fn forget(&mut self) {
        self.news.clear();
    }

    /// Throws away what is about blocks, and keeps what is about the session.
    fn forget_blocks(&mut self) {
        self.news.retain(|(_, event)| match event {
            Event::Sent { .. }
            | Event::Status { .. }
            | Event::Audio { .. }
            | Event::Complete { .. }
            | Event::BlockError { .. }
            | Event::NotAudio(_)
            | Event::Evicted { .. } => false,
            Event::Failed(failure) => failure.kills == Kills::Session,
            Event::Dialed { .. } | Event::Foreign | Event::Warning { .. } | Event::Closed(_) => true,
        });
    }
}

impl Link {
    /// Makes a way that is yet to be dialled.
    pub(super) fn new(order: &AudienceOrder, listener: ListenerId, home: PlaceId, document: String) -> Self {
        let voice = order.voices.first().cloned().unwrap_or_default();
        Self {
            listener,
            home,
            session: ClientSession::new(document, order.model.clone(), voice),
            socket: None,
            dialled_at: Instant::START,
            fetches: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Dials, with the credentials of the moment; whatever connection there was is hung up.
    pub(super) fn dial(&mut self, io: &mut Io, service: &Service, slot: usize, inbox: &mut Inbox) {
        self.dialled_at = io.clock().now();
        self.socket = Some(Socket::dial(self.home, service, Who::Listener(slot).token()));
        self.attend(io, true, inbox);
    }

    /// Asks for blocks; all of them in one message unless that is longer than servers take. Without a connection
    /// nothing is asked: the player does so when there is one.
    /// `old_voice` is that of a request that had waited while the listener chose another.
    pub(super) fn ask(
        &mut self,
        io: &mut Io,
        blocks: &[BlockIdx],
        old_voice: Option<&str>,
        inbox: &mut Inbox,
    ) {
        let Some(socket) = self.socket.as_mut().filter(|socket| socket.is_open()) else { return };
        for blocks in blocks.chunks(BLOCKS_PER_REQUEST) {
            let frame = match old_voice {
                None => self.session.request(blocks),
                Some(voice) => self.session.request_in(voice, blocks),
            };
            socket.push(io, &frame, blocks.to_vec());
        }
        self.flush(io, inbox);
    }

    /// Nothing of these blocks is wanted until they are asked for again.
    pub(super) fn forget(&mut self, blocks: &[BlockIdx]) {
        self.session.forget(blocks);
    }

    /// Tells the service, if there is a connection, that the listener jumped.
    pub(super) fn move_cursor(&mut self, io: &mut Io, cursor: BlockIdx, inbox: &mut Inbox) {
        let frame = self.session.cursor_moved(cursor);
        if let Some(socket) = &mut self.socket {
            socket.push(io, &frame, Vec::new());
        }
        self.flush(io, inbox);
    }

    /// Asks in this voice from now on. What is under way in the old one is dropped; gives the numbers of connections that
    /// still fetch it.
    pub(super) fn change_voice(&mut self, voice: String, inbox: &mut Inbox) -> Vec<usize> {
        self.session.change_voice(voice);
        self.waiting.clear();
        inbox.forget_blocks();
        std::mem::take(&mut self.fetches)
    }

    /// Goes on with the connection as far as it goes.
    pub(super) fn attend(&mut self, io: &mut Io, is_ending: bool, inbox: &mut Inbox) {
        let Self { session, socket, waiting, listener, home, dialled_at, .. } = self;
        let Some(socket) = socket else { return };
        let (listener, home, dialled_at) = (*listener, *home, *dialled_at);
        let mut ear = Ear { session, waiting, listener, home, dialled_at, inbox };
        socket.attend(io, is_ending, |at, news| ear.hear(at, news));
    }

    fn flush(&mut self, io: &mut Io, inbox: &mut Inbox) {
        let Self { session, socket, waiting, listener, home, dialled_at, .. } = self;
        let Some(socket) = socket else { return };
        let (listener, home, dialled_at) = (*listener, *home, *dialled_at);
        let mut ear = Ear { session, waiting, listener, home, dialled_at, inbox };
        socket.flush(io, |at, news| ear.hear(at, news));
    }

    /// The next fetch to be begun, if there may be one more.
    pub(super) fn next_fetch(&mut self) -> Option<Fetch> {
        if self.fetches.len() < FETCHES_AT_ONCE { self.waiting.pop_front() } else { None }
    }

    /// A connection fetches for this listener.
    pub(super) fn fetch_begun(&mut self, number: usize) {
        self.fetches.push(number);
    }

    /// It does not any more.
    pub(super) fn fetch_over(&mut self, number: usize) {
        self.fetches.retain(|other| *other != number);
        if self.fetches.is_empty() && self.waiting.is_empty() {
            // Whoever listens for minutes at a time fetches for moments.
            (self.fetches, self.waiting) = (Vec::new(), VecDeque::new());
        }
    }

    /// Numbers of connections that fetch for this listener, which has gone.
    pub(super) fn into_fetches(self) -> Vec<usize> {
        self.fetches
    }
}

/// Turns what a socket tells into events and fetches.
struct Ear<'a> {
    session: &'a mut ClientSession,
    waiting: &'a mut VecDeque<Fetch>,
    listener: ListenerId,
    home: PlaceId,
    dialled_at: Instant,
    inbox: &'a mut Inbox,
}

impl Ear<'_> {
    fn hear(&mut self, at: Instant, news: News<'_>) {
        match news {
            News::Open => self.inbox.push(at, Event::Dialed { connect: at.since(self.dialled_at) }),
            News::Sent(blocks) => self.inbox.push(at, Event::Sent { blocks }),
            News::Text(text) => self.understand(at, text),
            News::NotText => {
                let text = "the server sent a message that is no text".to_owned();
                self.inbox.push(at, Event::Warning { text });
            }
            News::Closed(failure) => self.inbox.push(at, Event::Closed(failure)),
        }
    }

    fn understand(&mut self, at: Instant, text: &str) {
        let mut said = std::mem::take(&mut self.inbox.scratch);
        self.session.handle_text(text, &mut said);
        for event in said.drain(..) {
            match event {
                SessionEvent::Event(event) => self.inbox.push(at, event),
                SessionEvent::Fetch { block, url, declared } => {
                    let (listener, home) = (self.listener, self.home);
                    self.waiting.push_back(Fetch {
                        listener,
                        block,
                        home,
                        reference: url,
                        declared,
                        is_no_audio: false,
                        redirects: 0,
                    });
                }
            }
        }
        self.inbox.scratch = said;
    }
}
