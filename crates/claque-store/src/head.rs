//! What a list of runs tells of each: `run.json` without what there is much of.

use std::{
    fs,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use claque_stats::{DocumentsSummary, Summary};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    documents,
    error::StoreError,
    files,
    integrity::{Changes, Integrity, Kind},
    manifest::RunConfig,
    reader::{lacks_its_seal, not_read, open_manifest},
    repeat::RepeatOf,
    seal::{self, Scrutiny},
    tags::tags,
    verdict::SavedVerdict,
    version::{check_version, kind},
};

/// A run among others.
#[derive(Clone, Debug)]
pub struct RunHead {
    /// Its folder.
    pub dir: PathBuf,
    /// Whether it was not finished.
    pub partial: bool,
    /// What it was over, and its figures.
    pub what: RunWhat,
    /// When it started, with the zone.
    pub started_at_utc: String,
    /// Address of the service.
    pub target: String,
    /// The whole scenario.
    pub scenario: serde_json::Value,
    /// Whether the figures can be trusted.
    pub verdict: Option<SavedVerdict>,
    /// Names that users gave it.
    pub tags: Vec<String>,
    /// Which repeat of a suite it was made as, if it was.
    pub repeat_of: Option<RepeatOf>,
    /// Whether the files with its facts are there and have an end; they are not read. Always of what was not finished, and of runs
    /// over documents.
    pub has_facts: bool,
    /// Whether the folder holds what was written, as far as a list looks: of large files beside `run.json` at their length, and of the
    /// facts of older runs not at all ([`RunHead::hold_against_facts`]). The verdict says so.
    pub integrity: Integrity,
}

/// The sort of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// To be read with [`crate::open`].
    Listeners,
    /// To be read with [`crate::open_documents`].
    Documents,
}

/// What a run was over, and every figure of it that is there.
#[derive(Clone, Debug)]
pub enum RunWhat {
    /// Listeners.
    Listeners {
        /// The older script's five settings.
        config: RunConfig,
        /// Every figure.
        summary: Option<Box<Summary>>,
    },
    /// Documents.
    Documents {
        /// The older script's settings.
        config: DocumentsConfig,
        /// Every figure.
        summary: Option<Box<DocumentsSummary>>,
    },
}

/// The older script's settings of a run over documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentsConfig {
    /// Pages of each document; of the largest when they differ, and 0 while nobody knows.
    pub pages: u32,
    /// Documents at a time.
    pub concurrent_docs: u32,
    /// Whether a language model was to rewrite the pages.
    pub ai_transform: bool,
}

#[derive(Deserialize)]
struct Fields {
    partial: bool,
    started_at_utc: String,
    target: String,
    #[serde(default)]
    scenario: serde_json::Value,
    verdict: Option<SavedVerdict>,
    #[serde(default)]
    facts_kept: Option<String>,
    #[serde(default)]
    repeat_of: Option<RepeatOf>,
}

#[derive(Deserialize)]
struct ListenerFields {
    config: RunConfig,
    summary: Option<Box<Summary>>,
}

#[derive(Deserialize)]
struct DocumentFields {
    #[serde(flatten)]
    config: DocumentsConfig,
    summary: Option<Box<DocumentsSummary>>,
}

/// The runs whose folders are in `dir`, newest first, and what was wrong with those that cannot be read. A folder that
/// does not exist holds none.
///
/// # Errors
/// The folder cannot be listed.
pub fn list(dir: &Path) -> Result<(Vec<RunHead>, Vec<StoreError>), StoreError> {
    let (mut heads, mut errors) = (Vec::new(), Vec::new());
    for folder in files::folders_in(dir)? {
        if folder.join(files::RUN).is_file() {
            match head(&folder) {
                Ok(head) => heads.push(head),
                Err(error) => errors.push(error),
            }
        }
    }
    heads.sort_by(|a, b| (&b.started_at_utc, &b.dir).cmp(&(&a.started_at_utc, &a.dir)));
    Ok((heads, errors))
}

/// The run in `dir`.
///
/// # Errors
/// It cannot be read, or a newer claque wrote it.
pub fn head(dir: &Path) -> Result<RunHead, StoreError> {
    let (path, bytes) = read(dir)?;
    let what = match kind_in(&bytes, &path)? {
        RunKind::Listeners => {
            let ListenerFields { config, summary } = fields(&bytes, &path)?;
            RunWhat::Listeners { config, summary }
        }
        RunKind::Documents => {
            let DocumentFields { config, summary } = fields(&bytes, &path)?;
            RunWhat::Documents { config, summary }
        }
    };
    let Fields { partial, started_at_utc, target, scenario, verdict, facts_kept, repeat_of } =
        fields(&bytes, &path)?;
    let tags = tags(dir)?;
    let is_documents = matches!(what, RunWhat::Documents { .. });
    let (kind, lacks_its_seal): (_, fn(&Path, bool) -> bool) = if is_documents {
        (Kind::Documents, documents::lacks_its_seal)
    } else {
        (Kind::of_listeners(facts_kept.as_ref()), lacks_its_seal)
    };
    let integrity = match Integrity::of(seal::hold(&bytes, &path, dir, Scrutiny::ForAList)?, kind) {
        Integrity::Unsealed if lacks_its_seal(dir, partial) => Integrity::without_its_seal(kind),
        Integrity::Unsealed if partial => Integrity::Whole,
        other @ (Integrity::Whole | Integrity::Unsealed | Integrity::Changed(_)) => other,
    };
    let verdict = integrity.judge(verdict.map(|verdict| verdict.unless_partial(partial)));
    let is_all_there = !integrity.changes().is_some_and(Changes::has_files_gone);
    let has_facts = is_all_there && (partial || is_documents || has_facts(dir));
    let dir = dir.to_owned();
    Ok(RunHead {
        dir,
        partial,
        what,
        started_at_utc,
        target,
        scenario,
        verdict,
        tags,
        repeat_of,
        has_facts,
        integrity,
    })
}

impl RunHead {
    /// Holds the figures of an older run, which has no seal, against its facts. Where there are too many of those for a list they are
    /// not read.
    pub fn hold_against_facts(&mut self) {
        let is_old = self.integrity == Integrity::Unsealed && matches!(self.what, RunWhat::Listeners { .. });
        let blocks = fs::metadata(self.dir.join(files::BLOCKS)).map_or(0, |found| found.len());
        if !is_old || !self.has_facts || blocks > seal::MOST_FOR_A_LIST {
            return;
        }
        match open_manifest(&self.dir) {
            Ok(manifest) => (self.integrity, self.verdict) = (manifest.integrity, manifest.verdict),
            Err(_) => self.has_facts = false,
        }
    }
}

/// Whether the columns of a finished run are there and end as such files do. Those of listeners and errors came later.
fn has_facts(dir: &Path) -> bool {
    let is_whole = |name: &str| ends_as_columns(&dir.join(name)).unwrap_or(false);
    let came_later = |name: &str| !dir.join(name).exists() || is_whole(name);
    is_whole(files::BLOCKS)
        && is_whole(files::STALLS)
        && came_later(files::LISTENERS)
        && came_later(files::ERRORS)
}

/// A Parquet file ends with the four bytes with which it begins (its format, section "File format").
fn ends_as_columns(path: &Path) -> io::Result<bool> {
    const MAGIC: [u8; 4] = *b"PAR1";
    let mut file = fs::File::open(path)?;
    let mut end = [0; MAGIC.len()];
    file.seek(SeekFrom::End(-4))?;
    file.read_exact(&mut end)?;
    Ok(end == MAGIC)
}

/// The sort of the run in `dir`.
///
/// # Errors
/// There is no run, or it is of a newer format or of an unknown sort.
pub fn run_kind(dir: &Path) -> Result<RunKind, StoreError> {
    let (path, bytes) = read(dir)?;
    kind_in(&bytes, &path)
}

/// The last part of a folder's path: the name under which a run or a suite is known.
pub fn short_name(folder: &Path) -> String {
    folder
        .file_name()
        .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn read(dir: &Path) -> Result<(PathBuf, Vec<u8>), StoreError> {
    let path = dir.join(files::RUN);
    let bytes = files::read(&path).map_err(|source| not_read(dir, &path, source))?;
    Ok((path, bytes))
}

fn kind_in(bytes: &[u8], path: &Path) -> Result<RunKind, StoreError> {
    if kind(bytes, path)?.as_deref() == Some(documents::KIND) {
        return Ok(RunKind::Documents);
    }
    check_version(bytes, path, None)?;
    Ok(RunKind::Listeners)
}

fn fields<T: DeserializeOwned>(bytes: &[u8], path: &Path) -> Result<T, StoreError> {
    serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))
}

/// Removes the run in `dir`: the files that claque makes, and the folder if nothing else is in it. Whether the folder
/// is gone.
///
/// # Errors
/// A file cannot be removed.
pub fn remove(dir: &Path) -> Result<bool, StoreError> {
    // run.json goes last: what is left half removed is still known as a run.
    for name in files::ALL {
        files::remove(&dir.join(name))?;
    }
    Ok(fs::remove_dir(dir).is_ok())
}
