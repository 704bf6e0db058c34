//! How long a service in passing trouble is borne with.

use claque_core::{
    event::{Failure, FailureClass},
    time::Duration,
};

/// First and longest wait between two tries: soon enough that a blip costs little, and no flood on who is down.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(2);
/// How long trouble is waited out where nobody would otherwise end it: an identity service that restarts.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits that double.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    next: Duration,
    waited: Duration,
}

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self { next: FIRST, waited: Duration::ZERO }
    }

    /// The next wait.
    pub(crate) fn next_wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (self.next * 2).min(LONGEST);
        self.waited += wait;
        wait
    }

    /// The next wait, as long as patience lasts.
    pub(crate) fn next_patient_wait(&mut self) -> Option<Duration> {
        (self.waited < PATIENCE).then(|| self.next_wait())
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
            | FailureClass::Timeout => false,
        }
}

/// Whether a service refused a call because it could not find out who makes it, so that surely nothing was done.
pub(crate) fn nobody_was_asked(failure: &Failure) -> bool {
    failure.code == Some(503) && failure.text.to_lowercase().contains("authentication service")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_end() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> =
            std::iter::from_fn(|| backoff.next_patient_wait()).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits.get(..5), Some(&[250, 500, 1_000, 2_000, 2_000][..]));
        assert_eq!(waits.iter().sum::<u128>(), 31_750);
    }
}
