//! A listener's way to the service: its WebSocket and its fetches, turned into events.

use std::{
    collections::VecDeque,
    future::poll_fn,
    rc::Rc,
    task::{Context, Poll},
};

use claque_core::{
    event::{Event, Failure},
    ids::{BlockIdx, ListenerId},
    time::{Duration, Instant},
};
use claque_wire::yapit::{ClientSession, SessionEvent};
use futures_util::{StreamExt as _, future::LocalBoxFuture, stream::FuturesUnordered};

use super::{
    fetch::{Fetch, fetch},
    inbox::Inbox,
    lane::Lane,
    socket::{Request, Socket, SocketNews},
};

/// Fetches of one listener under way at once: what browsers allow per origin over HTTP/1.1. The others wait here.
const FETCHES_AT_ONCE: usize = 6;
/// Most blocks that the current era takes in one request.
const BLOCKS_PER_REQUEST: usize = 32;

/// The way. Dropping it hangs up.
pub(super) struct Link {
    lane: Rc<Lane>,
    listener: ListenerId,
    inbox: Inbox,
    session: ClientSession,
    state: State,
    fetches: FuturesUnordered<LocalBoxFuture<'static, Option<BlockIdx>>>,
    waiting: VecDeque<Fetch>,
    scratch: Vec<SessionEvent>,
}

enum State {
    /// Not dialled, or over.
    Down,
    Dialing {
        since: Instant,
        dial: LocalBoxFuture<'static, Result<Socket, Failure>>,
    },
    Open(Box<Socket>),
}

impl Link {
    /// Makes a way that is yet to be dialled.
    pub(super) fn new(lane: &Rc<Lane>, listener: ListenerId, document: String) -> Self {
        let order = lane.order();
        let voice = order.voices.first().cloned().unwrap_or_default();
        Self {
            listener,
            inbox: Inbox::new(lane.clock()),
            session: ClientSession::new(document, order.model.clone(), voice),
            state: State::Down,
            fetches: FuturesUnordered::new(),
            waiting: VecDeque::new(),
            scratch: Vec::new(),
            lane: Rc::clone(lane),
        }
    }

    /// Begins to dial, with the credentials of the moment; whatever connection there was is hung up.
    pub(super) fn dial(&mut self) {
        let (lane, listener) = (Rc::clone(&self.lane), self.listener);
        self.state = State::Dialing {
            since: self.lane.clock().now(),
            dial: Box::pin(async move { Socket::dial_for(&lane, listener).await }),
        };
    }

    /// Asks for blocks; all of them in one message unless that is longer than servers take. Without a connection
    /// nothing is asked: the player does so when there is one.
    pub(super) fn ask(&mut self, blocks: &[BlockIdx]) {
        let State::Open(socket) = &mut self.state else { return };
        for blocks in blocks.chunks(BLOCKS_PER_REQUEST) {
            socket.push(Request { frame: self.session.request(blocks), blocks: blocks.to_vec() });
        }
    }

    /// Tells the service, if there is a connection, that the listener jumped.
    pub(super) fn move_cursor(&mut self, cursor: BlockIdx) {
        let frame = self.session.cursor_moved(cursor);
        if let State::Open(socket) = &mut self.state {
            socket.push(Request { frame, blocks: Vec::new() });
        }
    }

    /// Asks in the voice of this number from now on. What is under way in the old one is dropped.
    pub(super) fn change_voice(&mut self, voice: u32) {
        let voices = &self.lane.order().voices;
        let slug = usize::try_from(voice).ok().and_then(|voice| voices.get(voice));
        let slug = slug.expect("a listener chooses among the voices it was told of");
        self.session.change_voice(slug.clone());
        self.waiting.clear();
        self.fetches = FuturesUnordered::new();
        self.inbox.forget_blocks();
    }

    /// Waits until there is news. Cancel-safe.
    pub(super) async fn wait(&mut self) {
        poll_fn(|cx| self.poll(cx)).await;
    }

    /// The oldest news, with the moment its bytes were read.
    pub(super) fn pop(&self) -> Option<(Instant, Event)> {
        self.inbox.pop()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.poll_dial(cx);
        self.poll_socket(cx);
        self.poll_fetches(cx);
        if self.inbox.is_empty() { Poll::Pending } else { Poll::Ready(()) }
    }

    fn poll_dial(&mut self, cx: &mut Context<'_>) {
        let State::Dialing { since, dial } = &mut self.state else { return };
        match dial.as_mut().poll(cx) {
            Poll::Pending => {}
            Poll::Ready(Ok(socket)) => {
                let connect: Duration = self.lane.clock().now().since(*since);
                self.inbox.push(Event::Dialed { connect });
                self.state = State::Open(Box::new(socket));
            }
            Poll::Ready(Err(failure)) => self.close(failure),
        }
    }

    fn poll_socket(&mut self, cx: &mut Context<'_>) {
        while let State::Open(socket) = &mut self.state {
            match socket.poll_news(cx) {
                Poll::Pending => return,
                // A message that asks for nothing is of no consequence to the player.
                Poll::Ready(SocketNews::Sent(blocks)) if blocks.is_empty() => {}
                Poll::Ready(SocketNews::Sent(blocks)) => self.inbox.push(Event::Sent { blocks }),
                Poll::Ready(SocketNews::Text(text)) => self.take_text(&text),
                Poll::Ready(SocketNews::NotText) => {
                    let text = "the server sent a message that is no text".to_owned();
                    self.inbox.push(Event::Warning { text });
                }
                Poll::Ready(SocketNews::Closed(failure)) => self.close(failure),
            }
        }
    }

    fn take_text(&mut self, text: &str) {
        self.session.handle_text(text, &mut self.scratch);
        for event in self.scratch.drain(..) {
            match event {
                SessionEvent::Event(event) => self.inbox.push(event),
                SessionEvent::Fetch { block, url } => {
                    self.waiting.push_back(Fetch { listener: self.listener, block, reference: url });
                }
            }
        }
    }

    fn poll_fetches(&mut self, cx: &mut Context<'_>) {
        loop {
            while self.fetches.len() < FETCHES_AT_ONCE
                && let Some(next) = self.waiting.pop_front()
            {
                self.fetches.push(Box::pin(fetch(Rc::clone(&self.lane), next, self.inbox.clone())));
            }
            match self.fetches.poll_next_unpin(cx) {
                Poll::Ready(Some(None)) => {}
                Poll::Ready(Some(Some(failed))) => self.session.fetch_failed(failed),
                Poll::Ready(None) | Poll::Pending => return,
            }
        }
    }

    fn close(&mut self, failure: Failure) {
        self.state = State::Down;
        self.inbox.push(Event::Closed(failure));
    }
}
