//! What a stream of arrivals would have meant for a listener: continuity of a block, and replay of a session
//! with another start buffer.

mod stream;

pub use self::stream::{StreamBuffer, StreamBuffers, StreamReplay, least_stream_buffer, replay_stream};
use crate::time::{Duration, Instant, MediaTime, Speed};

/// One arrival of a block's audio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it was read.
    pub at: Instant,
    /// Audio of the block delivered so far, this arrival included.
    pub delivered: MediaTime,
}

/// Largest (time since the first chunk - audio received before), without any pre-roll; the field's
/// `audio_underrun`. Arrivals are in order of time. None for fewer than two arrivals: a reply in one chunk
/// says nothing of continuity.
#[must_use]
pub fn buffer_deficit(arrivals: &[Arrival]) -> Option<Duration> {
    let first = arrivals.first()?;
    let owed = |pair: &[Arrival]| {
        pair[1].at.since(first.at).saturating_sub(Duration::from_nanos(pair[0].delivered.as_nanos()))
    };
    arrivals.windows(2).map(owed).max()
}

/// Share (0..=1) of blocks whose deficit is at most `tolerance`; none without a block that has one.
#[must_use]
pub fn continuity_ok(deficits: &[Option<Duration>], tolerance: Duration) -> Option<f64> {
    let known: Vec<_> = deficits.iter().flatten().collect();
    let ok = known.iter().filter(|deficit| ***deficit <= tolerance).count();
    let share = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    (!known.is_empty()).then(|| share(ok) / share(known.len()))
}

/// One block as it was recorded, for [`replay`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayBlock {
    /// When its audio was whole, or when it was known that none would come. None: never.
    pub settled_at: Option<Instant>,
    /// Its audio; zero for a block that was skipped or failed.
    pub media: MediaTime,
}

/// What a session would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// Intended start to playback; none if playback would not have begun.
    pub startup: Option<Duration>,
    /// Each stall: the block waited for, its place in reading order, and how long.
    pub stalls: Vec<ReplayStall>,
}

/// One stall of a [`Replay`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayStall {
    /// Place of the block in reading order.
    pub block: usize,
    /// When the audio before it ended.
    pub began_at: Instant,
    /// How long the listener waited. A wait that never ended is not listed.
    pub waited: Duration,
}

/// Plays recorded arrivals again with another start buffer. Requests are taken as they were: blocks arrive
/// when they arrived, although a player that starts later would also have asked later.
#[must_use]
pub fn replay(intended_at: Instant, blocks: &[ReplayBlock], speed: Speed, min_buffer: usize) -> Replay {
    let mut replay = Replay { startup: None, stalls: Vec::new() };
    let head = &blocks[..min_buffer.clamp(1.min(blocks.len()), blocks.len())];
    let Some(mut clock) = head
        .iter()
        .map(|block| block.settled_at)
        .try_fold(intended_at, |latest, at| at.map(|at| latest.max(at)))
    else {
        return replay;
    };
    let mut waiting: Option<(usize, Instant)> = None;
    for (index, block) in blocks.iter().enumerate() {
        let Some(settled_at) = block.settled_at else { return replay };
        if settled_at > clock {
            waiting.get_or_insert((index, clock));
            clock = settled_at;
        }
        if block.media == MediaTime::ZERO && index + 1 < blocks.len() {
            continue;
        }
        if let Some((block, began_at)) = waiting.take()
            && replay.startup.is_some()
        {
            replay.stalls.push(ReplayStall { block, began_at, waited: clock.since(began_at) });
        }
        if block.media > MediaTime::ZERO {
            replay.startup.get_or_insert(clock.since(intended_at));
        }
        clock += speed.play_time(block.media);
    }
    replay
}

/// The least start buffer, in blocks, with which [`replay`] stalls nowhere. More can never stall more often: who
/// starts later is later everywhere. Blocks behind one that never came were never played and do not count; none if
/// that is the first.
#[must_use]
pub fn least_start_buffer(intended_at: Instant, blocks: &[ReplayBlock], speed: Speed) -> Option<usize> {
    let came = blocks.iter().take_while(|block| block.settled_at.is_some()).count();
    let blocks = &blocks[..came];
    let (mut least, mut enough) = (1, came);
    while least < enough {
        let middle = usize::midpoint(least, enough);
        if replay(intended_at, blocks, speed, middle).stalls.is_empty() {
            enough = middle;
        } else {
            least = middle + 1;
        }
    }
    (came > 0).then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    const fn arrival(at: u64, delivered: u64) -> Arrival {
        Arrival { at: ms(at), delivered: MediaTime::from_millis(delivered) }
    }

    fn block(settled: u64, media: u64) -> ReplayBlock {
        ReplayBlock { settled_at: Some(ms(settled)), media: MediaTime::from_millis(media) }
    }

    #[test]
    fn a_perfect_stream_has_no_deficit_and_one_chunk_says_nothing() {
        let perfect = [arrival(0, 100), arrival(100, 200), arrival(200, 300)];
        assert_eq!(buffer_deficit(&perfect), Some(Duration::ZERO));
        assert_eq!(buffer_deficit(&perfect[..1]), None);
    }

    #[test]
    fn the_deficit_is_the_largest_debt_not_the_count_of_late_chunks() {
        let late = [arrival(0, 100), arrival(150, 200), arrival(260, 300)];
        assert_eq!(buffer_deficit(&late), Some(Duration::from_millis(60)));
        let deficits = [buffer_deficit(&late), Some(Duration::ZERO), None];
        assert_eq!(continuity_ok(&deficits, Duration::from_millis(50)), Some(0.5));
        assert_eq!(continuity_ok(&deficits, Duration::from_millis(100)), Some(1.0));
        assert_eq!(continuity_ok(&[None], Duration::ZERO), None);
    }

    #[test]
    fn a_larger_start_buffer_trades_stalls_for_startup() {
        let blocks = [block(1_000, 500), block(2_000, 500), block(3_000, 500)];
        let eager = replay(ms(0), &blocks, Speed::NORMAL, 1);
        assert_eq!(eager.startup, Some(Duration::from_millis(1_000)));
        let waits: Vec<_> =
            eager.stalls.iter().map(|stall| (stall.block, stall.waited.as_millis())).collect();
        assert_eq!(waits, [(1, 500), (2, 500)]);
        let patient = replay(ms(0), &blocks, Speed::NORMAL, 3);
        assert_eq!((patient.startup, patient.stalls.len()), (Some(Duration::from_millis(3_000)), 0));
    }

    #[test]
    fn a_block_that_never_came_ends_the_replay_and_is_no_stall() {
        let mut blocks = [block(100, 500), block(200, 500)];
        blocks[1].settled_at = None;
        let replay = replay(ms(0), &blocks, Speed::NORMAL, 1);
        assert_eq!((replay.startup, replay.stalls.len()), (Some(Duration::from_millis(100)), 0));
    }

    #[test]
    fn the_least_start_buffer_is_the_first_without_a_stall() {
        let blocks = [block(1_000, 500), block(1_400, 500), block(3_000, 500), block(3_100, 500)];
        let least = least_start_buffer(ms(0), &blocks, Speed::NORMAL).unwrap();
        let stalls = |buffer| replay(ms(0), &blocks, Speed::NORMAL, buffer).stalls.len();
        assert_eq!((least, stalls(least - 1) > 0, stalls(least)), (3, true, 0));
        assert_eq!(least_start_buffer(ms(0), &blocks[..2], Speed::NORMAL), Some(1));
    }

    #[test]
    fn what_never_came_needs_no_buffer() {
        let never = ReplayBlock { settled_at: None, media: MediaTime::ZERO };
        assert_eq!(least_start_buffer(ms(0), &[never], Speed::NORMAL), None);
        assert_eq!(
            least_start_buffer(ms(0), &[block(100, 500), never, block(9_000, 500)], Speed::NORMAL),
            Some(1)
        );
    }
}
