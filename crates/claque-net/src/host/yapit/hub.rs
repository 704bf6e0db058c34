//! The one machine of a host, and the way of its news to calls and connections.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::Range,
    rc::Rc,
    sync::Arc,
};

use claque_core::time::Instant;
use claque_front::{
    CallId,
    yapit::{Answer, Input, Output, YapitFront},
};
use claque_gateway::{ConnId, JobId};
use tokio::sync::{mpsc, oneshot, watch};

use super::super::{HostStats, engine::Engine, pulse::HostPulse, timer::Timer};
use crate::clock::Clock;

/// Messages that wait for one connection at most. A request of 2026-02 may name hundreds of blocks, each of which
/// is answered at once; beyond this the client has stopped reading.
const LINE_CAPACITY: usize = 4_096;

/// The machine, its clock, its calls and its connections. Lives on the host's thread.
#[derive(Debug)]
pub(super) struct Hub {
    clock: Clock,
    front: RefCell<YapitFront>,
    lines: RefCell<BTreeMap<ConnId, Line>>,
    calls: RefCell<BTreeMap<CallId, oneshot::Sender<Reply>>>,
    connections: Cell<u64>,
    opened_calls: Cell<u64>,
    timer: Timer,
    engine: Option<Rc<Engine>>,
    stats: Cell<HostStats>,
    published: watch::Sender<HostStats>,
    closing: watch::Sender<bool>,
    pulse: Rc<HostPulse>,
}

/// What becomes of a call.
#[derive(Debug)]
pub(super) enum Reply {
    Answer(Answer),
    /// Its connection goes on as a WebSocket.
    Upgrade,
    /// The pages of the document at this place of its body are to be counted first.
    CountPages(Range<usize>),
}

/// Something for a connection to send.
#[derive(Debug)]
pub(super) enum Outgoing {
    /// A message, written out: a line has room for many from the start, and a notice is large.
    Text(String),
    /// The last thing sent.
    Close { code: u16, reason: String },
    /// The connection ends without a word.
    Cut,
}

/// A connection as the hub sees it.
#[derive(Debug)]
struct Line {
    send: mpsc::Sender<Outgoing>,
    /// Dropped to end the connection at once.
    _cut: oneshot::Sender<()>,
}

/// A connection's end of its line; hangs up when dropped.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) conn: ConnId,
    pub(super) outgoing: mpsc::Receiver<Outgoing>,
    /// Resolves when the connection is to end at once.
    pub(super) cut: oneshot::Receiver<()>,
    hub: Rc<Hub>,
}

/// A call that is under way; tells that its client has left when it is dropped before it is over.
#[derive(Debug)]
pub(super) struct OpenCall {
    id: CallId,
    over: bool,
    hub: Rc<Hub>,
}

impl Hub {
    pub(super) fn new(
        front: YapitFront,
        engine: Option<Engine>,
        published: watch::Sender<HostStats>,
    ) -> Self {
        Self {
            clock: Clock::start(),
            front: RefCell::new(front),
            lines: RefCell::default(),
            calls: RefCell::default(),
            connections: Cell::new(0),
            opened_calls: Cell::new(0),
            timer: Timer::default(),
            engine: engine.map(Rc::new),
            stats: Cell::default(),
            published,
            closing: watch::Sender::new(false),
            pulse: Rc::default(),
        }
    }

    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    pub(super) fn engine(&self) -> Option<Rc<Engine>> {
        self.engine.clone()
    }

    /// Whether the thread runs when it should.
    pub(super) const fn pulse(&self) -> &Rc<HostPulse> {
        &self.pulse
    }

    /// Looks at the machine, as of the last thing that happened.
    pub(super) fn look<R>(&self, question: impl FnOnce(&YapitFront) -> R) -> R {
        question(&self.front.borrow())
    }

    /// Has the gateway's load counted from now on.
    pub(super) fn restart_load(&self) {
        self.front.borrow_mut().restart_load(self.clock.now());
        self.publish();
    }

    /// Counts something.
    pub(super) fn count(&self, add: impl FnOnce(&mut HostStats)) {
        let mut stats = self.stats.get();
        add(&mut stats);
        self.stats.set(stats);
        self.publish();
    }

    /// Gives the machine news, and its own to whom they concern. When the host stops, only calls are news any more.
    pub(super) fn handle(self: &Rc<Self>, input: Input<'_>) {
        let is_of_call = matches!(input, Input::Call { .. } | Input::Counted { .. } | Input::Left { .. });
        if *self.closing.borrow() && !is_of_call {
            return;
        }
        let mut lost = self.tell(input);
        while let Some(conn) = lost.pop() {
            lost.extend(self.tell(Input::Disconnected { conn }));
        }
        self.timer.look_at(self.next_due());
        self.publish();
    }

    /// Gives connections that were lost over it.
    fn tell(self: &Rc<Self>, input: Input<'_>) -> Vec<ConnId> {
        let mut front = self.front.borrow_mut();
        let outputs = front.handle_input(self.clock.now(), input);
        outputs.filter_map(|output| self.route(output)).collect()
    }

    /// Wakes the machine whenever it wants to be, for ever.
    pub(super) async fn wake_when_due(self: Rc<Self>) {
        self.timer.run(self.clock, || self.next_due(), || self.handle(Input::Wake)).await;
    }

    fn next_due(&self) -> Option<Instant> {
        self.front.borrow().poll_timeout().map(|(at, _)| at)
    }

    /// A call has come. What becomes of it comes out of the receiver; nothing when the host stops.
    pub(super) fn open_call(self: &Rc<Self>) -> (OpenCall, oneshot::Receiver<Reply>) {
        let id = CallId(self.opened_calls.get());
        self.opened_calls.set(id.0 + 1);
        let call = OpenCall { id, over: false, hub: Rc::clone(self) };
        let told = call.goes_on();
        (call, told)
    }

    /// Opens a line for a connection that may become a WebSocket.
    pub(super) fn open_line(self: &Rc<Self>) -> Receiver {
        let conn = ConnId(self.connections.get());
        self.connections.set(conn.0 + 1);
        let (send, outgoing) = mpsc::channel(LINE_CAPACITY);
        let (cut_sender, cut) = oneshot::channel();
        self.lines.borrow_mut().insert(conn, Line { send, _cut: cut_sender });
        Receiver { conn, outgoing, cut, hub: Rc::clone(self) }
    }

    /// Becomes true when the host stops.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Says goodbye to every connection, and lets no call wait any longer.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
        self.calls.borrow_mut().clear();
        // RFC 6455 section 7.4.1: 1001 is "going away". A line that is full is cut instead.
        let goodbye = || Outgoing::Close { code: 1001, reason: "the host stops".to_owned() };
        self.lines.borrow_mut().retain(|_, line| line.send.try_send(goodbye()).is_ok());
    }

    /// Passes one output on; gives the connection that was lost over it.
    fn route(self: &Rc<Self>, output: Output) -> Option<ConnId> {
        match output {
            Output::Text { conn, text } => return self.send(conn, Outgoing::Text(text)),
            Output::Close { conn, code, reason } => return self.send(conn, Outgoing::Close { code, reason }),
            Output::Cut { conn } => return self.send(conn, Outgoing::Cut),
            Output::Answer { call, answer } => self.reply(call, Reply::Answer(answer)),
            Output::Upgrade { call } => self.reply(call, Reply::Upgrade),
            Output::CountPages { call, file } => self.reply(call, Reply::CountPages(file)),
            Output::Synthesize { job, text, model, voice } => self.speak(job, text, (model, voice)),
        }
        None
    }

    fn reply(&self, call: CallId, reply: Reply) {
        if let Some(tell) = self.calls.borrow_mut().remove(&call) {
            // Who has left tells so itself.
            let _ = tell.send(reply);
        }
    }

    fn send(&self, conn: ConnId, outgoing: Outgoing) -> Option<ConnId> {
        let mut lines = self.lines.borrow_mut();
        let full = lines.get(&conn)?.send.try_send(outgoing).is_err();
        if !full {
            return None;
        }
        lines.remove(&conn);
        drop(lines);
        tracing::warn!(conn = conn.0, "connection dropped: its client does not read");
        self.count(|stats| stats.dropped_slow += 1);
        Some(conn)
    }

    fn speak(self: &Rc<Self>, job: JobId, text: Arc<str>, (model, voice): (Arc<str>, Arc<str>)) {
        let (hub, engine) = (Rc::clone(self), self.engine.clone());
        tokio::task::spawn_local(async move {
            let result = match engine {
                Some(engine) => engine.speak(text, &model, &voice).await,
                None => Err("the host has no engine".to_owned()),
            };
            hub.handle(Input::Synthesized { job, result });
        });
    }

    fn publish(&self) {
        // While the machine is at work its figures are on their way; they are published when it is done.
        let Ok(front) = self.front.try_borrow() else { return };
        let stats = front.stats();
        self.published.send_replace(HostStats {
            gateway: stats.gateway,
            handshakes_refused: stats.handshakes_refused,
            audio_served: stats.audio_served,
            ..self.stats.get()
        });
    }
}

impl OpenCall {
    pub(super) const fn id(&self) -> CallId {
        self.id
    }

    /// What becomes of it next comes out of the receiver.
    pub(super) fn goes_on(&self) -> oneshot::Receiver<Reply> {
        let (tell, told) = oneshot::channel();
        self.hub.calls.borrow_mut().insert(self.id, tell);
        told
    }

    /// It has its answer.
    pub(super) const fn is_over(&mut self) {
        self.over = true;
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if !self.over {
            self.hub.calls.borrow_mut().remove(&self.id);
            self.hub.handle(Input::Left { call: self.id });
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.hub.lines.borrow_mut().remove(&self.conn);
        self.hub.handle(Input::Disconnected { conn: self.conn });
    }
}
