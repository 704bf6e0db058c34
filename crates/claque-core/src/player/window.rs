//! The blocks a player has to do with, and what is awaited of them.
//!
//! A player looks at every input whether something is due, and of a crowd's players none is in the processor's cache. So
//! the window keeps count of what is awaited: to know that costs no look at the blocks.

use std::collections::VecDeque;

use super::slot::{Request, Slot, Sound};
use crate::{ids::BlockIdx, time::Instant};

/// A contiguous stretch of blocks: of a listener that only listens from the current one to the last that was asked for, of one
/// that comes back to blocks all that it has to do with.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    first: u32,
    slots: VecDeque<Slot>,
    awaited: AwaitedBlocks,
}

/// What is awaited of the window's blocks, all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AwaitedBlocks {
    /// Blocks that are asked for or being fetched.
    pending: u32,
    /// Blocks that are neither there nor counted on.
    gaps: u32,
    /// When patience ends, and with how many blocks; in no order. There are few, for the blocks of one request share its
    /// moment.
    dues: Vec<(Instant, u32)>,
}

/// One block's part in [`AwaitedBlocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AwaitedPart {
    pending: bool,
    gap: bool,
    due: Option<Instant>,
}

impl Window {
    /// The first block beyond these.
    pub(super) fn end(&self) -> u32 {
        self.first + u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn get(&self, block: BlockIdx) -> Option<&Slot> {
        self.slots.get(self.place(block)?)
    }

    /// Changes a block, if it is one of these.
    pub(super) fn change<R>(&mut self, block: BlockIdx, change: impl FnOnce(&mut Slot) -> R) -> Option<R> {
        let place = self.place(block)?;
        let slot = self.slots.get_mut(place)?;
        Some(self.awaited.follow(slot, change))
    }

    /// Changes a block, which becomes one of these.
    pub(super) fn change_or_add<R>(&mut self, block: BlockIdx, change: impl FnOnce(&mut Slot) -> R) -> R {
        if self.slots.is_empty() {
            self.first = block.0;
        }
        while block.0 < self.first {
            // Whatever a listener had left behind when it only listened is recorded.
            self.add_front(Slot { recorded: true, ..Slot::default() });
        }
        while block.0 >= self.end() {
            self.add_back(Slot::default());
        }
        self.change(block, change).expect("the window was made to hold it")
    }

    /// Changes every block, in reading order.
    pub(super) fn change_all(&mut self, mut change: impl FnMut(BlockIdx, &mut Slot)) {
        for (block, slot) in (self.first..).map(BlockIdx).zip(&mut self.slots) {
            self.awaited.follow(slot, |slot| change(block, slot));
        }
    }

    /// Every block, in reading order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (BlockIdx, &Slot)> {
        (self.first..).map(BlockIdx).zip(&self.slots)
    }

    /// Every block from this one on, in reading order.
    pub(super) fn from(&self, block: BlockIdx) -> impl Iterator<Item = (BlockIdx, &Slot)> {
        let skipped = usize::try_from(block.0.saturating_sub(self.first)).unwrap_or(usize::MAX);
        (self.first.max(block.0)..)
            .map(BlockIdx)
            .zip(self.slots.range(skipped.min(self.slots.len())..))
            .take_while(move |_| block.0 >= self.first)
    }

    /// Takes the first block out.
    pub(super) fn pop(&mut self) -> Option<(BlockIdx, Slot)> {
        let slot = self.slots.pop_front()?;
        self.awaited.take(AwaitedPart::of(&slot));
        let block = BlockIdx(self.first);
        self.first += 1;
        Some((block, slot))
    }

    /// Whether any block is asked for or being fetched.
    pub(super) fn is_pending(&self) -> bool {
        debug_assert_eq!(
            self.awaited.pending > 0,
            self.slots.iter().any(Slot::is_pending),
            "the count of what is pending follows the blocks"
        );
        self.awaited.pending > 0
    }

    /// Blocks that are asked for or being fetched.
    pub(super) const fn pending(&self) -> u32 {
        self.awaited.pending
    }

    /// Whether every block here is there or counted on.
    pub(super) fn is_gapless(&self) -> bool {
        self.awaited.gaps == 0
    }

    /// When patience with any block ends first.
    pub(super) fn due(&self) -> Option<Instant> {
        debug_assert_eq!(
            self.awaited.dues.iter().map(|(at, _)| *at).min(),
            self.slots.iter().filter_map(|slot| AwaitedPart::of(slot).due).min(),
            "the count of what is due follows the blocks"
        );
        self.awaited.dues.iter().map(|(at, _)| *at).min()
    }

    /// The block with which patience has ended first, by then.
    pub(super) fn due_by(&self, now: Instant) -> Option<(BlockIdx, Request)> {
        let due = self.iter().filter_map(|(block, slot)| Some((block, slot.request?)));
        due.filter(|(_, request)| request.due <= now).min_by_key(|(_, request)| (request.due, request.number))
    }

    /// The first block whose audio has been arriving for too long, by then, and when it was asked for.
    pub(super) fn overdue_fetch(&self, now: Instant) -> Option<(BlockIdx, Option<Instant>)> {
        let is_overdue = |slot: &Slot| slot.fetches > 0 && slot.fetch_limit.is_some_and(|at| at <= now);
        self.iter().find(|(_, slot)| is_overdue(slot)).map(|(block, slot)| (block, slot.asked_at))
    }

    fn place(&self, block: BlockIdx) -> Option<usize> {
        usize::try_from(block.0.checked_sub(self.first)?).ok()
    }

    fn add_front(&mut self, slot: Slot) {
        self.awaited.add(AwaitedPart::of(&slot));
        self.slots.push_front(slot);
        self.first -= 1;
    }

    fn add_back(&mut self, slot: Slot) {
        self.awaited.add(AwaitedPart::of(&slot));
        self.slots.push_back(slot);
    }
}

impl AwaitedBlocks {
    fn follow<R>(&mut self, slot: &mut Slot, change: impl FnOnce(&mut Slot) -> R) -> R {
        let before = AwaitedPart::of(slot);
        let outcome = change(slot);
        let after = AwaitedPart::of(slot);
        if before != after {
            self.take(before);
            self.add(after);
        }
        outcome
    }

    fn add(&mut self, share: AwaitedPart) {
        self.pending += u32::from(share.pending);
        self.gaps += u32::from(share.gap);
        let Some(at) = share.due else { return };
        match self.dues.iter_mut().find(|(due, _)| *due == at) {
            Some((_, blocks)) => *blocks += 1,
            None => self.dues.push((at, 1)),
        }
    }

    fn take(&mut self, share: AwaitedPart) {
        self.pending -= u32::from(share.pending);
        self.gaps -= u32::from(share.gap);
        let Some(at) = share.due else { return };
        let place = self.dues.iter().position(|(due, _)| *due == at);
        let place = place.expect("whatever is taken was added");
        self.dues[place].1 -= 1;
        if self.dues[place].1 == 0 {
            self.dues.swap_remove(place);
        }
    }
}

impl AwaitedPart {
    fn of(slot: &Slot) -> Self {
        Self {
            pending: slot.is_pending(),
            gap: slot.sound == Sound::None && !slot.expected,
            due: match &slot.request {
                Some(request) => Some(request.due),
                None if slot.fetches > 0 => slot.fetch_limit,
                None => None,
            },
        }
    }
}
