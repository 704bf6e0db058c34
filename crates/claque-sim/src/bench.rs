//! What `cargo xtask bench simulation` measures by itself.

use claque_core::time::Instant;

use crate::queue::Queue;

/// The simulator's queue of events, with listeners in it.
#[derive(Debug)]
pub struct EventQueue(Queue<u32>);

impl Default for EventQueue {
    fn default() -> Self {
        Self(Queue::new())
    }
}

impl EventQueue {
    /// Puts in that something happens to `listener`, `at` nanoseconds after the run's start.
    pub fn push(&mut self, at: u64, listener: u32) {
        self.0.push(Instant::from_nanos(at), listener);
    }

    /// Takes out what happens next: when, in nanoseconds since the run's start, and to whom.
    pub fn pop(&mut self) -> Option<(u64, u32)> {
        self.0.pop().map(|(at, listener)| (at.as_nanos(), listener))
    }
}
