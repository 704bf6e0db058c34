//! How a capacity is told: words and tables for people, a document for programs, Markdown for pipelines.

mod json;
mod markdown;
mod text;
mod words;

use claque_stats::capacity::{Evidence, Worth};

use super::{
    text::Paint,
    units::{counted, one_line},
    write,
};
use crate::{
    capacity::book::Book,
    config::{Output, OutputFormat},
    talk,
};

/// Prints a search on stdout, in the form asked for, and writes the files asked for.
///
/// # Errors
/// Standard output or a file cannot be written.
pub(crate) fn tell(book: &Book, output: &Output) -> anyhow::Result<()> {
    let Some(answer) = &book.manifest.answer else { return Ok(()) };
    if let Some(path) = &output.judging.markdown {
        write(path, &markdown::document(book, answer), "--markdown")?;
    }
    match output.format {
        OutputFormat::Text => {
            talk::print(&text::document(book, answer, Paint::new(talk::stdout_has_colours())))
        }
        OutputFormat::Json => talk::print(&json::document(book, answer)?),
    }
}

/// What one run came to, in a line.
pub(crate) fn one_probe(evidence: &Evidence, _confidence_pct: f64) -> String {
    match &evidence.worth {
        Worth::Invalid(why) => format!("  INVALID, and in no figure: {}", one_line(why)),
        Worth::Limited(why) => format!("  a limit of the service bit: {}", one_line(why)),
        Worth::Valid => {
            let pace = evidence.pace.map_or_else(String::new, |pace| {
                format!(", delivered {:.2}x as fast as listened to", pace.ratio)
            });
            format!("  {}{pace}", trials(evidence))
        }
    }
}

/// "underrun-free 8 of 8, startup_time p95 met".
fn trials(evidence: &Evidence) -> String {
    let one = |trial: &claque_stats::objective::Trial| {
        let met = if trial.result.met { "met" } else { "missed" };
        format!("{} {met} ({} of {})", trial.result.objective, trial.good, trial.of)
    };
    let all: Vec<_> = evidence.trials.iter().map(one).collect();
    if all.is_empty() { counted(evidence.users.into(), "listener") } else { all.join(", ") }
}
