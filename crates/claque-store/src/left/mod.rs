//! Documents that runs have made on services: what a killed run left there, and what was kept on purpose.
//!
//! [`DocumentJournal`] lies in a run's folder for as long as something may be left; [`KeptDocuments`] lies beside the
//! folders. Both are lines of JSON that are only ever appended to, each with the operating system before the call
//! returns, so that they outlive this process. Neither holds a secret.

mod journal;
mod kept;
mod known;

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};

pub use self::{
    journal::{
        DocumentJournal, ExtractionName, JournalHeader, JournalState, LeftBehind, LeftDocument,
        LeftExtraction, Unresolved,
    },
    kept::{KeptDocument, KeptDocuments},
    known::KnownServices,
};
use crate::{error::StoreError, files};

/// Appends one line.
fn append(file: &mut fs::File, path: &Path, line: &impl Serialize) -> Result<(), StoreError> {
    let mut bytes = serde_json::to_vec(line).map_err(|error| StoreError::encode(path, error))?;
    bytes.push(b'\n');
    file.write_all(&bytes).map_err(|source| StoreError::io("write", path, source))
}

/// Reads every whole line; none when there is no such file. Half a last line, as a kill leaves it, is ignored.
fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<Vec<T>>, StoreError> {
    // A link in a folder that others can write may lead anywhere, and what is read here is also written to.
    if path.is_symlink() {
        return Err(StoreError::io("open", path, io::Error::other("it is a link")));
    }
    let bytes = match files::read(path) {
        Ok(bytes) => bytes,
        Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StoreError::io("read", path, source)),
    };
    let text = String::from_utf8_lossy(&bytes);
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    let mut lines = Vec::new();
    for (line, number) in whole.lines().zip(1_u64..) {
        let line = serde_json::from_str(line)
            .map_err(|error| StoreError::damaged(path, format!("line {number}: {error}")))?;
        lines.push(line);
    }
    Ok(Some(lines))
}
