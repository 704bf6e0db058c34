//! What the connections of a thread have in common.

use std::sync::Arc;

use claque_core::rng::Seed;
use mio::{Registry, Waker};
use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

use super::{places::Places, receiver::Receiver, resolver::Resolver};
use crate::clock::Clock;

/// Means of a thread that connects, reads and writes.
#[derive(Debug)]
pub(super) struct Io {
    pub(super) registry: Registry,
    pub(super) receiver: Receiver,
    pub(super) places: Places,
    pub(super) resolver: Resolver,
    /// For keys that RFC 6455 wants to be unpredictable, against proxies that nobody attacks here.
    keys: ChaCha8Rng,
}

impl Io {
    pub(super) fn new(registry: Registry, waker: Arc<Waker>, clock: Clock, seed: Seed) -> Self {
        Self {
            registry,
            receiver: Receiver::new(clock),
            places: Places::default(),
            resolver: Resolver::new(waker),
            keys: seed.rng(),
        }
    }

    pub(super) const fn clock(&self) -> Clock {
        self.receiver.clock()
    }

    /// A key to mask a message with (RFC 6455 section 5.3).
    pub(super) fn mask(&mut self) -> [u8; 4] {
        self.keys.random()
    }

    /// What makes a handshake's key (RFC 6455 section 4.1).
    pub(super) fn nonce(&mut self) -> [u8; 16] {
        self.keys.random()
    }
}
