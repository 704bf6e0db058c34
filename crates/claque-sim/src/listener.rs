//! One person of the audience, with a player and a connection.

use std::collections::VecDeque;

use claque_core::{ids::BlockIdx, listener, player::PlayerState, time::Instant};
use claque_gateway::{ConnId, DocumentId, VariantHash};

use crate::session::Session;

/// Fetches of one listener at once: what browsers allow per origin over HTTP/1.1.
const FETCHES_AT_ONCE: usize = 6;

/// One person of the audience.
pub(crate) struct Listener {
    pub(crate) person: listener::Listener,
    pub(crate) session: Session,
    pub(crate) document: DocumentId,
    pub(crate) line: Line,
    /// The earliest wake-up in the queue. Others may be there, too; they are passed over.
    pub(crate) wake_at: Option<Instant>,
    pub(crate) fetches: Fetches,
}

/// A listener's fetches of audio. Some run at once; the others wait for their turn.
#[derive(Default)]
pub(crate) struct Fetches {
    /// Which voice they are for, counted in changes; what is under way for another is lost.
    pub(crate) take: u32,
    waiting: VecDeque<(BlockIdx, VariantHash)>,
    running: usize,
}

/// A listener's connection, as the listener sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Down,
    Dialing(ConnId),
    Open(ConnId),
}

impl Line {
    /// The connection, wanted or open.
    pub(crate) const fn conn(self) -> Option<ConnId> {
        match self {
            Self::Down => None,
            Self::Dialing(conn) | Self::Open(conn) => Some(conn),
        }
    }

    pub(crate) const fn open(self) -> Option<ConnId> {
        match self {
            Self::Down | Self::Dialing(_) => None,
            Self::Open(conn) => Some(conn),
        }
    }
}

impl Listener {
    pub(crate) const fn is_done(&self) -> bool {
        matches!(self.person.state(), PlayerState::Done)
    }

    /// Whether news of this connection concern the listener.
    pub(crate) fn listens_to(&self, conn: ConnId) -> bool {
        !self.is_done() && self.line.conn() == Some(conn)
    }
}

impl Fetches {
    pub(crate) fn want(&mut self, block: BlockIdx, variant: VariantHash) {
        self.waiting.push_back((block, variant));
    }

    /// Nothing of what was wanted is wanted any more.
    pub(crate) fn drop_all(&mut self) {
        self.waiting.clear();
        self.running = 0;
        self.take += 1;
    }

    /// Nobody is there any more to want anything.
    pub(crate) fn close(&mut self) {
        self.waiting = VecDeque::new();
    }

    /// The next fetch, if one may begin.
    pub(crate) fn begin(&mut self) -> Option<(BlockIdx, VariantHash)> {
        let next = if self.running < FETCHES_AT_ONCE { self.waiting.pop_front() } else { None };
        self.running += usize::from(next.is_some());
        next
    }

    pub(crate) const fn end(&mut self) {
        self.running -= 1;
    }
}
