//! Where a lane reads: one buffer for all its connections, and when what was read reached this machine.

use std::io;

use claque_core::time::{Duration, Instant};
use mio::net::TcpStream;

use super::system::{Control, receive};
use crate::clock::{Bridge, Clock};

/// Bytes read at a time: the audio of a block in one go, mostly. One buffer per lane, so it may be large.
const BUFFER: usize = 64 << 10;

/// The system's stamps are of the wall clock, which may be set and is slewed: the bridge to it is built anew this often.
const BRIDGE_FOR: Duration = Duration::from_millis(100);

/// A bridge built this badly (the thread lost its core in between) is not used if there is another.
const GOOD_BRIDGE: Duration = Duration::from_micros(5);

/// Reads for one thread.
#[derive(Debug)]
pub(super) struct Receiver {
    clock: Clock,
    /// What was read last; taken out while it is looked at.
    pub(super) buffer: Vec<u8>,
    control: Control,
    bridge: Bridge,
    bridged_at: Instant,
    /// When this thread last knew that nothing was there to be read.
    floor: Instant,
    /// When the wait before this round was over.
    round: Instant,
}

/// What was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Bytes; 0 at the end.
    pub(super) count: usize,
    /// When the last of them reached this machine.
    pub(super) at: Instant,
}

impl Receiver {
    pub(super) fn new(clock: Clock) -> Self {
        let bridge = clock.bridge();
        let now = clock.now();
        Self {
            clock,
            buffer: vec![0; BUFFER],
            control: Control::new(),
            bridge,
            bridged_at: now,
            floor: now,
            round: now,
        }
    }

    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// A wait for sockets is over. Gives the moment of it.
    pub(super) fn begin_round(&mut self) -> Instant {
        let now = self.clock.now();
        // Whatever lay there before the last wait was read before it.
        self.floor = self.round;
        self.round = now;
        if now.since(self.bridged_at) >= BRIDGE_FOR {
            let bridge = self.clock.bridge();
            if bridge.uncertainty <= self.bridge.uncertainty.max(GOOD_BRIDGE) {
                self.bridge = bridge;
            }
            self.bridged_at = now;
        }
        now
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::WouldBlock`] when nothing is there.
    pub(super) fn receive(&mut self, stream: &TcpStream, into: &mut [u8]) -> io::Result<Reading> {
        let received = receive(stream, into, &mut self.control)?;
        let stamped = received.stamp.map(|stamp| self.bridge.moment(stamp).max(self.floor));
        let at = match stamped {
            Some(at) if at <= self.round => at,
            // What came during this round; and a stamp of the future comes of a wall clock that was set.
            Some(at) => at.min(self.clock.now()),
            None => self.clock.now(),
        };
        Ok(Reading { count: received.count, at })
    }
}
