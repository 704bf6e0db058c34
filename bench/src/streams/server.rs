//! The server: every request for speech is answered with the same samples, a chunk a piece, each at its time.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, ErrorKind, Write as _},
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use anyhow::{Context as _, ensure};
use bytes::Bytes;
use claque_core::time::Instant;
use claque_net::Clock;
use mio::{Events, Interest, Poll, Token, net::TcpListener};
use rustls::ServerConfig;
use serde::Serialize;
use slab::Slab;

use super::Utterance;
use crate::{figures::Spread, outbox::Outbox, server, wire::Wire};

const LISTENER: Token = Token(usize::MAX);
const EVENTS: usize = 1_024;
/// Bytes read at a time: a request in one go.
const READ: usize = 16 << 10;
/// Pieces of which the lateness is kept, in one stretch: those of 10,000 listeners in three minutes.
const MOST_LATE: usize = 10_000_000;

/// What a server of streams is to be.
#[derive(Debug, clap::Args)]
pub(crate) struct StreamServeFlags {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// Speak TLS, with a certificate made for the purpose and written to this file
    #[arg(long, value_name = "FILE.pem")]
    tls: Option<PathBuf>,
    #[command(flatten)]
    utterance: Utterance,
}

/// What was done since it was last asked.
#[derive(Debug, Default)]
struct Done {
    pieces: u64,
    utterances: u64,
    /// How late each piece was handed to the system, nanoseconds.
    late: Vec<u64>,
    under_way: usize,
    /// Pieces that did not go at once, for the client had not read what was sent before.
    held_up: u64,
}

/// The same, as it is told.
#[derive(Debug, Serialize)]
struct ServerCounts {
    pieces: u64,
    utterances: u64,
    under_way: usize,
    held_up: u64,
    late_ms: Spread,
}

/// A piece that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    place: usize,
    /// Tells a connection from another that has its place by now.
    serial: u64,
}

struct Connection {
    wire: Wire,
    input: Vec<u8>,
    out: Outbox<()>,
    serial: u64,
    /// Pieces of the answer under way that are still to be sent.
    left: u32,
}

struct Server {
    poll: Poll,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    connections: Slab<Connection>,
    due: BinaryHeap<Reverse<Due>>,
    clock: Clock,
    utterance: Utterance,
    first: Bytes,
    piece: Bytes,
    last: Bytes,
    done: Arc<Mutex<Done>>,
    serial: u64,
    scratch: Vec<u8>,
}

/// Serves until stdin ends. Each line on stdin is answered with what was done since the one before.
///
/// # Errors
/// The address is taken, or nobody reads stdout.
pub(crate) fn serve(flags: &StreamServeFlags) -> anyhow::Result<()> {
    rlimit::increase_nofile_limit(u64::MAX).context("failed to ask for more open files")?;
    let tls = flags.tls.as_deref().map(crate::certificate::make).transpose()?;
    let mut listener = server::listen_alone(flags.bind)?;
    let address = listener.local_addr()?;
    let poll = Poll::new().context("failed to wait for sockets")?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let done = Arc::new(Mutex::new(Done::default()));
    let [first, piece, last] = written(flags.utterance)?;
    let server = Server {
        poll,
        listener,
        tls,
        connections: Slab::new(),
        due: BinaryHeap::new(),
        clock: Clock::start(),
        utterance: flags.utterance,
        first,
        piece,
        last,
        done: Arc::clone(&done),
        serial: 0,
        scratch: vec![0; READ],
    };
    let thread = thread::Builder::new().spawn(move || server.serve()).context("failed to start a thread")?;
    server::say(&serde_json::json!({ "base_url": format!("{scheme}://{address}") }))?;
    server::steer(|| thread.is_finished(), || told(&done))
}

fn told(done: &Mutex<Done>) -> ServerCounts {
    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
    let now = Done { under_way: done.under_way, ..Done::default() };
    let Done { pieces, utterances, late, under_way, held_up } = std::mem::replace(&mut *done, now);
    drop(done);
    ServerCounts { pieces, utterances, under_way, held_up, late_ms: Spread::of_nanos(late) }
}

/// The head of an answer with its first piece, each further piece, and the last with the answer's end. The sound is a square wave at
/// -25 dB of full scale, so that whoever listens hears it at once.
fn written(utterance: Utterance) -> anyhow::Result<[Bytes; 3]> {
    ensure!(utterance.pieces > 1, "an utterance has two pieces at least");
    let samples = (0..utterance.piece_bytes() / 2).flat_map(|n| {
        let level: i16 = if n / 60 % 2 == 0 { 1_800 } else { -1_800 };
        level.to_le_bytes()
    });
    let samples: Vec<u8> = samples.collect();
    let mut piece = Vec::new();
    write!(piece, "{:x}\r\n", samples.len())?;
    piece.extend(samples);
    piece.extend(b"\r\n");
    let head: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-type: audio/pcm;rate=24000\r\ntransfer-encoding: chunked\r\n\r\n";
    let (first, last) = ([head, &piece].concat(), [&piece[..], b"0\r\n\r\n"].concat());
    Ok([first.into(), piece.into(), last.into()])
}

impl Server {
    fn serve(mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let wait = self.due.peek().map(|Reverse(due)| due.at.since(self.clock.now()));
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                settled => settled.context("failed to wait for sockets")?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    Token(place) => self.attend(place, event.is_readable()),
                }
            }
            self.send_due();
        }
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        while let Some(mut wire) = Wire::accept(&self.listener, self.tls.as_ref())? {
            let entry = self.connections.vacant_entry();
            wire.register(self.poll.registry(), Token(entry.key()))?;
            self.serial += 1;
            let (input, out, serial) = (Vec::new(), Outbox::default(), self.serial);
            entry.insert(Connection { wire, input, out, serial, left: 0 });
        }
        Ok(())
    }

    /// Reads and writes what there is to be; forgets a connection that is over.
    fn attend(&mut self, place: usize, readable: bool) {
        let read = if readable { self.read(place) } else { Ok(()) };
        let flush = |connection: &mut Connection| connection.out.flush(&mut connection.wire, |()| {});
        let flushed = read.and_then(|()| self.connections.get_mut(place).map_or(Ok(()), flush));
        if flushed.is_err()
            && let Some(connection) = self.connections.try_remove(place)
            && connection.left > 0
        {
            self.note(|done| done.under_way -= 1);
        }
    }

    fn read(&mut self, place: usize) -> io::Result<()> {
        loop {
            let Some(connection) = self.connections.get_mut(place) else { return Ok(()) };
            match connection.wire.read(&mut self.scratch) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => connection.input.extend_from_slice(&self.scratch[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            if server::request_length(&connection.input)?.is_some() {
                // Nobody asks for more before the answer is whole.
                connection.input = Vec::new();
                self.answer(place);
            }
        }
    }

    fn answer(&mut self, place: usize) {
        let now = self.clock.now();
        let Some(connection) = self.connections.get_mut(place) else { return };
        let is_new = connection.left == 0;
        connection.left = self.utterance.pieces - 1;
        connection.out.push(Bytes::clone(&self.first), None);
        let at = now + self.utterance.piece();
        self.due.push(Reverse(Due { at, place, serial: connection.serial }));
        self.note(|done| {
            done.under_way += usize::from(is_new);
            done.pieces += 1;
        });
    }

    /// Sends the pieces whose time has come.
    fn send_due(&mut self) {
        let now = self.clock.now();
        let done = Arc::clone(&self.done);
        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
        let mut gone = Vec::new();
        while let Some(Reverse(due)) = self.due.peek().copied().filter(|Reverse(due)| due.at <= now) {
            self.due.pop();
            let there = self.connections.get_mut(due.place);
            let Some(connection) = there.filter(|connection| connection.serial == due.serial) else {
                continue;
            };
            connection.left -= 1;
            let piece = if connection.left == 0 { &self.last } else { &self.piece };
            connection.out.push(Bytes::clone(piece), Some(()));
            let mut is_gone = false;
            let flushed = connection.out.flush(&mut connection.wire, |()| is_gone = true);
            if done.late.len() < MOST_LATE {
                done.late.push(claque_core::time::duration_nanos(self.clock.now().since(due.at)));
            }
            done.pieces += 1;
            done.held_up += u64::from(!is_gone);
            if connection.left == 0 {
                done.utterances += 1;
                done.under_way -= 1;
            } else {
                let at = due.at + self.utterance.piece();
                self.due.push(Reverse(Due { at, ..due }));
            }
            if flushed.is_err() {
                gone.push(due.place);
            }
        }
        for place in gone {
            if self.connections.try_remove(place).is_some_and(|connection| connection.left > 0) {
                done.under_way -= 1;
            }
        }
    }

    fn note(&self, note: impl FnOnce(&mut Done)) {
        note(&mut self.done.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use claque_core::time::Duration;

    use super::*;

    #[test]
    fn an_utterance_is_an_answer_of_as_many_samples() {
        use claque_wire::http1::{Part, Response};
        let utterance = Utterance { piece_ms: 200, pieces: 3 };
        let [first, piece, last] = written(utterance).unwrap();
        let whole = [first, piece, last].concat();
        let (mut bytes, mut response, mut length) = (&whole[..], Response::new(), 0);
        while let Some(part) = response.next(&mut bytes).unwrap() {
            if let Part::Body(content) = part {
                length += content.len();
            }
        }
        assert!(response.keeps_alive());
        // 0.6 s of 24,000 samples of two bytes.
        assert_eq!((length, utterance.plays()), (28_800, Duration::from_millis(600)));
        assert!(written(Utterance { pieces: 1, ..utterance }).is_err());
    }
}
