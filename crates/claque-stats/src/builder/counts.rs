//! Counts and times of all listeners together.

use claque_core::{
    ids::ListenerId,
    time::{Duration, Instant, duration_nanos},
};

use super::{Listener, SummaryBuilder};
use crate::{
    Distribution,
    sample::{Sample, millis, percent, ratio},
    streams::Turns,
    summary::{BlockCounts, ListenerCounts, Underruns},
};

/// What the terms of a session may be off together, far below any time in which a service answers.
const ROUNDING: Duration = Duration::from_micros(10);

impl SummaryBuilder {
    pub(super) fn listener_counts(&self) -> ListenerCounts {
        let intended = self.intended();
        let started = self.listeners.values().filter(|listener| listener.started_at.is_some()).count();
        let ended =
            self.ends.completed + self.ends.failed + self.ends.stopped + self.ends.left + self.ends.hung_up;
        ListenerCounts {
            intended,
            started: u64::try_from(started).unwrap_or(u64::MAX),
            unfinished: intended.saturating_sub(ended),
            well_served: Some(self.well_served()),
            ..self.ends
        }
    }

    fn well_served(&self) -> u64 {
        let planned = u64::from(self.shape.blocks_per_user);
        let is_well_served = |(id, listener): &(ListenerId, &Listener)| {
            listener.heard_all
                && listener.started_at.is_some()
                && listener.stalls == 0
                && listener.skipped == 0
                && listener.settled + self.passed_over_by(*id, listener) >= planned
        };
        self.listeners.iter().filter(is_well_served).count().try_into().unwrap_or(u64::MAX)
    }

    /// Listeners that were to come: those of the run's shape, or all that are known where those who ended were replaced.
    fn intended(&self) -> u64 {
        let known = u64::try_from(self.listeners.len()).unwrap_or(u64::MAX);
        u64::from(self.shape.users).max(known)
    }

    pub(super) fn block_counts(&self) -> BlockCounts {
        let intended = self.intended() * u64::from(self.shape.blocks_per_user);
        let forgone = self.blocks.forgone + self.passed_over();
        let recorded = self.blocks.ok + self.blocks.failed + self.blocks.stopped;
        let unreached = intended.saturating_sub(recorded).saturating_sub(forgone);
        let unmade = self.blocks.unmade.min(unreached);
        BlockCounts { intended, forgone, unreached, unmade, ..self.blocks }
    }

    /// Blocks never asked for because their listener jumped over them or left. Where nobody jumped or left, a block
    /// without a record is missing.
    fn passed_over(&self) -> u64 {
        self.listeners.iter().map(|(id, listener)| self.passed_over_by(id, listener)).sum()
    }

    fn passed_over_by(&self, id: ListenerId, listener: &Listener) -> u64 {
        match listener.set_out {
            Some((blocks, left)) if left || self.incidents.has_jumped(id) => {
                blocks.saturating_sub(listener.recorded)
            }
            Some(_) | None => 0,
        }
    }

    pub(super) fn underruns(&self, counts: ListenerCounts) -> Option<Underruns> {
        if counts.started == 0 || counts.intended == 0 {
            return None;
        }
        let count = self.listeners.values().map(|listener| listener.stalls).sum();
        let total = self.listeners.values().map(|listener| duration_nanos(listener.stalled)).sum();
        let affected = self.listeners.values().filter(|listener| listener.stalls > 0).count();
        let affected = u64::try_from(affected).unwrap_or(u64::MAX);
        Some(Underruns {
            count,
            total_ms: millis(total),
            longest_ms: millis(duration_nanos(self.longest_stall)),
            mean_per_user: ratio(count, counts.intended)?,
            listeners_affected: affected,
            listeners_affected_pct: percent(affected, counts.intended)?,
        })
    }

    /// A listener's time from intended start to end is startup + playing + stalls + pauses, so the sums of the formula
    /// need no more than that, the stalls and the pauses. Sessions without a reported end are in neither sum.
    pub(super) fn stalled_time_pct(&self, counts: ListenerCounts) -> Option<f64> {
        let (mut stalled, mut listened) = (0_u64, 0_u64);
        for listener in self.listeners.values() {
            if let (Some(intended), Some(ended)) = (listener.intended_at, listener.ended_at) {
                stalled = stalled.saturating_add(duration_nanos(listener.stalled));
                let span = ended.since(intended).saturating_sub(listener.paused);
                listened = listened.saturating_add(duration_nanos(span));
            }
        }
        // Who never heard anything could not be interrupted. While an end is missing, so may be a stall.
        let is_known = counts.started > 0 && (stalled > 0 || counts.unfinished == 0);
        percent(stalled, listened).filter(|_| is_known)
    }

    /// Where nobody said so: only in a conversation is there more to a session than startup, playing, stalls and pauses: the waits for the first
    /// sound of later utterances.
    pub(super) fn turns(&self) -> Turns {
        let waits = |listener: &Listener| {
            let (from, to) = listener.intended_at.zip(listener.ended_at)?;
            let told =
                [listener.started_at?.since(from), listener.playing?, listener.stalled, listener.paused];
            let told = told.into_iter().fold(Duration::ZERO, Duration::saturating_add);
            Some(to.since(from) > told.saturating_add(ROUNDING))
        };
        let taken = self.listeners.values().any(|listener| waits(listener) == Some(true));
        if taken { Turns::Taken } else { self.turns }
    }

    /// How long anybody was there. Sessions without a reported end tell nothing of it.
    pub(super) fn listening_ms(&self) -> Option<f64> {
        let span = |listener: &Listener| listener.intended_at.zip(listener.ended_at);
        let mut spans: Vec<(Instant, Instant)> = self.listeners.values().filter_map(span).collect();
        spans.sort_unstable();
        let (mut until, mut listening) = (Instant::START, 0_u64);
        for &(intended, ended) in &spans {
            listening = listening.saturating_add(duration_nanos(ended.since(intended.max(until))));
            until = until.max(ended);
        }
        (!spans.is_empty()).then(|| millis(listening))
    }

    pub(super) fn per_listener(&self, moment: impl Fn(&Listener) -> Option<Instant>) -> Option<Distribution> {
        let mut sample = Sample::default();
        for listener in self.listeners.values() {
            sample.push_between(listener.intended_at, moment(listener));
        }
        sample.distribution()
    }
}
