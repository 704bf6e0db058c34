//! The answer as one JSON document; docs/tune.md has its keys.

use claque_stats::tune::{TuneAnswer, TuneTerms};
use serde::Serialize;

use super::{LEFT_OUT, TuneReport, words};
use crate::{ReportError, error::encoded, version::Version};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    /// Null where nothing was kept.
    tune_folder: Option<&'a str>,
    about: &'a str,
    words: String,
    objectives: Vec<&'a str>,
    cost: &'a str,
    varied: Vec<Varied<'a>>,
    terms: &'a TuneTerms,
    doubts: &'a [String],
    uncertainty: &'a str,
    left_out: [&'a str; LEFT_OUT.len()],
    answer: &'a TuneAnswer,
}

#[derive(Serialize)]
struct Varied<'a> {
    name: &'a str,
    values: &'a [&'a str],
}

pub(super) fn document(told: &TuneReport<'_>) -> Result<String, ReportError> {
    let document = Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "tune",
        tune_folder: told.folder,
        about: told.about,
        words: words::paragraph(told),
        objectives: told.objectives.iter().map(claque_stats::objective::Objective::text).collect(),
        cost: told.prices,
        varied: told.dimensions.iter().map(|one| Varied { name: one.key, values: &one.values }).collect(),
        terms: told.terms,
        doubts: told.doubts,
        uncertainty: words::uncertainty(told),
        left_out: LEFT_OUT,
        answer: told.answer,
    };
    encoded("the answer", &document)
}
