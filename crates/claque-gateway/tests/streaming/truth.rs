//! An engine that makes speech in pieces: times that can be computed on paper.

use std::num::NonZeroU32;

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_gateway::{
    Abandoned, Batching, Engine, EngineFault, LengthModel, ServiceModel, StreamAsk, StreamId,
    StreamingConfig, StreamingEngine, StreamingInput, StreamingOutput,
};

/// First piece after 100 ms, then four times as fast as it plays, 200 ms a piece, one second of audio.
pub(crate) fn plain() -> StreamingConfig {
    StreamingConfig {
        engine: Engine::Modelled,
        first_chunk: ServiceModel::Fixed(Duration::from_millis(100)),
        rate: Speed::from_thousandths(4_000).expect("above zero"),
        chunk: MediaTime::from_millis(200),
        length: LengthModel::Fixed(MediaTime::from_millis(1_000)),
        slots: NonZeroU32::new(2).expect("above zero"),
        max_queued: 10,
        batching: Batching::Slowdown { thousandths: 500 },
        abandoned: Abandoned::Finished,
    }
}

pub(crate) fn ask(stream: u64) -> StreamAsk {
    StreamAsk {
        stream: StreamId(stream),
        chars: 20,
        speed: Speed::NORMAL,
        seed: Seed::root(1).index(stream),
        hindrance: None,
    }
}

/// Feeds inputs at their milliseconds, wakes the engine whenever it wants to be, and gives what it did.
fn play(config: StreamingConfig, inputs: &[(u64, StreamingInput)]) -> Vec<StreamingOutput> {
    let mut engine = StreamingEngine::new(config);
    let mut seen = Vec::new();
    for (at, input) in inputs {
        let at = Instant::from_millis(*at);
        while let Some((due, _)) = engine.poll_timeout().filter(|(due, _)| *due <= at) {
            seen.extend(engine.handle_input(due, StreamingInput::Wake));
        }
        seen.extend(engine.handle_input(at, input.clone()));
    }
    while let Some((due, _)) = engine.poll_timeout() {
        seen.extend(engine.handle_input(due, StreamingInput::Wake));
    }
    seen
}

/// When the pieces of a stream were made, in microseconds.
fn times(seen: &[StreamingOutput], wanted: u64) -> Vec<u64> {
    let time = |output: &StreamingOutput| match output {
        StreamingOutput::Piece(piece) if piece.stream == StreamId(wanted) => {
            Some(piece.at.as_nanos() / 1_000)
        }
        StreamingOutput::Piece(_) | StreamingOutput::Started { .. } | StreamingOutput::Refused { .. } => None,
    };
    seen.iter().filter_map(time).collect()
}

fn asked(at: u64, stream: u64) -> (u64, StreamingInput) {
    (at, StreamingInput::Ask(ask(stream)))
}

#[test]
fn a_lone_stream_keeps_its_pace() {
    let seen = play(plain(), &[asked(1_000, 0)]);
    assert_eq!(times(&seen, 0), [1_100_000, 1_150_000, 1_200_000, 1_250_000, 1_300_000]);
}

#[test]
fn the_last_piece_has_what_is_left() {
    let length = LengthModel::Fixed(MediaTime::from_millis(450));
    let seen = play(StreamingConfig { length, ..plain() }, &[asked(0, 0)]);
    let pieces: Vec<_> = seen
        .iter()
        .filter_map(|output| match output {
            StreamingOutput::Piece(piece) => {
                Some((piece.index, piece.media.as_nanos() / 1_000, piece.is_last))
            }
            StreamingOutput::Started { .. } | StreamingOutput::Refused { .. } => None,
        })
        .collect();
    assert_eq!(pieces, [(0, 200_000, false), (1, 200_000, false), (2, 50_000, true)]);
    assert_eq!(times(&seen, 0), [100_000, 150_000, 162_500]);
}

#[test]
fn two_streams_slow_each_other_down_while_both_are_there() {
    let seen = play(plain(), &[asked(0, 0), asked(160, 1)]);
    // The first has 140 ms of its 300 ms of work to do when the second comes, and takes 210 for them: until 370.
    assert_eq!(times(&seen, 0), [100_000, 150_000, 220_000, 295_000, 370_000]);
    // The second does 140 of its 300 until then, and 160 more alone.
    assert_eq!(times(&seen, 1), [310_000, 370_000 + 10_000, 430_000, 480_000, 530_000]);
}

#[test]
fn a_table_of_speeds_goes_on_with_its_last_total() {
    let speed = |thousandths| NonZeroU32::new(thousandths).unwrap();
    let batching = Batching::Table(vec![speed(1_000), speed(800)]);
    let config = StreamingConfig { batching, slots: speed(4), ..plain() };
    let two = play(config.clone(), &[asked(0, 0), asked(0, 1)]);
    assert_eq!(times(&two, 0)[0], 125_000);
    // Four together are as fast as two together: 1.6 times a lone one, 0.4 each.
    let four = play(config, &[asked(0, 0), asked(0, 1), asked(0, 2), asked(0, 3)]);
    assert_eq!(times(&four, 3)[0], 250_000);
}

#[test]
fn who_finds_no_slot_waits_for_the_first_that_is_free() {
    let config = StreamingConfig { batching: Batching::Slowdown { thousandths: 0 }, ..plain() };
    let seen = play(config, &[asked(0, 0), asked(50, 1), asked(60, 2), asked(61, 3)]);
    assert_eq!([times(&seen, 2)[0], times(&seen, 3)[0]], [400_000, 450_000]);
}

#[test]
fn too_many_that_wait_are_refused() {
    let config = StreamingConfig { max_queued: 1, ..plain() };
    let seen = play(config, &[asked(0, 0), asked(0, 1), asked(0, 2), asked(0, 3)]);
    assert!(seen.contains(&StreamingOutput::Refused { stream: StreamId(3) }));
    assert_eq!((times(&seen, 2).len(), times(&seen, 3).len()), (5, 0));
}

#[test]
fn work_goes_on_after_its_client_has_left_unless_it_is_stopped() {
    let one_slot = StreamingConfig { slots: NonZeroU32::MIN, ..plain() };
    let inputs = [asked(0, 0), asked(10, 1), (120, StreamingInput::Leave { stream: StreamId(0) })];
    let finished = play(one_slot.clone(), &inputs);
    assert_eq!((times(&finished, 0).len(), times(&finished, 1)[0]), (1, 400_000));
    let stopped = play(StreamingConfig { abandoned: Abandoned::Stopped, ..one_slot }, &inputs);
    assert_eq!(times(&stopped, 1)[0], 220_000);
}

#[test]
fn a_stuck_stream_holds_its_slot_and_slows_nobody_down() {
    let held = Some(Duration::from_millis(700));
    let stuck = StreamAsk { hindrance: Some(EngineFault::Stuck(held)), ..ask(0) };
    let seen = play(plain(), &[(0, StreamingInput::Ask(stuck)), asked(0, 1), asked(0, 2), asked(0, 3)]);
    assert_eq!(times(&seen, 0), [0; 0]);
    assert_eq!([times(&seen, 1)[0], times(&seen, 2)[0]], [100_000, 400_000]);
    assert_eq!(times(&seen, 3)[0], 700_000);
}

#[test]
fn a_slow_stream_makes_less_than_is_played() {
    let half = EngineFault::Rate(Speed::from_thousandths(500).unwrap());
    let slow = StreamAsk { hindrance: Some(half), ..ask(0) };
    let seen = play(plain(), &[(0, StreamingInput::Ask(slow))]);
    assert_eq!(times(&seen, 0), [100_000, 500_000, 900_000, 1_300_000, 1_700_000]);
}

#[test]
fn faster_speech_is_shorter() {
    let fast = StreamAsk { speed: Speed::from_thousandths(2_500).unwrap(), ..ask(0) };
    let seen = play(plain(), &[(0, StreamingInput::Ask(fast))]);
    assert_eq!(times(&seen, 0), [100_000, 150_000]);
}

#[test]
fn an_engine_of_the_host_is_told_when_its_turn_has_come() {
    let config = StreamingConfig { engine: Engine::External, slots: NonZeroU32::MIN, ..plain() };
    let made = (90, StreamingInput::Made { stream: StreamId(0) });
    let seen = play(config, &[asked(0, 0), asked(5, 1), made]);
    let started =
        |stream, at| StreamingOutput::Started { stream: StreamId(stream), at: Instant::from_millis(at) };
    assert_eq!(seen, [started(0, 0), started(1, 90)]);
}
