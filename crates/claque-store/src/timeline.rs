//! What one listener went through, as spans of time: what pages draw and what is played to who wants to hear it.

use claque_core::{
    event::FailureScope,
    record::{BlockOutcome, BlockRecord, Incident},
    time::{Duration, Instant, Speed, duration_nanos},
};

use crate::ListenerFacts;

/// What a listener does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for the first sound.
    Buffering,
    /// Hears something.
    Playing,
    /// Waits in the middle of it.
    Stalled,
    /// Waits for the first sound of a later utterance of a conversation.
    Awaiting,
    /// Thinks about an utterance that is over.
    Thinking,
    /// Wants silence.
    Paused,
}

/// How listeners listen, as far as it says what they did when nothing was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listening {
    /// Block after block.
    Straight,
    /// In a conversation, at this rate.
    Turns(Speed),
}

/// One state from a moment to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it did.
    pub state: State,
    /// From here on.
    pub from: Instant,
    /// Until here.
    pub to: Instant,
}

/// A listener from intended start to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Without gaps, in order; none is empty.
    pub spans: Vec<Span>,
    /// When the session ended, or the last moment of which anything is known.
    pub ended_at: Instant,
    /// Whether the listener came to the end of the text. Otherwise the session failed, was stopped, or has no end on
    /// record.
    pub completed: bool,
}

impl Timeline {
    /// The timeline of a listener; none if nothing at all is known of it.
    #[must_use]
    pub fn of(facts: &ListenerFacts, listening: Listening) -> Option<Self> {
        let session = facts.session.as_ref();
        let intended_at = facts.intended_at()?;
        let ended_at = session.map_or_else(|| last_known(facts), |session| session.ended_at).max(intended_at);
        let first_heard = || facts.blocks.iter().filter_map(|block| block.started_at).min();
        let started_at = session.and_then(|session| session.started_at).or_else(first_heard);
        let mut cursor = Cursor { at: intended_at, end: ended_at, pauses: pauses(facts), spans: Vec::new() };
        cursor.go(started_at.unwrap_or(ended_at), State::Buffering);
        if started_at.is_some() {
            match listening {
                Listening::Straight => {
                    cursor.hear(facts, ended_at);
                    cursor.go(ended_at, State::Playing);
                }
                Listening::Turns(speed) => cursor.converse(facts, speed),
            }
        }
        let completed = session.is_some_and(|session| session.end.has_heard_all());
        Some(Self { spans: cursor.spans, ended_at, completed })
    }
}

/// From and until when nothing was to be heard because the listener wanted it so, the earliest last.
fn pauses(facts: &ListenerFacts) -> Vec<(Instant, Instant)> {
    let pause = |record: &claque_core::record::IncidentRecord| match record.incident {
        Incident::Paused { lasted } => Some((record.at, later(record.at, lasted))),
        Incident::Outage { .. }
        | Incident::Resent { .. }
        | Incident::Delayed { .. }
        | Incident::GivenUp { .. }
        | Incident::Jumped { .. }
        | Incident::VoiceChanged { .. }
        | Incident::HungUp { .. }
        | Incident::BargedIn { .. } => None,
    };
    let mut pauses: Vec<_> = facts.incidents.iter().filter_map(pause).collect();
    pauses.sort_unstable();
    pauses.reverse();
    pauses
}

struct Cursor {
    at: Instant,
    end: Instant,
    /// Those that lie ahead, the next one last.
    pauses: Vec<(Instant, Instant)>,
    spans: Vec<Span>,
}

impl Cursor {
    /// Utterance after utterance: waits for its first sound, hears it, thinks.
    fn converse(&mut self, facts: &ListenerFacts, speed: Speed) {
        for block in &facts.blocks {
            let Some(wanted_at) = block.intended_at else { continue };
            self.go(wanted_at, State::Thinking);
            match block.started_at {
                Some(started_at) => {
                    self.go(started_at, State::Awaiting);
                    let over_at = over_at(facts, block, started_at, speed);
                    self.hear(facts, over_at);
                    self.go(over_at, State::Playing);
                }
                // Of an utterance that never sounded it is known when that was known, or not at all.
                None => self.go(unheard_at(facts, block).unwrap_or(self.end), State::Awaiting),
            }
        }
        self.go(self.end, State::Thinking);
    }

    /// Plays until the last stall that began before `until` is over.
    fn hear(&mut self, facts: &ListenerFacts, until: Instant) {
        // In order of time, but for imported files.
        let mut stalls: Vec<_> = facts.stalls.iter().filter(|stall| stall.began_at < until).collect();
        stalls.sort_by_key(|stall| stall.began_at);
        for stall in stalls {
            if later(stall.began_at, stall.waited) > self.at {
                self.go(stall.began_at, State::Playing);
                self.wait(stall.began_at, stall.waited);
            }
        }
    }

    /// A stall: pauses inside it are none of it, and it is over so much later.
    fn wait(&mut self, began_at: Instant, waited: Duration) {
        let mut over_at = later(began_at, waited);
        for (from, until) in self.pauses.iter().rev() {
            if *from >= over_at {
                break;
            }
            over_at = later(over_at, until.since((*from).max(began_at)));
        }
        self.go(over_at, State::Stalled);
    }

    /// What lies in the past or behind the end is cut off: imported files are not exact.
    fn go(&mut self, to: Instant, state: State) {
        while let Some((from, until)) = self.pauses.pop_if(|(from, _)| *from < to) {
            self.push(from, state);
            self.push(until, State::Paused);
        }
        self.push(to, state);
    }

    fn push(&mut self, to: Instant, state: State) {
        let to = to.min(self.end);
        if to > self.at {
            self.spans.push(Span { state, from: self.at, to });
            self.at = to;
        }
    }
}

/// When the sound of an utterance was over: at the interruption, or when all of it was heard.
fn over_at(facts: &ListenerFacts, block: &BlockRecord, started_at: Instant, speed: Speed) -> Instant {
    let interruption = facts.incidents.iter().find(|record| match record.incident {
        Incident::BargedIn { block: interrupted } => interrupted == block.block,
        Incident::Outage { .. }
        | Incident::Resent { .. }
        | Incident::Delayed { .. }
        | Incident::GivenUp { .. }
        | Incident::Paused { .. }
        | Incident::Jumped { .. }
        | Incident::VoiceChanged { .. }
        | Incident::HungUp { .. } => false,
    });
    if let Some(interruption) = interruption {
        return interruption.at;
    }
    let stalls = facts.stalls.iter().filter(|stall| stall.block == block.block);
    let stalled: Duration = stalls.map(|stall| stall.waited).sum();
    later(later(started_at, speed.play_time(block.media)), stalled)
}

/// When it was known that nothing of a block would be heard.
fn unheard_at(facts: &ListenerFacts, block: &BlockRecord) -> Option<Instant> {
    match block.outcome {
        BlockOutcome::Failed(_) => {
            let of_block = |kills: &FailureScope| *kills == FailureScope::Block(block.block);
            facts.errors.iter().filter(|error| of_block(&error.failure.kills)).map(|error| error.at).max()
        }
        BlockOutcome::Skipped => block.ready_at.or(block.acknowledged_at),
        BlockOutcome::Played | BlockOutcome::Unplayed => block.complete_at.or(block.ready_at),
        BlockOutcome::Stopped | BlockOutcome::Abandoned => None,
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
    Instant::from_nanos(at.as_nanos().saturating_add(duration_nanos(span)))
}

#[cfg(test)]
mod tests {
    use claque_core::{
        ids::{BlockIdx, ListenerId},
        record::{IncidentRecord, ListenerRecord, SessionEnd, StallRecord},
        time::MediaTime,
    };

    use super::*;

    /// A block of two seconds.
    fn block(listener: u32, index: u32, ready_ms: u64) -> BlockRecord {
        let at = Instant::from_millis(ready_ms);
        BlockRecord {
            ready_at: Some(at),
            started_at: Some(at),
            media: MediaTime::from_millis(2_000),
            outcome: BlockOutcome::Played,
            ..BlockRecord::wanted(ListenerId(listener), BlockIdx(index), Instant::START)
        }
    }

    fn stall(listener: u32, block: u32, began_ms: u64, waited_ms: u64) -> StallRecord {
        let waited = Duration::from_millis(waited_ms);
        let (listener, block) = (ListenerId(listener), BlockIdx(block));
        StallRecord { listener, block, began_at: Instant::from_millis(began_ms), waited }
    }

    fn session(listener: u32, started_ms: Option<u64>, ended_ms: u64) -> ListenerRecord {
        ListenerRecord {
            listener: ListenerId(listener),
            document: String::new(),
            blocks: 2,
            intended_at: Instant::START,
            launched_at: Instant::START,
            connect_time: None,
            started_at: started_ms.map(Instant::from_millis),
            playing: None,
            paused: Duration::ZERO,
            ended_at: Instant::from_millis(ended_ms),
            end: SessionEnd::Completed,
            foreign_messages: 0,
            warnings: 0,
            unwanted_bytes: None,
            network: None,
        }
    }

    fn facts_of(
        listener: u32,
        blocks: impl IntoIterator<Item = BlockRecord>,
        stalls: impl IntoIterator<Item = StallRecord>,
        session: Option<ListenerRecord>,
    ) -> ListenerFacts {
        let (blocks, stalls) = (blocks.into_iter().collect(), stalls.into_iter().collect());
        ListenerFacts { blocks, stalls, session, ..ListenerFacts::new(ListenerId(listener)) }
    }

    const fn span(state: State, from: u64, to: u64) -> Span {
        Span { state, from: Instant::from_millis(from), to: Instant::from_millis(to) }
    }

    #[test]
    fn a_listener_waits_plays_stalls_and_plays() {
        let facts = facts_of(0, [], [stall(0, 2, 3_000, 500)], Some(session(0, Some(1_000), 6_000)));
        let timeline = Timeline::of(&facts, Listening::Straight).unwrap();
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
    fn in_a_conversation_nobody_plays_who_waits_for_an_answer_or_thinks() {
        let at = Instant::from_millis;
        // Each sounds for two seconds, the second with half a second of silence in it; the third is interrupted after one.
        let turn = |index, wanted_ms, heard_ms| BlockRecord {
            intended_at: Some(at(wanted_ms)),
            started_at: Some(at(heard_ms)),
            ..block(0, index, heard_ms)
        };
        let turns = [turn(0, 0, 1_000), turn(1, 4_000, 9_000), turn(2, 12_000, 13_000)];
        let mut facts = facts_of(0, turns, [stall(0, 1, 10_000, 500)], Some(session(0, Some(1_000), 14_000)));
        let interruption = Incident::BargedIn { block: BlockIdx(2) };
        facts.incidents.push(IncidentRecord {
            listener: facts.listener,
            at: at(14_000),
            incident: interruption,
        });
        let timeline = Timeline::of(&facts, Listening::Turns(Speed::NORMAL)).unwrap();
        assert_eq!(
            timeline.spans,
            [
                span(State::Buffering, 0, 1_000),
                span(State::Playing, 1_000, 3_000),
                span(State::Thinking, 3_000, 4_000),
                span(State::Awaiting, 4_000, 9_000),
                span(State::Playing, 9_000, 10_000),
                span(State::Stalled, 10_000, 10_500),
                span(State::Playing, 10_500, 11_500),
                span(State::Thinking, 11_500, 12_000),
                span(State::Awaiting, 12_000, 13_000),
                span(State::Playing, 13_000, 14_000)
            ]
        );
    }

    #[test]
    fn a_pause_is_no_playing_and_none_of_the_stall_it_lies_in() {
        let mut facts = facts_of(0, [], [stall(0, 2, 3_000, 500)], Some(session(0, Some(1_000), 8_000)));
        for (from, lasted) in [(1_500, 500), (3_200, 1_000)] {
            let incident = Incident::Paused { lasted: Duration::from_millis(lasted) };
            facts.incidents.push(IncidentRecord {
                listener: facts.listener,
                at: Instant::from_millis(from),
                incident,
            });
        }
        assert_eq!(
            Timeline::of(&facts, Listening::Straight).unwrap().spans,
            [
                span(State::Buffering, 0, 1_000),
                span(State::Playing, 1_000, 1_500),
                span(State::Paused, 1_500, 2_000),
                span(State::Playing, 2_000, 3_000),
                span(State::Stalled, 3_000, 3_200),
                span(State::Paused, 3_200, 4_200),
                span(State::Stalled, 4_200, 4_500),
                span(State::Playing, 4_500, 8_000)
            ]
        );
    }

    #[test]
    fn who_never_heard_anything_was_buffering_all_the_time() {
        let timeline =
            Timeline::of(&facts_of(0, [], [], Some(session(0, None, 6_000))), Listening::Straight).unwrap();
        assert_eq!(timeline.spans, [span(State::Buffering, 0, 6_000)]);
    }

    #[test]
    fn a_session_without_an_end_goes_on_to_the_last_that_is_known_of_it() {
        let block = block(0, 0, 400);
        let facts = facts_of(0, [block], [stall(0, 1, 2_400, 600)], None);
        let timeline = Timeline::of(&facts, Listening::Straight).unwrap();
        assert_eq!(timeline.ended_at, Instant::from_millis(3_000));
        assert!(!timeline.completed);
        assert_eq!(Timeline::of(&facts_of(0, [], [], None), Listening::Straight), None);
    }
}
