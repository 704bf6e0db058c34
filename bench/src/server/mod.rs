//! The truth server: as much of a yapit gateway as a listener asks for, on one thread or a few, with known delays. It makes nothing
//! and thinks nothing, so that the client is what gives way first; it notes when it did what.

mod connection;
mod control;
mod plan;
mod routes;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, ErrorKind},
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
};

use anyhow::Context as _;
use bytes::Bytes;
use claque_core::time::{Duration, Instant};
use claque_net::Clock;
use mio::{Events, Interest, Poll, Token, Waker, net::TcpListener};
use rustls::ServerConfig;
use slab::Slab;
use socket2::{Domain, Socket, Type};

pub(crate) use self::control::{say, steer};
use self::{
    connection::{Connection, Noted},
    plan::Plan,
};
use crate::{
    frames, tables,
    truth::{Truth, document_id},
    wire::Wire,
};

const LISTENER: Token = Token(usize::MAX);
const CONTROL: Token = Token(usize::MAX - 1);
/// Events taken from the system at a time.
const EVENTS: usize = 1_024;
/// Bytes read at a time: the longest request of a run, a document of twenty minutes, in one go.
const READ: usize = 64 << 10;

/// What a server is to be.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeFlags {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    bind: SocketAddr,
    /// Where to write what was done and when, once stdin ends
    #[arg(long)]
    log: PathBuf,
    /// Speak TLS, with a certificate made for the purpose and written to this file
    #[arg(long, value_name = "FILE.pem")]
    tls: Option<PathBuf>,
    /// Threads, each with its own table of open files: the system's limit is one of tables
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: u32,
    #[command(flatten)]
    plan: Plan,
}

/// A status that is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    connection: usize,
    /// Tells a connection from another that has its place by now.
    serial: u64,
    document: u32,
    block: u32,
}

/// What all threads of a server have in common.
#[derive(Debug, Default)]
struct Common {
    documents: Mutex<routes::Documents>,
    /// WebSockets opened so far.
    sockets: AtomicU64,
    /// The end has come.
    ends: AtomicBool,
}

/// One thread of a server. A block may be asked for of one and fetched from another: each notes what it did itself.
struct Server {
    poll: Poll,
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    connections: Slab<Connection>,
    due: BinaryHeap<Reverse<Due>>,
    clock: Clock,
    plan: Plan,
    truth: Truth,
    body: Bytes,
    common: Arc<Common>,
    serial: u64,
    scratch: Vec<u8>,
}

/// Serves until stdin ends, then writes the log.
///
/// # Errors
/// The address is taken, or a file cannot be written.
pub(crate) fn serve(flags: &ServeFlags) -> anyhow::Result<()> {
    // One connection of each listener, and a pool; what the system allows beyond is not needed.
    rlimit::increase_nofile_limit(u64::MAX).context("failed to ask for more open files")?;
    let tls = flags.tls.as_deref().map(crate::certificate::make).transpose()?;
    let common = Arc::new(Common::default());
    let clock = Clock::start();
    let body = plan::body()?;
    let mut bind = flags.bind;
    let sharing = if flags.threads > 1 { Sharing::Shared } else { Sharing::Alone };
    let mut wakers = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..flags.threads {
        let mut listener = listen(bind, sharing).with_context(|| format!("failed to listen on {bind}"))?;
        // Where any port would do, the others take the first one's.
        bind = listener.local_addr()?;
        let poll = Poll::new().context("failed to wait for sockets")?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        wakers.push(Arc::new(Waker::new(poll.registry(), CONTROL)?));
        let server = Server {
            poll,
            listener,
            tls: tls.clone(),
            connections: Slab::new(),
            due: BinaryHeap::new(),
            clock,
            body: Bytes::clone(&body),
            plan: flags.plan,
            truth: Truth::default(),
            common: Arc::clone(&common),
            serial: 0,
            scratch: vec![0; READ],
        };
        let serve = move || {
            if sharing == Sharing::Shared {
                tables::take_own()?;
            }
            server.serve()
        };
        threads.push(thread::Builder::new().spawn(serve).context("failed to start a thread")?);
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    say(&serde_json::json!({ "base_url": format!("{scheme}://{bind}") }))?;
    // Only a thread that fails ends before it is told to.
    steer(
        || threads.iter().any(JoinHandle::is_finished),
        || serde_json::json!({ "sockets": common.sockets.load(Ordering::Relaxed) }),
    )?;
    common.ends.store(true, Ordering::Relaxed);
    // They are kept until the threads have ended: one that is dropped takes its last call along.
    for waker in &wakers {
        waker.wake().context("failed to end a thread")?;
    }
    let mut truth = Truth::default();
    for thread in threads {
        let of_thread = thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?;
        truth.merge(of_thread?);
    }
    drop(wakers);
    truth.write(&flags.log)
}

/// Whether a port is one socket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sharing {
    Alone,
    /// The system spreads connections over the sockets of a port. Another program of the same user may come among them.
    Shared,
}

/// A socket that connections come to.
fn listen(address: SocketAddr, sharing: Sharing) -> io::Result<TcpListener> {
    /// Connections that may wait to be taken; the system has a bound of its own.
    const BACKLOG: i32 = 4_096;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(sharing == Sharing::Shared)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(TcpListener::from_std(socket.into()))
}

/// A socket of its own that connections come to.
///
/// # Errors
/// The address is taken.
pub(crate) fn listen_alone(address: SocketAddr) -> anyhow::Result<TcpListener> {
    listen(address, Sharing::Alone).with_context(|| format!("failed to listen on {address}"))
}

/// Length of the whole request at the head of `input`; none while it is not whole.
///
/// # Errors
/// It is no HTTP, or too long.
pub(crate) fn request_length(input: &[u8]) -> io::Result<Option<usize>> {
    Ok(routes::read(input)?.map(|request| request.length))
}

impl Server {
    /// Serves until the end has come. Gives what was done.
    fn serve(mut self) -> anyhow::Result<Truth> {
        let mut events = Events::with_capacity(EVENTS);
        while !self.common.ends.load(Ordering::Relaxed) {
            let wait = self.due.peek().map(|Reverse(due)| due.at.since(self.clock.now()));
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                settled => settled.context("failed to wait for sockets")?,
            }
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    CONTROL => {}
                    Token(place) => self.attend(place, event.is_readable()),
                }
            }
            self.send_due();
        }
        Ok(self.truth)
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        while let Some(mut wire) = Wire::accept(&self.listener, self.tls.as_ref())? {
            let entry = self.connections.vacant_entry();
            wire.register(self.poll.registry(), Token(entry.key()))?;
            self.serial += 1;
            entry.insert(Connection::new(wire, self.serial));
        }
        Ok(())
    }

    /// Reads and writes what there is to be; forgets a connection that is over.
    fn attend(&mut self, place: usize, readable: bool) {
        let read = if readable { self.read(place) } else { Ok(()) };
        if read.and_then(|()| self.flush(place)).is_err() {
            self.connections.try_remove(place);
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
            self.understand(place)?;
        }
    }

    fn flush(&mut self, place: usize) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(place) else { return Ok(()) };
        let (truth, clock) = (&mut self.truth, self.clock);
        connection.out.flush(&mut connection.wire, |Noted { document, block }| {
            if let Some(mark) = truth.mark(document, block) {
                mark.complete = moment(clock);
            }
        })
    }

    /// Sends the statuses whose time has come.
    fn send_due(&mut self) {
        let now = self.clock.now();
        while let Some(Reverse(due)) = self.due.peek().copied().filter(|Reverse(due)| due.at <= now) {
            self.due.pop();
            let there = self.connections.get_mut(due.connection);
            let Some(connection) = there.filter(|connection| connection.serial == due.serial) else {
                continue;
            };
            let mut frame = Vec::new();
            let status = routes::status(&document_id(due.document), due.block, true);
            frames::server_text(&status, &mut frame);
            connection.out.push(frame.into(), None);
            if let Some(mark) = self.truth.mark(due.document, due.block) {
                mark.ready = moment(self.clock);
            }
            self.attend(due.connection, false);
        }
    }

    /// Plans what follows from a request for blocks.
    fn ask(&mut self, place: usize, document: u32, blocks: &[u32]) {
        let Some(connection) = self.connections.get_mut(place) else { return };
        let now = self.clock.now();
        let read_at = moment(self.clock);
        let mut queued = Vec::new();
        let id = document_id(document);
        for &block in blocks {
            let Some(mark) = self.truth.mark(document, block) else { continue };
            mark.asked = read_at;
            frames::server_text(&routes::status(&id, block, false), &mut queued);
            let at = now + self.plan.delay(document, block);
            self.due.push(Reverse(Due { at, connection: place, serial: connection.serial, document, block }));
        }
        connection.out.push(queued.into(), None);
    }
}

/// This moment as marks hold it.
fn moment(clock: Clock) -> u64 {
    clock.started_at_unix_nanos() + nanos(clock.now().since(Instant::START))
}

fn nanos(span: Duration) -> u64 {
    claque_core::time::duration_nanos(span)
}
