//! Where the system offers nothing more: bytes are stamped when they are read, and waits are as fine as the system's.

use std::io::{self, Read as _};

use claque_core::time::{Duration, Instant};
use mio::{Registry, Token, net::TcpStream};

use super::Received;

/// Nothing is said beside the bytes.
#[derive(Debug)]
pub(in crate::audience) struct Control;

impl Control {
    pub(in crate::audience) const fn new() -> Self {
        Self
    }
}

/// There are none.
pub(in crate::audience) const fn want_stamps(_stream: &TcpStream) {}

/// Reads what is there.
///
/// # Errors
/// The system's; [`io::ErrorKind::WouldBlock`] when nothing is there.
pub(in crate::audience) fn receive(
    mut stream: &TcpStream,
    into: &mut [u8],
    _control: &mut Control,
) -> io::Result<Received> {
    Ok(Received { count: stream.read(into)?, stamp: None })
}

/// Wakes whoever waits for sockets by the length of the wait alone.
#[derive(Debug)]
pub(in crate::audience) struct Alarm;

impl Alarm {
    pub(in crate::audience) const fn new(_registry: &Registry, _token: Token) -> Self {
        Self
    }

    /// How long to wait for sockets at most.
    #[expect(clippy::needless_pass_by_ref_mut, reason = "as on Linux")]
    pub(in crate::audience) fn set(&mut self, due: Option<Instant>, now: Instant) -> Option<Duration> {
        due.map(|due| due.since(now))
    }
}

/// Not to be had.
///
/// # Errors
/// Always.
pub(in crate::audience) fn own_table() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
