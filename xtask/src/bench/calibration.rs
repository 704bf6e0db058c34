//! False alarms, power and coverage of comparisons, on more worlds than the tests have time for.

use crate::steps::{cargo, run as run_command};

/// Ten times as many as the tests: the noise of a share near 5 % is 0.2 %.
const PAIRS: &str = "10000";

/// Runs the tests of calibration in release, told at compile time to draw more worlds, and lets them print.
///
/// # Errors
/// When they cannot be built, or a promise is not kept.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-stats", "--test", "stats"])?;
    command.args(["calibration", "--", "--nocapture", "--test-threads", "1"]);
    command.env("CLAQUE_CALIBRATION_PAIRS", PAIRS);
    run_command(&mut command)
}
