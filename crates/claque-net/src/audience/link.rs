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
    /// Requests made before the connection was there.
    early: Vec<Request>,
    fetches: FuturesUnordered<LocalBoxFuture<'static, Option<BlockIdx>>>,
    waiting: VecDeque<Fetch>,
    scratch: Vec<SessionEvent>,
}

enum State {
    Dialing { since: Instant, dial: LocalBoxFuture<'static, Result<Socket, Failure>> },
    Open(Box<Socket>),
    Closed,
}

impl Link {
    /// Begins to dial.
    pub(super) fn open(lane: &Rc<Lane>, listener: ListenerId, document: String) -> Self {
        let dialled = Rc::clone(lane);
        Self {
            listener,
            inbox: Inbox::new(lane.clock()),
            session: ClientSession::new(document, lane.order().model.clone(), lane.order().voice.clone()),
            state: State::Dialing {
                since: lane.clock().now(),
                dial: Box::pin(async move { Socket::dial_for(&dialled, listener).await }),
            },
            early: Vec::new(),
            fetches: FuturesUnordered::new(),
            waiting: VecDeque::new(),
            scratch: Vec::new(),
            lane: Rc::clone(lane),
        }
    }

    /// Asks for blocks; all of them in one message unless that is longer than servers take.
    pub(super) fn ask(&mut self, blocks: &[BlockIdx]) {
        for blocks in blocks.chunks(BLOCKS_PER_REQUEST) {
            let request = Request { frame: self.session.request(blocks), blocks: blocks.to_vec() };
            match &mut self.state {
                State::Dialing { .. } => self.early.push(request),
                State::Open(socket) => socket.push(request),
                // The player has been told, or is about to be.
                State::Closed => {}
            }
        }
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
            Poll::Ready(Ok(mut socket)) => {
                let connect: Duration = self.lane.clock().now().since(*since);
                self.inbox.push(Event::Dialed { connect });
                self.early.drain(..).for_each(|request| socket.push(request));
                self.state = State::Open(Box::new(socket));
            }
            Poll::Ready(Err(failure)) => self.close(failure),
        }
    }

    fn poll_socket(&mut self, cx: &mut Context<'_>) {
        while let State::Open(socket) = &mut self.state {
            match socket.poll_news(cx) {
                Poll::Pending => return,
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
        self.state = State::Closed;
        self.inbox.push(Event::Failed(failure));
    }
}
