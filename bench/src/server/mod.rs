//! The truth server: as much of a yapit gateway as a listener asks for, on one thread, with known delays. It makes nothing
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
    sync::Arc,
};

use anyhow::Context as _;
use bytes::Bytes;
use claque_core::time::{Duration, Instant};
use claque_net::Clock;
use mio::{Events, Interest, Poll, Token, Waker, net::TcpListener};
use rustls::{Connection as Session, ServerConfig, ServerConnection};
use slab::Slab;

use self::{
    connection::{Connection, Noted},
    control::Command,
    plan::Plan,
};
use crate::{
    frames,
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

/// What it counts for whoever steers it.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
struct Counts {
    /// WebSockets opened so far.
    sockets: u64,
    /// Connections at this moment.
    connections: usize,
    /// Bodies sent so far.
    bodies: u64,
    /// Statuses to be sent later.
    waiting: usize,
}

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
    documents: routes::Documents,
    serial: u64,
    counts: Counts,
    scratch: Vec<u8>,
}

/// Serves until stdin ends, then writes the log.
///
/// # Errors
/// The address is taken, or a file cannot be written.
pub(crate) fn serve(flags: ServeFlags) -> anyhow::Result<()> {
    // One connection of each listener, and a pool; what the system allows beyond is not needed.
    rlimit::increase_nofile_limit(u64::MAX).context("failed to ask for more open files")?;
    let tls = flags.tls.as_deref().map(crate::certificate::make).transpose()?;
    let poll = Poll::new().context("failed to wait for sockets")?;
    let mut listener =
        TcpListener::bind(flags.bind).with_context(|| format!("failed to listen on {}", flags.bind))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let address = listener.local_addr()?;
    let waker = Arc::new(Waker::new(poll.registry(), CONTROL)?);
    let commands = control::listen(Arc::clone(&waker))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    control::say(&serde_json::json!({ "base_url": format!("{scheme}://{address}") }))?;
    let mut server = Server {
        poll,
        listener,
        tls,
        connections: Slab::new(),
        due: BinaryHeap::new(),
        clock: Clock::start(),
        body: plan::body()?,
        plan: flags.plan,
        truth: Truth::default(),
        documents: routes::Documents::default(),
        serial: 0,
        counts: Counts::default(),
        scratch: vec![0; READ],
    };
    let mut events = Events::with_capacity(EVENTS);
    loop {
        let wait = server.due.peek().map(|Reverse(due)| due.at.since(server.clock.now()));
        match server.poll.poll(&mut events, wait) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            settled => settled.context("failed to wait for sockets")?,
        }
        for event in &events {
            match event.token() {
                LISTENER => server.accept()?,
                CONTROL => {}
                Token(place) => server.attend(place, event.is_readable()),
            }
        }
        server.send_due();
        while let Ok(command) = commands.try_recv() {
            match command {
                Command::Count => control::say(&server.counts())?,
                Command::End => return server.truth.write(&flags.log),
            }
        }
    }
}

impl Server {
    fn counts(&self) -> Counts {
        Counts { connections: self.connections.len(), waiting: self.due.len(), ..self.counts }
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                // Somebody who is gone already is nobody's loss.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error).context("failed to take a connection"),
            };
            stream.set_nodelay(true)?;
            let session = match &self.tls {
                None => None,
                Some(config) => Some(Session::Server(ServerConnection::new(Arc::clone(config))?)),
            };
            let mut wire = Wire::new(stream, session);
            let entry = self.connections.vacant_entry();
            wire.register(self.poll.registry(), Token(entry.key()))?;
            self.serial += 1;
            entry.insert(Connection::new(wire, self.serial));
        }
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
        let (truth, clock, counts) = (&mut self.truth, self.clock, &mut self.counts);
        connection.out.flush(&mut connection.wire, |Noted { document, block }| {
            counts.bodies += 1;
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
