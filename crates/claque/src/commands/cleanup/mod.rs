//! `claque cleanup`: deletes what killed runs have left on services.

mod services;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_report::words::one_line;
use claque_run::state::known_services;
use claque_stats::units::counted;
use claque_store::{DocumentJournal, JournalState, KeptDocument, KeptDocuments, LeftDocument, Unresolved};

use self::services::{CleanupOutcome, Services};
use crate::{
    config::{CleanupSettings, UsageError, Verbosity},
    exit::LEFT_BEHIND,
    find,
    talk::{print, say},
};

/// Documents that are deleted beside each other.
const AT_ONCE: usize = 8;

/// Deletes, and prints a line for each document: `deleted`, `gone`, `none`, `left` or `unknown`, its name, and why.
///
/// # Errors
/// A journal cannot be read or written.
pub(crate) fn cleanup(settings: CleanupSettings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime; free some memory or files")?;
    let services = Services {
        credentials: settings.credentials.clone(),
        network: settings.network.clone(),
        typed: settings.targets.clone(),
        known: known_services(),
        opened: BTreeMap::new(),
    };
    let mut cleaner = DocumentCleaner { services, deleted: 0, left: 0, unread_folders: 0 };
    runtime.block_on(async {
        for folder in folders(&settings)? {
            if let Err(error) = cleaner.sweep(&folder, &settings).await {
                // One folder that cannot be read must not keep what the others left.
                say(&format!("{}: {error:#}", folder.display()));
                cleaner.unread_folders += 1;
            }
        }
        if settings.kept {
            cleaner.sweep_kept(&settings).await?;
        }
        anyhow::Ok(())
    })?;
    if settings.talk == Verbosity::Normal {
        say(&cleaner.total());
    }
    let is_clear = cleaner.left == 0 && cleaner.unread_folders == 0;
    Ok(if is_clear { ExitCode::SUCCESS } else { ExitCode::from(LEFT_BEHIND) })
}

/// The folders that are meant, each once.
fn folders(settings: &CleanupSettings) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for typed in &settings.folders {
        folders.push(find::folder_called(typed, &settings.dir).ok_or_else(|| {
            let (typed, dir) = (typed.display(), settings.dir.display());
            let words = "give a folder of a run, its name, or --all; `claque runs` lists runs";
            UsageError::new(format!("there is no folder `{typed}`, neither here nor in {dir}: {words}"))
        })?);
    }
    if settings.all {
        folders.extend(folders_in(&settings.dir)?);
    }
    let has_runs = |folder: &&PathBuf| claque_store::is_suite(folder) || claque_store::is_capacity(folder);
    let inside: Vec<_> =
        folders.iter().filter(has_runs).map(|folder| folders_in(folder)).collect::<Result<_, _>>()?;
    folders.extend(inside.into_iter().flatten());
    folders.sort();
    folders.dedup();
    Ok(folders)
}

fn folders_in(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = || format!("failed to read the folder {}; check --output-dir", dir.display());
    let mut folders = Vec::new();
    for entry in fs::read_dir(dir).with_context(failed)? {
        let path = entry.with_context(failed)?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    Ok(folders)
}

/// Deletes, and counts what it deleted and what it could not.
struct DocumentCleaner {
    services: Services,
    deleted: u64,
    /// Documents that are still there, or may be.
    left: u64,
    /// Folders of which nobody knows what they left, for they could not be read.
    unread_folders: u64,
}

impl DocumentCleaner {
    /// "3 documents deleted, 1 left; 2 folders could not be read, and what they left is not known".
    fn total(&self) -> String {
        let deleted = counted(self.deleted, "document");
        let unread = match self.unread_folders {
            0 => String::new(),
            1 => "; 1 folder could not be read, and what it left is not known".to_owned(),
            many => format!("; {many} folders could not be read, and what they left is not known"),
        };
        format!("{deleted} deleted, {} left{unread}", self.left)
    }

    /// Deletes what a run has left.
    async fn sweep(&mut self, folder: &Path, settings: &CleanupSettings) -> anyhow::Result<()> {
        let shown = folder.display();
        let remark = |words: &str| {
            if settings.talk == Verbosity::Normal && !settings.all {
                say(&format!("{shown}: {words}"));
            }
        };
        let mut journal = match DocumentJournal::open(folder)? {
            JournalState::Absent => {
                let holds_runs = claque_store::is_suite(folder) || claque_store::is_capacity(folder);
                if !settings.all && !holds_runs && claque_store::run_kind(folder).is_err() {
                    anyhow::bail!(
                        "no run is in it, so that nothing is known of what was left; give a folder of a run"
                    );
                }
                remark("nothing is left of it on a service");
                return Ok(());
            }
            JournalState::Busy => {
                say(&format!("{shown}: the run still goes on and cleans up after itself; nothing is done"));
                return Ok(());
            }
            JournalState::Open(journal) => journal,
        };
        if journal.header().embedded {
            remark("its gateway was a part of it and ended with it, and so did its documents");
            return Ok(journal.discard()?);
        }
        let target = journal.header().target.clone();
        let left = journal.left();
        for some in left.documents.chunks(AT_ONCE) {
            for (document, outcome) in some.iter().zip(self.services.delete_all(&target, some).await) {
                if self.tell(&document.id, outcome)? {
                    journal.deleted(&document.id)?;
                }
            }
        }
        for extraction in left.extractions {
            let number = extraction.number;
            let id = extraction.extraction.id.clone();
            if settings.talk == Verbosity::Normal {
                say(&format!("{shown}: calling extraction {id} off"));
            }
            let cleared = self.services.clear(&target, extraction).await;
            let (name, outcome) = match cleared {
                Ok(Some(document)) => (document, CleanupOutcome::Deleted),
                Ok(None) => {
                    (format!("extraction {id}, which is called off or came to nothing"), CleanupOutcome::Gone)
                }
                Err(why) => (format!("extraction {id}"), CleanupOutcome::Left(why)),
            };
            if self.tell(&name, outcome)? {
                journal.gone(number)?;
            }
        }
        for unresolved in left.unresolved {
            if self.resolve(&target, &unresolved).await? {
                journal.gone(unresolved.number)?;
            }
        }
        Ok(journal.close()?)
    }

    /// Looks by its title for a document whose creation the run did not live to see answered, and deletes it. Gives
    /// whether nothing of it is left.
    async fn resolve(&mut self, target: &str, unresolved: &Unresolved) -> anyhow::Result<bool> {
        let (title, shown) = (&unresolved.title, one_line(&unresolved.title));
        let ids = match self.services.find(target, unresolved).await {
            Ok(ids) => ids,
            Err(why) => {
                self.left += 1;
                print(&format!(
                    "unknown \"{shown}\": the run was cut off while it asked for this document, and {why}; look for the \
                     title in the service's own pages at {}\n",
                    one_line(target)
                ))?;
                return Ok(false);
            }
        };
        if ids.is_empty() {
            print(&format!(
                "none \"{shown}\": the run was cut off while it asked for this document; no document of the account has that title\n"
            ))?;
        }
        let mut is_clear = true;
        for id in ids {
            let (account, owner) = (unresolved.account, unresolved.owner.clone());
            let document = LeftDocument { id: id.clone(), title: title.clone(), account, owner };
            let outcome = self.services.delete(target, &document).await;
            is_clear &= self.tell(&format!("{id}, found by its title \"{shown}\""), outcome)?;
        }
        Ok(is_clear)
    }

    /// Deletes what was kept for later runs.
    async fn sweep_kept(&mut self, settings: &CleanupSettings) -> anyhow::Result<()> {
        let mut kept = KeptDocuments::read(&settings.dir)?;
        for of_one in kept.documents().to_vec().chunk_by(|a, b| a.target == b.target) {
            for some in of_one.chunks(AT_ONCE) {
                let left: Vec<_> = some.iter().map(left_of).collect();
                for (document, outcome) in
                    some.iter().zip(self.services.delete_all(&some[0].target, &left).await)
                {
                    if self.tell(&document.id, outcome)? {
                        kept.forget(&document.id)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Prints what became of a document. Gives whether it is gone.
    fn tell(&mut self, id: &str, outcome: CleanupOutcome) -> anyhow::Result<bool> {
        let id = one_line(id);
        match outcome {
            CleanupOutcome::Deleted => {
                self.deleted += 1;
                print(&format!("deleted {id}\n"))?;
                Ok(true)
            }
            CleanupOutcome::Gone => {
                print(&format!("gone {id}\n"))?;
                Ok(true)
            }
            CleanupOutcome::Left(why) => {
                self.left += 1;
                print(&format!("left {id}: {why}\n"))?;
                Ok(false)
            }
        }
    }
}

fn left_of(kept: &KeptDocument) -> LeftDocument {
    LeftDocument {
        id: kept.id.clone(),
        title: kept.title.clone(),
        account: kept.account,
        owner: kept.owner.clone(),
    }
}
