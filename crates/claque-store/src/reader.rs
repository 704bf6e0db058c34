//! Reading a run back, finished or killed.

use std::{fs, io, path::Path};

use claque_core::record::Fact;
use claque_stats::{RunShape, ScheduleLag, Summary, summarise};

use crate::{
    error::StoreError,
    files, journal,
    manifest::Manifest,
    rows::{ErrorRow, ListenerRow, StallRow},
    tables,
};

/// A run as it lies on disk.
#[derive(Clone, Debug)]
pub struct Run {
    /// All of `run.json`.
    pub manifest: Manifest,
    /// Every fact. Of a finished run: blocks, stalls, errors, listeners; of a partial one: as they came.
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
        summarise(self.shape(), &self.facts, self.saved_lag())
    }

    fn saved_lag(&self) -> Option<ScheduleLag> {
        self.manifest.summary.as_ref().and_then(|summary| summary.schedule_lag)
    }
}

/// Reads the run in `dir`.
///
/// # Errors
/// There is no run, it is of a newer format, or a file of it is damaged or cannot be read. A last line of the
/// journal that was cut off is no error.
pub fn open(dir: &Path) -> Result<Run, StoreError> {
    let path = dir.join(files::RUN);
    let bytes = fs::read(&path).map_err(|source| not_read(dir, &path, source))?;
    let manifest = Manifest::decode(&bytes, &path)?;
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

fn finished_facts(dir: &Path, manifest: &Manifest) -> Result<Vec<Fact>, StoreError> {
    let blocks_path = dir.join(files::BLOCKS);
    let mut facts = Vec::new();
    for row in tables::read_blocks(&blocks_path)? {
        facts.push(Fact::Block(row.into_record().map_err(|what| StoreError::damaged(&blocks_path, what))?));
    }
    let stalls = tables::read_stalls(&dir.join(files::STALLS))?;
    facts.extend(stalls.into_iter().map(StallRow::into_record).map(Fact::Stall));
    facts.extend(manifest.errors.iter().cloned().map(ErrorRow::into_record).map(Fact::Error));
    for row in manifest.listeners.iter().cloned() {
        let record = ListenerRow::into_record(row);
        facts.push(Fact::Listener(record.map_err(|what| StoreError::damaged(&dir.join(files::RUN), what))?));
    }
    Ok(facts)
}
