//! Why a call around a run failed.

use std::fmt;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    pacing::Limited,
    time::Duration,
};
use claque_wire::yapit::limit_window;

use super::proxy_trouble::ProxyTrouble;

/// A call to the service failed: what was tried, where, what came of it, and what the user can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// What was tried, to follow "failed to".
    pub action: &'static str,
    /// The address of the service.
    pub target: String,
    /// What happened. Its text holds no secrets.
    pub failure: Failure,
    /// How long the service asked to wait.
    pub retry_after: Option<Duration>,
    /// Where the credentials came from, for failures that are about them.
    pub credentials: Option<String>,
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {} at {}: {}", self.action, self.target, self.failure)?;
        match (self.failure.class, &self.credentials) {
            (FailureClass::Auth, Some(place)) => write!(f, "; check {place}"),
            (FailureClass::Auth, None) => {
                f.write_str("; the service wants credentials, and none were given: use --token, --env-file with TEST_EMAIL and TEST_PASSWORD, --accounts, --guest, or the variable CLAQUE_TOKEN")
            }
            (FailureClass::Transport, _)
                if self.failure.phase == Phase::Dial && !ProxyTrouble::is_behind(&self.failure) =>
            {
                f.write_str("; check --base-url and that the service is up")
            }
            (FailureClass::Invalid, _)
                if self.failure.code == Some(400)
                    && self.target.starts_with("http://")
                    && self.failure.text.contains("HTTPS") =>
            {
                f.write_str("; type https:// in --base-url")
            }
            (FailureClass::Invalid, _) if self.failure.code == Some(404) => {
                f.write_str("; check that --base-url is the origin of a yapit gateway")
            }
            (
                FailureClass::Invalid
                | FailureClass::Limit
                | FailureClass::Overload
                | FailureClass::Server
                | FailureClass::Protocol
                | FailureClass::Transport
                | FailureClass::Timeout
                | FailureClass::Generator,
                _,
            ) => Ok(()),
        }
    }
}

impl std::error::Error for ServiceError {}

impl ServiceError {
    /// What a limit on calls said, if one refused.
    #[must_use]
    pub fn limited(&self) -> Option<Limited> {
        let window = limit_window(&self.failure.text);
        (self.failure.code == Some(429)).then_some(Limited { retry_after: self.retry_after, window })
    }

    /// Whether the service surely did nothing; see [`Failure::is_surely_refused`].
    #[must_use]
    pub const fn is_surely_refused(&self) -> bool {
        self.failure.is_surely_refused()
    }

    /// Whether the user must change what was asked, as opposed to a service in trouble.
    #[must_use]
    pub const fn is_usage(&self) -> bool {
        self.failure.class.is_callers()
    }
}

/// The failure of an answer that is not what the protocol says.
pub(crate) fn not_understood(what: &str, error: &serde_json::Error) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Protocol,
        code: None,
        text: format!("the answer is no {what}: {error}"),
        kills: FailureScope::Session,
    }
}

/// The failure of an answer that never came.
pub(crate) fn timed_out(after: Duration) -> Failure {
    Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Timeout,
        code: None,
        text: format!("no answer within {} s", after.as_secs_f64()),
        kills: FailureScope::Session,
    }
}
