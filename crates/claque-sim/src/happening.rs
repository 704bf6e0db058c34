//! What can happen, and the guard that sees to it that it ends.

use claque_core::{
    event::{Event, Failure},
    ids::BlockIdx,
    remark::Findings,
    time::{Duration, Instant, MediaTime},
};
use claque_front::typed::conversation::{Notice, Request};
use claque_gateway::{ConnId, VariantHash};

/// Steps at one moment are allowed this many for each listener and block; more are an endless loop.
const STEPS_PER_BLOCK: u64 = 64;

/// Something that happens to somebody, as the queue has it: what most of what waits there is fits into it, and the rest lies
/// in a table. Listeners are indices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Due {
    /// The listener starts.
    Starts(u32),
    /// The listener wants to be woken.
    Wakes(u32),
    /// What lies in the table in this place.
    Arrives(u32),
    /// The listener's line may have carried something.
    Carries(u32),
}

/// Something on its way to somebody, or from somebody; the listener is an index.
pub(crate) struct Happening {
    pub(crate) listener: usize,
    pub(crate) what: What,
}

pub(crate) enum What {
    /// TCP stands, and the WebSocket is asked for over it.
    Upgrades { conn: ConnId },
    /// The gateway accepts the connection, or not.
    Arrives { conn: ConnId },
    /// The connection is usable.
    Dialed { conn: ConnId },
    /// A message reaches the gateway.
    Request { conn: ConnId, request: Request },
    /// A message reaches the listener.
    Notice { conn: ConnId, notice: Notice },
    /// Something that is no message reaches the listener.
    Garbage { conn: ConnId },
    /// A connection for a request stands.
    Connected { take: u32, exchange: u64, block: BlockIdx, variant: VariantHash },
    /// A request for audio reaches the gateway.
    Fetch { take: u32, exchange: u64, block: BlockIdx, variant: VariantHash },
    /// The first bytes of audio reach the listener, and more are to come.
    Begins { take: u32, block: BlockIdx, delivered: MediaTime, bytes: u64 },
    /// The service says something at that moment.
    Said { what: Box<Self> },
    /// The last byte of audio reaches the listener.
    Audio { take: u32, exchange: u64, block: BlockIdx, media: MediaTime, bytes: u64, findings: Findings },
    /// What comes in place of audio reaches the listener.
    NoAudio { take: u32, exchange: u64, news: Event },
    /// The end of the connection reaches the listener.
    Closed { conn: ConnId, failure: Failure },
    /// The end of the connection reaches the gateway.
    HungUp { conn: ConnId },
}

/// Sees to it that time goes on: what happens at one moment comes to an end.
pub(crate) struct ProgressGuard {
    now: Instant,
    steps: u64,
    most: u64,
}

impl ProgressGuard {
    /// Makes a guard for so many listeners and blocks of each.
    pub(crate) fn new(listeners: u32, blocks: u32) -> Self {
        let most = u64::from(listeners) * (u64::from(blocks) + 16);
        Self { now: Instant::START, steps: 0, most: most.saturating_mul(STEPS_PER_BLOCK) }
    }

    /// Notes that somebody acts, who may thereby cause others to act.
    pub(crate) fn step(&mut self, now: Instant) {
        assert!(self.now <= now, "time went backwards from {} to {now}", self.now);
        self.steps = if self.now == now { self.steps + 1 } else { 0 };
        self.now = now;
        assert!(self.steps <= self.most, "players and gateway act without end at {now}");
    }
}

/// Listeners and what is under way for them are counted in 32 bits.
pub(crate) fn as_number(place: usize) -> u32 {
    u32::try_from(place).expect("there are no more than a few things under way for each of 2^32 listeners")
}

pub(crate) fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Whose connection it is: each dial gets the next multiple of the number of listeners, and the listener's own.
pub(crate) fn index(conn: ConnId, listeners: u64) -> usize {
    usize::try_from(conn.0 % listeners.max(1)).unwrap_or(usize::MAX)
}

/// A moment of the gateway, told in the run's time.
pub(crate) fn run_time(at: Instant, gateway_lead: Duration) -> Instant {
    Instant::START + at.since(Instant::START + gateway_lead)
}
