//! How a run is told: a table for people, a document for programs, and a view while it goes on.

mod again;
pub(crate) mod capacity;
pub(crate) mod compare;
mod documents;
mod figures;
pub(crate) mod html;
mod json;
mod junit;
pub(crate) mod live;
mod markdown;
mod objectives;
pub(crate) mod suite;
mod text;
pub(crate) mod units;
mod vocabulary;

use std::path::Path;

use anyhow::Context as _;
use claque_stats::vocabulary::Vocabulary;

use crate::{
    config::{Output, OutputFormat, PageChoice},
    documents::record::FinishedDocuments,
    outcome::Finished,
    printable::{Colours, printable},
    talk,
};

/// Tells of a run that has just been finished: the files asked for, its summary on stdout, and its page unless that is
/// left out.
///
/// # Errors
/// A file or standard output cannot be written.
pub(crate) fn tell(run: &Finished, output: &Output) -> anyhow::Result<()> {
    if let Some(path) = &output.judging.markdown {
        write(path, &markdown::summary(run), "--markdown")?;
    }
    if let Some(path) = &output.judging.junit {
        write(path, &junit::document("run", &cases(run)), "--junit")?;
    }
    // The figures first: a page that cannot be written must not cost them, nor a terminal that is gone the page.
    let printed = print_all(run, output);
    if let Some(why) = &run.not_kept {
        not_kept(why);
    } else if output.page == PageChoice::Written {
        let saved = html::save_of(&run.folder);
        return printed.and(saved.map(drop));
    }
    printed
}

/// The summary, and under whose names else it is wanted. Of a run that was not kept there are no facts to read.
fn print_all(run: &Finished, output: &Output) -> anyhow::Result<()> {
    let kept = output.vocabulary.filter(|_| run.not_kept.is_none());
    let told = kept.map(|vocabulary| vocabulary::of_run(&run.folder, vocabulary)).transpose()?;
    match output.format {
        OutputFormat::Json => talk::print(&json::summary_with(run, told.as_ref())?),
        OutputFormat::Text => {
            print(run, output.format)?;
            let paint = text::Paint::new(talk::stdout_has_colours());
            told.map_or(Ok(()), |told| talk::print(&format!("\n{}", vocabulary::text(&told, paint))))
        }
    }
}

/// Prints the facts of the run in `folder` under the names of another tool.
///
/// # Errors
/// The run cannot be read, or standard output cannot be written.
pub(crate) fn print_vocabulary(
    folder: &Path,
    vocabulary: Vocabulary,
    format: OutputFormat,
) -> anyhow::Result<()> {
    let told = vocabulary::of_run(folder, vocabulary)?;
    match format {
        OutputFormat::Text => {
            talk::print(&vocabulary::text(&told, text::Paint::new(talk::stdout_has_colours())))
        }
        OutputFormat::Json => talk::print(&vocabulary::json(&told)?),
    }
}

fn not_kept(why: &str) {
    talk::say(&format!("error: this run could not be kept: {why}"));
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

/// One test case for the verdict, one for each objective.
fn cases(run: &Finished) -> Vec<junit::TestCase> {
    let verdict =
        junit::TestCase { name: "the run is VALID".to_owned(), failure: junit::distrust(&run.verdict) };
    std::iter::once(verdict).chain(run.objectives.iter().map(junit::case)).collect()
}

fn write(path: &Path, text: &str, flag: &str) -> anyhow::Result<()> {
    std::fs::write(path, printable(text, Colours::None).as_bytes())
        .with_context(|| format!("failed to write {}; give another file with {flag}", path.display()))
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
    }?;
    if let Some(why) = &run.not_kept {
        not_kept(why);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
