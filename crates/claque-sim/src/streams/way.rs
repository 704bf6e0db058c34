//! A listener's way from the service, on which audio takes its time: one piece after the other.

use std::collections::VecDeque;

use super::service::Reply;

/// Something on its way to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PieceInTransit {
    pub(super) call: u64,
    pub(super) reply: Reply,
}

/// What is on its way, in order. The first one is being carried.
#[derive(Debug, Default)]
pub(super) struct TransitQueue {
    queue: VecDeque<PieceInTransit>,
}

impl PieceInTransit {
    /// Its bytes; only those of audio count.
    pub(super) const fn bytes(&self) -> u64 {
        match self.reply {
            Reply::Audio { sent, .. } => sent,
            Reply::Head | Reply::End | Reply::Failed(_) => 0,
        }
    }
}

impl TransitQueue {
    /// Whether nothing is carried.
    pub(super) fn is_free(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn push(&mut self, parcel: PieceInTransit) {
        self.queue.push_back(parcel);
    }

    /// The one that is being carried is there.
    pub(super) fn pop(&mut self) -> Option<PieceInTransit> {
        self.queue.pop_front()
    }

    /// The one that is carried next.
    pub(super) fn first(&self) -> Option<&PieceInTransit> {
        self.queue.front()
    }
}
