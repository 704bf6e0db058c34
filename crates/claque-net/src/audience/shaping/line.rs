//! A listener's line: whose turn it is to read, and when what passes has passed.

use std::{cell::RefCell, collections::VecDeque, rc::Rc, sync::Arc};

use claque_core::{
    link::{BitRate, Burst, Direction, Flow, LinkClass, LinkProfile, SEGMENT_BYTES},
    rng::Seed,
    time::{Duration, Instant},
};
use mio::Token;

use super::{Hops, Wakes};

/// So far ahead of its rate the line is read, that a lane which wakes a little late keeps it filled.
const AHEAD: Duration = Duration::from_millis(10);

/// So much of its time a connection reads before another has its turn, or a segment if that is more.
const TURN: Duration = Duration::from_millis(4);

/// Bytes read at a time at most.
const MOST_READ: u64 = 64 << 10;

/// What the system's buffer of a connection is to hold, in time of the line beyond a round trip: routers in front of slow lines keep some, too.
const BUFFERED: Duration = Duration::from_millis(100);

/// Least and most of such a buffer, in bytes: what Linux gives a small one, and less than it gives a large one.
const BUFFER: (u64, u64) = (16 << 10, 1 << 20);

/// A listener's line.
#[derive(Debug)]
pub(super) struct ListenerLine {
    pub(super) name: Arc<str>,
    pub(super) profile: LinkProfile,
    seed: Seed,
    dials: u64,
    connections: u64,
    up_free_at: Instant,
    down_free_at: Instant,
    /// Connections that have something to read, in order of their turns.
    turns: VecDeque<(u64, Token)>,
    pub(super) wakes: Rc<RefCell<Wakes>>,
}

/// Whether a connection may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// So many bytes at most.
    Now { most: usize },
    /// It is woken when it may.
    Later,
}

impl ListenerLine {
    pub(super) fn new(class: &LinkClass, seed: Seed, wakes: Rc<RefCell<Wakes>>) -> Self {
        Self {
            name: Arc::clone(&class.name),
            profile: class.profile,
            seed,
            dials: 0,
            connections: 0,
            up_free_at: Instant::START,
            down_free_at: Instant::START,
            turns: VecDeque::new(),
            wakes,
        }
    }

    pub(super) fn connecting(&mut self, now: Instant, hops: Hops) -> Duration {
        self.dials += 1;
        let seed = self.seed.child("dial").index(self.dials);
        let mut flow = Flow::new(seed, 0, Direction::Up);
        let stands_at = flow.answer(&self.profile, now);
        match hops {
            Hops::Direct => stands_at.since(now),
            Hops::Proxy => flow.answer(&self.profile, stands_at).since(now),
        }
    }

    pub(super) fn receive_buffer(&self) -> Option<usize> {
        let bytes = self.profile.down?.bytes_in(self.profile.round_trip() + BUFFERED);
        usize::try_from(bytes.clamp(BUFFER.0, BUFFER.1)).ok()
    }

    /// A further connection: its number, and what goes over it.
    pub(super) fn connect(&mut self) -> (u64, Flow, Flow) {
        self.connections += 1;
        let flow = |direction| Flow::new(self.seed, self.connections, direction);
        (self.connections, flow(Direction::Up), flow(Direction::Down))
    }

    /// Has bytes leave for the service.
    pub(super) fn leave(&mut self, now: Instant, bytes: usize) -> Burst {
        let bytes = wide(bytes);
        let takes = self.profile.up.map_or(Duration::ZERO, |up| up.time_of(bytes));
        self.up_free_at = self.up_free_at.max(now) + takes;
        Burst { left_at: self.up_free_at, bytes, spacing: spacing(self.profile.up), is_followed: false }
    }

    /// Has bytes pass that came to the line's beginning at `at`.
    pub(super) fn pass(&mut self, at: Instant, bytes: usize, is_followed: bool) -> Burst {
        let bytes = wide(bytes);
        let takes = self.profile.down.map_or(Duration::ZERO, |down| down.time_of(bytes));
        self.down_free_at = self.down_free_at.max(at) + takes;
        Burst { left_at: self.down_free_at, bytes, spacing: spacing(self.profile.down), is_followed }
    }

    /// A connection wants to read. Without a limit everybody may at any time.
    pub(super) fn turn(&mut self, connection: (u64, Token), now: Instant) -> Turn {
        let Some(down) = self.profile.down else { return Turn::Now { most: narrow(MOST_READ) } };
        if !self.turns.contains(&connection) {
            self.turns.push_back(connection);
        }
        if self.turns.front() != Some(&connection) {
            return Turn::Later;
        }
        if self.down_free_at.since(now) >= AHEAD {
            self.wake_first();
            return Turn::Later;
        }
        Turn::Now { most: narrow(down.bytes_in(TURN).clamp(SEGMENT_BYTES, MOST_READ)) }
    }

    /// A connection has read, and may have more.
    pub(super) fn end_turn(&mut self, connection: (u64, Token)) {
        if self.turns.front() == Some(&connection) {
            self.turns.rotate_left(1);
            if self.turns.front() != Some(&connection) {
                self.wake_first();
            }
        }
    }

    /// A connection has nothing to read.
    pub(super) fn leave_turns(&mut self, connection: (u64, Token)) {
        let was_first = self.turns.front() == Some(&connection);
        self.turns.retain(|waiting| *waiting != connection);
        if was_first {
            self.wake_first();
        }
    }

    /// Wakes the one whose turn it is when the line has room.
    fn wake_first(&self) {
        if let Some((_, token)) = self.turns.front() {
            let ahead = Instant::START + AHEAD;
            let at = Instant::START + self.down_free_at.since(ahead);
            self.wakes.borrow_mut().wake(at, *token);
        }
    }
}

/// Time between two segments on a line.
fn spacing(rate: Option<BitRate>) -> Duration {
    rate.map_or(Duration::ZERO, |rate| rate.time_of(SEGMENT_BYTES))
}

fn wide(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn narrow(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
