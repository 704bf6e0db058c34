//! The runs of each side.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{config::UsageError, find};

/// A run that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// As it was typed, or the folder's name where that was a tag.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

/// The runs of each side. `dir` is where they are looked for by name and tag.
///
/// # Errors
/// One is not there, or stands there twice.
pub(super) fn sides(typed: &[String], dir: &Path) -> anyhow::Result<Vec<Vec<Found>>> {
    let mut seen = BTreeMap::new();
    let mut sides = Vec::new();
    for side in typed {
        let mut runs = Vec::new();
        for name in names(side, dir) {
            for (shown, folder) in named(name, dir)? {
                let place = folder.canonicalize().unwrap_or_else(|_| folder.clone());
                if let Some(before) = seen.insert(place, shown.clone()) {
                    return Err(again(&shown, &before).into());
                }
                runs.push(Found { name: shown, folder });
            }
        }
        sides.push(runs);
    }
    Ok(sides)
}

/// A folder whose name has commas in it is one run.
fn names<'a>(side: &'a str, dir: &Path) -> Vec<&'a str> {
    if find::folder_of_run(side, dir).is_some() { vec![side] } else { side.split(',').collect() }
}

/// The runs that a name means, each as it is told: a tag says nothing of which run it is.
fn named(name: &str, dir: &Path) -> anyhow::Result<Vec<(String, PathBuf)>> {
    let folders = find::runs(name, dir)?;
    let typed = |folder: &Path| find::short_name(Path::new(name)) == find::short_name(folder);
    let shown =
        |folder: PathBuf| (if typed(&folder) { name.to_owned() } else { find::short_name(&folder) }, folder);
    Ok(folders.into_iter().map(shown).collect())
}

fn again(name: &str, before: &str) -> UsageError {
    let again = if before == name { "twice".to_owned() } else { format!("twice, also as {before}") };
    UsageError::new(format!(
        "the run {name} is there {again}; a run cannot be held against itself, nor repeat itself"
    ))
}
