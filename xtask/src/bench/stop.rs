//! Ctrl-C while children are at work: a flag that every wait looks at, so that what they belong to is dropped, and they end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use anyhow::{Context as _, ensure};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag::register,
};

/// Whether this program has been asked to stop.
#[derive(Clone, Debug)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on SIGINT and SIGTERM end nothing by themselves; they are told by [`Stop::check`].
    ///
    /// # Errors
    /// The system's.
    pub(super) fn watch() -> anyhow::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            register(signal, Arc::clone(&asked)).context("failed to wait for Ctrl-C")?;
        }
        Ok(Self(asked))
    }

    /// Fails once a signal has come.
    ///
    /// # Errors
    /// It has.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.0.load(Ordering::Relaxed), "stopped by a signal");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_told_and_ends_nothing() {
        let stop = Stop::watch().unwrap();
        assert!(stop.check().is_ok());
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert!(stop.check().is_err());
    }
}
