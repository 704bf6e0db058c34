//! From what was typed to the folders of runs: one rule for every verb.
//!
//! A name is a folder, a folder's name below the results folder, `latest`, or a tag. In `FOLDER/NAME` the name is looked
//! for in that folder, which lies in the current folder or among the results.

use std::path::{Component, Path, PathBuf};

use claque_run::usage::UsageError;
use claque_store::{CapacityFolder, RunHead, is_suite, list, list_capacities, list_suites, short_name};

use crate::talk::say;

/// The name that means the newest.
pub(crate) const LATEST: &str = "latest";

/// What a tag must be, for errors.
pub(crate) const TAG_RULE: &str = "give letters, digits, -, _ and ., and not `latest`";

/// Whether it can be a tag, and so the name of a folder as well.
pub(crate) fn can_be_tag(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name != LATEST && name.chars().all(plain) && !name.starts_with(['.', '-'])
}

/// The one run that is meant by `name`; `dir` is where runs are kept.
///
/// # Errors
/// There is none, or several could be meant.
pub(crate) fn run(name: &str, dir: &Path) -> anyhow::Result<PathBuf> {
    let mut found = runs(name, dir)?;
    if found.len() > 1 {
        let names: Vec<_> = found.iter().map(|folder| short_name(folder)).collect();
        let words = format!("several runs have the tag {name}: {}; name one of them", names.join(", "));
        return Err(UsageError::new(words).into());
    }
    found.pop().ok_or_else(|| not_there(name, dir).into())
}

/// The runs that are meant by `name`, at least one; more only where it is a tag. The newest comes first.
///
/// # Errors
/// There is none.
pub(crate) fn runs(name: &str, dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if let Some(folder) = folder_of_run(name, dir) {
        return Ok(vec![folder]);
    }
    let (dir, wanted) = within(name, dir);
    let kept = all_in(&dir)?;
    if wanted == LATEST {
        let latest = kept.into_iter().next().map(|run| vec![run.dir]);
        return latest.ok_or_else(|| {
            UsageError::new(format!("there is no run in {}; make one with `claque run`", dir.display()))
                .into()
        });
    }
    let tagged = kept.into_iter().filter(|run| run.tags.contains(&wanted));
    let tagged: Vec<_> = tagged.map(|run| run.dir).collect();
    if tagged.is_empty() { Err(not_there(name, &dir).into()) } else { Ok(tagged) }
}

/// The suite that is meant by `name`: a folder, a name in `dir`, `latest`, or a tag, which only one has.
///
/// # Errors
/// There is none.
pub(crate) fn suite(name: &str, dir: &Path) -> anyhow::Result<PathBuf> {
    if let Some(folder) = folder(name, dir, is_suite) {
        return Ok(folder);
    }
    let (suites, errors) = list_suites(dir)?;
    for error in errors {
        say(&format!("warning: left out: {error}"));
    }
    let meant = |tags: &[String]| name == LATEST || tags.iter().any(|tag| tag == name);
    suites.into_iter().find(|suite| meant(&suite.tags)).map(|suite| suite.dir).ok_or_else(|| {
        UsageError::new(format!(
            "there is no suite `{name}`: neither a folder with a suite.json, nor a name or a baseline in {}",
            dir.display()
        ))
        .into()
    })
}

/// The run whose folder has this path, or this name in `dir`.
pub(crate) fn folder_of_run(name: &str, dir: &Path) -> Option<PathBuf> {
    folder(name, dir, |folder| folder.join("run.json").is_file())
}

/// The folder that has this path, or this name in `dir`.
pub(crate) fn folder_called(name: &Path, dir: &Path) -> Option<PathBuf> {
    folder(&name.to_string_lossy(), dir, Path::is_dir).or_else(|| name.is_dir().then(|| name.to_owned()))
}

/// The folder itself, or the one of this name in `dir`, if it is such a one.
fn folder(name: &str, dir: &Path, is_one: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let typed = (!name.trim().is_empty()).then(|| PathBuf::from(name));
    let candidates = [typed, below(name, dir)];
    candidates.into_iter().flatten().find(|folder| is_one(folder))
}

/// A path below `dir`; none if it would leave that.
fn below(name: &str, dir: &Path) -> Option<PathBuf> {
    let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    (inside && !name.is_empty()).then(|| dir.join(name))
}

/// Where to look for a tag, and which.
fn within(name: &str, dir: &Path) -> (PathBuf, String) {
    let split = name.rsplit_once('/').and_then(|(head, tail)| {
        let inner = folder(head, dir, Path::is_dir)?;
        (!head.is_empty() && !tail.is_empty()).then(|| (inner, tail.to_owned()))
    });
    split.unwrap_or_else(|| (dir.to_owned(), name.to_owned()))
}

fn not_there(name: &str, dir: &Path) -> UsageError {
    UsageError::new(format!(
        "there is no run `{name}`: neither a folder, nor a name or a tag in {}; `claque runs` lists them",
        dir.display()
    ))
}

/// The runs in a folder, newest first. What cannot be read is said and left out.
///
/// # Errors
/// The folder cannot be listed.
pub(crate) fn all_in(dir: &Path) -> anyhow::Result<Vec<RunHead>> {
    let (runs, errors) = list(dir)?;
    for error in errors {
        say(&format!("warning: left out: {error}"));
    }
    Ok(runs)
}

/// The searches for capacities in a folder, newest first. What cannot be read is said and left out.
///
/// # Errors
/// The folder cannot be listed.
pub(crate) fn searches_in(dir: &Path) -> anyhow::Result<Vec<CapacityFolder>> {
    let (searches, errors) = list_capacities(dir)?;
    for error in errors {
        say(&format!("warning: left out: {error}"));
    }
    Ok(searches)
}
