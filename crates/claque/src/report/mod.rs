//! How a run is told: a table for people, a document for programs, and a view while it goes on.

pub(crate) mod html;
mod json;
pub(crate) mod live;
mod text;
pub(crate) mod units;

use crate::{
    config::{Output, OutputFormat, PageChoice},
    outcome::Finished,
    talk,
};

/// Tells of a run that has just been finished: its page, unless that is left out, and its summary on stdout.
///
/// # Errors
/// The page or standard output cannot be written.
pub(crate) fn tell(run: &Finished, output: &Output) -> anyhow::Result<()> {
    // The figures first: a page that cannot be written must not cost them.
    print(run, output.format)?;
    if output.page == PageChoice::Written {
        html::save_of(&run.folder)?;
    }
    Ok(())
}

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

#[cfg(test)]
mod tests;
