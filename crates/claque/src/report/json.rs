//! The summary as one JSON document; docs/output.md has its keys.

use anyhow::Context as _;
use claque_stats::{Summary, objective::ObjectiveResult};
use claque_store::{Preparation, RunConfig, SavedVerdict};
use serde::Serialize;

use super::vocabulary::Translation;
use crate::outcome::{Finished, TimeKind};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
pub(super) const FORMAT_VERSION: u32 = 1;

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
    verdict: SavedVerdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    preparation: Option<Preparation>,
    objectives: &'a [ObjectiveResult],
    summary: &'a Summary,
    /// The facts under the names of another tool, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    vocabulary: Option<&'a Translation>,
}

#[derive(Debug, Serialize)]
pub(super) struct Version {
    version: &'static str,
}

impl Version {
    /// The version of this program.
    pub(super) const OURS: Self = Self { version: env!("CARGO_PKG_VERSION") };
}

/// The document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub(super) fn summary(run: &Finished) -> anyhow::Result<String> {
    summary_with(run, None)
}

/// The same with what the facts are under other names.
///
/// # Errors
/// As [`summary`].
pub(super) fn summary_with(run: &Finished, vocabulary: Option<&Translation>) -> anyhow::Result<String> {
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
        verdict: SavedVerdict::from(&run.verdict),
        preparation: run.preparation,
        objectives: &run.objectives,
        summary: &run.summary,
        vocabulary,
    };
    let mut text = serde_json::to_string_pretty(&document).context("failed to encode the summary")?;
    text.push('\n');
    Ok(text)
}
