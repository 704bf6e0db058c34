//! A line of some rate, which connections share evenly while they have something on it.

use std::collections::VecDeque;

use claque_core::{
    link::BitRate,
    time::{Duration, Instant},
};

/// Work is counted in bits times nanoseconds per second, so that a rate in bits per second does its number of it in a nanosecond.
const WORK_OF_A_BYTE: u128 = 8 * 1_000_000_000;

/// What is on a line. Connections with something on it advance at one speed; what a connection has on it comes in order.
///
/// As in fair queueing (Parekh and Gallager 1993) one count says how much each connection was given since the beginning, and something is
/// carried when the count reaches a number that is known when it comes to be first of its connection.
#[derive(Debug)]
pub(super) struct SharedLine<T> {
    rate: Option<BitRate>,
    /// What each connection was given so far, had it been there all the time.
    given: u128,
    /// At this moment.
    at: Instant,
    connections: Vec<OnLine<T>>,
}

/// What one connection has on the line.
#[derive(Debug)]
struct OnLine<T> {
    connection: u64,
    /// The count at which its first piece is carried.
    until: u128,
    /// Each with its bytes.
    pieces: VecDeque<(u64, T)>,
}

impl<T> SharedLine<T> {
    pub(super) const fn new(rate: Option<BitRate>) -> Self {
        Self { rate, given: 0, at: Instant::START, connections: Vec::new() }
    }

    /// Puts something on the line. What takes no time is given back.
    pub(super) fn push(&mut self, connection: u64, now: Instant, bytes: u64, what: T) -> Option<T> {
        if self.rate.is_none() {
            return Some(what);
        }
        self.advance(now);
        if let Some(own) = self.connections.iter_mut().find(|own| own.connection == connection) {
            own.pieces.push_back((bytes, what));
            return None;
        }
        if bytes == 0 {
            return Some(what);
        }
        let until = self.given + u128::from(bytes) * WORK_OF_A_BYTE;
        self.connections.push(OnLine { connection, until, pieces: VecDeque::from([(bytes, what)]) });
        None
    }

    /// When the next piece is carried.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let rate = u128::from(self.rate?.bits_per_second());
        let until = self.connections.iter().map(|own| own.until).min()?;
        let sharing = u128::try_from(self.connections.len()).unwrap_or(u128::MAX);
        let nanos = (until.saturating_sub(self.given) * sharing).div_ceil(rate);
        Some(self.at + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// What is carried by now: its connection, its bytes, and itself.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(u64, u64, T)> {
        if self.next_at()? > now {
            return None;
        }
        self.advance(now);
        let place = (0..self.connections.len()).min_by_key(|&place| self.connections[place].until)?;
        let own = &mut self.connections[place];
        // Less than a nanosecond's work may be missing.
        self.given = self.given.max(own.until);
        let connection = own.connection;
        let (bytes, what) = own.pieces.pop_front()?;
        match own.pieces.front() {
            Some((next, _)) => own.until += u128::from(*next) * WORK_OF_A_BYTE,
            None => drop(self.connections.remove(place)),
        }
        Some((connection, bytes, what))
    }

    /// Nothing of a connection is wanted.
    pub(super) fn cancel(&mut self, connection: u64, now: Instant) {
        self.advance(now);
        self.connections.retain(|own| own.connection != connection);
    }

    /// Nothing of any is.
    pub(super) fn cancel_all(&mut self) {
        self.connections.clear();
    }

    fn advance(&mut self, now: Instant) {
        let sharing = u128::try_from(self.connections.len()).unwrap_or(u128::MAX);
        if let (Some(rate), Some(sharing)) = (self.rate, core::num::NonZeroU128::new(sharing)) {
            let nanos = now.since(self.at).as_nanos();
            self.given += nanos * u128::from(rate.bits_per_second()) / sharing;
        }
        self.at = self.at.max(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 8,000 bits per second: a byte a millisecond.
    fn line() -> SharedLine<&'static str> {
        SharedLine::new(BitRate::new(8_000))
    }

    fn drain(line: &mut SharedLine<&'static str>) -> Vec<(u64, &'static str)> {
        let mut told = Vec::new();
        while let Some(at) = line.next_at() {
            let (_, _, what) = line.pop(at).unwrap();
            told.push((at.as_nanos() / 1_000_000, what));
        }
        told
    }

    #[test]
    fn one_alone_has_the_whole_line_and_two_share_it() {
        let mut line = line();
        assert_eq!(line.push(1, Instant::START, 100, "long"), None);
        assert_eq!(line.push(2, Instant::from_millis(20), 30, "short"), None);
        // 20 of the long one are carried; then 30 of each in 60 ms; then the rest of 50.
        assert_eq!(drain(&mut line), [(80, "short"), (130, "long")]);
    }

    #[test]
    fn pieces_of_a_connection_come_in_order_and_those_without_bytes_behind_them() {
        let mut line = line();
        for (bytes, what) in [(10, "a"), (10, "b"), (0, "end")] {
            assert_eq!(line.push(1, Instant::START, bytes, what), None);
        }
        assert_eq!(line.push(2, Instant::START, 0, "head"), Some("head"), "it has no bytes to wait for");
        assert_eq!(drain(&mut line), [(10, "a"), (20, "b"), (20, "end")]);
    }

    #[test]
    fn what_is_not_wanted_leaves_its_place_to_the_rest() {
        let mut line = line();
        line.push(1, Instant::START, 100, "mine");
        line.push(2, Instant::START, 100, "theirs");
        line.cancel(2, Instant::from_millis(100));
        assert_eq!(drain(&mut line), [(150, "mine")]);
    }

    #[test]
    fn a_line_without_a_limit_holds_nothing_back() {
        let mut line = SharedLine::new(None);
        assert_eq!(line.push(1, Instant::START, 100, "at once"), Some("at once"));
        assert_eq!(line.next_at(), None);
    }
}
