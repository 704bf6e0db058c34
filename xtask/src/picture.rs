//! The picture in the README: the page of its first command's run, as Chromium draws it.

use std::{fs, process::Command};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::{
    steps::{cargo, run as run_command},
    talk::say,
    workspace::Workspace,
};

/// Where it lies, from the root.
const PICTURE: &str = "docs/report.png";
/// What the README's first command plays.
const AUDIENCE: [&str; 8] = ["--users", "20", "--blocks", "4", "--speed", "2", "--workers", "16"];
/// Its largest, in bytes: it is loaded by everybody who reads the README.
const LARGEST: u64 = 150_000;
/// Width and height of the window: the answer, the figures and the first plot.
const WINDOW: &str = "--window-size=1100,1120";

/// Plays the run, which takes half a minute, and draws its page.
///
/// # Errors
/// The program cannot be built or run, the run is not beyond doubt, Chromium cannot draw, or the picture is too large.
pub(crate) fn run() -> anyhow::Result<()> {
    let workspace = Workspace::load()?;
    let results = workspace.target.join("picture");
    if results.exists() {
        fs::remove_dir_all(&results).context("failed to remove the runs of before")?;
    }
    let mut play = cargo(&["run", "--package", "claque", "--", "run", "--quiet", "--output-dir"])?;
    run_command(play.arg(&results).args(AUDIENCE))?;
    let mut runs = fs::read_dir(&results).context("failed to find the run")?;
    let folder = runs.next().context("failed to find the run")?.context("failed to read its folder")?.path();
    let saved = fs::read(folder.join("run.json")).context("failed to read the run")?;
    let saved: Value = serde_json::from_slice(&saved).context("failed to read the run")?;
    let verdict = &saved["verdict"];
    let said: Vec<_> =
        ["reasons", "notes"].iter().flat_map(|key| verdict[key].as_array()).flatten().collect();
    // What everybody sees first must not be of a machine that had no time for it.
    ensure!(
        said.is_empty(),
        "the run has something to say against itself: {said:?}; try again on a calm machine"
    );
    let picture = workspace.root.join(PICTURE);
    let mut draw = Command::new("chromium");
    draw.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--disable-dev-shm-usage",
    ]);
    draw.args(["--virtual-time-budget=5000", WINDOW, &format!("--screenshot={}", picture.display())]);
    run_command(draw.arg(format!("file://{}", folder.join("report.html").display())))?;
    let size = fs::metadata(&picture).context("failed to find the picture")?.len();
    ensure!(size <= LARGEST, "{PICTURE} has {size} bytes, more than {LARGEST}");
    say(&format!("    {PICTURE}: {size} bytes"));
    Ok(())
}
