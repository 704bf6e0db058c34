//! Reading a run over documents back, finished or killed.

use std::path::Path;

use claque_core::extraction::DocumentFact;
use claque_stats::{DocumentsSummary, summarise_documents};

use super::{
    manifest::DocumentsManifest,
    rows::{DocumentFactRow, DocumentRow, StepErrorRow},
    writer::{lacks_its_seal, read_pages},
};
use crate::{
    error::StoreError,
    files,
    integrity::{Integrity, Kind, differing_documents},
    journal,
    reader::not_read,
    seal::{self, Scrutiny},
};

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

/// Reads the run over documents in `dir`. If it is not what was written, its verdict says so.
///
/// # Errors
/// There is no such run, it is of a newer format, or a file of it is damaged or cannot be read. A last line of the
/// journal that was cut off is no error.
pub fn open_documents(dir: &Path) -> Result<DocumentsRun, StoreError> {
    let path = dir.join(files::RUN);
    let bytes = files::read(&path).map_err(|source| not_read(dir, &path, source))?;
    let mut manifest = DocumentsManifest::decode(&bytes, &path)?;
    let pages_path = dir.join(files::PAGES);
    manifest.integrity = match Integrity::of(seal::hold(&bytes, &path, dir, Scrutiny::Full)?, Kind::Documents)
    {
        Integrity::Unsealed if lacks_its_seal(dir, manifest.partial) => {
            Integrity::without_its_seal(Kind::Documents)
        }
        Integrity::Unsealed if manifest.partial => Integrity::Whole,
        other @ (Integrity::Whole | Integrity::Unsealed | Integrity::Changed(_)) => other,
    };
    let saved = manifest.verdict.take().map(|verdict| verdict.unless_partial(manifest.partial));
    manifest.verdict = manifest.integrity.judge(saved);
    if manifest.partial {
        let contents =
            journal::read_rows(&dir.join(files::JOURNAL), |row: DocumentFactRow| row.into_fact().map(Some))?;
        return Ok(DocumentsRun { manifest, facts: contents.facts, partial: true, torn: contents.torn });
    }
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
    let mut run = DocumentsRun { manifest, facts, partial: false, torn: false };
    if run.manifest.integrity == Integrity::Unsealed
        && let Some(saved) = &run.manifest.summary
    {
        run.manifest.integrity =
            Integrity::of_figures(differing_documents(saved, &run.recompute()), Kind::Documents);
        run.manifest.verdict = run.manifest.integrity.judge(run.manifest.verdict.take());
    }
    Ok(run)
}
