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
    under_way::{UnderWay, count},
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

/// One that loads its voice for longer than anybody has time.
#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_ends_the_program_at_once_while_an_engine_starts() {
    for verb in [&["run", "--users", "1", "--blocks", "1"][..], &["serve", "--bind", "127.0.0.1:0"]] {
        let folder = TempDir::new().unwrap();
        let (script, loading) = (folder.path().join("load.sh"), folder.path().join("loading"));
        fs::write(&script, "echo $$ > \"$1.new\"; mv \"$1.new\" \"$1\"; exec sleep 1000\n").unwrap();
        let engine = format!("persistent: sh '{}' '{}'", script.display(), loading.display());
        let mut command = claque(verb);
        command.args(["--engine", &engine]).current_dir(folder.path());
        let started = UnderWay::start(&mut command);
        while !loading.exists() {
            std::thread::park_timeout(std::time::Duration::from_millis(20));
        }
        started.signal("-INT");
        let (code, said) = started.end();
        let asked = if verb[0] == "run" { 1 } else { 0 };
        // It was not waited for until the engine's time was up.
        assert_eq!((code, count(&said, "was not ready")), (Some(asked), 0), "{said:?}");
        let process = fs::read_to_string(&loading).unwrap();
        let process = std::path::Path::new("/proc").join(process.trim());
        assert!(!process.exists(), "{} is still there: {said:?}", process.display());
    }
}
