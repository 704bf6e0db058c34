//! Ctrl-C once, twice, and a kill: what is saved and what is left on the service.

use std::{
    io::{BufRead as _, BufReader},
    net::Ipv4Addr,
    process::{self, ChildStderr, Command, Stdio},
};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_gateway::GatewayConfig;
use claque_net::host::{EngineChoice, Host, HostOptions};
use claque_store::Run;
use tempfile::TempDir;

use crate::{
    canned::{self, BLOCKS, CREATED, MODELS},
    program::claque,
};

#[test]
fn the_first_ctrl_c_saves_the_run_and_deletes_the_documents() {
    let host = slow_host();
    let mut child = Child::start(&host.base_url());
    assert_eq!(host.stats().gateway.documents, 3);
    child.signal("-INT");
    assert_eq!(child.code(), Some(5));
    let run = child.run();
    assert!(!run.partial);
    let verdict = run.manifest.verdict.as_ref().unwrap();
    assert!(verdict.reasons.iter().any(|reason| reason.id.as_str() == "interrupted"), "{verdict:?}");
    assert_eq!(run.manifest.document_ids.len(), 3);
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn the_second_ctrl_c_leaves_at_once_and_says_what_remains() {
    // A service that never answers a deletion keeps the first Ctrl-C from coming to its end.
    let hang = ("DELETE /api/v1/documents/", canned::NEVER, "");
    let address = canned::serve(Box::leak(Box::new([MODELS, CREATED, BLOCKS, hang])));
    let mut child = Child::start(&format!("http://{address}"));
    child.signal("-INT");
    child.wait_for("once more to leave at once");
    child.signal("-INT");
    assert_eq!(child.lines_with("left behind on the service: document "), 3);
    assert_eq!(child.code(), Some(1));
}

#[test]
fn a_killed_run_is_readable_and_marked_partial() {
    let host = slow_host();
    let mut child = Child::start(&host.base_url());
    child.signal("-KILL");
    assert_eq!(child.code(), None);
    let run = child.run();
    assert!(run.partial);
    assert_eq!(run.manifest.document_ids.len(), 3);
}

/// A run of three listeners, under way.
struct Child {
    process: process::Child,
    stderr: BufReader<ChildStderr>,
    results: TempDir,
}

impl Child {
    fn start(base_url: &str) -> Self {
        let results = TempDir::new().unwrap();
        let mut process =
            claque(&["run", "--users", "3", "--blocks", "30", "--base-url", base_url, "--output-dir"])
                .arg(results.path())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
        let stderr = BufReader::new(process.stderr.take().unwrap());
        let mut child = Self { process, stderr, results };
        child.wait_for("listening");
        child
    }

    /// Reads what the program says until a line contains `words`.
    fn wait_for(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(
                self.stderr.read_line(&mut line).unwrap(),
                0,
                "the program ended without saying {words}"
            );
        }
    }

    /// Reads to the end and counts.
    fn lines_with(&mut self, words: &str) -> usize {
        let lines = (&mut self.stderr).lines().map(Result::unwrap);
        lines.filter(|line| line.contains(words)).count()
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end.
    fn code(&mut self) -> Option<i32> {
        let _rest = self.lines_with("");
        self.process.wait().unwrap().code()
    }

    fn run(&self) -> Run {
        let mut folders = std::fs::read_dir(self.results.path()).unwrap().map(|entry| entry.unwrap().path());
        let folder = folders.next().unwrap();
        assert_eq!(folders.next(), None);
        claque_store::open(&folder).unwrap()
    }
}

/// A gateway on which three listeners are busy for minutes.
fn slow_host() -> Host {
    let config = GatewayConfig::current().without_rest_limits();
    let media = MediaTime::from_millis(9_000);
    Host::start(HostOptions {
        bind: (Ipv4Addr::LOCALHOST, 0).into(),
        config: config.with_deterministic_engine(1, Duration::from_millis(50), media),
        engine: EngineChoice::Synthetic,
        seed: Seed::root(1),
    })
    .unwrap()
}
