//! A search for a capacity on disk: what it is for, its runs, and what they come to. Its runs lie beside it, each in its own folder.

use std::path::{Path, PathBuf};

use claque_stats::capacity::{Answer, Evidence, ProbeOrder, SearchTerms};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ClaqueVersion, Measured, StoreError, UnixNanos, files, head,
    integrity::{Integrity, Kind},
    runs_within::{self, KnownRun},
    seal::{self, Scrutiny},
    version::check_version,
};

/// What the file says of itself, so that nothing else is taken for one.
const KIND: &str = "capacity";

/// A search: what it is for, its runs, and what they come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CapacityManifest {
    /// Version of the file; raised when a key changes its meaning or goes, not when one comes.
    pub format_version: u32,
    /// What the file is.
    pub kind: String,
    /// The program that began it.
    pub claque: ClaqueVersion,
    /// "real" or "virtual".
    pub time: String,
    /// The service, for people.
    pub target: String,
    /// When it began.
    pub started_at_utc: String,
    /// Null until the end.
    pub finished_at_utc: Option<String>,
    /// What the seeds of all runs hang from.
    pub seed: u64,
    /// The bounds of the search.
    pub terms: SearchTerms,
    /// The objectives, as they were written.
    pub objectives: Vec<String>,
    /// What was decided about every run.
    pub scenario: Value,
    /// The flags that it was begun with; absent where an older claque began it.
    #[serde(default)]
    pub asked: Option<AskedFlags>,
    /// In the order in which they were made.
    pub probes: Vec<ProbeRow>,
    /// Runs at the first number that failed, made again with no network between listeners and service; none where listeners had no networks.
    /// They are in no figure but in what gave way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub without_networks: Vec<ProbeRow>,
    /// What they come to; null until the end.
    pub answer: Option<Answer>,
}

/// The flags that a search was begun with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedFlags {
    /// As they were typed, `--workers=4`, without secrets and without hosts.
    pub flags: Vec<String>,
    /// The names of those that have to be typed again: `--base-url`.
    pub again: Vec<String>,
}

/// A run of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProbeRow {
    /// What was asked for.
    pub order: ProbeOrder,
    /// What its randomness hung from.
    pub seed: u64,
    /// The name of its folder; null where nobody was let in.
    pub folder: Option<String>,
    /// Which run is in it, [`crate::run_digest`]; absent where there is none, or an older claque made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What it showed.
    pub evidence: Evidence,
}

/// A search with its folder.
#[derive(Clone, Debug)]
pub struct CapacityFolder {
    /// Its folder.
    pub dir: PathBuf,
    /// What is in it.
    pub manifest: CapacityManifest,
    /// Whether its file is what was written, its runs are those that were made, and those that were read are whole.
    pub integrity: Integrity,
    /// What speaks against it, for people: where its file says something else than the facts of its runs.
    pub doubts: Vec<String>,
    /// What tells its runs from all others, with the names of their folders; empty while nobody has read their facts.
    pub measured: Vec<(Measured, String)>,
}

impl CapacityManifest {
    /// A search that begins at `started_at`, with no run made.
    #[must_use]
    pub fn new(
        time: &str,
        target: String,
        terms: SearchTerms,
        started_at: UnixNanos,
        claque_version: &str,
    ) -> Self {
        Self {
            format_version: crate::FORMAT_VERSION,
            kind: KIND.to_owned(),
            claque: ClaqueVersion { version: claque_version.to_owned() },
            time: time.to_owned(),
            target,
            started_at_utc: started_at.utc(),
            finished_at_utc: None,
            seed: 0,
            terms,
            objectives: Vec::new(),
            scenario: Value::Null,
            asked: None,
            probes: Vec::new(),
            without_networks: Vec::new(),
            answer: None,
        }
    }
}

/// Writes the search into `dir`: a reader, or a crash, sees the old file or the new one.
///
/// # Errors
/// The file cannot be written.
pub fn save_capacity(dir: &Path, capacity: &CapacityManifest) -> Result<(), StoreError> {
    let path = dir.join(files::CAPACITY);
    files::replace(&path, &seal::encode(capacity, seal::FileSeals::new(), &path)?)
}

/// Whether there is a search in `dir`.
#[must_use]
pub fn is_capacity(dir: &Path) -> bool {
    dir.join(files::CAPACITY).is_file()
}

/// The search in `dir`. If its file is not what was written, that is a doubt.
///
/// # Errors
/// There is none, it is damaged, or a newer claque wrote it.
pub fn open_capacity(dir: &Path) -> Result<CapacityFolder, StoreError> {
    opened(dir, Scrutiny::Full)
}

/// The same, looking as closely at the files of its runs as `scrutiny` says.
fn opened(dir: &Path, scrutiny: Scrutiny) -> Result<CapacityFolder, StoreError> {
    let path = dir.join(files::CAPACITY);
    let bytes = files::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
    check_version(&bytes, &path, Some(KIND))?;
    let manifest: CapacityManifest =
        serde_json::from_slice(&bytes).map_err(|error| StoreError::damaged(&path, error))?;
    let found = seal::hold(&bytes, &path, dir, Scrutiny::Full)?;
    let known = manifest.probes.iter().chain(&manifest.without_networks).filter_map(|probe| {
        Some(KnownRun { folder: probe.folder.as_deref()?, digest: probe.run.as_deref() })
    });
    let integrity = runs_within::integrity(dir, Kind::Capacity, found, known, scrutiny);
    let doubts = integrity.changes().map(ToString::to_string).into_iter().collect();
    Ok(CapacityFolder { dir: dir.to_owned(), manifest, integrity, doubts, measured: Vec::new() })
}

/// The searches in a folder, newest first, and what is wrong with those that cannot be read.
///
/// # Errors
/// The folder cannot be listed.
pub fn list_capacities(dir: &Path) -> Result<(Vec<CapacityFolder>, Vec<StoreError>), StoreError> {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for folder in files::folders_in(dir)?.into_iter().filter(|folder| is_capacity(folder)) {
        match opened(&folder, Scrutiny::ForAList) {
            Ok(one) => found.push(one),
            Err(error) => errors.push(error),
        }
    }
    let began = |one: &CapacityFolder| (one.manifest.started_at_utc.clone(), one.dir.clone());
    found.sort_by_key(|one| std::cmp::Reverse(began(one)));
    Ok((found, errors))
}

/// Takes a search away with its runs. Gives whether its folder is gone: what claque did not make stays, and so does a run that has left
/// documents on a service, and with it the search.
///
/// # Errors
/// A file cannot be taken away.
pub fn remove_capacity(dir: &Path) -> Result<bool, StoreError> {
    for folder in files::folders_in(dir)? {
        if folder.is_symlink() || folder.join(files::LEFT).is_file() {
            continue;
        }
        if folder.join(files::RUN).is_file() {
            head::remove(&folder)?;
        }
    }
    if files::folders_in(dir)?.iter().any(|folder| folder.join(files::LEFT).is_file()) {
        return Ok(false);
    }
    files::remove(&dir.join(files::CAPACITY_PAGE))?;
    files::remove(&dir.join(files::CAPACITY))?;
    Ok(std::fs::remove_dir(dir).is_ok())
}
