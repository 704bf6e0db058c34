//! A TCP connection over a listener's network.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Write},
    rc::Rc,
};

use claque_core::{link::Flow, time::Instant};
use mio::{Token, net::TcpStream};

use super::{Closing, NetworkHandle, line::Turn};
use crate::{
    audience::receiver::{Receiver, SocketRead},
    clock::Clock,
};

/// Bytes on their way to a listener at most, of one connection: as large a window of TCP is common, and whoever sends more waits.
const MOST_ARRIVING: usize = 1 << 20;

/// Bytes on their way to the service at most. More than that waits with who writes it.
const MOST_LEAVING: usize = 64 << 10;

/// A connection whose bytes take their time. Behind it lies a real one, of which no more is read than the listener's line lets through.
#[derive(Debug)]
pub(in crate::audience) struct ShapedTcp {
    /// None once it is closed.
    tcp: Option<TcpStream>,
    token: Token,
    clock: Clock,
    network: NetworkHandle,
    number: u64,
    up: Flow,
    down: Flow,
    leaving: VecDeque<(Instant, Vec<u8>)>,
    arriving: VecDeque<Piece>,
    /// Of those.
    arriving_bytes: usize,
    /// When there is no more, and why.
    end: Option<(Instant, Option<io::Error>)>,
    /// The next wake-up that was asked for.
    wakes_at: Option<Instant>,
}

/// Bytes on their way here.
#[derive(Debug)]
struct Piece {
    at: Instant,
    bytes: Vec<u8>,
    /// As many of them are taken.
    taken: usize,
}

impl ShapedTcp {
    pub(super) fn new(network: &NetworkHandle, tcp: TcpStream, token: Token, clock: Clock) -> Self {
        let (number, up, down) = network.0.borrow_mut().connect();
        Self {
            tcp: Some(tcp),
            token,
            clock,
            network: network.clone(),
            number,
            up,
            down,
            leaving: VecDeque::new(),
            arriving: VecDeque::new(),
            arriving_bytes: 0,
            end: None,
            wakes_at: None,
        }
    }

    /// Reads what has arrived; [`ErrorKind::WouldBlock`] when nothing has. What is on its way has the connection attended to when it is here.
    ///
    /// # Errors
    /// The system's.
    pub(in crate::audience) fn read(
        &mut self,
        receiver: &mut Receiver,
        into: &mut [u8],
    ) -> io::Result<SocketRead> {
        self.send_due();
        self.take_in(receiver, into);
        let now = self.clock.now();
        if let Some(piece) = self.arriving.front_mut().filter(|piece| piece.at <= now) {
            let (at, rest) = (piece.at, &piece.bytes[piece.taken..]);
            let count = rest.len().min(into.len());
            into[..count].copy_from_slice(&rest[..count]);
            piece.taken += count;
            self.arriving_bytes -= count;
            if piece.taken == piece.bytes.len() {
                self.arriving.pop_front();
            }
            return Ok(SocketRead { count, at });
        }
        if self.arriving.is_empty()
            && let Some((at, error)) = self.end.take_if(|(at, _)| *at <= now)
        {
            // Whoever reads on finds the end again.
            self.end = Some((at, None));
            return error.map_or(Ok(SocketRead { count: 0, at }), Err);
        }
        self.ask_to_be_woken();
        Err(ErrorKind::WouldBlock.into())
    }

    /// Sends what is due.
    pub(in crate::audience) fn pump(&mut self) {
        self.send_due();
        self.ask_to_be_woken();
    }

    /// Writes to the real connection what has come to the end of the listener's network.
    fn send_due(&mut self) {
        let now = self.clock.now();
        while let (Some(tcp), Some((at, bytes))) = (&mut self.tcp, self.leaving.front_mut())
            && *at <= now
        {
            match tcp.write(bytes) {
                Ok(written) if written == bytes.len() => drop(self.leaving.pop_front()),
                Ok(written) => drop(bytes.drain(..written)),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The system says when there is room.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) => {
                    self.leaving.clear();
                    self.end(now, Some(error));
                }
            }
        }
    }

    /// Has what the service sent enter the listener's network, as fast as that takes it. `into` is room to read into.
    fn take_in(&mut self, receiver: &mut Receiver, into: &mut [u8]) {
        let me = (self.number, self.token);
        loop {
            if self.end.is_some() {
                return;
            }
            if self.arriving_bytes >= MOST_ARRIVING {
                // Read on when something of it is taken, which is when it has arrived.
                self.network.0.borrow_mut().leave_turns(me);
                receiver.leave_unread();
                return;
            }
            let turn = self.network.0.borrow_mut().turn(me, self.clock.now());
            let Turn::Now { most } = turn else {
                receiver.leave_unread();
                return;
            };
            let Some(tcp) = &self.tcp else { return };
            // Nothing lies there yet.
            let most = most.min(into.len());
            match receiver.receive(tcp, &mut into[..most]) {
                Ok(SocketRead { count: 0, at }) => {
                    self.network.0.borrow_mut().leave_turns(me);
                    self.end(at, None);
                }
                Ok(SocketRead { count, at }) => {
                    let mut line = self.network.0.borrow_mut();
                    let burst = line.pass(at, count, count == most);
                    let at = self.down.arrival(&line.profile, burst);
                    line.end_turn(me);
                    drop(line);
                    self.arriving_bytes += count;
                    self.arriving.push_back(Piece { at, bytes: into[..count].to_vec(), taken: 0 });
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.network.0.borrow_mut().leave_turns(me);
                    return;
                }
                Err(error) => {
                    self.network.0.borrow_mut().leave_turns(me);
                    self.end(self.clock.now(), Some(error));
                }
            }
        }
    }

    /// The real connection is over since `at`.
    fn end(&mut self, at: Instant, error: Option<io::Error>) {
        let mut line = self.network.0.borrow_mut();
        let burst = line.pass(at, 0, false);
        let arrives = self.down.arrival(&line.profile, burst);
        self.end = Some((arrives, error));
    }

    fn ask_to_be_woken(&mut self) {
        let now = self.clock.now();
        let arrives = self.arriving.front().map(|piece| piece.at);
        let ends = self.end.as_ref().filter(|_| self.arriving.is_empty()).map(|(at, _)| *at);
        // What is due and did not go waits for the system.
        let leaves = self.leaving.front().map(|(at, _)| *at).filter(|at| *at > now);
        let Some(next) = [arrives, ends, leaves].into_iter().flatten().min() else { return };
        if self.wakes_at.is_none_or(|at| at <= now || next < at) {
            self.wakes_at = Some(next);
            self.network.0.borrow().wakes.borrow_mut().wake(next, self.token);
        }
    }
}

impl Write for ShapedTcp {
    /// Puts bytes on their way. They count as written: whoever writes does not notice that a network is slow before its buffer is full.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let waiting: usize = self.leaving.iter().map(|(_, bytes)| bytes.len()).sum();
        if waiting >= MOST_LEAVING {
            return Err(ErrorKind::WouldBlock.into());
        }
        let taken = &bytes[..bytes.len().min(MOST_LEAVING - waiting)];
        let mut line = self.network.0.borrow_mut();
        let burst = line.leave(self.clock.now(), taken.len());
        let at = self.up.arrival(&line.profile, burst);
        drop(line);
        self.leaving.push_back((at, taken.to_vec()));
        self.pump();
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pump();
        Ok(())
    }
}

impl Drop for ShapedTcp {
    /// The service hears of it when the news has gone the whole way, behind what was sent before.
    fn drop(&mut self) {
        let mut line = self.network.0.borrow_mut();
        line.leave_turns((self.number, self.token));
        let burst = line.leave(self.clock.now(), 0);
        let at = self.up.arrival(&line.profile, burst);
        let unsent = std::mem::take(&mut self.leaving);
        if let Some(tcp) = self.tcp.take() {
            let wakes = Rc::clone(&line.wakes);
            drop(line);
            wakes.borrow_mut().close_later(at, Closing { tcp, unsent });
        }
    }
}
