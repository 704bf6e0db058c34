//! The runtime of verbs that wait for something.

use anyhow::Context as _;

/// Sees `work` through to its end, on this thread.
///
/// # Errors
/// There is no runtime to be had, or `work` fails.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime; free some memory or files")?;
    let result = runtime.block_on(work);
    // Nobody waits for a look-up that a second Ctrl-C left under way.
    runtime.shutdown_background();
    result
}
