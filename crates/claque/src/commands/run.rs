//! `claque run`: an audience in real time.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::RunSettings;

/// Runs and reports.
///
/// # Errors
/// claque cannot go on, or was asked for something that the service does not have.
pub(crate) fn run(settings: RunSettings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime; free some memory or files")?;
    let result = runtime.block_on(crate::run::run(settings));
    // Nobody waits for a look-up that a second Ctrl-C left under way.
    runtime.shutdown_background();
    result
}
