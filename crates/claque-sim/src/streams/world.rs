//! The audience and the service in virtual time: carries what is asked and what is sent, and turns the clock.

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

use super::{
    StreamScenario,
    listener::{Listener, TextLibrary, VoiceList},
    service::{Call, Reply, Service},
    terms::Trouble,
    way::{PieceInTransit, TransitQueue},
};
use crate::{happening::ProgressGuard, link::Link, presence::Presence, queue::Queue};

/// Players, service, and what is on its way between them.
pub(super) struct World<F> {
    service: Service,
    voices: VoiceList,
    link: Link,
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
    /// Audio that has arrived.
    delivered: MediaTime,
}

/// Something that happens.
enum Happening {
    /// The listener starts.
    Starts { listener: usize },
    /// The listener wants to be woken.
    Wakes { listener: usize },
    /// A request reaches the service.
    Request { call: Call },
    /// The end of a connection reaches the service.
    Leaves { call: u64 },
    /// Something of an answer has come to where its listener's way begins.
    Arrives(PieceInTransit),
    /// What a listener's way carries is there.
    Carried { listener: usize },
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
            listeners.push(Listener {
                person,
                text,
                wake_at: None,
                calls: Vec::new(),
                way: TransitQueue::default(),
            });
        }
        Self {
            service,
            voices,
            link: scenario.link,
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
            Happening::Request { call } => {
                self.guard.step(now);
                self.tell_service(now, |service, now, replies| service.ask(now, call, replies));
            }
            Happening::Leaves { call } => {
                self.tell_service(now, |service, now, replies| service.leave(now, call, replies));
            }
            Happening::Arrives(parcel) => self.arrive(now, parcel),
            Happening::Carried { listener } => {
                if let Some(parcel) = self.listeners[listener].way.pop() {
                    self.deliver(now, parcel);
                }
                self.carry_on(now, listener);
            }
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
        let arrives = now + self.link.latency;
        for (call, reply) in replies.drain(..) {
            self.queue.push(arrives, Happening::Arrives(PieceInTransit { call, reply }));
        }
        self.replies = replies;
    }

    /// Heads are not held up by audio; everything else comes in order.
    fn arrive(&mut self, now: Instant, parcel: PieceInTransit) {
        let Some(open) = self.open.get(&parcel.call) else { return };
        let listener = open.listener;
        let way = &mut self.listeners[listener].way;
        let takes_time = !self.link.transfer_time(parcel.bytes()).is_zero();
        if parcel.reply == Reply::Head || (way.is_free() && !takes_time) {
            self.deliver(now, parcel);
        } else {
            let was_free = way.is_free();
            way.push(parcel);
            if was_free {
                self.carry_on(now, listener);
            }
        }
    }

    /// Has the way carry what is next. What nobody wants any more, or has no bytes, takes no time.
    fn carry_on(&mut self, now: Instant, listener: usize) {
        while let Some(parcel) = self.listeners[listener].way.first().copied() {
            let takes = self.link.transfer_time(parcel.bytes());
            if self.open.contains_key(&parcel.call) && !takes.is_zero() {
                self.queue.push(now + takes, Happening::Carried { listener });
                return;
            }
            self.listeners[listener].way.pop();
            self.deliver(now, parcel);
        }
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
                self.close(call);
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
                self.close(call);
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

    /// An answer is over.
    fn close(&mut self, call: u64) {
        if let Some(open) = self.open.remove(&call) {
            self.listeners[open.listener].calls.retain(|(_, own)| *own != call);
        }
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
                            self.ask(now, listener, block, voice);
                            inputs.push_back(player::Input::Event(Event::Sent { blocks: vec![block] }));
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

    /// A block is asked for by a request of its own.
    fn ask(&mut self, now: Instant, listener: usize, block: BlockIdx, voice: u32) {
        let Some((text, chars)) = self.listeners[listener].text.block(block) else { return };
        let voice = usize::try_from(voice).unwrap_or(usize::MAX);
        let (number, text) = (self.asked, self.voices.speak(voice, text));
        self.asked += 1;
        self.open.insert(number, OpenCall { listener, block, voice, delivered: MediaTime::ZERO });
        self.listeners[listener].calls.push((block, number));
        let call = Call { number, chars, voice, text };
        self.queue.push(now + self.link.latency, Happening::Request { call });
    }

    /// Nothing of a block's answer is wanted, or of any: its connection is closed.
    fn hang_up(&mut self, now: Instant, listener: usize, block: Option<BlockIdx>) {
        let reaches = now + self.link.latency;
        let calls = &mut self.listeners[listener].calls;
        for (_, call) in calls.extract_if(.., |(own, _)| block.is_none_or(|block| *own == block)) {
            self.open.remove(&call);
            self.queue.push(reaches, Happening::Leaves { call });
        }
    }

    fn take_fact(&mut self, now: Instant, fact: Fact) {
        if let Fact::Listener(record) = &fact {
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
