//! The addresses that names lead to: in which order they are tried, and what came of it.
//!
//! Connections are spread over all addresses of a name, the least used first. One that fails is tried last for a while, so that a
//! machine that is down costs few connections a detour.

use std::{
    collections::BTreeMap,
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::Arc,
};

use claque_core::time::Duration;
use tokio::sync::watch;

use crate::shortage::Shortage;

/// So long an address has for itself before the next is tried beside it (RFC 8305 section 5).
pub(crate) const HEAD_START: Duration = Duration::from_millis(250);

/// After its first failure an address is passed over for so many connections of its name, and for twice as many after each further
/// one.
const FIRST_REST: u32 = 32;
/// It is never passed over for more.
const LONGEST_REST: u32 = 4_096;

/// What became of the addresses of all names so far. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Addresses(Arc<watch::Sender<BTreeMap<String, Name>>>);

/// What became of the addresses of a name.
type Name = BTreeMap<SocketAddr, Uses>;

#[derive(Clone, Copy, Debug, Default)]
struct Uses {
    /// Connections that were begun here first.
    first: u64,
    connected: u64,
    failed: u64,
    /// Failures since it last worked.
    in_a_row: u32,
    /// It is passed over for so many connections.
    rest: u32,
}

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressUse {
    /// The name that led there, or the address itself.
    pub host: String,
    /// The address, with the port.
    pub address: SocketAddr,
    /// Connections that were made.
    pub connections: u64,
    /// Connections that could not be made, or not in time.
    pub failed: u64,
}

impl Default for Addresses {
    fn default() -> Self {
        Self(Arc::new(watch::channel(BTreeMap::new()).0))
    }
}

impl Addresses {
    /// Puts the addresses of a name into the order in which they are to be tried for one more connection.
    pub(crate) fn order(&self, host: &str, addresses: &mut [SocketAddr]) {
        self.change(host, |uses| {
            let now = |address: &SocketAddr| uses.get(address).copied().unwrap_or_default();
            // Where all is alike the system's order stays: it knows which are nearer (RFC 6724).
            addresses.sort_by_key(|address| (now(address).rest > 0, now(address).first));
            for used in uses.values_mut() {
                used.rest = used.rest.saturating_sub(1);
            }
            if let Some(first) = addresses.first() {
                uses.entry(*first).or_default().first += 1;
            }
        });
    }

    /// Notes that a connection was made.
    pub(crate) fn connected(&self, host: &str, address: SocketAddr) {
        self.change(host, |uses| {
            let used = uses.entry(address).or_default();
            used.connected += 1;
            (used.in_a_row, used.rest) = (0, 0);
        });
    }

    /// Notes that a connection could not be made, or not as fast as one that was begun later.
    pub(crate) fn failed(&self, host: &str, address: SocketAddr) {
        self.change(host, |uses| {
            let used = uses.entry(address).or_default();
            used.failed += 1;
            used.rest = FIRST_REST.saturating_mul(1 << used.in_a_row.min(16)).min(LONGEST_REST);
            used.in_a_row = used.in_a_row.saturating_add(1);
        });
    }

    /// What became of each address so far, by name.
    pub(crate) fn uses(&self) -> Vec<AddressUse> {
        let names = self.0.borrow();
        let of = |(host, uses): (&String, &Name)| {
            let host = host.clone();
            let row = move |(address, used): (&SocketAddr, &Uses)| AddressUse {
                host: host.clone(),
                address: *address,
                connections: used.connected,
                failed: used.failed,
            };
            uses.iter().map(row).collect::<Vec<_>>()
        };
        names.iter().flat_map(of).filter(|used| used.connections + used.failed > 0).collect()
    }

    fn change(&self, host: &str, change: impl FnOnce(&mut Name)) {
        self.0.send_if_modified(|names| {
            if !names.contains_key(host) {
                names.insert(host.to_owned(), Name::new());
            }
            if let Some(uses) = names.get_mut(host) {
                change(uses);
            }
            false
        });
    }
}

/// Whether an error is of the address that was tried, and not of this machine as a whole.
pub(crate) fn is_its_own(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable || Shortage::of(error).is_none()
}

/// Of two errors the one that says more: this machine's lack of a way to an address says nothing of the others.
pub(crate) fn telling(before: Option<io::Error>, error: io::Error) -> io::Error {
    let is_no_way = |error: &io::Error| {
        matches!(
            error.kind(),
            ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::AddrNotAvailable
        )
    };
    match before {
        Some(before) if is_no_way(&error) => before,
        Some(_) | None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "tts.example";

    fn addresses(ports: &[u16]) -> Vec<SocketAddr> {
        ports.iter().map(|&port| ([127, 0, 0, 1], port).into()).collect()
    }

    #[test]
    fn connections_are_spread_over_all_addresses_in_the_systems_order() {
        let known = Addresses::default();
        let mut firsts = Vec::new();
        for _ in 0..6 {
            let mut order = addresses(&[2, 1, 3]);
            known.order(HOST, &mut order);
            firsts.push(order[0].port());
            known.connected(HOST, order[0]);
        }
        assert_eq!(firsts, [2, 1, 3, 2, 1, 3]);
        let uses: Vec<_> = known.uses().iter().map(|used| (used.address.port(), used.connections)).collect();
        assert_eq!(uses, [(1, 2), (2, 2), (3, 2)]);
    }

    #[test]
    fn one_that_fails_is_tried_last_and_now_and_then_first_again() {
        let known = Addresses::default();
        let first = |fails: u16| {
            let mut order = addresses(&[1, 2]);
            known.order(HOST, &mut order);
            let first = order[0].port();
            for address in order {
                if address.port() == fails {
                    known.failed(HOST, address);
                } else {
                    known.connected(HOST, address);
                    break;
                }
            }
            first
        };
        let tried = (0..200).filter(|_| first(1) == 1).count();
        assert_eq!(tried, 3, "after 32 connections, and after 64 more");
        assert!((0..300).any(|_| first(9) == 1), "it is back");
        let shares: Vec<_> = (0..400).map(|_| first(9)).collect();
        assert!(shares.iter().filter(|port| **port == 1).count() >= 200, "and catches up");
    }
}
