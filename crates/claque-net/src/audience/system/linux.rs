//! Linux: `SO_TIMESTAMPNS` (socket(7)), timerfd_create(2), and `CLONE_FILES` of unshare(2).

use std::{
    io::{self, IoSliceMut},
    os::fd::{AsFd as _, AsRawFd as _},
};

use claque_core::time::{Duration, Instant};
use mio::{Interest, Registry, Token, net::TcpStream, unix::SourceFd};
use nix::{
    cmsg_space,
    sched::{CloneFlags, unshare},
    sys::{
        socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt::ReceiveTimestampns},
        time::{TimeSpec, TimeValLike as _},
        timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags},
    },
};

use super::Received;

/// Room for what the system says beside the bytes.
#[derive(Debug)]
pub(in crate::audience) struct Control(Vec<u8>);

impl Control {
    pub(in crate::audience) fn new() -> Self {
        Self(cmsg_space!(TimeSpec))
    }
}

/// Has the system stamp what reaches a socket. One that does not is read all the same, without stamps.
pub(in crate::audience) fn want_stamps(stream: &TcpStream) {
    if let Err(error) = setsockopt(stream, ReceiveTimestampns, &true) {
        tracing::debug!("the system does not stamp what arrives: {error}");
    }
}

/// Reads what is there.
///
/// # Errors
/// The system's; [`io::ErrorKind::WouldBlock`] when nothing is there.
pub(in crate::audience) fn receive(
    stream: &TcpStream,
    into: &mut [u8],
    control: &mut Control,
) -> io::Result<Received> {
    let mut parts = [IoSliceMut::new(into)];
    let message = recvmsg::<()>(stream.as_raw_fd(), &mut parts, Some(&mut control.0), MsgFlags::empty())?;
    let stamp = message.cmsgs().ok().into_iter().flatten().find_map(|said| {
        let ControlMessageOwned::ScmTimestampns(at) = said else { return None };
        let seconds = u64::try_from(at.tv_sec()).ok()?;
        Some(seconds * 1_000_000_000 + u64::try_from(at.tv_nsec()).ok()?)
    });
    Ok(Received { count: message.bytes, stamp })
}

/// Wakes whoever waits for sockets at a moment, good to some microseconds.
#[derive(Debug)]
pub(in crate::audience) struct Alarm {
    /// None where the system refuses one: waits are as fine as its own then.
    timer: Option<TimerFd>,
    /// What it is set to and has not rung for.
    set: Option<Instant>,
}

impl Alarm {
    pub(in crate::audience) fn new(registry: &Registry, token: Token) -> Self {
        let timer = timer(registry, token).inspect_err(|error| {
            tracing::warn!("failed to set a timer, and will act up to 1 ms late: {error}")
        });
        Self { timer: timer.ok(), set: None }
    }

    /// Sees to it that somebody is woken at `due`, or before. Gives how long to wait for sockets at most; for ever where
    /// that is its own affair.
    pub(in crate::audience) fn set(&mut self, due: Option<Instant>, now: Instant) -> Option<Duration> {
        let due = due?;
        let span = due.since(now);
        if span.is_zero() {
            return Some(Duration::ZERO);
        }
        // One that rings too early costs a look around; setting it anew each time would cost more.
        if self.set.is_some_and(|set| set <= due && set > now) {
            return None;
        }
        let nanos = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
        let expiration = Expiration::OneShot(TimeSpec::nanoseconds(nanos));
        let is_set = self
            .timer
            .as_ref()
            .is_some_and(|timer| timer.set(expiration, TimerSetTimeFlags::empty()).is_ok());
        if !is_set {
            return Some(span);
        }
        self.set = Some(due);
        None
    }
}

fn timer(registry: &Registry, token: Token) -> io::Result<TimerFd> {
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_NONBLOCK | TimerFlags::TFD_CLOEXEC)?;
    registry.register(&mut SourceFd(&timer.as_fd().as_raw_fd()), token, Interest::READABLE)?;
    Ok(timer)
}

/// Gives this thread a table of open files of its own, with what is open now in it.
///
/// # Errors
/// The system's.
pub(in crate::audience) fn own_table() -> io::Result<()> {
    unshare(CloneFlags::CLONE_FILES).map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_that_was_refused_is_the_length_of_the_wait() {
        let mut alarm = Alarm { timer: None, set: None };
        let (now, due) = (Instant::from_millis(10), Instant::from_millis(25));
        for _ in 0..2 {
            assert_eq!(alarm.set(Some(due), now), Some(Duration::from_millis(15)));
        }
    }
}
