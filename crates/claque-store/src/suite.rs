//! A suite on disk: `suite.json` in its folder, beside the folders of its runs.
//!
//! It holds the whole plan and what became of each run, and is written anew, as a whole, whenever one has ended. So a
//! suite that was stopped or killed goes on where it was.

use std::path::{Path, PathBuf};

use claque_stats::objective::ObjectiveResult;
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    files,
    integrity::{Integrity, Kind},
    manifest::ClaqueVersion,
    runs_within::{self, KnownRun},
    seal::{self, Scrutiny},
    tags::tags,
    verdict::SavedVerdict,
    version::check_version,
    wall_time::UnixNanos,
};

/// What `kind` in the file says, so that nothing else is taken for one.
const KIND: &str = "suite";

/// A suite: its plan, and how far it has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteManifest {
    /// Version of the file, [`crate::FORMAT_VERSION`].
    pub format_version: u32,
    /// "suite".
    pub kind: String,
    /// What wrote it first.
    pub claque: ClaqueVersion,
    /// The suite's name.
    pub name: String,
    /// "real", or "virtual" for simulations.
    pub time: String,
    /// When it began, with the zone.
    pub started_at_utc: String,
    /// When its last run had ended; absent until then.
    pub finished_at_utc: Option<String>,
    /// The number that the order and the seeds of all runs hang from.
    pub seed: u64,
    /// "random" or "listed".
    pub order: String,
    /// Rest between two runs, in seconds.
    pub cool_down: f64,
    /// In the order of the suite's file.
    pub scenarios: Vec<SuiteScenario>,
    /// In the order in which they are made.
    pub runs: Vec<SuiteRun>,
}

/// A scenario of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteScenario {
    /// Its name, which no other has.
    pub name: String,
    /// How often it is run, at least once.
    pub repeats: u32,
    /// Everything that was decided about it, as in a run's `scenario`, but for the seed, which each repeat has of its own.
    pub settings: serde_json::Value,
}

/// A run of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteRun {
    /// Of which scenario.
    pub scenario: String,
    /// Which repeat of it, from 1.
    pub repeat: u32,
    /// The root of its randomness.
    pub seed: u64,
    /// How far it has come.
    #[serde(flatten)]
    pub state: SuiteRunState,
}

/// How far a run of a suite has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum SuiteRunState {
    /// It must be made yet, also when it was begun and stopped.
    Pending,
    /// It came to its end.
    Done {
        /// The name of its folder in the suite's.
        folder: String,
        /// Which run that is, [`crate::run_digest`]; absent where an older claque made it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        run: Option<String>,
        /// Whether its figures can be trusted.
        verdict: SavedVerdict,
        /// What came of the objectives, in their order.
        objectives: Vec<ObjectiveResult>,
    },
}

/// A suite among others.
#[derive(Clone, Debug)]
pub struct SuiteFolder {
    /// Its folder.
    pub dir: PathBuf,
    /// What is in it.
    pub manifest: SuiteManifest,
    /// Names that users gave it.
    pub tags: Vec<String>,
    /// Whether its file is what was written, and its runs are those that were made.
    pub integrity: Integrity,
}

impl SuiteManifest {
    /// A suite that begins at `started_at`, with nothing done and nothing planned.
    #[must_use]
    pub fn new(name: String, time: &str, started_at: UnixNanos, claque_version: &str) -> Self {
        Self {
            format_version: crate::FORMAT_VERSION,
            kind: KIND.to_owned(),
            claque: ClaqueVersion { version: claque_version.to_owned() },
            name,
            time: time.to_owned(),
            started_at_utc: started_at.utc(),
            finished_at_utc: None,
            seed: 0,
            order: String::new(),
            cool_down: 0.0,
            scenarios: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Puts down what became of the run in this place, and the end of the suite if nothing is left to do.
    ///
    /// # Panics
    /// There is no such run.
    pub fn set_done(&mut self, place: usize, done: SuiteRunState, at: UnixNanos) {
        self.runs[place].state = done;
        if self.runs.iter().all(SuiteRun::is_done) {
            self.finished_at_utc = Some(at.utc());
        }
    }
}

impl SuiteRun {
    /// Whether it came to its end.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        match self.state {
            SuiteRunState::Pending => false,
            SuiteRunState::Done { .. } => true,
        }
    }
}

/// Writes the suite into `dir`: a reader, or a crash, sees the old file or the new one.
///
/// # Errors
/// The file cannot be written.
pub fn save_suite(dir: &Path, suite: &SuiteManifest) -> Result<(), StoreError> {
    let path = dir.join(files::SUITE);
    files::replace(&path, &seal::encode(suite, seal::FileSeals::new(), &path)?)
}

/// Whether there is a suite in `dir`.
#[must_use]
pub fn is_suite(dir: &Path) -> bool {
    dir.join(files::SUITE).is_file()
}

/// The suite in `dir`.
///
/// # Errors
/// There is none, it is damaged, or a newer claque wrote it.
pub fn open_suite(dir: &Path) -> Result<SuiteFolder, StoreError> {
    opened(dir, Scrutiny::Full)
}

/// The same, looking as closely at the files of its runs as `scrutiny` says.
fn opened(dir: &Path, scrutiny: Scrutiny) -> Result<SuiteFolder, StoreError> {
    let path = dir.join(files::SUITE);
    let bytes = files::read(&path).map_err(|source| StoreError::io("read", &path, source))?;
    check_version(&bytes, &path, Some(KIND))?;
    let manifest: SuiteManifest =
        serde_json::from_slice(&bytes).map_err(|error| StoreError::damaged(&path, error))?;
    let found = seal::hold(&bytes, &path, dir, Scrutiny::Full)?;
    let known = manifest.runs.iter().filter_map(|run| match &run.state {
        SuiteRunState::Pending => None,
        SuiteRunState::Done { folder, run, .. } => Some(KnownRun { folder, digest: run.as_deref() }),
    });
    let integrity = runs_within::integrity(dir, Kind::Suite, found, known, scrutiny);
    Ok(SuiteFolder { dir: dir.to_owned(), manifest, tags: tags(dir)?, integrity })
}

/// The suites whose folders are in `dir`, newest first, and what was wrong with those that cannot be read. A folder
/// that does not exist holds none.
///
/// # Errors
/// The folder cannot be listed.
pub fn list_suites(dir: &Path) -> Result<(Vec<SuiteFolder>, Vec<StoreError>), StoreError> {
    let (mut suites, mut errors) = (Vec::new(), Vec::new());
    for folder in files::folders_in(dir)? {
        if is_suite(&folder) {
            match opened(&folder, Scrutiny::ForAList) {
                Ok(suite) => suites.push(suite),
                Err(error) => errors.push(error),
            }
        }
    }
    let key = |suite: &SuiteFolder| (suite.manifest.started_at_utc.clone(), suite.dir.clone());
    suites.sort_by_key(|suite| std::cmp::Reverse(key(suite)));
    Ok((suites, errors))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn suite(name: &str, started: u64) -> SuiteManifest {
        let run =
            |repeat| SuiteRun { scenario: "few".to_owned(), repeat, seed: 7, state: SuiteRunState::Pending };
        let scenario = SuiteScenario { name: "few".to_owned(), repeats: 2, settings: serde_json::json!({}) };
        let runs = vec![run(1), run(2)];
        let new = SuiteManifest::new(name.to_owned(), "virtual", UnixNanos(started), "0.1.0");
        SuiteManifest { scenarios: vec![scenario], runs, ..new }
    }

    fn done() -> SuiteRunState {
        let verdict = SavedVerdict { valid: true, validity: None, reasons: Vec::new(), notes: Vec::new() };
        SuiteRunState::Done { folder: "2026".to_owned(), run: None, verdict, objectives: Vec::new() }
    }

    #[test]
    fn what_was_saved_is_read_and_ends_with_its_last_run() {
        let dir = tempfile::tempdir().unwrap();
        let mut written = suite("night", 0);
        written.set_done(1, done(), UnixNanos(5));
        assert_eq!(written.finished_at_utc, None);
        written.set_done(0, done(), UnixNanos(6_000_000_000));
        save_suite(dir.path(), &written).unwrap();
        let read = open_suite(dir.path()).unwrap();
        assert_eq!(read.manifest, written);
        assert_eq!(read.manifest.finished_at_utc.as_deref(), Some("1970-01-01T00:00:06.000000Z"));
    }

    #[test]
    fn suites_are_listed_from_the_newest_and_a_damaged_one_is_named() {
        let dir = tempfile::tempdir().unwrap();
        for (name, started) in [("a", 1_000_000_000), ("b", 2_000_000_000)] {
            fs::create_dir(dir.path().join(name)).unwrap();
            save_suite(&dir.path().join(name), &suite(name, started)).unwrap();
        }
        fs::create_dir(dir.path().join("c")).unwrap();
        fs::write(dir.path().join("c").join(files::SUITE), "{\"format_version\": 1}").unwrap();
        let (suites, errors) = list_suites(dir.path()).unwrap();
        let names: Vec<_> = suites.iter().map(|suite| suite.manifest.name.as_str()).collect();
        assert_eq!(names, ["b", "a"]);
        assert!(errors[0].to_string().contains("it is a run over listeners"), "{}", errors[0]);
        assert!(list_suites(&dir.path().join("none")).unwrap().0.is_empty());
    }
}
