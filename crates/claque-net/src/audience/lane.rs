//! A lane: one thread that waits for its sockets and its alarm, and the listeners it owns outright.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use claque_core::{
    gap::GapLog,
    ids::ListenerId,
    lag::LagHistogram,
    player::{Act, Input, Output},
    time::{Duration, Instant},
};
use mio::{Events, Poll, Token, Waker};
use slab::Slab;
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    AudienceOrder,
    beat::Beat,
    decoder::Decoder,
    hand::Orders,
    heard::HeardCollector,
    inbox::Inbox,
    io::{EVENTS, Io},
    keeper::AudioSaver,
    ledger::{Batch, Ledger},
    listener::Listening,
    pool::{Cause, Pool},
    progress::Gauge,
    pulse::Pulse,
    seats::{Place, first_with_seat},
    shaping::Shaping,
    system::{Alarm, own_table},
    token::TokenTarget,
};
use crate::clock::Clock;

/// Connections for audio are looked through this often, for those that are idle or busy for too long.
const SWEEP: Duration = Duration::from_secs(1);

/// What a lane is given.
pub(super) struct LaneOrder {
    pub(super) order: Arc<AudienceOrder>,
    pub(super) number: usize,
    /// In order of intended start.
    pub(super) listeners: VecDeque<ListenerId>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) orders: watch::Receiver<Orders>,
    pub(super) facts: mpsc::Sender<Batch>,
    pub(super) decoder: Option<Decoder>,
    pub(super) heard: Option<HeardCollector>,
    pub(super) poll: Poll,
    /// Wakes this lane.
    pub(super) waker: Arc<Waker>,
    /// Whether it is to have a table of open files of its own.
    pub(super) own_table: bool,
}

/// What a lane leaves.
pub(super) struct LaneEnd {
    /// How late it acted.
    pub(super) lag: LagHistogram,
    /// When it did not run although it should have.
    pub(super) gaps: GapLog,
    /// Given back, so that it is closed in the table of files it was opened in.
    pub(super) _poll: Poll,
}

/// The lane at work.
pub(super) struct Lane {
    pub(super) io: Io,
    pub(super) order: Arc<AudienceOrder>,
    pub(super) listening: Slab<Listening>,
    pub(super) pool: Pool,
    pub(super) ledger: Ledger,
    pub(super) beat: Beat,
    pub(super) inbox: Inbox,
    /// When to look after which slot.
    pub(super) timers: BTreeSet<(Instant, usize)>,
    pub(super) slots: BTreeMap<ListenerId, usize>,
    /// The listeners' networks, where the plan gives them some.
    pub(super) shaping: Option<Shaping>,
    pub(super) keeper: Option<AudioSaver>,
    pub(super) decoder: Option<Decoder>,
    pub(super) heard: Option<HeardCollector>,
    waiting: VecDeque<ListenerId>,
    /// Those who take the places of others that have ended, and when.
    pub(super) replacing: BTreeSet<(Instant, ListenerId)>,
    /// Those whose place is free and whose seat is still being prepared.
    unprepared: Vec<ListenerId>,
    /// What the listener at hand wants done. Kept for its memory.
    pub(super) outputs: VecDeque<Output>,
    orders: watch::Receiver<Orders>,
    /// What the last of them said.
    obeyed: Orders,
    alarm: Alarm,
    swept_at: Instant,
    pulse: Pulse,
}

impl Lane {
    /// The body of a lane's thread; none if the run was given up before it began.
    pub(super) fn run(given: LaneOrder, clock: oneshot::Receiver<Clock>) -> Option<LaneEnd> {
        let clock = clock.blocking_recv().ok()?;
        if given.own_table
            && let Err(error) = own_table()
        {
            tracing::warn!("failed to give a thread its own table of open files: {error}");
        }
        let alarm = Alarm::new(given.poll.registry(), TokenTarget::Alarm.token());
        let seed = given.order.plan.seed.child("keys").child(&given.number.to_string());
        let obeyed = given.orders.borrow().clone();
        let keeper = given.order.keep_audio.clone().map(AudioSaver::start).transpose();
        let beat = Beat::of(given.listeners.len());
        // All accounts of a run share what they know of secrets.
        let secrets = given.order.seats.ready().next().map(|seat| seat.service.secrets().clone());
        let mut lane = Self {
            io: Io::new(given.poll, given.waker, clock, seed),
            listening: Slab::new(),
            pool: Pool::default(),
            ledger: Ledger::new(given.gauge, given.facts, beat),
            beat,
            inbox: Inbox::new(secrets.unwrap_or_default()),
            timers: BTreeSet::new(),
            slots: BTreeMap::new(),
            shaping: Shaping::of(&given.order.plan),
            keeper: keeper.unwrap_or_else(|error| {
                tracing::warn!("failed to keep audio: {error}");
                None
            }),
            decoder: given.decoder,
            heard: given.heard,
            waiting: given.listeners,
            replacing: BTreeSet::new(),
            unprepared: Vec::new(),
            outputs: VecDeque::new(),
            obeyed,
            orders: given.orders,
            order: given.order,
            alarm,
            swept_at: clock.now(),
            pulse: Pulse::new(given.number, clock.now()),
        };
        lane.obey();
        lane.listen();
        let gaps = lane.pulse.finish(clock.now());
        Some(LaneEnd { lag: lane.ledger.close(), gaps, _poll: lane.io.poll })
    }

    fn listen(&mut self) {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            self.launch();
            let nobody_comes =
                self.waiting.is_empty() && self.replacing.is_empty() && self.unprepared.is_empty();
            if nobody_comes && self.listening.is_empty() {
                return;
            }
            let now = self.io.clock().now();
            let until = self.pulse.until(self.next_due(), now);
            let wait = self.alarm.set(Some(until), now);
            let round = self.io.wait(&mut events, wait).expect("what is waited for is open");
            self.pulse.beat(now, until, round);
            let unread = self.io.take_unread();
            for event in &events {
                let is_ending = event.is_read_closed() || event.is_error();
                self.attend(event.token(), is_ending, round);
            }
            unread.into_iter().for_each(|token| self.attend(token, true, round));
            let slow = self.io.take_slow_dials(round);
            self.attend_all(slow);
            if let Some(shaping) = &self.shaping {
                let due = shaping.take_due(round);
                self.attend_all(due);
            }
            // After the sockets: what was there before this round began is handed over before the round is.
            self.end_refusals(round);
            self.wake_all_due(round);
            self.ledger.deliver(round);
            if round.since(self.swept_at) >= SWEEP {
                self.swept_at = round;
                self.pool.sweep(&mut self.io);
                self.give_up_overdue_fetches(round);
            }
        }
    }

    /// There is news of whatever has this token.
    fn attend(&mut self, token: Token, is_ending: bool, round: Instant) {
        match TokenTarget::of(token) {
            TokenTarget::Outside => self.hear_outside(round),
            TokenTarget::Alarm => {}
            TokenTarget::Listener(slot) => self.attend_listener(slot, is_ending),
            TokenTarget::Fetcher(number) => {
                self.attend_fetcher(number, if is_ending { Cause::Ending } else { Cause::News });
            }
        }
    }

    /// When there is something to do though nobody says so.
    fn next_due(&self) -> Option<Instant> {
        let timer = self.timers.first().map(|(at, _)| *at);
        let sweep = self.pool.has_idle().then(|| self.swept_at + SWEEP);
        let dial = self.io.slow_dial_due();
        let shaped = self.shaping.as_ref().and_then(Shaping::due);
        let refusal = self.pool.refusal_due();
        let replaces = self.replacing.first().map(|(at, _)| *at);
        let gives_up =
            (!self.unprepared.is_empty()).then(|| self.order.plan.schedule.replaced_until()).flatten();
        [timer, self.next_start(), replaces, gives_up, self.ledger.due(), sweep, dial, refusal, shaped]
            .into_iter()
            .flatten()
            .min()
    }

    fn next_start(&self) -> Option<Instant> {
        self.waiting.front().and_then(|listener| self.obeyed.timetable.intended_start(*listener))
    }

    /// Starts everybody whose time has come.
    fn launch(&mut self) {
        while let Some(intended_at) = self.next_start()
            && let now = self.io.clock().now()
            && intended_at <= now
            && let Some(listener) = self.waiting.pop_front()
        {
            self.ledger.late_by(now.since(intended_at));
            self.seat(listener, intended_at);
        }
        while let Some((at, listener)) = self.replacing.first().copied()
            && let now = self.io.clock().now()
            && at <= now
        {
            self.replacing.pop_first();
            let order = Arc::clone(&self.order);
            match first_with_seat(&order, listener) {
                Some((next, Place::Ready(_))) => {
                    self.ledger.late_by(now.since(at));
                    self.seat(next, at);
                }
                Some((next, Place::ToCome | Place::Nobody)) => self.unprepared.push(next),
                None => {}
            }
        }
        self.launch_prepared();
    }

    /// Starts those whose place was free before there was something for them to hear. They were meant to come when there is: what is prepared is
    /// in no wait of theirs, and the time in which the place stood empty is seen in the facts.
    fn launch_prepared(&mut self) {
        if self.unprepared.is_empty() {
            return;
        }
        let order = Arc::clone(&self.order);
        let now = self.io.clock().now();
        if order.plan.schedule.replaced_until().is_some_and(|until| until <= now) {
            self.unprepared.clear();
        }
        for listener in std::mem::take(&mut self.unprepared) {
            match first_with_seat(&order, listener) {
                Some((next, Place::Ready(_))) => self.seat(next, now),
                Some((next, Place::ToCome | Place::Nobody)) => self.unprepared.push(next),
                None => {}
            }
        }
    }

    fn hear_outside(&mut self, now: Instant) {
        let named = self.io.resolver.take_answers(now);
        self.attend_all(named);
        self.obey();
    }

    /// Looks after connections that there is news of beside their sockets.
    fn attend_all(&mut self, whose: Vec<Token>) {
        for token in whose {
            match TokenTarget::of(token) {
                TokenTarget::Listener(slot) => self.attend_listener(slot, true),
                TokenTarget::Fetcher(number) => self.attend_fetcher(number, Cause::Ending),
                TokenTarget::Outside | TokenTarget::Alarm => {}
            }
        }
    }

    /// Does what is ordered anew. Those not started when the run is stopped never are.
    fn obey(&mut self) {
        // Whoever gave orders and has gone wants no more of this.
        let has_gone = self.orders.has_changed().is_err();
        self.obeyed = self.orders.borrow_and_update().clone();
        if self.obeyed.stopped || has_gone {
            self.waiting.clear();
            self.replacing.clear();
            self.unprepared.clear();
            let slots: Vec<usize> = self.slots.values().copied().collect();
            slots.into_iter().for_each(|slot| self.end(slot, Input::Stop));
        }
        let leaving: Vec<usize> =
            self.obeyed.dismissed.iter().filter_map(|listener| self.slots.get(listener)).copied().collect();
        leaving.into_iter().for_each(|slot| self.end(slot, Input::Act(Act::HangUp)));
    }
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane").field("io", &self.io).finish_non_exhaustive()
    }
}
