//! The audience and the service in virtual time: carries messages between them and turns the clock.

mod exchange;

use std::{collections::VecDeque, sync::Arc};

use claque_core::{
    event::Event,
    ids::BlockIdx,
    listener::{self, ListenerConfig},
    player::{self, PlayerConfig},
    record::Fact,
    schedule::ArrivalSchedule,
    share::OwnListeners,
    time::{Duration, Instant},
};
use claque_front::typed::conversation::{Gateway, Input, NO_CLOSE_FRAME, Notice, Output, Request};
use claque_gateway::ConnId;
use claque_wire::typed::conversation::close;
use slab::Slab;

use crate::{
    audio::{Listening, garbage},
    happening::{Due, Happening, ProgressGuard, What, as_number, index, run_time, wide},
    listener::{Fetches, Line, Listener},
    network::{ListenerLink, links_of},
    presence::Presence,
    queue::Queue,
    scenario::Scenario,
    session::{DocumentCheck, NoticeConsequence, Session},
    stage::{Stage, as_count},
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
    model: Arc<str>,
    voices: Vec<Arc<str>>,
    /// Connections dialled so far, by everybody.
    dials: u64,
    /// The networks of listeners; empty where there are none.
    links: Vec<ListenerLink<What>>,
    listening: Listening,
    listeners: Vec<Listener>,
    schedule: ArrivalSchedule,
    own: OwnListeners,
    queue: Queue<Due>,
    /// What is on its way.
    under_way: Slab<Happening>,
    live: usize,
    presence: Presence,
    ended_at: Instant,
    guard: ProgressGuard,
    on_fact: F,
    /// Kept for their memory.
    inputs: Vec<player::Input>,
    orders: VecDeque<player::Output>,
    news: Vec<NoticeConsequence>,
}

impl<F: FnMut(Fact)> World<F> {
    pub(crate) fn new(scenario: &Scenario, stage: Stage, check: DocumentCheck, on_fact: F) -> Self {
        let plan = &scenario.plan;
        let own = plan.own();
        let known = own.known().len();
        let mut queue = Queue::new();
        let voice = stage.voice();
        let voices = u32::try_from(stage.voices.len()).unwrap_or(u32::MAX);
        let mut listeners = Vec::with_capacity(stage.seats.len());
        let policy = Arc::new(plan.policy);
        for (listener, seat) in stage.seats.into_iter().enumerate() {
            let id = own.listener(listener);
            let intended_at = plan.schedule.intended_start(id);
            if listener < known {
                queue.push(intended_at, Due::Starts(as_number(listener)));
            }
            let session = Session::new(seat.document, check, voice.clone());
            let player = PlayerConfig {
                listener: id,
                document: seat.document.to_string().into(),
                chars: seat.chars,
                speed: plan.speed,
                policy: Arc::clone(&policy),
                timeout: plan.timeout,
                intended_at,
            };
            let (behaviour, seed) = (plan.behaviour, plan.seed);
            listeners.push(Listener {
                person: listener::Listener::new(ListenerConfig { player, behaviour, voices, seed }),
                session,
                document: seat.document,
                line: Line::Down,
                wake_at: None,
                fetches: Fetches::default(),
            });
        }
        Self {
            gateway: stage.gateway,
            gateway_lead: stage.took,
            model: stage.model,
            voices: stage.voices,
            dials: 0,
            links: links_of(plan),
            listening: Listening::to(&scenario.gateway.faults.audio),
            live: listeners.len().min(known),
            listeners,
            schedule: plan.schedule.clone(),
            own,
            presence: Presence::default(),
            queue,
            under_way: Slab::new(),
            ended_at: Instant::START,
            guard: ProgressGuard::new(plan.users, plan.blocks),
            on_fact,
            inputs: Vec::new(),
            orders: VecDeque::new(),
            news: Vec::new(),
        }
    }

    /// Lets time pass until the last session has ended, and counts events. Of two things at one moment the gateway's own comes first.
    pub(crate) fn run(mut self) -> (Instant, Gateway, u64) {
        self.gateway.restart_load(Instant::START + self.gateway_lead);
        let (mut popped, before) = (0, self.gateway.steps());
        while self.live > 0 {
            let gateway = self.gateway.poll_timeout().map(|(at, _)| run_time(at, self.gateway_lead));
            let next = self.queue.next_at();
            if let Some(at) = gateway.filter(|at| next.is_none_or(|next| *at <= next)) {
                self.guard.step(at);
                self.queue.pass(at);
                self.tell_gateway(at, Input::Wake);
            } else {
                let (now, due) =
                    self.queue.pop().expect("a player that is not done waits for audio or for a time-out");
                popped += 1;
                match due {
                    Due::Starts(listener) => self.start(now, as_count(listener)),
                    Due::Wakes(listener) => self.wake(now, as_count(listener)),
                    Due::Arrives(place) => {
                        let Happening { listener, what } = self.under_way.remove(as_count(place));
                        self.happen(now, listener, what);
                    }
                    Due::Carries(listener) => self.carry(now, as_count(listener)),
                }
            }
        }
        self.presence.check();
        let events = popped + self.gateway.steps() - before;
        (self.ended_at, self.gateway, events)
    }

    fn start(&mut self, now: Instant, listener: usize) {
        self.guard.step(now);
        self.presence.come(now);
        self.tell_person(now, listener, player::Input::Start);
    }

    /// Sends something on its way.
    fn send_off(&mut self, arrives: Instant, listener: usize, what: What) {
        let place = self.under_way.insert(Happening { listener, what });
        self.queue.push(arrives, Due::Arrives(as_number(place)));
    }

    fn happen(&mut self, now: Instant, listener: usize, what: What) {
        match what {
            What::Upgrades { conn } => self.upgrade(now, listener, conn),
            What::Arrives { conn } => self.arrive(now, listener, conn),
            What::Dialed { conn } => {
                if self.listeners[listener].listens_to(conn) {
                    self.listeners[listener].line = Line::Open(conn);
                    let connect = self.links.get(listener).map_or(Duration::ZERO, |link| link.dialling(now));
                    self.tell_event(now, listener, Event::Dialed { connect });
                }
            }
            What::Request { conn, request } => {
                self.guard.step(now);
                self.tell_gateway(now, Input::Request { conn, request });
            }
            What::Notice { conn, notice } => self.handle_notice(now, listener, conn, notice),
            What::Garbage { conn } => {
                if self.listeners[listener].listens_to(conn) {
                    self.tell_event(now, listener, Event::Failed(garbage()));
                }
            }
            What::Connected { take, exchange, block, variant } => {
                self.ask_for_audio(now, listener, (take, exchange), (block, variant));
            }
            What::Fetch { take, exchange, block, variant } => {
                self.fetch(now, listener, (take, exchange), (block, &variant));
            }
            What::Begins { take, block, delivered, bytes } => {
                if self.listeners[listener].fetches.take == take {
                    self.tell_event(now, listener, Event::Audio { block, delivered, bytes });
                }
            }
            What::Said { what } => self.hear(now, listener, *what),
            What::Audio { take, exchange, block, media, bytes, findings } => {
                if self.listeners[listener].fetches.take == take {
                    self.tell_audio(now, listener, Event::Audio { block, delivered: media, bytes });
                    self.tell_event(now, listener, Event::Complete { block, media, findings });
                    self.end_fetch(now, listener, exchange);
                }
            }
            What::NoAudio { take, exchange, news } => {
                if self.listeners[listener].fetches.take == take {
                    self.tell_event(now, listener, news);
                    self.end_fetch(now, listener, exchange);
                }
            }
            What::Closed { conn, failure } => {
                if self.listeners[listener].listens_to(conn) {
                    self.listeners[listener].line = Line::Down;
                    self.tell_event(now, listener, Event::Closed(failure));
                }
            }
            What::HungUp { conn } => self.tell_gateway(now, Input::Disconnected { conn }),
        }
    }

    fn wake(&mut self, now: Instant, listener: usize) {
        let entry = &mut self.listeners[listener];
        if entry.wake_at != Some(now) {
            return;
        }
        entry.wake_at = None;
        if entry.person.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.guard.step(now);
            self.tell_person(now, listener, player::Input::Wake);
        } else {
            self.schedule_wake(listener);
        }
    }

    fn send(&mut self, now: Instant, listener: usize, conn: ConnId, (blocks, voice): (&[BlockIdx], u32)) {
        let slug = Arc::clone(self.slug(voice));
        let entry = &mut self.listeners[listener];
        // What had waited for a connection may be of a voice that was left.
        if slug == *entry.session.voice() {
            entry.session.request(blocks);
        }
        let document = entry.document;
        for blocks in blocks.chunks(BLOCKS_PER_REQUEST) {
            let blocks = blocks.iter().map(|block| i64::from(block.0)).collect();
            let (model, voice) = (Arc::clone(&self.model), Arc::clone(&slug));
            let request = Request::Synthesize { document, blocks, model, voice };
            let arrives = self.said(now, listener);
            self.send_off(arrives, listener, What::Request { conn, request });
        }
    }

    fn move_cursor(&mut self, now: Instant, listener: usize, cursor: BlockIdx) {
        let entry = &mut self.listeners[listener];
        if let Some(conn) = entry.line.open() {
            let request = Request::CursorMoved { document: entry.document, cursor: i64::from(cursor.0) };
            let arrives = self.said(now, listener);
            self.send_off(arrives, listener, What::Request { conn, request });
        }
    }

    fn slug(&self, voice: u32) -> &Arc<str> {
        let slug = usize::try_from(voice).ok().and_then(|voice| self.voices.get(voice));
        slug.expect("a listener chooses among the voices it was told of")
    }

    fn handle_notice(&mut self, now: Instant, listener: usize, conn: ConnId, notice: Notice) {
        if !self.listeners[listener].listens_to(conn) {
            return;
        }
        let mut all_news = core::mem::take(&mut self.news);
        self.listeners[listener].session.handle_notice(notice, &mut all_news);
        for news in all_news.drain(..) {
            match news {
                NoticeConsequence::Event(event) => self.tell_event(now, listener, event),
                NoticeConsequence::Fetch { block, audio: variant, declared: _ } => {
                    self.listeners[listener].fetches.want(block, variant);
                    self.begin_fetches(now, listener);
                }
            }
        }
        self.news = all_news;
    }

    fn tell_gateway(&mut self, now: Instant, input: Input) {
        let listeners = wide(self.listeners.len());
        let has_links = !self.links.is_empty();
        let mut send_off = |arrives: Instant, listener: usize, what: What| {
            let place = self.under_way.insert(Happening { listener, what });
            self.queue.push(arrives, Due::Arrives(as_number(place)));
        };
        for output in self.gateway.handle_input(now + self.gateway_lead, input) {
            let (conn, at, what) = match output {
                Output::Notice { conn, at, notice } => (conn, at, What::Notice { conn, notice }),
                Output::Garbage { conn, at } => (conn, at, What::Garbage { conn }),
                Output::Close { conn, at, code, reason } => {
                    let listener = index(conn, listeners);
                    let at_gateway = run_time(at, self.gateway_lead);
                    send_off(at_gateway, listener, What::HungUp { conn });
                    let failure = match code {
                        NO_CLOSE_FRAME => close(None, ""),
                        code => close(Some(code), &reason),
                    };
                    (conn, at, What::Closed { conn, failure })
                }
                // The stage takes no gateway with an external engine.
                Output::Synthesize(_) => continue,
            };
            let what = if has_links { What::Said { what: Box::new(what) } } else { what };
            send_off(run_time(at, self.gateway_lead), index(conn, listeners), what);
        }
    }

    fn tell_event(&mut self, now: Instant, listener: usize, event: Event) {
        if !self.listeners[listener].is_done() {
            self.tell_person(now, listener, player::Input::Event(event));
        }
    }

    /// Tells of audio that is whole in the same moment, when the listener says when it is to be woken.
    fn tell_audio(&mut self, now: Instant, listener: usize, audio: Event) {
        if !self.listeners[listener].is_done() {
            self.obey(now, listener, player::Input::Event(audio));
        }
    }

    fn tell_person(&mut self, now: Instant, listener: usize, input: player::Input) {
        self.obey(now, listener, input);
        self.schedule_wake(listener);
    }

    /// Tells a listener something and does what it wants done.
    fn obey(&mut self, now: Instant, listener: usize, input: player::Input) {
        let mut inputs = core::mem::take(&mut self.inputs);
        let mut orders = core::mem::take(&mut self.orders);
        inputs.push(input);
        while let Some(input) = inputs.pop() {
            self.listeners[listener].person.handle_input_into(now, input, &mut orders);
            while let Some(order) = orders.pop_front() {
                match order {
                    player::Output::Dial => self.dial(now, listener),
                    player::Output::Ask { blocks, voice } => {
                        if let Some(conn) = self.listeners[listener].line.open() {
                            self.send(now, listener, conn, (&blocks, voice));
                            inputs.push(player::Input::Event(Event::Sent { blocks }));
                        }
                    }
                    player::Output::Forget { blocks } => self.listeners[listener].session.forget(&blocks),
                    player::Output::Move { cursor } => self.move_cursor(now, listener, cursor),
                    player::Output::ChangeVoice { voice } => self.change_voice(listener, voice),
                    player::Output::Fact(fact) => self.take_fact(now, fact),
                    player::Output::Ended => self.hang_up(now, listener),
                }
            }
        }
        self.inputs = inputs;
        self.orders = orders;
    }

    fn take_fact(&mut self, now: Instant, mut fact: Fact) {
        if let Fact::Listener(record) = &mut fact {
            let link = self.own.place(record.listener).and_then(|place| self.links.get(place));
            record.network = link.map(|link| link.name().to_owned());
            self.ended_at = self.ended_at.max(record.ended_at);
            self.presence.go(now, record);
            if let Some((id, at)) = self.schedule.successor(record)
                && let Some(listener) = self.own.place(id)
                && let Some(next) = self.listeners.get_mut(listener)
            {
                next.person.intend_start(at);
                self.live += 1;
                self.queue.push(at.max(now), Due::Starts(as_number(listener)));
            }
        }
        (self.on_fact)(fact);
    }

    /// Puts a wake-up into the queue, unless an earlier one is there: it will look again.
    fn schedule_wake(&mut self, listener: usize) {
        let entry = &mut self.listeners[listener];
        let Some((at, _)) = entry.person.poll_timeout() else { return };
        if entry.wake_at.is_none_or(|scheduled| at < scheduled) {
            entry.wake_at = Some(at);
            self.queue.push(at, Due::Wakes(as_number(listener)));
        }
    }
}
