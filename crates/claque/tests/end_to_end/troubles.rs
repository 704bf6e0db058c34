//! A service in trouble: a clear message, a finished and saved run, never a hang.

use std::net::{Ipv4Addr, TcpListener};

use claque_core::{
    event::{FailureClass, FailureScope},
    ids::BlockIdx,
    record::{Incident, IncidentRecord, SessionEnd},
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_net::host::{EngineChoice, Host, HostOptions};

use crate::{
    canned::{self, BLOCKS, CREATED, DELETED, MODELS},
    program::{Ran, claque, run},
    proxy::{self, Spoils},
};

/// Two listeners, ten short blocks, one of the quick gateways.
const QUICK: [&str; 10] = [
    "--users",
    "2",
    "--blocks",
    "10",
    "--engine",
    "deterministic",
    "--service-seconds",
    "0.02",
    "--audio-seconds",
    "0.1",
];

#[test]
fn a_closed_port_is_told_and_saved() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ran = run("run", &["--base-url", &format!("http://{address}")]);
    assert_failed_before_listening(&ran, "connection refused", 5);
    assert!(ran.stderr.contains("check --base-url"), "{}", ran.stderr);
}

#[test]
fn a_host_that_does_not_exist_is_told_and_saved() {
    let ran = run("run", &["--base-url", "http://no-such-host.invalid"]);
    assert_failed_before_listening(&ran, "cannot be resolved", 5);
}

#[test]
fn a_port_that_speaks_no_tls_is_told_and_saved() {
    let address = canned::serve(&[MODELS]);
    let ran = run("run", &["--base-url", &format!("https://{address}")]);
    assert_failed_before_listening(&ran, "TLS failed", 5);
}

#[test]
fn a_server_that_wants_credentials_is_told_and_saved() {
    let address = canned::serve(&[("", "401 Unauthorized", r#"{"detail":"not authenticated"}"#)]);
    let ran = run("run", &["--base-url", &format!("http://{address}")]);
    assert_failed_before_listening(&ran, "not authenticated", 5);
    assert!(ran.stderr.contains("--token"), "{}", ran.stderr);
}

#[test]
fn a_full_account_is_told_and_saved() {
    let full = r#"{"detail":{"code":"STORAGE_LIMIT_EXCEEDED","message":"Your storage is full"}}"#;
    let address =
        canned::serve(Box::leak(Box::new([MODELS, ("POST /api/v1/documents/text", "403 Forbidden", full)])));
    let ran = run("run", &["--base-url", &format!("http://{address}")]);
    assert_failed_before_listening(&ran, "Your storage is full", 5);
}

#[test]
fn a_server_error_or_an_answer_that_is_no_json_while_preparing_is_told_and_saved() {
    let address = canned::serve(&[("", "500 Internal Server Error", "Internal Server Error")]);
    let ran = run("run", &["--base-url", &format!("http://{address}")]);
    assert_failed_before_listening(&ran, "Internal Server Error", 5);
    let address = canned::serve(&[("", "200 OK", "<html>")]);
    let ran = run("run", &["--base-url", &format!("http://{address}")]);
    assert_failed_before_listening(&ran, "no list of models", 5);
}

#[test]
fn another_service_at_the_address_is_told() {
    let ran = run("run", &["--base-url", &format!("http://{}", canned::serve(&[]))]);
    assert_failed_before_listening(&ran, "Not Found", 5);
    assert!(ran.stderr.contains("origin of a yapit gateway"), "{}", ran.stderr);
}

#[test]
fn a_refused_handshake_ends_every_session_with_its_status() {
    for (status, class) in [("403 Forbidden", FailureClass::Auth), ("500 Oops", FailureClass::Server)] {
        let socket = ("GET /api/v1/ws/tts", status, "");
        let address = canned::serve(Box::leak(Box::new([MODELS, CREATED, BLOCKS, DELETED, socket])));
        let url = format!("http://{address}");
        // Either might pass, if one waited for it.
        let arguments = ["--base-url", &url, "--users", "3", "--blocks", "2", "--reconnect", "off"];
        let ran = run("run", &arguments);
        assert_eq!(ran.code, Some(5), "{}", ran.stderr);
        let ends: Vec<_> = ran.listeners().iter().map(|listener| listener.end).collect();
        assert_eq!(ends, [SessionEnd::Failed(class); 3]);
        assert!(ran.stdout.contains("refused at the handshake"), "{}", ran.stdout);
    }
}

#[test]
fn audio_that_is_missing_or_fails_costs_its_block_and_no_other() {
    let faults = r#"faults.jobs=[{select={block=3},effect="audio-missing"},{select={block=5},effect="audio-server-error"}]"#;
    let ran = quick(&["--gateway-set", faults]);
    ran.assert_valid();
    assert_eq!((ran.count("/blocks/played"), ran.count("/blocks/failed")), (16, 4));
    // The player asks again at each look at what is missing; each attempt that fails is an error of its block.
    for (code, block) in [(404, 3), (500, 5)] {
        let errors = ran.errors();
        let of_code: Vec<_> = errors.iter().filter(|error| error.failure.code == Some(code)).collect();
        assert!(of_code.len() > 2, "{code}: {of_code:?}");
        assert!(of_code.iter().all(|error| error.failure.kills == FailureScope::Block(BlockIdx(block))));
    }
}

#[test]
fn json_that_is_none_ends_its_session_and_no_other() {
    let ran = quick(&[
        "--gateway-set",
        r#"faults.connections=[{select={nth=1},after_notices=9,effect="garbage"}]"#,
    ]);
    assert_one_session_failed(&ran, FailureClass::Protocol, "invalid JSON");
}

#[test]
fn without_reconnecting_a_connection_dropped_in_mid_batch_ends_its_session_and_no_other() {
    let close = r#"faults.connections=[{select={nth=1},after_notices=9,effect={close={code=1011,reason="shutting down"}}}]"#;
    let ran = quick(&["--reconnect", "off", "--gateway-set", close]);
    assert_one_session_failed(&ran, FailureClass::Server, "shutting down");
    assert_eq!(ran.incidents(), Vec::<&IncidentRecord>::new());
}

#[test]
fn connections_cut_for_everybody_at_block_7_come_back_and_cost_nobody_a_block() {
    let cut = r#"faults.connections=[{select={first=2},at_block=7,effect={close={code=1012,reason="service restart"}}}]"#;
    let ran = run(
        "run",
        &[
            "--users",
            "2",
            "--blocks",
            "20",
            "--engine",
            "deterministic",
            "--service-seconds",
            "0.05",
            "--audio-seconds",
            "0.1",
            "--gateway-set",
            cut,
        ],
    );
    ran.assert_valid();
    assert_eq!((ran.count("/listeners/completed"), ran.count("/blocks/played")), (2, 40), "{}", ran.stdout);
    assert_eq!((ran.errors().len(), ran.count("/blocks/unreached")), (0, 0));
    assert_eq!((ran.count("/trouble/outages"), ran.count("/trouble/reconnects")), (2, 2));
    // Whatever was pending was asked for again once, and nothing else was.
    let again =
        ran.incidents().into_iter().filter(|record| matches!(record.incident, Incident::Resent { .. }));
    let again: Vec<_> = again.map(|record| record.incident.clone()).collect();
    assert!(!again.is_empty());
    assert_eq!(again.len(), ran.blocks().iter().map(|block| usize::from(block.resends)).sum::<usize>());
    assert!(ran.blocks().iter().all(|block| block.resends <= 1));
    let seventh: Vec<_> = ran.blocks().into_iter().filter(|block| block.block.0 == 7).collect();
    assert!(seventh.iter().all(|block| block.resends == 1), "{seventh:?}");
    // One worker speaks 0.05 s of every 0.1 s heard, so nobody stalls but for the second without a connection.
    assert!(ran.count("/trouble/stalls") >= 2, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("2 connections lost or refused, of 2 listeners; 2 came back"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("of the underruns came of that"), "{}", ran.stdout);
}

#[test]
fn an_outage_of_the_service_is_waited_out() {
    // Counted from the gateway's start, which is a moment before the run's.
    let outage = "faults.socket_outage={from_seconds=1,until_seconds=2.5}";
    let ran = quick(&["--blocks", "30", "--gateway-set", outage]);
    ran.assert_valid();
    assert_eq!((ran.count("/listeners/completed"), ran.count("/blocks/played")), (2, 60), "{}", ran.stdout);
    assert_eq!((ran.count("/trouble/outages"), ran.count("/trouble/reconnects")), (2, 2));
}

#[test]
fn people_who_do_all_sorts_of_things_are_served_by_both_eras() {
    for gateway in ["2026-02", "current"] {
        let ran = quick(&[
            "--blocks",
            "60",
            "--users",
            "6",
            "--gateway",
            gateway,
            "--workers",
            "4",
            "--behaviour",
            "seek=40,skip=20,pause=20,pause-seconds=0.2,voice=30,hang-up=1",
        ]);
        ran.assert_valid();
        assert_eq!(ran.errors().len(), 0, "{}", ran.stdout);
        let ends: Vec<_> = ran.listeners().into_iter().map(|listener| listener.end).collect();
        assert!(ends.iter().all(|end| matches!(end, SessionEnd::Completed | SessionEnd::HungUp)), "{ends:?}");
        for kind in ["seeks", "skips", "pauses", "voice_changes"] {
            assert!(ran.count(&format!("/acts/{kind}")) > 0, "{kind}: {}", ran.stdout);
        }
        assert_eq!(ran.count("/trouble/blocks_given_up"), 0);
        assert_eq!(ran.count("/warnings"), 0, "{}", ran.stdout);
        for listener in ran.listeners() {
            let stalls = ran.stalls().into_iter().filter(|stall| stall.listener == listener.listener);
            let stalled: Duration = stalls.map(|stall| stall.waited).sum();
            let startup = listener.started_at.unwrap().since(listener.intended_at);
            let wall = listener.ended_at.since(listener.intended_at);
            assert_eq!(wall, startup + listener.playing.unwrap() + stalled + listener.paused);
        }
    }
}

#[test]
fn silence_ends_a_session_after_the_time_out_and_no_other() {
    let silence = r#"faults.connections=[{select={nth=1},after_notices=9,effect="silence"}]"#;
    let ran = quick(&["--timeout", "1", "--gateway-set", silence]);
    assert_one_session_failed(
        &ran,
        FailureClass::Timeout,
        "nothing that was waited for came from the server for 1 s",
    );
}

#[test]
fn a_wrong_voice_is_told_before_anything_is_made_with_the_voices_there_are() {
    let output = claque(&["run", "--users", "2", "--voice", "af_hart"]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("failed to find the voice `af_hart` of the model `kokoro`"), "{said}");
    assert!(said.contains("`af_bella`") && said.contains("did you mean `af_heart`?"), "{said}");
}

/// One creation of four is answered with 502, again and again; the others are made.
#[test]
fn a_listener_without_a_document_is_a_failed_listener_and_the_others_listen() {
    let host = quick_host();
    let proxy = proxy::spoil(&host, "listener 2 of 12", Spoils::Request);
    let base_url = format!("http://{proxy}");
    let ran = run("run", &["--base-url", &base_url, "--users", "12", "--blocks", "2"]);
    let ends = ran.listeners().iter().filter(|listener| listener.end == SessionEnd::Completed).count();
    assert_eq!((ends, ran.listeners().len()), (11, 12), "{}", ran.stderr);
    assert_eq!((ran.count("/blocks/intended"), ran.count("/blocks/played")), (24, 22));
    assert_eq!((ran.count("/listeners/failed"), ran.count("/blocks/unreached")), (1, 2));
    assert!(ran.stdout.contains("preparation failed"), "{}", ran.stdout);
    assert!(ran.stderr.contains("1 of 12 listeners have no document"), "{}", ran.stderr);
    let notes = ran.manifest()["verdict"]["notes"].to_string();
    assert!(notes.contains("preparation-failed"), "{notes}");
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn a_creation_whose_answer_is_lost_is_found_by_its_title_and_not_made_twice() {
    let host = quick_host();
    let proxy = proxy::spoil(&host, "listener 2 of 3", Spoils::FirstAnswer);
    let base_url = format!("http://{proxy}");
    let ran = run("run", &["--base-url", &base_url, "--users", "3", "--blocks", "2"]);
    ran.assert_valid();
    assert_eq!((ran.count("/blocks/played"), ran.saved().manifest.document_ids.len()), (6, 3));
    assert!(!ran.stderr.contains("left behind"), "{}", ran.stderr);
    assert_eq!(host.stats().gateway.documents, 0);
}

/// A gateway that makes a block in no time.
pub(crate) fn quick_host() -> Host {
    let media = MediaTime::from_millis(100);
    let config = GatewayConfig::current().without_rest_limits();
    let config = config.with_deterministic_engine(4, Duration::from_millis(20), media);
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    Host::start(HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(1) }).unwrap()
}

#[test]
fn a_rate_limit_in_mid_run_ends_that_session_at_once_and_makes_the_run_invalid() {
    // Each listener's first request of eight fits; the second of whoever comes later does not.
    let ran = quick(&[
        "--allow-rate-limit",
        "--stagger",
        "0.5",
        "--blocks",
        "12",
        "--gateway-set",
        "synthesis_limit={count=22,window_seconds=60,counting=\"blocks\"}",
    ]);
    assert_eq!(ran.code, Some(5), "{}", ran.stdout);
    assert_eq!(ran.reasons(), ["rate-limit"]);
    let errors = ran.errors();
    assert_eq!(errors.len(), 1, "{}", ran.stdout);
    assert_eq!(errors[0].failure.text, "Rate limit exceeded. Please slow down.");
    let ended = ran.listeners()[1].ended_at;
    assert!(ended.since(errors[0].at) < Duration::from_secs(1), "{ended}");
    assert_eq!(ran.listeners()[0].end, SessionEnd::Completed);
}

#[test]
fn an_unknown_model_stops_before_the_first_listener_and_lists_the_models() {
    let ran = run("run", &["--model", "inworld-1.5"]);
    assert_eq!((ran.code, ran.folder.is_some()), (Some(2), false), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`inworld-1.5`") && ran.stderr.contains("it offers `kokoro`"),
        "{}",
        ran.stderr
    );
    let ran = quick(&["--model", "inworld-1.5", "--gateway", "2026-02"]);
    ran.assert_valid();
    assert_eq!(ran.saved().manifest.config.voice, "alex");
}

fn quick(more: &[&str]) -> Ran {
    let mut arguments = QUICK.to_vec();
    // Later flags of the same name would be refused; a test may bring its own.
    for own in ["--blocks", "--users"] {
        if let Some(at) = arguments.iter().position(|flag| more.contains(flag) && *flag == own) {
            arguments.drain(at..at + 2);
        }
    }
    arguments.extend_from_slice(more);
    run("run", &arguments)
}

/// The run was saved as one in which nobody listened, with the reason in words.
#[track_caller]
fn assert_failed_before_listening(ran: &Ran, words: &str, code: i32) {
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
    assert_eq!(ran.code, Some(code), "{}", ran.stderr);
    assert!(!ran.saved().partial);
    assert!(
        ran.reasons().ends_with(&["nothing-started".to_owned(), "no-audio".to_owned()]),
        "{}",
        ran.stdout
    );
    assert!(ran.errors().iter().all(|error| error.failure.text.contains(words)), "{:?}", ran.errors());
    assert_eq!(ran.errors().len(), 5);
}

#[track_caller]
fn assert_one_session_failed(ran: &Ran, class: FailureClass, words: &str) {
    ran.assert_valid();
    let failed: Vec<_> =
        ran.listeners().into_iter().filter(|listener| listener.end == SessionEnd::Failed(class)).collect();
    assert_eq!(failed.len(), 1, "{:?}", ran.listeners());
    assert_eq!(ran.errors().len(), 1, "{:?}", ran.errors());
    assert!(ran.errors()[0].failure.text.contains(words), "{:?}", ran.errors());
    let others = ran.blocks().iter().filter(|block| block.listener != failed[0].listener).count();
    assert_eq!(others, 10);
}
