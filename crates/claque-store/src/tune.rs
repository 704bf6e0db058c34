//! A search for the cheapest setting on disk: what it was for and what it came to. Its simulations are not kept.

use std::path::{Path, PathBuf};

use claque_stats::tune::{ModelUncertainty, TuneAnswer, TuneTerms};
use serde::{Deserialize, Serialize};

use crate::{
    ClaqueVersion, StoreError, files,
    integrity::{Integrity, Kind},
    seal::{self, Scrutiny},
    version::check_version,
};

/// What the file says of itself, so that nothing else is taken for one.
const KIND: &str = "tune";

/// A search that has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TuneManifest {
    /// The program that made it.
    pub claque: ClaqueVersion,
    /// When it began.
    pub started_at_utc: String,
    /// When it ended.
    pub finished_at_utc: String,
    /// The service and its audience, for people.
    pub about: String,
    /// What was varied.
    pub varied: Vec<TuneVaried>,
    /// The objectives, as they were written.
    pub objectives: Vec<String>,
    /// What an hour costs, for people.
    pub prices: String,
    /// The bounds of the search.
    pub terms: TuneTerms,
    /// What is known against the model, and what has no price.
    pub doubts: Vec<String>,
    /// What the runs know of how far the model may be off.
    pub uncertainty: ModelUncertainty,
    /// What was decided about every run, but for what is varied: of the first setting.
    pub scenario: serde_json::Value,
    /// What it came to.
    pub answer: TuneAnswer,
}

/// What was varied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TuneVaried {
    /// A flag's name, or the path of a setting of the gateway.
    pub name: String,
    /// Its values, as they are typed.
    pub values: Vec<String>,
}

/// A search with its folder.
#[derive(Clone, Debug)]
pub struct TuneFolder {
    /// Its folder.
    pub dir: PathBuf,
    /// What is in it.
    pub manifest: TuneManifest,
    /// Whether its file is what was written.
    pub integrity: Integrity,
}

/// The file: what it is before what it says.
#[derive(Serialize)]
struct TuneFile<'a> {
    /// Raised when a key changes its meaning or goes, not when one comes.
    format_version: u32,
    kind: &'static str,
    #[serde(flatten)]
    tune: &'a TuneManifest,
}

/// Writes the search into `dir`: a reader, or a crash, sees the whole file or none.
///
/// # Errors
/// The file cannot be written.
pub fn save_tune(dir: &Path, tune: &TuneManifest) -> Result<(), StoreError> {
    let path = dir.join(files::TUNE);
    let file = TuneFile { format_version: crate::FORMAT_VERSION, kind: KIND, tune };
    files::replace(&path, &seal::encode(&file, seal::FileSeals::new(), &path)?)
}

/// Whether there is a search for the cheapest setting in `dir`.
#[must_use]
pub fn is_tune(dir: &Path) -> bool {
    dir.join(files::TUNE).is_file()
}

/// The search in `dir`. Nothing of it can be worked out again, so that one whose file is not what was written says nothing.
///
/// # Errors
/// There is none, it is damaged, or a newer claque wrote it.
pub fn open_tune(dir: &Path) -> Result<TuneFolder, StoreError> {
    let path = dir.join(files::TUNE);
    let bytes = files::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
    check_version(&bytes, &path, Some(KIND))?;
    let manifest: TuneManifest =
        serde_json::from_slice(&bytes).map_err(|error| StoreError::damaged(&path, error))?;
    let integrity = match Integrity::of(seal::hold(&bytes, &path, dir, Scrutiny::Full)?, Kind::Tune) {
        // Every claque that writes such a file seals it.
        Integrity::Unsealed => Integrity::without_its_seal(Kind::Tune),
        found @ (Integrity::Whole | Integrity::Changed(_)) => found,
    };
    Ok(TuneFolder { dir: dir.to_owned(), manifest, integrity })
}

/// The searches for cheapest settings in a folder, newest first, and what is wrong with those that cannot be read.
///
/// # Errors
/// The folder cannot be listed.
pub fn list_tunes(dir: &Path) -> Result<(Vec<TuneFolder>, Vec<StoreError>), StoreError> {
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    for folder in files::folders_in(dir)?.into_iter().filter(|folder| is_tune(folder)) {
        match open_tune(&folder) {
            Ok(one) => found.push(one),
            Err(error) => errors.push(error),
        }
    }
    let began = |one: &TuneFolder| (one.manifest.started_at_utc.clone(), one.dir.clone());
    found.sort_by_key(|one| std::cmp::Reverse(began(one)));
    Ok((found, errors))
}

/// Takes a search away. Gives whether its folder is gone: what claque did not make stays.
///
/// # Errors
/// A file cannot be taken away.
pub fn remove_tune(dir: &Path) -> Result<bool, StoreError> {
    files::remove(&dir.join(files::TUNE_PAGE))?;
    files::remove(&dir.join(files::TUNE))?;
    Ok(std::fs::remove_dir(dir).is_ok())
}
