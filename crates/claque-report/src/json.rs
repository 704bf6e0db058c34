//! The summary as one JSON document; docs/output.md has its keys.

use claque_stats::{Summary, objective::ObjectiveResult};
use claque_store::{
    Preparation, RunConfig, SavedVerdict,
    finished::{Finished, TimeKind},
};
use serde::Serialize;

use crate::{
    ReportError,
    answer::answer,
    error::encoded,
    version::{FORMAT_VERSION, Version},
    vocabulary::Translation,
};

#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    target: &'a str,
    /// "real" or "virtual".
    time: &'static str,
    config: &'a RunConfig,
    seed: u64,
    /// None where the run could not be kept.
    run_folder: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_kept: Option<&'a str>,
    /// The same in plain words, a sentence each.
    answer: Vec<String>,
    verdict: SavedVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    preparation: Option<Preparation>,
    objectives: &'a [ObjectiveResult],
    summary: &'a Summary,
    /// The facts under the names of another tool, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    vocabulary: Option<&'a Translation>,
}

/// The document, ended by a newline; with what the facts are under other names, where that is wanted.
///
/// # Errors
/// Never, as long as every key is a text.
pub(crate) fn summary(run: &Finished, vocabulary: Option<&Translation>) -> Result<String, ReportError> {
    let document = Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        target: &run.heading.target,
        time: match run.heading.time {
            TimeKind::Real => "real",
            TimeKind::Virtual => "virtual",
        },
        config: &run.heading.config,
        seed: run.heading.seed,
        run_folder: run.not_kept.is_none().then(|| run.folder.display().to_string()),
        not_kept: run.not_kept.as_deref(),
        answer: answer(&run.summary, &run.verdict, run.load.as_ref()),
        verdict: SavedVerdict::from(&run.verdict),
        preparation: run.preparation,
        objectives: &run.objectives,
        summary: &run.summary,
        vocabulary,
    };
    encoded("the summary", &document)
}
