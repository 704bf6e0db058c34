//! Scenarios against which real players were recorded, served on a port and played by the program: it asks, gives up and plays as
//! the real players did.

use std::{collections::BTreeSet, fs, net::Ipv4Addr, path::Path, thread};

use claque_core::{
    record::{BlockOutcome, Incident},
    rng::Seed,
    time::{Duration, Instant},
};
use claque_front::yapit::{gateway::GatewayConfig, scripted::EvictedOnJump};
use claque_net::host::{EngineChoice, Host, HostOptions, ScriptInput, ScriptLogEntry, ScriptOptions};
use claque_sim::{ScriptedScene, read_script};
use serde_json::Value;

use crate::program::{Ran, run};

/// How far a moment over sockets may lie from the recording's, which knows no time on the way. An idle machine needs a few
/// milliseconds; those of CI are shared.
const TOLERANCE: Duration = Duration::from_millis(400);

/// A scenario, who was recorded, and what that player is called here. All are played at the same time, and the longest takes ten
/// seconds.
const PLAYED: [(&str, &str, &str); 6] = [
    ("07-fail-all", "current", "yapit"),
    ("08-refused-at-start", "current", "yapit"),
    ("12-skipped-all", "current", "yapit"),
    ("13-fetch-not-audio", "current", "yapit"),
    ("18-end-02-blocks", "current", "yapit"),
    ("18-end-02-blocks", "feb07", "yapit-2026-02-07"),
];

#[test]
fn over_sockets_the_program_does_what_real_players_did() {
    thread::scope(|scope| {
        for (scenario, recorded, player) in PLAYED {
            scope.spawn(move || play(scenario, recorded, player));
        }
    });
}

fn play(scenario: &str, recorded: &str, player: &str) {
    let scene = scene(scenario, recorded);
    let host = host(&scene, recorded);
    let (blocks, speed) = (scene.blocks.to_string(), scene.speed.as_f64().to_string());
    let ran = run(
        "run",
        &[
            "--base-url",
            &host.base_url(),
            "--no-auth",
            "--users",
            "1",
            "--blocks",
            &blocks,
            "--speed",
            &speed,
            "--player",
            player,
            "--session-error",
            "player",
            "--no-report",
        ],
    );
    let log = host.script_log().expect("the host follows a script");
    let truth = truth(scenario, recorded);
    let name = format!("{scenario} {recorded}");
    assert_eq!(dials(&log), list(&truth["dials"]).len(), "{name}");
    same(&name, "request", &asked(&log), &timed(&truth["requests"], 0, |line| line[1].clone()));
    same(&name, "give-up", &given_up(&ran, &log), &timed(&truth["given_up"], 0, |line| line[1].clone()));
    same(&name, "block heard", &started(&ran, &log), &timed(&truth["plays"], 1, |line| line[0].clone()));
    let heard: BTreeSet<u64> = list(&truth["heard"]).iter().filter_map(Value::as_u64).collect();
    assert_eq!(played(&ran), heard, "{name}: {}", ran.stdout);
}

/// What happened to what, and when.
type Timed = Vec<(Duration, Value)>;

#[track_caller]
fn same(name: &str, what: &str, ours: &Timed, recorded: &Timed) {
    let things = |timed: &Timed| timed.iter().map(|(_, thing)| thing.clone()).collect::<Vec<_>>();
    assert_eq!(things(ours), things(recorded), "{name}: {what}");
    for ((ours, thing), (recorded, _)) in ours.iter().zip(recorded) {
        let apart = ours.abs_diff(*recorded);
        assert!(apart <= TOLERANCE, "{name}: {what} {thing} at {ours:?}, recorded {recorded:?}");
    }
}

fn asked(log: &[ScriptLogEntry]) -> Timed {
    let asked = log.iter().filter_map(|entry| match &entry.told {
        ScriptInput::Asked(blocks) => Some((since_opening(entry.at), serde_json::json!(blocks))),
        ScriptInput::Dialled | ScriptInput::Moved(_) | ScriptInput::Fetched(_) => None,
    });
    asked.collect()
}

fn dials(log: &[ScriptLogEntry]) -> usize {
    log.iter().filter(|entry| entry.told == ScriptInput::Dialled).count()
}

fn given_up(ran: &Ran, log: &[ScriptLogEntry]) -> Timed {
    let incidents = ran.incidents().into_iter();
    let given_up = incidents.filter_map(|record| {
        let Incident::GivenUp { block } = record.incident else { return None };
        Some((scripts_time(ran, log, record.at), block.0.into()))
    });
    given_up.collect()
}

fn started(ran: &Ran, log: &[ScriptLogEntry]) -> Timed {
    let blocks = ran.blocks().into_iter();
    blocks
        .filter_map(|block| Some((scripts_time(ran, log, block.started_at?), block.block.0.into())))
        .collect()
}

fn played(ran: &Ran) -> BTreeSet<u64> {
    let blocks = ran.blocks().into_iter().filter(|block| block.outcome == BlockOutcome::Played);
    blocks.map(|block| block.block.0.into()).collect()
}

/// A moment of the run in the time of the script: the first request is the same moment in both.
fn scripts_time(ran: &Ran, log: &[ScriptLogEntry], at: Instant) -> Duration {
    let first = ran
        .blocks()
        .into_iter()
        .filter_map(|block| block.requested_at)
        .min()
        .expect("something was asked for");
    let (script, _) = asked(log).swap_remove(0);
    script + at.since(first)
}

fn since_opening(at: Instant) -> Duration {
    at.since(Instant::START)
}

/// A list of the recording: its moments, in milliseconds, and what each is about.
fn timed(lines: &Value, place: usize, thing: impl Fn(&Value) -> Value) -> Timed {
    let line = |line: &Value| (Duration::from_millis(line[place].as_u64().unwrap()), thing(line));
    list(lines).iter().map(line).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn host(scene: &ScriptedScene, recorded: &str) -> Host {
    let config = if recorded == "current" { GatewayConfig::current() } else { GatewayConfig::feb_2026() };
    let options = HostOptions {
        bind: (Ipv4Addr::LOCALHOST, 0).into(),
        config: config.without_rest_limits(),
        engine: EngineChoice::Synthetic,
        seed: Seed::root(1),
    };
    // The program presses play once it is connected; the recorded person did so at a time of its own.
    let first_dial_at = Instant::START + scene.play_at.since(Instant::START + scene.script.handshake);
    Host::start_scripted(options, ScriptOptions { script: scene.script.clone(), first_dial_at }).unwrap()
}

fn scene(scenario: &str, recorded: &str) -> ScriptedScene {
    let text = fs::read_to_string(data().join("scenarios").join(format!("{scenario}.json"))).unwrap();
    let (era, withdraws) = match recorded {
        "current" => (claque_front::yapit::gateway::Era::Current, EvictedOnJump::All),
        _ => (claque_front::yapit::gateway::Era::Feb2026, EvictedOnJump::OutsideWindow),
    };
    read_script(&text, era, withdraws).unwrap()
}

/// The recording's summary.
fn truth(scenario: &str, recorded: &str) -> Value {
    let summaries = fs::read_to_string(data().join("summary.jsonl")).unwrap();
    let mut lines = summaries.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.find(|line| line["scenario"] == scenario && line["player"] == recorded).expect("it was recorded")
}

/// Recordings that are kept with the workspace.
fn data() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../claque-sim/tests/data/real-player")
}
