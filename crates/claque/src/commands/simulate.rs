//! `claque simulate`: the audience against a model of the service, in virtual time.

use std::process::ExitCode;

use crate::{config::SimulateSettings, exit, report};

/// Simulates a run and tells of it as of any other.
///
/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub(crate) fn simulate(settings: SimulateSettings) -> anyhow::Result<ExitCode> {
    let SimulateSettings { order, output } = settings;
    let finished = claque_run::simulate(order)?;
    report::tell(&finished, &output)?;
    Ok(exit::of_run(&finished))
}
