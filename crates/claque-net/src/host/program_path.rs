//! Whether a program is there, before the first listener waits for it.

use std::{env, fs, path::Path};

use claque_core::time::Duration;

use super::HostError;

/// # Errors
/// [`HostError::MissingProgram`], and [`HostError::NoTime`] for an engine without any time.
pub(super) fn check(program: &str, timeout: Duration) -> Result<(), HostError> {
    let program = program.to_owned();
    if timeout.is_zero() {
        return Err(HostError::NoTime { program, timeout });
    }
    if is_there(&program) {
        return Ok(());
    }
    Err(HostError::MissingProgram { program })
}

/// A path is looked at as it is, a name in every folder of `PATH`.
fn is_there(program: &str) -> bool {
    let path = Path::new(program);
    if path.components().count() > 1 {
        return is_program(path);
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| is_program(&folder.join(program)))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    /// Anybody may execute it.
    const EXECUTABLE: u32 = 0o111;
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & EXECUTABLE != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|file| file.is_file());
    is_file(path) || is_file(&path.with_extension("exe"))
}
