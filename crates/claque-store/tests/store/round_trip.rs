//! What was written is what is read.

use std::collections::BTreeSet;

use claque_core::record::Fact;
use claque_stats::{Verdict, summarise};
use claque_store::{RunFolder, open};

use crate::example;

fn sorted(facts: &[Fact]) -> Vec<String> {
    let mut texts: Vec<_> = facts.iter().map(|fact| format!("{fact:?}")).collect();
    texts.sort();
    texts
}

#[test]
fn every_fact_comes_back_unchanged() {
    let parent = tempfile::tempdir().unwrap();
    let run = open(&example::write_finished(parent.path())).unwrap();
    assert!(!run.partial);
    assert_eq!(sorted(&run.facts), sorted(&example::facts()));
}

#[test]
fn figures_and_verdict_computed_anew_are_the_stored_ones() {
    let parent = tempfile::tempdir().unwrap();
    let run = open(&example::write_finished(parent.path())).unwrap();
    let stored = run.manifest.summary.clone().unwrap();
    assert_eq!(run.recompute(), stored);
    assert_eq!(stored, example::summary(), "not a digit is lost on the way through JSON");
    assert_eq!(Verdict::from(run.manifest.verdict.unwrap()), Verdict::judge(&stored));
}

#[test]
fn the_manifest_says_what_was_run() {
    let parent = tempfile::tempdir().unwrap();
    let manifest = open(&example::write_finished(parent.path())).unwrap().manifest;
    assert_eq!(manifest.started_at, "2026-11-24T06:48:17.627870");
    assert_eq!(manifest.finished_at.as_deref(), Some("2026-11-24T06:48:27.000001"));
    assert_eq!(manifest.started_at_utc, "2026-11-24T06:48:17.627870Z");
    assert_eq!((manifest.seed, manifest.format_version), (u64::MAX, 1));
    assert_eq!(manifest.document_ids, ["document-0", "document-1", "document-2"], "taken from the listeners");
}

#[test]
fn sessions_tell_answers_in_order_of_arrival_from_the_intended_start() {
    let parent = tempfile::tempdir().unwrap();
    let manifest = open(&example::write_finished(parent.path())).unwrap().manifest;
    let session = &manifest.sessions[0];
    let arrivals: Vec<_> = session
        .block_arrivals
        .iter()
        .map(|arrival| (arrival.idx, arrival.status.as_str(), arrival.arrived_ms, arrival.round_trip_ms))
        .collect();
    assert_eq!(
        arrivals,
        [
            (1, "cached", 200.0, 193.0),
            (2, "skipped", 300.0, 293.0),
            (0, "cached", 400.0, 393.0),
            (3, "error", 1_000.0, 993.0)
        ]
    );
    assert_eq!((session.underruns[0].at_block, session.underruns[0].waited_ms), (1, 123.456_789));
    assert_eq!(session.errors, ["server (500): no voice \"x\"\nin line 2"]);
    assert_eq!((session.duration_ms, session.startup_ms), (8_500.0, Some(400.0)));
    assert!(manifest.sessions[1].block_arrivals.is_empty(), "its one block was never answered");
}

#[test]
fn a_finished_run_leaves_exactly_its_files() {
    let parent = tempfile::tempdir().unwrap();
    let dir = example::write_finished(parent.path());
    let names: BTreeSet<_> =
        dir.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(
        names,
        ["blocks.parquet", "errors.parquet", "listeners.parquet", "run.json", "stalls.parquet"]
            .map(str::to_owned)
            .into()
    );
}

#[test]
fn a_run_in_which_nothing_happened_can_be_read() {
    let parent = tempfile::tempdir().unwrap();
    let writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    let summary = summarise(example::SHAPE, &[], None);
    writer.finish(&summary, &Verdict::judge(&summary), example::FINISHED).unwrap();
    let run = open(parent.path()).unwrap();
    assert_eq!((run.facts.len(), run.recompute() == summary), (0, true));
}

#[test]
fn more_rows_than_a_row_group_holds_come_back_in_order() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = RunFolder::create(parent.path(), &example::header()).unwrap();
    let facts: Vec<_> =
        (0..70_000).map(|index| Fact::Block(example::block(0, index, u64::from(index)))).collect();
    writer.append(&facts).unwrap();
    let summary = summarise(example::SHAPE, &facts, None);
    writer.finish(&summary, &Verdict::judge(&summary), example::FINISHED).unwrap();
    let run = open(parent.path()).unwrap();
    assert!(run.facts == facts, "70,000 blocks differ");
}

#[test]
fn a_run_from_before_incidents_were_recorded_is_read_without_them() {
    let parent = tempfile::tempdir().unwrap();
    let dir = example::write_finished(parent.path());
    let path = dir.join("run.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let without = |value: &mut serde_json::Value, keys: &[&str]| {
        for key in keys {
            value.as_object_mut().unwrap().remove(*key).unwrap();
        }
    };
    without(&mut manifest, &["incidents", "seal"]);
    without(&mut manifest["summary"], &["trouble", "acts"]);
    without(&mut manifest["summary"]["listeners"], &["left"]);
    without(&mut manifest["summary"]["blocks"], &["forgone"]);
    for listener in manifest["listeners"].as_array_mut().unwrap() {
        without(listener, &["playing_ns", "paused_ns", "unwanted_bytes"]);
    }
    std::fs::write(&path, manifest.to_string()).unwrap();
    // And nothing knew of a seal.
    let key = b"claque.sealed_in";
    let mut blocks = std::fs::read(dir.join("blocks.parquet")).unwrap();
    let at = blocks.windows(key.len()).position(|window| window == key).unwrap();
    blocks[at] = b'x';
    std::fs::write(dir.join("blocks.parquet"), blocks).unwrap();
    // Sessions and failures were no files of their own then.
    for file in ["listeners.parquet", "errors.parquet"] {
        std::fs::remove_file(dir.join(file)).unwrap();
    }
    // Its saved figures are of today, and know how long each listener played.
    let run = claque_store::open_as_found(&dir).unwrap();
    let incidents = run.facts.iter().filter(|fact| matches!(fact, Fact::Incident(_))).count();
    assert_eq!((incidents, run.recompute().trouble), (0, None), "not measured is not zero");
}
