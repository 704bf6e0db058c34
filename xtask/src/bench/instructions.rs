//! Instructions of the hot path per block: figures that do not depend on the machine's mood, held against those that are kept
//! in the repository. [`run`] counts the whole program, which takes a build as for a release; [`hot_path`] counts what is claque's own
//! between bytes and facts, and is quick enough for CI.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};

use super::{
    density::children::{Measured, Server},
    parts::{self, Parts},
    stop::Stop,
};
use crate::{
    steps::{cargo, run as run_command, succeeds},
    talk::{print, say},
    workspace::{Workspace, repository_root},
};

/// Where the kept figure is.
const KEPT: &str = "bench/instructions.json";
/// The release with the lines and names that callgrind tells apart; its folder below the target folder has the same name.
const PROFILE: &str = "profiling";
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
    run_command(&mut cargo(&[
        "build",
        "--profile",
        PROFILE,
        "--package",
        "claque",
        "--package",
        "claque-bench",
    ])?)?;
    let folder = target.join("bench").join("instructions");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let programs = target.join(PROFILE);
    let short = ["--delay-ms", "20", "--spread-ms", "20", "--late-every", "0"];
    let stop = Stop::watch()?;
    let server = Server::start(&programs.join("claque-bench"), &folder.join("truth.log"), None, &short)?;
    let few = count(&programs.join("claque"), &server.url, FEW, &folder, &stop)?;
    let many = count(&programs.join("claque"), &server.url, MANY, &folder, &stop)?;
    server.end()?;
    judge("per_block", &few, &many, u64::from((MANY - FEW) * USERS))
}

/// The same of `claque-wire`'s example `hot_path`: codec, player and audio meter, without sockets and clock.
///
/// # Errors
/// As [`run`].
pub(crate) fn hot_path() -> anyhow::Result<()> {
    /// Blocks of the two runs.
    const BLOCKS: [u64; 2] = [100, 300];
    let target = Workspace::load()?.target;
    let build = ["build", "--profile", PROFILE, "--package", "claque-wire", "--example", "hot_path"];
    run_command(&mut cargo(&build)?)?;
    let folder = target.join("bench").join("hot-path");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let program = target.join(PROFILE).join("examples").join("hot_path");
    let count = |blocks: u64| {
        let out = folder.join(format!("{blocks}.callgrind"));
        let mut command = callgrind(&out, &program);
        let output = command.arg(blocks.to_string()).output().context("failed to start valgrind")?;
        let talk = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the hot path did not come to its end: {}", talk.trim());
        parts::read(&out)
    };
    let [few, many] = BLOCKS;
    judge("hot_path", &count(few)?, &count(many)?, many - few)
}

/// Tells what each of so many blocks costs that one run has more than another, by part, and fails when it is more than is kept under
/// `name`, beyond the tolerance.
fn judge(name: &str, few: &(Parts, u64), many: &(Parts, u64), blocks: u64) -> anyhow::Result<()> {
    let counted = many.1.saturating_sub(few.1) / blocks;
    let kept = kept(name)?;
    let share = ratio(counted, kept.instructions);
    print(&json!({ name: counted, "kept": kept.instructions, "ratio": share, "parts": parts::per_block(&few.0, &many.0, blocks) }).to_string())?;
    if share > 1.0 + kept.tolerance {
        bail!("a block costs {counted} instructions, {share:.2} times the {} of {KEPT}", kept.instructions);
    }
    if share < 1.0 - kept.tolerance {
        say(&format!("a block has become cheaper: put {counted} into {KEPT} as {name}, so that it stays so"));
    }
    Ok(())
}

fn callgrind(out: &Path, program: &Path) -> Command {
    // What an earlier call left is not to be taken for this one's.
    let _absent = fs::remove_file(out);
    let mut command = Command::new("valgrind");
    command
        .args(["--quiet", "--tool=callgrind"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program);
    command
}

/// Instructions of one run, kernel left out.
fn count(claque: &Path, url: &str, blocks: u32, folder: &Path, stop: &Stop) -> anyhow::Result<(Parts, u64)> {
    let out = folder.join(format!("{blocks}.callgrind"));
    let mut command = callgrind(&out, claque);
    command.args(["run", "--no-auth", "--allow-rate-limit", "--no-report", "--quiet"]);
    command.args(["--base-url", url, "--users", &USERS.to_string(), "--blocks", &blocks.to_string()]);
    // Fast enough to be done soon, slow enough for a program that callgrind slows down fifty times.
    command.args(["--speed", "12", "--stagger", "1"]).arg("--output-dir").arg(folder.join("runs"));
    Measured::start(command, stop)?.until_its_end()?;
    parts::read(&out)
}

/// What is held against.
struct Kept {
    instructions: u64,
    /// A share.
    tolerance: f64,
}

fn kept(name: &str) -> anyhow::Result<Kept> {
    let bytes = fs::read(repository_root()?.join(KEPT)).with_context(|| format!("failed to read {KEPT}"))?;
    let kept: Value =
        serde_json::from_slice(&bytes).with_context(|| format!("failed to understand {KEPT}"))?;
    Ok(Kept {
        instructions: kept[name].as_u64().with_context(|| format!("no {name} in {KEPT}"))?,
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
    fn what_is_kept_can_be_read() {
        for name in ["per_block", "hot_path"] {
            let kept = kept(name).unwrap();
            assert!(kept.instructions > 0 && kept.tolerance > 0.0 && kept.tolerance < 1.0);
        }
    }
}
