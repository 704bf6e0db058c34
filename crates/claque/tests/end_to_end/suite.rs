//! A suite in real time: stopped in a run, stopped between two, and gone on with.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    program::claque,
    under_way::{UnderWay, slow_host},
};

/// Two short runs with a rest of ten minutes between them.
const PAIR: &str = "[suite]\nname = \"pair\"\nrepeats = 1\ncool_down = 600\norder = \"listed\"\n\
                    [common]\nblocks = 2\nusers = 2\nspeed = 4.0\n[[scenario]]\nname = \"a\"\n[[scenario]]\nname = \"b\"\n";

/// A gateway of our own that answers at once.
const SWIFT: [&str; 6] = ["--engine", "deterministic", "--service-seconds", "0.01", "--audio-seconds", "0.2"];

struct Suite {
    folder: TempDir,
}

impl Suite {
    fn new(text: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("suite.toml"), text).unwrap();
        Self { folder }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = claque(&[&["suite", "suite.toml"], args].concat());
        command.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts it, asks it to stop once it has said `words`, and gives its exit code and what it said from then on.
    fn stopped_at(&self, words: &str, args: &[&str]) -> (Option<i32>, String) {
        self.ended_by("-INT", words, args)
    }

    fn ended_by(&self, signal: &str, words: &str, args: &[&str]) -> (Option<i32>, String) {
        let mut started = UnderWay::start(&mut self.command(args));
        started.wait_for(words);
        started.signal(signal);
        let (code, said) = started.end();
        (code, said.join("\n"))
    }

    /// How far each run has come.
    fn states(&self) -> Vec<String> {
        let text = fs::read(self.dir().join("suite.json")).unwrap();
        let suite: Value = serde_json::from_slice(&text).unwrap();
        let runs = suite["runs"].as_array().unwrap();
        runs.iter().map(|run| run["state"].as_str().unwrap().to_owned()).collect()
    }

    fn dir(&self) -> PathBuf {
        only(&self.folder.path().join("claque-results"))
    }
}

fn only(dir: &Path) -> PathBuf {
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

#[test]
fn a_suite_stopped_between_two_runs_goes_on_with_the_second() {
    let suite = Suite::new(PAIR);
    let (code, said) = suite.stopped_at("VALID", &SWIFT);
    assert_eq!(code, Some(5), "a suite that is not whole tells nothing for certain");
    assert!(said.contains("the suite goes on with --resume claque-results/pair-"), "{said}");
    assert_eq!(suite.states(), ["done", "pending"]);
    assert!(fs::read_to_string(suite.dir().join("suite.html")).unwrap().contains("NOT FINISHED"));

    let output = suite.command(&[&SWIFT[..], &["--resume", "latest"]].concat()).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("run 2 of 2: b (repeat 1 of 1)") && !said.contains("run 1 of 2"), "{said}");
    // A machine that is busy with something else may make a run INVALID.
    assert!(matches!(output.status.code(), Some(0 | 5)), "{said}");
    assert_eq!(suite.states(), ["done", "done"]);
}

#[test]
fn a_run_that_is_stopped_is_made_again_and_leaves_nothing_behind() {
    let host = slow_host();
    let suite = Suite::new(&PAIR.replace("blocks = 2", "blocks = 30"));
    let (code, said) = suite.ended_by("-HUP", "listening", &["--base-url", &host.base_url()]);
    assert_eq!(code, Some(5), "{said}");
    assert_eq!(suite.states(), ["pending", "pending"]);
    assert_eq!(host.stats().gateway.documents, 0, "its documents are gone");
}

#[test]
fn a_suite_that_was_killed_is_cleaned_up_like_a_run() {
    let host = slow_host();
    let suite = Suite::new(&PAIR.replace("blocks = 2", "blocks = 30"));
    suite.ended_by("-KILL", "listening", &["--base-url", &host.base_url()]);
    assert_eq!(
        (suite.states().as_slice(), host.stats().gateway.documents),
        (&["pending", "pending"].map(str::to_owned)[..], 2)
    );
    let mut cleanup = claque(&["cleanup", "--all"]);
    assert!(cleanup.current_dir(suite.folder.path()).output().unwrap().status.success());
    assert_eq!(host.stats().gateway.documents, 0);
}
