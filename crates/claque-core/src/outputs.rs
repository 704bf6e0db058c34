//! What a machine gives, in order.

use std::collections::{VecDeque, vec_deque::Drain};

/// Outputs in order. Borrows the machine until dropped, so that no input can overtake them; what is not taken comes
/// first the next time.
#[must_use = "outputs are orders; dropping them unread delays them"]
#[derive(Debug)]
pub struct Outputs<'a, Output> {
    queue: &'a mut VecDeque<Output>,
    room: EmptyQueueMemory,
}

/// What becomes of a queue's memory when nothing is left in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EmptyQueueMemory {
    Kept,
    Freed,
}

impl<'a, Output> Outputs<'a, Output> {
    /// Those that wait in a machine's queue.
    pub const fn new(queue: &'a mut VecDeque<Output>) -> Self {
        Self { queue, room: EmptyQueueMemory::Kept }
    }

    /// Those of one of a crowd of machines, each of which is silent nearly always: room for a few outputs would be a large part
    /// of all that it holds, so it keeps none.
    pub(crate) const fn of_one_of_many(queue: &'a mut VecDeque<Output>) -> Self {
        Self { queue, room: EmptyQueueMemory::Freed }
    }

    /// Takes everything at once.
    pub fn drain(&mut self) -> Drain<'_, Output> {
        self.queue.drain(..)
    }
}

impl<Output> Drop for Outputs<'_, Output> {
    fn drop(&mut self) {
        if self.room == EmptyQueueMemory::Freed && self.queue.is_empty() {
            *self.queue = VecDeque::new();
        }
    }
}

impl<Output> Iterator for Outputs<'_, Output> {
    type Item = Output;

    fn next(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.queue.len(), Some(self.queue.len()))
    }
}
