//! Documents on the service: made before a run, deleted after it, whatever happens in between.

use std::{cell::RefCell, collections::BTreeSet, path::PathBuf};

use claque_core::{
    pacing::{Answer, Next, Pacer, PacingStats, Turn},
    script::Script,
    time::Duration,
};
use claque_net::{
    Clock,
    service::{Service, ServiceError},
};
use claque_store::{DocumentJournal, KeptDocument, KeptDocuments, LeftBehind, StoreError};
use futures_util::{StreamExt as _, stream, stream::FuturesUnordered};
use sha2::{Digest as _, Sha256};

use super::{crew::Crew, interrupts::Interrupts};
use crate::report::live::Live;

/// Documents made or deleted at the same time. The service's own limit (10 a minute) is found out and waited out.
const AT_ONCE: usize = 8;
/// How the view calls it.
const STEP: &str = "making documents";
/// Digits of a text's hash in its title: enough for people to tell texts apart.
const HASH_DIGITS: usize = 12;

/// A document of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    /// As the service names it.
    pub(crate) id: String,
    /// Characters of each block the service made of the text.
    pub(crate) chars: Vec<u32>,
}

/// How documents are to be made.
#[derive(Clone, Debug)]
pub(crate) struct MakeOrder<'a> {
    /// Everybody's text, in order of listeners.
    pub(crate) scripts: &'a [Script],
    /// Stands in every title, so that people can tell whose they are.
    pub(crate) marker: String,
    /// Where kept documents are noted; none deletes them after the run.
    pub(crate) keep_in: Option<PathBuf>,
}

/// Why documents were not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MakeError {
    /// The service refuses or fails.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// What is made could not be noted.
    #[error(transparent)]
    Store(#[from] StoreError),
}

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

/// What this run has made and not yet deleted.
#[derive(Debug, Default)]
pub(crate) struct Made {
    journal: RefCell<Option<DocumentJournal>>,
    stats: RefCell<MakeStats>,
    /// Everybody's documents, those that are kept among them.
    ids: RefCell<Vec<String>>,
}

impl Made {
    /// Notes from now on in `journal` what is made.
    pub(crate) fn begin(&self, journal: DocumentJournal) {
        *self.journal.borrow_mut() = Some(journal);
    }

    /// What is there at this moment and ought to go, as the service names it.
    pub(crate) fn left(&self) -> Vec<String> {
        let journal = self.journal.borrow();
        let left = journal.as_ref().map(DocumentJournal::left).unwrap_or_default();
        left.documents.into_iter().map(|document| document.id).collect()
    }

    /// Documents of the run, as the service names them.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.ids.borrow().clone()
    }

    /// What making them came to so far.
    pub(crate) fn stats(&self) -> MakeStats {
        *self.stats.borrow()
    }

    /// Makes a document of every script, or takes one that was kept, in order of scripts. After a failure or an
    /// interrupt no further one is begun, and what is under way is waited for, so that all that was made is known.
    ///
    /// # Errors
    /// The first failure; what was made by then stays on the list. None of them when interrupted.
    pub(crate) async fn make(
        &self,
        crew: &Crew,
        order: &MakeOrder<'_>,
        interrupts: &Interrupts,
        live: &Live,
    ) -> Result<Vec<Document>, MakeError> {
        let total = order.scripts.len();
        live.preparing(STEP, 0, count(total));
        let mut documents: Vec<Option<Document>> = vec![None; total];
        let mut kept = order.keep_in.as_deref().map(KeptDocuments::read).transpose()?;
        if let Some(kept) = &mut kept {
            self.take_kept(crew, order, (kept, &mut documents), interrupts, live).await?;
        }
        let missing: Vec<usize> = (0..)
            .zip(&documents)
            .filter(|(_, document)| document.is_none())
            .map(|(number, _)| number)
            .collect();
        let created = self.create(crew, order, &missing, interrupts, live).await?;
        if interrupts.any() {
            return Ok(Vec::new());
        }
        for (number, id) in &created {
            if let Some(kept) = &mut kept {
                self.keep(crew, order, kept, (*number, id))?;
            }
        }
        for (number, document) in self.look_at(crew, created, interrupts, live).await? {
            if let Some(place) = documents.get_mut(number) {
                *place = Some(document);
            }
        }
        Ok(documents.into_iter().flatten().collect())
    }

    /// Creates the documents of `numbers`, as fast as the service lets us. Gives each with its id.
    async fn create(
        &self,
        crew: &Crew,
        order: &MakeOrder<'_>,
        numbers: &[usize],
        interrupts: &Interrupts,
        live: &Live,
    ) -> Result<Vec<(usize, String)>, MakeError> {
        let clock = Clock::start();
        let mut pacer = Pacer::new(clock.now(), numbers.len(), AT_ONCE, crew.doors());
        let mut calls = FuturesUnordered::new();
        let mut created = Vec::new();
        let mut failed = None;
        let mut told = None;
        while !pacer.is_done() {
            if failed.is_some() || interrupts.any() {
                pacer.stop();
                if pacer.is_done() {
                    break;
                }
            }
            while let Some(turn) = pacer.poll_turn(clock.now()) {
                let number = numbers.get(turn.call).copied().unwrap_or_default();
                calls.push(async move { (turn, number, self.create_one(crew, order, number, turn).await) });
            }
            let due = pacer.poll_timeout();
            if let Some(until) = due.filter(|until| calls.is_empty() && told != Some(*until)) {
                told = Some(until);
                say_wait(live, until.since(clock.now()), self.stats().made);
            }
            tokio::select! {
                Some((turn, number, result)) = calls.next() => {
                    let limited = result.as_ref().err().and_then(limited);
                    let answer = limited.map_or(Answer::Settled, Answer::Limited);
                    let next = pacer.handle_answer(clock.now(), turn, answer);
                    match result {
                        Ok(id) => created.push((number, id)),
                        Err(error) if next == Next::Settled || next == Next::GivenUp => {
                            failed.get_or_insert(error);
                        }
                        Err(_) => {}
                    }
                    live.preparing(STEP, count(self.ids.borrow().len()), count(order.scripts.len()));
                }
                () = clock.sleep_until(due.unwrap_or_default()), if due.is_some() => {}
                () = interrupts.reached(1), if !interrupts.any() => {}
            }
        }
        self.stats.borrow_mut().pacing = pacer.stats();
        failed.map_or(Ok(created), Err)
    }

    /// One attempt at one document, noted before it is made.
    async fn create_one(
        &self,
        crew: &Crew,
        order: &MakeOrder<'_>,
        number: usize,
        turn: Turn,
    ) -> Result<String, MakeError> {
        let Some(script) = order.scripts.get(number) else { return Ok(String::new()) };
        let account = crew.account_of(number);
        let service = crew.through(account, turn.door);
        let text = script.document();
        let title = order.title(number, &text);
        let noted = u32::try_from(number).unwrap_or(u32::MAX);
        self.note(|journal| {
            journal.intend(noted, &title, u32::try_from(account).unwrap_or(u32::MAX), service.owner())
        })?;
        match service.create_document(&text, &title).await {
            Ok(id) => {
                self.note(|journal| journal.created(noted, &id))?;
                self.ids.borrow_mut().push(id.clone());
                self.stats.borrow_mut().made += 1;
                Ok(id)
            }
            Err(error) => {
                if error.is_surely_refused() {
                    self.note(|journal| journal.gone(noted))?;
                }
                Err(error.into())
            }
        }
    }

    /// Asks what blocks the documents became.
    async fn look_at(
        &self,
        crew: &Crew,
        created: Vec<(usize, String)>,
        interrupts: &Interrupts,
        live: &Live,
    ) -> Result<Vec<(usize, Document)>, MakeError> {
        let look = async |(number, id): (usize, String)| {
            let service = crew.of_listener(number);
            let blocks = blocks(service, &id, interrupts, live).await?;
            Ok((number, Document { id, chars: blocks.unwrap_or_default() }))
        };
        let looked: Vec<Result<_, ServiceError>> =
            stream::iter(created).map(look).buffered(AT_ONCE).collect().await;
        Ok(looked.into_iter().collect::<Result<_, _>>()?)
    }

    /// Takes documents of earlier runs for those scripts whose text they hold, if they are still there.
    async fn take_kept(
        &self,
        crew: &Crew,
        order: &MakeOrder<'_>,
        (kept, documents): (&mut KeptDocuments, &mut [Option<Document>]),
        interrupts: &Interrupts,
        live: &Live,
    ) -> Result<(), MakeError> {
        let mut taken = BTreeSet::new();
        for ((number, script), place) in order.scripts.iter().enumerate().zip(documents) {
            let service = crew.of_listener(number);
            let hash = text_hash(&script.document());
            let target = service.target().to_string();
            let candidates: Vec<String> =
                kept.of(&target, service.owner(), &hash).map(|document| document.id.clone()).collect();
            for id in candidates {
                if interrupts.any() {
                    return Ok(());
                }
                if !taken.insert(id.clone()) {
                    continue;
                }
                match blocks(service, &id, interrupts, live).await? {
                    Some(chars) => {
                        self.ids.borrow_mut().push(id.clone());
                        self.stats.borrow_mut().reused += 1;
                        *place = Some(Document { id, chars });
                        break;
                    }
                    // A token that does not say whose it is may be another's, who has the document still.
                    None if service.owner() == "token" => {}
                    None => kept.forget(&id)?,
                }
            }
        }
        Ok(())
    }

    /// Notes that a new document stays.
    fn keep(
        &self,
        crew: &Crew,
        order: &MakeOrder<'_>,
        kept: &mut KeptDocuments,
        (number, id): (usize, &str),
    ) -> Result<(), MakeError> {
        let Some(script) = order.scripts.get(number) else { return Ok(()) };
        let (text, service) = (script.document(), crew.of_listener(number));
        if service.owner() == "guest" {
            // Nobody can be the same guest again.
            return Ok(());
        }
        kept.keep(KeptDocument {
            target: service.target().to_string(),
            owner: service.owner().to_owned(),
            account: u32::try_from(crew.account_of(number)).unwrap_or(u32::MAX),
            text_hash: text_hash(&text),
            id: id.to_owned(),
            title: order.title(number, &text),
        })?;
        Ok(self.note(|journal| journal.kept(id))?)
    }

    /// Deletes everything that is not kept, and says what could not be. Gives whether anything is left.
    ///
    /// # Errors
    /// What is deleted could not be noted.
    pub(crate) async fn delete(&self, crew: &Crew, live: &Live) -> Result<bool, StoreError> {
        let left = self.journal.borrow().as_ref().map(DocumentJournal::left).unwrap_or_default();
        let mut deletions = stream::iter(left.documents)
            .map(async |document| {
                let account = usize::try_from(document.account).unwrap_or(usize::MAX);
                let result = crew.through(account, 0).delete_document(&document.id).await;
                (document.id, result)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((id, result)) = deletions.next().await {
            match result {
                Ok(_) => self.note(|journal| journal.deleted(&id))?,
                Err(error) => live.warn(&format!("left behind on the service: document {id}: {error}")),
            }
        }
        for unresolved in &left.unresolved {
            live.warn(&format!(
                "a document may be left behind on the service: whether \"{}\" was made is not known",
                unresolved.title
            ));
        }
        let Some(journal) = self.journal.borrow_mut().take() else { return Ok(false) };
        let left = journal.left();
        journal.close()?;
        Ok(left != LeftBehind::default())
    }

    fn note(
        &self,
        line: impl FnOnce(&mut DocumentJournal) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.journal.borrow_mut().as_mut().map_or(Ok(()), line)
    }
}

impl MakeOrder<'_> {
    fn title(&self, number: usize, text: &str) -> String {
        let hash = text_hash(text);
        let hash = hash.get(..HASH_DIGITS).unwrap_or_default();
        let (number, total) = (number + 1, self.scripts.len());
        format!("claque load test {}, listener {number} of {total}, text {hash}", self.marker)
    }
}

fn limited(error: &MakeError) -> Option<claque_core::pacing::Limited> {
    match error {
        MakeError::Service(error) => error.limited(),
        MakeError::Store(_) => None,
    }
}

/// Characters of each block of a document; none when it is not there. A limit is waited out until we are interrupted.
async fn blocks(
    service: &Service,
    id: &str,
    interrupts: &Interrupts,
    live: &Live,
) -> Result<Option<Vec<u32>>, ServiceError> {
    let wait = async |span: Duration| {
        live.say(&format!(
            "the service limits how fast documents are looked at: waiting {} s",
            span.as_secs_f64().ceil()
        ));
        tokio::select! {
            () = tokio::time::sleep(span) => true,
            () = interrupts.reached(1) => false,
        }
    };
    service.blocks(id, wait).await
}

fn say_wait(live: &Live, span: Duration, made: usize) {
    let seconds = span.as_secs_f64().ceil();
    live.say(&format!(
        "the service limits how fast documents are made: waiting {seconds} s, {made} made so far"
    ));
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn text_hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
