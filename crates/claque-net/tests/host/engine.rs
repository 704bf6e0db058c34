//! Programs that are missing, fail, hang, or write what is no audio.

use std::time::Duration;

use claque_front::yapit::gateway::GatewayConfig;
use claque_net::host::{CommandEngine, EngineChoice, Host, HostError, HostOptions};

use crate::stage::{Socket, options, paragraphs, quick, start_engine};

/// What becomes of one block that this line is to speak in some time.
async fn outcome(line: &str, timeout: Duration) -> serde_json::Value {
    let engine = CommandEngine { timeout, ..CommandEngine::parse(line).unwrap() };
    let host = start_engine(GatewayConfig::current(), engine);
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0]).await;
    let last = socket.until_over(1).await.pop().unwrap();
    assert_eq!(host.stats().gateway.pipeline.busy_workers, 0, "the worker is free again");
    last
}

async fn error(line: &str) -> String {
    error_within(line, Duration::from_secs(10)).await
}

async fn error_within(line: &str, timeout: Duration) -> String {
    let outcome = outcome(line, timeout).await;
    assert_eq!(outcome["status"], "error", "{outcome}");
    outcome["error"].as_str().unwrap().to_owned()
}

#[test]
fn a_missing_program_is_found_before_anything_starts() {
    let no_program = tempfile::NamedTempFile::new().unwrap();
    let path = no_program.path().to_str().unwrap();
    for (program, advice) in [("no-such-speaker", "install it or name its path"), (path, "name its path")] {
        let engine = CommandEngine::parse(&format!("{program} --stdout")).unwrap();
        let engine = EngineChoice::Command(engine);
        let error = Host::start(HostOptions { engine, ..options(quick()) }).unwrap_err();
        assert!(matches!(error, HostError::MissingProgram { .. }), "{error:?}");
        let words = error.to_string();
        assert!(words.starts_with(&format!("failed to find the program '{program}'")), "{words}");
        assert!(words.contains(advice), "{words}");
    }
}

#[tokio::test]
async fn a_program_that_fails_is_quoted() {
    let words = error("sh -c 'cat >/dev/null; echo first >&2; echo no such voice >&2; exit 3'").await;
    assert_eq!(words, "sh: no such voice");
    assert_eq!(error("sh -c 'exit 3'").await, "sh: ended with exit status: 3");
}

#[tokio::test]
async fn a_program_that_hangs_is_stopped() {
    let words = error_within("sh -c 'exec sleep 60'", Duration::from_millis(300)).await;
    assert_eq!(words, "sh: took more than 300ms and was stopped");
}

#[tokio::test]
async fn what_is_no_audio_is_an_error() {
    assert_eq!(error("sh -c 'echo warming up >&2'").await, "sh: made no audio: warming up");
    let words = error("sh -c 'echo this is no audio'").await;
    assert!(words.starts_with("sh: failed to read its WAV: the audio is of an unknown format"), "{words}");
    let words = error("sh -c 'printf RIFFxxxxWAVE'").await;
    assert!(words.contains("cut short"), "{words}");
    assert_eq!(error("sh -c 'echo to the wrong place' {output}").await, "sh: made no audio");
}

/// The text comes back as the words of a failure.
#[tokio::test]
async fn a_text_is_never_run() {
    for line in ["sh -c 'printf %s \"$1\" >&2; exit 1' sh {text}", "sh -c 'cat >&2; exit 1'"] {
        assert_eq!(error(line).await, "sh: Paragraph 0 of tea.");
    }
}

#[tokio::test]
async fn workers_bound_how_many_programs_run() {
    // Each run adds a byte, looks how many there are, and takes one away.
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_str().unwrap();
    let script = format!("mkdir {place}/$$; sleep 0.05; ls {place} | wc -l >&2; rmdir {place}/$$; exit 1");
    let engine = CommandEngine::parse(&format!("sh -c '{script}'")).unwrap();
    let mut config = quick();
    config.models[0].workers = claque_gateway::Workers::Pull(2);
    let host = start_engine(config, engine);
    let document = paragraphs(&host, 10).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]).await;
    let seen = socket.until_over(10).await;
    let at_once: Vec<_> = seen.iter().filter_map(|message| message["error"].as_str()).collect();
    assert_eq!(at_once.len(), 10, "{seen:?}");
    assert!(at_once.iter().all(|words| ["sh: 1", "sh: 2"].contains(words)), "{at_once:?}");
}

#[tokio::test]
async fn a_stopping_host_does_not_wait_for_its_programs() {
    let engine = CommandEngine::parse("sh -c 'exec sleep 60'").unwrap();
    let host = start_engine(GatewayConfig::current(), engine);
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0]).await;
    assert_eq!(socket.json().await["status"], "queued");
    let stopping = tokio::task::spawn_blocking(move || host.stop());
    let close = socket.next().await.unwrap_err().unwrap();
    assert_eq!(u16::from(close.code), 1001);
    crate::stage::soon(stopping).await.unwrap();
}

#[tokio::test]
async fn a_program_without_end_is_stopped_when_it_has_made_too_much() {
    let mut engine = CommandEngine::parse("yes this is more than anybody can listen to").unwrap();
    engine.timeout = Duration::from_secs(20);
    let host = start_engine(GatewayConfig::current(), engine);
    let document = paragraphs(&host, 1).await;
    let mut socket = Socket::open(&host, "").await.unwrap();
    socket.ask(&document, &[0]).await;
    let last = socket.until_over(1).await.pop().unwrap();
    assert_eq!(last["error"], "yes: failed to read its audio: more than 64 MiB");
}
