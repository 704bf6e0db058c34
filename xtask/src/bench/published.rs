//! What is published of the real service beside what the models of its machines give.

use crate::steps::{cargo, run as run_command};

/// How much is simulated.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct PublishedFlags {
    /// Seeds of each row with chance in it
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(2..))]
    seeds: u64,
}

/// Runs the test in release and lets it print the tables of docs/simulation.md.
///
/// # Errors
/// When it cannot be built, or a model is not what it was.
pub(crate) fn run(flags: &PublishedFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "published"])?;
    command.args(["--", "--nocapture", "--test-threads=1"]);
    command.env("CLAQUE_PUBLISHED_SEEDS", flags.seeds.to_string());
    run_command(&mut command)
}
