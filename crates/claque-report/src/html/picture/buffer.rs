//! What another start buffer would have meant: stalls against startup, from the recorded arrivals.

use claque_core::{
    continuity::{ReplayBlock, least_start_buffer, replay},
    time::{Duration, Instant, Speed},
};
use claque_stats::Sample;
use claque_store::ListenerFacts;
use serde::Serialize;

use super::Frame;

/// Blocks of all listeners played again at most, for each buffer; of larger runs, evenly spaced listeners are.
const MOST_BLOCKS: u64 = 200_000;

/// Buffers tried: each up to 12, then ever fewer.
const TRIED: [u32; 24] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 512];

/// The trade between stalls and startup.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Buffers {
    /// Listeners played again.
    pub(crate) listeners: u64,
    /// Every how many listeners one was.
    pub(crate) every: u64,
    /// The least buffer with which none of them would have stalled; none if nobody could have begun.
    pub(crate) least: Option<u64>,
    pub(crate) rows: Vec<Row>,
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
    speed: Speed,
    every: u64,
    seen: u64,
    sessions: Vec<Session>,
}

impl BufferSum {
    pub(super) fn new(frame: &Frame) -> Self {
        let every = frame.blocks.div_ceil(MOST_BLOCKS).max(1);
        Self { speed: frame.speed, every, seen: 0, sessions: Vec::new() }
    }

    pub(super) fn add(&mut self, facts: &ListenerFacts) {
        let played = self.seen.is_multiple_of(self.every);
        self.seen += 1;
        let Some(intended_at) = facts.intended_at().filter(|_| played) else { return };
        let blocks = facts.to_replay();
        if !blocks.is_empty() {
            self.sessions.push(Session { intended_at, blocks });
        }
    }

    pub(super) fn finish(&self) -> Buffers {
        let least = self
            .sessions
            .iter()
            .filter_map(|session| least_start_buffer(session.intended_at, &session.blocks, self.speed))
            .max();
        let longest = self.sessions.iter().map(|session| session.blocks.len()).max().unwrap_or(0);
        let tried = TRIED.into_iter().filter_map(|buffer| usize::try_from(buffer).ok());
        let mut buffers: Vec<usize> = tried.take_while(|&buffer| buffer < longest).collect();
        buffers.extend(least);
        buffers.push(longest);
        buffers.sort_unstable();
        buffers.dedup();
        Buffers {
            listeners: count(self.sessions.len()),
            every: self.every,
            least: least.map(count),
            rows: buffers.into_iter().filter(|&buffer| buffer > 0).map(|buffer| self.row(buffer)).collect(),
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

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{
        super::super::tests::{block, facts_of, session},
        *,
    };

    fn buffers(ready_ms: &[u64]) -> Buffers {
        let frame =
            Frame { horizon: Instant::from_millis(40_000), speed: Speed::NORMAL, listeners: 1, blocks: 3 };
        let mut sum = BufferSum::new(&frame);
        let blocks: Vec<_> = (0..).zip(ready_ms).map(|(index, &ready)| block(0, index, ready)).collect();
        sum.add(&facts_of(0, blocks, [], Some(session(0, Some(1_000), 20_000))));
        sum.finish()
    }

    #[test]
    fn patience_costs_startup_and_saves_stalls() {
        // Each lasts two seconds.
        let trade = buffers(&[1_000, 4_000, 9_000]);
        let told: Vec<_> =
            trade.rows.iter().map(|row| (row.buffer, row.stalls, row.startup_max_ms)).collect();
        assert_eq!(told, [(1, 2, Some(1_000.0)), (2, 1, Some(4_000.0)), (3, 0, Some(9_000.0))]);
        assert_eq!((trade.least, trade.listeners), (Some(3), 1));
        assert_eq!(trade.rows[0].startup_p50_ms, None, "one listener has no median");
    }

    #[test]
    fn who_was_served_in_time_needs_one_block() {
        assert_eq!(buffers(&[1_000, 2_000, 3_000]).least, Some(1));
    }
}
