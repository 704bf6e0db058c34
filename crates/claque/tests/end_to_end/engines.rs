//! Engines that stay up, behind the program's own gateways.

use std::fs;

use claque_core::{
    record::BlockOutcome,
    time::{MediaTime, SampleRate},
};
use claque_wire::audio::wav;
use tempfile::TempDir;

use crate::{
    other_programs::StartedServer,
    program::{Ran, claque, run, run_with},
};

const KEY: &str = "sk-of-their-service";

/// Speaks 0.7 s for every text.
const SCRIPT: &str = r#"
echo '{"ready": true}'
while read -r line; do
  echo "{\"bytes\": $(wc -c < "$1")}"
  cat "$1"
done
"#;

#[track_caller]
fn assert_all_last(ran: &Ran, blocks: usize, millis: u64) {
    ran.assert_valid();
    assert_eq!(ran.blocks().len(), blocks, "{}", ran.stdout);
    for block in ran.blocks() {
        assert_eq!((block.outcome, block.media), (BlockOutcome::Played, MediaTime::from_millis(millis)));
    }
}

#[test]
fn a_program_that_stays_up_speaks_in_either_gateway() {
    let folder = TempDir::new().unwrap();
    let (script, spoken) = (folder.path().join("speak.sh"), folder.path().join("spoken.wav"));
    // A tone of 0.7 s.
    let samples: Vec<i16> = (0..16_800).map(|n| if n / 30 % 2 == 0 { 4_000 } else { -4_000 }).collect();
    fs::write(&script, SCRIPT).unwrap();
    fs::write(&spoken, wav::write(&samples, SampleRate::new(24_000).unwrap(), 1)).unwrap();
    let engine = format!("persistent: sh '{}' '{}'", script.display(), spoken.display());
    let common = ["--users", "2", "--blocks", "3", "--speed", "4", "--engine", &engine];
    assert_all_last(&run("run", &common), 6, 700);
    let speech = run("run", &[&common[..], &["--protocol", "openai", "--workers", "2"]].concat());
    assert_all_last(&speech, 6, 700);
    assert!(
        !speech.stdout.contains("sample rate"),
        "the rate of our own gateway is known: {}",
        speech.stdout
    );
}

#[test]
fn our_gateway_of_speech_is_the_engine_behind_another() {
    let mut theirs = claque(&["serve", "--protocol", "openai", "--bind", "127.0.0.1:0"]);
    theirs.args(["--gateway-set", "stream.length={ fixed_seconds = 1 }"]);
    let theirs = StartedServer::start(theirs.env("CLAQUE_GATEWAY_API_KEYS", KEY)).unwrap();
    let engine = format!("openai:{}/v1 voice=alloy", theirs.base_url());
    let common = ["--users", "2", "--blocks", "2", "--speed", "4", "--engine", &engine];
    let ran = run_with("run", &[&common[..], &["--protocol", "openai"]].concat(), |command| {
        command.env("CLAQUE_ENGINE_API_KEY", KEY)
    });
    assert_all_last(&ran, 4, 1_000);
    let kept = fs::read_to_string(ran.folder.as_ref().unwrap().join("run.json")).unwrap();
    assert!(!kept.contains(KEY) && !ran.stdout.contains(KEY), "{kept}");
    let without = run("run", &common);
    assert!(without.errors().iter().all(|error| error.failure.text.contains("CLAQUE_ENGINE_API_KEY")));
    assert!(!without.errors().is_empty(), "{}", without.stdout);
}

#[test]
fn a_service_that_is_not_there_ends_the_program_before_a_run() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ran = run("run", &["--users", "1", "--blocks", "1", "--engine", &format!("wyoming:{address}")]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("failed to start the engine: failed to reach 127.0.0.1"), "{}", ran.stderr);
    let typed = run("run", &["--engine", "wyoming:piper"]);
    assert_eq!(typed.code, Some(2));
    assert!(typed.stderr.contains("wyoming:127.0.0.1:10200"), "{}", typed.stderr);
}
