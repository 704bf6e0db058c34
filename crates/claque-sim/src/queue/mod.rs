//! What is yet to happen, in order of time and then of being said.
//!
//! Three places hold it. What happens at the present moment waits in a line and costs nothing to order. A few things that are
//! yet to come wait in a heap. When they are many, only what comes next does; the rest lies unsorted in spans of time
//! ([`Spans`]), and is sorted a span at a time. The order is the same in each of them, so no result depends on where a thing lay.
//! `cargo xtask bench simulation` measures this against a heap alone, a four-ary heap and a tree.

mod spans;

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, VecDeque},
};

use claque_core::time::Instant;

use self::spans::Spans;

/// Beyond so many things the heap no longer fits the fastest cache, and spans are quicker; measured.
const MANY: usize = 4_096;
/// Below so many they all go back to the heap.
const FEW: usize = 512;

/// A queue of things to happen. Of two at one moment, the one pushed first comes first.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    /// The moment that was last popped, or passed.
    now: Instant,
    /// What happens at that moment and was said at it, in order.
    present: VecDeque<T>,
    next: BinaryHeap<Due<T>>,
    /// What happens later than all of `next`, where there is much of it.
    later: Option<Spans<T>>,
    pushed: u64,
}

/// Something to happen.
#[derive(Debug)]
struct Due<T> {
    at: Instant,
    number: u64,
    what: T,
}

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self {
            now: Instant::START,
            present: VecDeque::new(),
            next: BinaryHeap::new(),
            later: None,
            pushed: 0,
        }
    }

    /// Says that nothing happens any more before `now`. Whoever turns the clock without popping says so, and spares what is
    /// pushed for that moment the sorting.
    pub(crate) fn pass(&mut self, now: Instant) {
        debug_assert!(self.next_at().is_none_or(|next| now <= next), "what was to happen before {now} has");
        if self.present.is_empty() {
            self.now = self.now.max(now);
        }
    }

    pub(crate) fn push(&mut self, at: Instant, what: T) {
        if at <= self.now {
            self.present.push_back(what);
            return;
        }
        let due = Due { at, number: self.pushed, what };
        self.pushed += 1;
        match &mut self.later {
            Some(later) => {
                if let Some(due) = later.push(due) {
                    self.next.push(due);
                }
            }
            None => {
                self.next.push(due);
                if self.next.len() > MANY {
                    self.later = Some(Spans::new(core::mem::take(&mut self.next).into_vec()));
                    self.refill();
                }
            }
        }
    }

    /// When the next thing happens.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        if self.present.is_empty() { self.next.peek().map(|due| due.at) } else { Some(self.now) }
    }

    pub(crate) fn pop(&mut self) -> Option<(Instant, T)> {
        // What lies in the heap for the present moment was said before it came.
        let of_heap = self.next.peek().is_some_and(|due| self.present.is_empty() || due.at <= self.now);
        if !of_heap {
            return self.present.pop_front().map(|what| (self.now, what));
        }
        let due = self.next.pop()?;
        if self.next.is_empty() {
            self.refill();
        }
        self.now = due.at;
        Some((due.at, due.what))
    }

    /// Keeps the next thing in the heap, for as long as there is one.
    fn refill(&mut self) {
        let Some(later) = &mut self.later else { return };
        if later.len() < FEW {
            let rest = core::mem::take(&mut self.later);
            self.next.extend(rest.into_iter().flat_map(Spans::into_all));
        } else {
            let mut heap = core::mem::take(&mut self.next).into_vec();
            later.take_next(&mut heap);
            self.next = heap.into();
        }
    }
}

impl<T> Due<T> {
    const fn order(&self) -> (Instant, u64) {
        (self.at, self.number)
    }
}

/// The earliest is the greatest, for a heap gives its greatest first.
impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.order().cmp(&self.order())
    }
}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<T> Eq for Due<T> {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

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

    #[test]
    fn what_is_said_at_a_moment_of_that_moment_comes_behind_what_was_said_before() {
        let mut queue = Queue::new();
        for what in ["first", "second"] {
            queue.push(Instant::from_millis(3), what);
        }
        assert_eq!(queue.pop(), Some((Instant::from_millis(3), "first")));
        queue.push(Instant::from_millis(3), "third");
        queue.push(Instant::from_millis(4), "fourth");
        queue.push(Instant::from_millis(2), "late");
        let order: Vec<_> = core::iter::from_fn(|| queue.pop().map(|(_, what)| what)).collect();
        assert_eq!(order, ["second", "third", "late", "fourth"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        /// Steps of a queue that grows, is held at a size and shrinks, so that it changes its places several times.
        #[test]
        fn the_order_is_that_of_a_tree_however_many_there_are(
            seed in any::<u64>(), most in 1_usize..10_000, reach in 0_u32..40,
        ) {
            let (mut queue, mut tree) = (Queue::new(), BTreeMap::new());
            let mut state = seed;
            let mut draw = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                state >> 20
            };
            let (mut now, mut pushed) = (0_u64, 0_u64);
            let push = |now: u64, more: u64, queue: &mut Queue<u64>, tree: &mut BTreeMap<(u64, u64), u64>, pushed: &mut u64| {
                queue.push(Instant::from_nanos(now + more), *pushed);
                tree.insert((now + more, *pushed), *pushed);
                *pushed += 1;
            };
            for round in 0..3 * most {
                let grows = round < most || (round < 2 * most && draw() % 2 == 0);
                if grows {
                    let more = draw() & ((1 << (draw() % u64::from(reach + 1))) - 1);
                    push(now, more, &mut queue, &mut tree, &mut pushed);
                } else if let Some(((at, _), what)) = tree.pop_first() {
                    prop_assert_eq!(queue.next_at(), Some(Instant::from_nanos(at)));
                    prop_assert_eq!(queue.pop(), Some((Instant::from_nanos(at), what)));
                    now = at;
                }
            }
            for ((at, _), what) in tree {
                prop_assert_eq!(queue.pop(), Some((Instant::from_nanos(at), what)));
            }
            prop_assert_eq!(queue.pop(), None);
        }
    }
}
