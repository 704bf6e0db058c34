//! What this machine may run short of: failures that are claque's own and say nothing of a service.

use std::{error::Error as StdError, io};

use claque_core::event::{Failure, FailureClass, FailureScope, Phase};

/// What there was none left of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Shortage {
    /// EMFILE: this process has as many open files as it may.
    #[error("no open file is left to this process: raise the limit with `ulimit -n`, or take fewer --users")]
    Files,
    /// ENFILE: the whole machine has.
    #[error("no open file is left to this machine: raise fs.file-max, or end what holds them")]
    MachineFiles,
    /// EADDRNOTAVAIL of a connection; EADDRINUSE of a bound one.
    #[error(
        "this machine has no local port left towards the service, or no address that reaches it: widen net.ipv4.ip_local_port_range, give more addresses with --source-address, or take fewer --users"
    )]
    Ports,
    /// ENOBUFS.
    #[error(
        "the system has no buffers left for connections: take fewer --users, or give the machine more memory"
    )]
    Buffers,
    /// ENOMEM.
    #[error("the system has no memory left: take fewer --users, or give the machine more memory")]
    Memory,
    /// ENOSPC of epoll_ctl(2).
    #[error("the system watches no more connections: raise fs.epoll.max_user_watches, or take fewer --users")]
    Watches,
    /// EAGAIN of a thread's start.
    #[error("the system gives no further thread: raise `ulimit -u`, or end what has them")]
    Threads,
}

/// Numbers of errno(3) that the standard library has no stable name for, of Linux and of the BSDs.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;
const ENOBUFS: i32 = if cfg!(target_os = "linux") { 105 } else { 55 };

impl Shortage {
    /// What an error tells of, looking at this one alone and not at its causes.
    pub(crate) fn behind(error: &(dyn StdError + 'static)) -> Option<Self> {
        let io = error.downcast_ref::<io::Error>();
        error.downcast_ref::<Self>().copied().or_else(|| Self::of(io?))
    }

    /// What an answer of the system tells of.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        match (error.raw_os_error()?, error.kind()) {
            (EMFILE, _) => Some(Self::Files),
            (ENFILE, _) => Some(Self::MachineFiles),
            (ENOBUFS, _) => Some(Self::Buffers),
            (_, io::ErrorKind::AddrNotAvailable | io::ErrorKind::AddrInUse) => Some(Self::Ports),
            (_, io::ErrorKind::OutOfMemory) => Some(Self::Memory),
            (_, io::ErrorKind::StorageFull) => Some(Self::Watches),
            _ => None,
        }
    }

    /// The failure that it is, wherever it struck.
    pub(crate) fn failure(self, phase: Phase) -> Failure {
        let (class, text) = (FailureClass::Generator, self.to_string());
        Failure { phase, class, code: None, text, kills: FailureScope::Session }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::failure_of;

    #[test]
    fn what_the_machine_lacks_is_no_failure_of_the_service() {
        let failure = |number| failure_of(&io::Error::from_raw_os_error(number), Phase::Dial);
        for number in [EMFILE, ENFILE, ENOBUFS, 12] {
            assert_eq!(failure(number).class, FailureClass::Generator, "errno {number}");
        }
        assert!(failure(EMFILE).text.contains("ulimit -n"), "{}", failure(EMFILE));
        assert_eq!(failure(111).class, FailureClass::Transport);
    }

    #[test]
    fn it_is_found_behind_the_errors_that_wrap_it() {
        let wrapped = io::Error::other(io::Error::other(Shortage::Threads));
        let failure = failure_of(&wrapped, Phase::Dial);
        assert_eq!((failure.class, failure.text), (FailureClass::Generator, Shortage::Threads.to_string()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_port_that_cannot_be_had_is_the_systems_own_word_for_it() {
        let elsewhere = std::net::TcpListener::bind("192.0.2.1:0").unwrap_err();
        assert_eq!(Shortage::of(&elsewhere), Some(Shortage::Ports));
    }
}
