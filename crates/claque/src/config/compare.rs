//! What `claque compare` is to do.

use std::path::PathBuf;

use claque_report::compare::{CompareTerms, InvalidRuns};
use claque_run::usage::hint;
use claque_stats::compare::{CompareOptions, Primary};

use super::{
    UsageError,
    objectives::{CONFIDENCE, judging},
    settings::OutputFormat,
    told_files::{form, writable},
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
    /// The confidence that was typed, if one was.
    pub(crate) typed_confidence: Option<f64>,
    /// What a regression leads to.
    pub(crate) regression: OnRegression,
    /// The form on stdout.
    pub(crate) form: OutputFormat,
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
    wishes.judging.confidence = confidence;
    let judging = judging(flags.objectives, flags.markdown, &mut wishes, &source)?;
    let (form, markdown) = form(flags.json, judging.markdown)?;
    // Where the flag stands before the sides, the first of them would be taken for its file.
    if let Some(path) = markdown.as_ref().filter(|path| path.is_dir()) {
        return Err(UsageError::new(format!(
            "--markdown is {}, a folder; give the file behind the sides, or as --markdown=FILE",
            path.display()
        )));
    }
    Ok(CompareSettings {
        sides: flags.sides,
        typed_confidence: flags.confidence,
        dir: flags.output_dir.unwrap_or_else(|| super::OUTPUT_DIR.into()),
        terms: CompareTerms {
            options: CompareOptions { confidence_pct, primary: primary(flags.primary.as_deref())? },
            invalid: if flags.allow_invalid { InvalidRuns::Allowed } else { InvalidRuns::Refused },
            objectives: judging.objectives,
        },
        regression: if flags.fail_on_regression { OnRegression::Fail } else { OnRegression::Tell },
        form,
        markdown,
        html: writable(flags.html, "html")?,
        junit: judging.junit,
    })
}

/// The one figure that verdicts are about, if one was named.
pub(super) fn primary(typed: Option<&str>) -> Result<Option<Primary>, UsageError> {
    let decide = |typed: &str| {
        Primary::named(typed).ok_or_else(|| {
            let names = Primary::names();
            let hint = hint(typed, &names).map_or_else(String::new, |hint| format!("; {hint}"));
            UsageError::new(format!(
                "--primary is `{typed}`, and a verdict can be about one of {}{hint}",
                names.join(", ")
            ))
        })
    };
    typed.map(decide).transpose()
}
