//! `claque explain` as its users meet it.

use std::fs;

use serde_json::Value;

use crate::stage::{Stage, manifest};

/// Workers that take 3 s for 2 s of audio.
const SLOW: [&str; 6] = ["--engine", "deterministic", "--service-seconds", "3", "--audio-seconds", "2"];

fn explained(stage: &Stage, name: &str) -> Value {
    serde_json::from_str(&stage.prints(&["explain", name, "--json"])).expect("it is JSON")
}

fn nanos(json: &Value, pointer: &str) -> u64 {
    json.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {pointer}: {json}"))
}

#[test]
fn a_slow_service_is_where_the_waiting_comes_from_and_the_parts_add_up() {
    let stage = Stage::new();
    let folder =
        stage.simulated(&[&["--users", "3", "--blocks", "6", "--workers", "1"], SLOW.as_slice()].concat());
    let told = explained(&stage, "latest");
    assert_eq!((told["kind"].as_str(), told["validity"].as_str()), (Some("explanation"), Some("valid")));
    for waits in ["blocks", "startups", "stalls"] {
        let parts = told[waits]["parts"].as_array().expect("there are parts");
        let sum: u64 = parts.iter().map(|part| nanos(part, "/total_ns")).sum();
        assert_eq!(sum, nanos(&told, &format!("/{waits}/total_ns")), "{waits}: {told}");
        assert_eq!(nanos(&told, &format!("/{waits}/unattributed")), 0, "{told}");
    }
    let summary = &manifest(&folder)["summary"];
    assert_eq!(told["stalls"]["count"], summary["underruns"]["count"]);
    let stalled_ms = summary["underruns"]["total_ms"].as_f64().expect("there are stalls");
    let told_ms = told["stalls"]["total_ns"].as_f64().expect("it is a number") / 1e6;
    assert!((told_ms - stalled_ms).abs() < 1e-3, "{told_ms} against {stalled_ms}");
    assert_eq!(told["blocks"]["count"], 18);

    let text = stage.prints(&["explain", "latest"]);
    assert!(text.lines().all(|line| line.chars().count() <= 80 || line.contains("run folder")), "{text}");
    assert!(text.contains("passed while the service made the awaited block"), "{text}");
    assert!(text.contains("The only worker of kokoro was busy"), "{text}");
    assert!(text.contains("Had one part of every block's way been half as long"), "{text}");
}

#[test]
fn streams_wait_for_their_first_audio_and_then_for_more_of_it() {
    let stage = Stage::new();
    let args = ["--protocol", "openai", "--users", "6", "--blocks", "5", "--speed", "4"];
    stage.simulated(&args);
    let told = explained(&stage, "latest");
    assert_eq!((&told["streams"], &told["halved"]), (&Value::Bool(true), &Value::Null), "{told}");
    assert_eq!((&told["blocks"]["count"], &told["not_acknowledged"]), (&30.into(), &30.into()), "{told}");
    let of = |waits: &str, place: usize| nanos(&told, &format!("/{waits}/parts/{place}/total_ns"));
    let (making, delivery) = (3, 4);
    assert!(of("startups", making) > 0 && of("blocks", delivery) > 0, "{told}");
    // Whoever hears a stream from its first audio on stalls within it or before the next one begins.
    let stalled = nanos(&told, "/stalls/total_ns");
    assert!(stalled > 0, "{told}");
    assert_eq!(of("stalls", making) + of("stalls", delivery), stalled, "{told}");
    let text = stage.prints(&["explain", "latest"]);
    assert!(text.contains("is not told of streams"), "{text}");
}

#[test]
fn of_an_invalid_run_it_is_said_first_and_nothing_is_concluded() {
    let stage = Stage::new();
    stage.simulated(&["--users", "3", "--blocks", "4", "--reproduce", "cross-talk"]);
    let text = stage.prints(&["explain", "latest"]);
    assert!(text.trim_start().starts_with("INVALID:"), "{text}");
    assert!(!text.contains("passed while") && !text.contains("half as long"), "{text}");
    assert_eq!(explained(&stage, "latest")["validity"], "invalid");
}

#[test]
fn of_a_search_its_first_run_that_failed_is_told() {
    let stage = Stage::new();
    let objective = ["--objective", "listeners underrun-free >= 99 %"];
    let search = |more: &[&str]| -> (String, Value) {
        let args =
            [&["capacity", "--simulate", "--json", "--quiet"], SLOW.as_slice(), &objective, more].concat();
        let output = stage.claque(&args);
        let json: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
        (json["capacity_folder"].as_str().expect("it has a folder").to_owned(), json)
    };
    // 3 workers x 2 / 3: two listeners.
    let (folder, answer) = search(&["--workers", "3"]);
    let told = explained(&stage, &folder);
    assert_eq!(told["capacity"]["users"], answer["answer"]["first_failing"], "{told}");
    let run = told["run_folder"].as_str().expect("it has a folder");
    assert_eq!(manifest(&stage.path().join(run))["config"]["users"], told["capacity"]["users"]);
    let text = stage.prints(&["explain", &folder]);
    assert!(text.contains("the first number that failed"), "{text}");

    let (folder, answer) = search(&["--workers", "30", "--max-users", "2"]);
    assert!(answer["answer"]["first_failing"].is_null(), "{answer}");
    assert!(stage.refused(&["explain", &folder]).contains("no number failed in the search"));
    // A search that was stopped has no answer yet.
    let file = stage.path().join(&folder).join("capacity.json");
    let mut unfinished: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    unfinished["answer"] = Value::Null;
    let unfinished = serde_json::from_value(unfinished).unwrap();
    claque_store::save_capacity(file.parent().unwrap(), &unfinished).unwrap();
    assert!(stage.refused(&["explain", &folder]).contains("has not ended"));
}

#[test]
fn of_a_service_that_serves_not_one_listener_nothing_is_said_that_nobody_knows() {
    let stage = Stage::new();
    let broken = [
        "capacity",
        "--simulate",
        "--json",
        "--max-users",
        "4",
        "--gateway-set",
        "faults.jobs=[{select={share=1.0},effect=\"audio-server-error\"}]",
    ];
    let output = stage.claque(&broken);
    let json: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    assert_eq!(json["answer"]["ending"]["kind"], "nothing-holds", "{json}");
    let folder = json["capacity_folder"].as_str().expect("it has a folder").to_owned();
    let text = String::from_utf8_lossy(&stage.claque(&["show", &folder]).stdout).into_owned();
    assert!(text.contains("not even one listener") && !text.contains("at least 0."), "{text}");
    // One of its runs says why.
    let told = explained(&stage, &folder);
    assert_eq!(told["capacity"]["users"], 1, "{told}");

    let again = stage.claque(&["capacity", "--resume", &folder]);
    let words = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(words.contains("is finished: no run is made"), "{words}");
    assert!(String::from_utf8_lossy(&again.stdout).contains("not even one listener"));
}

#[test]
fn what_cannot_be_explained_is_refused_with_a_remedy() {
    let stage = Stage::new();
    assert!(stage.refused(&["explain", "nonesuch"]).contains("there is no run `nonesuch`"));
    stage.prints(&["simulate", "documents", "--pages", "1", "--concurrent", "1", "--quiet"]);
    assert!(stage.refused(&["explain", "latest"]).contains("give a run of listeners"));
}
