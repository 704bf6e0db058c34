//! Other generators, where they can be installed: into a folder of their own, never into the system.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::Context as _;

use super::clients::Client;
use crate::{
    steps::{run as run_command, succeeds},
    talk::say,
    workspace::repository_root,
};

/// Where they are, and why some are not.
#[derive(Debug)]
pub(super) struct Peers {
    folder: PathBuf,
    python: Result<(), String>,
    node: Result<(), String>,
    k6: Result<(), String>,
}

impl Peers {
    /// Installs what the wanted clients need and is not there yet. What cannot be installed is no error.
    pub(super) fn prepare(folder: &Path, wanted: &[Client]) -> Self {
        let folder = folder.join("peers");
        let of = |clients: &[Client]| wanted.iter().any(|client| clients.contains(client));
        let words = |error: anyhow::Error| format!("not installed: {error:#}");
        let python = if of(&[Client::Asyncio, Client::Uvloop, Client::Locust]) {
            install_python(&folder).map_err(words)
        } else {
            Ok(())
        };
        let node = if of(&[Client::Artillery]) { install_node(&folder).map_err(words) } else { Ok(()) };
        let k6 = if !of(&[Client::K6]) || succeeds(Command::new("k6").arg("version")) {
            Ok(())
        } else {
            Err("not installed: k6 is a program of its own, in neither PyPI nor npm; put it on the path"
                .to_owned())
        };
        Self { folder, python, node, k6 }
    }

    /// Why a client cannot be run; none if it can.
    pub(super) fn refusal(&self, client: Client) -> Option<String> {
        let installed = match client {
            Client::Floor | Client::Claque => return None,
            Client::Asyncio | Client::Uvloop | Client::Locust => &self.python,
            Client::K6 => &self.k6,
            Client::Artillery => &self.node,
        };
        installed.as_ref().err().cloned()
    }

    pub(super) fn python(&self) -> PathBuf {
        self.folder.join("python/bin/python")
    }

    pub(super) fn locust(&self) -> PathBuf {
        self.folder.join("python/bin/locust")
    }

    pub(super) fn artillery(&self) -> PathBuf {
        self.node_modules().join("artillery/bin/run")
    }

    pub(super) fn node_modules(&self) -> PathBuf {
        self.folder.join("node_modules")
    }

    /// A scenario file.
    pub(super) fn scenario(&self, name: &str) -> PathBuf {
        Self::folder().join(name)
    }

    /// Where the scenarios are, with what they need.
    pub(super) fn folder() -> PathBuf {
        repository_root().unwrap_or(Path::new(".")).join("bench/peers")
    }
}

fn install_python(folder: &Path) -> anyhow::Result<()> {
    let place = folder.join("python");
    if place.join("bin/locust").exists() {
        return Ok(());
    }
    run_command(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    let mut pip = Command::new(place.join("bin/pip"));
    run_command(
        pip.args(["install", "--quiet", "--requirement"]).arg(Peers::folder().join("requirements.txt")),
    )
}

fn install_node(folder: &Path) -> anyhow::Result<()> {
    if folder.join("node_modules/artillery").exists() {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("failed to create {}", folder.display()))?;
    fs::copy(Peers::folder().join("package.json"), folder.join("package.json"))
        .context("failed to copy bench/peers/package.json")?;
    say("    Artillery is large: this takes minutes");
    run_command(
        Command::new("npm")
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent"])
            .current_dir(folder),
    )
}
