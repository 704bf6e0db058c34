//! `claque report`: the page of a run, made anew.

use std::process::ExitCode;

use crate::{cli::ReportFlags, report::save_page, talk::print};

/// Writes the page and prints where it is.
///
/// # Errors
/// There is no such run, or it cannot be read or written.
pub(crate) fn report(flags: &ReportFlags) -> anyhow::Result<ExitCode> {
    let path = save_page(&flags.run.folder()?)?;
    print(&format!("{}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
