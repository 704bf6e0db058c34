//! A search in its folder: begun, gone on with, and written down run by run.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use claque_core::rng::Seed;
use claque_net::unix_nanos;
use claque_run::record::{folder_name, new_folder_called};
use claque_stats::capacity::{Answer, ProbeOrder};
use claque_store::{
    CapacityFolder, CapacityManifest, Integrity, ProbeRow, UnixNanos, is_capacity, remove_capacity,
    run_digest, save_capacity,
};
use serde_json::Value;

use super::facts::{self, of_model};
use crate::{
    config::{CapacitySettings, UsageError},
    find,
};

/// A search with its folder, that is being made.
#[derive(Debug)]
pub(crate) struct Book(pub(crate) CapacityFolder);

impl Book {
    /// Begins the search in a folder of its own, or goes on with the one that was named.
    ///
    /// # Errors
    /// The folder cannot be made, there is no such search, or it is not the search of these settings.
    pub(crate) fn open(settings: &CapacitySettings) -> anyhow::Result<Self> {
        let started_at = UnixNanos(unix_nanos());
        let (work, terms) = (&settings.work, settings.terms.clone());
        let version = env!("CARGO_PKG_VERSION");
        let new = CapacityManifest {
            seed: settings.seed,
            objectives: settings.objectives.iter().map(|objective| objective.text().to_owned()).collect(),
            scenario: settings.scenario.clone(),
            asked: settings.asked.clone(),
            ..CapacityManifest::new(work.time(), work.target(), terms, started_at, version)
        };
        let Some(name) = &settings.resume else {
            let name = format!("capacity-{}", folder_name(started_at));
            let book = Self(CapacityFolder {
                dir: new_folder_called(&settings.dir, &name)?,
                manifest: new,
                integrity: Integrity::default(),
                doubts: of_model(&settings.scenario).collect(),
                measured: Vec::new(),
            });
            book.save()?;
            return Ok(book);
        };
        // What its runs show is taken of their facts, and nothing is gone on with that is not what was written.
        let mut book = Self(facts::open(&find(name, &settings.dir)?)?);
        book.0.integrity.refuse(&book.0.dir)?;
        let changes = changes(&book.0.manifest, &new);
        if !changes.is_empty() {
            return Err(UsageError::new(format!(
                "the search in {} is not the one that was asked for: {}; take that out, for the search knows what it was, or begin a \
                 new one without --resume",
                book.0.dir.display(),
                changes.join(", ")
            ))
            .into());
        }
        // Bounds may be widened, as by somebody who has more time.
        book.0.manifest.terms = new.terms;
        book.0.manifest.answer = None;
        Ok(book)
    }

    /// The root of a run's randomness: 53 bits, a whole number to every reader of JSON.
    pub(crate) fn seed_of(&self, order: &ProbeOrder) -> u64 {
        Seed::root(self.0.manifest.seed).child("capacity").index(order.number).value() >> 11
    }

    /// Puts a run down, and which one it is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn record(&mut self, probe: ProbeRow) -> anyhow::Result<()> {
        let probe = self.with_digest(probe)?;
        self.0.manifest.probes.push(probe);
        self.save()
    }

    /// The same of a run that was made again without networks.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn record_without_networks(&mut self, probe: ProbeRow) -> anyhow::Result<()> {
        let probe = self.with_digest(probe)?;
        self.0.manifest.without_networks.push(probe);
        self.save()
    }

    fn with_digest(&self, mut probe: ProbeRow) -> anyhow::Result<ProbeRow> {
        if let Some(folder) = &probe.folder {
            probe.run = run_digest(&self.0.dir.join(folder))?;
        }
        Ok(probe)
    }

    /// Puts down what all runs come to.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn end(&mut self, answer: Answer) -> anyhow::Result<()> {
        self.0.manifest.answer = Some(answer);
        self.0.manifest.finished_at_utc = Some(UnixNanos(unix_nanos()).utc());
        self.save()
    }

    /// Takes the folder away again if no run of the search came to its end. What a run has left on a service keeps it there.
    pub(crate) fn discard_if_empty(&self) {
        if self.is_empty() {
            // What cannot be taken away stays, and is seen there.
            let _gone = remove_capacity(&self.0.dir);
        }
    }

    /// Whether nothing is known yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.manifest.probes.is_empty()
    }

    fn save(&self) -> anyhow::Result<()> {
        Ok(save_capacity(&self.0.dir, &self.0.manifest)?)
    }
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
            "there is no capacity `{name}`: neither a folder with a capacity.json, nor a name in {}",
            dir.display()
        ))
        .into()
    })
}

/// The search whose folder has this path, or this name in `dir`.
pub(crate) fn folder_of_capacity(name: &str, dir: &Path) -> Option<PathBuf> {
    [PathBuf::from(name), dir.join(name)].into_iter().find(|path| !name.is_empty() && is_capacity(path))
}

/// What is not as it was, by the names of flags.
fn changes(was: &CapacityManifest, is: &CapacityManifest) -> Vec<String> {
    let (was_terms, is_terms) = (&was.terms, &is.terms);
    let all = [
        ("the service", was.target == is.target && was.time == is.time),
        ("--seed", was.seed == is.seed),
        ("the objectives", was.objectives == is.objectives),
        ("--confidence", was_terms.confidence_pct.to_bits() == is_terms.confidence_pct.to_bits()),
        ("--max-users", was_terms.most_users == is_terms.most_users),
        ("--blocks", was_terms.blocks == is_terms.blocks),
        ("--stagger", was_terms.spread_s.map(f64::to_bits) == is_terms.spread_s.map(f64::to_bits)),
    ];
    let changed = all.into_iter().filter(|(_, same)| !same).map(|(what, _)| format!("{what} changed"));
    changed.chain(settings(was, is)).collect()
}

/// The settings of runs that are not as they were: "--speed was 1 and is 2", "gateway.models.kokoro.workers was 2 and is 3".
fn settings(was: &CapacityManifest, is: &CapacityManifest) -> Vec<String> {
    let mut found = Vec::new();
    differing("", Some(&was.scenario), Some(&is.scenario), &mut found);
    found
}

/// Adds what differs below `path`, each value by its own.
fn differing(path: &str, was: Option<&Value>, is: Option<&Value>, found: &mut Vec<String>) {
    if let (Some(Value::Object(before)), Some(Value::Object(now))) = (was, is) {
        let keys: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        for key in keys {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            differing(&below, before.get(key), now.get(key), found);
        }
    } else if was != is {
        let told = |value: Option<&Value>| value.map_or_else(|| "not set".to_owned(), ToString::to_string);
        let name = if path.contains('.') { path.to_owned() } else { format!("--{}", path.replace('_', "-")) };
        found.push(format!("{name} was {} and is {}", told(was), told(is)));
    }
}
