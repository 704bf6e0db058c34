//! `run.json` of a run over documents. A superset of the older script's result file for documents.

use std::path::Path;

use claque_core::extraction::AiTransform;
use claque_stats::{CacheUse, DocumentsShape, DocumentsSummary, Verdict};
use serde::{Deserialize, Serialize};

use super::{
    KIND,
    rows::{DocumentRow, StepErrorRow},
};
use crate::{
    FORMAT_VERSION,
    error::StoreError,
    integrity::Integrity,
    manifest::{ClaqueVersion, Machine},
    network::NetworkRecord,
    verdict::{SavedVerdict, interrupted},
    version::check_version,
    wall_time::UnixNanos,
};

/// What is known of a run over documents before it starts. Holds no secrets: that is the caller's duty.
#[derive(Clone, Debug)]
pub struct DocumentsHeader {
    /// The denominators.
    pub shape: DocumentsShape,
    /// Whether a language model is to rewrite the pages.
    pub ai_transform: AiTransform,
    /// When the run started.
    pub started_at: UnixNanos,
    /// Version of claque.
    pub claque_version: String,
    /// The whole scenario, in the caller's words.
    pub scenario: serde_json::Value,
    /// Address of the service.
    pub target: String,
    /// The machine claque ran on.
    pub machine: Machine,
    /// The root of all randomness.
    pub seed: u64,
}

/// The whole of `run.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentsManifest {
    /// Version of the folder's layout.
    pub format_version: u32,
    /// `documents`.
    pub kind: String,
    /// Whether the run was not finished: there are no figures then, and the facts are in the journal.
    pub partial: bool,
    /// The program that wrote it.
    pub claque: ClaqueVersion,
    /// Pages of each document; of the largest when they differ, and 0 while nobody knows.
    pub pages: u32,
    /// Documents at a time.
    pub concurrent_docs: u32,
    /// Whether a language model was to rewrite the pages.
    pub ai_transform: bool,
    /// Whether the service's cache was what is tested.
    pub use_cached: bool,
    /// Pages of each document as they were made; none for files of the user's.
    pub pages_made: Option<u32>,
    /// Upload times, one for each document that was uploaded.
    pub prepare_times_ms: Vec<f64>,
    /// Order given to document seen, one for each that was completed.
    pub processing_times_ms: Vec<f64>,
    /// Failed pages of all documents, from 0. Which document each belongs to is in `documents`.
    pub failed_pages: Vec<u32>,
    /// Failures in words.
    pub errors: Vec<String>,
    /// When it started, UTC without a zone, as the older script wrote it.
    pub started_at: String,
    /// When it ended, in the same form.
    pub finished_at: Option<String>,
    /// When it started, with the zone.
    pub started_at_utc: String,
    /// When it ended, with the zone.
    pub finished_at_utc: Option<String>,
    /// Address of the service.
    pub target: String,
    /// The whole scenario, in the caller's words.
    pub scenario: serde_json::Value,
    /// The machine claque ran on.
    pub machine: Machine,
    /// The root of all randomness.
    pub seed: u64,
    /// How the service was reached, where there is something to say of it.
    #[serde(default, skip_serializing_if = "NetworkRecord::is_empty")]
    pub network: NetworkRecord,
    /// Whether the figures can be trusted.
    pub verdict: Option<SavedVerdict>,
    /// Every figure.
    pub summary: Option<DocumentsSummary>,
    /// The facts of each document.
    pub documents: Vec<DocumentRow>,
    /// The facts of each failure.
    pub failures: Vec<StepErrorRow>,
    /// Whether the folder that it was read from holds what was written. In no file: it is found out each time.
    #[serde(skip)]
    pub integrity: Integrity,
}

impl DocumentsManifest {
    /// The denominators.
    #[must_use]
    pub const fn shape(&self) -> DocumentsShape {
        let cache = if self.use_cached { CacheUse::Allowed } else { CacheUse::Avoided };
        DocumentsShape { documents: self.concurrent_docs, pages: self.pages_made, cache }
    }

    /// What its figures are worth that were judged so: those of a run that did not come to its end are interrupted, whatever they are.
    #[must_use]
    pub fn worth(&self, verdict: Verdict) -> Verdict {
        if self.partial { interrupted(verdict) } else { verdict }
    }

    pub(super) fn begin(header: &DocumentsHeader) -> Self {
        let DocumentsShape { documents, pages, cache } = header.shape;
        Self {
            format_version: FORMAT_VERSION,
            kind: KIND.to_owned(),
            partial: true,
            claque: ClaqueVersion { version: header.claque_version.clone() },
            pages: pages.unwrap_or(0),
            concurrent_docs: documents,
            ai_transform: header.ai_transform.as_bool(),
            use_cached: cache == CacheUse::Allowed,
            pages_made: pages,
            prepare_times_ms: Vec::new(),
            processing_times_ms: Vec::new(),
            failed_pages: Vec::new(),
            errors: Vec::new(),
            started_at: header.started_at.naive(),
            finished_at: None,
            started_at_utc: header.started_at.utc(),
            finished_at_utc: None,
            target: header.target.clone(),
            scenario: header.scenario.clone(),
            machine: header.machine.clone(),
            seed: header.seed,
            network: NetworkRecord::default(),
            verdict: None,
            summary: None,
            documents: Vec::new(),
            failures: Vec::new(),
            integrity: Integrity::default(),
        }
    }

    pub(super) fn encode(&self, path: &Path) -> Result<Vec<u8>, StoreError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| StoreError::encode(path, error))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Self, StoreError> {
        check_version(bytes, path, Some(KIND))?;
        serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))
    }
}
