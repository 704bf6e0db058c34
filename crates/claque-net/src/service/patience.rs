//! How long a service in passing trouble is borne with, and how what is done about it is told.

use claque_core::{
    event::{Failure, FailureClass},
    pacing::{Limited, Patience},
    time::{Duration, Instant},
};
use claque_wire::yapit::limit_window;

use super::error::ServiceError;

/// First and longest wait between two tries to renew a token: soon enough that a blip costs little, and no flood on
/// who is down.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);
/// How often a call is made in all when the service, or the way to it, stumbles.
const TRIES: u32 = 4;
/// A call that began longer ago than this did not stumble: the service hangs, and is not asked to hang again.
const STUMBLE: Duration = Duration::from_secs(30);

/// A wait before a call is made again, to be told to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// What is tried, to follow "to".
    pub action: &'static str,
    /// For how long.
    pub span: Duration,
    /// What came of the try before.
    pub failure: Failure,
}

/// An unsuccessful answer, or none.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) failure: Failure,
    /// How long the service asked to wait.
    pub(crate) retry_after: Option<Duration>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, retry_after: None }
    }
}

/// Decides whether a call is made again: limits (429) and services that are away (503) are waited for as
/// [`Patience`] says, what may be a stumble is tried a few times, and anything else is the answer.
#[derive(Clone, Copy, Debug)]
pub struct Persistence {
    began: Instant,
    patience: Patience,
    stumbles: u32,
}

impl Persistence {
    /// Begins with a call that is first made at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { began: now, patience: Patience::default(), stumbles: 0 }
    }

    /// The wait before a call that failed by `now` is made again; none when that is in vain.
    pub fn wait_after(&mut self, now: Instant, error: &ServiceError) -> Option<Duration> {
        self.next_wait(now, &error.failure, error.retry_after)
    }

    pub(crate) fn next_wait(
        &mut self,
        now: Instant,
        failure: &Failure,
        retry_after: Option<Duration>,
    ) -> Option<Duration> {
        match (failure.code, failure.class) {
            (Some(429), _) => {
                self.patience.next_wait(now, Limited { retry_after, window: limit_window(&failure.text) })
            }
            // Away, and nobody says for how long: half a minute, as where a limit contradicts itself.
            (Some(503), _) => {
                let retry_after = retry_after.or(Some(Duration::ZERO));
                self.patience.next_wait(now, Limited { retry_after, window: None })
            }
            (Some(500..=599), _)
            | (None, FailureClass::Transport | FailureClass::Timeout | FailureClass::Generator) => {
                let is_stumble = self.stumbles + 1 < TRIES && now.since(self.began) < STUMBLE;
                let wait = FIRST.saturating_mul(1_u32 << self.stumbles.min(8));
                self.stumbles += 1;
                is_stumble.then_some(wait)
            }
            (Some(_), _)
            | (
                None,
                FailureClass::Auth
                | FailureClass::Invalid
                | FailureClass::Limit
                | FailureClass::Overload
                | FailureClass::Server
                | FailureClass::Protocol,
            ) => None,
        }
    }
}

/// Waits that double, for one who never gives up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// The next wait.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (self.next * 2).min(LONGEST);
        wait
    }
}

/// Whether trouble passes by itself: a service that says it is busy or away for a moment.
pub(crate) fn is_transient(failure: &Failure) -> bool {
    failure.code == Some(429)
        || match failure.class {
            FailureClass::Overload => true,
            FailureClass::Auth
            | FailureClass::Invalid
            | FailureClass::Limit
            | FailureClass::Server
            | FailureClass::Protocol
            | FailureClass::Transport
            | FailureClass::Timeout
            | FailureClass::Generator => false,
        }
}

#[cfg(test)]
mod tests {
    use claque_core::event::{FailureScope, Phase};

    use super::*;

    fn failure(code: Option<u16>, class: FailureClass, text: &str) -> Failure {
        Failure {
            phase: Phase::BeforeAudio,
            class,
            code,
            text: text.to_owned(),
            kills: FailureScope::Session,
        }
    }

    /// Waits until it is given up, and how long that was in all.
    fn persist(failure: &Failure, retry_after: Option<Duration>) -> (usize, Duration) {
        let mut now = Instant::START;
        let mut persistence = Persistence::new(now);
        let mut waits = 0;
        while let Some(wait) = persistence.next_wait(now, failure, retry_after) {
            assert!(wait >= FIRST, "{wait:?}");
            (now, waits) = (now + wait, waits + 1);
        }
        (waits, now.since(Instant::START))
    }

    #[test]
    fn trouble_is_waited_out_by_its_status_and_never_for_ever() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        for words in ["Too many requests. Please wait a moment and try again.", "<html>", "concurrent"] {
            let limit = failure(Some(429), FailureClass::Limit, words);
            let (waits, total) = persist(&limit, None);
            assert!(waits < 30 && total > Duration::from_secs(100) && total <= Duration::from_secs(120));
            let (waits, total) = persist(&limit, seconds(0));
            assert!(waits < 12 && total <= Duration::from_secs(30), "{waits} {total:?}");
        }
        let away = failure(Some(503), FailureClass::Overload, "away");
        assert!(persist(&away, None).1 <= Duration::from_secs(30));
        assert_eq!(persist(&away, seconds(50)), (2, Duration::from_secs(100)));
    }

    #[test]
    fn a_stumble_is_tried_again_a_few_times_and_an_answer_is_not() {
        let stumbles = [
            failure(Some(502), FailureClass::Server, "bad gateway"),
            failure(None, FailureClass::Transport, "reset"),
            failure(None, FailureClass::Timeout, "nothing"),
        ];
        for stumble in stumbles {
            assert_eq!(persist(&stumble, None), (3, Duration::from_millis(1_750)));
        }
        for (code, class) in [
            (Some(401), FailureClass::Auth),
            (Some(404), FailureClass::Invalid),
            (Some(402), FailureClass::Limit),
            (None, FailureClass::Protocol),
        ] {
            assert_eq!(persist(&failure(code, class, "no"), None).0, 0);
        }
        let mut persistence = Persistence::new(Instant::START);
        let hang = failure(None, FailureClass::Timeout, "nothing");
        assert_eq!(persistence.next_wait(Instant::START + Duration::from_secs(60), &hang, None), None);
    }
}
