//! Waiting times of single blocks in virtual time against the formulas of queueing theory.

use crate::steps::{cargo, run as run_command};

/// Blocks of a case at a utilisation of 0.95: enough for a standard error of 1 % of the mean wait of M/M/1. Other utilisations take fewer for the
/// same error.
const BLOCKS: u32 = 17_000_000;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct QueueingFlags {
    /// Blocks of a case at a utilisation of 0.95; with fewer, chance alone may be further off than is allowed
    #[arg(long, default_value_t = BLOCKS, value_parser = clap::value_parser!(u32).range(1_000..))]
    blocks: u32,
}

/// Runs the test in release with that many blocks and lets it print its table.
///
/// # Errors
/// When it cannot be built, or a mean wait is more than 2 % from its formula.
pub(crate) fn run(flags: &QueueingFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "sim"])?;
    command.args(["--", "--nocapture", "queueing::waits_are_within_two_percent"]);
    command.env("CLAQUE_QUEUEING_BLOCKS", flags.blocks.to_string());
    run_command(&mut command)
}
