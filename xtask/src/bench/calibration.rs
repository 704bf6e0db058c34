//! False alarms and power of comparisons, on more simulated runs than the tests have time for.

use crate::steps::{cargo, run as run_command};

/// Thirty times as many as the tests: 400 comparisons of 3 runs a side that share no run.
const SEEDS: &str = "1200";

/// Runs the tests of calibration in release, told at compile time to simulate more runs, and lets them print the table.
///
/// # Errors
/// When they cannot be built, or a promise is not kept.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "calibration"])?;
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    command.env("CLAQUE_CALIBRATION_SEEDS", SEEDS);
    run_command(&mut command)
}
