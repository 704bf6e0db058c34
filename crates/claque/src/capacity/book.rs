//! A search in its folder: begun, gone on with, and written down run by run.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use claque_core::rng::Seed;
use claque_net::unix_nanos;
use claque_stats::capacity::{Answer, Evidence, ProbeOrder, SearchTerms};
use claque_store::UnixNanos;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    config::{CapacitySettings, UsageError},
    find,
    outcome::{folder_name, new_folder_called},
};

/// The file in the folder of a search.
const FILE: &str = "capacity.json";
/// Version of the file; raised when a key changes its meaning or goes, not when one comes.
const FORMAT_VERSION: u32 = 1;
/// What the file says of itself, so that nothing else is taken for one.
const KIND: &str = "capacity";

/// A search: what it is for, its runs, and what they come to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CapacityManifest {
    format_version: u32,
    kind: String,
    claque: ClaqueVersion,
    /// "real" or "virtual".
    pub(crate) time: String,
    /// The service, for people.
    pub(crate) target: String,
    pub(crate) started_at_utc: String,
    /// Null until the end.
    pub(crate) finished_at_utc: Option<String>,
    pub(crate) seed: u64,
    pub(crate) terms: SearchTerms,
    /// The objectives, as they were written.
    pub(crate) objectives: Vec<String>,
    /// What was decided about every run.
    pub(crate) scenario: Value,
    /// In the order in which they were made.
    pub(crate) probes: Vec<ProbeRow>,
    /// What they come to; null until the end.
    pub(crate) answer: Option<Answer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ClaqueVersion {
    version: String,
}

/// A run of a search.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProbeRow {
    pub(crate) order: ProbeOrder,
    pub(crate) seed: u64,
    /// The name of its folder; null where nobody was let in.
    pub(crate) folder: Option<String>,
    pub(crate) evidence: Evidence,
}

/// A search with its folder.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) dir: PathBuf,
    pub(crate) manifest: CapacityManifest,
}

impl Book {
    /// Begins the search in a folder of its own, or goes on with the one that was named.
    ///
    /// # Errors
    /// The folder cannot be made, there is no such search, or it is not the search of these settings.
    pub(crate) fn open(settings: &CapacitySettings) -> anyhow::Result<Self> {
        let started_at = UnixNanos(unix_nanos());
        let new = CapacityManifest {
            format_version: FORMAT_VERSION,
            kind: KIND.to_owned(),
            claque: ClaqueVersion { version: env!("CARGO_PKG_VERSION").to_owned() },
            time: settings.work.time().to_owned(),
            target: settings.work.target(),
            started_at_utc: started_at.utc(),
            finished_at_utc: None,
            seed: settings.seed,
            terms: settings.terms.clone(),
            objectives: settings.objectives.iter().map(|objective| objective.text().to_owned()).collect(),
            scenario: settings.scenario.clone(),
            probes: Vec::new(),
            answer: None,
        };
        let Some(name) = &settings.resume else {
            let name = format!("capacity-{}", folder_name(started_at));
            let book = Self { dir: new_folder_called(&settings.output.dir, &name)?, manifest: new };
            book.save()?;
            return Ok(book);
        };
        let mut book = Self::read(&find(name, &settings.output.dir)?)?;
        let changes = changes(&book.manifest, &new);
        if !changes.is_empty() {
            return Err(UsageError::new(format!(
                "the search in {} is not the one that was asked for: {} changed; ask for what it was, or begin a new one \
                 without --resume",
                book.dir.display(),
                changes.join(", ")
            ))
            .into());
        }
        // Bounds may be widened, as by somebody who has more time.
        book.manifest.terms = new.terms;
        book.manifest.answer = None;
        Ok(book)
    }

    /// The search in this folder.
    ///
    /// # Errors
    /// There is none, or it is damaged or of a newer claque.
    pub(crate) fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = dir.join(FILE);
        let text = fs::read(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let manifest: CapacityManifest =
            serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
        if manifest.kind != KIND || manifest.format_version > FORMAT_VERSION {
            anyhow::bail!("{} is of a newer claque, or of something else", path.display());
        }
        Ok(Self { dir: dir.to_owned(), manifest })
    }

    /// The root of a run's randomness: 53 bits, a whole number to every reader of JSON.
    pub(crate) fn seed_of(&self, order: &ProbeOrder) -> u64 {
        Seed::root(self.manifest.seed).child("capacity").index(order.number).value() >> 11
    }

    /// Puts a run down.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn record(&mut self, probe: ProbeRow) -> anyhow::Result<()> {
        self.manifest.probes.push(probe);
        self.save()
    }

    /// Puts down what all runs come to.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn end(&mut self, answer: Answer) -> anyhow::Result<()> {
        self.manifest.answer = Some(answer);
        self.manifest.finished_at_utc = Some(UnixNanos(unix_nanos()).utc());
        self.save()
    }

    /// Takes the folder away again if nothing at all came of the search.
    pub(crate) fn discard_if_empty(&self) {
        let entries = fs::read_dir(&self.dir).map_or(0, Iterator::count);
        if entries == 1 && self.manifest.probes.is_empty() && fs::remove_file(self.dir.join(FILE)).is_ok() {
            // Somebody may have put something there just now: then it stays.
            let _kept = fs::remove_dir(&self.dir);
        }
    }

    /// Replaces the file as a whole: a reader, or a crash, sees the old one or the new one.
    fn save(&self) -> anyhow::Result<()> {
        let path = self.dir.join(FILE);
        let failed = || format!("failed to write {}", path.display());
        let mut bytes = serde_json::to_vec_pretty(&self.manifest).with_context(failed)?;
        bytes.push(b'\n');
        let new = self.dir.join(format!("{FILE}.new"));
        fs::write(&new, bytes).with_context(failed)?;
        fs::rename(&new, &path).with_context(failed)?;
        Ok(())
    }
}

/// Whether there is a search in this folder.
pub(crate) fn is_capacity(dir: &Path) -> bool {
    dir.join(FILE).is_file()
}

/// The search that is meant by `name`: a folder, a name in `dir`, or `latest`.
///
/// # Errors
/// There is none.
pub(crate) fn find(name: &str, dir: &Path) -> anyhow::Result<PathBuf> {
    if let Some(found) = folder_of_capacity(name, dir) {
        return Ok(found);
    }
    let entries = fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path());
    // They are named by the moment they began.
    let newest = entries.filter(|path| is_capacity(path)).max().filter(|_| name == find::LATEST);
    newest.ok_or_else(|| {
        UsageError::new(format!(
            "there is no capacity `{name}`: neither a folder with a {FILE}, nor a name in {}",
            dir.display()
        ))
        .into()
    })
}

/// The search whose folder has this path, or this name in `dir`.
pub(crate) fn folder_of_capacity(name: &str, dir: &Path) -> Option<PathBuf> {
    [PathBuf::from(name), dir.join(name)].into_iter().find(|path| !name.is_empty() && is_capacity(path))
}

/// What is not as it was.
fn changes(was: &CapacityManifest, is: &CapacityManifest) -> Vec<&'static str> {
    let terms = |terms: &SearchTerms| SearchTerms { most_s: None, ..terms.clone() };
    let all = [
        ("the service", was.target == is.target && was.time == is.time),
        ("the seed", was.seed == is.seed),
        ("the objectives", was.objectives == is.objectives),
        ("the bounds of the search", terms(&was.terms) == terms(&is.terms)),
        ("a setting of the runs", was.scenario == is.scenario),
    ];
    all.into_iter().filter(|(_, same)| !same).map(|(what, _)| what).collect()
}
