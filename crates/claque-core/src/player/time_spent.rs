//! Where a listener's time goes: startup, playing, stalls and pauses, and nothing else. Thinking is a pause; the wait for the
//! first sound of a later utterance is what is left.

use super::{Output, Player, state::State};
use crate::{
    event::Failure,
    ids::BlockIdx,
    record::{ErrorRecord, Fact, Incident, IncidentRecord, StallRecord},
    time::{Duration, Instant},
};

#[derive(Clone, Debug, Default)]
pub(super) struct TimeSpent {
    /// When the first sound was heard.
    pub(super) started_at: Option<Instant>,
    pub(super) playing: Duration,
    pub(super) paused: Duration,
    stall: Option<Stall>,
}

/// A stall that is not over. A pause inside it is none of it.
#[derive(Clone, Copy, Debug)]
struct Stall {
    block: BlockIdx,
    began_at: Instant,
    /// None while the listener pauses.
    counts_since: Option<Instant>,
    waited: Duration,
}

impl Player {
    /// From now on playback waits. Before anything was heard there is no stall, only a longer startup.
    pub(super) fn begin_stall(&mut self, at: Instant) {
        if self.spent.started_at.is_none() || self.awaits_response() {
            return;
        }
        let (block, waited) = (self.current, Duration::ZERO);
        let fresh = Stall { block, began_at: at, counts_since: None, waited };
        let stall = self.spent.stall.get_or_insert(fresh);
        if stall.began_at == at {
            // Nothing was waited for yet: what was stepped over in the moment it was needed is not what is late.
            stall.block = block;
        }
        stall.counts_since.get_or_insert(at);
    }

    /// The stall there is, if there is one, is over. Audio that arrives in the very moment it is needed was not late.
    pub(super) fn end_stall(&mut self, at: Instant) {
        self.suspend_stall(at);
        if let Some(Stall { block, began_at, waited, .. }) = self.spent.stall.take()
            && waited > Duration::ZERO
        {
            let listener = self.config.listener;
            self.outputs.push_back(Output::Fact(Fact::Stall(StallRecord {
                listener,
                block,
                began_at,
                waited,
            })));
        }
    }

    /// The listener pauses: what it does not want to hear it does not wait for.
    pub(super) fn suspend_stall(&mut self, at: Instant) {
        if let Some(stall) = &mut self.spent.stall
            && let Some(since) = stall.counts_since.take()
        {
            stall.waited += at.since(since);
        }
    }

    /// Whether there is a stall that began earlier.
    pub(super) fn is_stalled_since_before(&self, at: Instant) -> bool {
        self.spent.stall.is_some_and(|stall| stall.began_at < at)
    }

    /// There was no stall; gives when it seemed to begin.
    pub(super) const fn take_stall_back(&mut self) -> Option<Instant> {
        match self.spent.stall.take() {
            Some(stall) => Some(stall.began_at),
            None => None,
        }
    }

    /// How long it has played, as far as that is accounted for.
    pub(crate) const fn played(&self) -> Duration {
        self.spent.playing
    }

    /// When it will have played for so long, if it plays on until then; none while it does not play.
    pub(crate) fn has_played_at(&self, span: Duration) -> Option<Instant> {
        match self.state {
            State::Playing { since, .. } => Some(since + span.saturating_sub(self.spent.playing)),
            State::Idle
            | State::Opening
            | State::Buffering
            | State::Waiting { .. }
            | State::Thinking { .. }
            | State::Resting { .. }
            | State::Done => None,
        }
    }

    /// What is heard or paused at `now` is accounted for until then, once.
    pub(super) fn leave_off(&mut self, now: Instant) {
        match &mut self.state {
            State::Playing { since, position, .. } => {
                let played = now.since(*since);
                self.spent.playing += played;
                (*since, *position) = (now, *position + self.speed.media_heard(played));
            }
            State::Resting { since } => {
                let (began_at, lasted) = (*since, now.since(*since));
                *since = now;
                if lasted > Duration::ZERO && self.spent.started_at.is_some() {
                    self.spent.paused += lasted;
                    self.note(began_at, Incident::Paused { lasted });
                }
            }
            State::Thinking { since, .. } => {
                let lasted = now.since(core::mem::replace(since, now.max(*since)));
                if self.spent.started_at.is_some() {
                    self.spent.paused += lasted;
                }
            }
            State::Idle | State::Opening | State::Buffering | State::Waiting { .. } | State::Done => {}
        }
    }

    pub(super) fn note(&mut self, at: Instant, incident: Incident) {
        let record = IncidentRecord { listener: self.config.listener, at, incident };
        self.outputs.push_back(Output::Fact(Fact::Incident(record)));
    }

    pub(super) fn record_error(&mut self, at: Instant, failure: Failure) {
        let error = ErrorRecord { listener: self.config.listener, at, failure };
        self.outputs.push_back(Output::Fact(Fact::Error(error)));
    }
}
