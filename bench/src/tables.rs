//! Tables of open files: the system limits how many files are open in one, and a thread may have its own.

/// Gives this thread a table of its own, with what is open now in it.
///
/// # Errors
/// The system's, or it is none that has this.
#[cfg(target_os = "linux")]
pub(crate) fn take_own() -> anyhow::Result<()> {
    use anyhow::Context as _;
    use nix::sched::{CloneFlags, unshare};
    unshare(CloneFlags::CLONE_FILES).context("failed to give a thread its own table of open files")
}

/// Gives this thread a table of its own, with what is open now in it.
///
/// # Errors
/// Always: no system but Linux has this.
#[cfg(not(target_os = "linux"))]
pub(crate) fn take_own() -> anyhow::Result<()> {
    anyhow::bail!("more than one thread needs Linux")
}
