//! When each of many calls is made to a service that limits how often it may be called.
//!
//! [`Pacer`] is a pure machine: it is asked what to do now, told what came of it, and says until when there is nothing
//! to do. Limits are not known beforehand but learned from refusals; each door (an address that limits count by) is
//! closed by its own refusals alone. What waits here is preparation: it is in no latency. How long refusals are borne
//! with is [`Patience`], for every call that waits for a limit.

mod patience;

use std::collections::{BTreeSet, VecDeque};

pub use self::patience::{Limited, Patience};
use crate::time::{Duration, Instant};

/// One call to be made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Number of the call, from 0.
    pub call: usize,
    /// Number of the door to make it through, from 0.
    pub door: usize,
}

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is settled, for better or worse, and is not made again.
    Settled,
    /// A limit refused it: it is made again.
    Limited(Limited),
}

/// What becomes of a call that was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing more.
    Settled,
    /// It waits until then at least.
    WaitsUntil(Instant),
    /// The limit is not waited out: it asks for too long a time, or lets nothing through.
    GivenUp,
}

/// Figures of the pacing so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacingStats {
    /// Calls that a limit refused, each time counted.
    pub refusals: u64,
    /// Time in which every call that was left had to wait for a limit.
    pub waited: Duration,
}

/// Makes every call once it may be made, as many at once as is allowed.
#[derive(Clone, Debug)]
pub struct Pacer {
    waiting: VecDeque<usize>,
    under_way: BTreeSet<usize>,
    at_once: usize,
    doors: Vec<RateGate>,
    /// The door the next call is offered to first.
    next_door: usize,
    blocked_since: Option<Instant>,
    stats: PacingStats,
}

#[derive(Clone, Copy, Debug, Default)]
struct RateGate {
    /// First call since the door was last opened: when the limit's window opened at the latest.
    first_call: Option<Instant>,
    closed_until: Option<Instant>,
    /// The call that finds out whether a door that was closed is open again. Until it is answered no other goes
    /// through: a crowd would be refused together.
    scout: Option<usize>,
    patience: Patience,
}

impl Pacer {
    /// Begins with the calls 0 to `calls` - 1, in that order, at most `at_once` of them under way together, through
    /// `doors` doors. Both are at least 1.
    #[must_use]
    pub fn new(calls: usize, at_once: usize, doors: usize) -> Self {
        Self {
            waiting: (0..calls).collect(),
            under_way: BTreeSet::new(),
            at_once: at_once.max(1),
            doors: vec![RateGate::default(); doors.max(1)],
            next_door: 0,
            blocked_since: None,
            stats: PacingStats::default(),
        }
    }

    /// The next call to be made at `now`; none when all are under way, or every door is closed, or all are settled.
    pub fn poll_turn(&mut self, now: Instant) -> Option<Turn> {
        if self.under_way.len() >= self.at_once {
            return None;
        }
        let call = *self.waiting.front()?;
        let door = self.open_door(now, call)?;
        self.waiting.pop_front();
        self.under_way.insert(call);
        if let Some(since) = self.blocked_since.take() {
            self.stats.waited += now.since(since);
        }
        Some(Turn { call, door })
    }

    /// Takes the answer to a call that was under way.
    pub fn handle_answer(&mut self, now: Instant, turn: Turn, answer: Answer) -> Next {
        if !self.under_way.remove(&turn.call) {
            return Next::Settled;
        }
        let next = match answer {
            Answer::Settled => {
                if let Some(door) = self.doors.get_mut(turn.door) {
                    door.patience.let_through();
                    door.scout = None;
                }
                Next::Settled
            }
            Answer::Limited(limited) => self.limited(now, turn, limited),
        };
        if self.under_way.is_empty() && !self.waiting.is_empty() && self.poll_timeout().is_some() {
            self.blocked_since.get_or_insert(now);
        }
        next
    }

    /// Forgets every call that is not under way: no further one is begun.
    pub fn stop(&mut self) {
        self.waiting.clear();
        self.blocked_since = None;
    }

    /// When the next call can be made, if only time can bring that about: none while a door is open, while an answer
    /// is awaited that may allow another call, and when nothing is left.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        if self.waiting.is_empty() || self.under_way.len() >= self.at_once {
            return None;
        }
        if self.doors.iter().any(|door| door.closed_until.is_none() && door.scout.is_none()) {
            return None;
        }
        self.doors.iter().filter_map(|door| door.closed_until).min()
    }

    /// Whether every call is settled or forgotten.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.under_way.is_empty()
    }

    /// How often and how long limits were in the way.
    #[must_use]
    pub const fn stats(&self) -> PacingStats {
        self.stats
    }

    fn limited(&mut self, now: Instant, turn: Turn, limited: Limited) -> Next {
        self.stats.refusals += 1;
        let Some(door) = self.doors.get_mut(turn.door) else { return Next::GivenUp };
        if door.scout == Some(turn.call) {
            door.scout = None;
        }
        // Calls that went through the door together are refused together: that is one refusal.
        let is_known = door.scout.is_none() && door.closed_until.is_some_and(|until| now < until);
        if !is_known {
            let Some(wait) = door.patience.next_wait(now, limited) else { return Next::GivenUp };
            let opened = door.first_call.unwrap_or(now);
            let until = match limited {
                Limited { retry_after: None, window: Some(window) } => (now + wait).max(opened + window),
                Limited { .. } => now + wait,
            };
            door.closed_until = Some(until);
        }
        // In its old place, so that calls are settled in their order.
        let place = self.waiting.partition_point(|&call| call < turn.call);
        self.waiting.insert(place, turn.call);
        Next::WaitsUntil(door.closed_until.unwrap_or(now))
    }

    /// The next door that is open at `now` for `call`, in turn.
    fn open_door(&mut self, now: Instant, call: usize) -> Option<usize> {
        let count = self.doors.len();
        for number in (0..count).map(|step| (self.next_door + step) % count) {
            let Some(door) = self.doors.get_mut(number) else { continue };
            match door.closed_until {
                Some(until) if now < until => continue,
                Some(_) => {
                    *door = RateGate { scout: Some(call), patience: door.patience, ..RateGate::default() };
                }
                None if door.scout.is_some() => continue,
                None => {}
            }
            door.first_call.get_or_insert(now);
            self.next_door = number + 1;
            return Some(number);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    fn retry_after(seconds: u64) -> Answer {
        Answer::Limited(Limited { retry_after: Some(Duration::from_secs(seconds)), window: None })
    }

    /// Makes all calls that can be made at `now`, answers each, and gives the numbers that were let through.
    fn round(pacer: &mut Pacer, now: Instant, mut answer: impl FnMut(Turn) -> Answer) -> Vec<usize> {
        let mut through = Vec::new();
        while let Some(turn) = pacer.poll_turn(now) {
            if pacer.handle_answer(now, turn, answer(turn)) == Next::Settled {
                through.push(turn.call);
            }
        }
        through
    }

    #[test]
    fn without_a_limit_everything_is_made_at_once_in_order() {
        let mut pacer = Pacer::new(20, 8, 1);
        assert_eq!(round(&mut pacer, at(0), |_| Answer::Settled), (0..20).collect::<Vec<_>>());
        assert!(pacer.is_done());
        assert_eq!((pacer.stats(), pacer.poll_timeout()), (PacingStats::default(), None));
    }

    #[test]
    fn no_more_are_under_way_than_allowed() {
        let mut pacer = Pacer::new(5, 2, 1);
        let first = pacer.poll_turn(at(0)).unwrap();
        pacer.poll_turn(at(0)).unwrap();
        assert_eq!((pacer.poll_turn(at(0)), pacer.poll_timeout()), (None, None));
        pacer.handle_answer(at(1), first, Answer::Settled);
        assert_eq!(pacer.poll_turn(at(1)).map(|turn| turn.call), Some(2));
    }

    #[test]
    fn a_refusal_closes_its_door_for_as_long_as_it_says_and_loses_no_call() {
        let mut pacer = Pacer::new(3, 8, 1);
        let through =
            round(&mut pacer, at(0), |turn| if turn.call == 0 { Answer::Settled } else { retry_after(60) });
        assert_eq!((through, pacer.poll_timeout()), (vec![0], Some(at(60))));
        assert_eq!(pacer.poll_turn(at(59)), None);
        assert_eq!(round(&mut pacer, at(60), |_| Answer::Settled), [1, 2]);
        assert_eq!(pacer.stats(), PacingStats { refusals: 1, waited: MINUTE });
    }

    #[test]
    fn another_door_is_not_closed_by_it() {
        let mut pacer = Pacer::new(4, 8, 2);
        let through =
            round(&mut pacer, at(0), |turn| if turn.door == 0 { retry_after(60) } else { Answer::Settled });
        assert_eq!(through, [0, 1, 2, 3]);
        assert_eq!(pacer.stats(), PacingStats { refusals: 1, waited: Duration::ZERO });
    }

    #[test]
    fn a_window_is_waited_out_from_its_first_call() {
        let mut pacer = Pacer::new(2, 1, 1);
        let turn = pacer.poll_turn(at(10)).unwrap();
        pacer.handle_answer(at(11), turn, Answer::Settled);
        let turn = pacer.poll_turn(at(15)).unwrap();
        let limited = Answer::Limited(Limited { retry_after: None, window: Some(MINUTE) });
        assert_eq!(pacer.handle_answer(at(16), turn, limited), Next::WaitsUntil(at(70)));
    }

    #[test]
    fn a_refusal_that_says_nothing_is_tried_again_by_one_call_and_not_for_ever() {
        let mut pacer = Pacer::new(20, 8, 1);
        let mut now = at(0);
        let mut rounds = Vec::new();
        let given_up = loop {
            let mut made = 0;
            let mut given_up = false;
            let turns: Vec<_> = core::iter::from_fn(|| pacer.poll_turn(now)).collect();
            for turn in turns {
                made += 1;
                let next = pacer.handle_answer(now, turn, Answer::Limited(Limited::default()));
                given_up |= next == Next::GivenUp;
            }
            rounds.push(made);
            match pacer.poll_timeout() {
                Some(until) if !given_up => now = until,
                _ => break now,
            }
        };
        assert_eq!(rounds.first(), Some(&8), "before anything is known, all that are allowed at once");
        assert!(rounds.iter().skip(1).all(|made| *made == 1), "then a scout: {rounds:?}");
        assert!((at(110)..=at(120)).contains(&given_up), "{given_up:?}");
    }

    #[test]
    fn a_scout_that_is_let_through_opens_the_door_for_all() {
        let mut pacer = Pacer::new(4, 8, 1);
        assert_eq!(round(&mut pacer, at(0), |_| Answer::Limited(Limited::default())), [] as [usize; 0]);
        let until = pacer.poll_timeout().unwrap();
        let scout = pacer.poll_turn(until).unwrap();
        assert_eq!((pacer.poll_turn(until), pacer.poll_timeout()), (None, None));
        pacer.handle_answer(until, scout, Answer::Settled);
        assert_eq!(round(&mut pacer, until, |_| Answer::Settled), [1, 2, 3]);
    }

    #[test]
    fn a_limit_per_month_is_not_waited_out() {
        for limited in [
            Limited { retry_after: Some(Duration::from_secs(2_000_000)), window: None },
            Limited { retry_after: None, window: Some(Duration::from_secs(2_592_000)) },
        ] {
            let mut pacer = Pacer::new(1, 1, 1);
            let turn = pacer.poll_turn(at(0)).unwrap();
            assert_eq!(pacer.handle_answer(at(0), turn, Answer::Limited(limited)), Next::GivenUp);
        }
    }

    #[test]
    fn a_stopped_pacer_begins_nothing_and_still_takes_answers() {
        let mut pacer = Pacer::new(3, 1, 1);
        let turn = pacer.poll_turn(at(0)).unwrap();
        pacer.stop();
        assert!(!pacer.is_done());
        pacer.handle_answer(at(1), turn, Answer::Settled);
        assert!(pacer.is_done() && pacer.poll_turn(at(2)).is_none());
    }
}
