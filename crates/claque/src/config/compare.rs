//! What `claque compare` is to do.

use std::path::{Path, PathBuf};

use claque_report::compare::{CompareTerms, InvalidRuns};
use claque_stats::compare::CompareOptions;

use super::{
    UsageError,
    objectives::{CONFIDENCE, judging},
    wish::{Source, Wish},
    wishes::Wishes,
};
use crate::cli::CompareFlags;

/// A comparison, decided.
#[derive(Debug)]
pub(crate) struct CompareSettings {
    /// Each side as it was typed; the first is the baseline.
    pub(crate) sides: Vec<String>,
    /// Where runs are looked for by name.
    pub(crate) dir: PathBuf,
    /// How it is made.
    pub(crate) terms: CompareTerms,
    /// What a regression leads to.
    pub(crate) regression: OnRegression,
    /// The form on stdout.
    pub(crate) form: CompareForm,
    /// Where Markdown goes besides.
    pub(crate) markdown: Option<PathBuf>,
    /// Where the page goes.
    pub(crate) html: Option<PathBuf>,
    /// Where JUnit XML goes.
    pub(crate) junit: Option<PathBuf>,
}

/// What a regression leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRegression {
    /// It is told.
    Tell,
    /// It is told, and the exit code says so.
    Fail,
}

/// The form of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareForm {
    /// A table for people.
    Text,
    /// One document for programs.
    Json,
    /// GitHub-flavoured Markdown.
    Markdown,
}

/// Decides on a comparison.
///
/// # Errors
/// Something asked for cannot be done as asked.
pub(crate) fn resolve_compare(flags: CompareFlags) -> Result<CompareSettings, UsageError> {
    let (mut wishes, source) = (Wishes::default(), Source::default());
    let confidence = flags.confidence.map(Wish::flag);
    let usual = CompareOptions::new();
    let confidence_pct =
        source.within(confidence.as_ref(), "confidence", CONFIDENCE, usual.confidence_pct)?;
    wishes.confidence = confidence;
    let judging = judging(flags.objectives, flags.markdown, &mut wishes, &source)?;
    let on_stdout = judging.markdown.as_deref() == Some(Path::new("-"));
    let form = match (flags.json, on_stdout) {
        (true, _) => CompareForm::Json,
        (false, true) => CompareForm::Markdown,
        (false, false) => CompareForm::Text,
    };
    Ok(CompareSettings {
        sides: flags.sides,
        dir: flags.output_dir.unwrap_or_else(|| super::resolve::OUTPUT_DIR.into()),
        terms: CompareTerms {
            options: CompareOptions { confidence_pct },
            invalid: if flags.allow_invalid { InvalidRuns::Allowed } else { InvalidRuns::Refused },
            objectives: judging.objectives,
        },
        regression: if flags.fail_on_regression { OnRegression::Fail } else { OnRegression::Tell },
        form,
        markdown: judging.markdown.filter(|_| !on_stdout),
        html: flags.html,
        junit: judging.junit,
    })
}
