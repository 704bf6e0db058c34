//! `claque suite`: many runs from one file.

use std::process::ExitCode;

use super::runtime;
use crate::config::SuiteSettings;

/// Makes the suite and tells of it.
///
/// # Errors
/// claque cannot go on, or something that was named is not there.
pub(crate) fn suite(settings: SuiteSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(crate::suite::run(settings))
}
