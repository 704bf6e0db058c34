//! What is yet to happen, in order of time and then of being said.

use std::collections::BTreeMap;

use claque_core::time::Instant;

/// A queue of things to happen. Of two at one moment, the one pushed first comes first.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    due: BTreeMap<(Instant, u64), T>,
    pushed: u64,
}

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self { due: BTreeMap::new(), pushed: 0 }
    }

    pub(crate) fn push(&mut self, at: Instant, what: T) {
        self.due.insert((at, self.pushed), what);
        self.pushed += 1;
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.due.first_key_value().map(|(&(at, _), _)| at)
    }

    pub(crate) fn pop(&mut self) -> Option<(Instant, T)> {
        self.due.pop_first().map(|((at, _), what)| (at, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_first_of_one_moment_happens_first() {
        let mut queue = Queue::new();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (1, 'b')] {
            queue.push(Instant::from_millis(at), what);
        }
        assert_eq!(queue.next_at(), Some(Instant::from_millis(1)));
        let order: String = core::iter::from_fn(|| queue.pop().map(|(_, what)| what)).collect();
        assert_eq!(order, "abcd");
    }
}
