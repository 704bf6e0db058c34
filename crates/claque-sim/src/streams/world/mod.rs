//! The audience and the service in virtual time: carries what is asked and what is sent, and turns the clock.

mod calls;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use claque_core::{
    event::{Event, StatusKind},
    ids::BlockIdx,
    listener::{self, ListenerConfig},
    player::{self, PlayerConfig},
    record::Fact,
    remark::Findings,
    schedule::ArrivalSchedule,
    share::OwnListeners,
    time::{Instant, MediaTime},
};

use self::calls::{Asked, Connection, PieceInTransit};
use super::{
    StreamScenario,
    listener::{Listener, TextLibrary, VoiceList},
    service::{Call, Reply, Service},
    terms::Trouble,
};
use crate::{
    happening::ProgressGuard,
    network::{ListenerLink, links_of},
    presence::Presence,
    queue::Queue,
};

/// Players, service, and what is on its way between them.
pub(super) struct World<F> {
    service: Service,
    voices: VoiceList,
    /// The networks of listeners; empty where there are none.
    links: Vec<ListenerLink<PieceInTransit>>,
    listeners: Vec<Listener>,
    schedule: ArrivalSchedule,
    own: OwnListeners,
    /// Requests whose answers are wanted and not over.
    open: BTreeMap<u64, OpenCall>,
    /// Requests so far.
    asked: u64,
    queue: Queue<Happening>,
    live: usize,
    presence: Presence,
    ended_at: Instant,
    guard: ProgressGuard,
    on_fact: F,
    /// Kept for their memory.
    inputs: VecDeque<player::Input>,
    orders: Vec<player::Output>,
    replies: Vec<(u64, Reply)>,
}

/// A request whose answer is wanted.
#[derive(Clone, Copy, Debug)]
struct OpenCall {
    listener: usize,
    block: BlockIdx,
    voice: usize,
    /// The connection that it goes over, where there is a network.
    exchange: u64,
    /// Audio that was sent.
    sent: MediaTime,
    /// Audio that has arrived.
    delivered: MediaTime,
}

/// Something that happens.
enum Happening {
    /// The listener starts.
    Starts { listener: usize },
    /// The listener wants to be woken.
    Wakes { listener: usize },
    /// A connection for a request stands, that was dialled then.
    Connected { call: Call, dialled_at: Instant },
    /// A request reaches the service.
    Request { call: Call },
    /// The end of a connection reaches the service.
    Leaves { call: u64 },
    /// Something of an answer is with its listener.
    Arrives(PieceInTransit),
    /// A listener's line may have carried something.
    Carries { listener: usize },
}

impl<F: FnMut(Fact)> World<F> {
    pub(super) fn new(
        scenario: &StreamScenario,
        library: TextLibrary,
        voices: VoiceList,
        service: Service,
        on_fact: F,
    ) -> Self {
        let plan = &scenario.plan;
        let own = plan.own();
        let known = own.known().len();
        let mut queue = Queue::new();
        let mut listeners = Vec::new();
        let policy = Arc::new(plan.policy);
        for (index, text) in library.into_texts().into_iter().enumerate() {
            let id = own.listener(index);
            let intended_at = plan.schedule.intended_start(id);
            if index < known {
                queue.push(intended_at, Happening::Starts { listener: index });
            }
            let player = PlayerConfig {
                listener: id,
                // As in a run over sockets.
                document: format!("text-{}", id.0).into(),
                chars: text.chars.clone(),
                speed: plan.speed,
                policy: Arc::clone(&policy),
                timeout: plan.timeout,
                intended_at,
            };
            let (behaviour, seed, voices) = (plan.behaviour, plan.seed, voices.count());
            let person = listener::Listener::new(ListenerConfig { player, behaviour, voices, seed });
            listeners.push(Listener { person, text, wake_at: None, calls: Vec::new() });
        }
        Self {
            service,
            voices,
            links: links_of(plan),
            live: listeners.len().min(known),
            listeners,
            schedule: plan.schedule.clone(),
            own,
            presence: Presence::default(),
            open: BTreeMap::new(),
            asked: 0,
            queue,
            ended_at: Instant::START,
            guard: ProgressGuard::new(plan.users, plan.blocks),
            on_fact,
            inputs: VecDeque::new(),
            orders: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Lets time pass until the last session has ended. Of two things at one moment the service's own comes first.
    pub(super) fn run(mut self) -> (Instant, Service) {
        while self.live > 0 {
            let next = self.queue.next_at();
            let service = self.service.poll_timeout().filter(|at| next.is_none_or(|next| *at <= next));
            if let Some(at) = service {
                self.tell_service(at, Service::wake);
            } else {
                let (now, happening) =
                    self.queue.pop().expect("a player that is not done waits for audio or for a time-out");
                self.happen(now, happening);
            }
        }
        self.presence.check();
        (self.ended_at, self.service)
    }

    fn happen(&mut self, now: Instant, happening: Happening) {
        match happening {
            Happening::Starts { listener } => {
                self.guard.step(now);
                self.presence.come(now);
                self.tell_person(now, listener, player::Input::Start);
            }
            Happening::Wakes { listener } => self.wake(now, listener),
            Happening::Connected { call, dialled_at } => self.connected(now, call, dialled_at),
            Happening::Request { call } => {
                self.guard.step(now);
                self.tell_service(now, |service, now, replies| service.ask(now, call, replies));
            }
            Happening::Leaves { call } => {
                self.tell_service(now, |service, now, replies| service.leave(now, call, replies));
            }
            Happening::Arrives(piece) => self.deliver(now, piece),
            Happening::Carries { listener } => self.carry(now, listener),
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

    fn tell_service(
        &mut self,
        now: Instant,
        tell: impl FnOnce(&mut Service, Instant, &mut Vec<(u64, Reply)>),
    ) {
        let mut replies = core::mem::take(&mut self.replies);
        tell(&mut self.service, now, &mut replies);
        for (call, reply) in replies.drain(..) {
            self.send(now, PieceInTransit { call, reply });
        }
        self.replies = replies;
    }

    /// Something of an answer is there.
    fn deliver(&mut self, now: Instant, PieceInTransit { call, reply }: PieceInTransit) {
        let Some(open) = self.open.get_mut(&call) else { return };
        let OpenCall { listener, block, voice, .. } = *open;
        let ready = |kind| Event::Status { block, kind };
        match reply {
            Reply::Head => self.tell_event(now, listener, ready(StatusKind::Processing)),
            Reply::Audio { delivered, bytes, .. } => {
                open.delivered = delivered;
                self.tell_event(now, listener, Event::Audio { block, delivered, bytes });
            }
            Reply::End => {
                let media = open.delivered;
                self.close(now, call, Connection::Kept);
                if media > MediaTime::ZERO {
                    self.tell_event(now, listener, ready(StatusKind::Ready));
                    let findings = Findings::NONE;
                    self.tell_event(now, listener, Event::Complete { block, media, findings });
                } else {
                    let chars = self.listeners[listener].text.block(block).map_or(0, |(_, chars)| chars);
                    let event = self.service.terms().empty(block, chars);
                    self.tell_event(now, listener, event);
                }
            }
            Reply::Failed(trouble) => {
                let delivered = open.delivered;
                let after = match trouble {
                    Trouble::Broken | Trouble::NoDone => Connection::Closed,
                    Trouble::Refused { .. }
                    | Trouble::Voice { .. }
                    | Trouble::TooLong
                    | Trouble::Overloaded
                    | Trouble::Engine => Connection::Kept,
                };
                self.close(now, call, after);
                self.fail(now, (listener, voice), trouble, (block, delivered));
            }
        }
    }

    fn fail(
        &mut self,
        now: Instant,
        (listener, voice): (usize, usize),
        trouble: Trouble,
        heard: (BlockIdx, MediaTime),
    ) {
        let text = self.listeners[listener].text.block(heard.0).map_or("", |(text, _)| text);
        let event = self.service.terms().event(trouble, heard, (text, self.voices.name(voice)));
        let event = event.expect("whatever goes wrong was rehearsed");
        self.tell_event(now, listener, event);
    }

    fn tell_event(&mut self, now: Instant, listener: usize, event: Event) {
        if !self.listeners[listener].is_done() {
            self.tell_person(now, listener, player::Input::Event(event));
        }
    }

    fn tell_person(&mut self, now: Instant, listener: usize, input: player::Input) {
        let mut inputs = core::mem::take(&mut self.inputs);
        let mut orders = core::mem::take(&mut self.orders);
        inputs.push_back(input);
        while let Some(input) = inputs.pop_front() {
            orders.extend(self.listeners[listener].person.handle_input(now, input));
            for order in orders.drain(..) {
                match order {
                    player::Output::Dial => inputs.push_back(player::Input::Event(Event::Opened)),
                    player::Output::Ask { blocks, voice } => {
                        for block in blocks {
                            if self.ask(now, listener, block, voice) == Asked::Now {
                                inputs.push_back(player::Input::Event(Event::Sent { blocks: vec![block] }));
                            }
                        }
                    }
                    player::Output::Forget { blocks } => {
                        for block in blocks {
                            self.hang_up(now, listener, Some(block));
                        }
                    }
                    // The service is told of no jump.
                    player::Output::Move { .. } => {}
                    player::Output::ChangeVoice { .. } => self.hang_up(now, listener, None),
                    player::Output::Fact(fact) => self.take_fact(now, fact),
                    player::Output::Ended => {
                        self.live -= 1;
                        self.hang_up(now, listener, None);
                    }
                }
            }
        }
        self.inputs = inputs;
        self.orders = orders;
        self.schedule_wake(listener);
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
                self.queue.push(at.max(now), Happening::Starts { listener });
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
            self.queue.push(at, Happening::Wakes { listener });
        }
    }
}
