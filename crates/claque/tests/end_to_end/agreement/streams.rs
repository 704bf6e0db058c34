//! The same plan of streams through sockets and through the simulator.
//!
//! No fact holds each piece, but what is told of pieces comes of all of them: their number, the largest time between two, and the buffer
//! that they would have asked for.

use std::collections::BTreeMap;

use claque_core::{
    record::BlockRecord,
    time::{Duration, Speed},
};

use super::{TOLERANCE, compare};
use crate::program::{Ran, run};

/// Compares runs, and then what they tell of pieces.
#[track_caller]
fn agree_on_pieces(arguments: &[&str]) {
    let arguments = [&["--protocol", "openai"], arguments].concat();
    let (real, simulated) = (run("run", &arguments), run("simulate", &arguments));
    real.assert_valid();
    simulated.assert_valid();
    compare(&real, &simulated);
    compare_stalled_time(&real, &simulated);
    for (real, simulated) in real.blocks().into_iter().zip(simulated.blocks()) {
        compare_pieces(real, simulated);
    }
    assert!(largest_chunk_gap(&simulated).is_some(), "nothing came in pieces");
}

/// Where each piece is a little late, a socket's millisecond makes one stall of two; their sum is the same.
#[track_caller]
fn compare_stalled_time(real: &Ran, simulated: &Ran) {
    let mut sums = BTreeMap::<_, [Duration; 2]>::new();
    for (side, ran) in [real, simulated].into_iter().enumerate() {
        for stall in ran.stalls() {
            sums.entry((stall.listener, stall.block)).or_default()[side] += stall.waited;
        }
    }
    for (place, [real, simulated]) in sums {
        assert!(real.abs_diff(simulated) <= TOLERANCE, "{place:?}: {real:?}, simulated {simulated:?}");
    }
}

type Length = fn(&BlockRecord) -> Option<Duration>;

#[track_caller]
fn compare_pieces(real: &BlockRecord, simulated: &BlockRecord) {
    // What a machine that was busy had not read is read at once with the next.
    assert!(real.chunks <= simulated.chunks, "{real:?}, simulated {simulated:?}");
    assert!(real.chunks * 10 >= simulated.chunks * 7, "{real:?}, simulated {simulated:?}");
    assert_eq!(real.bytes, simulated.bytes, "{real:?}");
    let buffer = |block: &BlockRecord| block.least_start_buffer.map(|buffer| Speed::NORMAL.play_time(buffer));
    let lengths: [(&str, Length); 2] =
        [("largest gap", |block| block.largest_chunk_gap), ("deficit", |block| block.buffer_deficit)];
    for (what, length) in lengths {
        let (real, simulated) = (length(real).unwrap_or_default(), length(simulated).unwrap_or_default());
        assert!(real.abs_diff(simulated) <= TOLERANCE, "{what}: {real:?}, simulated {simulated:?}");
    }
    // A piece more or less may be counted in.
    let (real, simulated) = (buffer(real).unwrap_or_default(), buffer(simulated).unwrap_or_default());
    assert!(real.abs_diff(simulated) <= TOLERANCE * 2, "buffer: {real:?}, simulated {simulated:?}");
}

fn largest_chunk_gap(ran: &Ran) -> Option<Duration> {
    ran.blocks().iter().filter_map(|block| block.largest_chunk_gap).max()
}

/// Three readers whose streams slow each other down; lengths and first pieces have the noise of their texts.
#[test]
fn readers_who_replace_each_other_are_the_same_in_both_drivers() {
    agree_on_pieces(&[
        "--users",
        "2",
        "--hold",
        "4s",
        "--warm-up",
        "off",
        "--blocks",
        "1",
        "--start-buffer",
        "350ms",
        "--gateway-set",
        "stream.length={fixed_seconds=1.5}",
        "--gateway-set",
        "stream.rate=4",
    ]);
}

#[test]
fn readers_come_at_a_rate_and_leave_as_they_meant_to_in_both_drivers() {
    agree_on_pieces(&[
        "--arrivals",
        "ramp:0/s..4/s:2s",
        "--listens",
        "2.5s",
        "--blocks",
        "4",
        "--start-buffer",
        "350ms",
        "--gateway-set",
        "stream.length={fixed_seconds=1.5}",
        "--gateway-set",
        "stream.rate=4",
    ]);
}

#[test]
fn readers_who_share_an_engine_get_the_same_pieces() {
    agree_on_pieces(&[
        "--users",
        "3",
        "--blocks",
        "5",
        "--speed",
        "3",
        "--stagger",
        "0.9",
        "--gateway-set",
        "stream.rate=3",
        "--gateway-set",
        "stream.batching={slowdown=0.5}",
        "--start-buffer",
        "300ms",
    ]);
}

/// A piece of 100 ms each 140 ms. Four are there when it begins, and of those that follow each comes 40 ms later against what is
/// needed: the eleventh is 20 ms early, the twelfth 20 ms late. So nothing comes in the very moment it is needed.
#[test]
fn a_stream_that_is_too_slow_stalls_as_long() {
    let arguments: Vec<_> = include_str!("slow_stream.txt").lines().collect();
    agree_on_pieces(&arguments);
}

/// Whoever interrupts waits for the slot until the work for nobody is done.
#[test]
fn conversations_with_one_slot_wait_for_the_same_work() {
    agree_on_pieces(&[
        "--users",
        "2",
        "--blocks",
        "4",
        "--listen",
        "turns",
        "--think",
        "300ms",
        "--barge-in",
        "0.5",
        "--speed",
        "2",
        "--workers",
        "1",
        "--stagger",
        "0.7",
        "--gateway-set",
        "stream.rate=2.5",
    ]);
}

/// One after the other: a refusal, silence, a break, and a stream that is not whole in time. A run with such things is INVALID, in both
/// for the same reasons and with the same words.
#[test]
fn what_goes_wrong_is_told_the_same() {
    let arguments = [
        "--protocol",
        "openai",
        "--users",
        "1",
        "--blocks",
        "6",
        "--in-flight",
        "1",
        "--block-timeout",
        "3",
        "--speed",
        "3",
        "--gateway-set",
        "stream.rate=6",
        "--gateway-set",
        r#"faults.streams=[{select={nth=1},effect={refuse={status=429,retry_after_seconds=3}}},{select={nth=2},effect="silence"},{select={nth=3},effect={break={after_seconds=0.7}}},{select={nth=4},effect={slow={rate=1.5}}}]"#,
    ];
    let (real, simulated) = (run("run", &arguments), run("simulate", &arguments));
    compare(&real, &simulated);
    compare_stalled_time(&real, &simulated);
    assert_eq!(real.reasons(), simulated.reasons());
    let words = |ran: &Ran| ran.errors().iter().map(|error| error.failure.text.clone()).collect::<Vec<_>>();
    assert_eq!(words(&real), words(&simulated));
    assert_eq!(words(&simulated).len(), 4);
}

#[test]
fn events_and_other_dialects_make_no_difference() {
    agree_on_pieces(&[
        "--users",
        "2",
        "--blocks",
        "3",
        "--speed",
        "3",
        "--stagger",
        "0.4",
        "--dialect",
        "speaches",
        "--delivery",
        "sse",
        "--gateway-set",
        "stream.rate=2.5",
    ]);
}
