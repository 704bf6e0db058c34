//! Kept-alive connections for exchanges, which a lane's listeners share where they have no networks of their own.

mod busy;
mod idle;

use std::collections::VecDeque;

use claque_core::{
    event::Failure,
    time::{Duration, Instant},
};
use claque_wire::{http1::Response, session::Exchange};
use mio::Token;
use slab::Slab;

use self::busy::{End, Stop};
use super::{
    dial::Dial,
    inbox::Inbox,
    io::Io,
    outbox::Outbox,
    place_of_audio::{locate, request},
    places::PlaceId,
    remainder::{ConnectionReuse, Remainder},
    shaping::NetworkHandle,
    stream::Stream,
    token::TokenTarget,
    transfer::{Transfer, Transferred},
};
use crate::service::{Service, redirected};

/// Idle connections are dropped after this, sooner than common servers and proxies do (60 s and more), so that a
/// request seldom meets a connection that is just being closed.
const IDLE: Duration = Duration::from_secs(50);

/// Once an answer has said no, its words are waited for no longer than this: the status alone is an answer.
const LONGEST_REFUSAL: Duration = Duration::from_secs(1);

/// Idle connections kept at most, per lane: more than a thousand fetches a second need. Those over a listener's own network are few for each
/// and kept besides: a new one would cost it time.
const MAX_IDLE: usize = 1_024;

/// All connections for audio of a lane, by number.
#[derive(Debug, Default)]
pub(super) struct Pool {
    list: Slab<Connection>,
    idle: usize,
    /// Answers that have said no and go on: when the last of their words are waited for, the connection, and since when it is busy
    /// with that. In order.
    refusals: VecDeque<(Instant, usize, Instant)>,
}

#[derive(Debug)]
struct Connection {
    place: PlaceId,
    /// Whose network it goes over: it serves nobody else.
    network: Option<NetworkHandle>,
    /// Path of the request at hand.
    path: String,
    way: Way,
    out: Outbox<()>,
    task: Task,
}

#[derive(Debug)]
enum Way {
    Dialing(Dial, Instant),
    Open(Stream),
}

#[derive(Debug)]
enum Task {
    Idle {
        since: Instant,
    },
    Busy(Busy),
    /// Its fetch is over, and its answer not quite.
    Ending(Box<Remainder>),
}

#[derive(Debug)]
struct Busy {
    /// Whose fetch it is: a slot of the lane.
    owner: usize,
    since: Instant,
    transfer: Box<Transfer>,
    answer: Response,
    /// Whether it is among those that have said no and go on.
    is_refused: bool,
    /// Whether the connection was used before: then it may have been closed when it was taken.
    is_reused: bool,
    /// What the system tells the connection's news by.
    token: Token,
}

/// How far a connection has come.
#[derive(Debug)]
pub(super) enum Step {
    /// It serves nobody.
    Idle,
    /// The fetch of this owner goes on.
    Going { owner: usize },
    /// The connection was closed while it was idle, or as good as: the fetch is to be begun again.
    Again { owner: usize, exchange: Box<Exchange> },
    /// The answer leads elsewhere: the fetch goes on there.
    Redirected { owner: usize, exchange: Box<Exchange> },
    /// The fetch is over, at this moment.
    Over { owner: usize, at: Instant, exchange: Box<Exchange>, result: Result<Transferred, Failure> },
}

/// What there is to be done about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// It was given a fetch.
    Given,
    /// There is news of it.
    News,
    /// There is news of it, and the other side may send no more.
    Ending,
}

/// Whether an exchange may go over a connection that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reuse {
    Yes,
    No,
}

impl Pool {
    /// Gives a fetch to a connection that is idle or to a new one. Gives its number, for [`Pool::attend`] at once.
    ///
    /// # Errors
    /// The reference leads nowhere.
    pub(super) fn begin(
        &mut self,
        io: &mut Io,
        (service, home): (&Service, PlaceId),
        transfer: Transfer,
        (owner, network): (usize, Option<&NetworkHandle>),
        reuse: Reuse,
    ) -> Result<usize, (Box<Exchange>, Failure)> {
        let (place, path) = match locate(io, (service, home), &transfer.exchange) {
            Ok(located) => located,
            Err(failure) => return Err((transfer.exchange, failure)),
        };
        let taken = if reuse == Reuse::Yes { self.take_idle(io, place, network) } else { None };
        let is_reused = taken.is_some();
        let number = taken.unwrap_or_else(|| self.add(io, place, network));
        let connection = &mut self.list[number];
        request(io, service, (place, &path), &transfer.exchange, connection.out.bytes());
        connection.out.mark(());
        connection.path = path;
        let (since, answer) = (io.clock().now(), transfer.exchange.response());
        let token = TokenTarget::Fetcher(number).token();
        connection.task = Task::Busy(Busy {
            owner,
            since,
            transfer: Box::new(transfer),
            answer,
            is_refused: false,
            is_reused,
            token,
        });
        Ok(number)
    }

    /// Goes on as far as it goes. What is heard of the audio comes into `inbox`, for the owner.
    pub(super) fn attend(&mut self, io: &mut Io, number: usize, cause: Cause, inbox: &mut Inbox) -> Step {
        // News of a connection that is gone may still be under way.
        let Some(connection) = self.list.get_mut(number) else { return Step::Idle };
        let busy = match &mut connection.task {
            Task::Busy(busy) => busy,
            Task::Idle { .. } => {
                self.look_after_idle(io, number);
                return Step::Idle;
            }
            Task::Ending(_) => {
                self.read_remainder(io, number);
                return Step::Idle;
            }
        };
        let owner = busy.owner;
        let mut input = std::mem::take(&mut io.receiver.buffer);
        let gone_on = busy.go_on(io, &mut connection.way, &mut connection.out, cause, &mut input, inbox);
        io.receiver.buffer = input;
        match gone_on {
            Ok(None) => {
                if !busy.is_refused && busy.transfer.exchange.is_refused() {
                    busy.is_refused = true;
                    let due = io.clock().now() + LONGEST_REFUSAL;
                    self.refusals.push_back((due, number, busy.since));
                }
                Step::Going { owner }
            }
            Ok(Some(end)) => self.end(io, number, end, inbox),
            Err(Stop::Again) => match self.remove(number) {
                Some(busy) => Step::Again { owner, exchange: busy.transfer.exchange },
                None => Step::Idle,
            },
            Err(Stop::Failed(failure)) => match self.remove(number) {
                Some(busy) => {
                    let (at, exchange) = (io.clock().now(), busy.transfer.exchange);
                    Step::Over { owner, at, exchange, result: Err(failure) }
                }
                None => Step::Idle,
            },
        }
    }

    /// Gives a fetch up, and with it the connection.
    pub(super) fn cancel(&mut self, number: usize) {
        self.remove(number);
    }

    /// Connections whose fetch has taken this long.
    pub(super) fn overdue(&self, now: Instant, limit: Duration) -> Vec<usize> {
        let is_overdue = |connection: &Connection| match &connection.task {
            Task::Busy(busy) => now.since(busy.since) >= limit,
            Task::Idle { .. } | Task::Ending(_) => false,
        };
        self.list.iter().filter(|(_, connection)| is_overdue(connection)).map(|(number, _)| number).collect()
    }

    /// When the words of a refusal are waited for no longer.
    pub(super) fn refusal_due(&self) -> Option<Instant> {
        self.refusals.front().map(|&(due, ..)| due)
    }

    /// Ends an answer that said no long enough ago, with the words that came. Gives its connection's number too.
    pub(super) fn end_refusal(&mut self, now: Instant) -> Option<(usize, Step)> {
        let (_, number, since) = self.refusals.pop_front_if(|&mut (due, ..)| due <= now)?;
        let is_at_it =
            |connection: &Connection| matches!(&connection.task, Task::Busy(busy) if busy.since == since);
        if !self.list.get(number).is_some_and(is_at_it) {
            return Some((number, Step::Idle));
        }
        let Some(Busy { owner, transfer, .. }) = self.remove(number) else {
            return Some((number, Step::Idle));
        };
        let exchange = transfer.exchange;
        let failure = exchange.broken("the rest of the answer did not come");
        Some((number, Step::Over { owner, at: now, exchange, result: Err(failure) }))
    }

    /// Gives a fetch up that takes too long.
    pub(super) fn give_up(&mut self, number: usize, at: Instant, failure: Failure) -> Step {
        match self.remove(number) {
            Some(Busy { owner, transfer, .. }) => {
                Step::Over { owner, at, exchange: transfer.exchange, result: Err(failure) }
            }
            None => Step::Idle,
        }
    }

    /// Whether [`Pool::sweep`] may have something to do.
    pub(super) const fn has_idle(&self) -> bool {
        self.idle > 0
    }

    /// Drops connections that have been idle for too long.
    pub(super) fn sweep(&mut self, io: &mut Io) {
        let now = io.clock().now();
        self.list.retain(
            |_, connection| !matches!(&connection.task, Task::Ending(remainder) if remainder.is_overdue(now)),
        );
        for place in io.places.iter_mut() {
            while let Some(number) = place.idle.pop_front_if(|number| self.is_old(*number, now)) {
                self.list.try_remove(number);
                self.idle -= 1;
            }
        }
    }

    fn add(&mut self, io: &Io, place: PlaceId, network: Option<&NetworkHandle>) -> usize {
        let entry = self.list.vacant_entry();
        let number = entry.key();
        let dial = Dial::new(place, TokenTarget::Fetcher(number).token(), network.cloned());
        let task = Task::Idle { since: io.clock().now() };
        entry.insert(Connection {
            place,
            network: network.cloned(),
            path: String::new(),
            way: Way::Dialing(dial, io.clock().now()),
            out: Outbox::default(),
            task,
        });
        number
    }

    /// Reads an answer that nobody waits for any more to its end: the connection may serve again then.
    fn read_remainder(&mut self, io: &mut Io, number: usize) {
        let connection = &mut self.list[number];
        let (Way::Open(stream), Task::Ending(remainder)) = (&mut connection.way, &mut connection.task) else {
            return;
        };
        let mut input = std::mem::take(&mut io.receiver.buffer);
        let usable = remainder.read(io, stream, &mut input);
        io.receiver.buffer = input;
        match usable {
            ConnectionReuse::NotYet => {}
            ConnectionReuse::Now if self.idle < MAX_IDLE || connection.network.is_some() => {
                connection.task = Task::Idle { since: io.clock().now() };
                io.places.place_mut(connection.place).idle.push_back(number);
                self.idle += 1;
            }
            ConnectionReuse::Now | ConnectionReuse::Never => drop(self.list.remove(number)),
        }
    }

    /// The answer is whole: the connection may serve again.
    fn end(&mut self, io: &mut Io, number: usize, end: End, inbox: &mut Inbox) -> Step {
        let connection = &mut self.list[number];
        let idle = Task::Idle { since: end.at };
        let Task::Busy(mut busy) = std::mem::replace(&mut connection.task, idle) else { return Step::Idle };
        let path = std::mem::take(&mut connection.path);
        let place = connection.place;
        if end.usable == ConnectionReuse::NotYet {
            let answer = std::mem::take(&mut busy.answer);
            connection.task = Task::Ending(Box::new(Remainder::new(answer, end.at)));
        } else if end.usable == ConnectionReuse::Now && (self.idle < MAX_IDLE || connection.network.is_some())
        {
            io.places.place_mut(connection.place).idle.push_back(number);
            self.idle += 1;
        } else {
            self.list.remove(number);
        }
        let owner = busy.owner;
        if let Some(location) = busy.answer.location() {
            let reference = redirected(&io.places.place(place).origin, &path, location);
            let mut exchange = busy.transfer.exchange;
            return match exchange.redirect(reference) {
                Ok(()) => Step::Redirected { owner, exchange },
                Err(failure) => Step::Over { owner, at: end.at, exchange, result: Err(failure) },
            };
        }
        let (exchange, result) = busy.transfer.finish(end.at, inbox);
        Step::Over { owner, at: end.at, exchange, result }
    }

    fn remove(&mut self, number: usize) -> Option<Busy> {
        match self.list.try_remove(number)?.task {
            Task::Busy(busy) => Some(busy),
            Task::Idle { .. } | Task::Ending(_) => None,
        }
    }
}
