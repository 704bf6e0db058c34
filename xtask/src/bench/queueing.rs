//! Waiting times of single blocks in virtual time against the formulas of queueing theory.

use crate::steps::{cargo, run as run_command};

/// Of the mean wait, in percent, without control variates; with them it is some two thirds of it, so that 2 % are seldom passed by chance.
const ERROR_PCT: f64 = 1.0;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct QueueingFlags {
    /// Standard error of each mean wait, in percent, for which a case is sized by theory; with more, chance alone may be further off than
    /// is allowed
    #[arg(long, default_value_t = ERROR_PCT)]
    error: f64,
    /// Queues by their numbers, from 1 in the order of the table, so that several cores can share them [default: all nine]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=9))]
    queues: Vec<u32>,
}

/// Runs the test in release with as many blocks as that takes and lets it print its table.
///
/// # Errors
/// When it cannot be built, or a mean wait is more than 2 % from its formula.
pub(crate) fn run(flags: &QueueingFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "sim"])?;
    command.args(["--", "--nocapture", "queueing::waits_are_within_two_percent"]);
    command.env("CLAQUE_QUEUEING_ERROR_PCT", flags.error.to_string());
    if !flags.queues.is_empty() {
        let numbers: Vec<String> = flags.queues.iter().map(ToString::to_string).collect();
        command.env("CLAQUE_QUEUEING_QUEUES", numbers.join(","));
    }
    run_command(&mut command)
}
