//! One person of the audience, with a player and a connection.

use std::collections::VecDeque;

use claque_core::{
    ids::BlockIdx,
    player::{Player, PlayerState},
    time::Instant,
};
use claque_gateway::{DocumentId, VariantHash};

use crate::session::Session;

/// Fetches of one listener at once: what browsers allow per origin over HTTP/1.1.
const FETCHES_AT_ONCE: usize = 6;

/// One person of the audience.
pub(crate) struct Listener {
    pub(crate) player: Player,
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
    waiting: VecDeque<(BlockIdx, VariantHash)>,
    running: usize,
    /// When the last audio on its way will have arrived.
    pub(crate) way_free_at: Instant,
}

/// A listener's connection, as the listener sees it.
pub(crate) enum Line {
    Dialing { unsent: Vec<Vec<BlockIdx>> },
    Open,
    Closed,
}

impl Listener {
    pub(crate) fn is_done(&self) -> bool {
        self.player.state() == PlayerState::Done
    }
}

impl Fetches {
    pub(crate) fn want(&mut self, block: BlockIdx, variant: VariantHash) {
        self.waiting.push_back((block, variant));
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
