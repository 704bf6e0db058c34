//! What a machine gives, in order.

use std::collections::{VecDeque, vec_deque::Drain};

/// Outputs in order. Borrows the machine until dropped, so that no input can overtake them; what is not taken comes
/// first the next time.
#[must_use = "outputs are orders; dropping them unread delays them"]
#[derive(Debug)]
pub struct Outputs<'a, Output>(&'a mut VecDeque<Output>);

impl<'a, Output> Outputs<'a, Output> {
    /// Those that wait in a machine's queue.
    pub const fn new(queue: &'a mut VecDeque<Output>) -> Self {
        Self(queue)
    }

    /// Takes everything at once.
    pub fn drain(&mut self) -> Drain<'_, Output> {
        self.0.drain(..)
    }
}

impl<Output> Iterator for Outputs<'_, Output> {
    type Item = Output;

    fn next(&mut self) -> Option<Output> {
        self.0.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.0.len(), Some(self.0.len()))
    }
}
