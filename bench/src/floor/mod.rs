//! The floor: the least a client can do that asks for the same blocks at the same times. Sockets and a heap of timers; no
//! player, no facts, no checks beyond what keeps it going.

mod pool;
mod user;

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::{Arc, mpsc::sync_channel},
    thread,
};

use anyhow::{Context as _, bail};
use claque_core::time::{Duration, Instant};
use claque_net::Clock;
use mio::{Events, Poll, Token, net::TcpStream};
use rustls::{ClientConfig, ClientConnection, Connection as Session};
use slab::Slab;
use socket2::{Domain, Socket, Type};

use self::{pool::Fetcher, user::User};
use crate::{tables, wire::Wire};

const EVENTS: usize = 1_024;
/// Bytes read at a time: a body in one go.
const READ: usize = 64 << 10;

/// What the floor is to do.
#[derive(Debug, clap::Args)]
pub(crate) struct FloorFlags {
    /// Address of the server
    #[arg(long)]
    server: SocketAddr,
    /// WebSockets
    #[arg(long)]
    users: u32,
    /// Seconds over which they are opened
    #[arg(long)]
    ramp: f64,
    /// Addresses to come from in turn
    #[arg(long, value_delimiter = ',')]
    sources: Vec<IpAddr>,
    /// Threads, each with its own table of open files [default: as many as hold the sockets, for the system's limit is one of
    /// tables]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=64))]
    threads: Option<u32>,
    /// Speak TLS, trusting this certificate
    #[arg(long, value_name = "FILE.pem")]
    trust: Option<PathBuf>,
}

/// Something to be done at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    at: Instant,
    user: usize,
}

struct Floor {
    poll: Poll,
    flags: Arc<FloorFlags>,
    tls: Option<Arc<ClientConfig>>,
    users: Vec<User>,
    fetchers: Slab<Fetcher>,
    /// Fetchers with nothing to do.
    idle: Vec<usize>,
    due: BinaryHeap<Reverse<Due>>,
    clock: Clock,
    scratch: Vec<u8>,
}

/// Runs until it is ended from outside.
///
/// # Errors
/// A connection breaks: then it is no floor.
pub(crate) fn run(flags: FloorFlags) -> anyhow::Result<()> {
    let files = rlimit::increase_nofile_limit(u64::MAX).context("failed to ask for more open files")?;
    let clock = Clock::start();
    let threads = flags.threads.unwrap_or_else(|| tables::needed(flags.users, files));
    let flags = Arc::new(flags);
    if threads == 1 {
        return Floor::new(&flags, (0, 1), clock)?.run();
    }
    let (tell, told) = sync_channel(usize::try_from(threads)?);
    for number in 0..threads {
        let (flags, tell) = (Arc::clone(&flags), tell.clone());
        let work = move || {
            // Before it opens anything: what is open now is in its table as well.
            tables::take_own()?;
            Floor::new(&flags, (number, threads), clock)?.run()
        };
        let work = move || tell.send(work());
        thread::Builder::new().spawn(work).context("failed to start a thread")?;
    }
    drop(tell);
    // None ends but by a failure, and then all do: a part of the users is no floor.
    told.recv().context("a thread panicked")?
}

impl Floor {
    /// The users of one thread of several.
    fn new(flags: &Arc<FloorFlags>, (thread, threads): (u32, u32), clock: Clock) -> anyhow::Result<Self> {
        let now = clock.now();
        let ramp = Duration::try_from_secs_f64(flags.ramp).context("--ramp is no time")?;
        let mine: Vec<u32> = (thread..flags.users).step_by(usize::try_from(threads)?).collect();
        let starts = mine.iter().map(|user| now + ramp * *user / flags.users);
        let due = starts.enumerate().map(|(user, at)| Reverse(Due { at, user })).collect();
        Ok(Self {
            poll: Poll::new().context("failed to wait for sockets")?,
            tls: flags.trust.as_deref().map(crate::certificate::trust).transpose()?,
            flags: Arc::clone(flags),
            users: mine.into_iter().map(User::new).collect(),
            fetchers: Slab::new(),
            idle: Vec::new(),
            due,
            clock,
            scratch: vec![0; READ],
        })
    }

    fn run(mut self) -> anyhow::Result<()> {
        let mut events = Events::with_capacity(EVENTS);
        loop {
            let wait = self.due.peek().map(|Reverse(due)| due.at.since(self.clock.now()));
            match self.poll.poll(&mut events, wait) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                settled => settled.context("failed to wait for sockets")?,
            }
            for event in &events {
                let Token(token) = event.token();
                let (place, of_user) = (token / 2, token % 2 == 0);
                let done = if of_user { self.attend_user(place) } else { self.attend_fetcher(place) };
                done.with_context(|| {
                    let what = if of_user { "WebSocket" } else { "connection for audio" };
                    format!("failed at {what} {place}")
                })?;
            }
            self.do_due()?;
        }
    }
}

impl Floor {
    fn do_due(&mut self) -> anyhow::Result<()> {
        let now = self.clock.now();
        while let Some(Reverse(due)) = self.due.peek().copied().filter(|Reverse(due)| due.at <= now) {
            self.due.pop();
            if self.users[due.user].is_idle() {
                self.dial_user(due.user)?;
            } else {
                self.ask(due.user)?;
                self.due.push(Reverse(Due { at: due.at + user::BATCH_LASTS, user: due.user }));
            }
        }
        Ok(())
    }

    fn dial_user(&mut self, place: usize) -> anyhow::Result<()> {
        let mut wire = self.connect(place)?;
        wire.register(self.poll.registry(), Token(place * 2))?;
        self.users[place].dialled(wire);
        Ok(())
    }

    /// Begins a connection from the address that is `number`'s.
    fn connect(&self, number: usize) -> anyhow::Result<Wire> {
        connect((self.flags.server, &self.flags.sources), self.tls.as_ref(), number)
    }
}

/// Begins a connection to a server, from the one of `sources` that is `number`'s if there are any.
///
/// # Errors
/// The system's.
pub(crate) fn connect(
    (server, sources): (SocketAddr, &[IpAddr]),
    tls: Option<&Arc<ClientConfig>>,
    number: usize,
) -> anyhow::Result<Wire> {
    let socket = Socket::new(Domain::for_address(server), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(source) = sources.get(number % sources.len().max(1)) {
        socket
            .bind(&SocketAddr::new(*source, 0).into())
            .with_context(|| format!("failed to connect from {source}; does it have a port left?"))?;
    }
    match socket.connect(&server.into()) {
        Err(error) if !is_under_way(&error) => bail!("failed to connect to {server}: {error}"),
        _ => {}
    }
    let session = match tls {
        None => None,
        Some(config) => {
            let name = server.ip().into();
            Some(Session::Client(ClientConnection::new(Arc::clone(config), name)?))
        }
    };
    Ok(Wire::new(TcpStream::from_std(socket.into()), session))
}

/// Whether a connection is being made, which is no error.
fn is_under_way(error: &io::Error) -> bool {
    /// EINPROGRESS of Linux.
    const IN_PROGRESS: i32 = 115;
    error.kind() == ErrorKind::WouldBlock || error.raw_os_error() == Some(IN_PROGRESS)
}

/// Whether an error only means that there is nothing to do at the moment.
pub(crate) fn is_not_now(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected | ErrorKind::Interrupted)
}
