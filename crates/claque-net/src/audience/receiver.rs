//! Where a lane reads: one buffer for all its connections, and when what was read reached this machine.

use std::io;

use claque_core::time::{Duration, Instant};
use mio::net::TcpStream;

use super::system::{Control, receive};
use crate::clock::{Clock, WallClockOffset};

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
    bridge: WallClockOffset,
    bridged_at: Instant,
    /// When this thread last knew that nothing was there to be read.
    floor: Instant,
    /// When the wait before this round was over.
    round: Instant,
    /// What that wait told of.
    told: PollCompleteness,
}

/// What a wait for sockets tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PollCompleteness {
    /// Everything that was there when it was over.
    All,
    /// Perhaps not: a signal interrupted it (SIGCONT after a stop, say), or there was more than it could tell.
    Some,
}

/// What was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct SocketRead {
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
            told: PollCompleteness::Some,
        }
    }

    pub(super) const fn clock(&self) -> Clock {
        self.clock
    }

    /// A wait for sockets is over, which told of this. Gives the moment of it.
    pub(super) fn begin_round(&mut self, told: PollCompleteness) -> Instant {
        let now = self.clock.now();
        // Whatever lay there when the last wait was over was read in its round, if that wait told of it.
        if self.told == PollCompleteness::All {
            self.floor = self.round;
        }
        self.told = told;
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

    /// Something that the wait told of is not read to its end in this round.
    pub(super) const fn leave_unread(&mut self) {
        self.told = PollCompleteness::Some;
    }

    /// Reads what is there.
    ///
    /// # Errors
    /// The system's; [`io::ErrorKind::WouldBlock`] when nothing is there.
    pub(super) fn receive(&mut self, stream: &TcpStream, into: &mut [u8]) -> io::Result<SocketRead> {
        let received = receive(stream, into, &mut self.control)?;
        let stamped = received.stamp.map(|stamp| self.bridge.moment(stamp).max(self.floor));
        let at = match stamped {
            Some(at) if at <= self.round => at,
            // What came during this round; and a stamp of the future comes of a wall clock that was set.
            Some(at) => at.min(self.clock.now()),
            None => self.clock.now(),
        };
        Ok(SocketRead { count: received.count, at })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{io::Write as _, net::TcpListener, thread::sleep};

    use super::{super::system::want_stamps, *};

    /// Bytes reach this machine, and only 60 ms later a wait tells of them, after one that told of `first`. Gives when they
    /// reached it, and when they are told to have.
    #[expect(clippy::disallowed_methods, reason = "reading late is what is tested")]
    fn late_reading(first: PollCompleteness) -> io::Result<(Instant, Instant)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let stream = std::net::TcpStream::connect(listener.local_addr()?)?;
        let (mut service, _) = listener.accept()?;
        stream.set_nonblocking(true)?;
        let stream = TcpStream::from_std(stream);
        want_stamps(&stream);
        // The system begins to stamp a while after the first socket has asked it to.
        sleep(Duration::from_millis(100));
        let mut receiver = Receiver::new(Clock::start());
        receiver.begin_round(PollCompleteness::All);
        service.write_all(b"ready")?;
        let arrived = receiver.clock().now();
        sleep(Duration::from_millis(60));
        receiver.begin_round(first);
        receiver.begin_round(PollCompleteness::All);
        let reading = receiver.receive(&stream, &mut [0; 16])?;
        Ok((arrived, reading.at))
    }

    #[test]
    fn a_wait_that_a_signal_interrupted_does_not_say_that_everything_was_read() {
        let (arrived, told) = late_reading(PollCompleteness::Some).unwrap();
        assert!(told.since(arrived) < Duration::from_millis(30), "{arrived:?} was told as {told:?}");
    }

    #[test]
    fn a_stamp_before_what_is_known_to_have_been_read_is_not_believed() {
        let (arrived, told) = late_reading(PollCompleteness::All).unwrap();
        assert!(told.since(arrived) >= Duration::from_millis(60), "{arrived:?} was told as {told:?}");
    }
}
