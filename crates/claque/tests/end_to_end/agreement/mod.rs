//! The same plan through sockets and through the simulator: the same facts at the same times.

mod networks;
mod streams;

use claque_core::{
    record::{BlockRecord, Incident, IncidentRecord, StallRecord},
    time::{Duration, Instant},
};

use crate::program::{Ran, run};

/// How far a moment over sockets may lie from the simulator's. Far above what an idle machine shows (a few
/// milliseconds), because the machines of CI are shared; `cargo xtask bench agreement` gives the real figure.
const TOLERANCE: Duration = Duration::from_millis(120);

#[test]
fn a_crowd_that_stalls_gets_the_same_facts_from_both_drivers() {
    agree(&[
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
    ]);
}

#[test]
fn failures_skips_and_speed_change_nothing_about_that() {
    agree(&[
        "--users",
        "4",
        "--blocks",
        "20",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.12",
        "--audio-seconds",
        "0.7",
        "--workers",
        "2",
        "--speed",
        "2.5",
        "--stagger",
        "1.7",
        "--batch-size",
        "5",
        "--min-buffer",
        "3",
        "--gateway-set",
        r#"faults.jobs=[{select={block=3},effect={engine-error={text="no voice"}}},{select={block=7},effect="audio-missing"},{select={block=11},effect={slow={extra_seconds=0.9}}}]"#,
    ]);
}

#[test]
fn connections_cut_at_block_7_are_lost_and_found_in_both_drivers() {
    agree(&[
        "--users",
        "3",
        "--blocks",
        "20",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.1",
        "--audio-seconds",
        "0.55",
        "--player",
        "yapit-2026-02",
        "--workers",
        "2",
        "--stagger",
        "0.9",
        "--gateway-set",
        r#"faults.connections=[{select={first=3},at_block=7,effect={close={code=1011,reason="oops"}}}]"#,
    ]);
}

#[test]
fn people_do_the_same_things_at_the_same_times_in_both_drivers() {
    agree(&[
        "--users",
        "3",
        "--blocks",
        "30",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.05",
        "--audio-seconds",
        "0.5",
        "--workers",
        "unlimited",
        "--behaviour",
        "seek=6,skip=6,pause=6,pause-seconds=0.3,voice=6",
    ]);
}

#[test]
fn a_warm_cache_answers_both_drivers_at_once() {
    agree(&[
        "--users",
        "6",
        "--blocks",
        "12",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.02",
        "--audio-seconds",
        "0.3",
        "--use-cached",
        "--stagger",
        "0.5",
    ]);
}

#[test]
fn listeners_come_when_the_plan_says_and_leave_as_they_meant_to_in_both_drivers() {
    let (real, simulated) = agree(&[
        "--arrivals",
        "poisson:3/s",
        "--for",
        "3s",
        "--seed",
        "2",
        "--listens",
        "uniform 1s..3s",
        "--texts",
        "4",
        "--blocks",
        "12",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.03",
        "--audio-seconds",
        "0.5",
        "--workers",
        "unlimited",
    ]);
    assert_eq!(starts(&real), starts(&simulated), "they do not move");
}

#[test]
fn an_audience_that_is_held_at_its_number_is_the_same_in_both_drivers() {
    let (real, _) = agree(&[
        "--users",
        "2",
        "--hold",
        "5s",
        "--warm-up",
        "off",
        "--listens",
        "1500ms",
        "--blocks",
        "8",
        "--engine",
        "deterministic",
        "--service-seconds",
        "0.1",
        "--audio-seconds",
        "0.5",
        "--workers",
        "unlimited",
    ]);
    // Startup and 1.5 s of audio, and then the next: three times in five seconds, and a fourth that begins in them.
    assert_eq!(real.listeners().len(), 8);
}

/// Both drivers in turn, then everything compared.
#[track_caller]
fn agree(arguments: &[&str]) -> (Ran, Ran) {
    let real = run("run", arguments);
    let simulated = run("simulate", arguments);
    real.assert_valid();
    simulated.assert_valid();
    compare(&real, &simulated);
    compare_stalls(&lasting_stalls(&real), &lasting_stalls(&simulated));
    (real, simulated)
}

/// Compares everything but stalls.
#[track_caller]
fn compare(real: &Ran, simulated: &Ran) {
    let (blocks, expected) = (real.blocks(), simulated.blocks());
    assert_eq!(blocks.len(), expected.len());
    for (block, expected) in blocks.iter().zip(expected) {
        compare_blocks(block, expected);
    }
    for (real, simulated) in starts(real).into_iter().zip(starts(simulated)) {
        let apart = real.since(simulated).max(simulated.since(real));
        assert!(apart <= TOLERANCE, "to start at {real}, simulated {simulated}");
    }
    compare_incidents(&real.incidents(), &simulated.incidents());
    let ends = |ran: &Ran| {
        ran.listeners().iter().map(|listener| (listener.listener, listener.end)).collect::<Vec<_>>()
    };
    assert_eq!(ends(real), ends(simulated));
    let causes = |ran: &Ran| {
        let mut causes: Vec<_> =
            ran.errors().iter().map(|error| (error.listener, error.failure.clone())).collect();
        causes.sort_unstable();
        causes
            .into_iter()
            .map(|(listener, failure)| (listener, failure.class, failure.code, failure.kills))
            .collect::<Vec<_>>()
    };
    assert_eq!(causes(real), causes(simulated));
}

/// When each listener was meant to start.
fn starts(ran: &Ran) -> Vec<Instant> {
    ran.listeners().iter().map(|listener| listener.intended_at).collect()
}

/// The same incidents in the same order of each listener, at about the same times.
#[track_caller]
fn compare_incidents(real: &[&IncidentRecord], simulated: &[&IncidentRecord]) {
    assert_eq!(real.len(), simulated.len(), "{real:?}, simulated {simulated:?}");
    for (real, simulated) in real.iter().zip(simulated) {
        assert_eq!(real.listener, simulated.listener);
        let apart = real.at.since(simulated.at).max(simulated.at.since(real.at));
        assert!(apart <= TOLERANCE, "{real:?}, simulated {simulated:?}");
        assert_eq!(timeless(&real.incident), timeless(&simulated.incident));
    }
}

/// An incident without how long it lasted.
fn timeless(incident: &Incident) -> Incident {
    let mut incident = incident.clone();
    match &mut incident {
        Incident::Outage { lasted, .. } | Incident::Delayed { lasted, .. } | Incident::Paused { lasted } => {
            *lasted = Duration::ZERO;
        }
        Incident::Resent { .. }
        | Incident::GivenUp { .. }
        | Incident::Jumped { .. }
        | Incident::VoiceChanged { .. }
        | Incident::BargedIn { .. }
        | Incident::HungUp { .. } => {}
    }
    incident
}

type Moment = fn(&BlockRecord) -> Option<Instant>;

#[track_caller]
fn compare_blocks(real: &BlockRecord, simulated: &BlockRecord) {
    let identity = |block: &BlockRecord| {
        (block.listener, block.block, block.batch, block.chars, block.media, block.resends, block.outcome)
    };
    assert_eq!(identity(real), identity(simulated));
    let moments: [(&str, Moment); 6] = [
        ("intended", |block| block.intended_at),
        ("requested", |block| block.requested_at),
        ("ready", |block| block.ready_at),
        ("first audio", |block| block.first_audio_at),
        ("complete", |block| block.complete_at),
        ("started", |block| block.started_at),
    ];
    for (what, moment) in moments {
        match (moment(real), moment(simulated)) {
            (Some(real_at), Some(simulated_at)) => {
                let apart = real_at.since(simulated_at).max(simulated_at.since(real_at));
                assert!(apart <= TOLERANCE, "{what} at {real_at}, simulated {simulated_at}: {real:?}");
            }
            (real_at, simulated_at) => assert_eq!(real_at, simulated_at, "{what}: {real:?}"),
        }
    }
}

/// Stalls that are longer than what the two may differ by: where audio ends in the very moment the next arrives, a
/// socket's millisecond makes a stall and virtual time does not.
fn lasting_stalls(ran: &Ran) -> Vec<StallRecord> {
    ran.stalls().into_iter().filter(|stall| stall.waited > TOLERANCE).copied().collect()
}

#[track_caller]
fn compare_stalls(real: &[StallRecord], simulated: &[StallRecord]) {
    let places =
        |stalls: &[StallRecord]| stalls.iter().map(|stall| (stall.listener, stall.block)).collect::<Vec<_>>();
    assert_eq!(places(real), places(simulated));
    for (real, simulated) in real.iter().zip(simulated) {
        let apart = real.waited.abs_diff(simulated.waited);
        assert!(apart <= TOLERANCE, "{real:?}, simulated {simulated:?}");
    }
}
