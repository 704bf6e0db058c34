//! How a capacity is told: words and tables for people, a document for programs, Markdown for pipelines.

mod html;
mod json;
mod markdown;
mod picture;
mod text;
mod words;

use anyhow::Context as _;
use claque_stats::capacity::{Answer, Difference, Evidence, Worth};

use super::{
    text::Paint,
    units::{counted, one_line},
    write,
};
use crate::{
    capacity::book::Book,
    config::{Output, OutputFormat, PageChoice},
    talk,
};

/// The page's name in the folder of a search.
const FILE: &str = "capacity.html";

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
            talk::print(&text::document(book, answer, Paint::new(talk::stdout_has_colours())))?;
        }
        OutputFormat::Json => talk::print(&json::document(book, answer)?)?,
    }
    if output.page == PageChoice::Written {
        let path = book.dir.join(FILE);
        std::fs::write(&path, html::page(book, answer))
            .with_context(|| format!("failed to write {}", path.display()))?;
    }
    Ok(())
}

/// Two capacities in words, ended by a newline.
pub(crate) fn compared(names: (&str, &str), (a, b): (&Answer, &Answer), difference: &Difference) -> String {
    let side = |letter: &str, name: &str, answer: &Answer| {
        let interval = words::interval(answer).unwrap_or_default();
        format!("  {letter}  {}: {} ({interval})", one_line(name), words::headline(answer))
    };
    let verdict = match (difference.differs, difference.ratio > 1.0) {
        (false, _) => "no difference: the intervals have numbers in common".to_owned(),
        (true, true) => "B carries more: the intervals have no number in common".to_owned(),
        (true, false) => "B carries less: the intervals have no number in common".to_owned(),
    };
    let ratio = format!("{:.2}x ({:.2}x to {:.2}x)", difference.ratio, difference.low, difference.high);
    format!("{}\n{}\n\n  B / A  {ratio}\n  {verdict}\n", side("A", names.0, a), side("B", names.1, b))
}

/// The same for programs.
///
/// # Errors
/// It cannot be encoded.
pub(crate) fn compared_json(
    names: (&str, &str),
    answers: (&Answer, &Answer),
    difference: &Difference,
) -> anyhow::Result<String> {
    json::compared(names, answers, difference)
}

/// What one run came to, in a line.
pub(crate) fn one_probe(evidence: &Evidence) -> String {
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

/// "listeners underrun-free >= 99 % met (8 of 8)".
fn trials(evidence: &Evidence) -> String {
    let one = |trial: &claque_stats::objective::Trial| {
        let met = if trial.result.met { "met" } else { "missed" };
        format!("{} {met} ({} of {})", trial.result.objective, trial.good, trial.of)
    };
    let all: Vec<_> = evidence.trials.iter().map(one).collect();
    if all.is_empty() { counted(evidence.users.into(), "listener") } else { all.join(", ") }
}
