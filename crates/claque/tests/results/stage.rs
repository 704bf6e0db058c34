//! The program in a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("there is room for a folder") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("the folder can be written");
    }

    pub(crate) fn claque(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("CLAQUE_TOKEN").env("NO_COLOR", "1").env("COLUMNS", "100");
        command.output().expect("the program was built")
    }

    /// What it prints; it must end well, or with an INVALID run.
    #[track_caller]
    pub(crate) fn prints(&self, args: &[&str]) -> String {
        let output = self.claque(args);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 5)), "{args:?}: {words}");
        String::from_utf8(output.stdout).expect("data is UTF-8")
    }

    /// As [`Stage::claque`], on a terminal that nobody has made wider.
    pub(crate) fn claque_on_80_columns(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_claque"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        command.env_remove("CLAQUE_TOKEN").env_remove("COLUMNS").env("NO_COLOR", "1");
        command.output().expect("the program was built")
    }

    /// What it says on stderr when it refuses.
    #[track_caller]
    pub(crate) fn refused(&self, args: &[&str]) -> String {
        let output = self.claque(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).expect("words are UTF-8")
    }

    /// Simulates, and gives the folder of the run.
    #[track_caller]
    pub(crate) fn simulated(&self, args: &[&str]) -> PathBuf {
        let text = self.prints(&[&["simulate", "--json", "--quiet"], args].concat());
        let document: Value = serde_json::from_str(&text).expect("the summary is JSON");
        self.path().join(document["run_folder"].as_str().expect("it names the folder"))
    }
}

pub(crate) fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("run.json")).expect("there is a run")).expect("it is JSON")
}
