//! Counters that a lane writes and a progress bar reads, without a lock.

use std::{
    iter::Sum,
    sync::atomic::{AtomicU64, Ordering},
};

use claque_core::{player::PlayerState, record::Fact};

/// What everybody is doing at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Listeners waiting for their first sound.
    pub buffering: u64,
    /// Listeners hearing something.
    pub playing: u64,
    /// Listeners whose playback waits.
    pub stalled: u64,
    /// Listeners waiting for the first sound of a later answer of their conversation.
    pub awaiting: u64,
    /// Listeners that think about what they heard.
    pub thinking: u64,
    /// Listeners that had playback stand still.
    pub paused: u64,
    /// Listeners that are finished.
    pub done: u64,
    /// Blocks done with, however.
    pub blocks: u64,
    /// Stalls that are over.
    pub underruns: u64,
    /// Failures.
    pub errors: u64,
}

impl Sum for Progress {
    fn sum<I: Iterator<Item = Self>>(lanes: I) -> Self {
        lanes.fold(Self::default(), |sum, lane| Self {
            buffering: sum.buffering + lane.buffering,
            playing: sum.playing + lane.playing,
            stalled: sum.stalled + lane.stalled,
            awaiting: sum.awaiting + lane.awaiting,
            thinking: sum.thinking + lane.thinking,
            paused: sum.paused + lane.paused,
            done: sum.done + lane.done,
            blocks: sum.blocks + lane.blocks,
            underruns: sum.underruns + lane.underruns,
            errors: sum.errors + lane.errors,
        })
    }
}

impl Progress {
    /// Listeners that have come, also those that have gone again.
    #[must_use]
    pub const fn came(&self) -> u64 {
        let Self { buffering, playing, stalled, awaiting, thinking, paused, done, .. } = *self;
        buffering + playing + stalled + awaiting + thinking + paused + done
    }
}

/// One lane's counters. Only its own thread writes, so a load and a store make no race.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    buffering: AtomicU64,
    playing: AtomicU64,
    stalled: AtomicU64,
    awaiting: AtomicU64,
    thinking: AtomicU64,
    paused: AtomicU64,
    done: AtomicU64,
    blocks: AtomicU64,
    underruns: AtomicU64,
    errors: AtomicU64,
}

impl Gauge {
    pub(super) fn read(&self) -> Progress {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Progress {
            buffering: load(&self.buffering),
            playing: load(&self.playing),
            stalled: load(&self.stalled),
            awaiting: load(&self.awaiting),
            thinking: load(&self.thinking),
            paused: load(&self.paused),
            done: load(&self.done),
            blocks: load(&self.blocks),
            underruns: load(&self.underruns),
            errors: load(&self.errors),
        }
    }

    /// A listener does something else now.
    pub(super) fn move_listener(&self, from: PlayerState, to: PlayerState) {
        if from == to {
            return;
        }
        if let Some(counter) = self.of_state(from) {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(counter) = self.of_state(to) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A fact became final.
    pub(super) fn count(&self, fact: &Fact) {
        let counter = match fact {
            Fact::Block(_) => &self.blocks,
            Fact::Stall(_) => &self.underruns,
            Fact::Error(_) => &self.errors,
            Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    const fn of_state(&self, state: PlayerState) -> Option<&AtomicU64> {
        match state {
            PlayerState::Idle => None,
            PlayerState::Buffering => Some(&self.buffering),
            PlayerState::Playing => Some(&self.playing),
            PlayerState::Stalled => Some(&self.stalled),
            PlayerState::Awaiting => Some(&self.awaiting),
            PlayerState::Thinking => Some(&self.thinking),
            PlayerState::Paused => Some(&self.paused),
            PlayerState::Done => Some(&self.done),
        }
    }
}
