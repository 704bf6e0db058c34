//! Where a comparison is told.

use claque_report::compare::{Compared, to_html, to_json, to_junit, to_markdown, to_text};

use super::{paint, write};
use crate::{
    config::{CompareSettings, OutputFormat},
    talk,
};

/// Prints a comparison on stdout, in the form asked for, and writes the files asked for.
///
/// # Errors
/// Standard output or a file cannot be written.
pub(crate) fn print(compared: &Compared, settings: &CompareSettings) -> anyhow::Result<()> {
    if let Some(path) = &settings.markdown {
        write(path, &to_markdown(compared), "--markdown")?;
    }
    if let Some(path) = &settings.junit {
        write(path, &to_junit(compared), "--junit")?;
    }
    if let Some(path) = &settings.html {
        write(path, &to_html(compared), "--html")?;
    }
    match settings.form {
        OutputFormat::Text => talk::print(&to_text(compared, paint())),
        OutputFormat::Json => talk::print(&to_json(compared)?),
        OutputFormat::Markdown => talk::print(&to_markdown(compared)),
    }
}
