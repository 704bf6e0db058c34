//! The blocks a player has asked for and is not yet done with, and what is awaited of them.
//!
//! A player looks at every input whether something is due, and of a crowd's players none is in the processor's cache. So
//! the window keeps count of what is awaited: to know that costs no look at the blocks.

use std::collections::VecDeque;

use super::slot::Slot;
use crate::{ids::BlockIdx, time::Instant};

/// A contiguous stretch of blocks, never the whole document.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    first: BlockIdx,
    slots: VecDeque<Slot>,
    awaited: Awaited,
}

/// What is awaited of the window's blocks, all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Awaited {
    /// Blocks that are not there yet.
    pending: u32,
    /// When requests were written that are not acknowledged, and for how many blocks; in no order. There are few, for
    /// the blocks of one request share its moment.
    requests: Vec<(Instant, u32)>,
}

/// One block's part in [`Awaited`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    pending: bool,
    request: Option<Instant>,
}

impl Window {
    /// The first block not yet asked for.
    pub(super) fn end(&self) -> BlockIdx {
        BlockIdx(self.first.0 + u32::try_from(self.slots.len()).unwrap_or(u32::MAX))
    }

    /// Whether the block is one of these.
    pub(super) fn contains(&self, block: BlockIdx) -> bool {
        (self.first..self.end()).contains(&block)
    }

    /// Every block from the current one on, in reading order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (BlockIdx, &Slot)> {
        (self.first.0..).map(BlockIdx).zip(&self.slots)
    }

    /// The current block, whether it has been asked for or not.
    pub(super) const fn first(&self) -> BlockIdx {
        self.first
    }

    /// Whether any block is not there yet.
    pub(super) fn is_pending(&self) -> bool {
        debug_assert_eq!(
            self.awaited.pending > 0,
            self.slots.iter().any(Slot::is_pending),
            "the count of what is pending follows the blocks"
        );
        self.awaited.pending > 0
    }

    /// When the oldest request was written that is not acknowledged.
    pub(super) fn oldest_request(&self) -> Option<Instant> {
        debug_assert_eq!(
            self.awaited.requests.iter().map(|(sent_at, _)| *sent_at).min(),
            self.slots.iter().filter_map(Slot::unacknowledged).min(),
            "the count of requests follows the blocks"
        );
        self.awaited.requests.iter().map(|(sent_at, _)| *sent_at).min()
    }

    /// Changes a block, if it is here and `matches`.
    pub(super) fn change<R>(
        &mut self,
        block: BlockIdx,
        matches: impl FnOnce(&Slot) -> bool,
        change: impl FnOnce(&mut Slot) -> R,
    ) -> Option<R> {
        let offset = usize::try_from(block.0.checked_sub(self.first.0)?).ok()?;
        let slot = self.slots.get_mut(offset).filter(|slot| matches(slot))?;
        Some(self.awaited.follow(slot, change))
    }

    /// Changes every block from the current one on, in reading order.
    pub(super) fn change_all(&mut self, mut change: impl FnMut(BlockIdx, &mut Slot)) {
        for (block, slot) in (self.first.0..).map(BlockIdx).zip(&mut self.slots) {
            self.awaited.follow(slot, |slot| change(block, slot));
        }
    }

    /// Adds the next block.
    pub(super) fn push(&mut self, slot: Slot) {
        self.awaited.add(Share::of(&slot));
        self.slots.push_back(slot);
    }

    /// Takes the current block out; the next one becomes current.
    pub(super) fn pop(&mut self) -> Option<(BlockIdx, Slot)> {
        let slot = self.slots.pop_front()?;
        self.awaited.take(Share::of(&slot));
        let block = self.first;
        self.first = block.next();
        Some((block, slot))
    }

    /// Begins anew at another block. To be called when nothing is left.
    pub(super) fn restart(&mut self, first: BlockIdx) {
        debug_assert!(self.slots.is_empty(), "blocks in the window would change their numbers");
        debug_assert_eq!(self.awaited, Awaited::default(), "nothing can be awaited of no blocks");
        self.first = first;
    }
}

impl Awaited {
    fn follow<R>(&mut self, slot: &mut Slot, change: impl FnOnce(&mut Slot) -> R) -> R {
        let before = Share::of(slot);
        let outcome = change(slot);
        let after = Share::of(slot);
        if before != after {
            self.take(before);
            self.add(after);
        }
        outcome
    }

    fn add(&mut self, share: Share) {
        self.pending += u32::from(share.pending);
        let Some(at) = share.request else { return };
        match self.requests.iter_mut().find(|(sent_at, _)| *sent_at == at) {
            Some((_, blocks)) => *blocks += 1,
            None => self.requests.push((at, 1)),
        }
    }

    fn take(&mut self, share: Share) {
        self.pending -= u32::from(share.pending);
        let Some(at) = share.request else { return };
        let place = self.requests.iter().position(|(sent_at, _)| *sent_at == at);
        let place = place.expect("whatever is taken was added");
        self.requests[place].1 -= 1;
        if self.requests[place].1 == 0 {
            self.requests.swap_remove(place);
        }
    }
}

impl Share {
    fn of(slot: &Slot) -> Self {
        Self { pending: slot.is_pending(), request: slot.unacknowledged() }
    }
}
