//! A run while it goes on, as a value: fed with facts and counters, drawn by whoever wants to. It knows no terminal, no
//! page and no clock, and is bounded by the number of listeners.

mod feed;
mod headline;
mod history;
mod times;
mod worst;

use claque_core::{
    record::{Fact, Incident},
    time::{Duration, Instant},
};
use claque_run::watcher::{RunGoal, Standing};

pub(crate) use self::{
    feed::Entry,
    headline::{Figure, headline},
    history::{Flow, History, Level, Look},
    worst::Waiter,
};
use self::{feed::Feed, times::Times, worst::Worst};
use super::{REDRAW, lines::Pace};

/// What a run is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Getting ready: what, how much of it, of how much.
    Preparing {
        /// What, for people.
        what: String,
        /// So much.
        done: u64,
        /// Of so much.
        all: u64,
    },
    /// Listeners are listening.
    Listening,
    /// It is being saved, and what it made is taken away.
    Ending,
}

/// A run while it goes on.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    /// What is run, for people.
    pub(crate) about: String,
    pub(crate) goal: RunGoal,
    pub(crate) phase: Phase,
    /// Whether it was asked to stop.
    pub(crate) stopping: bool,
    pub(crate) now: Instant,
    pub(crate) standing: Standing,
    pub(crate) history: History,
    times: Times,
    worst: Worst,
    feed: Feed,
    pace: Pace,
    /// Sessions that ended before their text did.
    lost: u64,
    /// Requests for a block after its first.
    resends: u64,
    /// How often a block was given up.
    give_ups: u64,
}

impl Picture {
    /// Nothing has happened yet.
    pub(crate) fn new(about: String, goal: RunGoal) -> Self {
        Self {
            about,
            goal,
            phase: Phase::Preparing { what: "looking at the service".to_owned(), done: 0, all: 0 },
            stopping: false,
            now: Instant::START,
            standing: Standing::default(),
            history: History::new(REDRAW),
            times: Times::new(goal.users),
            worst: Worst::new(goal.users),
            feed: Feed::default(),
            pace: Pace::default(),
            lost: 0,
            resends: 0,
            give_ups: 0,
        }
    }

    /// Takes what became final.
    pub(crate) fn take(&mut self, facts: &[Fact]) {
        for fact in facts {
            match fact {
                Fact::Block(block) => self.times.block(block),
                Fact::Stall(stall) => self.worst.add(stall),
                Fact::Error(error) => self.feed.fail(error),
                Fact::Listener(listener) => {
                    self.times.listener(listener);
                    self.lost += u64::from(!listener.end.has_heard_all());
                }
                Fact::Incident(record) => match record.incident {
                    Incident::Resent { .. } => self.resends += 1,
                    Incident::GivenUp { .. } => self.give_ups += 1,
                    Incident::Outage { .. }
                    | Incident::Delayed { .. }
                    | Incident::Paused { .. }
                    | Incident::Jumped { .. }
                    | Incident::VoiceChanged { .. }
                    | Incident::BargedIn { .. }
                    | Incident::HungUp { .. } => {}
                },
                Fact::Sound(_) => {}
            }
        }
    }

    /// Takes how things stand, and what there is to do in all.
    pub(crate) fn look(&mut self, now: Instant, goal: RunGoal, mut standing: Standing) {
        self.goal = goal;
        if self.stopping {
            // What is given up at the end is done with all at once; that is no pace.
            standing.progress.blocks = self.standing.progress.blocks;
        }
        let Standing { progress, queue, .. } = standing;
        let lost = self.lost.min(progress.done);
        let queue = queue.unwrap_or_default();
        self.pace.see(now, progress);
        let look = Look::default()
            .with(Level::Playing, progress.playing)
            .with(Level::Paused, progress.paused)
            .with(Level::Thinking, progress.thinking)
            .with(Level::Awaiting, progress.awaiting)
            .with(Level::Stalled, progress.stalled)
            .with(Level::Buffering, progress.buffering)
            .with(Level::Lost, lost)
            .with(Level::Done, progress.done - lost)
            .with(Level::Queued, queue.queued)
            .with(Level::Busy, queue.busy)
            .with_total(Flow::Blocks, progress.blocks)
            .with_total(Flow::Underruns, progress.underruns)
            .with_total(Flow::Errors, progress.errors);
        self.history.add(now, look);
        (self.now, self.standing) = (now, standing);
    }

    /// Takes something that was said.
    pub(crate) fn remark(&mut self, words: &str) {
        self.feed.remark(self.now, words);
    }

    /// Sessions that ended before their text did.
    pub(crate) const fn lost(&self) -> u64 {
        self.lost
    }

    /// How often a block was asked for again, and how often one was given up.
    pub(crate) const fn asked_again(&self) -> (u64, u64) {
        (self.resends, self.give_ups)
    }

    /// Those who waited longest, the longest first.
    pub(crate) fn worst(&self) -> &[Waiter] {
        self.worst.head()
    }

    /// What was said last, the latest first.
    pub(crate) fn feed(&self) -> impl Iterator<Item = &Entry> {
        self.feed.latest()
    }

    /// The time the rest will take if it goes on as so far.
    pub(crate) fn left(&self) -> Option<Duration> {
        match self.phase {
            Phase::Listening if !self.standing.held && !self.stopping => {
                super::lines::left(self.now, self.goal, self.standing.progress, self.pace)
            }
            Phase::Preparing { .. } | Phase::Listening | Phase::Ending => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
