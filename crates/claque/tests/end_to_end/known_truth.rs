//! What can be worked out on paper, and the promises of the README.

use claque_core::time::Duration;

use crate::program::{Ran, run};

/// One worker, 0.1 s a block, 0.2 s of audio each, two blocks to start: the paper's seconds divided by ten.
const TRUTH: [&str; 10] = [
    "--engine",
    "deterministic",
    "--service-seconds",
    "0.1",
    "--audio-seconds",
    "0.2",
    "--player",
    "yapit-2026-02",
    "--blocks",
    "16",
];
/// As for the agreement of the drivers: far above what an idle machine shows.
const TOLERANCE: Duration = Duration::from_millis(120);

#[test]
fn the_first_listener_starts_after_two_blocks_and_never_stalls() {
    let ran = truth("1");
    assert_startups(&ran, &[200]);
    assert_eq!(ran.count("/underruns/count"), 0);
}

#[test]
fn the_second_waits_for_the_whole_batch_of_the_first_and_neither_stalls() {
    let ran = truth("2");
    assert_startups(&ran, &[200, 1_000]);
    assert_eq!(ran.count("/underruns/count"), 0);
}

#[test]
fn the_third_waits_for_both_and_everybody_stalls_once() {
    let ran = truth("3");
    assert_startups(&ran, &[200, 1_000, 1_800]);
    // Every second batch waits for two first ones: its first block is ready 25, 33, 41 blocks after the start, while
    // the audio of the first batch ends at 18, 26, 34 (in units of 0.1 s).
    let stalls: Vec<_> = ran.stalls().iter().map(|stall| (stall.listener.0, stall.block.0)).collect();
    assert_eq!(stalls, [(0, 8), (1, 8), (2, 8)]);
    for stall in ran.stalls() {
        assert!(stall.waited.abs_diff(Duration::from_millis(700)) <= TOLERANCE, "{stall:?}");
    }
}

#[test]
fn twenty_listeners_at_four_times_the_speed_hear_every_block() {
    let ran = run(
        "run",
        &[
            "--users",
            "20",
            "--blocks",
            "30",
            "--speed",
            "4",
            "--gateway-set",
            "models.kokoro.workers=64",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.05",
            "--audio-seconds",
            "1",
        ],
    );
    ran.assert_valid();
    assert!(ran.stdout.contains("600/600 blocks"), "{}", ran.stdout);
    let sessions = ran.manifest()["sessions"].clone();
    assert_eq!(sessions.as_array().unwrap().len(), 20);
    for session in sessions.as_array().unwrap() {
        assert_eq!(session["block_arrivals"].as_array().unwrap().len(), 30);
    }
}

#[test]
fn a_warm_cache_lets_nobody_stall_at_twenty_times_the_speed() {
    let ran = run(
        "run",
        &[
            "--users",
            "20",
            "--blocks",
            "30",
            "--use-cached",
            "--speed",
            "20",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.02",
            "--audio-seconds",
            "5",
        ],
    );
    ran.assert_valid();
    assert!(ran.stdout.contains("600/600 blocks"), "{}", ran.stdout);
    assert_eq!(ran.count("/underruns/count"), 0);
}

#[test]
fn with_cross_talk_the_run_is_invalid_and_nobody_is_advanced_by_a_foreign_block() {
    let ran = run(
        "run",
        &[
            "--users",
            "4",
            "--blocks",
            "10",
            "--reproduce",
            "cross-talk",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.02",
            "--audio-seconds",
            "0.1",
        ],
    );
    assert_eq!(ran.code, Some(5));
    assert_eq!(ran.reasons(), ["cross-talk"]);
    // Every message of a block also reaches the three others, for as long as they are connected.
    let foreign = ran.count("/foreign_messages");
    assert!((100..=240).contains(&foreign), "{foreign}");
    assert!(ran.stdout.contains("messages of foreign documents"), "{}", ran.stdout);
    // One worker: a listener whose block was ready before its turn would have been advanced by somebody else's.
    let mut ready: Vec<_> = ran.blocks().iter().map(|block| block.ready_at.unwrap()).collect();
    ready.sort_unstable();
    let too_close = ready.windows(2).filter(|pair| pair[1].since(pair[0]) < Duration::from_millis(5)).count();
    assert!(too_close < 10, "{too_close} of 39 blocks were ready together");
    assert_eq!(ran.count("/blocks/played"), 40);
}

#[track_caller]
fn truth(users: &str) -> Ran {
    let mut arguments = TRUTH.to_vec();
    arguments.extend(["--users", users, "--stagger", "0.001"]);
    let ran = run("run", &arguments);
    ran.assert_valid();
    ran
}

#[track_caller]
fn assert_startups(ran: &Ran, millis: &[u64]) {
    let mut startups: Vec<_> = ran
        .listeners()
        .iter()
        .map(|listener| listener.started_at.unwrap().since(listener.intended_at))
        .collect();
    startups.sort_unstable();
    assert_eq!(startups.len(), millis.len());
    for (startup, millis) in startups.iter().zip(millis) {
        assert!(startup.abs_diff(Duration::from_millis(*millis)) <= TOLERANCE, "{startups:?}");
    }
}
