//! Where waiting comes from: a run worked out by hand, and that parts add up whatever the facts are.

use claque_core::{
    event::FailureClass,
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord, Fact, ListenerRecord, StallRecord},
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_stats::explain::{
    Attribution, BlockWay, Explanation, ExplanationBuilder, Part, ReplayTerms, WayUnknown,
};
use proptest::prelude::*;

use crate::facts::{failed_block, session, stall};

const MS: u64 = 1_000_000;

fn at(ms: u64) -> Option<Instant> {
    Some(Instant::from_millis(ms))
}

/// A block of a second that was wanted at 0, asked for at 100 and acknowledged at 150 ms.
fn block(number: u32, ready_ms: u64, whole_ms: u64, started_ms: u64) -> BlockRecord {
    BlockRecord {
        requested_at: at(100),
        answered_request_at: at(100),
        acknowledged_at: at(150),
        ready_at: at(ready_ms),
        first_audio_at: at(ready_ms),
        complete_at: at(whole_ms),
        started_at: at(started_ms),
        media: MediaTime::from_millis(1_000),
        chunks: 1,
        outcome: BlockOutcome::Played,
        ..BlockRecord::wanted(ListenerId(0), BlockIdx(number), Instant::START)
    }
}

fn stall_record(fact: Fact) -> StallRecord {
    match fact {
        Fact::Stall(record) => record,
        Fact::Block(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => {
            unreachable!("it was made as a stall")
        }
    }
}

fn explained(blocks: &[BlockRecord], stalls: &[StallRecord], end: &ListenerRecord) -> Explanation {
    let terms = ReplayTerms { speed: Speed::NORMAL, min_buffer: 1 };
    let mut builder = ExplanationBuilder::new(false, Some(terms));
    builder.add(blocks, stalls, Some(end));
    builder.finish()
}

/// In ms, in the order of the way.
fn parts(waits: &Attribution) -> Vec<u64> {
    waits.parts.iter().map(|part| part.total_ns / MS).collect()
}

fn way_parts(block: &BlockRecord, is_stream: bool) -> Vec<u128> {
    let times = BlockWay::of(block, is_stream).expect("its way is known").until_heard();
    Part::ALL.into_iter().map(|part| times.of(part).as_millis()).collect()
}

/// The first second is heard from 1,200 ms on; the second block is there 1,000 ms after that has ended.
fn two_blocks() -> ([BlockRecord; 2], [StallRecord; 1], ListenerRecord) {
    let blocks = [block(0, 1_100, 1_200, 1_200), block(1, 2_900, 3_200, 3_200)];
    (blocks, [stall_record(stall(0, 1, 2_200, 1_000))], session(0, Some(1_200), 4_200))
}

#[test]
fn a_run_of_two_blocks_is_what_paper_says() {
    let (blocks, stalls, end) = two_blocks();
    let told = explained(&blocks, &stalls, &end);
    assert_eq!(parts(&told.blocks), [200, 0, 100, 3_700, 400, 0]);
    assert_eq!(parts(&told.startups), [100, 0, 50, 950, 100, 0]);
    assert_eq!(parts(&told.stalls), [0, 0, 0, 700, 300, 0], "2,200 to 2,900 was made, to 3,200 fetched");
    let making = told.stalls.of(Part::Making).unwrap();
    assert_eq!((making.share_pct, making.p50_ms, making.max_ms), (Some(70.0), None, Some(700.0)));
    assert_eq!((told.blocks.count, told.not_acknowledged), (2, 0));
}

#[test]
fn half_a_part_saves_what_playing_again_says() {
    let (blocks, stalls, end) = two_blocks();
    let halved = explained(&blocks, &stalls, &end).halved.unwrap();
    assert_eq!((halved.listeners, halved.listeners_left_out, halved.stalled_ns), (1, 0, 1_000 * MS));
    let left: Vec<_> = halved.parts.iter().map(|part| (part.part, part.stalled_ns / MS)).collect();
    // Made in half the time they are there at 725 and 1,825 ms; fetched in half, at 1,150 and 3,050 ms. What is saved on both
    // blocks alike lets playback begin sooner and saves no stall.
    let expected = [
        (Part::Asking, 1_000),
        (Part::Retrying, 1_000),
        (Part::Acceptance, 1_000),
        (Part::Making, 100),
        (Part::Delivery, 900),
    ];
    assert_eq!(left, expected);
}

#[test]
fn who_cannot_be_played_again_is_left_out_with_its_stalls() {
    let (blocks, _, end) = two_blocks();
    // On record is a stall that is 1 ms longer than playing again comes to.
    let longer = [stall_record(stall(0, 1, 2_200, 1_001))];
    let halved = explained(&blocks, &longer, &end).halved.unwrap();
    assert_eq!((halved.listeners, halved.listeners_left_out), (0, 1));
    assert_eq!((halved.stalled_ns, halved.left_out_stalled_ns), (0, 1_001 * MS));
}

#[test]
fn each_part_is_what_its_moments_say() {
    let plain = block(0, 1_100, 1_200, 1_200);
    for (words, record, is_stream, expected) in [
        ("it lay in the buffer", block(0, 1_100, 1_200, 5_200), false, [100, 0, 50, 950, 100, 4_000]),
        (
            "nobody heard it",
            BlockRecord { started_at: None, outcome: BlockOutcome::Unplayed, ..plain.clone() },
            false,
            [100, 0, 50, 950, 100, 0],
        ),
        (
            "its first try failed; the acknowledgement is of that",
            BlockRecord { answered_request_at: at(600), ..plain.clone() },
            false,
            [100, 500, 0, 500, 100, 0],
        ),
        (
            "the answer was the acknowledgement",
            BlockRecord { acknowledged_at: at(1_100), ..plain.clone() },
            false,
            [100, 0, 0, 1_000, 100, 0],
        ),
        (
            "a stream was heard before it was whole",
            BlockRecord {
                first_audio_at: at(300),
                ready_at: at(1_200),
                started_at: at(500),
                ..plain.clone()
            },
            true,
            [100, 0, 0, 200, 200, 0],
        ),
    ] {
        assert_eq!(way_parts(&record, is_stream), expected, "{words}");
    }
}

#[test]
fn a_stream_that_ran_dry_was_on_its_way() {
    let stream = BlockRecord {
        first_audio_at: at(300),
        ready_at: at(1_200),
        started_at: at(300),
        chunks: 3,
        ..block(0, 0, 1_200, 0)
    };
    let told = explained(&[stream], &[stall_record(stall(0, 0, 500, 400))], &session(0, Some(300), 2_000));
    assert_eq!(parts(&told.stalls), [0, 0, 0, 0, 400, 0]);
}

#[test]
fn what_is_not_known_whole_is_counted_apart_and_never_guessed() {
    let known = block(0, 1_100, 1_200, 1_200);
    let blocks = [
        known.clone(),
        failed_block(0, 1, FailureClass::Server),
        BlockRecord { outcome: BlockOutcome::Skipped, ..block(2, 1_000, 1_000, 1_000) },
        BlockRecord { requested_at: None, ..block(3, 1_100, 1_200, 1_200) },
        BlockRecord { intended_at: None, ..block(4, 1_100, 1_200, 1_200) },
        BlockRecord { answered_request_at: None, ..block(5, 1_100, 1_200, 1_200) },
        // Heard before it was made: its first audio was of an earlier try.
        block(6, 1_100, 1_200, 900),
    ];
    let stalls = [
        stall_record(stall(0, 1, 2_200, 500)),
        stall_record(stall(0, 4, 3_700, 250)),
        // That one was there: it was asked for anew, in another voice perhaps.
        stall_record(stall(0, 0, 4_000, 100)),
        stall_record(stall(0, 9, 5_000, 50)),
    ];
    let told = explained(&blocks, &stalls, &session(0, Some(1_200), 9_000));
    assert_eq!((told.blocks.count, told.apart.not_delivered, told.apart.silent), (1, 1, 1));
    assert_eq!(told.apart.moments_missing, 4);
    assert_eq!((told.stalls.count, told.stalls.unattributed), (0, 4));
    assert_eq!(told.stalls.unattributed_ns, 900 * MS);
    assert!(told.stalls.parts.iter().all(|part| part.share_pct.is_none()), "nothing has no shares");
    assert_eq!(BlockWay::of(&blocks[3], false), Err(WayUnknown::MomentsMissing));
}

/// A block with any moments, most of them in order, in ns.
fn any_block() -> impl Strategy<Value = BlockRecord> {
    let gaps = prop::array::uniform6(0_u64..3_000_000_000);
    (gaps, any::<[bool; 3]>(), 0_u8..8).prop_map(|(gaps, [played, stream, acknowledged], swapped)| {
        let mut moments = gaps;
        for place in 1..moments.len() {
            moments[place] += moments[place - 1];
        }
        if swapped == 0 {
            moments.swap(2, 4);
        }
        let [wanted, requested, answered, made, whole, heard] = moments.map(Instant::from_nanos);
        BlockRecord {
            requested_at: Some(requested),
            answered_request_at: Some(answered),
            acknowledged_at: acknowledged
                .then_some(Instant::from_nanos(u64::midpoint(answered.as_nanos(), made.as_nanos()))),
            ready_at: Some(if stream { whole } else { made }),
            first_audio_at: Some(made),
            complete_at: Some(whole),
            started_at: played.then_some(heard),
            chunks: 2,
            outcome: if played { BlockOutcome::Played } else { BlockOutcome::Unplayed },
            ..BlockRecord {
                media: MediaTime::from_millis(10),
                ..BlockRecord::wanted(ListenerId(0), BlockIdx(0), wanted)
            }
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn parts_add_up_to_the_nanosecond(block in any_block(), began in 0_u64..20_000_000_000, lasted in 0_u64..9_000_000_000) {
        let Ok(way) = BlockWay::of(&block, false) else {
            let known = [block.intended_at, block.requested_at, block.answered_request_at, block.complete_at];
            prop_assert!(!known.is_sorted() || block.first_audio_at > block.complete_at || block.first_audio_at < block.answered_request_at);
            return Ok(());
        };
        let heard_at = block.started_at.or(block.complete_at).unwrap();
        prop_assert_eq!(way.until_heard().sum(), heard_at.since(block.intended_at.unwrap()));
        let (began, lasted) = (Instant::from_nanos(began), Duration::from_nanos(lasted));
        prop_assert_eq!(way.within(began, began + lasted).sum(), lasted);
        // Told in two it is the same.
        let middle = began + lasted / 3;
        let (head, tail) = (way.within(began, middle), way.within(middle, began + lasted));
        for part in Part::ALL {
            prop_assert_eq!(head.of(part) + tail.of(part), way.within(began, began + lasted).of(part));
        }
    }

    #[test]
    fn what_is_told_of_many_adds_up_to_the_nanosecond(
        blocks in prop::collection::vec(any_block(), 1..12),
        stalls in prop::collection::vec((0_u32..12, 0_u64..20_000_000_000, 1_u64..9_000_000_000), 0..6),
        started in 0_u64..20_000_000_000,
    ) {
        let blocks: Vec<_> = (0..).zip(blocks).map(|(number, block)| BlockRecord { block: BlockIdx(number), ..block }).collect();
        let stalls: Vec<_> = stalls.into_iter().map(|(block, began, waited)| StallRecord {
            listener: ListenerId(0),
            block: BlockIdx(block),
            began_at: Instant::from_nanos(began),
            waited: Duration::from_nanos(waited),
        }).collect();
        let end = ListenerRecord { started_at: Some(Instant::from_nanos(started)), ..session(0, None, 90_000) };
        let told = explained(&blocks, &stalls, &end);
        for waits in [&told.blocks, &told.startups, &told.stalls] {
            prop_assert_eq!(waits.parts.iter().map(|part| part.total_ns).sum::<u64>(), waits.total_ns);
        }
        let stalled: Duration = stalls.iter().map(|stall| stall.waited).sum();
        prop_assert_eq!(u128::from(told.stalls.total_ns + told.stalls.unattributed_ns), stalled.as_nanos());
        prop_assert_eq!(told.startups.total_ns + told.startups.unattributed_ns, started);
        let apart = told.apart;
        let all = told.blocks.count + apart.not_delivered + apart.silent + apart.moments_missing;
        prop_assert_eq!(usize::try_from(all).unwrap(), blocks.len());
    }
}
