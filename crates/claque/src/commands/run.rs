//! `claque run`: an audience in real time.

use std::process::ExitCode;

use super::runtime;
use crate::config::RunSettings;

/// Runs and reports.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub(crate) fn run(settings: RunSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(crate::run::run(settings))
}
