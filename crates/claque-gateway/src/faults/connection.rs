//! What goes wrong with connections.

use claque_core::time::{Duration, Instant};

use super::Outage;
use crate::message::Notice;

/// One thing that goes wrong with connections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionFault {
    /// Which connections.
    pub selector: ConnectionSelector,
    /// Messages that are sent before it happens.
    pub after_notices: u64,
    /// Then it happens in place of the final word on the block of this index; none for that of any message.
    pub at_block: Option<i64>,
    /// It happens this long after the opening, and not in place of a message; none where messages decide.
    pub after: Option<Duration>,
    /// What happens.
    pub effect: ConnectionEffect,
}

/// Which connections a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionSelector {
    /// All, also those that are opened again.
    Every,
    /// As many as this in order of opening, so that those opened again later are spared.
    First(u64),
    /// The connection of this number in order of opening, from 0.
    Nth(u64),
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionEffect {
    /// It is closed.
    Close {
        /// WebSocket close code.
        code: u16,
        /// Close reason.
        reason: String,
    },
    /// It stays open and nothing more is sent.
    Silence,
    /// Something that is no message is sent once; then all goes on.
    Garbage,
    /// A session-level error is said once; then all goes on.
    Error {
        /// Its words.
        text: String,
    },
    /// The handshake is refused. The selector counts handshakes here, where it counts opened connections for all else.
    Refuse {
        /// With this HTTP status.
        status: u16,
    },
}

/// A time without connections: those that are open are closed at its begin, new ones are refused until its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SocketOutage {
    /// When.
    pub outage: Outage,
    /// Close code of what is open.
    pub code: u16,
    /// HTTP status with which handshakes are refused.
    pub refusal: u16,
}

impl SocketOutage {
    /// As of a service that is restarted: closed with 1012 (IANA's registry of WebSocket close codes), and refused with 503
    /// meanwhile.
    #[must_use]
    pub const fn restart(from: Instant, until: Instant) -> Self {
        Self { outage: Outage { from, until }, code: 1012, refusal: 503 }
    }
}

impl ConnectionSelector {
    pub(super) const fn hits(self, number: u64) -> bool {
        match self {
            Self::Every => true,
            Self::First(count) => number < count,
            Self::Nth(nth) => nth == number,
        }
    }
}

impl ConnectionFault {
    /// Whether it happens in place of this message, the next after `sent` others.
    pub(crate) fn hits(&self, sent: u64, notice: &Notice) -> bool {
        let is_at = |block: i64| match notice {
            Notice::Status(status) => status.block == block && status.status.is_final(),
            Notice::Evicted { .. } | Notice::Error { .. } => false,
        };
        self.after.is_none() && self.after_notices <= sent && self.at_block.is_none_or(is_at)
    }
}
