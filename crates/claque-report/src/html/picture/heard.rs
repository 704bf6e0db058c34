//! The strip of the listener whose file can be heard, exact to the millisecond, and its stalls.

use claque_store::{
    ListenerFacts,
    timeline::{State, Timeline},
};
use serde::Serialize;

use super::rounded;

/// Spans at most: with more of them nothing could be told apart.
const MOST_SPANS: usize = 20_000;

/// One listener.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HeardStrip {
    pub(crate) listener: u32,
    /// State as in all strips, from and until when, in ms.
    pub(crate) spans: Vec<(u8, f64, f64)>,
    /// Stalls: when and how long, in ms.
    pub(crate) stalls: Vec<(f64, f64)>,
}

impl HeardStrip {
    pub(super) fn of(facts: &ListenerFacts, timeline: &Timeline) -> Self {
        let ms = |at: claque_core::time::Instant| rounded(at.as_millis_f64(), 3);
        let span = |span: &claque_store::timeline::Span| (code(span.state), ms(span.from), ms(span.to));
        let spans = timeline.spans.iter().take(MOST_SPANS).map(span).collect();
        let stall = |stall: &claque_core::record::StallRecord| {
            (ms(stall.began_at), rounded(stall.waited.as_secs_f64() * 1e3, 3))
        };
        let stalls = facts.stalls.iter().take(MOST_SPANS).map(stall).collect();
        Self { listener: facts.listener.0, spans, stalls }
    }
}

/// The number of a state in strips.
pub(super) const fn code(state: State) -> u8 {
    match state {
        State::Buffering => 1,
        State::Playing => 2,
        State::Stalled => 3,
        State::Awaiting => 5,
        State::Thinking => 6,
        State::Paused => 7,
    }
}
