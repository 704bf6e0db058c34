//! Listeners of ours at a streaming server round a neural voice of others, on this machine.

use std::{fs, path::Path, process::Command};

use claque_core::{record::BlockOutcome, time::MediaTime};
use tempfile::TempDir;

use crate::{
    other_programs::{StartedServer, named_by, script},
    program::{Ran, run},
};

/// Short enough for a machine without a GPU that is busy with other things.
const TEXT: &str =
    "The rabbit hole went straight on.\n\nDown she came upon a heap of leaves.\n\nThe fall was over.\n";

#[test]
fn readers_and_turns_hear_real_speech_as_it_is_made() {
    let Some(python) = named_by("CLAQUE_TEST_PYTHON") else { return };
    // Whoever names a Python vouches for what is installed there.
    let server = StartedServer::start(Command::new(python).arg(script("speech_server.py")))
        .expect("CLAQUE_TEST_PYTHON is set, and the server round hibari-tts does not start with it");
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.txt");
    fs::write(&text, TEXT).unwrap();
    let common = [
        "--base-url",
        server.base_url(),
        "--text",
        text.to_str().unwrap(),
        "--blocks",
        "2",
        "--speed",
        "2",
        "--no-auth",
    ];
    let readers = run("run", &[&common[..], &["--protocol", "openai", "--users", "3"]].concat());
    assert_all_heard(&readers, 6);
    let turns = ["--listen", "turns", "--think", "100ms", "--users", "2", "--response-format", "wav"];
    let turns = run("run", &[&common[..], &["--protocol", "openai"], &turns].concat());
    assert_all_heard(&turns, 4);
}

#[test]
fn a_neural_voice_that_stays_up_speaks_behind_our_own_gateway() {
    let Some(python) = named_by("CLAQUE_TEST_PYTHON") else { return };
    let wrapper = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../engines/hibari_engine.py");
    let engine = format!("persistent: '{}' '{}'", python.display(), wrapper.display());
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.txt");
    fs::write(&text, TEXT).unwrap();
    let common = ["--text", text.to_str().unwrap(), "--blocks", "2", "--users", "2", "--speed", "2"];
    let ran = run("run", &[&common[..], &["--protocol", "openai", "--engine", &engine]].concat());
    assert_all_heard(&ran, 4);
    // Its voice begins with some 300 ms of silence.
    let least = ran
        .blocks()
        .iter()
        .map(|block| block.findings.and_then(|found| found.leading_silence))
        .min()
        .unwrap();
    assert!(least > Some(MediaTime::from_millis(100)), "{least:?}");
}

#[track_caller]
fn assert_all_heard(ran: &Ran, blocks: usize) {
    ran.assert_valid();
    assert!(ran.errors().is_empty(), "{}", ran.stdout);
    assert_eq!(ran.blocks().len(), blocks);
    for block in ran.blocks() {
        assert_eq!(block.outcome, BlockOutcome::Played, "{}", ran.stdout);
        assert!(block.media > MediaTime::from_millis(300), "{block:?}");
        assert!(block.first_audio_at <= block.complete_at, "{block:?}");
    }
    let sounded = format!("{blocks} of {blocks} blocks listened to");
    assert!(ran.stdout.contains(&sounded), "{}", ran.stdout);
    assert!(!ran.stdout.contains("silent"), "{}", ran.stdout);
}
