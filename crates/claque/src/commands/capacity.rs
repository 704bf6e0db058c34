//! `claque capacity`: how many can listen at once.

use std::process::ExitCode;

use super::runtime;
use crate::config::CapacitySettings;

/// Searches and tells of it.
///
/// # Errors
/// claque cannot go on, or something that was named is not there.
pub(crate) fn capacity(settings: CapacitySettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(crate::capacity::run(settings))
}
