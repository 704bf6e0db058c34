//! The line to the service: when it is dialled, when it is dialled again, and when no more.
//!
//! A machine inside the player. It is told what became of the connection and decides; drivers only dial. Every
//! number of tries has a bound, and no try is made where the service has said no.

use crate::{
    event::{Failure, FailureClass, Phase},
    record::{Incident, OutageEnd},
    time::{Duration, Instant},
};

/// What is done about a connection that is lost or cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Nothing: the session ends.
    Off,
    /// It is dialled again where that may help.
    Backoff(Backoff),
}

/// When to dial again. There is no chance in it, because deployed players have none: a service that drops all its
/// listeners at once gets them back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Time before the first try; doubled with each.
    pub first: Duration,
    /// Longest time before a try.
    pub most: Duration,
    /// Tries before the connection is given up.
    pub max_tries: u32,
    /// A connection that held this long has tries counted anew when it is lost.
    pub stable_after: Duration,
}

impl Backoff {
    /// The yapit web player of today (`useTTSWebSocket.ts` of its frontend). That one never gives up; here twenty tries,
    /// which are more than nine minutes, bound what a listener without a time-out would do for ever.
    pub const YAPIT: Self = Self {
        first: Duration::from_secs(1),
        most: Duration::from_secs(30),
        max_tries: 20,
        stable_after: Duration::from_secs(60),
    };

    /// The yapit web player of February 2026, whose five tries take 31 s and are counted anew by any connection.
    pub const YAPIT_2026_02: Self = Self {
        first: Duration::from_secs(1),
        most: Duration::from_secs(16),
        max_tries: 5,
        stable_after: Duration::ZERO,
    };

    fn delay(&self, tries: u32) -> Duration {
        let factor = 1_u32.checked_shl(tries).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.most)
    }
}

/// One listener's line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    reconnect: Reconnect,
    state: State,
    /// Tries since a connection last held.
    tries: u32,
}

#[derive(Clone, Debug)]
enum State {
    Unused,
    Dialing { outage: Option<Box<Outage>> },
    Open { since: Instant },
    Waiting { dial_at: Instant, outage: Box<Outage> },
    Gone { failure: Box<Failure> },
}

/// A time without a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outage {
    pub(super) since: Instant,
    tries: u32,
    failure: Failure,
}

/// What is to be done about a connection that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Nothing but to wait.
    DialAgain,
    /// The failure is the session's. `outage` is over, if there was one.
    GivenUp { failure: Failure, outage: Option<Outage> },
}

impl Outage {
    pub(super) fn into_incident(self, now: Instant, end: OutageEnd) -> Incident {
        Incident::Outage { lasted: now.since(self.since), tries: self.tries, end, failure: self.failure }
    }
}

impl Line {
    pub(super) const fn new(reconnect: Reconnect) -> Self {
        Self { reconnect, state: State::Unused, tries: 0 }
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Why there is no line and will be none.
    pub(super) fn gone(&self) -> Option<&Failure> {
        match &self.state {
            State::Gone { failure } => Some(failure),
            State::Unused | State::Dialing { .. } | State::Open { .. } | State::Waiting { .. } => None,
        }
    }

    /// When to dial again.
    pub(super) const fn dial_due(&self) -> Option<Instant> {
        match self.state {
            State::Waiting { dial_at, .. } => Some(dial_at),
            State::Unused | State::Dialing { .. } | State::Open { .. } | State::Gone { .. } => None,
        }
    }

    /// It is dialled, for the first time or again.
    pub(super) fn dial(&mut self) {
        self.state = match core::mem::replace(&mut self.state, State::Unused) {
            State::Waiting { mut outage, .. } => {
                outage.tries += 1;
                State::Dialing { outage: Some(outage) }
            }
            State::Unused => State::Dialing { outage: None },
            other @ (State::Dialing { .. } | State::Open { .. } | State::Gone { .. }) => other,
        };
    }

    /// The connection is there. Gives the outage that is over.
    pub(super) fn handle_opened(&mut self, now: Instant) -> Option<Outage> {
        match core::mem::replace(&mut self.state, State::Open { since: now }) {
            State::Dialing { outage } => outage.map(|outage| *outage),
            State::Waiting { outage, .. } => Some(*outage),
            State::Unused | State::Open { .. } | State::Gone { .. } => None,
        }
    }

    /// The connection is over, or could not be made.
    pub(super) fn handle_closed(&mut self, now: Instant, failure: Failure) -> Loss {
        let gone = State::Gone { failure: Box::new(failure.clone()) };
        let (held, outage) = match core::mem::replace(&mut self.state, gone) {
            State::Open { since } => (Some(now.since(since)), None),
            State::Dialing { outage } => (None, outage),
            State::Waiting { outage, .. } => (None, Some(outage)),
            State::Unused | State::Gone { .. } => (None, None),
        };
        let Some(backoff) = self.backoff(&failure) else {
            return Loss::GivenUp { failure, outage: outage.map(|outage| *outage) };
        };
        if held.is_some_and(|held| held >= backoff.stable_after) {
            self.tries = 0;
        }
        let outage =
            outage.unwrap_or_else(|| Box::new(Outage { since: now, tries: 0, failure: failure.clone() }));
        if self.tries >= backoff.max_tries {
            return Loss::GivenUp { failure, outage: Some(*outage) };
        }
        self.state = State::Waiting { dial_at: now + backoff.delay(self.tries), outage };
        self.tries += 1;
        Loss::DialAgain
    }

    /// The session is over. Gives the outage that nothing else ended.
    pub(super) fn end(&mut self) -> Option<Outage> {
        match core::mem::replace(&mut self.state, State::Unused) {
            State::Waiting { outage, .. } => Some(*outage),
            State::Dialing { outage } => outage.map(|outage| *outage),
            State::Unused | State::Open { .. } | State::Gone { .. } => None,
        }
    }

    /// The rule for dialling again, if that may help at all.
    fn backoff(&self, failure: &Failure) -> Option<Backoff> {
        let Reconnect::Backoff(backoff) = self.reconnect else { return None };
        match hope(failure) {
            Hope::Good => Some(backoff),
            Hope::Slight => Some(Backoff { max_tries: backoff.max_tries.min(SLIGHT_TRIES), ..backoff }),
            Hope::None => None,
        }
    }
}

/// Whether what ended a connection may have passed when it is dialled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hope {
    Good,
    /// A service whose identity service is down refuses a handshake in the same words (403) as one that is shown a
    /// wrong token. A browser does not see why it was refused and tries all the same.
    Slight,
    None,
}

/// Tries where hope is slight: 31 s, so that a wrong token is not knocked with for minutes.
const SLIGHT_TRIES: u32 = 5;

fn hope(failure: &Failure) -> Hope {
    /// RFC 6455 section 7.4.1: the purpose of the connection has been fulfilled.
    const NORMAL_CLOSURE: u16 = 1000;
    match (failure.class, failure.phase) {
        (FailureClass::Transport | FailureClass::Overload | FailureClass::Server, _) => {
            if failure.code == Some(NORMAL_CLOSURE) { Hope::None } else { Hope::Good }
        }
        (FailureClass::Auth, Phase::Handshake) => Hope::Slight,
        (FailureClass::Auth, Phase::Preparation | Phase::Dial | Phase::BeforeAudio | Phase::MidAudio)
        | (FailureClass::Invalid | FailureClass::Limit | FailureClass::Protocol | FailureClass::Timeout, _)
        // The run is INVALID whatever comes of another try, and the failure must be in its facts.
        | (FailureClass::Generator, _) => Hope::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Kills;

    fn lost(class: FailureClass, code: Option<u16>) -> Failure {
        Failure { phase: Phase::BeforeAudio, class, code, text: "gone".to_owned(), kills: Kills::Session }
    }

    fn second(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    /// A line that is lost at 0 and at every dial; gives the seconds of the dials.
    fn dials(backoff: Backoff) -> Vec<u64> {
        dials_after(&lost(FailureClass::Transport, None), backoff)
    }

    fn dials_after(failure: &Failure, backoff: Backoff) -> Vec<u64> {
        let mut line = Line::new(Reconnect::Backoff(backoff));
        line.dial();
        let (mut now, mut dials) = (Instant::START, Vec::new());
        while line.handle_closed(now, failure.clone()) == Loss::DialAgain {
            now = line.dial_due().expect("it waits");
            dials.push(now.as_nanos() / 1_000_000_000);
            line.dial();
        }
        dials
    }

    #[test]
    fn the_wait_doubles_up_to_a_bound_and_the_tries_have_one() {
        assert_eq!(dials(Backoff::YAPIT_2026_02), [1, 3, 7, 15, 31]);
        let today = dials(Backoff::YAPIT);
        assert_eq!(today[..7], [1, 3, 7, 15, 31, 61, 91]);
        assert_eq!(today.len(), 20);
    }

    #[test]
    fn only_a_connection_that_held_has_its_tries_counted_anew() {
        for (held, next) in [(59, 2), (60, 1)] {
            let mut line = Line::new(Reconnect::Backoff(Backoff::YAPIT));
            line.dial();
            let closed = lost(FailureClass::Server, Some(1011));
            assert_eq!(line.handle_closed(second(0), closed.clone()), Loss::DialAgain);
            line.dial();
            let outage = line.handle_opened(second(1)).expect("it was lost");
            assert_eq!((outage.since, outage.tries), (second(0), 1));
            assert_eq!(line.handle_closed(second(1 + held), closed), Loss::DialAgain);
            assert_eq!(line.dial_due(), Some(second(1 + held + next)), "held {held} s");
        }
    }

    #[test]
    fn who_was_refused_at_the_door_knocks_a_few_times_more() {
        let refused = Failure { phase: Phase::Handshake, ..lost(FailureClass::Auth, Some(403)) };
        assert_eq!(dials_after(&refused, Backoff::YAPIT), [1, 3, 7, 15, 31]);
    }

    #[test]
    fn who_was_told_no_does_not_knock_again() {
        for (class, code, again) in [
            (FailureClass::Transport, None, true),
            (FailureClass::Transport, Some(1000), false),
            (FailureClass::Transport, Some(1001), true),
            (FailureClass::Server, Some(1011), true),
            (FailureClass::Overload, Some(1012), true),
            (FailureClass::Overload, Some(1013), true),
            (FailureClass::Overload, Some(503), true),
            (FailureClass::Auth, Some(1008), false),
            (FailureClass::Invalid, Some(1008), false),
            (FailureClass::Auth, Some(403), false),
            (FailureClass::Limit, Some(429), false),
            (FailureClass::Protocol, Some(1002), false),
        ] {
            let mut line = Line::new(Reconnect::Backoff(Backoff::YAPIT));
            line.dial();
            let loss = line.handle_closed(second(0), lost(class, code));
            assert_eq!(loss == Loss::DialAgain, again, "{class} {code:?}");
            assert_eq!(line.gone().is_some(), !again);
        }
        let mut off = Line::new(Reconnect::Off);
        off.dial();
        let failure = lost(FailureClass::Transport, None);
        let loss = off.handle_closed(second(0), failure.clone());
        assert_eq!(loss, Loss::GivenUp { failure, outage: None });
    }

    #[test]
    fn an_outage_keeps_its_first_cause_and_ends_with_a_refusal() {
        let mut line = Line::new(Reconnect::Backoff(Backoff::YAPIT));
        line.dial();
        let _first = line.handle_opened(second(0));
        let closed = lost(FailureClass::Transport, Some(1001));
        assert_eq!(line.handle_closed(second(5), closed.clone()), Loss::DialAgain);
        line.dial();
        let refused = lost(FailureClass::Auth, Some(403));
        let Loss::GivenUp { failure, outage: Some(outage) } = line.handle_closed(second(6), refused.clone())
        else {
            panic!("it is over");
        };
        assert_eq!(failure, refused);
        assert_eq!((outage.since, outage.tries, outage.failure), (second(5), 1, closed));
    }
}
