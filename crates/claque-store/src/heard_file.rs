//! What a listener heard, as a file beside the facts.

use std::{fs, io::Write as _, path::Path};

use crate::{
    error::StoreError,
    files,
    heard::HeardRecord,
    manifest::Manifest,
    reader::{open_manifest, seals_of},
    seal::{FileSeal, HashedFile},
};

/// What lies where the file should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeardFound {
    /// The file as it was written.
    Whole(Vec<u8>),
    /// Another one.
    Changed,
    /// None.
    Gone,
}

/// Puts the file into the folder of a finished run, and what it is into its `run.json`; all else stays as it is.
///
/// # Errors
/// The run cannot be read or is not finished, or a file cannot be written.
pub fn keep_heard(dir: &Path, record: HeardRecord, audio: &[u8]) -> Result<(), StoreError> {
    let mut manifest = open_manifest(dir)?;
    manifest.integrity.refuse(dir)?;
    if manifest.partial {
        return Err(StoreError::damaged(&dir.join(files::RUN), "the run is not finished"));
    }
    let path = dir.join(files::HEARD);
    files::replace(&path, audio)?;
    manifest.heard = Some(HeardRecord { file: Some(seal_of(audio, &path)?), ..record });
    manifest.write_sealed(dir, seals_of(dir, &manifest)?)
}

/// What lies in the folder of a run that says it has such a file.
///
/// # Errors
/// It cannot be read.
pub fn heard_audio(dir: &Path, manifest: &Manifest) -> Result<Option<HeardFound>, StoreError> {
    let Some(record) = &manifest.heard else { return Ok(None) };
    let path = dir.join(files::HEARD);
    let Ok(found) = fs::metadata(&path) else { return Ok(Some(HeardFound::Gone)) };
    // One of another length may have no end.
    let length = record.file.as_ref().map(FileSeal::bytes);
    if !found.is_file() || length != Some(found.len()) {
        return Ok(Some(HeardFound::Changed));
    }
    let audio = fs::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
    let is_whole = record.file.as_ref() == Some(&seal_of(&audio, &path)?);
    Ok(Some(if is_whole { HeardFound::Whole(audio) } else { HeardFound::Changed }))
}

fn seal_of(audio: &[u8], path: &Path) -> Result<FileSeal, StoreError> {
    let mut hashed = HashedFile::new(std::io::sink());
    hashed.write_all(audio).map_err(|source| StoreError::io("read", path, source))?;
    Ok(hashed.finish().1)
}
