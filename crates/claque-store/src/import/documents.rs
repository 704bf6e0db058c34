//! Results of the older script about extraction of documents. They have no listeners and become no run: their figures
//! are told, and the file is kept as it is.

use std::path::Path;

use claque_core::time::Duration;
use claque_stats::{Distribution, Sample};
use serde::Deserialize;
use serde_json::Value;

use crate::{error::StoreError, wall_time::UnixNanos};

/// A result about documents.
#[derive(Clone, Debug, Deserialize)]
pub struct OldDocuments {
    /// Pages of each document; null in some files.
    pub pages: Value,
    /// Documents at once.
    pub concurrent_docs: Value,
    /// Whether the text was worked over by a language model.
    #[serde(default)]
    pub ai_transform: Value,
    /// Upload until ready to process, one per document, in ms.
    #[serde(default)]
    pub prepare_times_ms: Vec<f64>,
    /// Processing, one per document, in ms.
    #[serde(default)]
    pub processing_times_ms: Vec<f64>,
    /// Pages that failed: a number or a list.
    #[serde(default)]
    pub failed_pages: Value,
    /// Failures in words.
    #[serde(default)]
    pub errors: Vec<Value>,
    /// When it started, as written.
    pub started_at: String,
    /// When it ended, likewise.
    pub finished_at: String,
}

impl OldDocuments {
    /// Whether a file is of this kind.
    pub(super) fn is_it(bytes: &[u8]) -> bool {
        let value: Value = serde_json::from_slice(bytes).unwrap_or_default();
        value.get("concurrent_docs").is_some() && value.get("sessions").is_none()
    }

    pub(super) fn decode(bytes: &[u8], path: &Path) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes).map_err(|error| super::unlike(path, &error))
    }

    /// When it started and ended, as if the script's clock had shown UTC.
    #[must_use]
    pub fn times(&self) -> Option<(UnixNanos, UnixNanos)> {
        UnixNanos::from_naive(&self.started_at).zip(UnixNanos::from_naive(&self.finished_at))
    }

    /// Pages that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        let list = self.failed_pages.as_array().map(|pages| u64::try_from(pages.len()).unwrap_or(u64::MAX));
        list.or_else(|| self.failed_pages.as_u64()).unwrap_or(0)
    }

    /// Distribution of the times to prepare.
    #[must_use]
    pub fn prepare_time(&self) -> Option<Distribution> {
        distribution(&self.prepare_times_ms)
    }

    /// Distribution of the times to process.
    #[must_use]
    pub fn processing_time(&self) -> Option<Distribution> {
        distribution(&self.processing_times_ms)
    }
}

fn distribution(millis: &[f64]) -> Option<Distribution> {
    let mut sample = Sample::default();
    let spans = millis.iter().filter_map(|ms| Duration::try_from_secs_f64(ms / 1_000.0).ok());
    spans.for_each(|span| sample.push(span));
    sample.distribution()
}
