//! How a capacity is told: words and tables for people, a document for programs, Markdown for pipelines.

mod json;
mod markdown;
mod text;
mod words;

use claque_stats::{
    capacity::{Answer, Evidence, Worth},
    units::counted,
};
use claque_store::CapacityFolder;

use crate::{ReportError, paint::Paint, words::one_line};

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

/// What one run came to, in a line.
pub fn one_probe(evidence: &Evidence) -> String {
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
