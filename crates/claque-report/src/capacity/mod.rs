//! How a capacity is told: words and tables for people, a document for programs, Markdown for pipelines.

mod caution;
mod compared;
mod html;
mod json;
mod markdown;
mod picture;
mod text;
mod words;

use claque_stats::{
    capacity::{Answer, Difference, Evidence, ProbeTrust},
    units::counted,
};
use claque_store::CapacityFolder;

use crate::{
    ReportError,
    fold::{folded, folded_text},
    paint::Paint,
    words::one_line,
};

/// The page's name in the folder of a search.
pub const FILE: &str = "capacity.html";

/// The answer in one line.
pub fn headline(answer: &Answer) -> String {
    words::headline(answer)
}

/// The answer as text, ended by a newline.
pub fn to_text(capacity: &CapacityFolder, answer: &Answer, paint: Paint) -> String {
    text::document(capacity, answer, paint)
}

/// The answer as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(capacity: &CapacityFolder, answer: &Answer) -> Result<String, ReportError> {
    json::document(capacity, answer)
}

/// The answer as GitHub-flavoured Markdown, ended by a newline.
pub fn to_markdown(capacity: &CapacityFolder, answer: &Answer) -> String {
    markdown::document(capacity, answer)
}

/// The page, in one file that asks nobody for anything and runs no script.
pub fn to_html(capacity: &CapacityFolder, answer: &Answer) -> String {
    html::page(capacity, answer)
}

/// Two capacities in words, ended by a newline.
pub fn compared_to_text(names: (&str, &str), answers: (&Answer, &Answer), difference: &Difference) -> String {
    folded_text(&compared::text(names, answers, difference))
}

/// Why nothing can be said of a difference: what is not known of the search called `name`.
pub fn not_comparable(letter: &str, name: &str, answer: &Answer) -> String {
    compared::not_comparable(letter, name, answer)
}

/// Two capacities as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn compared_to_json(
    names: (&str, &str),
    answers: (&Answer, &Answer),
    difference: &Difference,
) -> Result<String, ReportError> {
    json::compared(names, answers, difference)
}

/// What one run came to, in a line or two.
pub fn one_probe(evidence: &Evidence) -> String {
    let words = match &evidence.worth {
        ProbeTrust::Invalid(why) => format!("  INVALID, and in no figure: {}", one_line(why)),
        ProbeTrust::Limited(why) => format!("  a limit of the service bit: {}", one_line(why)),
        ProbeTrust::Unserved(why) => format!("  not served: {}", one_line(why)),
        ProbeTrust::Valid => {
            let pace = evidence.pace.map_or_else(String::new, |pace| {
                format!(", delivered {:.2}x as fast as listened to", pace.ratio)
            });
            format!("  {}{pace}", trials(evidence))
        }
    };
    folded(&words).join("\n")
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
