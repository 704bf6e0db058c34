//! What a journal's lines come to.

use std::collections::BTreeMap;

use super::{
    Entry, ExtractionName, JournalHeader, LeftBehind, LeftDocument, LeftExtraction, Line, Unresolved,
};

/// What the lines so far come to.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) header: JournalHeader,
    /// With the number under which each was asked for.
    documents: Vec<(u32, LeftDocument)>,
    /// Asked for, by number, and neither made nor refused since.
    intents: BTreeMap<u32, Intent>,
}

/// A document that was asked for; it has no id yet.
#[derive(Debug)]
struct Intent {
    document: LeftDocument,
    /// Where it is known to be under way.
    extraction: Option<ExtractionName>,
}

impl State {
    /// What is left, in the order in which it was made.
    pub(super) fn left(&self) -> LeftBehind {
        let Self { documents, intents, .. } = self;
        let documents = documents.iter().map(|(_, document)| document.clone()).collect();
        let mut left = LeftBehind { documents, ..LeftBehind::default() };
        for (number, Intent { document, extraction }) in intents {
            let LeftDocument { title, account, owner, .. } = document.clone();
            match extraction.clone() {
                None => left.unresolved.push(Unresolved { number: *number, title, account, owner }),
                Some(extraction) => {
                    let number = *number;
                    left.extractions.push(LeftExtraction { number, extraction, title, account, owner });
                }
            }
        }
        left
    }

    pub(super) fn take(&mut self, line: Line) {
        match line {
            Line::Header(header) => self.header = header,
            Line::Entry(Entry::Intend { number, title, account, owner }) => {
                let document = LeftDocument { id: String::new(), title, account, owner };
                self.intents.insert(number, Intent { document, extraction: None });
            }
            Line::Entry(Entry::Accepted { number, extraction }) => {
                if let Some(intent) = self.intents.get_mut(&number) {
                    intent.extraction = Some(extraction);
                }
            }
            Line::Entry(Entry::Created { number, id }) => {
                if let Some(intent) = self.intents.remove(&number) {
                    self.documents.push((number, LeftDocument { id, ..intent.document }));
                }
            }
            Line::Entry(Entry::Gone { number }) => {
                self.intents.remove(&number);
                self.documents.retain(|(made, _)| *made != number);
            }
            Line::Entry(Entry::Deleted { id } | Entry::Kept { id }) => {
                self.documents.retain(|(_, document)| document.id != id);
            }
        }
    }
}
