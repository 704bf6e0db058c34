//! A run whose folder takes no more: its figures are told all the same.

use std::{fs, path::PathBuf};

use claque_core::{
    ids::ListenerId,
    record::{Fact, ListenerRecord, SessionEnd},
    time::{Duration, Instant},
};
use claque_store::{RunConfig, finished::TimeKind};
use tempfile::TempDir;

use super::*;

fn recorder(parent: &TempDir) -> Recorder {
    let config = RunConfig {
        users: 3,
        blocks_per_user: 1,
        model: "kokoro".to_owned(),
        voice: "af_heart".to_owned(),
        speed: 1.0,
    };
    let heading = Heading {
        target: "https://tts.example".to_owned(),
        config,
        time: TimeKind::Virtual,
        seed: 1,
        scenario: serde_json::json!({}),
        notes: Vec::new(),
    };
    Recorder::create(RecordTerms { heading, steady: None }, parent.path(), Vec::new()).unwrap()
}

fn completed(listener: u32) -> Fact {
    Fact::Listener(ListenerRecord {
        listener: ListenerId(listener),
        document: "a".to_owned(),
        blocks: 1,
        intended_at: Instant::START,
        launched_at: Instant::START,
        connect_time: None,
        started_at: None,
        playing: None,
        paused: Duration::ZERO,
        ended_at: Instant::from_millis(5_000),
        end: SessionEnd::Completed,
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        network: None,
    })
}

#[test]
fn a_run_whose_folder_vanished_has_its_figures_and_says_that_nothing_is_kept() {
    let parent = TempDir::new().unwrap();
    let mut recorder = recorder(&parent);
    recorder.take([completed(0), completed(1)]);
    recorder.flush();
    let folder = recorder.folder().to_owned();
    fs::remove_dir_all(&folder).unwrap();
    recorder.take([completed(2)]);
    recorder.flush();
    let finished = recorder.finish(None).unwrap();
    assert_eq!(finished.summary.listeners.completed, 3);
    let why = finished.not_kept.as_ref().unwrap();
    assert!(why.contains("facts.jsonl"), "{why}");
    assert!(!folder.exists(), "no half of a run is left where there was one");
}

#[test]
fn a_run_whose_disk_is_full_has_the_figures_of_what_came_before_and_after() {
    let parent = TempDir::new().unwrap();
    let mut recorder = recorder(&parent);
    recorder.take([completed(0)]);
    recorder.flush();
    recorder.trouble = Some(StoreError::DiskFull { path: PathBuf::from("facts.jsonl") });
    recorder.take([completed(1), completed(2)]);
    let finished = recorder.finish(None).unwrap();
    assert_eq!(finished.summary.listeners.completed, 3);
    let why = finished.not_kept.unwrap();
    assert!(why.contains("the disk is full") && why.ends_with("as a partial run"), "{why}");
}

#[test]
fn a_journal_that_somebody_else_wrote_to_is_no_record_of_the_run() {
    let parent = TempDir::new().unwrap();
    let mut recorder = recorder(&parent);
    recorder.take([completed(0), completed(1), completed(2)]);
    recorder.flush();
    fs::write(recorder.folder().join("facts.jsonl"), "").unwrap();
    let error = recorder.finish(None).unwrap_err().to_string();
    assert!(error.contains("0 bytes"), "{error}");
}
