//! Filling a service's cache before a run that is to be answered from it.

use std::{io, sync::Arc, thread};

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::BlockIdx,
    rng::Seed,
    time::{Duration, Instant},
};
use claque_wire::session::{Action, Channel, Protocol, Session, Subject};
use mio::{Events, Poll, Waker};
use tokio::sync::{mpsc, oneshot};

use super::{
    io::Io,
    socket::{News, Socket},
    token::TokenTarget,
};
use crate::{
    clock::Clock,
    service::{Service, failure_of},
};

/// Blocks asked for at once: as many as the current era takes in one request.
const BATCH: usize = 32;

/// Counts under way to the caller.
const TOLD: usize = 16;

/// What is to be in the cache.
#[derive(Clone, Debug)]
pub struct WarmUp {
    /// How it is asked for.
    pub protocol: Protocol,
    /// A document of the text.
    pub document: Arc<str>,
    /// Slug of the model.
    pub model: Arc<str>,
    /// Slug of the voice.
    pub voice: Arc<str>,
    /// Blocks of it, from the first.
    pub blocks: u32,
    /// Longest silence of the service.
    pub timeout: Duration,
}

/// Has every block made, a batch at a time, and fetches nothing. `on_ready` is told how many are settled so far.
/// Gives the number of blocks that failed, which a run would meet as well. Cancel-safe: dropping it hangs up.
///
/// # Errors
/// The service refuses, cannot be reached, or falls silent.
pub async fn warm_up(service: &Service, order: WarmUp, on_ready: impl Fn(u32)) -> Result<u32, Failure> {
    let no_thread = |error: io::Error| failure_of(&error, Phase::Dial);
    let poll = Poll::new().map_err(no_thread)?;
    let waker = Arc::new(Waker::new(poll.registry(), TokenTarget::Outside.token()).map_err(no_thread)?);
    let (tell, mut settled) = mpsc::channel(TOLD);
    let (end, ended) = oneshot::channel();
    let warming = CacheWarmer::new(service, order, poll, Arc::clone(&waker), tell);
    let _guard = WakeOnDrop(waker);
    thread::Builder::new()
        .name("warm-up".to_owned())
        .spawn(move || {
            // A caller that has gone does not care how it ended.
            let _gone = end.send(warming.run());
        })
        .map_err(no_thread)?;
    while let Some(count) = settled.recv().await {
        on_ready(count);
    }
    let ended = ended.await;
    ended
        .unwrap_or_else(|_| Err(failure_of(&io::Error::other("warming up panicked"), Phase::Dial)))
        .map_err(|failure| service.secrets().clean_failure(failure))
}

/// Wakes the thread, which then sees that nobody listens any more.
struct WakeOnDrop(Arc<Waker>);

impl Drop for WakeOnDrop {
    fn drop(&mut self) {
        // One that has ended cannot be woken.
        let _ended = self.0.wake();
    }
}

/// One connection that asks, on a thread of its own.
struct CacheWarmer {
    io: Io,
    service: Service,
    session: Session,
    left: std::ops::Range<u32>,
    timeout: Duration,
    tell: mpsc::Sender<u32>,
    /// Of the batch at hand, not settled yet.
    waiting: usize,
    settled: u32,
    failed: u32,
    heard_at: Instant,
}

impl CacheWarmer {
    fn new(service: &Service, order: WarmUp, poll: Poll, waker: Arc<Waker>, tell: mpsc::Sender<u32>) -> Self {
        let clock = Clock::start();
        Self {
            io: Io::new(poll, waker, clock, Seed::root(0).child("warm-up")),
            service: service.clone(),
            session: order.protocol.session(&Subject {
                document: &order.document,
                texts: &Arc::default(),
                model: &order.model,
                voice: &order.voice,
            }),
            left: 0..order.blocks,
            timeout: order.timeout,
            tell,
            waiting: 0,
            settled: 0,
            failed: 0,
            heard_at: clock.now(),
        }
    }

    fn run(mut self) -> Result<u32, Failure> {
        let place = self.io.places.of_service(&self.service);
        let Channel::WebSocket { path } = self.session.channel() else {
            return Err(no_channel());
        };
        let mut socket = Socket::dial((place, None), &self.service, path, TokenTarget::Listener(0).token());
        let mut events = Events::with_capacity(TOLD);
        loop {
            self.attend(&mut socket)?;
            if (self.waiting == 0 && self.left.is_empty()) || self.tell.is_closed() {
                return Ok(self.failed);
            }
            let now = self.io.clock().now();
            let patience = (self.heard_at + self.timeout).since(now);
            if patience.is_zero() {
                return Err(silence(self.timeout));
            }
            let dial = self.io.slow_dial_due().map_or(patience, |at| at.since(now));
            let waited = self.io.wait(&mut events, Some(patience.min(dial)));
            let now = waited.map_err(|error| failure_of(&error, Phase::BeforeAudio))?;
            self.io.resolver.take_answers(now);
            // There is but one connection, which is looked after in each round.
            self.io.take_unread();
            self.io.take_slow_dials(now);
        }
    }

    /// Reads what there is, and asks for the next batch when one is settled.
    fn attend(&mut self, socket: &mut Socket) -> Result<(), Failure> {
        let (mut texts, mut closed) = (Vec::new(), None);
        socket.attend(&mut self.io, true, |_, news| match news {
            News::Text(text) => texts.push(text.to_owned()),
            News::Closed(failure) => closed = Some(failure),
            News::Open | News::Sent(_) | News::NotText => {}
        });
        for text in texts {
            self.heard_at = self.io.clock().now();
            let (settled, failed) = settled_by(&mut self.session, &text)?;
            self.waiting = self.waiting.saturating_sub(settled);
            self.settled += u32::try_from(settled).unwrap_or(u32::MAX);
            self.failed += failed;
            // A caller that is behind learns of a later count.
            let _behind = self.tell.try_send(self.settled);
        }
        if let Some(failure) = closed {
            return Err(failure);
        }
        if self.waiting == 0 && socket.is_open() {
            let batch: Vec<BlockIdx> = self.left.by_ref().take(BATCH).map(BlockIdx).collect();
            self.waiting = batch.len();
            if !batch.is_empty() {
                self.heard_at = self.io.clock().now();
                let mut actions = Vec::new();
                self.session.ask(&batch, None, &mut actions);
                for action in actions {
                    if let Action::Say { text, blocks } = action {
                        socket.push(&mut self.io, &text, blocks);
                    }
                }
                let mut closed = None;
                socket.flush(&mut self.io, |_, news| {
                    if let News::Closed(failure) = news {
                        closed = Some(failure);
                    }
                });
                return closed.map_or(Ok(()), Err);
            }
        }
        Ok(())
    }
}

/// How many blocks a message settled, and how many of those for the worse.
fn settled_by(session: &mut Session, text: &str) -> Result<(usize, u32), Failure> {
    let mut actions = Vec::new();
    session.handle_text(text, &mut actions);
    let (mut settled, mut failed) = (0, 0);
    for action in actions {
        let Action::Tell(event) = action else { continue };
        if let Event::Failed(failure) = event {
            if failure.kills == FailureScope::Session {
                return Err(failure);
            }
            settled += 1;
            failed += 1;
        } else if let Event::Status { kind: StatusKind::Ready | StatusKind::Skipped, .. } = event {
            settled += 1;
        }
    }
    Ok((settled, failed))
}

fn no_channel() -> Failure {
    Failure {
        phase: Phase::Dial,
        class: FailureClass::Protocol,
        code: None,
        text: "a cache cannot be warmed over a protocol that makes blocks only to send them".to_owned(),
        kills: FailureScope::Session,
    }
}

fn silence(timeout: Duration) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Timeout,
        code: None,
        text: format!("nothing heard from the server for {} s", timeout.as_secs_f64()),
        kills: FailureScope::Session,
    }
}
