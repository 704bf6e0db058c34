//! `claque suite`: many runs from one file.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::config::SuiteSettings;

/// Makes the suite and tells of it.
///
/// # Errors
/// claque cannot go on, or something that was named is not there.
pub(crate) fn suite(settings: SuiteSettings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime; free some memory or files")?;
    let result = runtime.block_on(crate::suite::run(settings));
    // Nobody waits for a look-up that a second Ctrl-C left under way.
    runtime.shutdown_background();
    result
}
