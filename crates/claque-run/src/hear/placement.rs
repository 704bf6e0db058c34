//! When a listener heard what, worked out from its facts: which part of which body sounds at which moment.

use std::collections::BTreeSet;

use claque_core::{
    ids::BlockIdx,
    record::{BlockOutcome, Incident},
    time::{Duration, Instant, Speed},
};
use claque_net::{
    audience::HeardBody,
    hearing::{HeardPiece, LONGEST},
};
use claque_store::{
    ListenerFacts,
    timeline::{State, Timeline},
};
use claque_wire::audio::AudioMeter;

/// As much of the wait for the first sound is in the file: a beginning is heard to be late, and nobody listens to a minute of nothing.
const LONGEST_STARTUP: Duration = Duration::from_secs(10);

/// What is to be in the file, and what lies outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placement {
    /// When it begins, of the run.
    pub(super) from: Instant,
    /// How long it is.
    pub(super) length: Duration,
    pub(super) pieces: Vec<HeardPiece>,
    /// How much of the wait for the first sound is left out.
    pub(super) startup_left_out: Duration,
    /// Blocks that were heard and of which there is no audio.
    pub(super) missing: BTreeSet<BlockIdx>,
}

/// From here on something else sounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cue {
    at: Instant,
    what: CueWhat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum CueWhat {
    /// What was paused, from its begin: so does a player after a pause.
    Again,
    /// This block, from its begin.
    Block(BlockIdx),
}

/// What sounds at a moment.
#[derive(Clone, Copy, Debug)]
struct Sounding {
    block: BlockIdx,
    body: Option<usize>,
    /// How much of it was heard, as playing time.
    heard: Duration,
}

/// Places what a listener heard; none if it heard nothing.
pub(super) fn place(
    facts: &ListenerFacts,
    timeline: &Timeline,
    bodies: &[HeardBody],
    speed: Speed,
) -> Option<Placement> {
    let first = timeline.spans.iter().find(|span| span.state == State::Playing)?.from;
    let begin = timeline.spans.first().map_or(first, |span| span.from);
    let startup = first.since(begin);
    let startup_left_out = startup.saturating_sub(LONGEST_STARTUP);
    let from = begin + startup_left_out;
    let mut placer = Placer {
        facts,
        bodies,
        lengths: bodies.iter().map(|body| length_of(body, speed)).collect(),
        from,
        cues: cues(facts),
        sounding: None,
        pieces: Vec::new(),
        missing: BTreeSet::new(),
    };
    for span in timeline.spans.iter().filter(|span| span.state == State::Playing) {
        placer.play(span.from, span.to);
    }
    let length = timeline.ended_at.since(from).min(LONGEST);
    Some(Placement { from, length, pieces: placer.pieces, startup_left_out, missing: placer.missing })
}

/// How long a body plays, also one that broke off.
fn length_of(body: &HeardBody, speed: Speed) -> Duration {
    let mut meter = body.pcm.map_or_else(AudioMeter::new, AudioMeter::with_pcm);
    let pushed = meter.push(&body.bytes).map(|progress| progress.delivered);
    let media = meter.finish().map(|finished| finished.media).or(pushed);
    media.map_or(Duration::ZERO, |media| speed.play_time(media))
}

/// The first time each block was heard, and what the listener did that has another one heard, or one anew. In order of time.
fn cues(facts: &ListenerFacts) -> Vec<Cue> {
    let start = |at, block| Cue { at, what: CueWhat::Block(block) };
    let starts = facts.blocks.iter().filter_map(|record| record.started_at.map(|at| start(at, record.block)));
    let acts = facts.incidents.iter().filter_map(|record| match record.incident {
        Incident::Jumped { to: block, .. } | Incident::VoiceChanged { block } => {
            Some(start(record.at, block))
        }
        Incident::Paused { lasted } => Some(Cue { at: record.at + lasted, what: CueWhat::Again }),
        Incident::Outage { .. }
        | Incident::Resent { .. }
        | Incident::Delayed { .. }
        | Incident::GivenUp { .. }
        | Incident::HungUp { .. }
        | Incident::BargedIn { .. } => None,
    });
    let mut cues: Vec<Cue> = starts.chain(acts).collect();
    cues.sort_unstable();
    cues
}

struct Placer<'a> {
    facts: &'a ListenerFacts,
    bodies: &'a [HeardBody],
    /// How long each plays.
    lengths: Vec<Duration>,
    from: Instant,
    /// Those that are over are taken out when something plays.
    cues: Vec<Cue>,
    sounding: Option<Sounding>,
    pieces: Vec<HeardPiece>,
    missing: BTreeSet<BlockIdx>,
}

impl Placer<'_> {
    /// Something was to be heard from one moment to the next.
    fn play(&mut self, from: Instant, until: Instant) {
        let mut at = from;
        while at < until {
            self.take_cues(at);
            let end = self.cues.first().map_or(until, |cue| cue.at.min(until));
            at = match self.sounding {
                None => end,
                Some(sounding) => self.sound(sounding, at, end),
            };
        }
    }

    fn take_cues(&mut self, now: Instant) {
        let over = self.cues.partition_point(|cue| cue.at <= now);
        let due: Vec<Cue> = self.cues.drain(..over).collect();
        for cue in due {
            match (cue.what, &mut self.sounding) {
                (CueWhat::Block(block), _) => self.begin(block, now),
                (CueWhat::Again, Some(sounding)) => sounding.heard = Duration::ZERO,
                (CueWhat::Again, None) => {}
            }
        }
    }

    fn begin(&mut self, block: BlockIdx, now: Instant) {
        let of_block = || {
            let all = self.bodies.iter().enumerate().filter(|(_, body)| body.block == block);
            all.map(|(place, body)| (place, body.asked_at))
        };
        // In another voice it came again: what sounds is what was asked for last.
        let latest =
            of_block().filter(|(_, asked_at)| *asked_at <= now).max_by_key(|(_, asked_at)| *asked_at);
        let body = latest.or_else(|| of_block().next()).map(|(place, _)| place);
        if body.is_none() {
            self.missing.insert(block);
        }
        self.sounding = Some(Sounding { block, body, heard: Duration::ZERO });
    }

    /// Lets what sounds do so until `end` or its own, whichever comes first. Gives when that is.
    fn sound(&mut self, sounding: Sounding, at: Instant, end: Instant) -> Instant {
        let Sounding { block, body, heard } = sounding;
        // Of what is not there nobody knows when it ends but the next.
        let Some(body) = body else { return end };
        let rest = self.lengths.get(body).map_or(Duration::ZERO, |length| length.saturating_sub(heard));
        if rest.is_zero() {
            self.sounding = None;
            if let Some(next) = self.heard_before(block) {
                self.begin(next, at);
            }
            return if self.sounding.is_some() { at } else { end };
        }
        let lasts = end.since(at).min(rest);
        self.pieces.push(HeardPiece { body, from: heard, at: at.since(self.from), lasts });
        self.sounding = Some(Sounding { heard: heard + lasts, ..sounding });
        at + lasts
    }

    /// The block that follows, if it was heard before: when it sounds for the first time is on record.
    fn heard_before(&self, block: BlockIdx) -> Option<BlockIdx> {
        let is_heard = |outcome| matches!(outcome, BlockOutcome::Played | BlockOutcome::Unplayed);
        let next =
            self.facts.blocks.iter().find(|record| record.block > block && is_heard(record.outcome))?;
        let is_ahead = self.cues.iter().any(|cue| cue.what == CueWhat::Block(next.block));
        (!is_ahead && next.started_at.is_some()).then_some(next.block)
    }
}

#[cfg(test)]
mod tests {
    use claque_core::{
        ids::ListenerId,
        record::{BlockRecord, IncidentRecord, Jump, ListenerRecord, SessionEnd, StallRecord},
        time::MediaTime,
    };
    use claque_store::timeline::Listening;
    use claque_wire::audio::{Container, PcmFormat};

    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    const fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    /// Samples of a block that play for so long at normal speed.
    fn body(block: u32, asked_ms: u64, millis: usize) -> HeardBody {
        HeardBody {
            block: BlockIdx(block),
            asked_at: at(asked_ms),
            container: Some(Container::Pcm),
            pcm: PcmFormat::new(1_000, 1),
            bytes: vec![1; millis * 2],
        }
    }

    fn block(index: u32, started_ms: u64, media_ms: u64) -> BlockRecord {
        BlockRecord {
            started_at: Some(at(started_ms)),
            media: MediaTime::from_millis(media_ms),
            outcome: BlockOutcome::Played,
            ..BlockRecord::wanted(ListenerId(0), BlockIdx(index), Instant::START)
        }
    }

    fn facts(blocks: &[BlockRecord], stalls: &[(u32, u64, u64)], ended_ms: u64) -> ListenerFacts {
        let stall = |&(block, began_ms, waited_ms): &(u32, u64, u64)| StallRecord {
            listener: ListenerId(0),
            block: BlockIdx(block),
            began_at: at(began_ms),
            waited: ms(waited_ms),
        };
        let session = ListenerRecord {
            listener: ListenerId(0),
            document: String::new(),
            blocks: 2,
            intended_at: Instant::START,
            launched_at: Instant::START,
            connect_time: None,
            started_at: blocks.first().and_then(|block| block.started_at),
            playing: None,
            paused: Duration::ZERO,
            ended_at: at(ended_ms),
            end: SessionEnd::Completed,
            foreign_messages: 0,
            warnings: 0,
            unwanted_bytes: None,
            network: None,
        };
        ListenerFacts {
            blocks: blocks.to_vec(),
            stalls: stalls.iter().map(stall).collect(),
            session: Some(session),
            ..ListenerFacts::new(ListenerId(0))
        }
    }

    fn placed(facts: &ListenerFacts, bodies: &[HeardBody], speed: Speed) -> Placement {
        let timeline = Timeline::of(facts, Listening::Straight).unwrap();
        place(facts, &timeline, bodies, speed).unwrap()
    }

    const fn piece(body: usize, from: u64, at: u64, lasts: u64) -> HeardPiece {
        HeardPiece { body, from: ms(from), at: ms(at), lasts: ms(lasts) }
    }

    #[test]
    fn blocks_sound_one_after_the_other_with_silence_where_the_next_was_not_there() {
        let facts = facts(&[block(0, 500, 1_000), block(1, 2_000, 700)], &[(1, 1_500, 500)], 2_700);
        let placed = placed(&facts, &[body(0, 0, 1_000), body(1, 0, 700)], Speed::NORMAL);
        assert_eq!((placed.from, placed.length), (Instant::START, ms(2_700)));
        assert_eq!(placed.pieces, [piece(0, 0, 500, 1_000), piece(1, 0, 2_000, 700)]);
    }

    #[test]
    fn a_stream_that_stalls_goes_on_where_it_stood_still() {
        let facts = facts(&[block(0, 200, 1_000)], &[(0, 600, 300)], 1_500);
        let placed = placed(&facts, &[body(0, 0, 1_000)], Speed::NORMAL);
        assert_eq!(placed.pieces, [piece(0, 0, 200, 400), piece(0, 400, 900, 600)]);
    }

    #[test]
    fn of_a_long_startup_the_last_ten_seconds_are_in_the_file() {
        let facts = facts(&[block(0, 25_000, 1_000)], &[], 26_000);
        let placed = placed(&facts, &[body(0, 0, 1_000)], Speed::NORMAL);
        assert_eq!((placed.from, placed.startup_left_out), (at(15_000), ms(15_000)));
        assert_eq!((placed.length, &placed.pieces[..]), (ms(11_000), &[piece(0, 0, 10_000, 1_000)][..]));
    }

    #[test]
    fn at_twice_the_speed_a_body_plays_half_as_long() {
        let facts = facts(&[block(0, 0, 1_000), block(1, 500, 1_000)], &[], 1_000);
        let speed = Speed::from_thousandths(2_000).unwrap();
        let placed = placed(&facts, &[body(0, 0, 1_000), body(1, 0, 1_000)], speed);
        assert_eq!(placed.pieces, [piece(0, 0, 0, 500), piece(1, 0, 500, 500)]);
    }

    #[test]
    fn who_went_back_hears_again_what_was_heard_before() {
        let blocks = [block(0, 0, 1_000), block(1, 1_000, 1_000), block(2, 3_500, 500)];
        let mut facts = facts(&blocks, &[], 4_000);
        facts.incidents.push(IncidentRecord {
            listener: ListenerId(0),
            at: at(1_500),
            incident: Incident::Jumped { from: BlockIdx(1), to: BlockIdx(0), how: Jump::Seek },
        });
        let bodies = [body(0, 0, 1_000), body(1, 0, 1_000), body(2, 0, 500)];
        let again = [
            piece(0, 0, 0, 1_000),
            piece(1, 0, 1_000, 500),
            piece(0, 0, 1_500, 1_000),
            piece(1, 0, 2_500, 1_000),
            piece(2, 0, 3_500, 500),
        ];
        assert_eq!(placed(&facts, &bodies, Speed::NORMAL).pieces, again);
    }

    #[test]
    fn after_a_pause_a_block_is_heard_from_its_begin_and_after_one_between_blocks_the_next() {
        let mut facts = facts(&[block(0, 0, 1_000), block(1, 3_100, 500)], &[(1, 2_000, 300)], 3_600);
        for (from, lasted) in [(400, 600), (2_200, 800)] {
            let incident = Incident::Paused { lasted: ms(lasted) };
            facts.incidents.push(IncidentRecord { listener: ListenerId(0), at: at(from), incident });
        }
        let placed = placed(&facts, &[body(0, 0, 1_000), body(1, 0, 500)], Speed::NORMAL);
        assert_eq!(placed.pieces, [piece(0, 0, 0, 400), piece(0, 0, 1_000, 1_000), piece(1, 0, 3_100, 500)]);
    }

    #[test]
    fn of_a_block_that_came_twice_the_last_that_was_asked_for_is_heard() {
        let facts = facts(&[block(0, 500, 1_000)], &[], 1_500);
        let bodies = [body(0, 0, 1_000), body(0, 300, 1_000), body(0, 900, 1_000)];
        assert_eq!(placed(&facts, &bodies, Speed::NORMAL).pieces, [piece(1, 0, 500, 1_000)]);
    }

    #[test]
    fn what_was_not_kept_is_silent_and_named() {
        let facts = facts(&[block(0, 0, 1_000), block(1, 1_000, 1_000)], &[], 2_000);
        let placed = placed(&facts, &[body(1, 0, 1_000)], Speed::NORMAL);
        assert_eq!(placed.pieces, [piece(0, 0, 1_000, 1_000)]);
        assert_eq!(placed.missing, BTreeSet::from([BlockIdx(0)]));
    }

    #[test]
    fn who_heard_nothing_has_nothing_to_be_heard() {
        let mut facts = facts(&[], &[], 2_000);
        facts.session.as_mut().unwrap().end = SessionEnd::Stopped;
        let timeline = Timeline::of(&facts, Listening::Straight).unwrap();
        assert_eq!(place(&facts, &timeline, &[], Speed::NORMAL), None);
    }
}
