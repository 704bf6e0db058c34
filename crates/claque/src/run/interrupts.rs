//! Ctrl-C and SIGTERM: the first asks to stop, the second to leave.

use std::io;

use tokio::sync::watch;

/// How often we were asked to stop. Clones share the count.
#[derive(Clone, Debug)]
pub(crate) struct Interrupts {
    count: watch::Receiver<u32>,
}

impl Interrupts {
    /// Begins to listen, on this runtime.
    ///
    /// # Errors
    /// The operating system does not let us.
    pub(crate) fn listen() -> io::Result<Self> {
        let (counted, count) = watch::channel(0);
        let mut signals = Signals::new()?;
        tokio::spawn(async move {
            while !counted.is_closed() {
                signals.next().await;
                counted.send_modify(|count| *count += 1);
            }
        });
        Ok(Self { count })
    }

    /// Whether we were asked at all.
    pub(crate) fn any(&self) -> bool {
        *self.count.borrow() > 0
    }

    /// Waits until we are asked for the `nth` time, from 1.
    pub(crate) async fn reached(&self, nth: u32) {
        let mut count = self.count.clone();
        if count.wait_for(|count| *count >= nth).await.is_err() {
            // Nobody listens any more: nobody will ask.
            std::future::pending::<()>().await;
        }
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
