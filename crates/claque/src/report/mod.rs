//! What is told goes where it was asked for: to stdout, to files, to a run's folder. How it is told, claque-report says.

pub(crate) mod capacity;
pub(crate) mod compare;
pub(crate) mod suite;
pub(crate) mod tune;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use claque_report::{
    Paint, documents, html,
    printable::{Colours, printable},
    replicates, run, vocabulary,
};
use claque_stats::vocabulary::Vocabulary;
use claque_store::finished::{Finished, FinishedDocuments};

use crate::{
    config::{Output, OutputFormat, PageChoice},
    talk,
};

/// Tells of a run that has just been finished: the files asked for, its summary on stdout, and its page unless that is
/// left out.
///
/// # Errors
/// A file or standard output cannot be written.
pub(crate) fn tell(run: &Finished, output: &Output) -> anyhow::Result<()> {
    write_files(run, output.markdown.as_deref(), output.junit.as_deref())?;
    // The figures first: a page that cannot be written must not cost them, nor a terminal that is gone the page.
    let printed = print_all(run, output);
    if let Some(why) = &run.not_kept {
        not_kept(why);
    } else if output.page == PageChoice::Written {
        let saved = save_page(&run.folder);
        return printed.and(saved.map(drop));
    }
    printed
}

/// Writes the files asked for.
///
/// # Errors
/// One cannot be written.
pub(crate) fn write_files(
    run: &Finished,
    markdown: Option<&Path>,
    junit: Option<&Path>,
) -> anyhow::Result<()> {
    if let Some(path) = markdown {
        write(path, &run::to_markdown(run), "--markdown")?;
    }
    junit.map_or(Ok(()), |path| write(path, &run::to_junit(run), "--junit"))
}

/// The summary, and under whose names else it is wanted. Of a run that was not kept there are no facts to read.
fn print_all(run: &Finished, output: &Output) -> anyhow::Result<()> {
    let kept = output.vocabulary.filter(|_| run.not_kept.is_none());
    let told = kept.map(|vocabulary| vocabulary::of_run(&run.folder, vocabulary)).transpose()?;
    match output.format {
        OutputFormat::Json => talk::print(&run::to_json(run, told.as_ref())?),
        OutputFormat::Text | OutputFormat::Markdown => {
            print(run, output.format)?;
            told.map_or(Ok(()), |told| talk::print(&format!("\n{}", vocabulary::to_text(&told, paint()))))
        }
    }
}

/// Tells of simulations of one thing with many seeds.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn tell_replicates(told: &[replicates::SeedResult<'_>], output: &Output) -> anyhow::Result<()> {
    match output.format {
        OutputFormat::Text | OutputFormat::Markdown => talk::print(&replicates::to_text(told, paint())),
        OutputFormat::Json => talk::print(&replicates::to_json(told)?),
    }
}

/// Writes the page of the run in `folder`, and says where it is.
///
/// # Errors
/// There is no run, it cannot be read, or the file cannot be written.
pub(crate) fn save_page(folder: &Path) -> anyhow::Result<PathBuf> {
    let text = html::page_of(folder)?;
    let path = folder.join(html::FILE);
    std::fs::write(&path, text).with_context(|| not_written(&path))?;
    Ok(path)
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
        OutputFormat::Text | OutputFormat::Markdown => talk::print(&vocabulary::to_text(&told, paint())),
        OutputFormat::Json => talk::print(&vocabulary::to_json(&told)?),
    }
}

/// Prints the summary of a run on stdout, in the form asked for.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print(run: &Finished, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text => talk::print(&run::to_text(run, paint())),
        OutputFormat::Json => talk::print(&run::to_json(run, None)?),
        OutputFormat::Markdown => talk::print(&run::to_markdown(run)),
    }
}

/// Prints the summary of a run over documents on stdout, in the form asked for.
///
/// # Errors
/// Standard output cannot be written.
pub(crate) fn print_documents(run: &FinishedDocuments, format: OutputFormat) -> anyhow::Result<()> {
    match format {
        OutputFormat::Text | OutputFormat::Markdown => talk::print(&documents::to_text(run, paint())),
        OutputFormat::Json => talk::print(&documents::to_json(run)?),
    }?;
    if let Some(why) = &run.not_kept {
        not_kept(why);
    }
    Ok(())
}

/// What is said of a page that cannot be written.
fn not_written(path: &Path) -> String {
    format!(
        "failed to write {}; free some space there if the disk is full, or look at the rights of the folder",
        path.display()
    )
}

fn not_kept(why: &str) {
    talk::say(&format!("error: this run could not be kept: {why}"));
}

fn write(path: &Path, text: &str, flag: &str) -> anyhow::Result<()> {
    std::fs::write(path, printable(text, Colours::None).as_bytes())
        .with_context(|| format!("failed to write {}; give another file with {flag}", path.display()))
}

/// Colours where stdout takes them.
fn paint() -> Paint {
    Paint::new(talk::stdout_has_colours())
}
