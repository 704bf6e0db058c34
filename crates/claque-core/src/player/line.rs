//! The line to the service: when it is dialled, when it is dialled again, and when no more.
//!
//! A machine inside the player. It is told what became of the connection and decides; drivers only dial. As a browser it
//! cannot see why a handshake was refused, and dials again whatever the reason; where tries have no bound of their own, the
//! listener's time-out is one.

use std::sync::Arc;

use super::PlayerPolicy;
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
/// listeners at once gets them back at once. Any connection that opens has the tries counted anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Time before the first try; doubled with each.
    pub first: Duration,
    /// Longest time before a try.
    pub most: Duration,
    /// Tries before the connection is given up; none for tries without end. A listener's time-out bounds those.
    pub max_tries: Option<u32>,
    /// Close codes after which it is not dialled again.
    pub final_codes: &'static [u16],
    /// What a person does for it by coming back to the page.
    pub when_visible: RedialWhenVisible,
}

/// What a player does about a lost connection when its page is looked at again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedialWhenVisible {
    /// It waits for its time.
    Waits,
    /// It dials at once, and counts tries anew.
    Dials,
}

/// The purpose of the connection has been fulfilled (RFC 6455 section 7.4.1).
const NORMAL_CLOSURE: u16 = 1_000;
/// A message violated the service's policy (the same section); services say it of credentials.
const POLICY_VIOLATION: u16 = 1_008;

impl Backoff {
    /// The web player of today.
    pub const WEB: Self = Self {
        final_codes: &[NORMAL_CLOSURE],
        when_visible: RedialWhenVisible::Dials,
        ..Self::WEB_2026_02_23
    };

    /// That of 2026-02-23.
    pub const WEB_2026_02_23: Self =
        Self { most: Duration::from_secs(30), max_tries: None, ..Self::WEB_2026_02 };

    /// Those of early February 2026, whose five tries take 31 s.
    pub const WEB_2026_02: Self = Self {
        first: Duration::from_secs(1),
        most: Duration::from_secs(16),
        max_tries: Some(5),
        final_codes: &[NORMAL_CLOSURE, POLICY_VIOLATION],
        when_visible: RedialWhenVisible::Waits,
    };

    fn delay(&self, tries: u32) -> Duration {
        let factor = 1_u32.checked_shl(tries).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.most)
    }
}

/// One listener's line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    policy: Arc<PlayerPolicy>,
    state: State,
    /// Tries since a connection was last there.
    tries: u32,
    /// The last loss, or refusal, of a connection.
    lost: Option<Box<LostConnection>>,
}

#[derive(Clone, Debug)]
struct LostConnection {
    at: Instant,
    failure: Failure,
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
    /// It will not be dialled any more. The session goes on with what there is.
    GivenUp { outage: Outage },
    /// The failure is the session's.
    EndsSession { failure: Failure },
}

impl Outage {
    pub(super) fn into_incident(self, now: Instant, end: OutageEnd) -> Incident {
        Incident::Outage { lasted: now.since(self.since), tries: self.tries, end, failure: self.failure }
    }
}

impl Line {
    pub(super) const fn new(policy: Arc<PlayerPolicy>) -> Self {
        Self { policy, state: State::Unused, tries: 0, lost: None }
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Whether it was ever used.
    pub(super) const fn is_unused(&self) -> bool {
        matches!(self.state, State::Unused)
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
        self.tries = 0;
        match core::mem::replace(&mut self.state, State::Open { since: now }) {
            State::Dialing { outage } => outage.map(|outage| *outage),
            State::Waiting { outage, .. } => Some(*outage),
            State::Unused | State::Open { .. } | State::Gone { .. } => None,
        }
    }

    /// The connection is over, or could not be made.
    pub(super) fn handle_closed(&mut self, now: Instant, failure: Failure) -> Loss {
        self.lost = Some(Box::new(LostConnection { at: now, failure: failure.clone() }));
        let backoff = match self.policy.reconnect {
            // What claque's own machine is short of makes the run INVALID whatever comes of another try, and must be in its facts.
            Reconnect::Backoff(backoff) if failure.class != FailureClass::Generator => backoff,
            Reconnect::Backoff(_) | Reconnect::Off => {
                self.state = State::Gone { failure: Box::new(failure.clone()) };
                return Loss::EndsSession { failure };
            }
        };
        let gone = State::Gone { failure: Box::new(failure.clone()) };
        let outage = match core::mem::replace(&mut self.state, gone) {
            State::Dialing { outage } => outage,
            State::Waiting { outage, .. } => Some(outage),
            State::Unused | State::Open { .. } | State::Gone { .. } => None,
        };
        let outage =
            outage.unwrap_or_else(|| Box::new(Outage { since: now, tries: 0, failure: failure.clone() }));
        // An HTTP status is no close code.
        let code = failure.code.filter(|_| failure.phase != Phase::Handshake);
        let is_final = code.is_some_and(|code| backoff.final_codes.contains(&code));
        if is_final || backoff.max_tries.is_some_and(|most| self.tries >= most) {
            return Loss::GivenUp { outage: *outage };
        }
        self.state = State::Waiting { dial_at: now + backoff.delay(self.tries), outage };
        self.tries += 1;
        Loss::DialAgain
    }

    /// Somebody looks at the page. Gives whether it is to be dialled at once.
    pub(super) fn handle_visible(&mut self) -> bool {
        let Reconnect::Backoff(Backoff { when_visible: RedialWhenVisible::Dials, .. }) =
            self.policy.reconnect
        else {
            return false;
        };
        match &self.state {
            State::Waiting { .. } => {
                self.tries = 0;
                true
            }
            State::Gone { .. } => {
                self.tries = 0;
                self.state = State::Unused;
                true
            }
            State::Unused | State::Dialing { .. } | State::Open { .. } => false,
        }
    }

    /// Why there is no connection, if there is none.
    pub(super) fn trouble(&self) -> Option<&Failure> {
        match &self.state {
            State::Waiting { outage, .. } | State::Dialing { outage: Some(outage) } => Some(&outage.failure),
            State::Gone { failure } => Some(failure),
            State::Unused | State::Dialing { outage: None } | State::Open { .. } => None,
        }
    }

    /// What a silence since `heard_at` comes of at `now`, if it is the connection: there is none, or those that there were
    /// were lost one after the other, and the one that is open now has stood for less than half of the time.
    pub(super) fn cause_of_silence(&self, heard_at: Instant, now: Instant) -> Option<&Failure> {
        let State::Open { since } = self.state else { return self.trouble() };
        let is_young = now.since(since).saturating_mul(2) < now.since(heard_at);
        self.lost.as_deref().filter(|lost| is_young && lost.at >= heard_at).map(|lost| &lost.failure)
    }

    /// The session is over. Gives the outage that nothing else ended.
    pub(super) fn end(&mut self) -> Option<Outage> {
        match core::mem::replace(&mut self.state, State::Unused) {
            State::Waiting { outage, .. } => Some(*outage),
            State::Dialing { outage } => outage.map(|outage| *outage),
            State::Unused | State::Open { .. } | State::Gone { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_with(reconnect: Reconnect) -> Line {
        Line::new(Arc::new(PlayerPolicy { reconnect, ..PlayerPolicy::WEB }))
    }
    use crate::event::FailureScope;

    fn lost(class: FailureClass, code: Option<u16>) -> Failure {
        Failure {
            phase: Phase::BeforeAudio,
            class,
            code,
            text: "gone".to_owned(),
            kills: FailureScope::Session,
        }
    }

    fn second(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    /// A line that is lost at 0 and at every dial; gives the seconds of the dials.
    fn dials(backoff: Backoff) -> Vec<u64> {
        dials_after(&lost(FailureClass::Transport, None), backoff)
    }

    fn dials_after(failure: &Failure, backoff: Backoff) -> Vec<u64> {
        let mut line = line_with(Reconnect::Backoff(backoff));
        line.dial();
        let (mut now, mut dials) = (Instant::START, Vec::new());
        while dials.len() < 20 && line.handle_closed(now, failure.clone()) == Loss::DialAgain {
            now = line.dial_due().expect("it waits");
            dials.push(now.as_nanos() / 1_000_000_000);
            line.dial();
        }
        dials
    }

    #[test]
    fn the_wait_doubles_up_to_a_bound_and_tries_may_have_one() {
        assert_eq!(dials(Backoff::WEB_2026_02), [1, 3, 7, 15, 31]);
        assert_eq!(dials(Backoff::WEB)[..7], [1, 3, 7, 15, 31, 61, 91]);
    }

    #[test]
    fn any_connection_that_opens_has_tries_counted_anew() {
        let mut line = line_with(Reconnect::Backoff(Backoff::WEB));
        line.dial();
        let closed = lost(FailureClass::Server, Some(1011));
        assert_eq!(line.handle_closed(second(0), closed.clone()), Loss::DialAgain);
        line.dial();
        let outage = line.handle_opened(second(1)).expect("it was lost");
        assert_eq!((outage.since, outage.tries), (second(0), 1));
        assert_eq!(line.handle_closed(second(1), closed), Loss::DialAgain);
        assert_eq!(line.dial_due(), Some(second(2)));
    }

    #[test]
    fn a_browser_does_not_see_why_a_handshake_was_refused() {
        for code in [401, 403, 429, 503, 1_000] {
            let refused = Failure { phase: Phase::Handshake, ..lost(FailureClass::Auth, Some(code)) };
            assert_eq!(dials_after(&refused, Backoff::WEB_2026_02), [1, 3, 7, 15, 31]);
        }
    }

    #[test]
    fn some_close_codes_are_final_and_not_the_same_for_everybody() {
        for (backoff, code, again) in [
            (Backoff::WEB, None, true),
            (Backoff::WEB, Some(1_000), false),
            (Backoff::WEB, Some(1_001), true),
            (Backoff::WEB, Some(1_008), true),
            (Backoff::WEB, Some(1_013), true),
            (Backoff::WEB_2026_02_23, Some(1_008), false),
            (Backoff::WEB_2026_02, Some(1_008), false),
            (Backoff::WEB_2026_02, Some(1_011), true),
        ] {
            let mut line = line_with(Reconnect::Backoff(backoff));
            line.dial();
            let loss = line.handle_closed(second(0), lost(FailureClass::Transport, code));
            assert_eq!(loss == Loss::DialAgain, again, "{code:?}");
            assert_eq!(line.trouble().and_then(|failure| failure.code), code);
        }
        // Nor is any where it is not wanted, or where this machine is at its end.
        for (reconnect, class) in [
            (Reconnect::Off, FailureClass::Transport),
            (Reconnect::Backoff(Backoff::WEB), FailureClass::Generator),
        ] {
            let mut line = line_with(reconnect);
            line.dial();
            let failure = lost(class, None);
            assert_eq!(line.handle_closed(second(0), failure.clone()), Loss::EndsSession { failure });
        }
    }

    #[test]
    fn who_comes_back_to_the_page_need_not_wait() {
        for (backoff, dials_at_once) in [(Backoff::WEB, true), (Backoff::WEB_2026_02_23, false)] {
            let mut line = line_with(Reconnect::Backoff(backoff));
            line.dial();
            assert!(!line.handle_visible(), "it is being dialled");
            let _waits = line.handle_closed(second(0), lost(FailureClass::Transport, None));
            assert_eq!(line.handle_visible(), dials_at_once);
            line.dial();
            let _gone = line.handle_closed(second(9), lost(FailureClass::Transport, Some(1_000)));
            assert_eq!(line.handle_visible(), dials_at_once);
        }
    }

    #[test]
    fn a_silence_of_a_service_that_breaks_each_connection_comes_of_that() {
        let mut line = line_with(Reconnect::Backoff(Backoff::WEB));
        line.dial();
        let _first = line.handle_opened(second(0));
        let closed = lost(FailureClass::Server, Some(1011));
        assert_eq!(line.handle_closed(second(1), closed.clone()), Loss::DialAgain);
        line.dial();
        let _outage = line.handle_opened(second(2));
        // It was heard of at the beginning, and is open again for a moment.
        assert_eq!(line.cause_of_silence(second(0), Instant::from_millis(2_100)), Some(&closed));
        // It has stood for most of the time, and said nothing.
        assert_eq!(line.cause_of_silence(second(0), second(5)), None);
        // It was heard of since.
        assert_eq!(line.cause_of_silence(second(3), Instant::from_millis(3_100)), None);
    }

    #[test]
    fn an_outage_keeps_its_first_cause() {
        let mut line = line_with(Reconnect::Backoff(Backoff::WEB_2026_02));
        line.dial();
        let _first = line.handle_opened(second(1));
        let closed = lost(FailureClass::Transport, Some(1001));
        assert_eq!(line.handle_closed(second(5), closed.clone()), Loss::DialAgain);
        line.dial();
        let _open = line.handle_closed(second(6), lost(FailureClass::Auth, Some(1008)));
        assert_eq!(line.trouble().and_then(|failure| failure.code), Some(1008));
        let mut line = line_with(Reconnect::Backoff(Backoff::WEB));
        line.dial();
        let _lost = line.handle_closed(second(5), closed.clone());
        line.dial();
        let _again = line.handle_closed(second(6), lost(FailureClass::Auth, Some(403)));
        assert_eq!(line.trouble(), Some(&closed));
    }
}
