//! `claque documents`: extraction in real time.

use std::process::ExitCode;

use super::runtime;
use crate::config::DocumentsSettings;

/// Runs and reports.
///
/// # Errors
/// claque cannot go on.
pub(crate) fn documents(settings: DocumentsSettings) -> anyhow::Result<ExitCode> {
    runtime::block_on(crate::documents::run(settings))
}
