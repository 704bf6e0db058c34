//! What one listener went through, as spans of time.

use claque_core::{
    record::{BlockRecord, SessionEnd},
    time::{Duration, Instant},
};
use claque_store::ListenerFacts;

/// What a listener does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waits for the first sound.
    Buffering,
    /// Hears something.
    Playing,
    /// Waits in the middle of it.
    Stalled,
}

/// One state from a moment to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) state: State,
    pub(super) from: Instant,
    pub(super) to: Instant,
}

/// A listener from intended start to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Timeline {
    /// Without gaps, in order; none is empty.
    pub(super) spans: Vec<Span>,
    pub(super) ended_at: Instant,
    /// Whether the listener came to the end of the text. Otherwise the session failed, was stopped, or has no end on
    /// record.
    pub(super) completed: bool,
}

/// The timeline of a listener; none if nothing at all is known of it.
pub(super) fn of(facts: &ListenerFacts) -> Option<Timeline> {
    let session = facts.session.as_ref();
    let first_wanted = facts.blocks.iter().filter_map(|block| block.intended_at).min();
    let intended_at = session.map(|session| session.intended_at).or(first_wanted)?;
    let ended_at = session.map_or_else(|| last_known(facts), |session| session.ended_at).max(intended_at);
    let first_heard = || facts.blocks.iter().filter_map(|block| block.started_at).min();
    let started_at = session.and_then(|session| session.started_at).or_else(first_heard);
    let mut cursor = Cursor { at: intended_at, end: ended_at, spans: Vec::new() };
    match started_at {
        None => cursor.go(ended_at, State::Buffering),
        Some(started_at) => {
            cursor.go(started_at, State::Buffering);
            let mut stalls = facts.stalls.clone();
            stalls.sort_by_key(|stall| stall.began_at);
            for stall in stalls {
                cursor.go(stall.began_at, State::Playing);
                cursor.go(later(stall.began_at, stall.waited), State::Stalled);
            }
            cursor.go(ended_at, State::Playing);
        }
    }
    let completed = session.is_some_and(|session| session.end == SessionEnd::Completed);
    Some(Timeline { spans: cursor.spans, ended_at, completed })
}

struct Cursor {
    at: Instant,
    end: Instant,
    spans: Vec<Span>,
}

impl Cursor {
    /// What lies in the past or behind the end is cut off: imported files are not exact.
    fn go(&mut self, to: Instant, state: State) {
        let to = to.min(self.end);
        if to > self.at {
            self.spans.push(Span { state, from: self.at, to });
            self.at = to;
        }
    }
}

/// Of a session that reported no end: the last moment at which anything happened.
fn last_known(facts: &ListenerFacts) -> Instant {
    let of_block = |block: &BlockRecord| {
        [block.intended_at, block.ready_at, block.complete_at, block.started_at].into_iter().flatten().max()
    };
    let blocks = facts.blocks.iter().filter_map(of_block);
    let stalls = facts.stalls.iter().map(|stall| later(stall.began_at, stall.waited));
    let errors = facts.errors.iter().map(|error| error.at);
    blocks.chain(stalls).chain(errors).max().unwrap_or(Instant::START)
}

fn later(at: Instant, span: Duration) -> Instant {
    Instant::from_nanos(at.as_nanos().saturating_add(claque_core::time::duration_nanos(span)))
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::tests::{facts_of, session, stall},
        *,
    };

    const fn span(state: State, from: u64, to: u64) -> Span {
        Span { state, from: Instant::from_millis(from), to: Instant::from_millis(to) }
    }

    #[test]
    fn a_listener_waits_plays_stalls_and_plays() {
        let facts = facts_of(0, [], [stall(0, 2, 3_000, 500)], Some(session(0, Some(1_000), 6_000)));
        let timeline = of(&facts).unwrap();
        assert_eq!(
            timeline.spans,
            [
                span(State::Buffering, 0, 1_000),
                span(State::Playing, 1_000, 3_000),
                span(State::Stalled, 3_000, 3_500),
                span(State::Playing, 3_500, 6_000)
            ]
        );
        assert!(timeline.completed);
    }

    #[test]
    fn who_never_heard_anything_was_buffering_all_the_time() {
        let timeline = of(&facts_of(0, [], [], Some(session(0, None, 6_000)))).unwrap();
        assert_eq!(timeline.spans, [span(State::Buffering, 0, 6_000)]);
    }

    #[test]
    fn a_session_without_an_end_goes_on_to_the_last_that_is_known_of_it() {
        let block = super::super::super::tests::block(0, 0, 400);
        let timeline = of(&facts_of(0, [block], [stall(0, 1, 2_400, 600)], None)).unwrap();
        assert_eq!(timeline.ended_at, Instant::from_millis(3_000));
        assert!(!timeline.completed);
        assert_eq!(of(&facts_of(0, [], [], None)), None);
    }
}
