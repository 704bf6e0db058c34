//! The two ways to say something: talk on stderr, data on stdout.

use std::io::{self, Write as _};

use anyhow::Context as _;

/// Writes one line of talk to stderr. A closed stderr is no reason to stop working, so errors are dropped.
pub(crate) fn say(line: &str) {
    let _closed = writeln!(io::stderr().lock(), "{line}");
}

/// Writes one line of data to stdout.
///
/// # Errors
/// When stdout cannot be written.
pub(crate) fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout().lock(), "{line}").context("failed to write to stdout")
}
