//! Known truths, worked out by hand.

use core::num::NonZeroU32;

use claque_core::{
    listener::{ThinkTime, Turns},
    player::PlayerPolicy,
    record::{BlockOutcome, SessionEnd},
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::openai::HeadTime;
use claque_gateway::{Abandoned, Batching, LengthModel, ServiceModel, StreamingConfig};
use claque_sim::StreamScenario;

use super::{at, barged_in, engine, every, ms, run, scenario};
use crate::house::{far, network, speed};

/// Pieces of 100 ms every 125 ms, the first after 125: 5 s of audio in 6.25 s.
fn too_slow() -> StreamingConfig {
    StreamingConfig {
        first_chunk: ServiceModel::Fixed(ms(125)),
        rate: speed(800),
        chunk: MediaTime::from_millis(100),
        length: LengthModel::Fixed(MediaTime::from_millis(5_000)),
        ..engine()
    }
}

/// When playback began, each stall's begin and length in milliseconds, and the end of the session.
fn heard_with(buffer: u64) -> (Option<Instant>, Vec<(Instant, Duration)>, Instant) {
    let mut scenario = scenario(1, 1, too_slow());
    scenario.plan.policy.start_buffer = MediaTime::from_millis(buffer);
    scenario.plan.policy.resume_buffer = MediaTime::from_millis(buffer);
    let outcome = run(&scenario);
    assert_eq!((outcome.played(), outcome.blocks()[0].chunks), (1, 50));
    let stalls = outcome.stalls().iter().map(|stall| (stall.began_at, stall.waited)).collect();
    (outcome.blocks()[0].started_at, stalls, outcome.simulated.ended_at)
}

/// It begins at 125, each piece is over 25 ms before the next is there: 49 stalls. The last comes at 6,250 and lasts 100.
#[test]
fn a_stream_at_four_fifths_of_real_time_stalls_for_every_piece() {
    let (started_at, stalls, ended_at) = heard_with(0);
    assert_eq!((started_at, ended_at), (at(125), Instant::from_millis(6_350)));
    assert_eq!(stalls.len(), 49);
    for (stall, number) in stalls.iter().zip(0..) {
        assert_eq!(*stall, (Instant::from_millis(225 + number * 125), ms(25)));
    }
}

/// Four pieces are there at 500. Piece n comes at 125 n and is needed at 400 + 100 n: the 16th comes in the very moment, the 17th
/// too late for 2,100. With 17 to 20 it goes on at 2,500, from where piece n is needed at 800 + 100 n: up to the 32nd. With 33 to 36
/// at 4,500: up to the 48th. At 6,100 but two are left, and both are there at 6,250.
#[test]
fn buffers_of_four_pieces_leave_three_stalls() {
    let (started_at, stalls, ended_at) = heard_with(400);
    let second = |millis, waited| (Instant::from_millis(millis), ms(waited));
    assert_eq!(stalls, [second(2_100, 400), second(4_100, 400), second(6_100, 150)]);
    assert_eq!((started_at, ended_at), (at(500), Instant::from_millis(6_450)));
}

/// Ten pieces are there at 1,250. Piece n is needed at 1,150 + 100 n: the 47th comes at 5,875, too late for 5,850, and with it but four
/// are left, of which the last comes at 6,250.
#[test]
fn buffers_of_a_second_leave_one_stall_near_the_end() {
    let (started_at, stalls, ended_at) = heard_with(1_000);
    assert_eq!(stalls, [(Instant::from_millis(5_850), ms(400))]);
    assert_eq!((started_at, ended_at), (at(1_250), Instant::from_millis(6_650)));
}

/// Each has what the other leaves: of two at once each is half as fast. A begins at 0, B at 350. A has 250 ms of its work left then,
/// which take 500: its pieces are there at 200, 300, 450, 650 and 850. B has done 250 of its 600 by then and needs 350 more:
/// its first is made after 200 of work, at 350 + 400, its last at 850 + 350.
#[test]
fn two_listeners_share_an_engine() {
    let config = StreamingConfig { batching: Batching::Slowdown { thousandths: 1_000 }, ..engine() };
    let mut scenario = scenario(2, 1, config);
    scenario.plan.schedule = every(2, ms(350));
    let outcome = run(&scenario);
    let mut blocks = outcome.blocks();
    blocks.sort_by_key(|block| block.listener);
    let times: Vec<_> =
        blocks.iter().map(|block| (block.requested_at, block.first_audio_at, block.complete_at)).collect();
    assert_eq!(times, [(at(0), at(200), at(850)), (at(350), at(750), at(1_200))]);
    // A's third piece is heard until 800, when its fourth has been there for 150 ms; nothing of it stalls. B's second comes at 900.
    assert_eq!(outcome.stalls(), []);
    assert_eq!(
        blocks.iter().map(|block| block.largest_chunk_gap).collect::<Vec<_>>(),
        [Some(ms(200)), Some(ms(150))]
    );
}

/// One slot: the second begins when the first is made, at 600, the third at 1,200. Who waits has the head at once.
#[test]
fn three_listeners_queue_for_a_slot() {
    let mut scenario = scenario(3, 1, StreamingConfig { slots: NonZeroU32::MIN, ..engine() });
    let times = |scenario: &StreamScenario| {
        let outcome = run(scenario);
        let mut blocks = outcome.blocks();
        blocks.sort_by_key(|block| block.listener);
        blocks
            .iter()
            .map(|block| (block.acknowledged_at, block.first_audio_at, block.complete_at))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        times(&scenario),
        [(at(0), at(200), at(600)), (at(0), at(800), at(1_200)), (at(0), at(1_400), at(1_800))]
    );
    scenario.service.head = HeadTime::WithAudio;
    assert_eq!(
        times(&scenario),
        [(at(200), at(200), at(600)), (at(800), at(800), at(1_200)), (at(1_400), at(1_400), at(1_800))]
    );
}

/// Two blocks in flight of a reader: the third is asked for when the first is whole.
#[test]
fn a_reader_has_two_requests_under_way() {
    let outcome = run(&scenario(1, 3, engine()));
    let times: Vec<_> = outcome
        .blocks()
        .iter()
        .map(|block| (block.intended_at, block.requested_at, block.first_audio_at, block.complete_at))
        .collect();
    let two = (at(0), at(0), at(200), at(600));
    assert_eq!(times, [two, two, (at(0), at(600), at(800), at(1_200))]);
    assert_eq!((outcome.stalls(), outcome.simulated.ended_at), (vec![], Instant::from_millis(3_200)));
}

/// Someone who interrupts the first utterance, of which 20 s are made one as fast as it plays, and thinks for a second.
fn interrupted(abandoned: Abandoned, latency: u64) -> (Instant, [Option<Instant>; 2]) {
    let config = StreamingConfig {
        rate: speed(1_000),
        length: LengthModel::Fixed(MediaTime::from_millis(20_000)),
        slots: NonZeroU32::MIN,
        abandoned,
        ..engine()
    };
    let mut scenario = scenario(1, 2, config);
    scenario.plan.policy = PlayerPolicy::TURNS;
    scenario.plan.behaviour.turns = Some(Turns { think: ThinkTime::Fixed(ms(1_000)), barge_in: 1.0 });
    scenario.plan.network = far(latency);
    let outcome = run(&scenario);
    let blocks = outcome.blocks();
    assert_eq!(blocks[0].outcome, BlockOutcome::Abandoned);
    assert_eq!(outcome.ends(), [SessionEnd::Completed]);
    (barged_in(&outcome)[0], [blocks[1].requested_at, blocks[1].first_audio_at])
}

/// Its last piece would be made at 200 + 19,800, and until then the slot is taken: the next begins at 20,000 and is heard 200 later.
#[test]
fn work_that_goes_on_for_nobody_delays_the_next_request() {
    let (interrupted_at, next) = interrupted(Abandoned::Finished, 0);
    assert!(interrupted_at < Instant::from_millis(18_000), "there is still much to be made");
    assert_eq!(next, [Some(interrupted_at + ms(1_000)), at(20_200)]);
}

#[test]
fn work_that_ends_with_its_listener_delays_nobody() {
    let (interrupted_at, next) = interrupted(Abandoned::Stopped, 0);
    let asked_at = interrupted_at + ms(1_000);
    assert_eq!(next, [Some(asked_at), Some(asked_at + ms(200))]);
    // Its connection was closed: 100 ms for another, 50 for the request and 50 for the piece.
    let (interrupted_at, next) = interrupted(Abandoned::Stopped, 50);
    let asked_at = interrupted_at + ms(1_000 + 100);
    assert_eq!(next, [Some(asked_at), Some(asked_at + ms(300))]);
}

/// The service hears of it 600 ms after it was interrupted. The next request, for which a connection is made first, finds the slot free.
#[test]
fn the_news_that_a_listener_left_takes_its_time() {
    let config = StreamingConfig {
        rate: speed(1_000),
        length: LengthModel::Fixed(MediaTime::from_millis(20_000)),
        slots: NonZeroU32::MIN,
        abandoned: Abandoned::Stopped,
        ..engine()
    };
    let mut scenario = scenario(1, 2, config);
    scenario.plan.policy = PlayerPolicy::TURNS;
    scenario.plan.behaviour.turns = Some(Turns { think: ThinkTime::Fixed(Duration::ZERO), barge_in: 1.0 });
    scenario.plan.network = far(600);
    let outcome = run(&scenario);
    let asked_at = outcome.blocks()[1].requested_at;
    assert_eq!(asked_at, barged_in(&outcome).first().map(|at| *at + ms(1_200)));
    assert_eq!(outcome.blocks()[1].first_audio_at, asked_at.map(|at| at + ms(600 + 200 + 600)));
}

/// With 50 ms one way: connected and asked at 100, there at 150, the first piece at 350, heard of at 400; head at 200.
#[test]
fn request_and_answer_each_take_a_latency() {
    let mut scenario = scenario(1, 1, engine());
    scenario.plan.network = far(50);
    let outcome = run(&scenario);
    let block = outcome.blocks()[0];
    assert_eq!((block.requested_at, block.acknowledged_at), (at(100), at(200)));
    assert_eq!((block.first_audio_at, block.ready_at, block.complete_at), (at(400), at(800), at(800)));
}

/// 200 ms of samples at 24 kHz are 9,600 bytes: at 24,000 a second each piece takes 400 ms, one after the other, and arrives in seven segments, of which the first
/// has 1,371 bytes.
#[test]
fn a_narrow_way_makes_a_fast_engine_slow() {
    let mut scenario = scenario(1, 1, engine());
    scenario.plan.network = network(50, Some(8 * 24_000));
    let outcome = run(&scenario);
    let block = outcome.blocks()[0];
    let first = at(400).map(|at| at + Duration::from_micros(57_125));
    assert_eq!((block.first_audio_at, block.complete_at), (first, at(400 + 5 * 400)));
    assert_eq!((block.bytes, block.chunks), (48_000, 35));
    assert!(block.largest_chunk_gap.is_some_and(|gap| gap < ms(58)), "{block:?}");
    // From the first segment to the end of the last, which is heard for 28.6 ms, less the second of audio.
    let stalled: Duration = outcome.stalls().iter().map(|stall| stall.waited).sum();
    let expected = Duration::from_micros(2_400_000 + 28_600 - 457_125 - 1_000_000);
    assert!(stalled.abs_diff(expected) < ms(1), "{stalled:?} instead of {expected:?}");
}

/// Bytes of an answer that nobody wants are not carried: the next utterance does not wait behind them.
#[test]
fn what_nobody_wants_does_not_fill_the_way() {
    let config = StreamingConfig {
        rate: speed(1_000_000),
        length: LengthModel::Fixed(MediaTime::from_millis(60_000)),
        ..engine()
    };
    let mut scenario = scenario(1, 2, config);
    scenario.plan.policy = PlayerPolicy::TURNS;
    scenario.plan.behaviour.turns = Some(Turns { think: ThinkTime::Fixed(ms(1_000)), barge_in: 1.0 });
    // Just what is heard, so that nearly a minute is still on its way when it is interrupted.
    scenario.plan.network = network(0, Some(8 * 48_000));
    let outcome = run(&scenario);
    let asked_at = barged_in(&outcome)[0] + ms(1_000);
    // The first of seven segments has 1,371 bytes.
    let first = Duration::from_nanos(28_562_500);
    assert_eq!(outcome.blocks()[1].first_audio_at, Some(asked_at + ms(200) + first));
}

#[test]
fn equal_scenarios_give_equal_facts() {
    let mut scenario = scenario(20, 12, StreamingConfig::default());
    scenario.plan.varied_lengths = true;
    scenario.plan.schedule = every(20, ms(300));
    scenario.plan.behaviour.seek = 2.0;
    scenario.scripts = scenario.plan.scripts(&crate::house::corpus(), Seed::root(2));
    let outcome = run(&scenario);
    assert_eq!(run(&scenario), outcome);
    assert_eq!(outcome.ends(), [SessionEnd::Completed; 20]);
    scenario.seed = Seed::root(4);
    assert_ne!(run(&scenario).facts, outcome.facts);
}
