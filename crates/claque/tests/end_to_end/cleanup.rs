//! What a killed run leaves on a service, and how it is taken away.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, TcpStream},
    path::PathBuf,
    process::Output,
};

use claque_core::{
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::yapit::gateway::{Auth, AuthConfig, GatewayConfig};
use claque_gateway::Workers;
use claque_net::host::{EngineChoice, Host, HostOptions};
use tempfile::TempDir;

use crate::{
    canned::{self, MODELS},
    program::{assert_none_holds, claque, files_below},
    under_way::UnderWay,
};

const TOKEN: &str = "token-of-the-first";
const OTHER: &str = "token-of-the-second";

#[test]
fn after_a_kill_in_mid_run_cleanup_leaves_no_document() {
    let host = host();
    let run = Started::at(&host.base_url(), "listening").kill();
    let folder = run.folder();
    let ids = claque_store::open(&folder).unwrap().manifest.document_ids;
    assert_eq!((ids.len(), host.stats().gateway.documents), (3, 3));
    assert!(ids.iter().all(|id| status_of(&host, id) == 200), "they are still there");

    let cleaned = run.cleanup(TOKEN, &[folder.to_str().unwrap()]);
    let said = text(&cleaned);
    assert_eq!((cleaned.status.code(), said.matches("deleted ").count()), (Some(0), 3), "{said}");
    assert!(ids.iter().all(|id| status_of(&host, id) == 404), "the service's own word");
    assert_eq!(host.stats().gateway.documents, 0);

    let again = run.cleanup(TOKEN, &["--all"]);
    assert_eq!(
        (again.status.code(), text(&again).contains("deleted ")),
        (Some(0), false),
        "{}",
        text(&again)
    );
    assert_none_holds(&files_below(run.results.path()), &[TOKEN, OTHER]);
    assert!(!said.contains(TOKEN), "{said}");
}

#[test]
fn a_run_that_goes_on_is_left_alone() {
    let host = host();
    let run = Started::at(&host.base_url(), "listening");
    let cleaned = run.left.cleanup(TOKEN, &["--all"]);
    assert!(text(&cleaned).contains("the run still goes on"), "{}", text(&cleaned));
    assert_eq!(host.stats().gateway.documents, 3);
    let run = run.kill();
    assert!(run.cleanup(TOKEN, &["--all"]).status.success());
    assert_eq!(host.stats().gateway.documents, 0);
}

#[test]
fn another_accounts_documents_are_listed_and_stay_on_record() {
    let host = host();
    let run = Started::at(&host.base_url(), "listening").kill();
    let cleaned = run.cleanup(OTHER, &["--all"]);
    assert_eq!(
        (cleaned.status.code(), text(&cleaned).matches("left ").count() >= 3),
        (Some(1), true),
        "{}",
        text(&cleaned)
    );
    let refused = run.cleanup("not-a-token", &["--all"]);
    assert!(text(&refused).contains("invalid or expired token"), "{}", text(&refused));
    assert_eq!(host.stats().gateway.documents, 3);
    assert!(run.cleanup(TOKEN, &["--all"]).status.success());
    assert_eq!(host.stats().gateway.documents, 0);
}

/// Forty documents are being made; the run is killed when so many of them are noted as asked for.
#[test]
fn whenever_a_run_is_killed_that_makes_documents_nothing_is_left_and_nothing_unknown() {
    for asked in [1, 3, 9, 20, 39] {
        let host = host();
        let base_url = host.base_url();
        let mut run = Started::start(&["run", "--users", "40", "--blocks", "2", "--base-url", &base_url], "");
        run.wait_for_file("documents.jsonl", &format!("\"number\":{}", asked - 1));
        let run = run.kill();
        let cleaned = run.cleanup(TOKEN, &["--all"]);
        let said = text(&cleaned);
        // By a token that does not say whose it is nobody can tell what is not there from what is another's.
        let absent = said.lines().filter(|line| line.starts_with("unknown ")).count();
        assert!(absent == 0 || said.contains("which may be another account's"), "killed at {asked}: {said}");
        assert_eq!(host.stats().gateway.documents, 0, "killed at {asked}: {said}");
    }
}

#[test]
fn what_was_being_asked_for_at_the_kill_is_said_to_be_unknown() {
    let never = ("POST /api/v1/documents/text", canned::NEVER, "");
    let address = canned::serve(Box::leak(Box::new([MODELS, never])));
    let mut run = Started::at(&format!("http://{address}"), "");
    run.wait_for_file("documents.jsonl", "intend");
    let run = run.kill();
    let cleaned = run.cleanup(TOKEN, &["--all"]);
    let said = text(&cleaned);
    assert_eq!(cleaned.status.code(), Some(1), "{said}");
    assert!(said.contains("unknown \"claque load test ") && said.contains("no list of documents"), "{said}");
}

#[test]
fn what_a_killed_documents_run_was_having_extracted_is_called_off() {
    let host = host();
    let mut run = Started::start(
        &["documents", "--pages", "240", "--concurrent", "2", "--base-url", &host.base_url()],
        "",
    );
    run.wait_for_file("documents.jsonl", "\"accepted\":{\"number\":0");
    run.wait_for_file("documents.jsonl", "\"accepted\":{\"number\":1");
    let run = run.kill();
    let strangers = run.cleanup(OTHER, &["--all"]);
    assert_eq!(strangers.status.code(), Some(1), "{}", text(&strangers));
    let cleaned = run.cleanup(TOKEN, &["--all"]);
    let said = text(&cleaned);
    let cleared =
        said.lines().filter(|line| line.starts_with("deleted ") || line.starts_with("gone ")).count();
    assert_eq!((cleaned.status.code(), cleared), (Some(0), 2), "{said}");
    let stats = host.stats().gateway;
    assert_eq!((stats.documents, stats.extraction.running), (0, 0), "the service's own word");
    assert!(!run.folder().join("documents.jsonl").exists());
    assert_none_holds(&files_below(run.results.path()), &[TOKEN, OTHER]);
}

#[test]
fn a_document_whose_creation_was_not_answered_is_said_to_be_unknown() {
    let prepared =
        ("POST /api/v1/documents/prepare/upload", "200 OK", r#"{"hash":"h","metadata":{"total_pages":1}}"#);
    let never = ("POST /api/v1/documents/document", canned::NEVER, "");
    let address = canned::serve(Box::leak(Box::new([MODELS, prepared, never])));
    let mut run =
        Started::start(&["documents", "--pages", "1", "--base-url", &format!("http://{address}")], "");
    run.wait_for_file("documents.jsonl", "intend");
    let run = run.kill();
    let cleaned = run.cleanup(TOKEN, &["--all"]);
    let said = text(&cleaned);
    assert_eq!((cleaned.status.code(), said.contains("unknown \"claque-1.pdf\"")), (Some(1), true), "{said}");
}

#[test]
fn an_embedded_gateway_took_its_documents_with_it() {
    let run = Started::embedded("listening").kill();
    let folder = run.folder();
    let cleaned = run.cleanup(TOKEN, &[folder.to_str().unwrap()]);
    assert!(cleaned.status.success() && text(&cleaned).contains("ended with it"), "{}", text(&cleaned));
    assert!(!folder.join("documents.jsonl").exists());
    assert!(claque_store::open(&folder).unwrap().partial, "the run itself stays");
}

#[test]
fn cleanup_must_be_told_what() {
    let output = claque(&["cleanup"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
}

/// A run that has begun.
struct Started {
    program: UnderWay,
    left: Left,
}

impl Started {
    fn at(base_url: &str, until: &str) -> Self {
        Self::start(&["run", "--users", "3", "--blocks", "30", "--base-url", base_url], until)
    }

    fn embedded(until: &str) -> Self {
        let engine = ["--engine", "deterministic", "--service-seconds", "0.1", "--audio-seconds", "9"];
        Self::start(&[&["run", "--users", "3", "--blocks", "30"], &engine[..]].concat(), until)
    }

    fn start(arguments: &[&str], until: &str) -> Self {
        let results = TempDir::new().unwrap();
        let mut command = claque(arguments);
        command.arg("--output-dir").arg(results.path()).env("CLAQUE_TOKEN", TOKEN).env("CLAQUE_LOG", "trace");
        let mut program = UnderWay::start(&mut command);
        program.wait_for(until);
        Self { program, left: Left { results } }
    }

    /// SIGKILL, and the end. What it said until then holds no secret.
    fn kill(self) -> Left {
        self.program.signal("-KILL");
        let said = self.program.end().1.join("\n");
        assert_none_holds(&[("stderr".to_owned(), said.into_bytes())], &[TOKEN]);
        self.left
    }

    /// Waits until a file of the run holds some words. There is nothing else to wait for: the program says nothing.
    fn wait_for_file(&mut self, name: &str, words: &str) {
        let holds =
            |path: PathBuf| fs::read_to_string(path.join(name)).is_ok_and(|text| text.contains(words));
        let results = self.left.results.path();
        while !fs::read_dir(results).unwrap().any(|entry| holds(entry.unwrap().path())) {
            assert!(!self.program.has_ended(), "the program ended");
            std::thread::yield_now();
        }
    }
}

/// What a run left.
struct Left {
    results: TempDir,
}

impl Left {
    fn folder(&self) -> PathBuf {
        fs::read_dir(self.results.path()).unwrap().next().unwrap().unwrap().path()
    }

    fn cleanup(&self, token: &str, what: &[&str]) -> Output {
        let mut command = claque(&["cleanup"]);
        command.args(what).arg("--output-dir").arg(self.results.path()).env("CLAQUE_TOKEN", token);
        command.env("CLAQUE_LOG", "trace").output().unwrap()
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// What the service answers when it is asked for a document's blocks.
fn status_of(host: &Host, id: &str) -> u16 {
    let mut socket = TcpStream::connect(host.address()).unwrap();
    write!(
        socket,
        "GET /api/v1/documents/{id}/blocks HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {TOKEN}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A gateway on which three listeners are busy for minutes, and where two tokens are let in.
fn host() -> Host {
    let media = MediaTime::from_millis(9_000);
    let config = GatewayConfig::current().without_rest_limits();
    let mut config = config.with_deterministic_engine(1, Duration::from_millis(50), media);
    config.extraction.workers = Workers::Pull(2);
    config.extraction.page = Duration::from_millis(100);
    config.auth = Auth::On(AuthConfig {
        accounts: vec![],
        static_tokens: vec![TOKEN.to_owned(), OTHER.to_owned()],
        access_token_life: Duration::from_secs(60),
    });
    let bind = (Ipv4Addr::LOCALHOST, 0).into();
    Host::start(HostOptions { bind, config, engine: EngineChoice::Synthetic, seed: Seed::root(1) }).unwrap()
}
