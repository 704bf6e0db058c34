//! Instructions of the hot path per block: a figure that does not depend on the machine's mood, held against the one that is
//! kept in the repository.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use super::density::children::Server;
use crate::{
    steps::{cargo, run as run_command, succeeds},
    talk::{print, say},
    workspace::{Workspace, repository_root},
};

/// Where the kept figure is.
const KEPT: &str = "bench/instructions.json";
/// What is run twice; the second time with more blocks, so that what a listener or a run costs falls out of the difference.
const USERS: u32 = 20;
const FEW: u32 = 16;
const MANY: u32 = 48;

/// Counts with callgrind, tells, and fails when a block costs more than is kept, beyond the tolerance that is kept with it.
///
/// # Errors
/// It costs more, or something cannot be built, run or read.
pub(crate) fn run() -> anyhow::Result<()> {
    ensure!(
        succeeds(Command::new("valgrind").arg("--version")),
        "`valgrind` is missing: on Debian and Ubuntu `sudo apt-get install valgrind`"
    );
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque", "--package", "claque-bench"])?)?;
    let folder = target.join("bench").join("instructions");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let programs = target.join("release");
    let short = ["--delay-ms", "20", "--spread-ms", "20", "--late-every", "0"];
    let server = Server::start(&programs.join("claque-bench"), &folder.join("truth.log"), None, &short)?;
    let few = count(&programs.join("claque"), &server.url, FEW, &folder)?;
    let many = count(&programs.join("claque"), &server.url, MANY, &folder)?;
    server.end()?;
    let per_block = many.saturating_sub(few) / u64::from((MANY - FEW) * USERS);
    let kept = kept()?;
    let share = ratio(per_block, kept.per_block);
    print(&json!({ "per_block": per_block, "kept": kept.per_block, "ratio": share }).to_string())?;
    if share > 1.0 + kept.tolerance {
        bail!("a block costs {per_block} instructions, {share:.2} times the {} of {KEPT}", kept.per_block);
    }
    if share < 1.0 - kept.tolerance {
        say(&format!("a block has become cheaper: put {per_block} into {KEPT}, so that it stays so"));
    }
    Ok(())
}

/// Instructions of one run, kernel left out.
fn count(claque: &Path, url: &str, blocks: u32, folder: &Path) -> anyhow::Result<u64> {
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind");
    command.arg(format!("--callgrind-out-file={}", folder.join(format!("{blocks}.callgrind")).display()));
    command.arg(claque).args(["run", "--no-auth", "--allow-rate-limit", "--no-report", "--quiet"]);
    command.args(["--base-url", url, "--users", &USERS.to_string(), "--blocks", &blocks.to_string()]);
    // Fast enough to be done soon, slow enough for a program that callgrind slows down fifty times.
    command.args(["--speed", "12", "--stagger", "1"]).arg("--output-dir").arg(folder.join("runs"));
    let output = command.output().context("failed to start valgrind")?;
    let talk = String::from_utf8_lossy(&output.stderr);
    collected(&talk).with_context(|| format!("callgrind counted nothing: {}", talk.trim()))
}

fn collected(talk: &str) -> Option<u64> {
    talk.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()
}

/// What is held against.
struct Kept {
    per_block: u64,
    /// A share.
    tolerance: f64,
}

fn kept() -> anyhow::Result<Kept> {
    let bytes = fs::read(repository_root()?.join(KEPT)).with_context(|| format!("failed to read {KEPT}"))?;
    let kept: Value =
        serde_json::from_slice(&bytes).with_context(|| format!("failed to understand {KEPT}"))?;
    Ok(Kept {
        per_block: kept["per_block"].as_u64().with_context(|| format!("no per_block in {KEPT}"))?,
        tolerance: kept["tolerance"].as_f64().with_context(|| format!("no tolerance in {KEPT}"))?,
    })
}

fn ratio(one: u64, other: u64) -> f64 {
    let float = |count| u32::try_from(count).map_or(f64::INFINITY, f64::from);
    float(one) / float(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_read_from_what_callgrind_says() {
        assert_eq!(collected("==7== Events    : Ir\n==7== Collected : 120787002\n"), Some(120_787_002));
        assert_eq!(collected("==7== no such tool"), None);
    }

    #[test]
    fn what_is_kept_can_be_read() {
        let kept = kept().unwrap();
        assert!(kept.per_block > 0 && kept.tolerance > 0.0 && kept.tolerance < 1.0);
    }
}
