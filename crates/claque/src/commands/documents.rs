//! `claque documents`: extraction in real time.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::DocumentsSettings;

/// Runs and reports.
///
/// # Errors
/// claque cannot go on.
pub(crate) fn documents(settings: DocumentsSettings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime; free some memory or files")?;
    let result = runtime.block_on(crate::documents::run(settings));
    // Nobody waits for what a second Ctrl-C left under way.
    runtime.shutdown_background();
    result
}
