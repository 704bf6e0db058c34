//! How a run is told: a table for people, a document for programs, and a view while it goes on.

mod documents;
mod json;
pub(crate) mod live;
mod text;
mod units;

use crate::{config::OutputFormat, documents::record::FinishedDocuments, outcome::Finished, talk};

/// Prints the summary of a run on stdout, in the form asked for.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(run: &Finished, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text => talk::print(&text::summary(run, text::Paint::new(talk::stdout_has_colours()))),
        OutputFormat::Json => talk::print(&json::summary(run)?),
    }
}

/// Prints the summary of a run over documents on stdout, in the form asked for.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print_documents(run: &FinishedDocuments, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text => {
            talk::print(&documents::text(run, text::Paint::new(talk::stdout_has_colours())))
        }
        OutputFormat::Json => talk::print(&documents::json(run)?),
    }
}

#[cfg(test)]
mod tests;
