//! What was typed to compare runs, and does nothing where two capacities are compared.

use claque_report::compare::InvalidRuns;

use super::super::{CompareSettings, UsageError, settings::OutputFormat};

/// Refuses what two capacities have no use for.
///
/// # Errors
/// Something was asked for that would do nothing.
pub(crate) fn of_capacities(settings: &CompareSettings) -> Result<(), UsageError> {
    const TOLD: &str =
        "is about runs; two capacities are told on standard output as text or with --json; leave it out";
    let (terms, is_markdown) = (&settings.terms, settings.form == OutputFormat::Markdown);
    let asked = [
        (settings.html.is_some(), "--html", TOLD),
        (settings.junit.is_some(), "--junit", TOLD),
        (settings.markdown.is_some() || is_markdown, "--markdown", TOLD),
        (
            terms.options.primary.is_some(),
            "--primary",
            "is about runs and suites; of two capacities there is one figure; leave it out",
        ),
        (
            settings.typed_confidence.is_some(),
            "--confidence",
            "is about runs and suites; the intervals of two capacities have the confidence that each was searched with; leave it out, or \
             search with another: `claque capacity --confidence`",
        ),
        (
            terms.invalid == InvalidRuns::Allowed,
            "--allow-invalid",
            "is about runs; a search takes no figure from an INVALID one; leave it out",
        ),
        (
            !terms.objectives.is_empty(),
            "--objective",
            "is about runs; what a capacity must reach is said where it is searched for; leave it out",
        ),
    ];
    let said = asked.into_iter().find(|(is_asked, ..)| *is_asked);
    said.map_or(Ok(()), |(_, flag, why)| Err(UsageError::new(format!("{flag} {why}"))))
}
