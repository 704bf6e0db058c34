//! A listener's session, and the connections it is spoken over: its channel, and one for each exchange.

use std::{collections::VecDeque, sync::Arc};

use claque_core::{event::Event, ids::BlockIdx, time::Instant};
use claque_wire::session::{Action, Channel, Exchange, Session, Subject};

use super::{
    AudienceOrder, Seat,
    inbox::Inbox,
    io::Io,
    places::PlaceId,
    shaping::NetworkHandle,
    socket::{News, Socket},
    token::TokenTarget,
};
use crate::service::Service;

/// The session. Dropping it hangs up its channel; its exchanges are the pool's.
#[derive(Debug)]
pub(super) struct SessionDriver {
    /// Where the service is.
    home: PlaceId,
    /// What is between it and the listener, where that is to be more than there is.
    network: Option<NetworkHandle>,
    session: Session,
    socket: Option<Socket>,
    dialled_at: Instant,
    /// Exchanges under way.
    running: Vec<Running>,
    waiting: VecDeque<Box<Exchange>>,
}

/// An exchange under way.
#[derive(Clone, Copy, Debug)]
struct Running {
    /// Of the connection that it goes over.
    number: usize,
    block: BlockIdx,
}

impl SessionDriver {
    /// Begins a session that is yet to be dialled.
    pub(super) fn new(
        order: &AudienceOrder,
        seat: &Seat,
        (home, network): (PlaceId, Option<NetworkHandle>),
    ) -> Self {
        let none = Arc::default();
        let voice = order.voices.first().unwrap_or(&none);
        let subject = Subject { document: &seat.document, texts: &seat.texts, model: &order.model, voice };
        Self {
            home,
            network,
            session: order.protocol.session(&subject),
            socket: None,
            dialled_at: Instant::START,
            running: Vec::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Dials the channel, with the credentials of the moment; whatever connection there was is hung up. Where there is no
    /// channel the session is usable at once.
    pub(super) fn dial(&mut self, io: &mut Io, service: &Service, slot: usize, inbox: &mut Inbox) {
        self.dialled_at = io.clock().now();
        match self.session.channel() {
            Channel::WebSocket { path } => {
                let token = TokenTarget::Listener(slot).token();
                self.socket = Some(Socket::dial((self.home, self.network.clone()), service, path, token));
                self.attend(io, true, inbox);
            }
            Channel::None => inbox.push(self.dialled_at, Event::Opened),
        }
    }

    /// Asks for blocks. Without its channel nothing is asked: the player does so when there is one.
    /// `old_voice` is that of a request that had waited while the listener chose another.
    pub(super) fn ask(
        &mut self,
        io: &mut Io,
        blocks: &[BlockIdx],
        old_voice: Option<&str>,
        inbox: &mut Inbox,
    ) {
        let is_open = self.socket.as_ref().is_some_and(Socket::is_open);
        if is_open || self.session.channel() == Channel::None {
            self.act(io, inbox, |session, actions| session.ask(blocks, old_voice, actions));
        }
    }

    /// Nothing of these blocks is wanted until they are asked for again. Gives the numbers of connections to be hung up.
    #[must_use]
    pub(super) fn forget(&mut self, io: &mut Io, blocks: &[BlockIdx], inbox: &mut Inbox) -> Vec<usize> {
        self.act(io, inbox, |session, actions| session.forget(blocks, actions))
    }

    /// Tells the service, if there is a connection, that the listener jumped.
    pub(super) fn move_cursor(&mut self, io: &mut Io, cursor: BlockIdx, inbox: &mut Inbox) {
        self.act(io, inbox, |session, actions| session.move_cursor(cursor, actions));
    }

    /// Asks in this voice from now on. What is under way in the old one is dropped; gives the numbers of connections to be
    /// hung up.
    #[must_use]
    pub(super) fn change_voice(&mut self, voice: String, inbox: &mut Inbox) -> Vec<usize> {
        self.session.change_voice(voice);
        self.waiting.clear();
        inbox.forget_blocks();
        std::mem::take(&mut self.running).into_iter().map(|running| running.number).collect()
    }

    /// Goes on with the channel as far as it goes.
    pub(super) fn attend(&mut self, io: &mut Io, is_ending: bool, inbox: &mut Inbox) {
        let Some(mut socket) = self.socket.take() else { return };
        let mut actions = std::mem::take(&mut inbox.actions);
        let mut reader = ChannelReader { driver: self, inbox, actions: &mut actions };
        socket.attend(io, is_ending, |at, news| reader.read(at, news));
        inbox.actions = actions;
        self.socket = Some(socket);
    }

    /// The next exchange to be begun, if there may be one more.
    pub(super) fn next_exchange(&mut self) -> Option<Box<Exchange>> {
        if self.running.len() < self.session.most_exchanges() { self.waiting.pop_front() } else { None }
    }

    /// A connection serves this listener.
    pub(super) fn exchange_begun(&mut self, number: usize, block: BlockIdx) {
        self.running.push(Running { number, block });
    }

    /// It does not any more.
    pub(super) fn exchange_over(&mut self, number: usize) {
        self.running.retain(|running| running.number != number);
        if self.running.is_empty() && self.waiting.is_empty() {
            // Whoever listens for minutes at a time fetches for moments.
            (self.running, self.waiting) = (Vec::new(), VecDeque::new());
        }
    }

    /// The listener's network.
    pub(super) const fn network(&self) -> Option<&NetworkHandle> {
        self.network.as_ref()
    }

    /// Numbers of connections that serve this listener, which has gone.
    pub(super) fn into_running(self) -> impl Iterator<Item = usize> {
        self.running.into_iter().map(|running| running.number)
    }

    /// Has the session do something, and does what it wants done. Gives the numbers of connections to be hung up.
    fn act(
        &mut self,
        io: &mut Io,
        inbox: &mut Inbox,
        what: impl FnOnce(&mut Session, &mut Vec<Action>),
    ) -> Vec<usize> {
        let mut actions = std::mem::take(&mut inbox.actions);
        what(&mut self.session, &mut actions);
        let mut hung_up = Vec::new();
        let now = io.clock().now();
        for action in actions.drain(..) {
            match action {
                Action::Tell(event) => inbox.push(now, event),
                Action::Say { text, blocks } => {
                    if let Some(socket) = &mut self.socket {
                        socket.push(io, &text, blocks);
                    }
                }
                Action::Begin(exchange) => self.waiting.push_back(exchange),
                Action::HangUp(block) => {
                    self.waiting.retain(|exchange| exchange.block() != block);
                    let numbers = self.running.extract_if(.., |running| running.block == block);
                    hung_up.extend(numbers.map(|running| running.number));
                }
            }
        }
        inbox.actions = actions;
        self.flush(io, inbox);
        hung_up
    }

    fn flush(&mut self, io: &mut Io, inbox: &mut Inbox) {
        let Some(mut socket) = self.socket.take() else { return };
        let mut actions = std::mem::take(&mut inbox.actions);
        let mut reader = ChannelReader { driver: self, inbox, actions: &mut actions };
        socket.flush(io, |at, news| reader.read(at, news));
        inbox.actions = actions;
        self.socket = Some(socket);
    }
}

/// Turns what a channel tells into events and exchanges.
struct ChannelReader<'a> {
    driver: &'a mut SessionDriver,
    inbox: &'a mut Inbox,
    /// Kept for its memory.
    actions: &'a mut Vec<Action>,
}

impl ChannelReader<'_> {
    fn read(&mut self, at: Instant, news: News<'_>) {
        match news {
            News::Open => {
                let connect = at.since(self.driver.dialled_at);
                self.inbox.push(at, Event::Dialed { connect });
            }
            News::Sent(blocks) => self.inbox.push(at, Event::Sent { blocks }),
            News::Text(text) => self.read_text(at, text),
            News::NotText => {
                let text = "the server sent a message that is no text".to_owned();
                self.inbox.push(at, Event::Warning { text });
            }
            News::Closed(failure) => self.inbox.push(at, Event::Closed(failure)),
        }
    }

    fn read_text(&mut self, at: Instant, text: &str) {
        self.driver.session.handle_text(text, self.actions);
        for action in self.actions.drain(..) {
            match action {
                Action::Tell(event) => self.inbox.push(at, event),
                Action::Begin(exchange) => self.driver.waiting.push_back(exchange),
                // No protocol answers a message at once, or hangs up for one.
                Action::Say { .. } | Action::HangUp(_) => {}
            }
        }
    }
}
