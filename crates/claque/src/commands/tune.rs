//! `claque tune`: the cheapest setting of a model that meets objectives.

use std::process::ExitCode;

use super::runtime;
use crate::config::TuneSettings;

/// Searches and tells of it.
///
/// # Errors
/// Something cannot be simulated, or a file cannot be written.
pub(crate) fn tune(settings: TuneSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(crate::tune::run(settings))
}
