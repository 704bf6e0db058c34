//! How well capacities keep their promise, on more simulated searches than the tests have time for.

use crate::steps::{cargo, run as run_command};

/// Searches of each service: of so many the interval of 95 % may miss a handful.
const FULL: u64 = 50;
/// For a look.
const QUICK: u64 = 10;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CapacityFlags {
    /// A fifth of the seeds, and services for less than 50 listeners alone, for a look
    #[arg(long)]
    quick: bool,
}

/// Runs the tests of capacities in release with more seeds, and lets them print what they found.
///
/// # Errors
/// When they cannot be built, or a promise is not kept.
pub(crate) fn run(flags: &CapacityFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "capacity"])?;
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    let seeds = if flags.quick { QUICK } else { FULL };
    command.env("CLAQUE_CAPACITY_SEEDS", seeds.to_string());
    if !flags.quick {
        command.env("CLAQUE_CAPACITY_LARGE", "yes");
    }
    run_command(&mut command)
}
