//! Where the waiting of a run comes from: every block's way in parts that add up, and the parts that startups and stalls are made of.
//!
//! [`BlockWay`] is one block's, [`ExplanationBuilder`] sums up listeners. Every definition is in `docs/explain.md`. Nothing is guessed: a
//! block without all of its moments is counted apart.

mod halved;
mod rise;
mod way;

use claque_core::{
    record::{BlockRecord, ListenerRecord, StallRecord},
    time::{Duration, duration_nanos},
};
use serde::{Deserialize, Serialize};

use self::halved::HalvedSum;
pub use self::{
    halved::{Halved, HalvedPart, ReplayTerms},
    rise::{BeforeStall, LOOK_BACK, Levels, Rise},
    way::{BlockWay, Part, PartTimes, WayUnknown},
};
use crate::sample::{Sample, millis, rounded_ratio};

/// Where the waiting of a run comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// From when a block was wanted to when it was heard, or whole where it was not heard; of delivered blocks.
    pub blocks: Attribution,
    /// From a listener's intended start to its first sound.
    pub startups: Attribution,
    /// In a conversation, from when a later utterance was wanted to its first sound; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Attribution>,
    /// Stalls.
    pub stalls: Attribution,
    /// Blocks that are in `blocks` and were not acknowledged before they were made: their acceptance is in their making.
    pub not_acknowledged: u64,
    /// Blocks with a record that are not in `blocks`.
    pub apart: BlocksApart,
    /// What stalls would have been with one part half as long; absent where blocks are not played whole.
    pub halved: Option<Halved>,
}

/// Blocks of which no way is told, by the reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlocksApart {
    /// Failed, given up, or still awaited at the end.
    pub not_delivered: u64,
    /// Nothing in them to hear.
    pub silent: u64,
    /// A moment is on no record, or they are out of order.
    pub moments_missing: u64,
}

/// Waits and what they are made of. The parts add up to `total_ns`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribution {
    /// Waits that could be told apart.
    pub count: u64,
    /// All of these together, in ns.
    pub total_ns: u64,
    /// In order of the way.
    pub parts: Vec<PartShare>,
    /// Waits for a block of which no way is told, or which was there before. Of blocks there are none; see [`BlocksApart`].
    pub unattributed: u64,
    /// All of those together, in ns; they are not in `total_ns`.
    pub unattributed_ns: u64,
}

/// How much of the waits a part is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartShare {
    /// The part.
    pub part: Part,
    /// In all waits together, in ns.
    pub total_ns: u64,
    /// Its share of all waits, in percent; absent where nobody waited.
    pub share_pct: Option<f64>,
    /// Its median over the waits, in ms; absent below two.
    pub p50_ms: Option<f64>,
    /// Its largest, in ms; absent without any wait.
    pub max_ms: Option<f64>,
}

/// Collects listeners.
#[derive(Clone, Debug)]
pub struct ExplanationBuilder {
    is_stream: bool,
    replayed: Option<ReplayTerms>,
    blocks: Waits,
    startups: Waits,
    answers: Option<Waits>,
    stalls: Waits,
    not_acknowledged: u64,
    apart: BlocksApart,
    halved: HalvedSum,
}

impl ExplanationBuilder {
    /// Makes one for a run whose protocol is one of streams, or not. `replayed` says how whole blocks are played, where they are; it is
    /// of no use for streams.
    #[must_use]
    pub fn new(is_stream: bool, replayed: Option<ReplayTerms>) -> Self {
        Self {
            is_stream,
            replayed: replayed.filter(|_| !is_stream),
            blocks: Waits::default(),
            startups: Waits::default(),
            answers: None,
            stalls: Waits::default(),
            not_acknowledged: 0,
            apart: BlocksApart::default(),
            halved: HalvedSum::default(),
        }
    }

    /// Says that listeners take turns with the service. To be called before the first listener.
    pub fn expect_turns(&mut self) {
        self.answers = Some(Waits::default());
    }

    /// Adds all facts of one listener: its blocks in order of their numbers, one record each, its stalls in order of time, and its
    /// session, where it has an end on record.
    pub fn add(&mut self, blocks: &[BlockRecord], stalls: &[StallRecord], session: Option<&ListenerRecord>) {
        let ways: Vec<(&BlockRecord, Option<BlockWay>)> =
            blocks.iter().map(|block| (block, self.add_block(block))).collect();
        // A session without an end on record is still known to have begun.
        let heard_at = || blocks.iter().filter_map(|block| block.started_at).min();
        let wanted_at = || blocks.iter().filter_map(|block| block.intended_at).min();
        let started_at = session.map_or_else(heard_at, |session| session.started_at);
        let intended_at = session.map(|session| session.intended_at).or_else(wanted_at);
        if let Some((started_at, intended_at)) = started_at.zip(intended_at) {
            // The arrival that let playback begin, else what was heard first.
            let last = ways.iter().filter_map(|(_, way)| *way).find(|way| way.whole_at() == started_at);
            let heard = ways.iter().find(|(block, _)| block.started_at == Some(started_at));
            let way = last.or_else(|| heard.and_then(|(_, way)| *way));
            let waited = started_at.since(intended_at);
            self.startups.add(waited, way.map(|way| way.within(intended_at, started_at)));
        }
        if let Some(answers) = &mut self.answers {
            let later = ways.iter().filter(|(block, _)| block.started_at > started_at);
            for (block, way) in later {
                if let (Some(wanted), Some(heard)) = (block.intended_at, block.started_at) {
                    answers.add(heard.since(wanted), way.map(|way| way.within(wanted, heard)));
                }
            }
        }
        for stall in stalls {
            let awaited = ways.iter().find(|(block, _)| block.block == stall.block);
            // Audio that was there already is not what was waited for: that was asked for anew, which is on no record.
            let way = awaited.and_then(|(_, way)| *way).filter(|way| way.whole_at() > stall.began_at);
            let until = stall.began_at + stall.waited;
            self.stalls.add(stall.waited, way.map(|way| way.within(stall.began_at, until)));
        }
        if let Some(terms) = self.replayed {
            self.halved.add(terms, session, &ways, stalls);
        }
    }

    fn add_block(&mut self, block: &BlockRecord) -> Option<BlockWay> {
        match BlockWay::of(block, self.is_stream) {
            Ok(way) => {
                let times = way.until_heard();
                self.blocks.add(times.sum(), Some(times));
                self.not_acknowledged += u64::from(!way.is_acknowledged());
                return Some(way);
            }
            Err(WayUnknown::NotDelivered) => self.apart.not_delivered += 1,
            Err(WayUnknown::Silent) => self.apart.silent += 1,
            Err(WayUnknown::MomentsMissing) => self.apart.moments_missing += 1,
        }
        None
    }

    /// What all of it comes to.
    #[must_use]
    pub fn finish(&self) -> Explanation {
        Explanation {
            blocks: self.blocks.attribution(),
            startups: self.startups.attribution(),
            answers: self.answers.as_ref().map(Waits::attribution),
            stalls: self.stalls.attribution(),
            not_acknowledged: self.not_acknowledged,
            apart: self.apart,
            halved: self.replayed.map(|_| self.halved.finish()),
        }
    }
}

/// Waits of one kind so far.
#[derive(Clone, Debug, Default)]
struct Waits {
    count: u64,
    total: Duration,
    parts: [(Sample, Duration); Part::ALL.len()],
    unattributed: u64,
    unattributed_total: Duration,
}

impl Waits {
    fn add(&mut self, waited: Duration, times: Option<PartTimes>) {
        let Some(times) = times else {
            self.unattributed += 1;
            self.unattributed_total += waited;
            return;
        };
        self.count += 1;
        self.total += waited;
        for (part, (sample, total)) in Part::ALL.into_iter().zip(&mut self.parts) {
            sample.push(times.of(part));
            *total += times.of(part);
        }
    }

    fn attribution(&self) -> Attribution {
        let total_ns = duration_nanos(self.total);
        let share = |(part, (sample, total)): (Part, &(Sample, Duration))| {
            let part_ns = duration_nanos(*total);
            let times = sample.distribution();
            PartShare {
                part,
                total_ns: part_ns,
                share_pct: rounded_ratio(u128::from(part_ns) * 100, total_ns),
                p50_ms: times.and_then(|times| times.p50_ms),
                max_ms: times.map(|times| times.max_ms),
            }
        };
        Attribution {
            count: self.count,
            total_ns,
            parts: Part::ALL.into_iter().zip(&self.parts).map(share).collect(),
            unattributed: self.unattributed,
            unattributed_ns: duration_nanos(self.unattributed_total),
        }
    }
}

impl Attribution {
    /// What is told of a part.
    #[must_use]
    pub fn of(&self, part: Part) -> Option<&PartShare> {
        self.parts.iter().find(|share| share.part == part)
    }

    /// All waits together, in ms.
    #[must_use]
    pub fn total_ms(&self) -> f64 {
        millis(self.total_ns)
    }
}
