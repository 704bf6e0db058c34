//! `claque cleanup`: deletes what killed runs have left on services.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use claque_core::{extraction::PollPolicy, time::Duration};
use claque_net::{
    extraction::{ClearOrder, clear},
    service::{Certificates, Credentials, Network, NetworkOrder, Pause, Service, Target},
};
use claque_report::words::one_line;
use claque_run::{
    accounts::SignedInAccounts,
    documents::{
        OURS,
        clear::{Found, find_titled},
    },
    extraction::going,
    network::tell_slow_calls,
    state::known_services,
};
use claque_store::{
    DocumentJournal, JournalState, KeptDocument, KeptDocuments, KnownServices, LeftDocument, LeftExtraction,
    Unresolved,
};
use claque_wire::yapit::rest::is_document_id;
use futures_util::future::join_all;

use crate::{
    config::{CleanupSettings, Talk},
    exit::LEFT_BEHIND,
    talk::{print, say},
};

/// Documents that are deleted beside each other.
const AT_ONCE: usize = 8;

/// Longest wait for one answer, and longest time without a further page of an extraction that is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// Deletes, and prints a line for each document: `deleted`, `gone`, `none`, `left` or `unknown`, its name, and why.
///
/// # Errors
/// A journal cannot be read or written.
pub(crate) fn cleanup(settings: CleanupSettings) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to start the runtime; free some memory or files")?;
    let mut broom = Broom {
        credentials: settings.credentials.clone(),
        network: settings.network.clone(),
        typed: settings.targets.clone(),
        known: known_services(),
        crews: BTreeMap::new(),
        deleted: 0,
        left: 0,
    };
    runtime.block_on(async {
        for folder in folders(&settings)? {
            if let Err(error) = broom.sweep(&folder, &settings).await {
                // One folder that cannot be read must not keep what the others left.
                say(&format!("{}: {error:#}", folder.display()));
                broom.left += 1;
            }
        }
        if settings.kept {
            broom.sweep_kept(&settings).await?;
        }
        anyhow::Ok(())
    })?;
    if settings.talk == Talk::Normal {
        let plural = if broom.deleted == 1 { "" } else { "s" };
        say(&format!("{} document{plural} deleted, {} left", broom.deleted, broom.left));
    }
    Ok(if broom.left == 0 { ExitCode::SUCCESS } else { ExitCode::from(LEFT_BEHIND) })
}

/// The folders that are meant, each once.
fn folders(settings: &CleanupSettings) -> anyhow::Result<Vec<PathBuf>> {
    let mut folders = settings.folders.clone();
    if settings.all {
        let inside = folders_in(&settings.dir)?;
        for suite in inside.iter().filter(|folder| claque_store::is_suite(folder)) {
            folders.extend(folders_in(suite)?);
        }
        folders.extend(inside);
    }
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

/// A service as the given accounts come to it, or why they do not.
type Opened = Result<SignedInAccounts, String>;

struct Broom {
    credentials: Vec<Credentials>,
    network: NetworkOrder,
    /// Services that were typed, and those of this user's runs: no other is shown credentials.
    typed: Vec<Target>,
    known: Option<KnownServices>,
    /// Each service is signed in to once.
    crews: BTreeMap<String, Opened>,
    deleted: u64,
    left: u64,
}

/// What became of one document.
enum Fate {
    Deleted,
    Gone,
    Left(String),
}

impl Broom {
    /// Deletes what a run has left.
    async fn sweep(&mut self, folder: &Path, settings: &CleanupSettings) -> anyhow::Result<()> {
        let shown = folder.display();
        let remark = |words: &str| {
            if settings.talk == Talk::Normal && !settings.all {
                say(&format!("{shown}: {words}"));
            }
        };
        let mut journal = match DocumentJournal::open(folder)? {
            JournalState::Absent => {
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
            for (document, fate) in some.iter().zip(self.delete_all(&target, some).await) {
                if self.tell(&document.id, fate)? {
                    journal.deleted(&document.id)?;
                }
            }
        }
        for extraction in left.extractions {
            let number = extraction.number;
            let id = extraction.extraction.id.clone();
            if settings.talk == Talk::Normal {
                say(&format!("{shown}: calling extraction {id} off"));
            }
            let cleared = self.clear(&target, extraction).await;
            let (name, fate) = match cleared {
                Ok(Some(document)) => (document, Fate::Deleted),
                Ok(None) => (format!("extraction {id}, which is called off or came to nothing"), Fate::Gone),
                Err(why) => (format!("extraction {id}"), Fate::Left(why)),
            };
            if self.tell(&name, fate)? {
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
        let ids = match self.find(target, unresolved).await {
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
            let fate = self.delete(target, &document).await;
            is_clear &= self.tell(&format!("{id}, found by its title \"{shown}\""), fate)?;
        }
        Ok(is_clear)
    }

    /// Documents of that title, or why nobody knows.
    async fn find(&mut self, target: &str, unresolved: &Unresolved) -> Result<Vec<String>, String> {
        // Any other title may be that of a document of the user's own.
        if !unresolved.title.starts_with(OURS) {
            return Err("its title is not one that only a run of claque gives".to_owned());
        }
        let crew = self.crew(target).await.as_ref().map_err(Clone::clone)?;
        let candidates = candidates(crew, unresolved.account, &unresolved.owner);
        if candidates.is_empty() || unresolved.owner == "guest" {
            return Err(anothers(&unresolved.owner));
        }
        // Tokens that do not say whose they are: the document of another is in no list of these.
        let mut absent = match unresolved.owner.as_str() {
            "token" => Err("it is in no list of the token given, which may be another account's".to_owned()),
            _ => Ok(Vec::new()),
        };
        for service in candidates {
            match find_titled(service, &unresolved.title, wait_and_tell).await {
                Found::Documents(ids) if ids.is_empty() => {}
                Found::Documents(ids) => return Ok(ids),
                Found::Unknown(why) => absent = Err(why),
            }
        }
        absent
    }

    /// Deletes what was kept for later runs.
    async fn sweep_kept(&mut self, settings: &CleanupSettings) -> anyhow::Result<()> {
        let mut kept = KeptDocuments::read(&settings.dir)?;
        for of_one in kept.documents().to_vec().chunk_by(|a, b| a.target == b.target) {
            for some in of_one.chunks(AT_ONCE) {
                let left: Vec<_> = some.iter().map(left_of).collect();
                for (document, fate) in some.iter().zip(self.delete_all(&some[0].target, &left).await) {
                    if self.tell(&document.id, fate)? {
                        kept.forget(&document.id)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Prints what became of a document. Gives whether it is gone.
    fn tell(&mut self, id: &str, fate: Fate) -> anyhow::Result<bool> {
        let id = one_line(id);
        match fate {
            Fate::Deleted => {
                self.deleted += 1;
                print(&format!("deleted {id}\n"))?;
                Ok(true)
            }
            Fate::Gone => {
                print(&format!("gone {id}\n"))?;
                Ok(true)
            }
            Fate::Left(why) => {
                self.left += 1;
                print(&format!("left {id}: {why}\n"))?;
                Ok(false)
            }
        }
    }

    /// Deletes documents beside each other; what became of each, in their order.
    async fn delete_all(&mut self, target: &str, documents: &[LeftDocument]) -> Vec<Fate> {
        // For what is no id at all nobody is signed in.
        let nobody = Err("this is no id of a document".to_owned());
        let is_one = documents.iter().any(|document| is_document_id(&document.id));
        let crew = if is_one { self.crew(target).await } else { &nobody };
        let delete = async |document: &LeftDocument| match crew {
            Ok(crew) => delete_one(crew, document).await,
            Err(why) => Fate::Left(why.clone()),
        };
        join_all(documents.iter().map(delete)).await
    }

    async fn delete(&mut self, target: &str, document: &LeftDocument) -> Fate {
        let fate = self.delete_all(target, std::slice::from_ref(document)).await.pop();
        fate.unwrap_or_else(|| Fate::Left("it was passed over".to_owned()))
    }

    /// Calls an extraction off and deletes its document if there is one. Gives its name; none where there is none.
    async fn clear(&mut self, target: &str, left: LeftExtraction) -> Result<Option<String>, String> {
        let crew = self.crew(target).await.as_ref().map_err(Clone::clone)?;
        let candidates = candidates(crew, left.account, &left.owner);
        let mut refused = anothers(&left.owner);
        let going = going(left.extraction);
        for service in candidates {
            let order = ClearOrder {
                service: service.clone(),
                going: going.clone(),
                poll: PollPolicy::YAPIT,
                patience: PATIENCE,
            };
            match clear(order).await {
                Ok(document) => return Ok(document),
                Err(why) => refused = why,
            }
        }
        Err(refused)
    }

    /// A journal may have been written by anybody who can write to its folder.
    fn is_trusted(&self, target: &Target) -> bool {
        self.typed.contains(target) || self.known.as_ref().is_some_and(|known| known.knows(target.as_str()))
    }

    /// How a service is reached. Certificates are left unchecked of those alone that were typed.
    fn way_to(&self, target: &Target) -> Network {
        let mut network = self.network.clone();
        if !self.typed.contains(target) {
            network.certificates = Certificates::Checked;
        }
        Network::open(network)
    }

    async fn crew(&mut self, target: &str) -> &Opened {
        if !self.crews.contains_key(target) {
            let opened = match Target::parse(target) {
                Ok(parsed) if !self.is_trusted(&parsed) => Err(format!(
                    "no run of yours is known to have been at {parsed}, so nothing is sent there; if it is right, \
                     say so with --base-url {parsed}"
                )),
                Ok(parsed) => {
                    let network = self.way_to(&parsed);
                    let watched = network.clone();
                    tokio::spawn(async move { tell_slow_calls(&watched, say).await });
                    let opened =
                        SignedInAccounts::open(&parsed, &self.credentials, &[], &network, wait_and_tell)
                            .await;
                    opened.map_err(|error| error.to_string())
                }
                Err(error) => Err(error.to_string()),
            };
            self.crews.insert(target.to_owned(), opened);
        }
        self.crews.get(target).expect("it was just put there")
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

/// Deletes a document by whichever account may own it.
async fn delete_one(crew: &SignedInAccounts, document: &LeftDocument) -> Fate {
    if !is_document_id(&document.id) {
        return Fate::Left("this is no id of a document".to_owned());
    }
    if document.owner == "guest" {
        return Fate::Left(
            "it is a guest's, and what proves who the guest was is never written down".to_owned(),
        );
    }
    let candidates = candidates(crew, document.account, &document.owner);
    for service in &candidates {
        match service.delete_document(&document.id, wait_and_tell).await {
            Ok(true) => return Fate::Deleted,
            Ok(false) => {}
            Err(error) => return Fate::Left(error.to_string()),
        }
    }
    match (candidates.is_empty(), document.owner.as_str()) {
        (true, owner) => Fate::Left(anothers(owner)),
        (false, "token") => Fate::Left(
            "the service does not know it by the token given: it is gone, or another account's".to_owned(),
        ),
        (false, _) => Fate::Gone,
    }
}

/// The accounts that can be the owner. The one at the same place comes first: tokens that do not say whose they are are
/// told apart by nothing else.
fn candidates<'a>(crew: &'a SignedInAccounts, account: u32, owner: &str) -> Vec<&'a Service> {
    // Where nobody is asked who he is, everybody is the owner; where somebody is, that is answered by a refusal.
    let is_owners =
        |service: &&Service| service.owner() == owner || [service.owner(), owner].contains(&"nobody");
    let mut candidates: Vec<&Service> = crew.each().collect();
    let first = usize::try_from(account).unwrap_or(usize::MAX) % candidates.len().max(1);
    candidates.rotate_left(first);
    candidates.into_iter().filter(is_owners).collect()
}

/// A limit, or a service in passing trouble, is waited out: whoever wants no more of it presses Ctrl-C, and what is left
/// stays on record.
async fn wait_and_tell(pause: Pause) -> bool {
    if pause.span >= Duration::from_secs(1) {
        let seconds = pause.span.as_secs_f64().ceil();
        say(&format!(
            "the service would not {} ({}): trying again in {seconds} s",
            pause.action, pause.failure
        ));
    }
    tokio::time::sleep(pause.span).await;
    true
}

fn anothers(owner: &str) -> String {
    format!("it belongs to another account than those given: {owner}")
}
