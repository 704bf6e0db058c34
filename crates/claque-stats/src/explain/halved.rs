//! What stalls would have been, had one part of every block's way been half as long: recorded arrivals played again.

use claque_core::{
    continuity::{Replay, ReplayBlock, replay},
    record::{BlockOutcome, BlockRecord, ListenerRecord, StallRecord},
    time::{Duration, Instant, MediaTime, Speed, duration_nanos},
};
use serde::{Deserialize, Serialize};

use super::way::{BlockWay, Part};

/// The parts that can be halved.
const HALVED: [Part; 5] = [Part::Asking, Part::Retrying, Part::Acceptance, Part::Making, Part::Delivery];

/// How blocks are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayTerms {
    /// How fast.
    pub speed: Speed,
    /// Blocks that must be there before playback begins.
    pub min_buffer: usize,
}

/// What stalls would have been, an estimate: what a player asks for when depends on what it has played, and how long a queue is on
/// how fast it is served. Both stay as they were here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Halved {
    /// Listeners that were played again: those of whom this comes to the very startup and stalls on record.
    pub listeners: u64,
    /// The others.
    pub listeners_left_out: u64,
    /// Time in which the listeners played again stalled, in ns.
    pub stalled_ns: u64,
    /// Time in which the others stalled, in ns; in no figure below.
    pub left_out_stalled_ns: u64,
    /// For each part but the player's, in order of the way.
    pub parts: Vec<HalvedPart>,
}

/// What stalls would have been, had this part been half as long.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HalvedPart {
    /// The part.
    pub part: Part,
    /// Time in which the listeners played again would have stalled, in ns.
    pub stalled_ns: u64,
}

/// Listeners played again so far.
#[derive(Clone, Debug, Default)]
pub(super) struct HalvedSum {
    listeners: u64,
    left_out: u64,
    stalled: Duration,
    left_out_stalled: Duration,
    would_stall: [Duration; HALVED.len()],
}

impl HalvedSum {
    /// Adds a listener, whose blocks are in order of their numbers.
    pub(super) fn add(
        &mut self,
        terms: ReplayTerms,
        session: Option<&ListenerRecord>,
        blocks: &[(&BlockRecord, Option<BlockWay>)],
        stalls: &[StallRecord],
    ) {
        let stalled: Duration = stalls.iter().map(|stall| stall.waited).sum();
        let Some(recorded) = session.and_then(|session| Recorded::of(terms, session, blocks, stalls)) else {
            self.left_out += 1;
            self.left_out_stalled += stalled;
            return;
        };
        self.listeners += 1;
        self.stalled += stalled;
        for (part, sum) in HALVED.into_iter().zip(&mut self.would_stall) {
            *sum += stalled_in(&recorded.halving(part, blocks));
        }
    }

    pub(super) fn finish(&self) -> Halved {
        Halved {
            listeners: self.listeners,
            listeners_left_out: self.left_out,
            stalled_ns: duration_nanos(self.stalled),
            left_out_stalled_ns: duration_nanos(self.left_out_stalled),
            parts: HALVED
                .into_iter()
                .zip(&self.would_stall)
                .map(|(part, stalled)| HalvedPart { part, stalled_ns: duration_nanos(*stalled) })
                .collect(),
        }
    }
}

/// A listener of whom playing it again comes to what is on record.
struct Recorded {
    terms: ReplayTerms,
    intended_at: Instant,
    blocks: Vec<ReplayBlock>,
}

impl Recorded {
    fn of(
        terms: ReplayTerms,
        session: &ListenerRecord,
        blocks: &[(&BlockRecord, Option<BlockWay>)],
        stalls: &[StallRecord],
    ) -> Option<Self> {
        let settled: Option<Vec<_>> =
            (0_u32..).zip(blocks).map(|(number, (block, way))| settled(number, block, *way)).collect();
        let recorded = Self { terms, intended_at: session.intended_at, blocks: settled? };
        let played = recorded.play(&recorded.blocks);
        let startup = session.started_at.map(|at| at.since(session.intended_at));
        let same = played.startup == startup
            && played
                .stalls
                .iter()
                .map(|stall| (stall.began_at, stall.waited))
                .eq(stalls.iter().map(|stall| (stall.began_at, stall.waited)));
        same.then_some(recorded)
    }

    fn play(&self, blocks: &[ReplayBlock]) -> Replay {
        replay(self.intended_at, blocks, self.terms.speed, self.terms.min_buffer)
    }

    fn halving(&self, part: Part, ways: &[(&BlockRecord, Option<BlockWay>)]) -> Replay {
        let sooner = |(block, (_, way)): (&ReplayBlock, &(&BlockRecord, Option<BlockWay>))| {
            let gain = way.map_or(Duration::ZERO, |way| way.whole_part(part) / 2);
            let earlier =
                |at: Instant| Instant::from_nanos(at.as_nanos().saturating_sub(duration_nanos(gain)));
            ReplayBlock { settled_at: block.settled_at.map(earlier), media: block.media }
        };
        self.play(&self.blocks.iter().zip(ways).map(sooner).collect::<Vec<_>>())
    }
}

/// The block as it is played again; none where its way is not known or its number is not the next.
fn settled(number: u32, block: &BlockRecord, way: Option<BlockWay>) -> Option<ReplayBlock> {
    if block.block.0 != number {
        return None;
    }
    match (block.outcome, way) {
        (BlockOutcome::Skipped, _) => Some(ReplayBlock {
            settled_at: Some(block.ready_at.or(block.acknowledged_at)?),
            media: MediaTime::ZERO,
        }),
        (_, Some(way)) => Some(ReplayBlock { settled_at: Some(way.whole_at()), media: block.media }),
        (_, None) => None,
    }
}

fn stalled_in(replay: &Replay) -> Duration {
    replay.stalls.iter().map(|stall| stall.waited).sum()
}
