//! When an audience asks for what: every listener's player, reduced to its requests, in front of one queue.
//!
//! Nothing fails here, everybody's blocks are of the estimated length, and each block waits as long as those before it in the
//! queue take. It is an estimate for a warning; `claque simulate` has the players themselves.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::{Listening, Pace};
use crate::{
    player::PlayerPolicy,
    time::{Duration, Instant},
};

/// The requests of these listeners.
pub(super) fn asks(policy: &PlayerPolicy, listeners: &[Listening], pace: Pace) -> Vec<Vec<(Instant, u32)>> {
    let mut queue = Queue { pace, free_at: Instant::START };
    let patience = Patience::of(policy);
    let mut next = BinaryHeap::new();
    let mut listeners: Vec<Listener<'_>> = listeners
        .iter()
        .enumerate()
        .map(|(number, listening)| {
            next.push(Reverse((listening.start, number)));
            Listener::new(policy, patience, listening)
        })
        .collect();
    // In order of time, for the queue is.
    while let Some(Reverse((_, number))) = next.pop() {
        if let Some(at) = listeners[number].go_on(&mut queue) {
            next.push(Reverse((at, number)));
        }
    }
    listeners.into_iter().map(|listener| listener.requests).collect()
}

/// The service.
struct Queue {
    pace: Pace,
    /// When the last block of the queue leaves it.
    free_at: Instant,
}

impl Queue {
    /// Puts a block into it; gives when it is ready.
    fn add(&mut self, at: Instant) -> Instant {
        self.free_at = (self.free_at + self.pace.interval).max(at + self.pace.service);
        self.free_at
    }
}

/// How long one asking for a block is waited for, and how often it is asked for.
#[derive(Clone, Copy)]
struct Patience {
    span: Duration,
    resends: u32,
}

impl Patience {
    fn of(policy: &PlayerPolicy) -> Self {
        // Where nothing is asked for again the one request is waited for that long.
        let span = policy.asks_again_after().unwrap_or(policy.patience);
        Self { span, resends: u32::from(policy.max_resends) }
    }

    fn ends(self, asked_at: Instant) -> Instant {
        asked_at + self.span.saturating_mul(self.resends + 1)
    }
}

/// A block that was asked for.
#[derive(Clone, Copy)]
struct Asked {
    ready_at: Instant,
    given_up_at: Instant,
}

impl Asked {
    /// Whether it is there or waited for.
    fn is_covered(self, at: Instant) -> bool {
        self.ready_at <= at || at < self.given_up_at
    }
}

struct Listener<'a> {
    policy: &'a PlayerPolicy,
    patience: Patience,
    times: &'a [Duration],
    /// The block that begins next, and when the one before ends.
    current: usize,
    now: Instant,
    stage: Stage,
    blocks: Vec<Asked>,
    requests: Vec<(Instant, u32)>,
}

/// What it does at `now`.
#[derive(Clone, Copy)]
enum Stage {
    /// It asks for its first batch.
    Starts,
    /// It asks for what lies ahead of a block that begins, or for that block.
    Refills,
}

impl<'a> Listener<'a> {
    fn new(policy: &'a PlayerPolicy, patience: Patience, listening: &'a Listening) -> Self {
        let (blocks, requests) = (Vec::new(), Vec::new());
        let (times, now) = (listening.times.as_slice(), listening.start);
        Self { policy, patience, times, current: 0, now, stage: Stage::Starts, blocks, requests }
    }

    /// Asks for what is due now and plays up to the next request; gives when that is.
    fn go_on(&mut self, queue: &mut Queue) -> Option<Instant> {
        match self.stage {
            Stage::Starts => {
                self.ask_from(queue, 0);
                let needed = usize::try_from(self.policy.min_buffer).unwrap_or(usize::MAX);
                let first = self.blocks.iter().take(needed).map(|block| block.ready_at);
                self.now = first.max().unwrap_or(self.now).max(self.now);
            }
            // It was reached before it was asked for.
            Stage::Refills if self.current == self.blocks.len() => {
                let ready_at = queue.add(self.now);
                let asked = self.ask(self.now, ready_at);
                self.blocks.push(asked);
                self.note(self.now, 1);
            }
            Stage::Refills => {
                let ahead = self.current + 1;
                self.ask_from(queue, ahead + self.covered_from(ahead));
                self.now += self.times[self.current];
                self.current += 1;
            }
        }
        self.stage = Stage::Refills;
        self.play()
    }

    /// Plays until a block begins to sound with too little ahead; gives when that is.
    fn play(&mut self) -> Option<Instant> {
        let threshold = usize::try_from(self.policy.refill_threshold).unwrap_or(usize::MAX);
        while self.current < self.times.len() {
            let Some(block) = self.blocks.get(self.current).copied() else { return Some(self.now) };
            if self.now >= block.given_up_at && self.now < block.ready_at {
                self.blocks[self.current] = self.ask(self.now, block.ready_at);
                self.note(self.now, 1);
                continue;
            }
            if block.ready_at > block.given_up_at {
                // It is waited for in vain, and passed over.
                self.now = block.given_up_at;
                self.current += 1;
                continue;
            }
            self.now = self.now.max(block.ready_at);
            let ahead = self.current + 1;
            let is_short = self.covered_from(ahead) < threshold;
            if is_short && ahead + self.covered_from(ahead) < self.times.len() {
                return Some(self.now);
            }
            self.now += self.times[self.current];
            self.current += 1;
        }
        None
    }

    fn covered_from(&self, first: usize) -> usize {
        self.blocks.iter().skip(first).take_while(|block| block.is_covered(self.now)).count()
    }

    /// Asks, in one message, for what is missing of a batch.
    fn ask_from(&mut self, queue: &mut Queue, first: usize) {
        let batch = usize::try_from(self.policy.batch_size.max(1)).unwrap_or(usize::MAX);
        let end = self.times.len().min(first.saturating_add(batch));
        let mut count = 0;
        for block in first..end {
            match self.blocks.get(block).copied() {
                Some(asked) if asked.is_covered(self.now) => continue,
                // It is in the queue already.
                Some(asked) => self.blocks[block] = self.ask(self.now, asked.ready_at),
                None => {
                    let ready_at = queue.add(self.now);
                    let asked = self.ask(self.now, ready_at);
                    self.blocks.push(asked);
                }
            }
            count += 1;
        }
        self.note(self.now, count);
    }

    /// A block is asked for, and again for as long as it is not there.
    fn ask(&mut self, at: Instant, ready_at: Instant) -> Asked {
        let Patience { span, resends } = self.patience;
        let again = (1..=resends).map(|again| at + span.saturating_mul(again));
        for again in again.take_while(|again| *again < ready_at) {
            self.requests.push((again, 1));
        }
        Asked { ready_at, given_up_at: self.patience.ends(at) }
    }

    fn note(&mut self, at: Instant, count: u32) {
        if count > 0 {
            self.requests.push((at, count));
        }
    }
}
