//! False alarms and power of comparisons, on more simulated runs than the tests have time for.

use crate::steps::{cargo, run as run_command};

/// Worlds there are: the rows of the tables of docs/compare.md.
const WORLDS: i64 = 6;
/// Thirty times as many as the tests: 400 comparisons of 3 runs a side that share no run.
const FULL: u64 = 1_200;
/// Five times as many as the tests.
const QUICK: u64 = 200;
/// Five runs a side, each with a seed of its own.
const SEEDS_OF_A_PAIR: u64 = 10;

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CalibrationFlags {
    /// A sixth of the seeds: a few minutes on one core, for a look
    #[arg(long, conflicts_with = "pairs")]
    quick: bool,
    /// Worlds by their numbers, from 1 in the order of docs/compare.md [default: all]
    #[arg(long, value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=WORLDS))]
    worlds: Vec<u32>,
    /// Measure false alarms alone, on so many pairs of sides of five runs in which no run and no seed is used twice
    #[arg(long, value_parser = clap::value_parser!(u64).range(8..))]
    pairs: Option<u64>,
}

/// Runs the tests of calibration in release with more seeds, and lets them print the tables.
///
/// # Errors
/// When they cannot be built, or a promise is not kept.
pub(crate) fn run(flags: &CalibrationFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "calibration"])?;
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    let usual = if flags.quick { QUICK } else { FULL };
    let seeds = flags.pairs.map_or(usual, |pairs| pairs * SEEDS_OF_A_PAIR);
    command.env("CLAQUE_CALIBRATION_SEEDS", seeds.to_string());
    if !flags.worlds.is_empty() {
        let numbers: Vec<_> = flags.worlds.iter().map(u32::to_string).collect();
        command.env("CLAQUE_CALIBRATION_WORLDS", numbers.join(","));
    }
    if flags.pairs.is_some() {
        command.env("CLAQUE_CALIBRATION_ALARMS_ONLY", "yes");
    }
    run_command(&mut command)
}
