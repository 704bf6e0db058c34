//! Reading a run back, finished or killed.

use std::{collections::BTreeMap, env, io, path::Path};

use claque_core::{
    ids::ListenerId,
    record::{Fact, IncidentRecord},
};
use claque_stats::{Observations, ObservationsBuilder, RunShape, ScheduleLag, Summary, Verdict};

use crate::{
    ahead::Rows,
    columns::TableReader,
    error::StoreError,
    files,
    integrity::{Changes, Integrity, Kind, differing},
    journal,
    listeners::{self, ListenerFacts, by_listener},
    manifest::{Manifest, expects_streams, expects_turns},
    measured::Measured,
    seal::{self, FileSeal, FileSeals, Scrutiny},
    sorter,
    tables::{self, ErrorRow, ListenerRow},
};

/// A run as it lies on disk.
#[derive(Clone, Debug)]
pub struct Run {
    /// All of `run.json`.
    pub manifest: Manifest,
    /// Every fact. Of a finished run: blocks, stalls, errors, incidents, listeners; of a partial one: as they came.
    pub facts: Vec<Fact>,
    /// Whether the run did not come to its end, so that facts are missing.
    pub partial: bool,
    /// Whether the journal broke off in the middle of a line.
    pub torn: bool,
}

impl Run {
    /// The denominators.
    #[must_use]
    pub const fn shape(&self) -> RunShape {
        self.manifest.config.shape()
    }

    /// Computes the figures anew from the facts. The generator's own lateness is in no fact and comes from the
    /// saved summary; of a partial run it is not known.
    #[must_use]
    pub fn recompute(&self) -> Summary {
        let mut figures = self.manifest.summary_builder();
        if self.manifest.window.is_some() {
            by_listener(&self.facts).iter().for_each(|facts| facts.summarise_into(&mut figures));
        } else {
            self.facts.iter().for_each(|fact| figures.add(fact));
        }
        with_unfactual(&self.manifest, figures.finish(self.saved_lag()))
    }

    /// What each listener went through.
    #[must_use]
    pub fn observe(&self) -> Observations {
        let mut observed = ObservationsBuilder::new(self.shape());
        if expects_streams(&self.manifest.scenario) {
            observed.expect_streams();
        }
        if expects_turns(&self.manifest.scenario) {
            observed.expect_turns();
        }
        self.facts.iter().for_each(|fact| observed.add(fact));
        match self.manifest.window {
            Some(window) => observed.finish_within(window),
            None => observed.finish(),
        }
    }

    /// What tells it from every other run; none where nothing was measured.
    #[must_use]
    pub fn measured(&self) -> Option<Measured> {
        Measured::of(&self.facts)
    }

    fn saved_lag(&self) -> Option<ScheduleLag> {
        self.manifest.summary.as_ref().and_then(|summary| summary.schedule_lag)
    }
}

/// Reads the run in `dir`.
///
/// # Errors
/// There is no run, it is of a newer format, a file of it is damaged or cannot be read, or it is not what was written. A last line of
/// the journal that was cut off is no error.
pub fn open(dir: &Path) -> Result<Run, StoreError> {
    let manifest = open_manifest(dir)?;
    manifest.integrity.refuse(dir)?;
    facts_of(dir, manifest)
}

/// The same of a run as it lies there, also where it is not what was written: to be shown as INVALID, and for no conclusion.
///
/// # Errors
/// As [`open`] otherwise.
pub fn open_as_found(dir: &Path) -> Result<Run, StoreError> {
    facts_of(dir, open_manifest(dir)?)
}

fn facts_of(dir: &Path, manifest: Manifest) -> Result<Run, StoreError> {
    manifest.has_all_facts(dir)?;
    if manifest.partial {
        let contents = journal::read(&dir.join(files::JOURNAL))?;
        return Ok(Run { manifest, facts: contents.facts, partial: true, torn: contents.torn });
    }
    let facts = finished_facts(dir, &manifest)?;
    Ok(Run { manifest, facts, partial: false, torn: false })
}

/// A folder without the file is no run; anything else is trouble with the file.
pub(crate) fn not_read(dir: &Path, path: &Path, source: io::Error) -> StoreError {
    let absent = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&source.kind());
    if absent {
        StoreError::NotARunFolder { path: dir.to_owned() }
    } else {
        StoreError::io("read", path, source)
    }
}

/// Reads `run.json` alone, and whether it and the files beside it are what was written. If they are not, its verdict says so.
///
/// # Errors
/// As [`open_as_found`].
pub fn open_manifest(dir: &Path) -> Result<Manifest, StoreError> {
    let path = dir.join(files::RUN);
    let bytes = files::read(&path).map_err(|source| not_read(dir, &path, source))?;
    let mut manifest = Manifest::decode(&bytes, &path)?;
    let found = seal::hold(&bytes, &path, dir, Scrutiny::Full)?;
    manifest.integrity = match Integrity::of(found, Kind::of_listeners(manifest.facts_kept.as_ref())) {
        Integrity::Unsealed => of_unsealed(dir, &manifest)?,
        other @ (Integrity::Whole | Integrity::Changed(_)) => other,
    };
    let saved = manifest.verdict.take().map(|verdict| verdict.unless_partial(manifest.partial));
    manifest.verdict = manifest.integrity.judge(saved);
    if !manifest.partial
        && let (Some(note), Some(verdict)) = (manifest.facts_kept_note(), &mut manifest.verdict)
        && !verdict.notes.contains(&note)
    {
        verdict.notes.push(note);
    }
    Ok(manifest)
}

/// A run without a seal: one that goes on or was killed, or an older one, whose facts have to come to its figures.
fn of_unsealed(dir: &Path, manifest: &Manifest) -> Result<Integrity, StoreError> {
    if lacks_its_seal(dir, manifest.partial) {
        return Ok(Integrity::without_its_seal(Kind::Run));
    }
    if manifest.partial {
        return Ok(Integrity::Whole);
    }
    let Some(saved) = manifest.summary.as_ref().filter(|_| manifest.facts_kept.is_none()) else {
        return Ok(Integrity::Unsealed);
    };
    Ok(Integrity::of_figures(differing(saved, &figures_of(dir, manifest)?), Kind::Run))
}

/// Whether a run without a seal once had one: its columns know. Those of a run that was killed while it was finished do, too, but the
/// journal that goes last is there then.
pub(crate) fn lacks_its_seal(dir: &Path, partial: bool) -> bool {
    let is_being_finished = partial && dir.join(files::JOURNAL).exists();
    !is_being_finished
        && TableReader::open(&tables::BLOCKS, dir.join(files::BLOCKS)).is_ok_and(|table| table.is_sealed())
}

/// Calls `each` with all facts of one listener after the other, in order of their numbers. Of a finished run no more
/// than a few row groups are in memory at once; of a partial one a part of its journal, the rest waits in a file.
///
/// # Errors
/// A file cannot be read, is damaged or not what was written, the run did not keep everybody's facts, or `each` fails.
pub fn for_each_listener(
    dir: &Path,
    manifest: &Manifest,
    each: impl FnMut(&ListenerFacts) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    manifest.has_all_facts(dir)?;
    for_each_kept_listener(dir, manifest, each)
}

/// The same of those listeners whose facts were kept: no figure can be made of them.
///
/// # Errors
/// A file cannot be read, is damaged or not what was written, or `each` fails.
pub fn for_each_kept_listener(
    dir: &Path,
    manifest: &Manifest,
    each: impl FnMut(&ListenerFacts) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    manifest.integrity.refuse(dir)?;
    each_as_found(dir, manifest, each)
}

fn each_as_found(
    dir: &Path,
    manifest: &Manifest,
    mut each: impl FnMut(&ListenerFacts) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    if manifest.partial {
        // Not beside the journal: somebody may be writing there, or nobody may.
        let parts =
            tempfile::tempdir().map_err(|source| StoreError::io("write", &env::temp_dir(), source))?;
        let facts = sorter::of_partial(&dir.join(files::JOURNAL), parts.path())?;
        return listeners::group(facts, |facts| each(&facts));
    }
    let is_sorted = TableReader::open(&tables::BLOCKS, dir.join(files::BLOCKS))?.is_sorted();
    if !is_sorted || !dir.join(files::LISTENERS).exists() {
        let facts = finished_facts(dir, manifest)?;
        return by_listener(&facts).iter().try_for_each(each);
    }
    let mut incidents: BTreeMap<ListenerId, Vec<IncidentRecord>> = BTreeMap::new();
    for record in incidents_of(dir, manifest)? {
        incidents.entry(record.listener).or_default().push(record);
    }
    let mut blocks = Rows::ahead(&tables::BLOCKS, dir.join(files::BLOCKS))?;
    let mut stalls = Rows::ahead(&tables::STALLS, dir.join(files::STALLS))?;
    let mut errors = Rows::ahead(&tables::ERRORS, dir.join(files::ERRORS))?;
    let mut sessions = Rows::ahead(&tables::LISTENERS, dir.join(files::LISTENERS))?;
    let mut facts = ListenerFacts::new(ListenerId(0));
    let mut session = Vec::new();
    loop {
        let incident = incidents.first_key_value().map(|(listener, _)| *listener);
        let next =
            [blocks.listener()?, stalls.listener()?, errors.listener()?, sessions.listener()?, incident];
        let Some(listener) = next.into_iter().flatten().min() else { return Ok(()) };
        facts.reset(listener);
        blocks.take(listener, &mut facts.blocks)?;
        stalls.take(listener, &mut facts.stalls)?;
        errors.take(listener, &mut facts.errors)?;
        facts.incidents = incidents.remove(&listener).unwrap_or_default();
        sessions.take(listener, &mut session)?;
        facts.session = session.pop();
        each(&facts)?;
    }
}

/// Computes figures and verdict of the run in `dir` anew from its facts, and writes them into its `run.json`; all else
/// stays as it is. `judge` is told the manifest as it was. Of a partial run nothing but the figures is new. Figures that were changed
/// are mended so, where everything else is what was written.
///
/// # Errors
/// The run cannot be read or written, or its facts may be another run's.
pub fn resummarise(
    dir: &Path,
    judge: impl FnOnce(&Manifest, &Summary) -> Verdict,
) -> Result<Manifest, StoreError> {
    let mut manifest = open_manifest(dir)?;
    if !manifest.integrity.changes().is_some_and(Changes::can_be_mended) {
        manifest.integrity.refuse(dir)?;
    }
    manifest.has_all_facts(dir)?;
    let summary = figures_of(dir, &manifest)?;
    manifest.verdict = Some((&judge(&manifest, &summary)).into());
    manifest.summary = Some(summary);
    manifest.integrity = Integrity::Whole;
    if manifest.partial {
        manifest.write(dir)?;
    } else {
        manifest.write_sealed(dir, seals_of(dir, &manifest)?)?;
    }
    Ok(manifest)
}

/// The figures that the facts come to.
fn figures_of(dir: &Path, manifest: &Manifest) -> Result<Summary, StoreError> {
    let mut figures = manifest.summary_builder();
    each_as_found(dir, manifest, |facts| {
        facts.summarise_into(&mut figures);
        Ok(())
    })?;
    let lag = manifest.summary.as_ref().and_then(|summary| summary.schedule_lag);
    Ok(with_unfactual(manifest, figures.finish(lag)))
}

/// The files of a finished run as they lie there. Older runs do not have all of them.
pub(crate) fn seals_of(dir: &Path, manifest: &Manifest) -> Result<FileSeals, StoreError> {
    let incidents = manifest.has_incidents_file().then_some(files::INCIDENTS);
    let names = [files::BLOCKS, files::STALLS, files::ERRORS, files::LISTENERS, files::SERIES];
    let names = names.into_iter().chain(incidents);
    let there = names.map(|name| (name, dir.join(name))).filter(|(_, path)| path.exists());
    there.map(|(name, path)| Ok((name.to_owned(), FileSeal::of(&path)?))).collect()
}

/// What else is in no fact: when the generator did not run, and of a file of the older script that nobody looked whose
/// messages were counted.
fn with_unfactual(manifest: &Manifest, figures: Summary) -> Summary {
    let generator_gap = manifest.summary.as_ref().and_then(|summary| summary.generator_gap.clone());
    let figures = Summary { generator_gap, ..figures };
    if manifest.is_imported() { figures.with_messages_unwatched() } else { figures }
}

fn finished_facts(dir: &Path, manifest: &Manifest) -> Result<Vec<Fact>, StoreError> {
    let mut facts: Vec<Fact> = Vec::new();
    let blocks = TableReader::open(&tables::BLOCKS, dir.join(files::BLOCKS))?;
    facts.extend(blocks.rows()?.into_iter().map(Fact::Block));
    let stalls = TableReader::open(&tables::STALLS, dir.join(files::STALLS))?;
    facts.extend(stalls.rows()?.into_iter().map(Fact::Stall));
    facts.extend(incidents_of(dir, manifest)?.into_iter().map(Fact::Incident));
    if dir.join(files::LISTENERS).exists() {
        let errors = TableReader::open(&tables::ERRORS, dir.join(files::ERRORS))?;
        facts.extend(errors.rows()?.into_iter().map(Fact::Error));
        let listeners = TableReader::open(&tables::LISTENERS, dir.join(files::LISTENERS))?;
        facts.extend(listeners.rows()?.into_iter().map(Fact::Listener));
        return Ok(facts);
    }
    // Before these two were files, run.json had all of them.
    let damaged = |what| StoreError::damaged(&dir.join(files::RUN), what);
    for row in manifest.errors.iter().cloned() {
        facts.push(Fact::Error(ErrorRow::into_record(row).map_err(damaged)?));
    }
    for row in manifest.listeners.iter().cloned() {
        let record = ListenerRow::into_record(row);
        facts.push(Fact::Listener(record.map_err(damaged)?));
    }
    Ok(facts)
}

fn incidents_of(dir: &Path, manifest: &Manifest) -> Result<Vec<IncidentRecord>, StoreError> {
    let damaged = |what| StoreError::damaged(&dir.join(files::RUN), what);
    let here = manifest.incidents.iter().cloned();
    let mut all: Vec<_> =
        here.map(|row| IncidentRecord::try_from(row).map_err(damaged)).collect::<Result<_, _>>()?;
    if manifest.has_incidents_file() {
        all.extend(journal::read_incidents(&dir.join(files::INCIDENTS))?);
    }
    Ok(all)
}
