//! Known truths: what a clockwork engine must give, to the nanosecond, and what was recorded of a real server.

use claque_core::time::{Duration, MediaTime};
use claque_front::yapit::gateway::{BlockStatus, GatewayConfig, Request};

use crate::stage::{Stage, one_worker};

const EIGHT: [i64; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

#[test]
fn one_worker_makes_a_block_a_second() {
    let mut stage = Stage::new(one_worker());
    let document = stage.document("a", "tea", 8);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &EIGHT);
    stage.run_until(60_000);
    let queued: Vec<_> = EIGHT.iter().map(|block| (0, *block)).collect();
    assert_eq!(stage.times(1, BlockStatus::Queued), queued);
    let ready: Vec<_> = EIGHT.iter().zip(1..).map(|(block, second)| (second * 1_000, *block)).collect();
    assert_eq!(stage.times(1, BlockStatus::Cached), ready);
    let lengths: Vec<_> = stage.statuses().iter().filter_map(|(_, _, status)| status.duration).collect();
    assert_eq!(lengths, [MediaTime::from_millis(2_000); 8]);
    assert_eq!(
        stage.gateway.poll_timeout(),
        None,
        "nothing is left to wait for but a scan that found nothing"
    );
}

#[test]
fn the_second_connection_waits_for_the_whole_batch_of_the_first() {
    let mut stage = Stage::new(one_worker());
    let (first, second) = (stage.document("a", "tea", 8), stage.document("a", "coffee", 8));
    stage.connect(0, 1, "a");
    stage.connect(0, 2, "a");
    stage.ask(0, 1, first, &EIGHT);
    stage.ask(0, 2, second, &EIGHT);
    stage.run_until(60_000);
    assert_eq!(stage.times(1, BlockStatus::Cached)[0], (1_000, 0));
    assert_eq!(stage.times(2, BlockStatus::Cached)[0], (9_000, 0));
    assert_eq!(stage.times(2, BlockStatus::Cached)[7], (16_000, 7));
}

/// The recorded session `two-connections-same-text`.
#[test]
fn equal_texts_are_made_once_and_each_connection_hears_of_its_own_document() {
    let mut stage = Stage::new(one_worker());
    let (first, second) = (stage.document("a", "tea", 3), stage.document("a", "tea", 3));
    stage.connect(0, 1, "a");
    stage.connect(0, 2, "a");
    stage.ask(0, 1, first, &[0, 1, 2]);
    stage.ask(0, 2, second, &[0, 1, 2]);
    stage.run_until(60_000);
    let ready = [(1_000, 0), (2_000, 1), (3_000, 2)];
    assert_eq!(stage.times(1, BlockStatus::Cached), ready);
    assert_eq!(stage.times(2, BlockStatus::Cached), ready);
    for (_, conn, status) in stage.statuses() {
        assert_eq!(status.document, if conn == 1 { first } else { second });
        assert!(status.variant.is_some(), "this era names the audio from the start");
    }
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.served, stats.joined), (3, 3));
}

/// The recorded session `cursor-moved`: sixteen asked, two ready, then a jump to 16 and eight more.
#[test]
fn a_jump_evicts_all_that_is_pending_but_what_workers_hold_is_still_announced() {
    let config =
        one_worker().with_deterministic_engine(4, Duration::from_secs(1), MediaTime::from_millis(2_000));
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 24);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &(0..16).collect::<Vec<_>>());
    stage.run_until(1_000);
    stage.request(1_500, 1, Request::CursorMoved { document, cursor: 16 });
    stage.ask(1_500, 1, document, &(16..24).collect::<Vec<_>>());
    stage.run_until(60_000);
    assert_eq!(stage.evicted(1), [(4..16).collect::<Vec<_>>()]);
    let ready: Vec<_> = stage.times(1, BlockStatus::Cached).iter().map(|(_, block)| *block).collect();
    let expected: Vec<i64> = (0..8).chain(16..24).collect();
    assert_eq!(ready, expected);
    assert_eq!(stage.gateway.stats().pipeline.evicted, 8);
}

#[test]
fn in_2026_02_a_jump_keeps_what_is_near_the_cursor() {
    let early = GatewayConfig::feb_2026();
    let config = GatewayConfig { eviction: early.eviction, ..one_worker() };
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 40);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &(0..40).collect::<Vec<_>>());
    stage.request(500, 1, Request::CursorMoved { document, cursor: 12 });
    assert_eq!(stage.evicted(1), [(0..4).chain(29..40).collect::<Vec<_>>()]);
    stage.run_until(90_000);
    let ready: Vec<_> = stage.times(1, BlockStatus::Cached).iter().map(|(_, block)| *block).collect();
    let expected: Vec<i64> = (0..1).chain(4..29).collect();
    assert_eq!(ready, expected, "block 0 was in the worker's hands");
}
