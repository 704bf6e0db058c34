//! Documents on the service: made before a run, deleted after it, whatever happens in between.

pub mod clear;
mod create;
pub(super) mod replacements;

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use claque_core::{pacing::PacingStats, script::Script};
use claque_net::service::ServiceError;
use claque_store::{DocumentJournal, KeptDocument, KeptDocuments, LeftBehind, StoreError};
use claque_wire::yapit::rest::{Block, is_document_id};
use futures_util::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use twox_hash::XxHash3_128;

use super::{
    accounts::SignedInAccounts,
    blocks::{BlockOddity, is_misnumbered, oddity},
};
use crate::{interrupts::Interrupts, leaving::CleanupKind, waiting::Waiting, watcher::Watcher};

/// Documents made or deleted at the same time. The service's own limit (10 a minute) is found out and waited out.
const AT_ONCE: usize = 8;
/// How the title of every document of a run begins. It goes on with the run's name, so no other has it.
pub const OURS: &str = "claque load test ";
/// How the view calls it.
const STEP: &str = "making documents";
/// Digits of a text's hash in its title: enough for people to tell texts apart.
const HASH_DIGITS: usize = 12;
/// Between the blocks of a text, as [`Script::document`] writes it.
const BETWEEN_BLOCKS: &str = "\n\n";

/// A document of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// As the service names it.
    pub(crate) id: String,
    /// Characters of each block the service made of the text.
    pub(crate) chars: Vec<u32>,
    /// What is odd about these blocks.
    pub(crate) oddity: BlockOddity,
}

impl Document {
    /// What the service made of `script`, of which the text has this digest.
    fn of(id: String, blocks: &[Block], script: Option<&Script>, text: TextDigest) -> Self {
        let chars = |block: &Block| u32::try_from(block.text.chars().count()).unwrap_or(u32::MAX);
        // A text is written anew for each look at it: the digest spares that where the blocks are what was sent.
        let oddity = match script {
            Some(script) if TextDigest::of_blocks(blocks) != text => oddity(script, blocks),
            Some(_) => BlockOddity { is_other_text: false, is_misnumbered: is_misnumbered(blocks) },
            None => BlockOddity::default(),
        };
        Self { id, chars: blocks.iter().map(chars).collect(), oddity }
    }
}

/// A document that was made, before anybody looked at its blocks.
#[derive(Clone, Debug)]
struct NewDocument {
    /// As the service names it.
    id: String,
    text: TextDigest,
}

/// Tells one text from another: no two have one by accident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct TextDigest(u128);

impl TextDigest {
    fn of(text: &str) -> Self {
        Self(XxHash3_128::oneshot(text.as_bytes()))
    }

    /// Of the text whose blocks these are.
    fn of_blocks(blocks: &[Block]) -> Self {
        let mut text = XxHash3_128::new();
        for (place, block) in blocks.iter().enumerate() {
            if place > 0 {
                text.write(BETWEEN_BLOCKS.as_bytes());
            }
            text.write(block.text.as_bytes());
        }
        Self(text.finish_128())
    }
}

/// How documents are to be made.
#[derive(Clone, Debug)]
pub(crate) struct MakeOrder<'a> {
    /// Everybody's text, in order of listeners.
    pub(crate) scripts: &'a [Script],
    /// Documents that are made before the audience comes.
    pub(crate) first: usize,
    /// Stands in every title, so that people can tell whose they are.
    pub(crate) marker: String,
    /// Where kept documents are noted; none deletes them after the run.
    pub(crate) keep_in: Option<PathBuf>,
}

/// The document of each listener for whom one was to be made, by its place, or why there is none.
pub(crate) type Documents = BTreeMap<usize, Result<Document, ServiceError>>;

/// What making documents came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MakeStats {
    /// Documents made.
    pub(crate) made: usize,
    /// Documents of earlier runs that were taken.
    pub(crate) reused: usize,
    /// How limits were in the way.
    pub(crate) pacing: PacingStats,
}

impl MakeStats {
    fn add_pacing(&mut self, more: PacingStats) {
        self.pacing.refusals += more.refusals;
        self.pacing.waited += more.waited;
    }
}

/// What this run has made and not yet deleted.
#[derive(Debug, Default)]
pub(crate) struct DocumentLedger {
    journal: RefCell<Option<DocumentJournal>>,
    stats: RefCell<MakeStats>,
    /// Everybody's documents, those that are kept among them.
    ids: RefCell<Vec<String>>,
    /// Documents that were asked for a second time, under numbers beyond those of the listeners: whether the first asking
    /// came to anything was not known.
    asked_again: Cell<u32>,
}

impl DocumentLedger {
    /// Notes from now on in `journal` what is made.
    pub(crate) fn begin(&self, journal: DocumentJournal) {
        *self.journal.borrow_mut() = Some(journal);
    }

    /// What a stop has to see to at this moment.
    pub(crate) fn clears(&self) -> CleanupKind {
        let journal = self.journal.borrow();
        // What an embedded service has ends with this process.
        let journal = journal.as_ref().filter(|journal| !journal.header().embedded);
        match journal.map(DocumentJournal::left) {
            Some(left) if left != LeftBehind::default() => CleanupKind::Documents,
            Some(_) | None => CleanupKind::Nothing,
        }
    }

    /// Ends the journal where the run is left at once. Gives what stays on the service, for people.
    pub(crate) fn leave(&self) -> Vec<String> {
        let Some(journal) = self.journal.borrow_mut().take() else { return Vec::new() };
        let left = journal.left();
        if journal.header().embedded {
            // A journal that cannot be removed costs `claque cleanup` a look at it.
            let _stays = journal.discard();
            return Vec::new();
        }
        let documents = left.documents.into_iter().map(|document| format!("document {}", document.id));
        let unknown = left.unresolved.into_iter().map(|unresolved| {
            format!("perhaps the document \"{}\", whose making was not answered", unresolved.title)
        });
        documents.chain(unknown).collect()
    }

    /// Documents of the run, as the service names them.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.ids.borrow().clone()
    }

    /// What making them came to so far.
    pub(crate) fn stats(&self) -> MakeStats {
        *self.stats.borrow()
    }

    /// Makes a document of the scripts of `numbers`, or takes one that was kept. A listener whose document is
    /// not made has its failure in its place, and the others go on. After an interrupt no further one is begun, and what
    /// is under way is waited for, so that all that was made is known.
    ///
    /// # Errors
    /// What is made could not be noted. None of them when interrupted.
    pub(crate) async fn make(
        &self,
        accounts: &SignedInAccounts,
        order: &MakeOrder<'_>,
        numbers: &[usize],
        interrupts: &Interrupts,
        watcher: &dyn Watcher,
    ) -> Result<Documents, StoreError> {
        watcher.preparing(STEP, 0, count(numbers.len()));
        let waiting = Waiting::new(interrupts, watcher);
        let mut documents = Documents::new();
        let mut kept = order.keep_in.as_deref().map(KeptDocuments::read).transpose()?;
        if let Some(kept) = &mut kept {
            self.take_kept(accounts, order, numbers, (kept, &mut documents), interrupts, &waiting).await?;
        }
        let missing: Vec<usize> =
            numbers.iter().copied().filter(|number| !documents.contains_key(number)).collect();
        let created = self.create(accounts, order, &missing, interrupts, watcher).await?;
        if interrupts.any() {
            return Ok(Documents::new());
        }
        if let Some(kept) = &mut kept {
            for (number, document) in
                created.iter().filter_map(|(number, made)| Some((*number, made.as_ref().ok()?)))
            {
                self.keep(accounts, order, kept, (number, &document.id))?;
            }
        }
        documents.extend(look_at(accounts, created, order.scripts, &waiting).await);
        Ok(documents)
    }

    /// Takes documents of earlier runs for those scripts whose text they hold, if they are still there.
    async fn take_kept(
        &self,
        accounts: &SignedInAccounts,
        order: &MakeOrder<'_>,
        numbers: &[usize],
        (kept, documents): (&mut KeptDocuments, &mut Documents),
        interrupts: &Interrupts,
        waiting: &Waiting<'_>,
    ) -> Result<(), StoreError> {
        let mut taken: BTreeSet<String> = self.ids().into_iter().collect();
        for (number, script) in
            numbers.iter().filter_map(|&number| Some((number, order.scripts.get(number)?)))
        {
            let service = accounts.of_listener(number);
            let text = script.document();
            let hash = text_hash(&text);
            let target = service.target().to_string();
            let ids = kept.of(&target, service.owner(), &hash).map(|document| document.id.clone());
            // The list may lie where others write, and an id goes into a path.
            let candidates: Vec<String> = ids.filter(|id| is_document_id(id)).collect();
            for id in candidates {
                if interrupts.any() {
                    return Ok(());
                }
                if !taken.insert(id.clone()) {
                    continue;
                }
                match service.blocks(&id, async |pause| waiting.wait(pause).await).await {
                    Ok(Some(blocks)) => {
                        self.ids.borrow_mut().push(id.clone());
                        self.stats.borrow_mut().reused += 1;
                        documents.insert(
                            number,
                            Ok(Document::of(id, &blocks, Some(script), TextDigest::of(&text))),
                        );
                        break;
                    }
                    // A token that does not say whose it is may be another's, who has the document still.
                    Ok(None) if service.owner() == "token" => {}
                    Ok(None) => kept.forget(&id)?,
                    // Nobody knows whether it is there: the listener gets a new one.
                    Err(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Notes that a new document stays.
    fn keep(
        &self,
        accounts: &SignedInAccounts,
        order: &MakeOrder<'_>,
        kept: &mut KeptDocuments,
        (number, id): (usize, &str),
    ) -> Result<(), StoreError> {
        let Some(script) = order.scripts.get(number) else { return Ok(()) };
        let (text, service) = (script.document(), accounts.of_listener(number));
        if service.owner() == "guest" {
            // Nobody can be the same guest again.
            return Ok(());
        }
        kept.keep(KeptDocument {
            target: service.target().to_string(),
            owner: service.owner().to_owned(),
            account: u32::try_from(accounts.account_of(number)).unwrap_or(u32::MAX),
            text_hash: text_hash(&text),
            id: id.to_owned(),
            title: order.title(number, TextDigest::of(&text)),
        })?;
        self.note(|journal| journal.kept(id))
    }

    fn note(
        &self,
        line: impl FnOnce(&mut DocumentJournal) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.journal.borrow_mut().as_mut().map_or(Ok(()), line)
    }
}

impl MakeOrder<'_> {
    fn title(&self, number: usize, text: TextDigest) -> String {
        let digits = format!("{:032x}", text.0);
        let hash = digits.get(..HASH_DIGITS).unwrap_or_default();
        let (number, total) = (number + 1, self.scripts.len());
        format!("{OURS}{}, listener {number} of {total}, text {hash}", self.marker)
    }
}

/// Asks what blocks the documents became. One that is not there any more, or of which nobody knows, is no document.
async fn look_at(
    accounts: &SignedInAccounts,
    created: BTreeMap<usize, Result<NewDocument, ServiceError>>,
    scripts: &[Script],
    waiting: &Waiting<'_>,
) -> Vec<(usize, Result<Document, ServiceError>)> {
    let look = async |(number, created): (usize, Result<NewDocument, ServiceError>)| {
        let service = accounts.of_listener(number);
        let document = match created {
            Ok(NewDocument { id, text }) => match service
                .blocks(&id, async |pause| waiting.wait(pause).await)
                .await
            {
                Ok(blocks) => Ok(Document::of(id, &blocks.unwrap_or_default(), scripts.get(number), text)),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        (number, document)
    };
    stream::iter(created).map(look).buffered(AT_ONCE).collect().await
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn text_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
