//! Audiences that come and go: what their figures are about, and when they say that they are of no steady state.

use std::collections::BTreeSet;

use claque_core::{record::SessionEnd, time::Duration};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{Ran, claque, run, run_with},
    stream_server::{Answer, StreamServer, paced},
    under_way::{UnderWay, slow_host},
};

/// Eight places at four workers: all ask at once at first, and then by turns.
const EIGHT: [&str; 16] = [
    "--users",
    "8",
    "--listens",
    "exp 1min",
    "--blocks",
    "200",
    "--engine",
    "deterministic",
    "--service-seconds",
    "1",
    "--audio-seconds",
    "5",
    "--workers",
    "4",
    "--player",
    "yapit-2026-02",
];

/// The same held for so long.
fn held(span: &str, more: &[&str]) -> Ran {
    run("simulate", &[&EIGHT[..], &["--hold", span], more].concat())
}

fn note<'a>(manifest: &'a Value, list: &str, id: &str) -> Option<&'a str> {
    let all = manifest["verdict"][list].as_array().unwrap();
    all.iter().find(|one| one["id"] == id).and_then(|one| one["text"].as_str())
}

/// Listeners of the facts that were meant to start in the window of the summary.
fn within(ran: &Ran) -> usize {
    let window = ran.manifest()["window"].clone();
    let (from, until) = (window["from_ns"].as_u64().unwrap(), window["until_ns"].as_u64().unwrap());
    let is_within = |start: u64| from <= start && start < until;
    ran.listeners().iter().filter(|listener| is_within(listener.intended_at.as_nanos())).count()
}

#[test]
fn figures_are_of_the_listeners_after_the_warm_up_and_facts_of_all() {
    let ran = held("20min", &[]);
    ran.assert_valid();
    let manifest = ran.manifest();
    let told = note(&manifest, "notes", "steady-state").unwrap();
    assert!(told.starts_with("figures are of listeners that were to start from "), "{told}");
    let (listeners, within) = (ran.listeners().len(), within(&ran));
    assert_eq!(ran.count("/listeners/intended"), u64::try_from(within).unwrap());
    assert_eq!(ran.count("/window/listeners_left_out"), u64::try_from(listeners - within).unwrap());
    assert!(within > 100, "eight places for twenty minutes at a minute each: {within}");
    // Whoever left as it meant to is well served, and nobody failed.
    assert!(ran.listeners().iter().all(|listener| listener.end == SessionEnd::Left));
    assert_eq!(ran.count("/listeners/left"), u64::try_from(within).unwrap());
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&ran.stdout).contains(told), "{}", ran.stdout);
    // Computed anew from the facts on disk they are the same.
    let anew = serde_json::to_value(ran.saved().recompute()).unwrap();
    assert_eq!(anew, manifest["summary"]);
}

#[test]
fn a_warm_up_that_is_given_is_taken_as_it_is() {
    let ran = held("20min", &["--warm-up", "10min"]);
    assert_eq!(ran.manifest()["window"]["from_ns"], 600_000_000_000_u64);
    assert_eq!(ran.count("/listeners/intended"), u64::try_from(within(&ran)).unwrap());
}

#[test]
fn a_warm_up_that_is_given_too_short_is_told_as_that() {
    let crowd = ["--users", "20", "--hold", "3min", "--listens", "1min", "--blocks", "40", "--workers", "16"];
    let found = run("simulate", &crowd);
    assert_eq!(found.reasons(), ["warm-up-not-left"], "there is nothing steady in it");
    let given = run("simulate", &[&crowd[..], &["--warm-up", "1min"]].concat());
    let manifest = given.manifest();
    let told = note(&manifest, "notes", "steady-state").unwrap();
    assert!(told.contains("as --warm-up says; response_time had not settled"), "{told}");
    // The page has the same listeners in its headline and in its distributions.
    let page = std::fs::read_to_string(given.folder.as_deref().unwrap().join("report.html")).unwrap();
    let of_window = given.count("/startup_time/count");
    assert!(
        page.contains(&format!("Distribution of startup_time over {of_window} listeners")),
        "{of_window}"
    );
    let all = given.listeners().len();
    assert!(page.contains(&format!("How many listeners did what, out of {all}")), "{all}");
}

#[test]
fn a_run_that_is_too_short_for_its_warm_up_is_invalid_and_says_so() {
    let ran = held("20s", &[]);
    assert_eq!(ran.code, Some(5), "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.reasons(), ["warm-up-not-left"]);
    let manifest = ran.manifest();
    let told = note(&manifest, "reasons", "warm-up-not-left").unwrap();
    assert!(told.contains("too few to find the end of the warm-up"), "{told}");
}

#[test]
fn places_that_run_out_of_listeners_are_told_and_texts_that_are_too_short_too() {
    // Everybody hangs up after some seconds, which no plan foresees.
    let ran = held("20min", &["--behaviour", "hang-up=30", "--warm-up", "off"]);
    assert_eq!(ran.reasons(), ["hold-not-kept"]);
    let ran = run("simulate", &["--users", "3", "--blocks", "2", "--listens", "1h"]);
    let manifest = ran.manifest();
    let told = note(&manifest, "notes", "texts-too-short").unwrap();
    assert!(told.starts_with("3 listeners came to the end of the text before"), "{told}");
}

#[test]
fn arrivals_at_random_can_be_looked_at_after_a_warm_up_too() {
    let ran = run(
        "simulate",
        &["--arrivals", "poisson:30/min", "--for", "10min", "--warm-up", "5min", "--blocks", "2"],
    );
    assert_eq!(ran.manifest()["window"]["until_ns"], 600_000_000_000_u64);
    assert_eq!(ran.count("/listeners/intended"), u64::try_from(within(&ran)).unwrap());
    // 150 are to be expected of five minutes, give or take 12.
    assert!((110..190).contains(&within(&ran)), "{}", within(&ran));
}

/// Two places, at each of which one listener follows the other: each hears a block of nine seconds at four times the speed, where the shortest
/// stay that is planned for is a second.
const TWO_PLACES: [&str; 11] =
    ["--users", "2", "--hold", "8s", "--blocks", "1", "--speed", "4", "--warm-up", "off", "--base-url"];

#[test]
fn documents_of_those_who_replace_others_are_made_as_they_come_and_all_are_deleted() {
    let host = slow_host();
    let url = host.base_url();
    let ran = run("run", &[&TWO_PLACES[..], &[&url]].concat());
    let manifest = ran.manifest();
    let listeners = ran.listeners();
    let made = ran.saved().manifest.document_ids.len();
    assert!(listeners.iter().all(|listener| listener.end == SessionEnd::Completed), "{}", ran.stdout);
    // Sixteen were foreseen. Eight come if nothing is late, and two documents are made ahead of each place.
    assert!((5..=10).contains(&listeners.len()), "{}", listeners.len());
    assert!((listeners.len()..=listeners.len() + 4).contains(&made) && made < 16, "{made} documents");
    assert_eq!(manifest["preparation"]["documents_made"], made);
    assert_eq!(note(&manifest, "reasons", "hold-not-kept"), None);
    assert_eq!(host.stats().gateway.documents, 0);
}

/// A request for speech says its text itself: nothing is made on the service for those who come later, and nothing else of it is shown the key.
#[test]
fn who_replaces_another_at_a_service_of_speech_asks_for_a_text_of_its_own_and_for_nothing_else() {
    let server = StreamServer::start(Answer::audio("audio/pcm", paced(10, Duration::ZERO)));
    let url = server.base_url();
    let stays = ["--hold", "5s", "--listens", "1s", "--blocks", "7", "--warm-up", "off"];
    let asks = ["--protocol", "openai", "--base-url", &url, "--users", "2"];
    let ran = run_with("run", &[&asks[..], &stays].concat(), |command| {
        command.env("CLAQUE_TOKEN", "sk-0123456789")
    });
    assert!(!ran.stderr.contains("document"), "{}", ran.stderr);
    let sent = server.log().sent;
    let elsewhere: Vec<_> = sent.iter().filter(|(path, _)| path != "/v1/audio/speech").collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    let listeners = ran.listeners();
    assert!(listeners.len() > 6, "two places for five seconds at a second each: {}", listeners.len());
    assert!(listeners.iter().all(|listener| listener.blocks == 7 && listener.end == SessionEnd::Left));
    let text = |body: &String| {
        let request: Value = serde_json::from_str(body).unwrap();
        request["input"].as_str().unwrap().to_owned()
    };
    let texts: BTreeSet<String> = sent.iter().map(|(_, body)| text(body)).collect();
    assert_eq!(texts.len(), sent.len(), "no text is asked for twice: {texts:?}");
    assert_eq!(ran.manifest()["preparation"]["documents_made"], 0);
}

#[test]
fn ctrl_c_deletes_the_documents_of_those_who_were_to_come_too() {
    let host = slow_host();
    let results = TempDir::new().unwrap();
    let mut command = claque(&["run"]);
    command.args(TWO_PLACES).arg(host.base_url()).arg("--output-dir").arg(results.path());
    let started = UnderWay::start(&mut command);
    let mut stats = host.watch_stats();
    // Beyond the four that are made before the run.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        stats.wait_for(|stats| stats.gateway.documents > 4).await.unwrap();
    });
    started.signal("-INT");
    let (code, said) = started.end();
    assert_eq!((code, host.stats().gateway.documents), (Some(5), 0), "{said:?}");
}
