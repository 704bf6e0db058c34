//! Runs the built program and reads what it leaves.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use claque_core::record::{BlockRecord, ErrorRecord, Fact, IncidentRecord, ListenerRecord, StallRecord};
use claque_store::Run;
use serde_json::Value;
use tempfile::TempDir;

/// The program with these arguments, free of what the environment might say.
pub(crate) fn claque(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
    command.args(arguments).env_remove("CLAQUE_TOKEN").stdin(Stdio::null());
    command.env("XDG_STATE_HOME", state().path());
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(proxy).env_remove(proxy.to_uppercase());
    }
    command
}

/// Where programs of this test remember things, in place of the home of whoever runs it.
pub(crate) fn state() -> &'static TempDir {
    static STATE: OnceLock<TempDir> = OnceLock::new();
    STATE.get_or_init(|| TempDir::new().unwrap())
}

/// A finished run.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The run folder's contents; none when the program left no run.
    pub(crate) run: Option<Run>,
    pub(crate) folder: Option<PathBuf>,
    results: TempDir,
}

/// Runs `claque VERB ARGUMENTS` with results in a folder of its own.
pub(crate) fn run(verb: &str, arguments: &[&str]) -> Ran {
    run_with(verb, arguments, |command| command)
}

/// As [`run`], with more done to the command.
pub(crate) fn run_with(
    verb: &str,
    arguments: &[&str],
    prepare: impl FnOnce(&mut Command) -> &mut Command,
) -> Ran {
    let results = TempDir::new().unwrap();
    let dir = results.path().join("results");
    let mut command = claque(&[verb]);
    command.args(arguments).arg("--output-dir").arg(&dir);
    let Output { status, stdout, stderr } = prepare(&mut command).output().unwrap();
    let folder = only_folder(&dir);
    Ran {
        code: status.code(),
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
        run: folder.as_deref().map(|folder| claque_store::open(folder).unwrap()),
        folder,
        results,
    }
}

/// Every file below a folder, with its name.
pub(crate) fn files_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of = |path: PathBuf| {
        if path.is_dir() {
            files_below(&path)
        } else {
            vec![(path.display().to_string(), std::fs::read(&path).unwrap())]
        }
    };
    entries.flat_map(of).collect()
}

/// No artefact holds a secret.
#[track_caller]
pub(crate) fn assert_none_holds(artefacts: &[(String, Vec<u8>)], secrets: &[&str]) {
    for (name, bytes) in artefacts {
        for secret in secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{secret} is in {name}");
        }
    }
}

/// The folder of the one run whose results are in `dir`; none if there is none.
pub(crate) fn only_folder(dir: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(dir).ok()?.map(|entry| entry.unwrap().path());
    // Beside the folders of runs there may be the list of documents that are kept.
    let mut folders = entries.filter(|path| path.is_dir());
    let folder = folders.next();
    assert_eq!(folders.next(), None, "one run leaves one folder");
    folder
}

impl Ran {
    /// The run, which must be there.
    #[track_caller]
    pub(crate) fn saved(&self) -> &Run {
        self.run.as_ref().unwrap_or_else(|| panic!("no run was saved; stderr: {}", self.stderr))
    }

    /// Everything the program left and said, each with its name.
    pub(crate) fn artefacts(&self) -> Vec<(String, Vec<u8>)> {
        let mut all = files_below(self.results.path());
        all.push(("stdout".to_owned(), self.stdout.clone().into_bytes()));
        all.push(("stderr".to_owned(), self.stderr.clone().into_bytes()));
        all
    }

    /// Where the program's results are, and where a test may put its own.
    pub(crate) fn results(&self) -> &Path {
        self.results.path()
    }

    /// `run.json` as a program of another language would read it.
    pub(crate) fn manifest(&self) -> Value {
        let path = self.folder.as_ref().unwrap().join("run.json");
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    /// A count of the saved summary by its JSON pointer.
    #[track_caller]
    pub(crate) fn count(&self, pointer: &str) -> u64 {
        let summary = self.manifest();
        let value = summary.pointer(&format!("/summary{pointer}"));
        value.and_then(Value::as_u64).unwrap_or_else(|| panic!("no {pointer}: {}", summary["summary"]))
    }

    /// Ids of the verdict's reasons, but for one: a machine of CI that is busy with something else makes our own
    /// generator late, which says nothing of the program.
    pub(crate) fn reasons(&self) -> Vec<String> {
        let manifest = self.manifest();
        let reasons = manifest["verdict"]["reasons"].as_array().unwrap();
        let ids = reasons.iter().map(|reason| reason["id"].as_str().unwrap().to_owned());
        ids.filter(|id| id != "generator-late").collect()
    }

    /// The run came to its end and is INVALID for no reason but a busy machine.
    #[track_caller]
    pub(crate) fn assert_valid(&self) {
        assert!(matches!(self.code, Some(0 | 5)), "{}{}", self.stdout, self.stderr);
        assert_eq!(self.reasons(), [""; 0], "{}{}", self.stdout, self.stderr);
    }

    pub(crate) fn blocks(&self) -> Vec<&BlockRecord> {
        let mut blocks: Vec<_> =
            self.facts(|fact| if let Fact::Block(block) = fact { Some(block) } else { None });
        blocks.sort_by_key(|block| (block.listener, block.block));
        blocks
    }

    pub(crate) fn stalls(&self) -> Vec<&StallRecord> {
        let mut stalls: Vec<_> =
            self.facts(|fact| if let Fact::Stall(stall) = fact { Some(stall) } else { None });
        stalls.sort_by_key(|stall| (stall.listener, stall.began_at));
        stalls
    }

    pub(crate) fn errors(&self) -> Vec<&ErrorRecord> {
        self.facts(|fact| if let Fact::Error(error) = fact { Some(error) } else { None })
    }

    /// In order of listeners, and of time for each.
    pub(crate) fn incidents(&self) -> Vec<&IncidentRecord> {
        let mut incidents: Vec<_> =
            self.facts(|fact| if let Fact::Incident(incident) = fact { Some(incident) } else { None });
        incidents.sort_by_key(|incident| (incident.listener, incident.at));
        incidents
    }

    pub(crate) fn listeners(&self) -> Vec<&ListenerRecord> {
        self.facts(|fact| if let Fact::Listener(listener) = fact { Some(listener) } else { None })
    }

    fn facts<'a, T>(&'a self, pick: impl Fn(&'a Fact) -> Option<T>) -> Vec<T> {
        self.saved().facts.iter().filter_map(pick).collect()
    }
}
