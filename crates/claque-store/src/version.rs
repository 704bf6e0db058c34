//! Of which version and kind a file of JSON is, looked at before anything else in it is understood.

use std::path::Path;

use serde::Deserialize;

use crate::{FORMAT_VERSION, error::StoreError};

/// Whether a `run.json` is of a version and of the kind that can be read. Runs of listeners name no kind.
pub(crate) fn check_version(
    bytes: &[u8],
    path: &Path,
    wanted: Option<&'static str>,
) -> Result<(), StoreError> {
    const LISTENERS: &str = "listeners";
    let found = kind(bytes, path)?;
    if found.as_deref() == wanted {
        return Ok(());
    }
    Err(StoreError::OtherKind {
        path: path.to_owned(),
        found: found.unwrap_or_else(|| LISTENERS.to_owned()),
        wanted: wanted.unwrap_or(LISTENERS),
    })
}

/// What a `run.json` of a version that can be read says of its kind.
pub(crate) fn kind(bytes: &[u8], path: &Path) -> Result<Option<String>, StoreError> {
    #[derive(Deserialize)]
    struct Versioned {
        format_version: Option<u64>,
        kind: Option<String>,
    }
    let versioned: Versioned =
        serde_json::from_slice(bytes).map_err(|error| StoreError::damaged(path, error))?;
    match versioned.format_version {
        None => Err(StoreError::NoFormatVersion { path: path.to_owned() }),
        Some(found) if found > u64::from(FORMAT_VERSION) => {
            Err(StoreError::NewerFormat { path: path.to_owned(), found, known: FORMAT_VERSION })
        }
        Some(_) => Ok(versioned.kind),
    }
}
