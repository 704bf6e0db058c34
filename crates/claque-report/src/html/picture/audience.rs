//! The audience over time: how many were buffering, playing, stalled, waiting for an answer, thinking, paused, done; and how many blocks were awaited.

use claque_core::{record::BlockRecord, time::Instant};
use claque_store::{
    ListenerFacts,
    timeline::{State, Timeline},
};
use serde::Serialize;

use super::levels::Level;

/// Mean numbers in each bin of time.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Audience {
    pub(crate) bin_ms: f64,
    pub(crate) buffering: Vec<f64>,
    pub(crate) playing: Vec<f64>,
    pub(crate) stalled: Vec<f64>,
    /// Wait for the first sound of a later utterance of a conversation.
    pub(crate) awaiting: Vec<f64>,
    /// Think about an utterance that is over.
    pub(crate) thinking: Vec<f64>,
    /// Want silence.
    pub(crate) paused: Vec<f64>,
    /// Came to the end of the text.
    pub(crate) done: Vec<f64>,
    /// Failed, were stopped, or have no end on record.
    pub(crate) lost: Vec<f64>,
    /// Blocks asked for and not yet ready.
    pub(crate) awaited: Vec<f64>,
}

#[derive(Clone, Debug)]
pub(super) struct AudienceSum {
    horizon: Instant,
    buffering: Level,
    playing: Level,
    stalled: Level,
    awaiting: Level,
    thinking: Level,
    paused: Level,
    done: Level,
    lost: Level,
    awaited: Level,
}

impl AudienceSum {
    pub(super) fn new(horizon: Instant) -> Self {
        let level = Level::new(horizon);
        Self {
            horizon,
            buffering: level.clone(),
            playing: level.clone(),
            stalled: level.clone(),
            awaiting: level.clone(),
            thinking: level.clone(),
            paused: level.clone(),
            done: level.clone(),
            lost: level.clone(),
            awaited: level,
        }
    }

    pub(super) fn add(&mut self, facts: &ListenerFacts, timeline: Option<&Timeline>) {
        let Some(timeline) = timeline else { return };
        for span in &timeline.spans {
            let level = match span.state {
                State::Buffering => &mut self.buffering,
                State::Playing => &mut self.playing,
                State::Stalled => &mut self.stalled,
                State::Awaiting => &mut self.awaiting,
                State::Thinking => &mut self.thinking,
                State::Paused => &mut self.paused,
            };
            level.add(span.from, span.to);
        }
        let rest = if timeline.completed { &mut self.done } else { &mut self.lost };
        rest.add(timeline.ended_at, self.horizon);
        for block in &facts.blocks {
            if let Some(requested_at) = block.requested_at {
                self.awaited.add(requested_at, answered_at(block, timeline.ended_at));
            }
        }
    }

    pub(super) fn finish(&self) -> Audience {
        Audience {
            bin_ms: self.done.width_ms(),
            buffering: self.buffering.finish(),
            playing: self.playing.finish(),
            stalled: self.stalled.finish(),
            awaiting: self.awaiting.finish(),
            thinking: self.thinking.finish(),
            paused: self.paused.finish(),
            done: self.done.finish(),
            lost: self.lost.finish(),
            awaited: self.awaited.finish(),
        }
    }
}

/// A block that never was ready was awaited until something else was said of it, or to the end.
fn answered_at(block: &BlockRecord, ended_at: Instant) -> Instant {
    block.ready_at.or(block.acknowledged_at.filter(|_| block.outcome.is_success())).unwrap_or(ended_at)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "the means of these spans are exact in binary")]

    use claque_store::timeline::Listening;

    use super::{
        super::super::tests::{block, facts_of, session, stall},
        *,
    };

    #[test]
    fn everybody_is_somewhere_from_the_intended_start_to_the_end_of_the_run() {
        let mut sum = AudienceSum::new(Instant::from_millis(40_000));
        for listener in 0..3 {
            let waits = [stall(listener, 1, 5_000, 1_000)];
            let blocks = [block(listener, 0, 1_000)];
            let facts = facts_of(listener, blocks, waits, Some(session(listener, Some(1_000), 20_000)));
            sum.add(&facts, Timeline::of(&facts, Listening::Straight).as_ref());
        }
        let audience = sum.finish();
        assert_eq!(audience.bin_ms, 100.0);
        for bin in 0..400 {
            let states = [&audience.buffering, &audience.playing, &audience.stalled, &audience.done];
            assert_eq!(states.iter().map(|state| state[bin]).sum::<f64>(), 3.0, "bin {bin}");
        }
        assert_eq!([audience.stalled[49], audience.stalled[50], audience.stalled[60]], [0.0, 3.0, 0.0]);
        assert_eq!([audience.awaited[0], audience.awaited[5], audience.awaited[10]], [2.7, 3.0, 0.0]);
    }
}
