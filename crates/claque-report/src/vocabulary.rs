//! The facts of a run under the names of another tool.

use std::path::Path;

use claque_stats::{
    units::NOT_MEASURED,
    vocabulary::{TermValue, Vocabulary, VocabularyBuilder},
};
use serde::Serialize;

use crate::{
    ReportError,
    error::encoded,
    paint::{Paint, Style, joined},
    version::{FORMAT_VERSION, Version},
};

/// What a vocabulary comes to in a run.
#[derive(Debug, Serialize)]
pub struct Translation {
    vocabulary: Vocabulary,
    terms: Vec<TermValue>,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    #[serde(flatten)]
    told: &'a Translation,
}

/// Reads the facts of the run in `folder`.
///
/// # Errors
/// It cannot be read.
pub fn of_run(folder: &Path, vocabulary: Vocabulary) -> Result<Translation, ReportError> {
    let manifest = claque_store::open_manifest(folder)?;
    let mut builder = VocabularyBuilder::default();
    claque_store::for_each_listener(folder, &manifest, |facts| {
        facts.blocks.iter().for_each(|block| builder.add_block(block));
        Ok(())
    })?;
    let summary = match manifest.summary {
        Some(summary) => summary,
        None => claque_store::open(folder)?.recompute(),
    };
    Ok(Translation { vocabulary, terms: builder.finish(vocabulary, summary) })
}

/// The table, ended by a newline.
pub fn to_text(told: &Translation, paint: Paint) -> String {
    let width = told.terms.iter().map(|term| term.name.len()).max().unwrap_or(0);
    let mut lines =
        vec![format!("  {}", paint.style(Style::Bold, &format!("as {} has it", told.vocabulary.as_str())))];
    for term in &told.terms {
        let words = match (term.value, term.reason) {
            (Some(value), _) => number(value),
            (None, Some(reason)) => format!("{NOT_MEASURED}: {reason}"),
            (None, None) => NOT_MEASURED.to_owned(),
        };
        lines.push(format!("  {:width$}  {words}", term.name));
    }
    joined(&lines)
}

/// The document, ended by a newline.
///
/// # Errors
/// Never, as long as every key is a text.
pub fn to_json(told: &Translation) -> Result<String, ReportError> {
    let document = Document { format_version: FORMAT_VERSION, claque: Version::OURS, told };
    encoded("the vocabulary", &document)
}

/// To four decimals, without zeros at the end.
fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
