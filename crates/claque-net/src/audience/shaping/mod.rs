//! The networks of a lane's listeners, where a plan gives them some: what is written and read on their sockets is delayed and held back.
//!
//! Nothing sleeps: a connection notes in [`Wakes`] when there is something to do about it, and the lane attends to it then. All of it is of
//! one thread, hence the `Rc`s.

mod line;
mod tcp;

use std::{
    cell::RefCell,
    collections::{BTreeSet, VecDeque},
    io::Write as _,
    rc::Rc,
};

use claque_core::{
    ids::ListenerId,
    link::LinkMix,
    plan::Plan,
    rng::Seed,
    time::{Duration, Instant},
};
use mio::{Token, net::TcpStream};

use self::line::ListenerLine;
pub(super) use self::tcp::ShapedTcp;

/// The networks of a lane.
#[derive(Debug)]
pub(super) struct Shaping {
    mix: LinkMix,
    /// Of the plan.
    seed: Seed,
    wakes: Rc<RefCell<Wakes>>,
}

/// When there is something to do about which connection, and connections that are over but for what is still on its way to the service.
#[derive(Debug, Default)]
struct Wakes {
    due: BTreeSet<(Instant, usize)>,
    closing: BTreeSet<(Instant, u64)>,
    closed: Vec<(u64, Closing)>,
    closings: u64,
}

/// A connection that was closed here, of which the service has not heard yet.
#[derive(Debug)]
struct Closing {
    tcp: TcpStream,
    unsent: VecDeque<(Instant, Vec<u8>)>,
}

/// A listener's network. All its connections share it.
#[derive(Clone, Debug)]
pub(super) struct NetworkHandle(Rc<RefCell<ListenerLine>>);

impl Shaping {
    /// The networks of a plan; none if it has none.
    pub(super) fn of(plan: &Plan) -> Option<Self> {
        let (mix, seed) = (plan.network.clone(), plan.seed);
        (!mix.is_none()).then(|| Self { mix, seed, wakes: Rc::default() })
    }

    /// That of a listener.
    pub(super) fn network_of(&self, listener: ListenerId) -> Option<NetworkHandle> {
        let class = self.mix.of(self.seed, listener);
        let seed = self.seed.child("link").index(u64::from(listener.0));
        let wakes = Rc::clone(&self.wakes);
        class.map(|class| NetworkHandle(Rc::new(RefCell::new(ListenerLine::new(class, seed, wakes)))))
    }

    /// When [`Shaping::take_due`] has something to give or to do.
    pub(super) fn due(&self) -> Option<Instant> {
        let wakes = self.wakes.borrow();
        let due = wakes.due.first().map(|(at, _)| *at);
        let closing = wakes.closing.first().map(|(at, _)| *at);
        [due, closing].into_iter().flatten().min()
    }

    /// Connections that there is something to do about by now. Some may long have ended.
    pub(super) fn take_due(&self, now: Instant) -> Vec<Token> {
        let mut wakes = self.wakes.borrow_mut();
        wakes.close(now);
        let mut due = Vec::new();
        while wakes.due.first().is_some_and(|(at, _)| *at <= now) {
            due.extend(wakes.due.pop_first().map(|(_, who)| Token(who)));
        }
        due
    }
}

impl Wakes {
    fn wake(&mut self, at: Instant, Token(who): Token) {
        self.due.insert((at, who));
    }

    /// Has a connection closed later.
    fn close_later(&mut self, at: Instant, closing: Closing) {
        self.closings += 1;
        self.closing.insert((at, self.closings));
        self.closed.push((self.closings, closing));
    }

    fn close(&mut self, now: Instant) {
        while let Some((at, number)) = self.closing.first().copied()
            && at <= now
        {
            self.closing.pop_first();
            let place = self.closed.iter().position(|(own, _)| *own == number);
            if let Some((_, mut closing)) = place.map(|place| self.closed.swap_remove(place)) {
                for (_, bytes) in closing.unsent {
                    // A service that takes no more of a connection that is over misses nothing.
                    let _unsent = closing.tcp.write(&bytes);
                }
            }
        }
    }
}

impl NetworkHandle {
    /// How long a connection takes to stand that was begun now, and, where a proxy is asked for it, the tunnel behind it.
    pub(super) fn connecting(&self, now: Instant, hops: Hops) -> Duration {
        self.0.borrow_mut().connecting(now, hops)
    }

    /// Room for what the system has received and nobody has read, in bytes: about what the network lets through before the service is to
    /// feel that it is slow. None for what is usual.
    pub(super) fn receive_buffer(&self) -> Option<usize> {
        self.0.borrow().receive_buffer()
    }

    /// Has a connection go over this network. News of it come by `token`.
    pub(super) fn shape(&self, tcp: TcpStream, token: Token, clock: crate::clock::Clock) -> ShapedTcp {
        ShapedTcp::new(self, tcp, token, clock)
    }

    /// What the plan calls it.
    pub(super) fn name(&self) -> String {
        self.0.borrow().name.to_string()
    }

    /// Whether it is the same listener's.
    pub(super) fn is(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// What a connection is made through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hops {
    Direct,
    /// A proxy, which is asked for a tunnel once it is reached.
    Proxy,
}
