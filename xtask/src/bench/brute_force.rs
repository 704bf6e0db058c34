//! What searches for a capacity find, beside many simulated runs at every number round it.

use crate::steps::{cargo, run as run_command};

/// At each number: the share of content listeners is known to a fifth of a percent then.
const RUNS: u64 = 1_000;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BruteForceFlags {
    /// Simulated runs at each number
    #[arg(long, default_value_t = RUNS, value_parser = clap::value_parser!(u64).range(10..))]
    runs: u64,
}

/// Runs the test in release with so many runs a number, and lets it print the ladder of each service.
///
/// # Errors
/// When it cannot be built, or more intervals than chance has it do not hold what brute force shows.
pub(crate) fn run(flags: &BruteForceFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "capacity"])?;
    command.args(["--", "--nocapture", "brute_force::"]);
    command.env("CLAQUE_BRUTE_FORCE_RUNS", flags.runs.to_string());
    run_command(&mut command)
}
