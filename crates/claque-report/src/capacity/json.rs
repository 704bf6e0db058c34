//! A capacity as one JSON document; docs/capacity.md has its keys.

use claque_stats::capacity::{Answer, Difference};
use claque_store::{CapacityFolder, ProbeRow};
use serde::Serialize;

use super::words;
use crate::{ReportError, error::encoded, version::Version};

/// Version of the document; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 1;

#[derive(Serialize)]
struct Compared<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    a: Side<'a>,
    b: Side<'a>,
    difference: &'a Difference,
}

#[derive(Serialize)]
struct Side<'a> {
    name: &'a str,
    answer: &'a Answer,
}

/// Two capacities as a document, ended by a newline.
///
/// # Errors
/// It cannot be encoded.
pub(super) fn compared(
    names: (&str, &str),
    (a, b): (&Answer, &Answer),
    difference: &Difference,
) -> Result<String, ReportError> {
    let document = Compared {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "capacity-comparison",
        a: Side { name: names.0, answer: a },
        b: Side { name: names.1, answer: b },
        difference,
    };
    encoded("the comparison", &document)
}

#[derive(Serialize)]
struct Document<'a> {
    format_version: u32,
    claque: Version,
    kind: &'static str,
    time: &'a str,
    target: &'a str,
    seed: u64,
    /// Null where nothing was kept.
    capacity_folder: Option<String>,
    doubts: &'a [String],
    objectives: &'a [String],
    words: String,
    answer: &'a Answer,
    probes: &'a [ProbeRow],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    without_networks: &'a [ProbeRow],
}

/// The document, ended by a newline.
///
/// # Errors
/// It cannot be encoded.
pub(super) fn document(book: &CapacityFolder, answer: &Answer) -> Result<String, ReportError> {
    let manifest = &book.manifest;
    let document = Document {
        format_version: FORMAT_VERSION,
        claque: Version::OURS,
        kind: "capacity",
        time: &manifest.time,
        target: &manifest.target,
        seed: manifest.seed,
        capacity_folder: (!manifest.probes.is_empty()).then(|| book.dir.display().to_string()),
        doubts: &book.doubts,
        objectives: &manifest.objectives,
        words: words::paragraph(answer),
        answer,
        probes: &manifest.probes,
        without_networks: &manifest.without_networks,
    };
    encoded("the capacity", &document)
}
