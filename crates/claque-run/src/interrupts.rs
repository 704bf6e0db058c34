//! Ctrl-C, SIGTERM, and SIGHUP of a terminal that is gone: the first asks to stop, the second to leave.

use std::io;

use tokio::sync::watch;

/// How often we were asked to stop. Clones share the count.
#[derive(Clone, Debug)]
pub struct Interrupts {
    count: watch::Sender<u32>,
}

impl Interrupts {
    /// Begins to listen, on this runtime.
    ///
    /// # Errors
    /// The operating system does not let us.
    pub fn listen() -> io::Result<Self> {
        let interrupts = Self { count: watch::Sender::new(0) };
        let mut signals = Signals::new()?;
        let heard = interrupts.clone();
        tokio::spawn(async move {
            loop {
                signals.next().await;
                heard.interrupt();
            }
        });
        Ok(interrupts)
    }

    /// Interrupts that no signal causes, for work that is ended by its owner.
    pub(crate) fn of_nobody() -> Self {
        Self { count: watch::Sender::new(0) }
    }

    /// Asks once more, as a signal does.
    pub fn interrupt(&self) {
        self.count.send_modify(|count| *count += 1);
    }

    /// Whether we were asked at all.
    pub fn any(&self) -> bool {
        *self.count.borrow() > 0
    }

    /// Waits until we are asked for the `nth` time, from 1.
    ///
    /// # Panics
    /// Never: the sender lives as long as this.
    pub async fn reached(&self, nth: u32) {
        let mut count = self.count.subscribe();
        let reached = count.wait_for(|count| *count >= nth).await;
        reached.expect("the sender is ours and lives as long as this");
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None where whoever started us has it ignored, as `nohup` does: we are to outlive the terminal.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hang_up = (!ignores_hang_up()).then(|| signal(SignalKind::hangup())).transpose()?;
        let (interrupt, terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Self { interrupt, terminate, hang_up })
    }

    async fn next(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hang_up => {}
        }
    }
}

/// Whether SIGHUP was ignored when we began. Linux tells; elsewhere it is taken that it was not.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| hang_up_is_ignored(&status))
}

/// The same as it stands in a process's status: `SigIgn` is a mask, and the lowest bit is signal 1 (proc_pid_status(5)).
#[cfg(unix)]
fn hang_up_is_ignored(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn whether_the_end_of_the_terminal_is_to_be_outlived_is_read_from_the_mask() {
        assert!(hang_up_is_ignored("Name:\tclaque\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001001\n"));
        assert!(!hang_up_is_ignored("Name:\tclaque\nSigIgn:\t0000000000001000\n"));
        assert!(!hang_up_is_ignored(""));
    }
}
