//! Writing a run over documents, so that it can be read at any moment, whatever happens.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use claque_core::{
    extraction::{DocumentFact, DocumentRecord, PageOutcome, PageRecord},
    time::Instant,
};
use claque_stats::{DocumentsSummary, Verdict};

use super::{
    manifest::{DocumentsHeader, DocumentsManifest},
    pages::PAGES,
    rows::{DocumentFactRow, DocumentRow},
};
use crate::{
    columns::{TableReader, TableWriter},
    error::StoreError,
    files,
    journal::{self, Journal},
    left::DocumentJournal,
    network::NetworkRecord,
    seal,
    wall_time::UnixNanos,
};

/// The folder of a run over documents.
#[derive(Clone, Copy, Debug)]
pub struct DocumentsFolder;

impl DocumentsFolder {
    /// Begins a run in `dir`, which is made if need be: from now on it can be read as a partial run.
    ///
    /// # Errors
    /// The folder already holds a run, or cannot be written.
    pub fn create(dir: &Path, header: &DocumentsHeader) -> Result<DocumentsWriter, StoreError> {
        fs::create_dir_all(dir).map_err(|source| StoreError::io("create", dir, source))?;
        let path = dir.join(files::RUN);
        if path.exists() {
            return Err(StoreError::AlreadyARun { path: dir.to_owned() });
        }
        let journal = Journal::create(dir.join(files::JOURNAL))?;
        let manifest = DocumentsManifest::begin(header);
        files::replace(&path, &manifest.encode(&path)?)?;
        Ok(DocumentsWriter { dir: dir.to_owned(), manifest, journal })
    }
}

/// A run over documents that is being written. Dropped unfinished, it leaves a readable partial run.
#[derive(Debug)]
#[must_use = "a run that is not finished stays partial"]
pub struct DocumentsWriter {
    dir: PathBuf,
    manifest: DocumentsManifest,
    journal: Journal,
}

impl DocumentsWriter {
    /// The folder written to.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Keeps how the service was reached.
    pub fn set_network(&mut self, network: NetworkRecord) {
        self.manifest.network = network;
    }

    /// Begins the journal of what the run makes on the service at `target`. `embedded` services end with the run.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn document_journal(&self, target: &str, embedded: bool) -> Result<DocumentJournal, StoreError> {
        DocumentJournal::create(&self.dir, target, embedded)
    }

    /// Appends facts to the journal. They outlive this process once the call returns.
    ///
    /// # Errors
    /// The journal cannot be written; nothing of `facts` is in it then, and the same call may be tried again.
    pub fn append(&mut self, facts: &[DocumentFact]) -> Result<(), StoreError> {
        self.journal.append_rows(facts.iter().map(DocumentFactRow::from))
    }

    /// Turns the journal into the finished files. If this fails or is cut off, the partial run remains.
    ///
    /// # Errors
    /// A file cannot be written, or the journal cannot be read back.
    pub fn finish(
        self,
        summary: &DocumentsSummary,
        verdict: &Verdict,
        finished_at: UnixNanos,
    ) -> Result<(), StoreError> {
        let Self { dir, mut manifest, journal } = self;
        drop(journal);
        let journal_path = dir.join(files::JOURNAL);
        let contents = journal::read_rows(&journal_path, |row: DocumentFactRow| row.into_fact().map(Some))?;
        if contents.torn {
            // A run that lacks facts must not look finished.
            return Err(StoreError::damaged(&journal_path, "the last line is cut off"));
        }
        let pages = put_down(&mut manifest, &contents.facts);
        manifest.partial = false;
        manifest.finished_at = Some(finished_at.naive());
        manifest.finished_at_utc = Some(finished_at.utc());
        manifest.summary = Some(summary.clone());
        manifest.verdict = Some(verdict.into());

        // The journal goes last: until then run.json says partial and the journal holds everything.
        let mut table = TableWriter::create(&PAGES, dir.join(files::PAGES))?;
        pages.into_iter().try_for_each(|row| table.push(row))?;
        let seals = [(files::PAGES.to_owned(), table.finish()?)].into_iter().collect();
        let run_path = dir.join(files::RUN);
        files::replace(&run_path, &seal::encode(&manifest, seals, &run_path)?)?;
        files::remove(&journal_path)
    }
}

/// Puts the facts into the manifest, and gives the pages. Of two records of a page the later counts.
fn put_down(manifest: &mut DocumentsManifest, facts: &[DocumentFact]) -> Vec<PageRecord> {
    let mut pages = BTreeMap::new();
    let mut records = BTreeMap::new();
    for fact in facts {
        match fact {
            DocumentFact::Page(page) => drop(pages.insert((page.document, page.page), page)),
            DocumentFact::Document(record) => drop(records.insert(record.document, record)),
            DocumentFact::Error(error) => {
                manifest
                    .errors
                    .push(format!("document {}: {}: {}", error.document, error.step, error.failure));
                manifest.failures.push(error.into());
            }
        }
    }
    for record in records.values() {
        let between = |from: Option<Instant>, to: Option<Instant>| {
            from.zip(to).map(|(from, to)| (Instant::START + to.since(from)).as_millis_f64())
        };
        let DocumentRecord { prepare_sent_at, prepared_at, create_sent_at, completed_at, .. } = record;
        manifest.prepare_times_ms.extend(between(*prepare_sent_at, *prepared_at));
        manifest.processing_times_ms.extend(between(*create_sent_at, *completed_at));
        manifest.pages = manifest.pages.max(record.pages.unwrap_or(0));
        let failed = pages
            .values()
            .filter(|page| page.document == record.document && page.outcome == PageOutcome::Failed);
        let row = DocumentRow { failed_pages: failed.map(|page| page.page).collect(), ..(*record).into() };
        manifest.documents.push(row);
    }
    let failed = pages.values().filter(|page| page.outcome == PageOutcome::Failed);
    manifest.failed_pages = failed.map(|page| page.page).collect();
    pages.into_values().copied().collect()
}

/// Whether a run without a seal once had one: its pages know. Those of a run that was killed while it was finished do, too, but the
/// journal that goes last is there then.
pub(crate) fn lacks_its_seal(dir: &Path, partial: bool) -> bool {
    let is_being_finished = partial && dir.join(files::JOURNAL).exists();
    !is_being_finished
        && TableReader::open(&PAGES, dir.join(files::PAGES)).is_ok_and(|table| table.is_sealed())
}

pub(super) fn read_pages(path: &Path) -> Result<Vec<PageRecord>, StoreError> {
    TableReader::open(&PAGES, path.to_owned())?.rows()
}
