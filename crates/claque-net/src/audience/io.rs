//! What the connections of a thread have in common.

use std::{
    collections::BTreeSet,
    io::{self, ErrorKind},
    sync::Arc,
};

use claque_core::{
    rng::Seed,
    time::{Duration, Instant},
};
use mio::{Events, Poll, Token, Waker};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{
    places::Places,
    receiver::{PollCompleteness, Receiver},
    resolver::Resolver,
};
use crate::clock::Clock;

/// Sockets there is news of that are told of at a time.
pub(super) const EVENTS: usize = 1_024;

/// Reads of one connection in a row, 1 MiB in all: a peer that sends faster than we read must not keep others waiting, nor fill
/// our memory with news that nobody has looked at.
pub(super) const MOST_READS: u32 = 16;

/// So long one connection is read in a row: small messages cost more time for each byte than audio does.
pub(super) const LONGEST_TURN: Duration = Duration::from_millis(10);

/// Means of a thread that connects, reads and writes.
#[derive(Debug)]
pub(super) struct Io {
    pub(super) poll: Poll,
    pub(super) receiver: Receiver,
    pub(super) places: Places,
    pub(super) resolver: Resolver,
    /// When whose dial is to try another address beside one that is slow.
    slow_dials: BTreeSet<(Instant, usize)>,
    /// For keys that RFC 6455 wants to be unpredictable, against proxies that nobody attacks here.
    keys: ChaCha8Rng,
    /// Connections that are to be read on, although the system may say nothing of them.
    unread: Vec<Token>,
}

impl Io {
    pub(super) fn new(poll: Poll, waker: Arc<Waker>, clock: Clock, seed: Seed) -> Self {
        Self {
            poll,
            receiver: Receiver::new(clock),
            places: Places::default(),
            resolver: Resolver::new(waker),
            slow_dials: BTreeSet::new(),
            keys: seed.rng(),
            unread: Vec::new(),
        }
    }

    pub(super) const fn clock(&self) -> Clock {
        self.receiver.clock()
    }

    /// Notes that a connection was not read to its end: the next wait is none.
    pub(super) fn goes_on(&mut self, token: Token) {
        self.unread.push(token);
        self.receiver.leave_unread();
    }

    /// Connections of which that was noted.
    pub(super) fn take_unread(&mut self) -> Vec<Token> {
        std::mem::take(&mut self.unread)
    }

    /// Waits for news, for so long at most; for ever without a span. Gives when the wait was over.
    ///
    /// # Errors
    /// The system's.
    pub(super) fn wait(&mut self, events: &mut Events, longest: Option<Duration>) -> io::Result<Instant> {
        let longest = if self.unread.is_empty() { longest } else { Some(Duration::ZERO) };
        let told = match self.poll.poll(events, longest) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                events.clear();
                PollCompleteness::Some
            }
            // As many as fit: there may be more, of which the next wait tells.
            Ok(()) if events.iter().count() >= EVENTS => PollCompleteness::Some,
            settled => settled.map(|()| PollCompleteness::All)?,
        };
        Ok(self.receiver.begin_round(told))
    }

    /// Has `who` among those that [`Io::take_slow_dials`] gives when it is time.
    pub(super) fn wake_slow_dial(&mut self, at: Instant, Token(who): Token) {
        self.slow_dials.insert((at, who));
    }

    /// When [`Io::take_slow_dials`] has something to give.
    pub(super) fn slow_dial_due(&self) -> Option<Instant> {
        self.slow_dials.first().map(|(at, _)| *at)
    }

    /// Whose dials may want to try another address by now. Some may long have ended.
    pub(super) fn take_slow_dials(&mut self, now: Instant) -> Vec<Token> {
        let mut due = Vec::new();
        while self.slow_dial_due().is_some_and(|at| at <= now) {
            due.extend(self.slow_dials.pop_first().map(|(_, who)| Token(who)));
        }
        due
    }

    /// A key to mask a message with (RFC 6455 section 5.3).
    pub(super) fn mask(&mut self) -> [u8; 4] {
        self.keys.random()
    }

    /// What makes a handshake's key (RFC 6455 section 4.1).
    pub(super) fn nonce(&mut self) -> [u8; 16] {
        self.keys.random()
    }
}
