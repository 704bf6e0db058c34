//! Ctrl-C and SIGTERM: the first asks to stop, the second to leave.

use std::io;

use tokio::sync::watch;

/// How often we were asked to stop. Clones share the count.
#[derive(Clone, Debug)]
pub(crate) struct Interrupts {
    count: watch::Sender<u32>,
}

impl Interrupts {
    /// Begins to listen, on this runtime.
    ///
    /// # Errors
    /// The operating system does not let us.
    pub(crate) fn listen() -> io::Result<Self> {
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

    /// Asks once more, as a signal does.
    pub(crate) fn interrupt(&self) {
        self.count.send_modify(|count| *count += 1);
    }

    /// Whether we were asked at all.
    pub(crate) fn any(&self) -> bool {
        *self.count.borrow() > 0
    }

    /// Waits until we are asked for the `nth` time, from 1.
    pub(crate) async fn reached(&self, nth: u32) {
        let mut count = self.count.subscribe();
        let reached = count.wait_for(|count| *count >= nth).await;
        reached.expect("the sender is ours and lives as long as this");
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
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
