//! The one machine of a host, and the way of its replies to calls.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    sync::Arc,
};

use claque_core::time::Instant;
use claque_front::openai::{CallId, Input, OpenaiFront, Output, Reply};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    super::{HostStats, engine::Engine, timer::Timer},
    body::{Answered, Part},
};
use crate::clock::Clock;

/// Pieces that wait for one client at most: at five pieces a second of audio that is a quarter of an hour. Beyond it the client has
/// stopped reading.
const MOST_PIECES: usize = 4_096;

/// The machine, its clock and its calls. Lives on the host's thread.
#[derive(Debug)]
pub(super) struct OpenaiHub {
    clock: Clock,
    front: RefCell<OpenaiFront>,
    calls: RefCell<BTreeMap<CallId, Call>>,
    opened: Cell<u64>,
    timer: Timer,
    engine: Option<Rc<Engine>>,
    stats: Cell<HostStats>,
    published: watch::Sender<HostStats>,
    closing: watch::Sender<bool>,
}

/// A call that is not answered to the end.
#[derive(Debug)]
enum Call {
    Waiting(oneshot::Sender<Answered>),
    Open(mpsc::Sender<Part>),
}

/// Tells that a call's client has left, or has its answer, when dropped.
#[derive(Debug)]
pub(super) struct CallGuard {
    call: CallId,
    hub: Rc<OpenaiHub>,
}

impl CallGuard {
    pub(super) const fn call(&self) -> CallId {
        self.call
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        if self.hub.calls.borrow_mut().remove(&self.call).is_some() {
            self.hub.handle(Input::Left { call: self.call });
        }
    }
}

impl OpenaiHub {
    pub(super) fn new(
        front: OpenaiFront,
        engine: Option<Engine>,
        published: watch::Sender<HostStats>,
    ) -> Self {
        Self {
            clock: Clock::start(),
            front: RefCell::new(front),
            calls: RefCell::default(),
            opened: Cell::new(0),
            timer: Timer::default(),
            engine: engine.map(Rc::new),
            stats: Cell::default(),
            published,
            closing: watch::Sender::new(false),
        }
    }

    pub(super) fn engine(&self) -> Option<Rc<Engine>> {
        self.engine.clone()
    }

    /// Counts something.
    pub(super) fn count(&self, add: impl FnOnce(&mut HostStats)) {
        let mut stats = self.stats.get();
        add(&mut stats);
        self.stats.set(stats);
        self.published.send_replace(stats);
    }

    /// A call has come. Its answer comes out of the receiver.
    pub(super) fn open_call(self: &Rc<Self>) -> (CallGuard, oneshot::Receiver<Answered>) {
        let call = CallId(self.opened.get());
        self.opened.set(call.0 + 1);
        let (tell, told) = oneshot::channel();
        self.calls.borrow_mut().insert(call, Call::Waiting(tell));
        (CallGuard { call, hub: Rc::clone(self) }, told)
    }

    /// Gives the machine news, and its replies to whom they concern.
    pub(super) fn handle(self: &Rc<Self>, input: Input<'_>) {
        let outputs: Vec<Output> = self.front.borrow_mut().handle_input(self.clock.now(), input).collect();
        for Output { call, reply, .. } in outputs {
            self.route(call, reply);
        }
        self.timer.look_at(self.next_due());
    }

    /// Wakes the machine whenever it wants to be, for ever.
    pub(super) async fn wake_when_due(self: Rc<Self>) {
        self.timer.run(self.clock, || self.next_due(), || self.handle(Input::Wake)).await;
    }

    /// Becomes true when the host stops.
    pub(super) fn closing(&self) -> watch::Receiver<bool> {
        self.closing.subscribe()
    }

    /// Answers nobody any more; bodies under way break off.
    pub(super) fn stop(&self) {
        self.closing.send_replace(true);
        self.calls.borrow_mut().clear();
    }

    fn next_due(&self) -> Option<Instant> {
        self.front.borrow().poll_timeout().map(|(at, _)| at)
    }

    fn route(self: &Rc<Self>, call: CallId, reply: Reply) {
        match reply {
            Reply::Whole { head, body } => {
                let is_audio =
                    head.status == 200 && head.headers.iter().any(|(_, value)| value.starts_with("audio/"));
                self.settle(call, Answered::Whole(head, body));
                if is_audio {
                    self.count(|stats| stats.audio_served += 1);
                }
            }
            Reply::Open(head) => {
                let (send, parts) = mpsc::channel(MOST_PIECES);
                if self.settle(call, Answered::Open(head, parts)) {
                    self.calls.borrow_mut().insert(call, Call::Open(send));
                }
            }
            Reply::Bytes(bytes) => self.send(call, Part::Bytes(bytes.into())),
            Reply::End => {
                self.send(call, Part::End);
                self.calls.borrow_mut().remove(&call);
                self.count(|stats| stats.audio_served += 1);
            }
            Reply::Break => {
                self.send(call, Part::Break);
                self.calls.borrow_mut().remove(&call);
            }
            Reply::Speak { text, voice } => self.speak(call, text, voice),
        }
    }

    /// Answers a call that waits; says whether there is still one.
    fn settle(&self, call: CallId, answer: Answered) -> bool {
        let waiting = self.calls.borrow_mut().remove(&call);
        match waiting {
            Some(Call::Waiting(tell)) => tell.send(answer).is_ok(),
            Some(Call::Open(_)) | None => false,
        }
    }

    fn send(self: &Rc<Self>, call: CallId, part: Part) {
        let mut calls = self.calls.borrow_mut();
        let Some(Call::Open(send)) = calls.get(&call) else { return };
        if send.try_send(part).is_ok() {
            return;
        }
        let slow = !send.is_closed();
        // Without a sender the body breaks off, and its end tells the machine.
        calls.remove(&call);
        drop(calls);
        if slow {
            tracing::warn!(call = call.0, "answer broken off: its client does not read");
            self.count(|stats| stats.dropped_slow += 1);
        }
        let hub = Rc::clone(self);
        // Not from within the machine's own outputs.
        tokio::task::spawn_local(async move { hub.handle(Input::Left { call }) });
    }

    fn speak(self: &Rc<Self>, call: CallId, text: Arc<str>, voice: Arc<str>) {
        let (hub, engine) = (Rc::clone(self), self.engine.clone());
        let rate = self.front.borrow().rate();
        tokio::task::spawn_local(async move {
            let result = match engine {
                Some(engine) => engine.record(&text, &voice, rate).await,
                None => Err("the host has no engine".to_owned()),
            };
            hub.handle(Input::Spoken { call, result });
        });
    }
}
