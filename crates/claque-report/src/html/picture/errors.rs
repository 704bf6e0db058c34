//! Errors in time, by class.

use std::collections::BTreeMap;

use claque_core::{
    event::{FailureClass, FailureScope},
    time::Instant,
};
use claque_store::ListenerFacts;
use serde::Serialize;

use super::rounded;

/// Bars of the plot.
const BARS: u64 = 100;

/// Failures told one by one at most, in the data behind the plot.
const MOST_TOLD: usize = 500;

/// How many failures there were when.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorsInTime {
    pub(crate) bar_ms: f64,
    pub(crate) count: u64,
    /// Name of a class and its failures in each bar.
    pub(crate) classes: Vec<(&'static str, Vec<u64>)>,
    /// The first failures, listener by listener.
    pub(crate) told: Vec<ToldText>,
}

/// One failure in words.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ToldText {
    pub(crate) at_ms: f64,
    pub(crate) listener: u32,
    pub(crate) block: Option<u32>,
    pub(crate) class: &'static str,
    pub(crate) code: Option<u16>,
    pub(crate) text: String,
}

#[derive(Clone, Debug)]
pub(super) struct ErrorSum {
    bar: u64,
    count: u64,
    classes: BTreeMap<FailureClass, Vec<u64>>,
    told: Vec<ToldText>,
}

impl ErrorSum {
    pub(super) fn new(horizon: Instant) -> Self {
        let bar = horizon.as_nanos().div_ceil(BARS).max(1);
        Self { bar, count: 0, classes: BTreeMap::new(), told: Vec::new() }
    }

    pub(super) fn add(&mut self, facts: &ListenerFacts) {
        for error in &facts.errors {
            self.count += 1;
            let bars = usize::try_from(BARS).unwrap_or(1);
            let at = usize::try_from(error.at.as_nanos() / self.bar).unwrap_or(bars).min(bars - 1);
            let counts = self.classes.entry(error.failure.class).or_insert_with(|| vec![0; bars]);
            if let Some(count) = counts.get_mut(at) {
                *count += 1;
            }
            if self.told.len() < MOST_TOLD {
                self.told.push(ToldText {
                    at_ms: rounded(error.at.as_millis_f64(), 1),
                    listener: error.listener.0,
                    block: match error.failure.kills {
                        FailureScope::Block(block) => Some(block.0),
                        FailureScope::Session => None,
                    },
                    class: error.failure.class.as_str(),
                    code: error.failure.code,
                    text: error.failure.text.chars().take(300).collect(),
                });
            }
        }
    }

    pub(super) fn finish(self) -> ErrorsInTime {
        let classes = self.classes.into_iter().map(|(class, counts)| (class.as_str(), counts)).collect();
        let bar_ms = Instant::from_nanos(self.bar).as_millis_f64();
        ErrorsInTime { bar_ms, count: self.count, classes, told: self.told }
    }
}
