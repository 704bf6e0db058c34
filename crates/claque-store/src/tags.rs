//! Names that a user has given to a run: `tags.txt` in its folder, one a line. Not in `run.json`, so that naming a run
//! does not write its facts anew.

use std::{fs, io, path::Path};

use crate::{error::StoreError, files};

/// The tags of the run in `dir`, in the order in which they were given; none if it has none.
///
/// # Errors
/// The file cannot be read.
pub fn tags(dir: &Path) -> Result<Vec<String>, StoreError> {
    let path = dir.join(files::TAGS);
    match files::read(&path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            Ok(text.lines().map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect())
        }
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(StoreError::io("read", &path, source)),
    }
}

/// Gives the run in `dir` exactly these tags.
///
/// # Errors
/// The file cannot be written.
pub fn set_tags(dir: &Path, tags: &[String]) -> Result<(), StoreError> {
    let path = dir.join(files::TAGS);
    if tags.is_empty() {
        return match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove", &path, source))
            }
            Ok(()) | Err(_) => Ok(()),
        };
    }
    files::replace(&path, (tags.join("\n") + "\n").as_bytes())
}
