//! The audience and the service in virtual time: carries messages between them and turns the clock.

use claque_core::{
    event::Event,
    ids::{BlockIdx, ListenerId},
    player::{self, Player, PlayerConfig},
    record::Fact,
    time::{Duration, Instant},
};
use claque_gateway::{ConnId, Gateway, GatewayStats, Input, Notice, Output, Request, VariantHash};
use claque_wire::yapit::close;

use crate::{
    happening::{Guard, Happening, What},
    link::{Link, bytes_of, garbage, refused},
    listener::{Fetches, Line, Listener},
    queue::Queue,
    scenario::Scenario,
    session::{News, Session},
    stage::{Stage, listeners_user},
};

/// Address from which all listeners fetch audio: a load generator has one.
const LISTENERS_ADDRESS: &str = "listeners";

/// Most blocks of one request, as the current service's wire allows; longer ones go out as several.
pub(crate) const BLOCKS_PER_REQUEST: usize = 32;

/// Players, gateway, and what is on its way between them.
pub(crate) struct World<F> {
    gateway: Gateway,
    /// The gateway's time at the run's start.
    gateway_lead: Duration,
    model: String,
    voice: String,
    link: Link,
    listeners: Vec<Listener>,
    queue: Queue<Happening>,
    live: usize,
    ended_at: Instant,
    guard: Guard,
    on_fact: F,
    /// Kept for their memory.
    inputs: Vec<player::Input>,
    news: Vec<News>,
}

impl<F: FnMut(Fact)> World<F> {
    pub(crate) fn new(scenario: &Scenario, stage: Stage, on_fact: F) -> Self {
        let plan = &scenario.plan;
        let mut queue = Queue::new();
        let mut listeners = Vec::with_capacity(stage.seats.len());
        for ((listener, seat), id) in stage.seats.into_iter().enumerate().zip(0..) {
            let id = ListenerId(id);
            let intended_at = plan.schedule.intended_start(id);
            queue.push(intended_at, Happening { listener, what: What::Starts });
            let session = Session::new(seat.document, seat.chars.len());
            let player = Player::new(PlayerConfig {
                listener: id,
                document: seat.document.to_string(),
                chars: seat.chars,
                speed: plan.speed,
                policy: plan.policy,
                timeout: plan.timeout,
                intended_at,
            });
            listeners.push(Listener {
                player,
                session,
                document: seat.document,
                line: Line::Dialing { unsent: Vec::new() },
                wake_at: None,
                fetches: Fetches::default(),
            });
        }
        Self {
            gateway: stage.gateway,
            gateway_lead: stage.took,
            model: stage.model,
            voice: stage.voice,
            link: scenario.link,
            live: listeners.len(),
            listeners,
            queue,
            ended_at: Instant::START,
            guard: Guard::new(plan.users, plan.blocks),
            on_fact,
            inputs: Vec::new(),
            news: Vec::new(),
        }
    }

    /// Lets time pass until the last session has ended. Of two things at one moment the gateway's own comes first.
    pub(crate) fn run(mut self) -> (Instant, GatewayStats) {
        while self.live > 0 {
            let gateway = self.gateway.poll_timeout().map(|(at, _)| run_time(at, self.gateway_lead));
            let next = self.queue.next_at();
            if let Some(at) = gateway.filter(|at| next.is_none_or(|next| *at <= next)) {
                self.guard.step(at);
                self.tell_gateway(at, Input::Wake);
            } else {
                let (now, Happening { listener, what }) =
                    self.queue.pop().expect("a player that is not done waits for audio or for a time-out");
                self.happen(now, listener, what);
            }
        }
        (self.ended_at, self.gateway.stats())
    }

    fn happen(&mut self, now: Instant, listener: usize, what: What) {
        let latency = self.link.latency;
        match what {
            What::Starts => {
                self.guard.step(now);
                self.queue.push(now + latency, Happening { listener, what: What::Accepted });
                self.queue.push(now + self.link.connect_time(), Happening { listener, what: What::Dialed });
                self.tell_player(now, listener, player::Input::Start);
            }
            What::Wakes => self.wake(now, listener),
            What::Accepted => {
                self.tell_gateway(now, Input::Connected { conn: conn(listener), user: listeners_user() });
            }
            What::Dialed => self.dialed(now, listener),
            What::Request { blocks } => {
                self.guard.step(now);
                let request = Request::Synthesize {
                    document: self.listeners[listener].document,
                    blocks: blocks.iter().map(|block| i64::from(block.0)).collect(),
                    model: self.model.clone(),
                    voice: self.voice.clone(),
                };
                self.tell_gateway(now, Input::Request { conn: conn(listener), request });
            }
            What::Notice(notice) => self.handle_notice(now, listener, notice),
            What::Garbage => self.tell_event(now, listener, Event::Failed(garbage())),
            What::Fetch { block, variant } => self.fetch(now, listener, block, &variant),
            What::Audio { block, media, bytes } => {
                self.tell_event(now, listener, Event::Audio { block, delivered: media, bytes });
                self.tell_event(now, listener, Event::Complete { block, media });
                self.end_fetch(now, listener);
            }
            What::NoAudio { block, failure } => {
                self.listeners[listener].session.fetch_failed(block);
                self.tell_event(now, listener, Event::Failed(failure));
                self.end_fetch(now, listener);
            }
            What::Closed { failure } => {
                if !self.listeners[listener].is_done() {
                    self.listeners[listener].line = Line::Closed;
                }
                self.tell_event(now, listener, Event::Failed(failure));
            }
            What::HungUp => self.tell_gateway(now, Input::Disconnected { conn: conn(listener) }),
        }
    }

    fn wake(&mut self, now: Instant, listener: usize) {
        let entry = &mut self.listeners[listener];
        if entry.wake_at != Some(now) {
            return;
        }
        entry.wake_at = None;
        if entry.player.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.guard.step(now);
            self.tell_player(now, listener, player::Input::Wake);
        } else {
            self.schedule_wake(listener);
        }
    }

    /// The way is free: what the player wanted while it was dialled goes out now.
    fn dialed(&mut self, now: Instant, listener: usize) {
        if self.listeners[listener].is_done() {
            return;
        }
        let line = core::mem::replace(&mut self.listeners[listener].line, Line::Open);
        self.tell_event(now, listener, Event::Dialed { connect: self.link.connect_time() });
        if let Line::Dialing { unsent } = line {
            for blocks in unsent {
                self.send(now, listener, &blocks);
                self.tell_event(now, listener, Event::Sent { blocks });
            }
        }
    }

    fn send(&mut self, now: Instant, listener: usize, blocks: &[BlockIdx]) {
        self.listeners[listener].session.request(blocks);
        for blocks in blocks.chunks(BLOCKS_PER_REQUEST) {
            let what = What::Request { blocks: blocks.to_vec() };
            self.queue.push(now + self.link.latency, Happening { listener, what });
        }
    }

    fn handle_notice(&mut self, now: Instant, listener: usize, notice: Notice) {
        if self.listeners[listener].is_done() {
            return;
        }
        let mut all_news = core::mem::take(&mut self.news);
        self.listeners[listener].session.handle_notice(notice, &mut all_news);
        for news in all_news.drain(..) {
            match news {
                News::Event(event) => self.tell_event(now, listener, event),
                News::Fetch { block, variant } => {
                    self.listeners[listener].fetches.want(block, variant);
                    self.begin_fetches(now, listener);
                }
            }
        }
        self.news = all_news;
    }

    fn begin_fetches(&mut self, now: Instant, listener: usize) {
        while let Some((block, variant)) = self.listeners[listener].fetches.begin() {
            let what = What::Fetch { block, variant };
            self.queue.push(now + self.link.latency, Happening { listener, what });
        }
    }

    fn end_fetch(&mut self, now: Instant, listener: usize) {
        self.listeners[listener].fetches.end();
        self.begin_fetches(now, listener);
    }

    /// The gateway is asked for audio; the answer goes on its way.
    fn fetch(&mut self, now: Instant, listener: usize, block: BlockIdx, variant: &VariantHash) {
        if self.listeners[listener].is_done() {
            return;
        }
        let answer = self.gateway.audio(now + self.gateway_lead, LISTENERS_ADDRESS, variant);
        let arrives = now + self.link.latency;
        let (at, what) = match answer {
            Ok(speech) => {
                let (media, bytes) = (speech.media, bytes_of(&speech));
                let free_at = &mut self.listeners[listener].fetches.way_free_at;
                *free_at = (*free_at).max(arrives) + self.link.transfer_time(bytes);
                (*free_at, What::Audio { block, media, bytes })
            }
            Err(refusal) => (arrives, What::NoAudio { block, failure: refused(&refusal, block) }),
        };
        self.queue.push(at, Happening { listener, what });
    }

    fn tell_gateway(&mut self, now: Instant, input: Input) {
        let latency = self.link.latency;
        for output in self.gateway.handle_input(now + self.gateway_lead, input) {
            let (conn, at, what) = match output {
                Output::Notice { conn, at, notice } => (conn, at, What::Notice(notice)),
                Output::Garbage { conn, at } => (conn, at, What::Garbage),
                Output::Close { conn, at, code, reason } => {
                    let listener = index(conn);
                    let at_gateway = run_time(at, self.gateway_lead);
                    self.queue.push(at_gateway, Happening { listener, what: What::HungUp });
                    (conn, at, What::Closed { failure: close(Some(code), &reason) })
                }
                // The stage takes no gateway with an external engine.
                Output::Synthesize { .. } => continue,
            };
            let arrives = run_time(at, self.gateway_lead) + latency;
            self.queue.push(arrives, Happening { listener: index(conn), what });
        }
    }

    fn tell_event(&mut self, now: Instant, listener: usize, event: Event) {
        if !self.listeners[listener].is_done() {
            self.tell_player(now, listener, player::Input::Event(event));
        }
    }

    fn tell_player(&mut self, now: Instant, listener: usize, input: player::Input) {
        let mut inputs = core::mem::take(&mut self.inputs);
        let mut orders = Vec::new();
        inputs.push(input);
        while let Some(input) = inputs.pop() {
            orders.extend(self.listeners[listener].player.handle_input(now, input));
            for order in orders.drain(..) {
                match order {
                    player::Output::Ask { blocks } => match &mut self.listeners[listener].line {
                        Line::Dialing { unsent } => unsent.push(blocks),
                        Line::Open => {
                            self.send(now, listener, &blocks);
                            inputs.push(player::Input::Event(Event::Sent { blocks }));
                        }
                        Line::Closed => {}
                    },
                    player::Output::Fact(fact) => self.take_fact(fact),
                    player::Output::Ended => self.hang_up(now, listener),
                }
            }
        }
        self.inputs = inputs;
        self.schedule_wake(listener);
    }

    fn take_fact(&mut self, fact: Fact) {
        if let Fact::Listener(record) = &fact {
            self.ended_at = self.ended_at.max(record.ended_at);
        }
        (self.on_fact)(fact);
    }

    fn hang_up(&mut self, now: Instant, listener: usize) {
        self.live -= 1;
        self.listeners[listener].line = Line::Closed;
        self.queue.push(now + self.link.latency, Happening { listener, what: What::HungUp });
    }

    /// Puts a wake-up into the queue, unless an earlier one is there: it will look again.
    fn schedule_wake(&mut self, listener: usize) {
        let entry = &mut self.listeners[listener];
        let Some((at, _)) = entry.player.poll_timeout() else { return };
        if entry.wake_at.is_none_or(|scheduled| at < scheduled) {
            entry.wake_at = Some(at);
            self.queue.push(at, Happening { listener, what: What::Wakes });
        }
    }
}

fn conn(listener: usize) -> ConnId {
    ConnId(u64::try_from(listener).unwrap_or(u64::MAX))
}

fn index(conn: ConnId) -> usize {
    usize::try_from(conn.0).unwrap_or(usize::MAX)
}

/// A moment of the gateway, told in the run's time.
fn run_time(at: Instant, gateway_lead: Duration) -> Instant {
    Instant::START + at.since(Instant::START + gateway_lead)
}
