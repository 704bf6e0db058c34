//! Listeners by their networks.

use claque_core::time::duration_nanos;

use super::{Listener, SummaryBuilder};
use crate::{
    sample::{Sample, millis},
    summary::NetworkFigures,
};

/// The names of networks seen, in the order in which they were.
#[derive(Clone, Debug, Default)]
pub(super) struct NetworkNames(Vec<String>);

impl NetworkNames {
    /// The number of one.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        let place = self.0.iter().position(|known| known == name).unwrap_or_else(|| {
            self.0.push(name.to_owned());
            self.0.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }
}

impl SummaryBuilder {
    /// The figures of each network, by name; none where nobody had one.
    pub(super) fn networks(&self) -> Vec<NetworkFigures> {
        let mut figures: Vec<_> =
            (0_u32..).zip(&self.networks.0).map(|(number, name)| self.network(number, name)).collect();
        figures.sort_by(|a, b| a.name.cmp(&b.name));
        figures
    }

    fn network(&self, number: u32, name: &str) -> NetworkFigures {
        let mut startup = Sample::default();
        let mut figures = NetworkFigures {
            name: name.to_owned(),
            listeners: 0,
            started: 0,
            underrun_free: 0,
            underruns: 0,
            stall_ms_total: 0.0,
            startup_time: None,
        };
        let mut stalled = 0_u64;
        let own = |listener: &&Listener| listener.network == Some(number);
        for listener in self.listeners.values().filter(own) {
            let has_started = listener.started_at.is_some();
            figures.listeners += 1;
            figures.started += u64::from(has_started);
            figures.underrun_free += u64::from(has_started && listener.stalls == 0);
            figures.underruns += listener.stalls;
            stalled = stalled.saturating_add(duration_nanos(listener.stalled));
            startup.push_between(listener.intended_at, listener.started_at);
        }
        figures.stall_ms_total = millis(stalled);
        figures.startup_time = startup.distribution();
        figures
    }
}
