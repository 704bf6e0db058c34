//! Arrivals with a hand on them: the schedule's moments, held back, let go on, or brought forward.
//!
//! A listener's intended start follows from the schedule and from what was ordered until then, in the order of time, so
//! that whoever holds a copy comes to the same moments. It never asks whether anybody was punctual.

use crate::{
    ids::ListenerId,
    schedule::ArrivalSchedule,
    time::{Duration, Instant},
};

/// Orders a timetable takes; every start is found by walking them.
pub const MOST_ORDERS: usize = 1_000;

/// When each listener is meant to start, after all orders.
#[derive(Clone, Debug)]
pub struct Timetable {
    schedule: ArrivalSchedule,
    orders: Vec<Order>,
}

/// An order, which is final but for the end of a hold.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// Time stands still for all who were to start later.
    Held { from: Instant, to: Option<Instant> },
    /// All below `below` who were to start later start now.
    Brought { below: ListenerId, at: Instant },
}

impl Timetable {
    /// The schedule itself.
    #[must_use]
    pub const fn new(schedule: ArrivalSchedule) -> Self {
        Self { schedule, orders: Vec::new() }
    }

    /// When `listener` is meant to start; none while it is held back.
    #[must_use]
    pub fn intended_start(&self, listener: ListenerId) -> Option<Instant> {
        // None stands for a moment that is yet to come.
        let mut start = Some(self.schedule.intended_start(listener));
        for order in &self.orders {
            match *order {
                Order::Held { from, to } => {
                    if let Some(later) = start.filter(|start| *start > from) {
                        start = to.map(|to| to + later.since(from));
                    }
                }
                Order::Brought { below, at } => {
                    if listener < below && start.is_none_or(|start| start > at) {
                        start = Some(at);
                    }
                }
            }
        }
        start
    }

    /// Holds back all who were to start after `at`. Nothing happens while they are held already.
    ///
    /// Orders come in the order of time. Gives whether the timetable took the order, as all below.
    pub fn hold(&mut self, at: Instant) -> bool {
        !self.is_held() && self.take(Order::Held { from: at, to: None })
    }

    /// Lets arrivals go on: whoever was held back starts as much later as the hold was long.
    pub fn release(&mut self, at: Instant) -> bool {
        for order in &mut self.orders {
            if let Order::Held { to: to @ None, .. } = order {
                *to = Some(at);
                return true;
            }
        }
        false
    }

    /// Has everybody below `below` who was to start after `at`, or is held back, start at `at`.
    pub fn bring_forward(&mut self, below: ListenerId, at: Instant) -> bool {
        self.take(Order::Brought { below, at })
    }

    /// Whether arrivals are held back.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.orders.iter().any(|order| matches!(order, Order::Held { to: None, .. }))
    }

    /// How often arrivals were held back, and how long in all until `now`.
    #[must_use]
    pub fn holds(&self, now: Instant) -> (usize, Duration) {
        let holds = self.orders.iter().filter_map(|order| match *order {
            Order::Held { from, to } => Some(to.unwrap_or(now).since(from)),
            Order::Brought { .. } => None,
        });
        holds.fold((0, Duration::ZERO), |(count, sum), hold| (count + 1, sum + hold))
    }

    fn take(&mut self, order: Order) -> bool {
        let room = self.orders.len() < MOST_ORDERS;
        if room {
            self.orders.push(order);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten listeners, one a second.
    fn timetable() -> Timetable {
        Timetable::new(ArrivalSchedule::Even { window: Duration::from_secs(10), users: 10 })
    }

    fn seconds(timetable: &Timetable) -> Vec<Option<u64>> {
        let start = |listener| timetable.intended_start(ListenerId(listener));
        (0..6).map(|listener| start(listener).map(|at| at.as_nanos() / 1_000_000_000)).collect()
    }

    #[test]
    fn a_hold_moves_those_who_come_after_it_by_its_length() {
        let mut timetable = timetable();
        assert!(timetable.hold(Instant::from_millis(2_000)));
        assert_eq!(seconds(&timetable), [Some(0), Some(1), Some(2), None, None, None]);
        assert!(!timetable.hold(Instant::from_millis(3_000)), "they are held already");
        assert!(timetable.release(Instant::from_millis(7_000)));
        assert_eq!(seconds(&timetable), [Some(0), Some(1), Some(2), Some(8), Some(9), Some(10)]);
        assert!(!timetable.release(Instant::from_millis(8_000)), "nobody is held");
        assert_eq!(timetable.holds(Instant::from_millis(9_000)), (1, Duration::from_secs(5)));
    }

    #[test]
    fn who_is_brought_forward_starts_at_once_also_while_others_are_held() {
        let mut timetable = timetable();
        timetable.hold(Instant::from_millis(1_000));
        assert!(timetable.bring_forward(ListenerId(4), Instant::from_millis(3_000)));
        assert_eq!(seconds(&timetable), [Some(0), Some(1), Some(3), Some(3), None, None]);
        timetable.release(Instant::from_millis(5_000));
        assert_eq!(seconds(&timetable), [Some(0), Some(1), Some(3), Some(3), Some(8), Some(9)]);
    }

    #[test]
    fn who_was_due_before_an_order_stays_due_then_however_late_anybody_is() {
        let mut timetable = timetable();
        timetable.bring_forward(ListenerId(2), Instant::from_millis(500));
        timetable.hold(Instant::from_millis(600));
        timetable.release(Instant::from_millis(700));
        timetable.bring_forward(ListenerId(6), Instant::from_millis(90_000));
        assert_eq!(timetable.intended_start(ListenerId(1)), Some(Instant::from_millis(500)));
        assert_eq!(timetable.intended_start(ListenerId(5)), Some(Instant::from_millis(5_100)));
    }

    #[test]
    fn orders_have_an_end() {
        let mut timetable = timetable();
        let taken = (0..2_000).filter(|_| timetable.bring_forward(ListenerId(1), Instant::START)).count();
        assert_eq!(taken, MOST_ORDERS);
    }
}
