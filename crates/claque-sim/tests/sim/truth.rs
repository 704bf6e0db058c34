//! Known truths: a worker that makes a block of 2 s in 1 s, worked out by hand.

use claque_core::{
    ids::{BlockIdx, ListenerId},
    record::{SessionEnd, StallRecord},
    time::{Duration, Instant, MediaTime},
};

use crate::house::{SECOND, clockwork, run, scenario, second};

fn micros(micros: u64) -> Duration {
    Duration::from_micros(micros)
}

#[test]
fn one_listener_waits_for_two_blocks_and_then_never_again() {
    let outcome = run(&scenario(1, 16, clockwork()));
    assert_eq!(outcome.startups(), [2 * SECOND]);
    assert_eq!((outcome.played(), outcome.stalls()), (16, vec![]));
    assert_eq!(outcome.ends(), [SessionEnd::Completed]);
    // 2 s of waiting and 16 blocks of 2 s.
    assert_eq!(outcome.simulated.ended_at, second(34));
    assert_eq!(outcome.simulated.gateway.pipeline.served, 16);
}

/// The worker is busy for the first 16 of 34 s. Blocks 0-7 wait 0-7 s for it, blocks 8-15, asked for at 2, 6-13 s.
#[test]
fn what_the_service_had_to_do_is_told() {
    let load = run(&scenario(1, 16, clockwork())).simulated.load;
    let [model] = &load.models[..] else { panic!("one model had something to do: {load:?}") };
    assert_eq!((&*model.model, model.workers, model.most_queued), ("kokoro", Some(1), 13));
    let near = |value: f64, wanted: f64| (value - wanted).abs() < 1e-3;
    assert!(near(model.mean_busy * 34.0, 16.0), "{}", model.mean_busy * 34.0);
    assert!(near(model.mean_queued * 34.0, 28.0 + 76.0), "{}", model.mean_queued * 34.0);
    assert_eq!((model.busy[0], model.busy[170]), (1.0, 0.0), "until 16 s, in spans of {:?}", load.span);
}

/// Jobs are made one a second, oldest first: A0-A7 until 8, B0-B7 until 16. B starts with B1, at 10.
/// A asks for A8-A15 when it starts, at 2: made from 17 on, needed at 18. B asks at 10: from 25 on, needed at 26.
#[test]
fn the_second_listener_waits_for_the_whole_batch_of_the_first() {
    let outcome = run(&scenario(2, 16, clockwork()));
    assert_eq!(outcome.startups(), [2 * SECOND, 10 * SECOND - micros(450)]);
    assert_eq!((outcome.played(), outcome.stalls()), (32, vec![]));
    let ends: Vec<Instant> = outcome.listeners().iter().map(|record| record.ended_at).collect();
    assert_eq!(ends, [second(34), second(42)]);
}

/// A block a second for three listeners who each hear one in two seconds: a batch of each takes 24 s to make and 16 s
/// to hear. Jobs in order, with the second at which the last of each batch is done:
///
/// | asked by | when        | blocks | made   |
/// |----------|-------------|--------|--------|
/// | A, B, C  | 0           | 0-7    | 1-8, 9-16, 17-24 |
/// | A        | 2 (starts)  | 8-15   | 25-32  |
/// | B        | 10 (starts) | 8-15   | 33-40  |
/// | C        | 18 (starts) | 8-15   | 41-48  |
/// | A        | 25 (block 8 begins; 7 are ahead) | 16-23 | 49-56 |
/// | B        | 33          | 16-23  | 57-64  |
/// | C        | 41          | 16-23  | 65-72  |
///
/// Each begins with its second block: A at 2, B at 10, C at 18. A has heard 0-7 at 18 and waits for block 8 until 25;
/// it has heard 8-15 at 41 and waits for block 16 until 49; the end is at 65. B and C do the same 8 and 16 s later.
#[test]
fn three_listeners_are_one_too_many() {
    let outcome = run(&scenario(3, 24, clockwork()));
    assert_eq!(outcome.startups(), [2 * SECOND, 10 * SECOND - micros(300), 18 * SECOND - micros(600)]);
    let stall = |listener, block, began: u64, waited: u64| StallRecord {
        listener: ListenerId(listener),
        block: BlockIdx(block),
        began_at: second(began),
        waited: Duration::from_secs(waited),
    };
    let mut stalls = outcome.stalls();
    stalls.sort_unstable();
    let table = [
        stall(0, 8, 18, 7),
        stall(0, 16, 41, 8),
        stall(1, 8, 26, 7),
        stall(1, 16, 49, 8),
        stall(2, 8, 34, 7),
        stall(2, 16, 57, 8),
    ];
    assert_eq!(stalls, table);
    assert_eq!(outcome.played(), 72);
    let ends: Vec<Instant> = outcome.listeners().iter().map(|record| record.ended_at).collect();
    assert_eq!(ends, [second(65), second(73), second(81)]);
}

#[test]
fn an_engine_that_takes_no_time_serves_every_block_at_once() {
    let gateway = clockwork().with_deterministic_engine(1, Duration::ZERO, MediaTime::from_millis(2_000));
    let outcome = run(&scenario(3, 20, gateway));
    assert_eq!(outcome.startups(), [Duration::ZERO; 3]);
    assert_eq!((outcome.played(), outcome.stalls()), (60, vec![]));
    for record in outcome.blocks() {
        assert_eq!(record.requested_at, record.complete_at, "block {}", record.block);
        assert_eq!((record.chunks, record.bytes), (1, 12_000));
    }
}

#[test]
fn an_engine_without_time_and_sound_still_ends() {
    let gateway = clockwork().with_deterministic_engine(1, Duration::ZERO, MediaTime::ZERO);
    let outcome = run(&scenario(2, 20, gateway));
    assert_eq!(outcome.ends(), [SessionEnd::Completed; 2]);
    assert_eq!(outcome.played(), 40);
}
