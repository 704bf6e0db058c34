//! What a list of runs tells of each: `run.json` without what there is much of.

use std::{
    fs,
    path::{Path, PathBuf},
};

use claque_stats::Summary;
use serde::Deserialize;

use crate::{
    error::StoreError,
    files,
    manifest::{Manifest, RunConfig, SavedVerdict},
    tags::tags,
};

/// A run among others.
#[derive(Clone, Debug)]
pub struct RunHead {
    /// Its folder.
    pub dir: PathBuf,
    /// Whether it was not finished.
    pub partial: bool,
    /// The older script's five settings.
    pub config: RunConfig,
    /// When it started, with the zone.
    pub started_at_utc: String,
    /// Address of the service.
    pub target: String,
    /// The whole scenario.
    pub scenario: serde_json::Value,
    /// Whether the figures can be trusted.
    pub verdict: Option<SavedVerdict>,
    /// Every figure.
    pub summary: Option<Summary>,
    /// Names that users gave it.
    pub tags: Vec<String>,
}

#[derive(Deserialize)]
struct Fields {
    partial: bool,
    config: RunConfig,
    started_at_utc: String,
    target: String,
    #[serde(default)]
    scenario: serde_json::Value,
    verdict: Option<SavedVerdict>,
    summary: Option<Summary>,
}

/// The runs whose folders are in `dir`, newest first, and what was wrong with those that cannot be read. A folder that
/// does not exist holds none.
///
/// # Errors
/// The folder cannot be listed.
pub fn list(dir: &Path) -> Result<(Vec<RunHead>, Vec<StoreError>), StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(source) => return Err(StoreError::io("list", dir, source)),
    };
    let (mut heads, mut errors) = (Vec::new(), Vec::new());
    for entry in entries {
        let folder = entry.map_err(|source| StoreError::io("list", dir, source))?.path();
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
    let path = dir.join(files::RUN);
    let bytes = fs::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
    Manifest::check_version(&bytes, &path)?;
    let fields: Fields = serde_json::from_slice(&bytes).map_err(|error| StoreError::damaged(&path, error))?;
    let Fields { partial, config, started_at_utc, target, scenario, verdict, summary } = fields;
    let tags = tags(dir)?;
    Ok(RunHead {
        dir: dir.to_owned(),
        partial,
        config,
        started_at_utc,
        target,
        scenario,
        verdict,
        summary,
        tags,
    })
}

/// Removes the run in `dir`: the files that claque makes, and the folder if nothing else is in it. Whether the folder
/// is gone.
///
/// # Errors
/// A file cannot be removed.
pub fn remove(dir: &Path) -> Result<bool, StoreError> {
    // run.json goes last: what is left half removed is still known as a run.
    for name in files::ALL {
        let path = dir.join(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("remove", &path, source));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(fs::remove_dir(dir).is_ok())
}
