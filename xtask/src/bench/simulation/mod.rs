//! How fast virtual time passes: whole crowds, the queue of events alone, and two simulators of others on the same queue.

use std::{fs, process::Command};

use anyhow::Context as _;

use crate::{
    steps::{cargo, run as run_command},
    talk::say,
    workspace::repository_root,
};

/// Crowds of thirty blocks each.
const USERS: &str = "3000,20000,100000";
/// The same with a million listeners.
const MILLION: &str = "3000,20000,100000,1000000";
/// Customers of the queue that the others simulate.
const CUSTOMERS: u32 = 200_000;
/// The others, by their names in the Python Package Index.
const PEERS: [&str; 2] = ["simpy", "ciw"];

/// How much is measured.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SimulationFlags {
    /// Simulate a million listeners, too
    #[arg(long)]
    million: bool,
    /// Leave out the simulators of others, which are installed from the Python Package Index
    #[arg(long)]
    no_peers: bool,
    /// Fit a model to runs of 200 seeds instead, and count how often its intervals hold the truth
    #[arg(long)]
    recovery: bool,
}

/// Runs the tests of speed in release, with large crowds, and lets them print their tables.
///
/// # Errors
/// When something cannot be built, installed or run, or a promise is not kept.
pub(crate) fn run(flags: &SimulationFlags) -> anyhow::Result<()> {
    let mut command = cargo(&["test", "--release", "--package", "claque-sim", "--test", "speed"])?;
    command.args(["--", "--nocapture", "--test-threads", "1"]);
    if flags.recovery {
        command.arg("recovery").env("CLAQUE_RECOVERY_SEEDS", "200");
        return run_command(&mut command);
    }
    command.env("CLAQUE_SIMULATION_USERS", if flags.million { MILLION } else { USERS });
    command.env("CLAQUE_SIMULATION_CUSTOMERS", CUSTOMERS.to_string());
    run_command(&mut command)?;
    if flags.no_peers { Ok(()) } else { peers() }
}

/// Installs the others in an environment of their own below target/, and lets them simulate.
fn peers() -> anyhow::Result<()> {
    let dir = &repository_root()?.join("target/bench/simulation");
    let python = dir.join("venv/bin/python");
    if !python.exists() {
        fs::create_dir_all(dir).with_context(|| format!("failed to make {}", dir.display()))?;
        run_command(Command::new("python3").args(["-m", "venv"]).arg(dir.join("venv")))?;
        run_command(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args(PEERS))?;
    }
    let script = dir.join("peers.py");
    fs::write(&script, include_str!("peers.py"))
        .with_context(|| format!("failed to write {}", script.display()))?;
    say("M/M/4 at a load of 0.8, by others:");
    run_command(Command::new(&python).arg(&script).arg(CUSTOMERS.to_string()))
}
