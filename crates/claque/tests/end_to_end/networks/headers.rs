//! `--header`: on every request to the service's own origin, and nowhere else.

use super::gate::{Gate, Rules};
use crate::{
    program::{assert_none_holds, run_with},
    troubles::quick_host,
};

const SECRET: &str = "SEKRET-0123456789";
const WANTED: &str = "x-door: SEKRET-0123456789";
const AUDIENCE: [&str; 8] = ["--users", "2", "--blocks", "3", "--speed", "4", "--stagger", "0"];

#[test]
fn every_request_carries_it_and_no_other_host_sees_it() {
    let host = quick_host();
    let store = Gate::before(host.address(), Rules::default());
    let door = Gate::before(host.address(), Rules { wanted: Some(WANTED), audio_is_at: Some(store.address) });
    let url = format!("http://{}", door.address);
    let allowed = store.address.to_string();
    let flags = ["--base-url", &url, "--allow-host", &allowed, "--header", "X-Door: ${DOOR}"];
    let ran = run_with("run", &[&AUDIENCE[..], &flags].concat(), |command| command.env("DOOR", SECRET));
    ran.assert_valid();
    assert_eq!(ran.count("/blocks/ok"), 6, "{}", ran.stdout);
    assert_eq!(ran.manifest()["scenario"]["headers"][0], "X-Door: ${DOOR}");
    assert_none_holds(&ran.artefacts(), &["SEKRET"]);

    let heads = door.heads();
    let of = |start: &str| heads.iter().filter(|head| head.starts_with(start)).count();
    for (start, least) in [
        ("GET /api/v1/models", 1),
        ("POST /api/v1/documents/text", 2),
        ("GET /api/v1/ws/tts", 2),
        ("GET /api/v1/audio/", 6),
        ("DELETE /api/v1/documents/", 2),
    ] {
        assert!(of(start) >= least, "{start}: {heads:?}");
    }
    assert!(heads.iter().all(|head| head.lines().any(|line| line == WANTED)), "{heads:?}");
    let elsewhere = store.heads();
    assert_eq!(elsewhere.len(), 6);
    assert!(
        !elsewhere.iter().any(|head| head.contains("SEKRET") || head.contains("x-door")),
        "{elsewhere:?}"
    );
}

#[test]
fn a_value_that_is_said_back_is_nowhere_to_be_read() {
    let host = quick_host();
    let door = Gate::before(host.address(), Rules { wanted: Some("x-door: another"), audio_is_at: None });
    let url = format!("http://{}", door.address);
    let header = format!("X-Door: {SECRET}");
    let flags = ["--base-url", &url, "--header", &header];
    let ran = run_with("run", &[&AUDIENCE[..], &flags].concat(), |command| command);
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("who is this?"), "{}", ran.stderr);
    assert_none_holds(&ran.artefacts(), &["SEKRET", "sekret"]);
}

#[test]
fn a_header_that_cannot_be_sent_is_wrong_usage() {
    for (header, words) in [
        ("Host: SEKRET", "host is claque's own to say"),
        ("SEKRET", "there is a header that is none"),
        ("X-Door: ${NOT_SET_ANYWHERE}", "the variable NOT_SET_ANYWHERE is not set"),
        ("Authorization: SEKRET", "authorization is what the token goes in"),
    ] {
        let flags = ["--base-url", "http://127.0.0.1:9", "--header", header];
        let ran = run_with("run", &flags, |command| command.env("CLAQUE_TOKEN", "hush-hush"));
        assert_eq!(ran.code, Some(2), "{}", ran.stderr);
        assert!(ran.stderr.contains(words) && !ran.stderr.contains("SEKRET"), "{}", ran.stderr);
    }
}
