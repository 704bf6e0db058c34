//! The hand on an audience: stops it, holds arrivals back, brings some forward, has some leave.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use claque_core::{
    ids::ListenerId,
    record::Fact,
    schedule::ArrivalSchedule,
    time::{Duration, Instant},
    timetable::Timetable,
};
use mio::Waker;
use tokio::sync::watch;

/// What lanes are told: the whole of it each time, so that none can miss a part.
#[derive(Clone, Debug)]
pub(super) struct Orders {
    pub(super) stopped: bool,
    pub(super) timetable: Arc<Timetable>,
    pub(super) dismissed: Arc<BTreeSet<ListenerId>>,
}

/// What was done to an audience by hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByHand {
    /// How often arrivals were held back.
    pub holds: usize,
    /// For how long in all.
    pub held: Duration,
    /// Listeners that were brought forward.
    pub brought: usize,
    /// Listeners that were asked to leave.
    pub dismissed: usize,
}

/// What a hand can see and do. Who has started is known from the timetable, who has ended from the facts.
#[derive(Debug)]
pub(super) struct AudienceControl {
    orders: watch::Sender<Orders>,
    /// Lanes wait for sockets, not for orders: each is woken.
    wakers: Vec<Arc<Waker>>,
    /// Those whose starts are known beforehand.
    listeners: Range<u32>,
    /// Those before this one have started, or are about to.
    started: u32,
    ended: BTreeSet<ListenerId>,
    brought: usize,
}

impl AudienceControl {
    pub(super) fn new(schedule: ArrivalSchedule, listeners: Range<u32>) -> Self {
        let timetable = Arc::new(Timetable::new(schedule));
        let orders = Orders { stopped: false, timetable, dismissed: Arc::default() };
        let wakers = Vec::new();
        Self {
            orders: watch::Sender::new(orders),
            wakers,
            started: listeners.start,
            listeners,
            ended: BTreeSet::new(),
            brought: 0,
        }
    }

    /// Orders for a lane, which `waker` wakes when there is a new one.
    pub(super) fn orders(&mut self, waker: &Arc<Waker>) -> watch::Receiver<Orders> {
        self.wakers.push(Arc::clone(waker));
        self.orders.subscribe()
    }

    /// What wakes each lane.
    pub(super) fn wakers(&self) -> &[Arc<Waker>] {
        &self.wakers
    }

    pub(super) fn stop(&self) {
        self.orders.send_modify(|orders| orders.stopped = true);
        self.wake();
    }

    /// Notes who has ended.
    pub(super) fn note(&mut self, facts: &[Fact]) {
        let ended = facts.iter().filter(|fact| matches!(fact, Fact::Listener(_))).map(Fact::listener);
        self.ended.extend(ended);
    }

    pub(super) fn is_held(&self) -> bool {
        self.orders.borrow().timetable.is_held()
    }

    /// Listeners that are still to start.
    pub(super) fn waiting(&mut self, now: Instant) -> u32 {
        let orders = self.orders.borrow();
        let has_started = |listener| {
            orders.timetable.intended_start(ListenerId(listener)).is_some_and(|start| start <= now)
        };
        while self.started < self.listeners.end && has_started(self.started) {
            self.started += 1;
        }
        self.listeners.end - self.started
    }

    pub(super) fn hold(&mut self, now: Instant) -> bool {
        self.waiting(now) > 0 && self.change(|timetable| timetable.hold(now))
    }

    pub(super) fn release(&self, now: Instant) -> bool {
        self.change(|timetable| timetable.release(now))
    }

    pub(super) fn bring_forward(&mut self, now: Instant, count: u32) -> u32 {
        let count = count.min(self.waiting(now));
        let below = ListenerId(self.started + count);
        if count == 0 || !self.change(|timetable| timetable.bring_forward(below, now)) {
            return 0;
        }
        self.brought += usize::try_from(count).unwrap_or(usize::MAX);
        count
    }

    pub(super) fn dismiss(&mut self, now: Instant, count: u32) -> u32 {
        self.waiting(now);
        let mut dismissed = BTreeSet::clone(&self.orders.borrow().dismissed);
        let latest = (self.listeners.start..self.started).rev().map(ListenerId);
        let there = latest.filter(|listener| !self.ended.contains(listener) && !dismissed.contains(listener));
        let leaving: Vec<_> = there.take(usize::try_from(count).unwrap_or(usize::MAX)).collect();
        let count = u32::try_from(leaving.len()).unwrap_or(u32::MAX);
        dismissed.extend(leaving);
        self.orders.send_modify(|orders| orders.dismissed = Arc::new(dismissed));
        self.wake();
        count
    }

    pub(super) fn by_hand(&self, now: Instant) -> ByHand {
        let orders = self.orders.borrow();
        let (holds, held) = orders.timetable.holds(now);
        ByHand { holds, held, brought: self.brought, dismissed: orders.dismissed.len() }
    }

    /// Changes the timetable, and tells the lanes if it took the change.
    fn change(&self, change: impl FnOnce(&mut Timetable) -> bool) -> bool {
        let has_changed = self.orders.send_if_modified(|orders| change(Arc::make_mut(&mut orders.timetable)));
        if has_changed {
            self.wake();
        }
        has_changed
    }

    fn wake(&self) {
        for waker in &self.wakers {
            if let Err(error) = waker.wake() {
                tracing::warn!("failed to wake a thread of listeners: {error}");
            }
        }
    }
}

impl Drop for AudienceControl {
    /// Nobody is left who wants any of this.
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use mio::{Poll, Token};

    use super::*;

    fn hand() -> AudienceControl {
        AudienceControl::new(ArrivalSchedule::Even { window: Duration::from_secs(10), users: 10 }, 0..10)
    }

    #[test]
    fn who_came_last_leaves_first_and_nobody_leaves_twice() {
        let (mut hand, now) = (hand(), Instant::from_millis(4_500));
        hand.ended.insert(ListenerId(4));
        assert_eq!(hand.dismiss(now, 2), 2);
        assert_eq!(*hand.orders.borrow().dismissed, [ListenerId(2), ListenerId(3)].into());
        assert_eq!(hand.dismiss(now, 9), 2, "only two are left");
        assert_eq!(hand.dismiss(now, 1), 0);
        assert_eq!(hand.by_hand(now).dismissed, 4);
    }

    #[test]
    fn no_more_are_brought_forward_than_wait() {
        let (mut hand, now) = (hand(), Instant::from_millis(4_500));
        assert_eq!(hand.bring_forward(now, 3), 3);
        assert_eq!(hand.waiting(now), 2);
        assert_eq!(hand.bring_forward(now, 3), 2);
        assert_eq!(hand.bring_forward(now, 3), 0);
        assert!(!hand.hold(now), "nobody is left to be held back");
        assert_eq!(hand.by_hand(now), ByHand { brought: 5, ..ByHand::default() });
    }

    #[test]
    fn a_hand_on_a_share_leaves_the_others_alone() {
        let schedule = ArrivalSchedule::Even { window: Duration::from_secs(10), users: 10 };
        let (mut hand, now) = (AudienceControl::new(schedule, 3..6), Instant::from_millis(4_500));
        assert_eq!(hand.waiting(now), 1);
        assert_eq!(hand.dismiss(now, 9), 2, "3 and 4 are there");
        assert_eq!(*hand.orders.borrow().dismissed, [ListenerId(3), ListenerId(4)].into());
    }

    #[test]
    fn lanes_are_told_of_a_hold_and_of_its_end() {
        let mut hand = hand();
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        let mut orders = hand.orders(&waker);
        assert!(hand.hold(Instant::from_millis(1_000)));
        assert!(orders.has_changed().unwrap());
        assert_eq!(orders.borrow_and_update().timetable.intended_start(ListenerId(5)), None);
        assert!(hand.release(Instant::from_millis(3_000)));
        let start = orders.borrow_and_update().timetable.intended_start(ListenerId(5));
        assert_eq!(start, Some(Instant::from_millis(7_000)));
    }
}
