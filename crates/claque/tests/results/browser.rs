//! A headless Chromium, which must be installed: `cargo xtask test` sees to it.

use std::{path::Path, process::Command};

/// What came of loading a page.
pub(crate) struct Loaded {
    /// The document after its scripts have run.
    pub(crate) dom: String,
    /// What was written to the console.
    pub(crate) console: Vec<String>,
}

impl Loaded {
    /// The document without the data and the scripts behind it.
    pub(crate) fn body(&self) -> &str {
        self.dom.split("<script").next().unwrap_or_default()
    }
}

/// Loads a file and lets its scripts run.
pub(crate) fn load(file: &Path) -> Loaded {
    let profile = tempfile::tempdir().expect("there is room for a profile");
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.args(["--disable-dev-shm-usage", "--enable-logging=stderr", "--window-size=1000,1400"]);
    command.args(["--virtual-time-budget=5000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    let output = command.arg(format!("file://{}", file.display())).output();
    let output = output.expect("chromium is installed; `cargo xtask test` does that");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    Loaded {
        dom: String::from_utf8(output.stdout).expect("the document is UTF-8"),
        console: words.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect(),
    }
}
