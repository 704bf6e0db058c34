//! How far a run over sockets is from the simulator where the times are known.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use crate::{
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// Three listeners on one worker, a second a block, two seconds of audio each: everybody stalls once for seven seconds.
const BLOCKS: &[&str] = &[
    "--users",
    "3",
    "--blocks",
    "16",
    "--engine",
    "deterministic",
    "--service-seconds",
    "1",
    "--audio-seconds",
    "2",
    "--player",
    "yapit-2026-02",
    "--stagger",
    "0.001",
];

/// A stream that is too slow, heard piece by piece: the plan of the test of the same agreement, an argument a line.
const STREAMS: &str = include_str!("../../../crates/claque/tests/end_to_end/agreement/slow_stream.txt");

/// Objective: at most this difference in any startup or stall, in milliseconds.
const MOST_MS: f64 = 20.0;

/// Runs both drivers in release and compares startups and stalls.
///
/// # Errors
/// When something cannot be built, run or read, or the two tell of different stalls.
pub(crate) fn run() -> anyhow::Result<()> {
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque"])?)?;
    let program = target.join("release").join("claque");
    // What is run both ways.
    let streams = ["--protocol", "openai"].into_iter().chain(STREAMS.lines()).collect();
    let cases = [BLOCKS.to_vec(), streams];
    let mut largest: f64 = 0.0;
    for arguments in &cases {
        largest = largest.max(difference(&program, arguments, &target)?);
    }
    let text = serde_json::to_string_pretty(&json!({ "arguments": cases, "largest_difference_ms": largest }))
        .context("failed to write figures as JSON")?;
    print(&text)?;
    let word = if largest <= MOST_MS { "met" } else { "missed" };
    say(&format!("largest difference {largest:.3} ms (at most {MOST_MS} ms: {word})"));
    Ok(())
}

/// The largest difference of the two drivers in any startup or stall, in milliseconds.
fn difference(program: &Path, arguments: &[&str], target: &Path) -> anyhow::Result<f64> {
    let real = times(program, ("run", arguments), target)?;
    let simulated = times(program, ("simulate", arguments), target)?;
    if real.len() != simulated.len() {
        bail!("{} startups and stalls over sockets, {} simulated", real.len(), simulated.len());
    }
    let mut largest: f64 = 0.0;
    for (real, simulated) in real.iter().zip(&simulated) {
        if real.what != simulated.what {
            bail!("{} over sockets, {} simulated", real.what, simulated.what);
        }
        say(&format!("    {}: {:.3} ms, simulated {:.3} ms", real.what, real.ms, simulated.ms));
        largest = largest.max((real.ms - simulated.ms).abs());
    }
    Ok(largest)
}

/// A startup or a stall.
struct Time {
    what: String,
    ms: f64,
}

/// Startups and stalls of a run, in order of listeners.
fn times(program: &Path, (verb, arguments): (&str, &[&str]), target: &Path) -> anyhow::Result<Vec<Time>> {
    let results = target.join("bench").join(format!("agreement-{verb}"));
    if results.exists() {
        fs::remove_dir_all(&results).with_context(|| format!("failed to empty {}", results.display()))?;
    }
    let mut command = Command::new(program);
    command.arg(verb).args(arguments).args(["--json", "--output-dir"]).arg(&results);
    let output = command.output().context("failed to start claque")?;
    let summary: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("failed to read the summary of `claque {verb}`, {}", output.status))?;
    let folder = summary["run_folder"].as_str().context("the summary names no run_folder")?;
    let path = Path::new(folder).join("run.json");
    let bytes = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let run: Value =
        serde_json::from_slice(&bytes).with_context(|| format!("failed to understand {}", path.display()))?;
    let sessions = run["sessions"].as_array().context("run.json has no sessions")?;
    Ok(sessions.iter().flat_map(times_of).collect())
}

fn times_of(session: &Value) -> Vec<Time> {
    let user = &session["user_id"];
    let startup = session["startup_ms"].as_f64().map(|ms| Time { what: format!("startup of {user}"), ms });
    let stalls = session["underruns"].as_array().into_iter().flatten().filter_map(|stall| {
        let ms = stall["waited_ms"].as_f64()?;
        Some(Time { what: format!("stall of {user} at block {}", stall["at_block"]), ms })
    });
    startup.into_iter().chain(stalls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_tells_its_startup_and_its_stalls() {
        let session =
            json!({"user_id": 1, "startup_ms": 2.5, "underruns": [{"at_block": 8, "waited_ms": 7.0}]});
        let told: Vec<_> =
            times_of(&session).into_iter().map(|time| format!("{} {}", time.what, time.ms)).collect();
        assert_eq!(told, ["startup of 1 2.5", "stall of 1 at block 8 7"]);
        assert_eq!(times_of(&json!({"user_id": 1, "startup_ms": null, "underruns": []})).len(), 0);
    }
}
