//! How a search for the cheapest setting is told: words and tables for people, a document for programs, a page with plots.

mod html;
mod json;
mod markdown;
mod picture;
mod text;
mod words;

use claque_stats::{
    objective::Objective,
    tune::{ModelUncertainty, TuneAnswer, TuneTerms},
};

use crate::{ReportError, paint::Paint};

/// The page's name in the folder of a search.
pub const FILE: &str = "tune.html";

/// What was varied.
#[derive(Clone, Debug)]
pub struct DimensionHead<'a> {
    /// Its whole name.
    pub key: &'a str,
    /// The last part of it, where no other has the same.
    pub short: String,
    /// Its values, as they are typed.
    pub values: Vec<&'a str>,
}

/// A search with its answer.
#[derive(Clone, Copy, Debug)]
pub struct TuneReport<'a> {
    /// The service and its audience.
    pub about: &'a str,
    /// What was varied.
    pub dimensions: &'a [DimensionHead<'a>],
    /// What had to hold in a run.
    pub objectives: &'a [Objective],
    /// What an hour costs.
    pub prices: &'a str,
    /// The bounds of the search.
    pub terms: &'a TuneTerms,
    /// What is known against the model, and what has no price.
    pub doubts: &'a [String],
    /// What the runs know of how far the model may be off.
    pub uncertainty: ModelUncertainty,
    /// Where it is kept, if anywhere.
    pub folder: Option<&'a str>,
    /// What the runs come to.
    pub answer: &'a TuneAnswer,
}

/// What no model of claque's knows; docs/simulation.md tells more of it.
pub const LEFT_OUT: [&str; 4] = [
    "processors that jobs share (a job's time depends on no other job, but through machine.neighbours and the streams' batching)",
    "what a network does beyond what was said of it, and time that the service's own messages take",
    "whatever a service does that no setting of docs/scenario.md names",
    "that a day is not like another: the audience is the one that was described, again and again with other luck",
];

/// The answer in one line.
pub fn headline(told: &TuneReport<'_>) -> String {
    words::headline(told)
}

/// The answer as text of at most 80 columns, ended by a newline.
pub fn to_text(told: &TuneReport<'_>, paint: Paint) -> String {
    text::document(told, paint)
}

/// The answer as one JSON document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(told: &TuneReport<'_>) -> Result<String, ReportError> {
    json::document(told)
}

/// The answer as GitHub-flavoured Markdown, ended by a newline.
pub fn to_markdown(told: &TuneReport<'_>) -> String {
    markdown::document(told)
}

/// The page, in one file that asks nobody for anything and runs no script.
pub fn to_html(told: &TuneReport<'_>) -> String {
    html::page(told)
}
