//! What another start buffer would have meant: stalls against startup, from the recorded arrivals. Nothing is concluded
//! from listeners of whom playing them again with their own buffer does not come to what is on record.

mod stream;

use claque_core::{
    continuity::{ReplayBlock, least_start_buffer, replay},
    record::{Incident, SessionEnd},
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_stats::Sample;
use claque_store::ListenerFacts;
use serde::Serialize;

use self::stream::StreamSum;
pub(crate) use self::stream::StreamsTold;
use super::Frame;

/// Blocks of all listeners played again at most, for each buffer; of larger runs, evenly spaced listeners are.
const MOST_BLOCKS: u64 = 200_000;

/// Buffers tried: each up to 12, then ever fewer.
const TRIED: [u32; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 512];

/// How far a moment that is played again may be from the one on record: files hold whole nanoseconds, older ones
/// thousandths of a second.
const ROUNDING: Duration = Duration::from_millis(1);

/// What was waited for before playback began, as the scenario says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartBuffer {
    /// So many whole blocks.
    Blocks(usize),
    /// So much audio of a stream.
    Media(MediaTime),
    /// It does not say.
    Unknown,
}

/// The trade between stalls and startup.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Buffers {
    /// Listeners played again.
    pub(crate) listeners: u64,
    /// Those who could not be: they did something besides listening, or did not come to the end of the text without trouble.
    pub(crate) left_out: u64,
    /// Every how many listeners one was looked at.
    pub(crate) every: u64,
    /// The least buffer with which none of them would have stalled; none if nobody could have begun.
    pub(crate) least: Option<u64>,
    pub(crate) rows: Vec<Row>,
    /// What can be told.
    #[serde(skip)]
    pub(crate) told: ToldText,
}

/// What can be told of other start buffers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ToldText {
    /// What there is.
    Replayed,
    /// What streams tell.
    Streams(StreamsTold),
    /// Nothing: the scenario does not say the start buffer.
    NotSaid,
    /// Nothing: of so many listeners without trouble playing again did not come to what is on record.
    Disagrees(u64),
    /// Nothing: nobody could be played again.
    Nobody,
}

/// What a start buffer would have meant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    /// Blocks that must be ready before playback starts.
    pub(crate) buffer: u64,
    pub(crate) stalls: u64,
    pub(crate) stalled_listeners: u64,
    pub(crate) stalled_ms: f64,
    pub(crate) startup_p50_ms: Option<f64>,
    pub(crate) startup_p95_ms: Option<f64>,
    pub(crate) startup_max_ms: Option<f64>,
}

/// One listener as recorded: little enough to keep.
#[derive(Clone, Debug)]
struct Session {
    intended_at: Instant,
    blocks: Vec<ReplayBlock>,
}

#[derive(Clone, Debug)]
pub(super) struct BufferSum {
    start_buffer: StartBuffer,
    speed: Speed,
    every: u64,
    seen: u64,
    left_out: u64,
    disagree: u64,
    sessions: Vec<Session>,
    streams: StreamSum,
}

impl BufferSum {
    pub(super) fn new(frame: &Frame) -> Self {
        Self {
            start_buffer: frame.start_buffer,
            speed: frame.speed,
            every: frame.blocks.div_ceil(MOST_BLOCKS).max(1),
            seen: 0,
            left_out: 0,
            disagree: 0,
            sessions: Vec::new(),
            streams: StreamSum::new(frame.listening),
        }
    }

    pub(super) fn add(&mut self, facts: &ListenerFacts) {
        let own = match self.start_buffer {
            StartBuffer::Blocks(own) => own,
            StartBuffer::Media(own) => return self.streams.add(facts, own),
            StartBuffer::Unknown => return,
        };
        let played = self.seen.is_multiple_of(self.every);
        self.seen += 1;
        let Some(intended_at) = facts.intended_at().filter(|_| played) else { return };
        let session = Session { intended_at, blocks: facts.to_replay() };
        let is_straight = !acted(facts) && completed(facts);
        if is_straight && session.agrees(facts, self.speed, own) {
            self.sessions.push(session);
        } else if is_straight && facts.errors.is_empty() && facts.incidents.is_empty() {
            self.disagree += 1;
        } else {
            self.left_out += 1;
        }
    }

    fn told(&self) -> ToldText {
        match (self.start_buffer, self.disagree) {
            (StartBuffer::Media(own), _) => ToldText::Streams(self.streams.finish(own)),
            (StartBuffer::Unknown, _) => ToldText::NotSaid,
            (StartBuffer::Blocks(_), 0) if self.sessions.is_empty() => ToldText::Nobody,
            (StartBuffer::Blocks(_), 0) => ToldText::Replayed,
            (StartBuffer::Blocks(_), disagree) => ToldText::Disagrees(disagree),
        }
    }

    pub(super) fn finish(&self) -> Buffers {
        let told = self.told();
        let nothing = Buffers {
            listeners: count(self.sessions.len()),
            left_out: self.left_out,
            every: self.every,
            least: None,
            rows: Vec::new(),
            told,
        };
        match told {
            ToldText::Replayed => self.tried(nothing),
            ToldText::Streams(_) | ToldText::NotSaid | ToldText::Disagrees(_) | ToldText::Nobody => nothing,
        }
    }

    fn tried(&self, nothing: Buffers) -> Buffers {
        let least = self
            .sessions
            .iter()
            .filter_map(|session| least_start_buffer(session.intended_at, &session.blocks, self.speed))
            .max();
        let longest = self.sessions.iter().map(|session| session.blocks.len()).max().unwrap_or(0);
        let tried = TRIED.into_iter().filter_map(|buffer| usize::try_from(buffer).ok());
        let mut buffers: Vec<usize> = tried.take_while(|&buffer| buffer < longest).collect();
        buffers.extend(least);
        if let StartBuffer::Blocks(own) = self.start_buffer {
            buffers.push(own.min(longest));
        }
        buffers.push(longest);
        buffers.sort_unstable();
        buffers.dedup();
        Buffers {
            least: least.map(count),
            rows: buffers.into_iter().filter(|&buffer| buffer > 0).map(|buffer| self.row(buffer)).collect(),
            ..nothing
        }
    }

    fn row(&self, buffer: usize) -> Row {
        let mut startups = Sample::default();
        let (mut stalls, mut stalled_listeners, mut stalled) = (0, 0, Duration::ZERO);
        for session in &self.sessions {
            let replayed = replay(session.intended_at, &session.blocks, self.speed, buffer);
            stalls += count(replayed.stalls.len());
            stalled_listeners += u64::from(!replayed.stalls.is_empty());
            stalled += replayed.stalls.iter().map(|stall| stall.waited).sum::<Duration>();
            replayed.startup.into_iter().for_each(|startup| startups.push(startup));
        }
        let millis = |nanos| Instant::from_nanos(nanos).as_millis_f64();
        let at = |share| startups.quantile_per_mille(share).map(millis);
        Row {
            buffer: count(buffer),
            stalls,
            stalled_listeners,
            stalled_ms: stalled.as_secs_f64() * 1_000.0,
            startup_p50_ms: at(500),
            startup_p95_ms: at(950),
            startup_max_ms: startups.per_mille(1_000).map(millis),
        }
    }
}

impl Session {
    /// Whether playing it again with its own buffer comes to the startup and the stalls on record.
    fn agrees(&self, facts: &ListenerFacts, speed: Speed, own: usize) -> bool {
        let replayed = replay(self.intended_at, &self.blocks, speed, own);
        let started_at = facts.session.as_ref().and_then(|session| session.started_at);
        let is_near = |one: Duration, other: Duration| one.abs_diff(other) <= ROUNDING;
        let same_startup = match (replayed.startup, started_at) {
            (Some(startup), Some(at)) => is_near(startup, at.since(self.intended_at)),
            (startup, at) => startup.is_none() && at.is_none(),
        };
        let stalls = replayed.stalls.iter().zip(&facts.stalls);
        same_startup
            && replayed.stalls.len() == facts.stalls.len()
            && stalls.into_iter().all(|(stall, on_record)| {
                is_near(stall.began_at.since(Instant::START), on_record.began_at.since(Instant::START))
                    && is_near(stall.waited, on_record.waited)
            })
    }
}

/// Whether a listener did anything besides listening: then arrivals alone do not say what it heard when.
fn acted(facts: &ListenerFacts) -> bool {
    facts.incidents.iter().any(|record| match record.incident {
        Incident::Paused { .. }
        | Incident::Jumped { .. }
        | Incident::VoiceChanged { .. }
        | Incident::HungUp { .. }
        | Incident::BargedIn { .. } => true,
        Incident::Outage { .. }
        | Incident::Resent { .. }
        | Incident::Delayed { .. }
        | Incident::GivenUp { .. } => false,
    })
}

fn completed(facts: &ListenerFacts) -> bool {
    facts.session.as_ref().is_some_and(|session| session.end == SessionEnd::Completed)
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use claque_core::record::{IncidentRecord, StallRecord};
    use claque_store::timeline::Listening;

    use super::{
        super::super::tests::{block, facts_of, session, stall},
        *,
    };

    fn frame(start_buffer: StartBuffer) -> Frame {
        Frame {
            horizon: Instant::from_millis(40_000),
            speed: Speed::NORMAL,
            listeners: 1,
            blocks: 3,
            listening: Listening::Straight,
            start_buffer,
            window: None,
            heard: None,
        }
    }

    /// A listener whose blocks of two seconds were ready then, of whom this is on record.
    fn facts(ready_ms: &[u64], started_ms: u64, stalls: &[StallRecord]) -> ListenerFacts {
        let blocks: Vec<_> = (0..).zip(ready_ms).map(|(index, &ready)| block(0, index, ready)).collect();
        facts_of(0, blocks, stalls.iter().copied(), Some(session(0, Some(started_ms), 20_000)))
    }

    fn buffers(own: usize, listeners: &[ListenerFacts]) -> Buffers {
        let mut sum = BufferSum::new(&frame(StartBuffer::Blocks(own)));
        listeners.iter().for_each(|facts| sum.add(facts));
        sum.finish()
    }

    #[test]
    fn patience_costs_startup_and_saves_stalls() {
        // Each lasts two seconds.
        let stalls = [stall(0, 1, 3_000, 1_000), stall(0, 2, 6_000, 3_000)];
        let trade = buffers(1, &[facts(&[1_000, 4_000, 9_000], 1_000, &stalls)]);
        let told: Vec<_> =
            trade.rows.iter().map(|row| (row.buffer, row.stalls, row.startup_max_ms)).collect();
        assert_eq!(told, [(1, 2, Some(1_000.0)), (2, 1, Some(4_000.0)), (3, 0, Some(9_000.0))]);
        assert_eq!((trade.least, trade.listeners, trade.told), (Some(3), 1, ToldText::Replayed));
        assert_eq!(trade.rows[0].startup_p50_ms, None, "one listener has no median");
    }

    #[test]
    fn who_was_served_in_time_needs_one_block() {
        assert_eq!(buffers(1, &[facts(&[1_000, 2_000, 3_000], 1_000, &[])]).least, Some(1));
    }

    #[test]
    fn what_is_not_on_record_concludes_nothing() {
        let nothing = |told, trade: Buffers| {
            assert_eq!((trade.told, trade.least, trade.rows), (told, None, vec![]));
        };
        // On record is no stall, and playing again has two.
        let other = facts(&[1_000, 4_000, 9_000], 1_000, &[]);
        nothing(ToldText::Disagrees(1), buffers(1, &[facts(&[1_000, 2_000], 1_000, &[]), other.clone()]));
        // It began a second later than its blocks were there.
        nothing(ToldText::Disagrees(1), buffers(1, &[facts(&[1_000, 2_000], 2_000, &[])]));
        nothing(ToldText::Nobody, buffers(1, &[facts_of(0, [], [], None)]));
        let mut unknown = BufferSum::new(&frame(StartBuffer::Unknown));
        unknown.add(&other);
        nothing(ToldText::NotSaid, unknown.finish());
    }

    #[test]
    fn who_did_more_than_listen_is_left_out_and_counted() {
        let mut jumper = facts(&[1_000, 4_000, 9_000], 1_000, &[]);
        let incident = Incident::Paused { lasted: Duration::from_secs(9) };
        jumper.incidents.push(IncidentRecord {
            listener: jumper.listener,
            at: Instant::from_millis(2_000),
            incident,
        });
        let trade = buffers(1, &[facts(&[1_000, 2_000], 1_000, &[]), jumper]);
        assert_eq!((trade.told, trade.listeners, trade.left_out), (ToldText::Replayed, 1, 1));
    }
}
