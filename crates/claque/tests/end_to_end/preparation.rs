//! Documents under the service's limits: paced, spread over addresses, kept for later runs.

use std::{net::Ipv4Addr, process::Output};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::yapit::gateway::{Era, GatewayConfig, RateLimit, RestLimits};
use claque_net::host::{EngineChoice, Host, HostOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::{Ran, claque, run},
    under_way::{UnderWay, count},
};

#[test]
fn twenty_documents_at_ten_a_minute_are_a_minute_of_preparation_and_nothing_else() {
    let audience = ["--users", "20", "--blocks", "8", "--stagger", "1", "--json", "--quiet"];
    let simulate = |more: &[&str]| -> Value {
        let ran = run("simulate", &[&audience[..], more].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
    };
    // The limit on what is asked for is another matter.
    let limited = simulate(&["--limits", "--gateway-set", "synthesis_limit=false"]);
    let free = simulate(&[]);
    // A minute, and what is left of the last step in which a server is asked that does not say how long.
    assert_eq!(limited["preparation"]["preparation_ms"], 62_750.0);
    assert_eq!(limited["preparation"]["limit_wait_ms"], 62_750.0);
    assert_eq!(free["preparation"]["preparation_ms"], 0.0);
    for figure in ["ttfa", "startup_time", "round_trip", "underruns"] {
        assert_eq!(limited["summary"][figure], free["summary"][figure], "{figure}");
    }
}

#[test]
fn limits_on_creation_are_waited_out_and_touch_no_listener() {
    let host = host(4, Duration::from_secs(2), 250);
    // Nine documents, four in two seconds: two windows have to close.
    let ran = at(&host, &["--users", "9", "--blocks", "2"]);
    ran.assert_valid();
    let preparation = &ran.manifest()["preparation"];
    let figure = |name: &str| preparation[name].as_f64().unwrap();
    assert!((3_900.0..9_000.0).contains(&figure("preparation_ms")), "{preparation}");
    assert!((2_500.0..8_000.0).contains(&figure("limit_wait_ms")), "{preparation}");
    assert_eq!((figure("documents_made"), figure("documents_reused")), (9.0, 0.0));
    assert!(ran.stdout.contains("waiting for a limit"), "{}", ran.stdout);
    let ttfa = ran.manifest().pointer("/summary/ttfa/max_ms").and_then(Value::as_f64).unwrap();
    assert!(ttfa < 2_000.0, "the wait is in no latency: {ttfa}");
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn ctrl_c_while_documents_are_made_leaves_neither_them_nor_a_run() {
    let host = host(4, Duration::from_secs(100), 250);
    let results = TempDir::new().unwrap();
    let base_url = host.base_url();
    let mut command = claque(&["run", "--base-url", &base_url, "--users", "9", "--output-dir"]);
    let mut started = UnderWay::start(command.arg(results.path()));
    started.wait_for("waiting 100 s, 4 made so far");
    assert_eq!(host.stats().gateway.documents, 4);
    started.signal("-INT");
    let (code, said) = started.end();
    assert_eq!((code, count(&said, "interrupted before the first listener started")), (Some(1), 1));
    assert_eq!(host.stats().gateway.documents, 0);
    assert_eq!(std::fs::read_dir(results.path()).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn every_address_has_a_limit_of_its_own() {
    let host = host(4, Duration::from_secs(600), 250);
    let ran =
        at(&host, &["--users", "12", "--blocks", "2", "--source-address", "127.0.0.1,127.0.0.2,127.0.0.3"]);
    ran.assert_valid();
    assert_eq!(ran.manifest()["preparation"]["limit_refusals"], 0);
    assert_eq!(host.stats().gateway.documents, 0);
    let ran = at(&host, &["--users", "12", "--blocks", "2", "--source-address", "127.0.0.4"]);
    assert_eq!(ran.code, Some(5), "a limit that asks for ten minutes is not waited out");
    assert!(ran.stderr.contains("Rate limit exceeded"), "{}", ran.stderr);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn a_suite_of_runs_makes_its_documents_once() {
    // No more than these three will ever be let through.
    let host = host(3, Duration::from_secs(3_600), 250);
    let suite = Suite::new();
    let first = suite.run(&host);
    let says_reused = |run: &Value| {
        run["verdict"]["notes"].as_array().unwrap().iter().any(|note| note["id"] == "documents-reused")
    };
    assert_eq!(first["preparation"]["documents_made"], 3);
    assert!(!says_reused(&first), "{}", first["verdict"]);
    assert_eq!(host.stats().gateway.documents, 3);
    let second = suite.run(&host);
    assert_eq!(second["preparation"]["documents_made"], 0);
    assert_eq!(second["preparation"]["documents_reused"], 3);
    assert!(says_reused(&second), "{}", second["verdict"]);
    assert_eq!(host.stats().gateway.documents, 3);
    let cleaned = suite.claque(&["cleanup", "--kept"]);
    assert!(cleaned.status.success(), "{}", String::from_utf8_lossy(&cleaned.stderr));
    assert_eq!(String::from_utf8(cleaned.stdout).unwrap().matches("deleted ").count(), 3);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn a_kept_document_that_is_gone_is_made_anew() {
    let first = host(100, Duration::from_secs(1), 250);
    let suite = Suite::new();
    suite.run(&first);
    // Another service at another address knows nothing of them.
    let second = host(100, Duration::from_secs(1), 250);
    assert_eq!(suite.run(&second)["preparation"]["documents_made"], 3);
    assert!(suite.claque(&["cleanup", "--kept"]).status.success());
    assert_eq!(suite.run(&second)["preparation"]["documents_made"], 3);
}

#[test]
fn blocks_that_differ_from_those_written_are_explained() {
    let host = host(100, Duration::from_secs(1), 30);
    let ran = at(&host, &["--users", "2", "--blocks", "5"]);
    ran.assert_valid();
    assert!(ran.stderr.contains("likely splits texts at its max_block_chars"), "{}", ran.stderr);
    assert!(ran.stderr.contains("each listener hears the first 5, as --blocks says"), "{}", ran.stderr);
    assert_eq!(ran.count("/blocks/played"), 10);
}

/// Runs whose results lie in one folder.
struct Suite {
    results: TempDir,
}

impl Suite {
    fn new() -> Self {
        Self { results: TempDir::new().unwrap() }
    }

    fn claque(&self, arguments: &[&str]) -> Output {
        claque(arguments).arg("--output-dir").arg(self.results.path()).output().unwrap()
    }

    /// Three listeners whose documents are kept. Gives the summary.
    fn run(&self, host: &Host) -> Value {
        let base_url = host.base_url();
        let arguments =
            ["run", "--base-url", &base_url, "--users", "3", "--blocks", "2", "--reuse-documents", "--json"];
        let output = self.claque(&arguments);
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

fn at(host: &Host, more: &[&str]) -> Ran {
    let base_url = host.base_url();
    run("run", &[&["--base-url", &base_url], more].concat())
}

/// A quick gateway that lets so many documents be made in a window.
fn host(documents: u32, window: Duration, max_block_chars: usize) -> Host {
    let (service, media) = (Duration::from_millis(20), MediaTime::from_millis(100));
    let mut config = GatewayConfig::current().with_deterministic_engine(4, service, media);
    let text = format!("{documents} per {} second", window.as_secs());
    config.rest_limits = Some(RestLimits {
        upload: Vec::new(),
        extract: Vec::new(),
        create_document: vec![(RateLimit { count: documents, window }, text)],
        other: vec![],
    });
    config.max_block_chars = max_block_chars;
    // Whose words name the limit.
    config.era = Era::Feb2026;
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    Host::start(HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(1) }).unwrap()
}
