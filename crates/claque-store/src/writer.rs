//! Writing a run, so that it can be read at any moment, whatever happens.

use std::{
    fs,
    path::{Path, PathBuf},
};

use claque_core::record::Fact;
use claque_stats::{Summary, Verdict};

use crate::{
    error::StoreError,
    files,
    journal::{self, Journal},
    manifest::{Manifest, RunHeader},
    rows::{BlockRow, FactRow},
    session, tables,
    wall_time::UnixNanos,
};

/// The folder of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunFolder;

impl RunFolder {
    /// Begins a run in `dir`, which is made if need be: from now on it can be read as a partial run.
    ///
    /// # Errors
    /// The folder already holds a run, or cannot be written.
    pub fn create(dir: &Path, header: &RunHeader) -> Result<RunWriter, StoreError> {
        fs::create_dir_all(dir).map_err(|source| StoreError::io("create", dir, source))?;
        if dir.join(files::RUN).exists() {
            return Err(StoreError::AlreadyARun { path: dir.to_owned() });
        }
        let journal = Journal::create(dir.join(files::JOURNAL))?;
        let writer = RunWriter { dir: dir.to_owned(), manifest: Manifest::begin(header), journal };
        writer.write_manifest()?;
        Ok(writer)
    }
}

/// A run that is being written. Dropped unfinished, it leaves a readable partial run.
#[derive(Debug)]
#[must_use = "a run that is not finished stays partial"]
pub struct RunWriter {
    dir: PathBuf,
    manifest: Manifest,
    journal: Journal,
}

impl RunWriter {
    /// The folder written to.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Puts down the documents made for the run, so that a killed run says what it left on the server.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record_documents(&mut self, document_ids: Vec<String>) -> Result<(), StoreError> {
        self.manifest.document_ids = document_ids;
        self.write_manifest()
    }

    /// Appends facts to the journal. They outlive this process once the call returns; a few calls a second with
    /// many facts are cheaper than one call a fact.
    ///
    /// # Errors
    /// The journal cannot be written; nothing of `facts` is in it then, and the same call may be tried again.
    pub fn append(&mut self, facts: &[Fact]) -> Result<(), StoreError> {
        self.journal.append(facts)
    }

    /// Turns the journal into the finished files. If this fails or is cut off, the partial run remains.
    ///
    /// # Errors
    /// A file cannot be written, or the journal cannot be read back.
    pub fn finish(
        self,
        summary: &Summary,
        verdict: &Verdict,
        finished_at: UnixNanos,
    ) -> Result<(), StoreError> {
        let Self { dir, mut manifest, journal } = self;
        drop(journal);
        let journal_path = dir.join(files::JOURNAL);
        let contents = journal::read(&journal_path)?;
        if contents.torn {
            // A run that lacks facts must not look finished.
            return Err(StoreError::damaged(&journal_path, "the last line is cut off"));
        }
        let facts = contents.facts;

        manifest.sessions = session::sessions(&facts);
        let mut blocks: Vec<BlockRow> = Vec::new();
        let mut stalls = Vec::new();
        for row in facts.iter().map(FactRow::from) {
            match row {
                FactRow::Block(row) => blocks.push(row),
                FactRow::Stall(row) => stalls.push(row),
                FactRow::Error(row) => manifest.errors.push(row),
                FactRow::Listener(row) => manifest.listeners.push(row),
            }
        }
        manifest.listeners.sort_by_key(|row| row.listener);
        if manifest.document_ids.is_empty() {
            manifest.document_ids = documents_of(&manifest);
        }
        manifest.partial = false;
        manifest.finished_at = Some(finished_at.naive());
        manifest.finished_at_utc = Some(finished_at.utc());
        manifest.summary = Some(summary.clone());
        manifest.verdict = Some(verdict.into());

        // The journal goes last: until then run.json says partial and the journal holds everything.
        let blocks_path = dir.join(files::BLOCKS);
        files::replace(&blocks_path, &tables::encode_blocks(&blocks, &blocks_path)?)?;
        let stalls_path = dir.join(files::STALLS);
        files::replace(&stalls_path, &tables::encode_stalls(&stalls, &stalls_path)?)?;
        let run_path = dir.join(files::RUN);
        files::replace(&run_path, &manifest.encode(&run_path)?)?;
        files::remove(&journal_path)
    }

    fn write_manifest(&self) -> Result<(), StoreError> {
        let path = self.dir.join(files::RUN);
        files::replace(&path, &self.manifest.encode(&path)?)
    }
}

/// Each document that listeners played, once, in the order of listeners.
fn documents_of(manifest: &Manifest) -> Vec<String> {
    let mut documents: Vec<String> = Vec::new();
    for row in &manifest.listeners {
        if !documents.contains(&row.document) {
            documents.push(row.document.clone());
        }
    }
    documents
}
