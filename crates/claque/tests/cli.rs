//! The program as its users meet it: words, exit codes, files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use claque_core::{record::Fact, time::Instant};
use serde_json::Value;
use tempfile::TempDir;

/// The program in an empty folder, without anything from the surroundings that it would heed.
struct Stage {
    folder: TempDir,
}

impl Stage {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("there is room for a folder") }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("the folder can be written");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("CLAQUE_TOKEN").env("NO_COLOR", "1").env("COLUMNS", "100");
        command
    }

    fn claque(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program was built")
    }

    /// The exit code and what was said on stderr.
    fn refused(&self, args: &[&str]) -> (i32, String) {
        let output = self.claque(args);
        assert!(output.stdout.is_empty(), "a refusal prints no data");
        (
            output.status.code().expect("no signal ended it"),
            String::from_utf8(output.stderr).expect("words are UTF-8"),
        )
    }

    /// The one folder of a run in the usual place.
    fn run_folder(&self) -> PathBuf {
        let mut folders: Vec<_> = fs::read_dir(self.path().join("claque-results"))
            .expect("there are results")
            .map(|entry| entry.expect("the folder can be read").path())
            .collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        folders.remove(0)
    }
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).expect("data is UTF-8")
}

/// A known truth: a worker that takes a second for two seconds of audio.
const TRUTH: [&str; 17] = [
    "simulate",
    "--users",
    "3",
    "--blocks",
    "16",
    "--engine",
    "deterministic",
    "--workers",
    "1",
    "--service-seconds",
    "1",
    "--audio-seconds",
    "2",
    "--player",
    "yapit-2026-02",
    "--stagger",
    "0.001",
];

#[test]
fn the_help_is_as_it_was() {
    let stage = Stage::new();
    for (name, args) in [
        ("help", vec!["--help"]),
        ("help_run", vec!["run", "--help"]),
        ("help_simulate", vec!["simulate", "--help"]),
        ("help_documents", vec!["documents", "--help"]),
        ("help_simulate_documents", vec!["simulate", "documents", "--help"]),
        ("help_serve", vec!["serve", "--help"]),
        ("help_compare", vec!["compare", "--help"]),
        ("help_cleanup", vec!["cleanup", "--help"]),
        ("help_suite", vec!["suite", "--help"]),
        ("help_capacity", vec!["capacity", "--help"]),
        ("help_tune", vec!["tune", "--help"]),
    ] {
        insta::assert_snapshot!(name, stdout(&stage.claque(&args)));
    }
    let version = stdout(&stage.claque(&["--version"]));
    assert_eq!(version, format!("claque {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_misspelt_flag_gets_a_suggestion() {
    let (code, words) = Stage::new().refused(&["run", "--uesrs", "3"]);
    assert_eq!(code, 2);
    assert!(words.contains("'--users'"), "{words}");
}

#[test]
fn wrong_usage_ends_with_code_two() {
    let stage = Stage::new();
    for (args, expected) in [
        (vec!["run", "--users", "0"], "error: --users is 0; give 1 to 1000000\n"),
        (
            vec!["run", "--base-url", "https://tts.example", "--workers", "3"],
            "error: --workers is about the embedded gateway, and --base-url names another service; leave one of them out\n",
        ),
        (
            vec!["simulate", "--gateway-set", "pipeline.retries=1"],
            "error: --gateway-set pipeline.retries: unknown key `retries`; did you mean `max_retries`?\n",
        ),
        (
            vec!["run", "--live-web", "0.0.0.0:8000"],
            "error: --live-web is 0.0.0.0:8000, which others can reach, and the page asks nobody who he is; give a loopback \
             address such as 127.0.0.1:8000\n",
        ),
        (
            vec!["serve", "--bind", "8080"],
            "error: --bind is 8080; give an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080\n",
        ),
        (vec!["serve", "--dialect", "openai"], "error: --dialect needs --protocol openai\n"),
    ] {
        assert_eq!(stage.refused(&args), (2, expected.to_owned()));
    }
    assert!(!stage.path().join("claque-results").exists(), "nothing was begun");
}

#[test]
fn a_scenario_is_refused_with_its_line() {
    let stage = Stage::new();
    for (text, expected) in [
        ("users = 2\n\nuserz = 3\n", "error: s.toml:3: unknown key `userz`; did you mean `users`?\n"),
        ("users = 2\nblocks = 0\n", "error: s.toml:2: blocks is 0; give 1 to 100000\n"),
        ("speed = \"fast\"\n", "error: s.toml:1: invalid type: string \"fast\", expected a number\n"),
        (
            "[gateway.pipeline]\nvisibility_scan_seconds = 0\n",
            "error: s.toml:2: 0 s is out of range; give a time above 0\n",
        ),
    ] {
        stage.write("s.toml", text);
        assert_eq!(stage.refused(&["simulate", "--scenario", "s.toml"]), (2, expected.to_owned()));
    }
    let (code, words) = stage.refused(&["run", "--scenario", "none.toml"]);
    assert!(code == 2 && words.contains("failed to read the scenario none.toml"), "{words}");
}

#[test]
fn no_secret_is_ever_printed() {
    let stage = Stage::new();
    stage.write("s.toml", "token = \"hush-hush\"\n");
    stage.write("a.env", "TEST_EMAIL=hush-hush@mail.example\nTEST_PASSWORD=hush-hush\n");
    stage.write("broken.env", "TEST_PASSWORD=\"hush-hush\n");
    let url = ["--base-url", "https://hush-hush:hush-hush@tts.example"];
    for args in [
        &["run", "--scenario", "s.toml"][..],
        &["run", "--base-url", "https://tts.example", "--env-file", "a.env"],
        &["run", "--base-url", "https://tts.example", "--env-file", "broken.env"],
        &["run", "--base-url", "https://tts.example", "--token", "hush-hush hush-hush"],
        &["run", url[0], url[1]],
        &["simulate", "--gateway-set", "auth.accounts=[[\"hush-hush\"]]"],
    ] {
        let (code, words) = stage.refused(args);
        assert_eq!(code, 2, "{args:?}: {words}");
        assert!(!words.contains("hush-hush"), "{args:?}: {words}");
    }
    let help = stage.command(&["run", "--help"]).env("CLAQUE_TOKEN", "hush-hush").output().unwrap();
    assert!(!stdout(&help).contains("hush-hush"));
}

#[test]
fn a_simulation_leaves_a_run_that_can_be_read() {
    let stage = Stage::new();
    let output = stage.claque(&["simulate", "--users", "4", "--blocks", "6", "--gateway", "2026-02"]);
    let text = stdout(&output);
    assert!(
        text.contains("24/24 blocks (100.0 %)") && text.contains("  VALID  the measurement can be trusted\n"),
        "{text}"
    );
    assert!(!text.contains('\u{1b}'), "no colour where nobody asked for it");

    let folder = stage.run_folder();
    let run = claque_store::open(&folder).unwrap();
    assert!(!run.partial);
    assert_eq!(run.manifest.target, "simulated gateway (2026-02)");
    assert_eq!((run.manifest.config.users, run.manifest.config.voice.as_str()), (4, "af_heart"));
    assert_eq!(run.manifest.scenario["time"], "virtual");
    assert_eq!(run.manifest.scenario["gateway"]["pipeline"]["visibility_timeout_seconds"], 30.0);
    assert_eq!(run.manifest.document_ids.len(), 4);
    assert_eq!(run.facts.iter().filter(|fact| matches!(fact, Fact::Block(_))).count(), 24);
    assert_eq!(Some(run.recompute()), run.manifest.summary);
}

#[test]
fn the_same_seed_gives_the_same_run_and_another_one_another() {
    let facts = |seed: &str| {
        let stage = Stage::new();
        stdout(&stage.claque(&["simulate", "--users", "3", "--blocks", "8", "--seed", seed]));
        claque_store::open(&stage.run_folder()).unwrap().facts
    };
    assert_eq!(facts("7"), facts("7"));
    assert_ne!(facts("7"), facts("8"));
}

#[test]
fn the_summary_can_be_had_as_json() {
    let stage = Stage::new();
    let output = stage.claque(&["simulate", "--users", "2", "--blocks", "3", "--json", "--quiet"]);
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(output.stderr.is_empty());
    assert_eq!(document["format_version"], 1);
    assert_eq!(document["time"], "virtual");
    assert_eq!(document["verdict"]["valid"], true);
    assert_eq!(document["verdict"]["notes"], serde_json::json!([]));
    assert_eq!(document["summary"]["blocks"]["ok"], 6);
    assert_eq!(document["summary"]["schedule_lag"], Value::Null);
    let folder = stage.path().join(document["run_folder"].as_str().unwrap());
    assert!(claque_store::open(&folder).is_ok());
}

#[test]
fn simulated_documents_are_told_with_their_failed_pages() {
    let stage = Stage::new();
    let output = stage.claque(&[
        "simulate",
        "documents",
        "--pages",
        "30",
        "--concurrent",
        "2",
        "--gateway-set",
        "faults.pages=[3,17,18,19]",
    ]);
    let text = stdout(&output);
    insta::with_settings!({ filters => vec![(r"claque-results/\S+", "claque-results/FOLDER")] }, {
        insta::assert_snapshot!("simulated_documents", text);
    });
    let run = claque_store::open_documents(&stage.run_folder()).unwrap();
    assert_eq!(Some(run.recompute()), run.manifest.summary);
}

#[test]
fn a_book_is_simulated_by_the_command_that_the_page_shows() {
    let stage = Stage::new();
    let command = "simulate documents --pages 300 --concurrent 4 --gateway-set extraction.workers=8";
    let text = stdout(&stage.claque(&command.split(' ').collect::<Vec<_>>()));
    assert!(
        text.contains("1,200/1,200 pages (100.0 %)")
            && text.contains("  VALID  the measurement can be trusted\n"),
        "{text}"
    );
}

#[test]
fn documents_that_contradict_themselves_are_refused() {
    let stage = Stage::new();
    stage.write("a.txt", "hello");
    stage.write("s.toml", "[documents]\npoll = \"5..1\"\n");
    for (args, expected) in [
        (vec!["documents", "--pages", "0"], "error: --pages is 0; give 1 to 10000\n"),
        (vec!["documents", "--pdf", "a.txt"], "error: --pdf names a.txt, which is no PDF; give one\n"),
        (
            vec!["documents", "--pages", "3", "--pdf", "a.pdf"],
            "error: --pages is about made documents, and --pdf names files; leave one of them out\n",
        ),
        (
            vec!["simulate", "documents", "--scenario", "s.toml"],
            "error: s.toml:2: poll is `5..1`; give two times in seconds such as 1..5, the first not above the last, or one, \
             from 0.01\n",
        ),
    ] {
        assert_eq!(stage.refused(&args), (2, expected.to_owned()));
    }
    assert!(!stage.path().join("claque-results").exists(), "nothing was begun");
}

#[test]
fn the_known_truth_comes_out_of_the_command_line() {
    let stage = Stage::new();
    stdout(&stage.claque(&TRUTH));
    let run = claque_store::open(&stage.run_folder()).unwrap();
    let mut startups = Vec::new();
    let mut stalls = [0; 3];
    for fact in &run.facts {
        match fact {
            Fact::Listener(record) => {
                let startup = record.started_at.unwrap().since(record.intended_at);
                startups.push((record.listener.0, startup.as_millis()));
            }
            Fact::Stall(record) => stalls[usize::try_from(record.listener.0).unwrap()] += 1,
            Fact::Block(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => {}
        }
    }
    startups.sort_unstable();
    // The starts lie a third of a millisecond apart: each waits for the batches before it.
    assert_eq!(startups, [(0, 2_000), (1, 9_999), (2, 17_999)]);
    assert!(stalls[2] > 0, "three listeners are more than one worker can serve: {stalls:?}");
    let ended: Vec<Instant> = run
        .facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Listener(record) => Some(record.ended_at),
            Fact::Block(_) | Fact::Stall(_) | Fact::Error(_) | Fact::Incident(_) | Fact::Sound(_) => None,
        })
        .collect();
    assert!(ended.iter().all(|at| *at > Instant::from_millis(34_000)));
}

#[test]
fn a_model_that_is_not_there_is_refused_with_those_that_are() {
    let stage = Stage::new();
    let (code, words) = stage.refused(&["simulate", "--model", "inworld-1.5"]);
    assert_eq!(code, 2);
    assert!(words.contains("inworld-1.5") && words.contains("kokoro"), "{words}");
    assert!(!stage.path().join("claque-results").exists(), "nothing was begun");
    let output = stage.claque(&["simulate", "--model", "inworld-1.5", "--gateway", "2026-02", "--json"]);
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(document["config"]["voice"], "alex");
}

#[test]
fn cross_talk_ends_invalid() {
    let stage = Stage::new();
    let output = stage.claque(&["simulate", "--users", "3", "--blocks", "4", "--reproduce", "cross-talk"]);
    assert_eq!(output.status.code(), Some(5));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("INVALID") && text.contains("cross-talk: "), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let stage = Stage::new();
    let mut child = stage.command(&["simulate", "--users", "2", "--blocks", "2", "--quiet"]);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// A server that is ended with the test, whatever becomes of it.
#[cfg(unix)]
struct Server(std::process::Child);

#[cfg(unix)]
impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

#[cfg(unix)]
#[test]
fn a_served_gateway_says_where_it_is_and_stops_when_asked() {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};

    let stage = Stage::new();
    let mut command = stage.command(&["serve", "--bind", "127.0.0.1:0", "--gateway", "2026-02"]);
    let mut server = Server(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").expect("a URL comes first").to_owned();

    let mut socket = std::net::TcpStream::connect(&address).unwrap();
    write!(socket, "GET /api/v1/models HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("inworld-1.5-max"), "{answer}");

    let interrupted = Command::new("kill").args(["-INT", &server.0.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
    let mut talk = String::new();
    server.0.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert!(talk.starts_with("serving the gateway of preset 2026-02 with the engine synthetic"), "{talk}");
}
