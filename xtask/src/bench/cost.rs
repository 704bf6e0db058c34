//! What a thousand listeners cost: CPU share of the machine, and how late the generator was.

use std::{
    fs,
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::{Value, json};

use super::{
    reference,
    usage::{self, CpuTime},
};
use crate::{
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// What is run: listeners and gateway in one process, replies of known length, no shortage of workers.
const ARGUMENTS: [&str; 14] = [
    "run",
    "--users",
    "1000",
    "--blocks",
    "10",
    "--engine",
    "deterministic",
    "--stagger",
    "5",
    "--audio-seconds",
    "5",
    "--workers",
    "unlimited",
    "--json",
];

/// Objective: at most this share of all cores.
const MOST_CPU_SHARE: f64 = 0.60;

/// Objective: at most this lateness at the 99th percentile, in milliseconds.
const MOST_LAG_MS: f64 = 5.0;

/// Builds the program in release, runs it once and tells what it cost.
///
/// # Errors
/// When it cannot be built or run, does not end well, or prints no JSON.
pub(crate) fn run() -> anyhow::Result<()> {
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque"])?)?;
    let before = reference::time();
    let mut command = Command::new(target.join("release").join("claque"));
    let measured = measure(command.args(ARGUMENTS))?;
    let after = reference::time();
    // A program that did not even print its summary did not do the work: its cost is no figure.
    let summary: Value = serde_json::from_slice(&measured.stdout).with_context(|| {
        format!("failed to read the summary of `claque {}`, {}", ARGUMENTS.join(" "), measured.status)
    })?;
    let figures = Figures {
        reference: (before + after) / 2,
        cores: reference::cores(),
        wall: measured.wall,
        cpu: measured.cpu,
        lag_ms: schedule_lag_p99(&summary),
    };
    let text = serde_json::to_string_pretty(&figures.to_json()).context("failed to write figures as JSON")?;
    print(&text)?;
    let folder = target.join("bench");
    fs::create_dir_all(&folder).with_context(|| format!("failed to create {}", folder.display()))?;
    let path = folder.join("cost.json");
    fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
    // The figures stand for looking at when the run did not end well, but they meet no objective.
    if !measured.status.success() {
        bail!("`claque {}` ended with {}", ARGUMENTS.join(" "), measured.status);
    }
    say(&figures.verdict());
    Ok(())
}

/// One child from start to end.
struct Measured {
    stdout: Vec<u8>,
    status: ExitStatus,
    wall: Duration,
    cpu: CpuTime,
}

fn measure(command: &mut Command) -> anyhow::Result<Measured> {
    let cpu_before = usage::of_children()?;
    let began = Instant::now();
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("failed to start claque")?;
    let wall = began.elapsed();
    let cpu = usage::of_children()?.since(cpu_before);
    Ok(Measured { stdout: output.stdout, status: output.status, wall, cpu })
}

/// What came out.
struct Figures {
    /// The reference workload, mean of before and after.
    reference: Duration,
    cores: u32,
    wall: Duration,
    cpu: CpuTime,
    lag_ms: Option<f64>,
}

impl Figures {
    /// CPU time as a share of what all cores had to give.
    fn cpu_share(&self) -> f64 {
        self.cpu.total().as_secs_f64() / (self.wall.as_secs_f64() * f64::from(self.cores))
    }

    fn to_json(&self) -> Value {
        json!({
            "arguments": ARGUMENTS,
            "cores": self.cores,
            "wall_s": self.wall.as_secs_f64(),
            "user_s": self.cpu.user.as_secs_f64(),
            "system_s": self.cpu.system.as_secs_f64(),
            "cpu_share": self.cpu_share(),
            "schedule_lag_p99_ms": self.lag_ms,
            "reference_s": self.reference.as_secs_f64(),
            "cpu_per_reference": self.cpu.total().as_secs_f64() / self.reference.as_secs_f64(),
        })
    }

    fn verdict(&self) -> String {
        let word = |met: bool| if met { "met" } else { "missed" };
        let lag = self.lag_ms.map_or_else(
            || "schedule_lag p99 N/A".to_owned(),
            |lag| {
                format!(
                    "schedule_lag p99 {lag:.3} ms (at most {MOST_LAG_MS} ms: {})",
                    word(lag <= MOST_LAG_MS)
                )
            },
        );
        let share = self.cpu_share();
        format!(
            "CPU {:.1} % of {} cores (at most {:.0} %: {}), {lag}",
            share * 100.0,
            self.cores,
            MOST_CPU_SHARE * 100.0,
            word(share <= MOST_CPU_SHARE)
        )
    }
}

/// The 99th percentile of the schedule lag in milliseconds, wherever the summary keeps it.
fn schedule_lag_p99(summary: &Value) -> Option<f64> {
    find(summary, "", &|path| path.contains("schedule_lag") && path.contains("p99"))
}

/// The first number whose path of keys is `wanted`.
fn find(value: &Value, path: &str, wanted: &dyn Fn(&str) -> bool) -> Option<f64> {
    match value {
        Value::Object(fields) => {
            fields.iter().find_map(|(key, inner)| find(inner, &format!("{path}/{key}"), wanted))
        }
        Value::Number(number) if wanted(path) => number.as_f64(),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_found_flat_or_nested() {
        assert_eq!(schedule_lag_p99(&json!({"a": 1, "schedule_lag_p99_ms": 1.5})), Some(1.5));
        assert_eq!(schedule_lag_p99(&json!({"schedule_lag_ms": {"p50": 1, "p99": 2}})), Some(2.0));
        assert_eq!(schedule_lag_p99(&json!({"summary": {"schedule_lag": {"p99_ms": 3}}})), Some(3.0));
        assert_eq!(schedule_lag_p99(&json!({"round_trip": {"p99": 9}})), None);
    }

    #[test]
    fn the_share_counts_every_core() {
        let figures = Figures {
            reference: Duration::from_secs(1),
            cores: 2,
            wall: Duration::from_secs(10),
            cpu: CpuTime { user: Duration::from_secs(10), system: Duration::from_secs(4) },
            lag_ms: None,
        };
        assert_eq!(figures.verdict(), "CPU 70.0 % of 2 cores (at most 60 %: missed), schedule_lag p99 N/A");
    }
}
