//! The scripted faults: a server that misbehaves, in Python, which lies beside the workspace or where a variable says.
//!
//! The kinds that were found with them have tests of their own in `crates/claque/tests/end_to_end/faults.rs`; this runs all of them.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, bail};

use crate::{
    steps::{cargo, run as run_command, succeeds},
    talk::say,
    workspace::repository_root,
};

/// Names the folder of the scripts.
const VARIABLE: &str = "CLAQUE_FAULTS";

/// Where the scripts are without it, from the workspace.
const BESIDE: &str = "../shared/truth/faults";

/// Faults that a run cannot meet as the script expects, and why.
const DECIDED: [(&str, &str); 2] = [
    (
        "inf-chunk-audio",
        "audio without an end is given up after --block-timeout, 600 s; the script waits for 75",
    ),
    ("processing-forever", "so is a block that is made for ever"),
];

/// Whether the test command is to run them, too: whoever names their folder wants them.
pub(crate) fn is_wanted() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// The folder of the scripts, if there is one and something to run them with.
fn folder() -> anyhow::Result<Option<PathBuf>> {
    let folder = match env::var_os(VARIABLE) {
        Some(folder) => PathBuf::from(folder),
        None => repository_root()?.join(BESIDE),
    };
    let is_there = folder.join("run.py").is_file() && succeeds(Command::new("python3").arg("--version"));
    Ok(is_there.then_some(folder))
}

/// Runs the faults of these names or groups, all without any.
///
/// # Errors
/// A script cannot be run, or a fault does not end as it should.
pub(crate) fn run(names: &[String]) -> anyhow::Result<()> {
    let Some(scripts) = folder()? else {
        bail!("failed to find the scripts and python3; name the folder of run.py with {VARIABLE}");
    };
    let scripts = fs::canonicalize(scripts).context("failed to look at the folder of the scripts")?;
    run_command(&mut cargo(&["build", "--workspace"])?)?;
    let target = repository_root()?.join("target");
    let runs = target.join("faults");
    fs::create_dir_all(&runs).with_context(|| format!("failed to create {}", runs.display()))?;
    let script = |name: &str| {
        let mut command = Command::new("python3");
        command.arg(scripts.join(name)).current_dir(&runs);
        command
            .env("CLAQUE", target.join("debug/claque"))
            .env("RUNS", &runs)
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    };
    let mut failed = told(script("run.py").args(["-j", "2"]).args(names))?;
    if names.is_empty() {
        failed.extend(told(&mut script("docfaults.py"))?);
        let said = output(&mut script("evil.py"))?;
        if said.contains("EVIL HOST GOT") {
            failed.push(said);
        }
    }
    match failed.len() {
        0 => Ok(()),
        count => bail!("{count} faults did not end as they should:\n{}", failed.join("\n")),
    }
}

/// What a script says of a run that a busy machine has made INVALID, whatever the fault.
const BUSY: &str = "(generator-late: machine busy)";

/// Passes on what a script says, and gives the lines that tell of a failure which is not decided otherwise.
fn told(command: &mut Command) -> anyhow::Result<Vec<String>> {
    let said = output(command)?;
    say(said.trim_end());
    if !said.lines().any(|line| line.starts_with("ok ")) {
        bail!("no fault was run; check their names");
    }
    let mut failed = Vec::new();
    for line in said.lines().filter(|line| line.starts_with("FAIL") || line.starts_with("HARNESS")) {
        let name = line.split_whitespace().nth(1).unwrap_or_default();
        match DECIDED.iter().find(|(decided, _)| *decided == name) {
            Some((name, why)) => say(&format!("    {name}: {why}")),
            None if line.contains(BUSY) => say(&format!("    {name}: the machine was busy; run it again")),
            None => failed.push(line.to_owned()),
        }
    }
    Ok(failed)
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let program = command.get_args().next().map(Path::new).unwrap_or(Path::new("")).display().to_string();
    let output = command.output().with_context(|| format!("failed to run {program}"))?;
    if !output.status.success() {
        bail!("{program} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
