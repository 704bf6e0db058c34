//! What is due when.

use std::{cmp::Reverse, collections::BinaryHeap};

use claque_core::time::{Duration, Instant, duration_nanos};

use super::PipelineTimeout;
use crate::ids::JobId;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    AttemptEnds(JobId),
    /// The result of an attempt that is over is there.
    Delivers(JobId),
    VisibilityScan,
    OverflowScan,
}

/// Timers in order of time, then of being set. A scan is set at most once.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers {
    due: BinaryHeap<Reverse<(Instant, u64, Timer)>>,
    set: u64,
    scans: Vec<Timer>,
}

impl Timers {
    /// When the first is due, and why.
    pub(super) fn next(&self) -> Option<(Instant, PipelineTimeout)> {
        self.due.peek().map(|Reverse((at, _, timer))| match timer {
            Timer::AttemptEnds(_) | Timer::Delivers(_) => (*at, PipelineTimeout::WorkEnds),
            Timer::VisibilityScan | Timer::OverflowScan => (*at, PipelineTimeout::Scan),
        })
    }

    /// Takes the first away.
    pub(super) fn pop(&mut self) -> Option<(Instant, Timer)> {
        let Reverse((at, _, timer)) = self.due.pop()?;
        match timer {
            Timer::AttemptEnds(_) | Timer::Delivers(_) => {}
            Timer::VisibilityScan | Timer::OverflowScan => self.scans.retain(|scan| *scan != timer),
        }
        Some((at, timer))
    }

    pub(super) fn set(&mut self, at: Instant, timer: Timer) {
        self.due.push(Reverse((at, self.set, timer)));
        self.set += 1;
    }

    /// Sets a scan for the next multiple of `interval` after `at`, unless it is set already. Multiples since the
    /// start, because a scan's time must not depend on when something was noticed.
    pub(super) fn set_scan(&mut self, at: Instant, interval: Duration, scan: Timer) {
        if self.scans.contains(&scan) {
            return;
        }
        let interval = duration_nanos(interval).max(1);
        let next = (at.as_nanos() / interval).saturating_add(1).saturating_mul(interval);
        self.scans.push(scan);
        self.set(Instant::from_nanos(next), scan);
    }
}
