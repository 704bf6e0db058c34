//! What goes wrong about a proxy, in words that say what can be done.

use std::{error::Error as StdError, fmt};

use claque_core::event::{Failure, FailureClass, FailureScope, Phase};

/// What went wrong about a proxy. Never with its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyTrouble {
    /// Status of a refusal.
    pub(super) status: Option<u16>,
    pub(super) text: String,
}

impl ProxyTrouble {
    /// The failure that it is: of the network.
    pub(crate) fn failure(&self) -> Failure {
        let (phase, class) = (Phase::Dial, FailureClass::Transport);
        Failure { phase, class, code: self.status, text: self.text.clone(), kills: FailureScope::Session }
    }

    /// What an error tells of, looking at this one alone and not at its causes.
    pub(crate) fn behind<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        error.downcast_ref()
    }

    /// Whether a failure is one of a proxy, which says itself what can be done.
    pub(crate) fn is_behind(failure: &Failure) -> bool {
        failure.phase == Phase::Dial && (failure.code.is_some() || failure.text.contains("NO_PROXY"))
    }
}

impl fmt::Display for ProxyTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for ProxyTrouble {}
