//! Queues of events alone, at sizes from a thousand to a million: the floor under a simulation, and the reason for the queue that it
//! has. Each is held at its size: what is popped is pushed again, a while later (Vaucher and Duval 1975, the "hold" operation).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    fs,
};

use claque_sim::bench::EventQueue;

use crate::{asked, print};

/// An event as small as they come: a moment in ns, a number that tells equals apart, and who it is for.
type Event = (u64, u64, u32);

/// What is compared.
trait Pending: Default {
    const NAME: &'static str;
    fn push(&mut self, event: Event);
    fn pop(&mut self) -> Option<Event>;
}

impl Pending for BinaryHeap<Reverse<Event>> {
    const NAME: &'static str = "binary heap (std)";
    fn push(&mut self, event: Event) {
        self.push(Reverse(event));
    }
    fn pop(&mut self) -> Option<Event> {
        self.pop().map(|Reverse(event)| event)
    }
}

impl Pending for BTreeMap<(u64, u64), u32> {
    const NAME: &'static str = "tree (as it was)";
    fn push(&mut self, (at, number, who): Event) {
        self.insert((at, number), who);
    }
    fn pop(&mut self) -> Option<Event> {
        self.pop_first().map(|((at, number), who)| (at, number, who))
    }
}

/// A heap whose nodes have four children: half as deep, and the children of a node lie together.
#[derive(Default)]
struct FourAry(Vec<Event>);

impl Pending for FourAry {
    const NAME: &'static str = "four-ary heap";
    fn push(&mut self, event: Event) {
        let mut place = self.0.len();
        self.0.push(event);
        while place > 0 && event < self.0[(place - 1) / 4] {
            self.0[place] = self.0[(place - 1) / 4];
            place = (place - 1) / 4;
        }
        self.0[place] = event;
    }
    fn pop(&mut self) -> Option<Event> {
        let last = self.0.pop()?;
        let Some(&first) = self.0.first() else { return Some(last) };
        let mut place = 0;
        loop {
            let from = 4 * place + 1;
            let to = (from + 4).min(self.0.len());
            let least = (from..to).min_by_key(|child| self.0[*child]);
            let Some(child) = least.filter(|child| self.0[*child] < last) else { break };
            self.0[place] = self.0[child];
            place = child;
        }
        self.0[place] = last;
        Some(first)
    }
}

/// The simulator's own.
#[derive(Default)]
struct Ours(EventQueue, u64);

impl Pending for Ours {
    const NAME: &'static str = "spans of time (the simulator's)";
    fn push(&mut self, (at, _, who): Event) {
        self.0.push(at, who);
    }
    fn pop(&mut self) -> Option<Event> {
        let (at, who) = self.0.pop()?;
        self.1 += 1;
        Some((at, self.1, who))
    }
}

/// A generator that costs nothing (Marsaglia 2003).
fn xorshift(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Nanoseconds until an event comes again: up to ten seconds, as players wake.
fn later(state: &mut u64) -> u64 {
    xorshift(state) % 10_000_000_000
}

/// Seconds of CPU that something took, and what it gave. Of the process, for it has one thread; on a system that does not tell, of the clock.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    #[expect(clippy::disallowed_types, reason = "a bench is about the time it takes")]
    let begun = std::time::Instant::now();
    let before = cpu_seconds();
    let done = work();
    let seconds = match (before, cpu_seconds()) {
        (Some(before), Some(after)) if after > before => after - before,
        _ => begun.elapsed().as_secs_f64(),
    };
    (done, seconds)
}

/// CPU of this thread so far, in seconds, as Linux tells it.
fn cpu_seconds() -> Option<f64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanos: u64 = told.split_whitespace().next()?.parse().ok()?;
    Some(std::time::Duration::from_nanos(nanos).as_secs_f64())
}

/// Millions of events a second, each popped and pushed again; and a sum that shows that all gave the same.
fn held_at<Q: Pending>(size: u32, events: u32) -> (f64, u64) {
    let (mut queue, mut state) = (Q::default(), 88_172_645_463_325_252);
    let mut number = 0;
    for who in 0..size {
        queue.push((later(&mut state), number, who));
        number += 1;
    }
    let (sum, seconds) = timed(|| {
        let mut sum = 0_u64;
        for _ in 0..events {
            let Some((at, _, who)) = queue.pop() else { break };
            sum = sum.rotate_left(5) ^ at ^ u64::from(who);
            queue.push((at + 1 + later(&mut state), number, who));
            number += 1;
        }
        sum
    });
    (f64::from(events) / seconds / 1e6, sum)
}

fn row<Q: Pending>(sizes: &[u32], events: u32) -> Vec<u64> {
    let (rates, sums): (Vec<f64>, Vec<u64>) = sizes.iter().map(|size| held_at::<Q>(*size, events)).unzip();
    let cells: Vec<String> = rates.iter().map(|rate| format!("{rate:.1}")).collect();
    print(&format!("| {} | {} |", Q::NAME, cells.join(" | ")));
    sums
}

#[test]
fn every_queue_gives_the_same_events_in_the_same_order() {
    let is_bench = asked("CLAQUE_SIMULATION_USERS").is_some();
    let (sizes, events): (&[u32], u32) =
        if is_bench { (&[1_000, 10_000, 100_000, 1_000_000], 5_000_000) } else { (&[100, 10_000], 30_000) };
    let names: Vec<String> = sizes.iter().map(|size| format!("{size} pending")).collect();
    print(&format!("| million events/s | {} |", names.join(" | ")));
    let heap = row::<BinaryHeap<Reverse<Event>>>(sizes, events);
    assert_eq!(row::<FourAry>(sizes, events), heap);
    assert_eq!(row::<Ours>(sizes, events), heap);
    assert_eq!(row::<BTreeMap<(u64, u64), u32>>(sizes, events), heap);
}
