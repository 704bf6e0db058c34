//! What a run over documents has on the service, noted in its folder before it is there.

use std::cell::RefCell;

use claque_core::extraction::{DocumentNo, ExtractionInProgress, Leftover};
use claque_store::{DocumentJournal, ExtractionName, LeftBehind, StoreError};

use crate::leaving::CleanupKind;

/// What this run has made and not yet deleted.
#[derive(Debug, Default)]
pub(super) struct DocumentLedger {
    journal: RefCell<Option<DocumentJournal>>,
}

impl DocumentLedger {
    /// Notes from now on in `journal`.
    pub(super) fn begin(&self, journal: DocumentJournal) {
        *self.journal.borrow_mut() = Some(journal);
    }

    /// Notes what is on the service of document `number` from now on, in place of what was noted before.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn note(
        &self,
        number: DocumentNo,
        what: Option<Leftover>,
        whose: &DocumentOwner,
    ) -> Result<(), StoreError> {
        let mut journal = self.journal.borrow_mut();
        let Some(journal) = journal.as_mut() else { return Ok(()) };
        match what {
            Some(Leftover::Asked) => journal.intend(number.0, &whose.title(number), 0, &whose.owner),
            Some(Leftover::Extraction(going)) => journal.accepted(number.0, name(going)),
            Some(Leftover::Document(id)) => journal.created(number.0, &id),
            None => journal.gone(number.0),
        }
    }

    /// What a stop has to see to at this moment.
    pub(super) fn clears(&self) -> CleanupKind {
        let journal = self.journal.borrow();
        // What an embedded service has ends with this process.
        let journal = journal.as_ref().filter(|journal| !journal.header().embedded);
        match journal.map(DocumentJournal::left) {
            Some(left) if left != LeftBehind::default() => CleanupKind::Extractions,
            Some(_) | None => CleanupKind::Nothing,
        }
    }

    /// Ends the journal where the run is left at once. Gives what stays on the service, for people.
    pub(super) fn leave(&self) -> Vec<String> {
        let Some(journal) = self.journal.borrow_mut().take() else { return Vec::new() };
        let left = journal.left();
        if journal.header().embedded {
            // A journal that cannot be removed costs `claque cleanup` a look at it.
            let _stays = journal.discard();
            return Vec::new();
        }
        let LeftBehind { documents, extractions, unresolved } = left;
        let documents = documents.into_iter().map(|document| Leftover::Document(document.id).to_string());
        let extractions =
            extractions.into_iter().map(|left| Leftover::Extraction(going(left.extraction)).to_string());
        let unresolved = unresolved.into_iter().map(|left| format!("{}: {}", left.title, Leftover::Asked));
        documents.chain(extractions).chain(unresolved).collect()
    }

    /// Ends the journal; it goes if nothing is left. What is left at an embedded service ends with it.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(super) fn close(&self) -> Result<(), StoreError> {
        match self.journal.borrow_mut().take() {
            Some(journal) if journal.header().embedded => journal.discard(),
            Some(journal) => journal.close(),
            None => Ok(()),
        }
    }
}

/// Whose documents they are, and what they are called.
#[derive(Clone, Debug)]
pub(super) struct DocumentOwner {
    /// Without a secret.
    pub(super) owner: String,
    /// Names of the files, in order of documents.
    pub(super) files: Vec<String>,
}

impl DocumentOwner {
    fn title(&self, number: DocumentNo) -> String {
        let place = usize::try_from(number.0).unwrap_or(usize::MAX);
        self.files.get(place).cloned().unwrap_or_default()
    }
}

fn name(going: ExtractionInProgress) -> ExtractionName {
    let ExtractionInProgress { accepted, pages, ai_transform } = going;
    ExtractionName {
        id: accepted.extraction_id,
        content_hash: accepted.content_hash,
        prompt_hash: accepted.prompt_hash,
        pages,
        ai_transform: ai_transform.as_bool(),
    }
}

/// An extraction as it stands in a journal, to be asked about.
pub fn going(name: ExtractionName) -> ExtractionInProgress {
    use claque_core::extraction::{Accepted, AiTransform};

    let ExtractionName { id, content_hash, prompt_hash, pages, ai_transform } = name;
    let accepted = Accepted { extraction_id: id, content_hash, prompt_hash, pages: Some(pages) };
    ExtractionInProgress {
        accepted,
        pages,
        ai_transform: if ai_transform { AiTransform::On } else { AiTransform::Off },
    }
}
