//! The one gateway machine of a host, and the way of its news to connections.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
};

use claque_core::{rng::Seed, time::Instant};
use claque_gateway::{
    ConnId, Era, Gateway, GatewayConfig, Input, NO_CLOSE_FRAME, Notice, Output, UserId, scripted::Dialled,
};
use claque_wire::yapit;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::{
    HostStats,
    engine::Engine,
    messages::encode,
    pulse::HostPulse,
    script::{ScriptOptions, ScriptedHub},
};
use crate::clock::Clock;

/// Messages that wait for one connection at most. A request of 2026-02 may name hundreds of blocks, each of which
/// is answered at once; beyond this the client has stopped reading.
const LINE_CAPACITY: usize = 4_096;

/// What an injected fault sends: a message that was cut.
const GARBAGE: &str = r#"{"type":"status","document_id":"#;

/// The machine, its clock and its connections. Lives on the host's thread.
#[derive(Debug)]
pub(super) struct Hub {
    clock: Clock,
    era: yapit::Era,
    gateway: RefCell<Gateway>,
    lines: RefCell<BTreeMap<ConnId, Line>>,
    opened: Cell<u64>,
    /// When the timer is set to go off.
    armed: Cell<Option<Instant>>,
    rearm: Notify,
    engine: Option<Rc<Engine>>,
    /// What decides in the machine's place.
    script: Option<ScriptedHub>,
    stats: Cell<HostStats>,
    published: watch::Sender<HostStats>,
    closing: watch::Sender<bool>,
    pulse: Rc<HostPulse>,
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

impl Hub {
    pub(super) fn new(
        config: GatewayConfig,
        seed: Seed,
        engine: Option<Engine>,
        script: Option<ScriptOptions>,
        published: watch::Sender<HostStats>,
    ) -> Self {
        Self {
            clock: Clock::start(),
            era: match config.era {
                Era::Feb2026 => yapit::Era::Feb2026,
                Era::Current => yapit::Era::Current,
            },
            gateway: RefCell::new(Gateway::new(config, seed)),
            lines: RefCell::default(),
            opened: Cell::new(0),
            armed: Cell::new(None),
            rearm: Notify::new(),
            engine: engine.map(Rc::new),
            script: script.map(ScriptedHub::new),
            stats: Cell::default(),
            published,
            closing: watch::Sender::new(false),
            pulse: Rc::default(),
        }
    }

    /// The era whose messages are spoken.
    pub(super) const fn era(&self) -> yapit::Era {
        self.era
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

    /// Asks the machine something that concerns no connection.
    pub(super) fn ask<R>(&self, question: impl FnOnce(&mut Gateway, Instant) -> R) -> R {
        let answer = question(&mut self.gateway.borrow_mut(), self.clock.now());
        self.publish();
        answer
    }

    /// Looks at the machine, as of the last thing that happened.
    pub(super) fn look<R>(&self, question: impl FnOnce(&Gateway) -> R) -> R {
        question(&self.gateway.borrow())
    }

    /// Changes whenever something has happened.
    pub(super) fn happened(&self) -> watch::Receiver<HostStats> {
        self.published.subscribe()
    }

    /// Counts something.
    pub(super) fn count(&self, add: impl FnOnce(&mut HostStats)) {
        let mut stats = self.stats.get();
        add(&mut stats);
        self.stats.set(stats);
        self.publish();
    }

    /// Gives the machine news, and its own to whom they concern. When the host stops, nothing is news any more.
    pub(super) fn handle(self: &Rc<Self>, input: Input) {
        if *self.closing.borrow() {
            return;
        }
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let lost = match &self.script {
                Some(script) => {
                    let outputs = script.handle(self.clock.now(), input);
                    outputs.into_iter().filter_map(|output| self.route(output)).collect()
                }
                None => self.tell_gateway(input),
            };
            inputs.extend(lost.into_iter().map(|conn| Input::Disconnected { conn }));
        }
        self.look_at_time();
        self.publish();
    }

    /// Gives connections that were lost over it.
    fn tell_gateway(self: &Rc<Self>, input: Input) -> Vec<ConnId> {
        let mut gateway = self.gateway.borrow_mut();
        let outputs = gateway.handle_input(self.clock.now(), input);
        outputs.filter_map(|output| self.route(output)).collect()
    }

    /// Has the timer set anew if something is due at another moment now.
    fn look_at_time(&self) {
        if self.next_due() != self.armed.get() {
            self.rearm.notify_one();
        }
    }

    fn next_due(&self) -> Option<Instant> {
        match &self.script {
            Some(script) => script.poll_timeout(),
            None => self.gateway.borrow().poll_timeout().map(|(at, _)| at),
        }
    }

    /// What decides in the machine's place, if something does.
    pub(super) const fn script(&self) -> Option<&ScriptedHub> {
        self.script.as_ref()
    }

    /// Opens a line for a connection of that user.
    pub(super) fn connect(self: &Rc<Self>, user: UserId) -> Receiver {
        let line = self.open_line();
        self.handle(Input::Connected { conn: line.conn, user });
        line
    }

    /// Opens a line for a connection that is being dialled, and has the script say what comes of that.
    pub(super) fn dial(self: &Rc<Self>, script: &ScriptedHub) -> (Receiver, oneshot::Receiver<Dialled>) {
        let line = self.open_line();
        let (told, outputs) = script.dial(self.clock.now(), line.conn);
        for lost in outputs.into_iter().filter_map(|output| self.route(output)) {
            self.handle(Input::Disconnected { conn: lost });
        }
        self.look_at_time();
        (line, told)
    }

    fn open_line(self: &Rc<Self>) -> Receiver {
        let conn = ConnId(self.opened.get());
        self.opened.set(conn.0 + 1);
        let (send, outgoing) = mpsc::channel(LINE_CAPACITY);
        let (cut_sender, cut) = oneshot::channel();
        self.lines.borrow_mut().insert(conn, Line { send, _cut: cut_sender });
        Receiver { conn, outgoing, cut, hub: Rc::clone(self) }
    }

    /// Says that a message of a connection was not understood.
    pub(super) fn complain(self: &Rc<Self>, conn: ConnId, words: String) {
        let text = encode(&Notice::Error { text: words }, self.era);
        if let Some(conn) = self.send(conn, Outgoing::Text(text)) {
            self.handle(Input::Disconnected { conn });
        }
    }

    /// Wakes the machine whenever it wants to be, for ever.
    pub(super) async fn keep_time(self: Rc<Self>) {
        loop {
            let next = self.next_due();
            self.armed.set(next);
            let due = async {
                match next {
                    Some(at) => self.clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.rearm.notified() => {}
                () = due => self.handle(Input::Wake),
            }
        }
    }

    /// Becomes true when the host stops.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Says goodbye to every connection.
    pub(super) fn close(&self) {
        self.closing.send_replace(true);
        // RFC 6455 section 7.4.1: 1001 is "going away". A line that is full is cut instead.
        let goodbye = || Outgoing::Close { code: 1001, reason: "the host stops".to_owned() };
        self.lines.borrow_mut().retain(|_, line| line.send.try_send(goodbye()).is_ok());
    }

    /// Passes one output on; gives the connection that was lost over it.
    fn route(self: &Rc<Self>, output: Output) -> Option<ConnId> {
        match output {
            Output::Notice { conn, notice, .. } => self.send(conn, Outgoing::Text(encode(&notice, self.era))),
            Output::Close { conn, code: NO_CLOSE_FRAME, .. } => self.send(conn, Outgoing::Cut),
            Output::Close { conn, code, reason, .. } => self.send(conn, Outgoing::Close { code, reason }),
            Output::Garbage { conn, .. } => self.send(conn, Outgoing::Text(GARBAGE.to_owned())),
            Output::Synthesize { job, text, model, voice, .. } => {
                let (hub, engine) = (Rc::clone(self), self.engine.clone());
                tokio::task::spawn_local(async move {
                    let result = match engine {
                        Some(engine) => engine.speak(text, &model, &voice).await,
                        None => Err("the host has no engine".to_owned()),
                    };
                    hub.handle(Input::Synthesized { job, result });
                });
                None
            }
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

    fn publish(&self) {
        // While the machine is at work its figures are on their way; they are published when it is done.
        if let Ok(gateway) = self.gateway.try_borrow() {
            self.published.send_replace(HostStats { gateway: gateway.stats(), ..self.stats.get() });
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.hub.lines.borrow_mut().remove(&self.conn);
        self.hub.handle(Input::Disconnected { conn: self.conn });
    }
}
