//! Writing a run, so that it can be read at any moment, whatever happens.

use std::{
    fs,
    path::{Path, PathBuf},
};

use claque_core::record::{BlockRecord, ErrorRecord, Fact, ListenerRecord, StallRecord};
use claque_stats::{ScheduleLag, Summary, Verdict, objective::ObjectiveResult, window::FigureWindow};

use crate::{
    columns::TableWriter,
    digest::Digest,
    error::StoreError,
    files,
    journal::{Journal, JournalEntries},
    left::DocumentJournal,
    listeners::{self, ListenerFacts},
    manifest::{Manifest, Preparation, RunHeader, TokenRow},
    network::NetworkRecord,
    repeat::RepeatOf,
    seal::{FileSeal, FileSeals},
    series::SeriesOfRun,
    service_load::ServiceLoad,
    sorter, tables,
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
        let writer =
            RunWriter { dir: dir.to_owned(), manifest: Manifest::begin(header), journal, series: None };
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
    series: Option<SeriesOfRun>,
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

    /// Puts down that the audience starts: when, with which documents, among how many accounts, and what went before.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record_start(
        &mut self,
        started_at: UnixNanos,
        document_ids: Vec<String>,
        accounts: Option<u32>,
        preparation: Preparation,
    ) -> Result<(), StoreError> {
        self.manifest.started_at = started_at.naive();
        self.manifest.started_at_utc = started_at.utc();
        self.manifest.accounts = accounts;
        self.manifest.preparation = Some(preparation);
        self.record_documents(document_ids)
    }

    /// Keeps what the wall clock showed when the run's clock started for [`RunWriter::finish`].
    pub const fn set_clock_start(&mut self, at: UnixNanos) {
        self.manifest.clock_started_at_unix_ns = Some(at.0);
    }

    /// Keeps what went before the run's start for [`RunWriter::finish`].
    pub const fn set_preparation(&mut self, preparation: Preparation) {
        self.manifest.preparation = Some(preparation);
    }

    /// Keeps what became of the access tokens for [`RunWriter::finish`].
    pub fn set_token_refreshes(&mut self, rows: Vec<TokenRow>) {
        self.manifest.token_refreshes = rows;
    }

    /// Keeps how much the service had to do for [`RunWriter::finish`].
    pub fn set_service_load(&mut self, load: ServiceLoad) {
        self.manifest.service_load = Some(load);
    }

    /// Keeps what others told during the run for [`RunWriter::finish`].
    pub fn set_series(&mut self, series: SeriesOfRun) {
        self.manifest.series_sources = series.rows();
        self.series = Some(series);
    }

    /// Keeps how the service was reached.
    pub fn set_network(&mut self, network: NetworkRecord) {
        self.manifest.network = network;
    }

    /// Keeps what was done to the audience by hand for [`RunWriter::finish`].
    pub fn set_by_hand(&mut self, done: Option<String>) {
        self.manifest.by_hand = done;
    }

    /// Keeps which repeat of a suite the run is for [`RunWriter::finish`].
    pub fn set_repeat_of(&mut self, repeat_of: Option<RepeatOf>) {
        self.manifest.repeat_of = repeat_of;
    }

    /// Says whose facts will be appended, where not everybody's are.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set_facts_kept(&mut self, kept: String) -> Result<(), StoreError> {
        self.manifest.facts_kept = Some(kept);
        self.write_manifest()
    }

    /// Begins the journal of the documents that the run makes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn document_journal(&self, target: &str, embedded: bool) -> Result<DocumentJournal, StoreError> {
        DocumentJournal::create(&self.dir, target, embedded)
    }

    /// Takes the folder away again, with everything in it: nothing came of the run.
    ///
    /// # Errors
    /// The folder cannot be removed.
    pub fn discard(self) -> Result<(), StoreError> {
        drop(self.journal);
        fs::remove_dir_all(&self.dir).map_err(|source| StoreError::io("remove", &self.dir, source))
    }

    /// Keeps what came of the objectives for `run.json`, which is written when the run is finished.
    pub fn record_objectives(&mut self, results: Vec<ObjectiveResult>) {
        self.manifest.objectives = results;
    }

    /// Appends facts to the journal. They outlive this process once the call returns; a few calls a second with
    /// many facts are cheaper than one call a fact.
    ///
    /// # Errors
    /// The journal cannot be written; nothing of `facts` is in it then, and the same call may be tried again.
    pub fn append(&mut self, facts: &[Fact]) -> Result<(), StoreError> {
        self.journal.append(facts)
    }

    /// The same of all that became known, in one call of the system.
    ///
    /// # Errors
    /// As [`RunWriter::append`].
    pub fn append_all(&mut self, news: JournalEntries<'_>) -> Result<(), StoreError> {
        self.journal.append_all(news)
    }

    /// Every fact that was appended, as it came. They are read through the file that is open, so a folder that was removed
    /// meanwhile gives them, too.
    ///
    /// # Errors
    /// The journal cannot be read back.
    pub fn facts(&mut self) -> Result<Vec<Fact>, StoreError> {
        self.journal.facts()
    }

    /// Turns the journal into the finished files. If this fails or is cut off, the partial run remains.
    ///
    /// # Errors
    /// A file cannot be written, or the journal cannot be read back.
    pub fn finish(
        mut self,
        summary: &Summary,
        verdict: &Verdict,
        finished_at: UnixNanos,
    ) -> Result<(), StoreError> {
        self.finish_with(finished_at, None, |_| (summary.clone(), verdict.clone())).map(|_| ())
    }

    /// Says which part of the run its figures are about. To be called before it is finished.
    pub const fn set_window(&mut self, window: FigureWindow) {
        self.manifest.window = Some(window);
    }

    /// The same with figures computed on the way, of facts that never are in memory all at once: `judge` says what
    /// they are worth. `lag` is how late the generator was, if that was measured. To be called once; after an error
    /// [`RunWriter::facts`] still has what was measured.
    ///
    /// # Errors
    /// A file cannot be written, or the journal cannot be read back.
    pub fn finish_with(
        &mut self,
        finished_at: UnixNanos,
        lag: Option<ScheduleLag>,
        judge: impl FnOnce(Summary) -> (Summary, Verdict),
    ) -> Result<(Summary, Verdict), StoreError> {
        let Self { dir, manifest, journal, series } = self;
        // A run that lacks facts must not look finished.
        journal.check()?;
        let journal_path = dir.join(files::JOURNAL);
        let (facts, torn) = sorter::of_journal(&journal_path, dir)?;
        if torn {
            return Err(StoreError::damaged(&journal_path, "the last line is cut off"));
        }
        let mut figures = manifest.summary_builder();
        let mut digest = Digest::default();
        let mut tables = Tables::create(dir)?;
        listeners::group(facts, |facts| {
            facts.summarise_into(&mut figures);
            digest.add(&facts);
            digest.put_away(dir)?;
            tables.add(facts)
        })?;
        let (summary, mut verdict) = judge(figures.finish(lag));
        verdict.notes.extend(manifest.facts_kept_note());
        digest.into_manifest(manifest)?;
        manifest.partial = false;
        manifest.finished_at = Some(finished_at.naive());
        manifest.finished_at_utc = Some(finished_at.utc());
        manifest.summary = Some(summary.clone());
        manifest.verdict = Some((&verdict).into());

        // The journal goes last: until then run.json says partial and the journal holds everything.
        let mut seals = tables.finish()?;
        if manifest.has_incidents_file() {
            seals.insert(files::INCIDENTS.to_owned(), FileSeal::of(&dir.join(files::INCIDENTS))?);
        }
        if let Some(series) = series {
            seals.insert(files::SERIES.to_owned(), series.write(dir)?);
        }
        manifest.write_sealed(dir, seals)?;
        files::remove(&journal_path)?;
        Ok((summary, verdict))
    }

    fn write_manifest(&self) -> Result<(), StoreError> {
        self.manifest.write(&self.dir)
    }
}

/// The four files of columns as they are written.
struct Tables {
    blocks: TableWriter<BlockRecord>,
    stalls: TableWriter<StallRecord>,
    errors: TableWriter<ErrorRecord>,
    listeners: TableWriter<ListenerRecord>,
}

impl Tables {
    fn create(dir: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            blocks: TableWriter::create(&tables::BLOCKS, dir.join(files::BLOCKS))?,
            stalls: TableWriter::create(&tables::STALLS, dir.join(files::STALLS))?,
            errors: TableWriter::create(&tables::ERRORS, dir.join(files::ERRORS))?,
            listeners: TableWriter::create(&tables::LISTENERS, dir.join(files::LISTENERS))?,
        })
    }

    fn add(&mut self, facts: ListenerFacts) -> Result<(), StoreError> {
        facts.blocks.into_iter().try_for_each(|row| self.blocks.push(row))?;
        facts.stalls.into_iter().try_for_each(|row| self.stalls.push(row))?;
        facts.errors.into_iter().try_for_each(|row| self.errors.push(row))?;
        facts.session.into_iter().try_for_each(|row| self.listeners.push(row))
    }

    fn finish(self) -> Result<FileSeals, StoreError> {
        let seals = [
            (files::BLOCKS, self.blocks.finish()?),
            (files::STALLS, self.stalls.finish()?),
            (files::ERRORS, self.errors.finish()?),
            (files::LISTENERS, self.listeners.finish()?),
        ];
        Ok(seals.into_iter().map(|(name, seal)| (name.to_owned(), seal)).collect())
    }
}
