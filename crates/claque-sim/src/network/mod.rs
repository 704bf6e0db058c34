//! The network of one listener in virtual time: its connections, and what goes over them.

mod shared_line;

use std::sync::Arc;

use claque_core::{
    ids::ListenerId,
    link::{Burst, Direction, Flow, LinkClass, LinkProfile, SEGMENT_BYTES},
    plan::Plan,
    rng::Seed,
    time::{Duration, Instant},
};

use self::shared_line::SharedLine;

/// Bytes of a request, with its headers, as a run over sockets sends them, about.
const REQUEST_BYTES: u64 = 256;

/// Bytes of a message of the service.
const MESSAGE_BYTES: u64 = 256;

/// The number of the connection for messages.
const CHANNEL: u64 = 0;

/// A connection that nobody used for so long is made anew, as in a run over sockets (`claque-net`, `audience/pool`).
const IDLE: Duration = Duration::from_secs(50);

/// One listener's network. `T` is what it carries from the service.
#[derive(Debug)]
pub(crate) struct ListenerLink<T> {
    name: Arc<str>,
    profile: LinkProfile,
    seed: Seed,
    /// Connections made so far.
    connections: u64,
    /// The one for messages.
    channel: Connection,
    dialled_at: Instant,
    exchanges: Vec<Exchange>,
    up_free_at: Instant,
    line: SharedLine<T>,
}

/// Both directions of a connection.
#[derive(Clone, Copy, Debug)]
struct Connection {
    up: Flow,
    down: Flow,
}

/// A connection for requests and their answers.
#[derive(Clone, Copy, Debug)]
struct Exchange {
    number: u64,
    connection: Connection,
    /// Since when it serves nobody; none while it does.
    idle_since: Option<Instant>,
}

/// A connection that was taken for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) number: u64,
    /// When it stands; none if it did before.
    pub(crate) stands_at: Option<Instant>,
}

/// The networks of a plan's listeners, in order of their places; none where there are none.
pub(crate) fn links_of<T>(plan: &Plan) -> Vec<ListenerLink<T>> {
    if plan.network.is_none() {
        return Vec::new();
    }
    let seed = plan.seed.child("link");
    let link = |listener: ListenerId| {
        let class = plan.network.of(plan.seed, listener)?;
        Some(ListenerLink::new(class, seed.index(u64::from(listener.0))))
    };
    plan.own().iter().map_while(link).collect()
}

impl<T> ListenerLink<T> {
    fn new(class: &LinkClass, seed: Seed) -> Self {
        let profile = class.profile;
        Self {
            name: Arc::clone(&class.name),
            profile,
            seed,
            connections: 0,
            channel: Connection::new(seed, CHANNEL),
            dialled_at: Instant::START,
            exchanges: Vec::new(),
            up_free_at: Instant::START,
            line: SharedLine::new(profile.down),
        }
    }

    /// What the plan calls it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Makes the connection for messages anew. Gives when its first request may leave.
    pub(crate) fn dial(&mut self, now: Instant) -> Instant {
        self.channel = self.connect();
        self.line.cancel(CHANNEL, now);
        self.dialled_at = now;
        self.channel.up.answer(&self.profile, now)
    }

    /// Time since it was dialled.
    pub(crate) const fn dialling(&self, now: Instant) -> Duration {
        now.since(self.dialled_at)
    }

    /// When a message that leaves now is with the service.
    pub(crate) fn say(&mut self, now: Instant) -> Instant {
        let burst = leave(&mut self.up_free_at, &self.profile, now, REQUEST_BYTES);
        self.channel.up.arrival(&self.profile, burst)
    }

    /// The service says something over the connection for messages. Gives when it is here, as [`ListenerLink::send`] does.
    pub(crate) fn hear(&mut self, now: Instant, what: T) -> Option<(Instant, T)> {
        self.send(CHANNEL, now, MESSAGE_BYTES, what)
    }

    /// Bytes that arrive first of so many, where the rest takes its time.
    pub(crate) const fn first_of(&self, bytes: u64) -> Option<u64> {
        if self.profile.down.is_some() && bytes > SEGMENT_BYTES { Some(SEGMENT_BYTES) } else { None }
    }

    /// Takes a connection for a request: one that serves nobody, or a new one.
    pub(crate) fn take_exchange(&mut self, now: Instant) -> Taken {
        let is_old = |exchange: &Exchange| exchange.idle_since.is_some_and(|since| now.since(since) >= IDLE);
        self.exchanges.retain(|exchange| !is_old(exchange));
        let idle = self.exchanges.iter_mut().filter(|exchange| exchange.idle_since.is_some());
        // The one that served last.
        if let Some(exchange) = idle.max_by_key(|exchange| (exchange.idle_since, exchange.number)) {
            exchange.idle_since = None;
            return Taken { number: exchange.number, stands_at: None };
        }
        let mut connection = self.connect();
        let stands_at = connection.up.answer(&self.profile, now);
        let number = self.connections;
        self.exchanges.push(Exchange { number, connection, idle_since: None });
        Taken { number, stands_at: Some(stands_at) }
    }

    /// When a request that leaves now over that connection is with the service, and its body of so many bytes.
    pub(crate) fn ask(&mut self, number: u64, now: Instant, body: u64) -> Instant {
        let burst = leave(&mut self.up_free_at, &self.profile, now, REQUEST_BYTES + body);
        match self.exchanges.iter_mut().find(|exchange| exchange.number == number) {
            Some(exchange) => exchange.connection.up.arrival(&self.profile, burst),
            None => now,
        }
    }

    /// When the news that a connection was closed now is with the service. It is gone.
    pub(crate) fn close_exchange(&mut self, number: u64, now: Instant) -> Instant {
        let place = self.exchanges.iter().position(|exchange| exchange.number == number);
        self.line.cancel(number, now);
        match place {
            Some(place) => {
                let mut closed = self.exchanges.swap_remove(place);
                closed.connection.up.arrival(&self.profile, alone(now, 1))
            }
            None => now,
        }
    }

    /// Closes all connections that serve somebody: nothing of what was asked for is wanted.
    pub(crate) fn close_busy(&mut self) {
        self.exchanges.retain(|exchange| exchange.idle_since.is_some());
        self.line.cancel_all();
    }

    /// A connection may serve again.
    pub(crate) fn free_exchange(&mut self, number: u64, now: Instant) {
        if let Some(exchange) = self.exchanges.iter_mut().find(|exchange| exchange.number == number) {
            exchange.idle_since = Some(now);
        }
    }

    /// The service sends something over a connection: `bytes` of audio, which take their time on the line. Gives when it is here if that is
    /// known; else [`ListenerLink::pop`] will, when the line has carried it.
    pub(crate) fn send(&mut self, number: u64, now: Instant, bytes: u64, what: T) -> Option<(Instant, T)> {
        let what = self.line.push(number, now, bytes, what)?;
        Some((self.arrives(number, now, bytes), what))
    }

    /// When the line has carried something next.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        self.line.next_at()
    }

    /// What the line has carried by now, and when it is here.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<(Instant, T)> {
        let (number, bytes, what) = self.line.pop(now)?;
        Some((self.arrives(number, now, bytes), what))
    }

    fn arrives(&mut self, number: u64, left_at: Instant, bytes: u64) -> Instant {
        let exchanges = self.exchanges.iter_mut();
        let mut connections =
            exchanges.filter_map(|own| (own.number == number).then_some(&mut own.connection));
        let connection = if number == CHANNEL { Some(&mut self.channel) } else { connections.next() };
        let Some(connection) = connection else { return left_at };
        let spacing = self.profile.down.map_or(Duration::ZERO, |down| down.time_of(SEGMENT_BYTES));
        let burst = Burst { left_at, bytes: bytes.max(1), spacing, is_followed: false };
        connection.down.arrival(&self.profile, burst)
    }

    fn connect(&mut self) -> Connection {
        self.connections += 1;
        Connection::new(self.seed, self.connections)
    }
}

impl Connection {
    fn new(listener: Seed, number: u64) -> Self {
        let flow = |direction| Flow::new(listener, number, direction);
        Self { up: flow(Direction::Up), down: flow(Direction::Down) }
    }
}

/// Has bytes leave one after the other.
fn leave(free_at: &mut Instant, profile: &LinkProfile, now: Instant, bytes: u64) -> Burst {
    *free_at = (*free_at).max(now) + profile.up.map_or(Duration::ZERO, |up| up.time_of(bytes));
    alone(*free_at, bytes)
}

const fn alone(left_at: Instant, bytes: u64) -> Burst {
    Burst { left_at, bytes, spacing: Duration::ZERO, is_followed: false }
}
