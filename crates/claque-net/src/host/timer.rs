//! What wakes a host's machine when it wants to be woken.

use std::cell::Cell;

use claque_core::time::Instant;
use tokio::sync::Notify;

use crate::clock::Clock;

/// One timer for one machine.
#[derive(Debug, Default)]
pub(super) struct Timer {
    /// When it is set to go off.
    armed: Cell<Option<Instant>>,
    rearm: Notify,
}

impl Timer {
    /// Sets it anew if the machine wants to be woken at another moment now.
    pub(super) fn look_at(&self, due: Option<Instant>) {
        if due != self.armed.get() {
            self.rearm.notify_one();
        }
    }

    /// Calls `wake` whenever `next_due` says, for ever.
    pub(super) async fn run(&self, clock: Clock, next_due: impl Fn() -> Option<Instant>, wake: impl Fn()) {
        loop {
            let next = next_due();
            self.armed.set(next);
            let due = async {
                match next {
                    Some(at) => clock.sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.rearm.notified() => {}
                () = due => wake(),
            }
        }
    }
}
