//! From what was typed to the folders of runs: one rule for every verb.
//!
//! A name is a folder, a folder's name below the results folder, `latest`, or a tag; of a suite its own name as well. In
//! `FOLDER/NAME` the name is looked for in that folder, which lies in the current folder or among the results.

use std::path::{Component, Path, PathBuf};

use claque_run::usage::UsageError;
use claque_store::{
    CapacityFolder, RunHead, StoreError, SuiteFolder, TuneFolder, is_suite, list, list_capacities,
    list_suites, list_tunes, short_name,
};

use crate::{repeats, talk::say};

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
    let tagged: Vec<_> = kept.into_iter().filter(|run| run.tags.contains(&wanted)).collect();
    repeats::all_of_scenario(&dir, &wanted, &tagged)?;
    let tagged: Vec<_> = tagged.into_iter().map(|run| run.dir).collect();
    if tagged.is_empty() { Err(not_there(name, &dir).into()) } else { Ok(tagged) }
}

/// What is told of by a verb that takes runs and suites.
#[derive(Debug)]
pub(crate) enum Kept {
    /// The folder of a run.
    Run(PathBuf),
    /// The folder of a suite.
    Suite(PathBuf),
}

/// The run or the suite that is meant by `name`. `latest` is the newest run, and the newest suite where there is no run.
///
/// # Errors
/// There is none, or several could be meant.
pub(crate) fn run_or_suite(name: &str, dir: &Path) -> anyhow::Result<Kept> {
    match suite_unless_run(name, dir)? {
        Some(suite) => Ok(Kept::Suite(suite)),
        None => run(name, dir).map(Kept::Run),
    }
}

/// The suite that is meant by `name`, if one is and no run.
///
/// # Errors
/// Several could be meant, or a run as well.
pub(crate) fn suite_unless_run(name: &str, dir: &Path) -> anyhow::Result<Option<PathBuf>> {
    if folder_of_run(name, dir).is_some() {
        return Ok(None);
    }
    let Some(suite) = suite_called(name, dir)? else { return Ok(None) };
    if folder(name, dir, is_suite).is_some() {
        return Ok(Some(suite));
    }
    let (dir, wanted) = within(name, dir);
    let (runs, _) = list(&dir)?;
    if wanted == LATEST {
        return Ok(runs.is_empty().then_some(suite));
    }
    match runs.into_iter().find(|run| run.tags.contains(&wanted)) {
        None => Ok(Some(suite)),
        Some(run) => Err(UsageError::new(format!(
            "{name} is the name of a suite, {}, and of a run, {}; give the folder of the one that is meant",
            short_name(&suite),
            short_name(&run.dir)
        ))
        .into()),
    }
}

/// The suite that is meant by `name`: a folder, a name in `dir`, `latest`, a tag, which only one has, or its own name where no
/// other is called the same.
///
/// # Errors
/// There is none, or several could be meant.
pub(crate) fn suite(name: &str, dir: &Path) -> anyhow::Result<PathBuf> {
    suite_called(name, dir)?.ok_or_else(|| {
        // What cannot be read may be the one that is meant.
        list_suites(dir).into_iter().flat_map(|(_, errors)| errors).for_each(left_out);
        UsageError::new(format!(
            "there is no suite `{name}`: neither a folder with a suite.json, nor a name or a baseline in {}; `claque runs` lists \
             them",
            dir.display()
        ))
        .into()
    })
}

fn suite_called(name: &str, dir: &Path) -> anyhow::Result<Option<PathBuf>> {
    if let Some(folder) = folder(name, dir, is_suite) {
        return Ok(Some(folder));
    }
    let (dir, wanted) = within(name, dir);
    let (suites, _) = list_suites(&dir)?;
    let is_tagged = |suite: &&SuiteFolder| wanted == LATEST || suite.tags.contains(&wanted);
    if let Some(suite) = suites.iter().find(is_tagged) {
        return Ok(Some(suite.dir.clone()));
    }
    let mut called = suites.into_iter().filter(|suite| suite.manifest.name == wanted).map(|suite| suite.dir);
    let (first, others) = (called.next(), called.map(|dir| short_name(&dir)).collect::<Vec<_>>());
    match first {
        Some(first) if !others.is_empty() => Err(UsageError::new(format!(
            "several suites are called {wanted}: {}, {}; name one of them by its folder",
            short_name(&first),
            others.join(", ")
        ))
        .into()),
        first => Ok(first),
    }
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
    if let Ok(Some(suite)) = suite_called(name, dir) {
        return UsageError::new(format!(
            "{name} is a suite, and a run is wanted: name one of those in {}, which `claque runs --output-dir {}` lists",
            suite.display(),
            suite.display()
        ));
    }
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
    errors.into_iter().for_each(left_out);
    Ok(runs)
}

/// The suites in a folder, newest first. What cannot be read is said and left out.
///
/// # Errors
/// The folder cannot be listed.
pub(crate) fn suites_in(dir: &Path) -> anyhow::Result<Vec<SuiteFolder>> {
    let (suites, errors) = list_suites(dir)?;
    errors.into_iter().for_each(left_out);
    Ok(suites)
}

/// The searches for capacities in a folder, newest first. What cannot be read is said and left out.
///
/// # Errors
/// The folder cannot be listed.
pub(crate) fn searches_in(dir: &Path) -> anyhow::Result<Vec<CapacityFolder>> {
    let (searches, errors) = list_capacities(dir)?;
    errors.into_iter().for_each(left_out);
    Ok(searches)
}

/// The same of searches for cheapest settings.
///
/// # Errors
/// The folder cannot be listed.
pub(crate) fn tunes_in(dir: &Path) -> anyhow::Result<Vec<TuneFolder>> {
    let (tunes, errors) = list_tunes(dir)?;
    errors.into_iter().for_each(left_out);
    Ok(tunes)
}

#[expect(clippy::needless_pass_by_value, reason = "it ends here")]
fn left_out(error: StoreError) {
    say(&format!("warning: left out: {error}"));
}
