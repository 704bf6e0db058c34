//! The same plan, with networks between listeners and service, through sockets and through the simulator.

use std::collections::BTreeMap;

use claque_core::{
    record::BlockRecord,
    time::{Duration, Instant},
};

use super::{TOLERANCE, agree, compare};
use crate::program::{Ran, run};

/// A gateway that makes samples, of which both drivers know the exact bytes: 48,000 a second.
const SAMPLES: [&str; 2] = ["--gateway-set", "models.kokoro.format=\"wav\""];

/// What each listener's record calls its network.
fn networks(ran: &Ran) -> Vec<Option<String>> {
    ran.listeners().iter().map(|listener| listener.network.clone()).collect()
}

/// Stalled time of each listener, whatever stalls it is made of: where each block is a little late, a socket's millisecond makes one of two.
fn stalled(ran: &Ran) -> BTreeMap<u32, Duration> {
    let mut sums = BTreeMap::<_, Duration>::new();
    for stall in ran.stalls() {
        *sums.entry(stall.listener.0).or_default() += stall.waited;
    }
    sums
}

/// Startup of the block that is heard first.
fn startup(ran: &Ran, listener: u32) -> Option<Duration> {
    let record = ran.listeners().into_iter().find(|record| record.listener.0 == listener)?;
    Some(record.started_at?.since(record.intended_at))
}

/// Every way there and back is in it: TCP, WebSocket, request, TCP, audio.
#[test]
fn listeners_who_are_far_away_get_the_same_facts_from_both_drivers() {
    let (real, simulated) = agree(&[
        "--users",
        "3",
        "--blocks",
        "16",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.1",
        "--audio-seconds",
        "0.2",
        "--player",
        "yapit-2026-02",
        "--stagger",
        "0.03",
        "--network",
        "delay=150ms",
    ]);
    assert!(startup(&simulated, 0) >= Some(Duration::from_millis(1_500)));
    assert_eq!(networks(&real), vec![Some("delay=150ms".to_owned()); 3]);
}

/// A second of samples takes 0.8 s of the line and half a second to be heard: stalls come of the network alone. Whoever wakes late must not read faster
/// for it.
#[test]
fn a_narrow_line_stalls_as_long_in_both_drivers() {
    let (real, simulated) = {
        let arguments = [
            "--users",
            "2",
            "--blocks",
            "16",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.01",
            "--audio-seconds",
            "1",
            "--workers",
            "unlimited",
            "--speed",
            "2",
            "--network",
            "delay=30ms down=480kbit up=200kbit",
        ];
        let arguments = [&arguments[..], &SAMPLES[..]].concat();
        (run("run", &arguments), run("simulate", &arguments))
    };
    real.assert_valid();
    simulated.assert_valid();
    compare_narrow(&real, &simulated);
    assert!(startup(&simulated, 0) >= Some(Duration::from_secs(2)), "the line is not narrow");
    assert!(stalled(&simulated).into_values().max() >= Some(Duration::from_millis(500)), "nobody waited");
}

/// The narrow line holds up all that goes over it, so moments may differ by as much as a turn of each of six fetches more.
#[track_caller]
fn compare_narrow(real: &Ran, simulated: &Ran) {
    let most = 3 * TOLERANCE;
    let (blocks, expected) = (real.blocks(), simulated.blocks());
    assert_eq!(blocks.len(), expected.len());
    let moments: [fn(&BlockRecord) -> Option<Instant>; 3] =
        [|block| block.requested_at, |block| block.complete_at, |block| block.started_at];
    for (block, expected) in blocks.iter().zip(expected) {
        assert_eq!(
            (block.listener, block.block, block.bytes),
            (expected.listener, expected.block, expected.bytes)
        );
        for moment in moments {
            let (at, expected_at) = (moment(block).unwrap(), moment(expected).unwrap());
            let apart = at.since(expected_at).max(expected_at.since(at));
            assert!(apart <= most, "{block:?}, simulated {expected:?}");
        }
    }
    for ((listener, real), (_, simulated)) in stalled(real).into_iter().zip(stalled(simulated)) {
        assert!(real.abs_diff(simulated) <= most, "listener {listener}: {real:?}, simulated {simulated:?}");
    }
}

/// 24,000 samples of two bytes a second are 384 kbit/s, and 320 go over the line: each second of an utterance takes 0.2 s more.
#[test]
fn streams_over_a_narrow_line_stall_as_long_in_both_drivers() {
    let arguments = [
        "--protocol",
        "openai",
        "--users",
        "2",
        "--blocks",
        "2",
        "--response-format",
        "pcm",
        "--network",
        "delay=80ms down=320kbit",
        "--gateway-set",
        "stream.rate=20",
        "--gateway-set",
        "stream.length={fixed_seconds=3}",
    ];
    let (real, simulated) = (run("run", &arguments), run("simulate", &arguments));
    real.assert_valid();
    simulated.assert_valid();
    for (block, expected) in real.blocks().iter().zip(simulated.blocks()) {
        assert_eq!((block.bytes, block.outcome), (expected.bytes, expected.outcome));
        let moments: [fn(&BlockRecord) -> Option<Instant>; 3] =
            [|block| block.requested_at, |block| block.first_audio_at, |block| block.complete_at];
        for moment in moments {
            let (at, expected_at) = (moment(block).unwrap(), moment(expected).unwrap());
            let apart = at.since(expected_at).max(expected_at.since(at));
            assert!(apart <= TOLERANCE, "{block:?}, simulated {expected:?}");
        }
    }
    let (real, simulated) = (stalled(&real), stalled(&simulated));
    assert!(simulated.values().all(|stalled| *stalled > Duration::from_millis(400)), "{simulated:?}");
    for (listener, simulated) in simulated {
        let real = real.get(&listener).copied().unwrap_or_default();
        assert!(real.abs_diff(simulated) <= 2 * TOLERANCE, "{real:?}, simulated {simulated:?}");
    }
}

/// Who has which network is the plan's choice, and each gets what its own does to it.
#[test]
fn a_mix_gives_each_listener_the_same_network_in_both_drivers() {
    let folder = tempfile::tempdir().unwrap();
    let mix = folder.path().join("mix.toml");
    let text = "[[network]]\nname = \"home\"\nshare = 50\nlink = \"none\"\n\
                [[network]]\nname = \"train\"\nshare = 50\nlink = \"delay=200ms\"\n";
    std::fs::write(&mix, text).unwrap();
    let arguments = [
        "--users",
        "8",
        "--blocks",
        "6",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.05",
        "--audio-seconds",
        "0.5",
        "--workers",
        "unlimited",
        "--network",
        mix.to_str().unwrap(),
    ];
    let (real, simulated) = (run("run", &arguments), run("simulate", &arguments));
    real.assert_valid();
    simulated.assert_valid();
    compare(&real, &simulated);
    assert_eq!(networks(&real), networks(&simulated));
    let far = networks(&real).iter().filter(|network| network.as_deref() == Some("train")).count();
    assert!((3..=5).contains(&far), "{far} of 8");
    for (listener, network) in (0..).zip(networks(&real)) {
        let is_far = network.as_deref() == Some("train");
        assert_eq!(startup(&real, listener) >= Some(Duration::from_secs(2)), is_far, "listener {listener}");
    }
}

/// What is lost comes of other draws in both drivers, which read in other pieces; that much is lost is the same.
#[test]
fn what_is_lost_costs_about_as_much_in_both_drivers() {
    let arguments = [
        "--users",
        "30",
        "--blocks",
        "6",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.02",
        "--audio-seconds",
        "0.5",
        "--workers",
        "unlimited",
        "--network",
        "delay=60ms jitter=20ms loss=4% down=4Mbit",
    ];
    let (real, simulated) = (run("run", &arguments), run("simulate", &arguments));
    real.assert_valid();
    simulated.assert_valid();
    let mean = |ran: &Ran| {
        let all: Vec<_> = (0..30).filter_map(|listener| startup(ran, listener)).collect();
        assert_eq!(all.len(), 30);
        all.iter().sum::<Duration>() / 30
    };
    let (real, simulated) = (mean(&real), mean(&simulated));
    // Nothing lost is 0.62 s. A loss costs 0.32 s, or a second where a connection is made: of 30 listeners the mean scatters by 0.08 s.
    for mean in [real, simulated] {
        assert!((0.64..1.3).contains(&mean.as_secs_f64()), "{real:?}, simulated {simulated:?}");
    }
    assert!(real.abs_diff(simulated) < Duration::from_millis(350), "{real:?}, simulated {simulated:?}");
}
