//! A run, in each form.

use claque_store::finished::Finished;

use crate::{ReportError, json, junit, markdown, paint::Paint, text, vocabulary::Translation};

/// Its summary as a table, ended by a newline.
pub fn to_text(run: &Finished, paint: Paint) -> String {
    text::summary(run, paint)
}

/// Its summary as one JSON document, ended by a newline; with what the facts are under other names, where that is wanted.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(run: &Finished, vocabulary: Option<&Translation>) -> Result<String, ReportError> {
    json::summary(run, vocabulary)
}

/// Its summary as GitHub-flavoured Markdown, ended by a newline.
pub fn to_markdown(run: &Finished) -> String {
    markdown::summary(run)
}

/// What was judged of it as JUnit XML, ended by a newline.
pub fn to_junit(run: &Finished) -> String {
    junit::document("run", &cases(run))
}

/// One test case for the verdict, one for each objective.
pub(crate) fn cases(run: &Finished) -> Vec<junit::TestCase> {
    let failure = junit::distrust(&run.verdict);
    let verdict = junit::TestCase::of_run("the run is VALID".to_owned(), failure, run.summary.wall_ms);
    std::iter::once(verdict).chain(run.objectives.iter().map(junit::case)).collect()
}
