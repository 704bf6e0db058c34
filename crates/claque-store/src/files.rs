//! Names of the files of a run, and writing one so that it is whole or not there.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use crate::error::StoreError;

pub(crate) const RUN: &str = "run.json";
pub(crate) const JOURNAL: &str = "facts.jsonl";
/// Documents that must be deleted.
pub(crate) const LEFT: &str = "documents.jsonl";
/// Beside the folders of runs.
pub(crate) const KEPT: &str = "documents-kept.jsonl";
pub(crate) const BLOCKS: &str = "blocks.parquet";
pub(crate) const STALLS: &str = "stalls.parquet";
pub(crate) const LISTENERS: &str = "listeners.parquet";
pub(crate) const ERRORS: &str = "errors.parquet";
/// Only where there are too many for `run.json`, which says so by this key.
pub(crate) const INCIDENTS: &str = "incidents.jsonl";
pub(crate) const INCIDENTS_KEY: &str = "incidents";
/// In place of the four above in runs over documents.
pub(crate) const PAGES: &str = "pages.parquet";
/// Figures of others, where somebody was to be asked for them.
pub(crate) const SERIES: &str = "series.parquet";
pub(crate) const TAGS: &str = "tags.txt";
/// What a listener heard, where somebody wanted to know.
pub(crate) const HEARD: &str = "heard.ogg";
/// In place of `run.json` in the folder of a suite.
pub(crate) const SUITE: &str = "suite.json";
pub(crate) const CAPACITY: &str = "capacity.json";
pub(crate) const CAPACITY_PAGE: &str = "capacity.html";
pub(crate) const TUNE: &str = "tune.json";
pub(crate) const TUNE_PAGE: &str = "tune.html";

/// Everything claque leaves in a run's folder, `run.json` last.
pub(crate) const ALL: [&str; 12] =
    [JOURNAL, BLOCKS, STALLS, LISTENERS, ERRORS, INCIDENTS, PAGES, SERIES, TAGS, HEARD, "report.html", RUN];

/// Those with facts and series, which the seal of a finished run tells of.
pub(crate) const FACTS: [&str; 7] = [BLOCKS, STALLS, LISTENERS, ERRORS, INCIDENTS, PAGES, SERIES];

/// Writes `bytes` beside `path` and renames: a reader, or a crash, sees the old file or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let beside = beside(path);
    let mut file = fs::File::create(&beside).map_err(|source| StoreError::io("create", &beside, source))?;
    file.write_all(bytes).map_err(|source| StoreError::io("write", &beside, source))?;
    file.sync_all().map_err(|source| StoreError::io("write", &beside, source))?;
    fs::rename(&beside, path).map_err(|source| StoreError::io("rename to", path, source))
}

/// Longest file read whole. A result of the older script or a `run.json` of a million listeners is shorter.
const MOST: u64 = 1 << 30;

/// Reads a file whole: what lies in a shared folder may be a device or a pipe, or have no end.
///
/// # Errors
/// The system's, or that it is no file of that length.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before it is opened: opening a pipe waits for whoever writes to it.
    let found = fs::metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(MOST + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST {
        return Err(io::Error::other(format!("it is longer than {} MiB", MOST >> 20)));
    }
    Ok(bytes)
}

/// Everything in `dir`, in no order; nothing if it does not exist.
pub(crate) fn folders_in(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = |source| StoreError::io("list", dir, source);
    match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.map(|entry| entry.path()).map_err(failed)).collect(),
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(failed(source)),
    }
}

/// Removes a file; one that is not there is no error.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(StoreError::io("remove", path, source))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The name under which a file is written until it is whole.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}
