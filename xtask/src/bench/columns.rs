//! Time and memory of finishing and of summarising a run of ten million blocks.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use serde_json::json;

use super::reference;
use crate::{
    steps::{cargo, run as run_command},
    talk::{print, say},
    workspace::Workspace,
};

/// Listeners, and blocks of each: ten million together.
const LISTENERS: u32 = 100_000;
const BLOCKS: u32 = 100;

/// Objectives of a summary.
const MOST_TIME: Duration = Duration::from_secs(3);
const MOST_KIB: u64 = 300 * 1024;

/// Time between two looks at a child's memory.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Writes the run, once, and summarises it three times; the best time counts, for the machine may have other work.
///
/// # Errors
/// When something cannot be built, run or read.
pub(crate) fn run() -> anyhow::Result<()> {
    let target = Workspace::load()?.target;
    run_command(&mut cargo(&["build", "--release", "--package", "claque"])?)?;
    let example = ["build", "--release", "--package", "claque-store", "--example", "long_run"];
    run_command(&mut cargo(&example)?)?;
    let release = target.join("release");
    let folder = target.join("bench").join("columns");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("failed to empty {}", folder.display()))?;
    }
    let reference = reference::time();
    let mut write = Command::new(release.join("examples").join("long_run"));
    let written = measure(write.arg(&folder).args([LISTENERS.to_string(), BLOCKS.to_string()]))?;
    say(&format!("    written in {:.1} s", written.wall.as_secs_f64()));
    let summarise = |more: &[&str]| {
        let mut command = Command::new(release.join("claque"));
        measure(command.arg("resummarise").arg(&folder).args(["--json"]).args(more))
    };
    let mut summarised = Vec::new();
    for _ in 0..3 {
        summarised.push(summarise(&["--no-report"])?);
    }
    let with_report = summarise(&[])?;
    let best = summarised.iter().map(|measured| measured.wall).min().unwrap_or_default();
    let peak = summarised.iter().map(|measured| measured.peak_kib).max().unwrap_or(0);
    let text = serde_json::to_string_pretty(&json!({
        "blocks": u64::from(LISTENERS) * u64::from(BLOCKS),
        "cores": reference::cores(),
        "reference_s": reference.as_secs_f64(),
        "write_s": written.wall.as_secs_f64(),
        "write_peak_mib": written.peak_kib / 1024,
        "columns_mib": size(&folder.join("blocks.parquet"))? / 1024 / 1024,
        "summarise_s": summarised.iter().map(|measured| measured.wall.as_secs_f64()).collect::<Vec<_>>(),
        "summarise_peak_mib": peak / 1024,
        "with_report_s": with_report.wall.as_secs_f64(),
        "with_report_peak_mib": with_report.peak_kib / 1024,
        "report_kib": size(&folder.join("report.html"))? / 1024,
    }))
    .context("failed to write figures as JSON")?;
    print(&text)?;
    fs::remove_dir_all(&folder).with_context(|| format!("failed to empty {}", folder.display()))?;
    let word = |met: bool| if met { "met" } else { "missed" };
    say(&format!(
        "summary in {:.2} s (at most {} s: {}), {} MiB (at most {} MiB: {})",
        best.as_secs_f64(),
        MOST_TIME.as_secs(),
        word(best <= MOST_TIME),
        peak / 1024,
        MOST_KIB / 1024,
        word(peak <= MOST_KIB)
    ));
    Ok(())
}

/// One child from start to end.
struct Measured {
    wall: Duration,
    /// The most memory it held, as far as could be seen.
    peak_kib: u64,
}

fn measure(command: &mut Command) -> anyhow::Result<Measured> {
    let began = Instant::now();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().context("failed to start a child")?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    loop {
        // Linux keeps the peak itself; only what is held in the last moments can be missed.
        let text = fs::read_to_string(&status).unwrap_or_default();
        peak_kib = peak_kib.max(high_water(&text).unwrap_or(0));
        if let Some(exit) = child.try_wait().context("failed to wait for a child")? {
            if !exit.success() {
                bail!("a child ended with {exit}");
            }
            return Ok(Measured { wall: began.elapsed(), peak_kib });
        }
        thread::sleep(LOOK_EVERY);
    }
}

/// VmHWM of proc(5), in KiB.
fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn size(path: &Path) -> anyhow::Result<u64> {
    Ok(fs::metadata(path).with_context(|| format!("failed to look at {}", path.display()))?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read() {
        assert_eq!(high_water("Name:\tx\nVmPeak:\t 9 kB\nVmHWM:\t  4321 kB\n"), Some(4_321));
        assert_eq!(high_water(""), None);
    }
}
