//! From what was typed to the folders of runs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::config::UsageError;

/// A run that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// As it was typed.
    pub(super) name: String,
    pub(super) folder: PathBuf,
}

/// The runs of each side. `dir` is where they are looked for by name.
///
/// # Errors
/// One is not there, or stands there twice.
pub(super) fn sides(typed: &[String], dir: &Path) -> Result<Vec<Vec<Found>>, UsageError> {
    let mut seen = BTreeMap::new();
    let mut sides = Vec::new();
    for side in typed {
        let mut runs = Vec::new();
        for name in names(side, dir) {
            let folder = folder(name, dir)?;
            let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
            if let Some(before) = seen.insert(place, name) {
                let again =
                    if before == name { "twice".to_owned() } else { format!("twice, also as {before}") };
                return Err(UsageError::new(format!(
                    "the run {name} is there {again}; a run cannot be held against itself, nor repeat itself"
                )));
            }
            runs.push(Found { name: name.to_owned(), folder });
        }
        sides.push(runs);
    }
    Ok(sides)
}

/// A folder whose name has commas in it is one run.
fn names<'a>(side: &'a str, dir: &Path) -> Vec<&'a str> {
    if folder(side, dir).is_ok() { vec![side] } else { side.split(',').collect() }
}

fn folder(name: &str, dir: &Path) -> Result<PathBuf, UsageError> {
    let candidates = [PathBuf::from(name), dir.join(name)];
    let is_run = |folder: &&PathBuf| !name.trim().is_empty() && folder.join("run.json").is_file();
    candidates.iter().find(is_run).cloned().ok_or_else(|| {
        UsageError::new(format!(
            "failed to find the run `{name}`: neither {name} nor {} holds a run.json; give a run's folder, or its name and \
             --output-dir",
            dir.join(name).display()
        ))
    })
}
