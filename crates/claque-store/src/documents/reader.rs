//! Reading a run over documents back, finished or killed.

use std::path::Path;

use claque_core::extraction::DocumentFact;
use claque_stats::{DocumentsSummary, summarise_documents};

use super::{
    manifest::DocumentsManifest,
    rows::{DocumentFactRow, DocumentRow, StepErrorRow},
    writer::read_pages,
};
use crate::{error::StoreError, files, journal, reader::not_read};

/// A run over documents as it lies on disk.
#[derive(Clone, Debug)]
pub struct DocumentsRun {
    /// All of `run.json`.
    pub manifest: DocumentsManifest,
    /// Every fact. Of a finished run: pages, failures, documents; of a partial one: as they came.
    pub facts: Vec<DocumentFact>,
    /// Whether the run did not come to its end, so that facts are missing.
    pub partial: bool,
    /// Whether the journal broke off in the middle of a line.
    pub torn: bool,
}

impl DocumentsRun {
    /// Computes the figures anew from the facts. The generator's own lateness is in no fact and comes from the saved
    /// summary; of a partial run it is not known.
    #[must_use]
    pub fn recompute(&self) -> DocumentsSummary {
        let saved = self.manifest.summary.as_ref();
        let lag = saved.and_then(|summary| summary.schedule_lag);
        let generator_gap = saved.and_then(|summary| summary.generator_gap.clone());
        DocumentsSummary { generator_gap, ..summarise_documents(self.manifest.shape(), &self.facts, lag) }
    }
}

/// Reads the run over documents in `dir`.
///
/// # Errors
/// There is no such run, it is of a newer format, or a file of it is damaged or cannot be read. A last line of the
/// journal that was cut off is no error.
pub fn open_documents(dir: &Path) -> Result<DocumentsRun, StoreError> {
    let path = dir.join(files::RUN);
    let bytes = files::read(&path).map_err(|source| not_read(dir, &path, source))?;
    let manifest = DocumentsManifest::decode(&bytes, &path)?;
    if manifest.partial {
        let contents =
            journal::read_rows(&dir.join(files::JOURNAL), |row: DocumentFactRow| row.into_fact().map(Some))?;
        return Ok(DocumentsRun { manifest, facts: contents.facts, partial: true, torn: contents.torn });
    }
    let pages_path = dir.join(files::PAGES);
    let mut facts = Vec::new();
    facts.extend(read_pages(&pages_path)?.into_iter().map(DocumentFact::Page));
    for row in manifest.failures.iter().cloned() {
        let error = StepErrorRow::into_record(row).map_err(|what| StoreError::damaged(&path, what))?;
        facts.push(DocumentFact::Error(error));
    }
    for row in manifest.documents.iter().cloned() {
        let record = DocumentRow::into_record(row).map_err(|what| StoreError::damaged(&path, what))?;
        facts.push(DocumentFact::Document(record));
    }
    Ok(DocumentsRun { manifest, facts, partial: false, torn: false })
}
