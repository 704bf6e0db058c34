//! Names that a service gave: one is of one document only.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{DocumentNo, Refused, Reply},
};

/// What extractions and documents of a run are called, and whose each name is. Shared by all its conversations.
#[derive(Clone, Debug, Default)]
pub(super) struct NamesInUse(Arc<Mutex<BTreeMap<(Kind, String), DocumentNo>>>);

/// What is called so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Extraction,
    Document,
}

impl NamesInUse {
    /// `reply`, unless it names something by the name of another document's: then nobody knows whose it is.
    pub(super) fn check(&self, document: DocumentNo, reply: Reply) -> Reply {
        let (kind, name) = match &reply {
            Reply::Accepted(accepted) => (Kind::Extraction, Some(&accepted.extraction_id)),
            Reply::Created(created) => (Kind::Document, Some(&created.id)),
            Reply::Status(status) => (Kind::Document, status.document.as_ref()),
            Reply::Prepared(_) | Reply::Cancelled | Reply::Deleted | Reply::Refused(_) => return reply,
        };
        let Some(name) = name else { return reply };
        let mut names = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let owner = *names.entry((kind, name.clone())).or_insert(document);
        if owner == document { reply } else { refused(kind, owner) }
    }
}

fn refused(kind: Kind, owner: DocumentNo) -> Reply {
    let what = match kind {
        Kind::Extraction => "extraction",
        Kind::Document => "document",
    };
    let text = format!("the service names this {what} as it named that of document {owner}");
    let (phase, class, kills) = (Phase::BeforeAudio, FailureClass::Protocol, FailureScope::Session);
    Reply::Refused(Refused { failure: Failure { phase, class, code: None, text, kills }, limit: None })
}

#[cfg(test)]
mod tests {
    use claque_core::extraction::{Created, Status};

    use super::*;

    #[test]
    fn a_document_that_is_named_as_another_is_not_believed() {
        let names = NamesInUse::default();
        let created = || Reply::Created(Created { id: "d".to_owned(), failed: vec![] });
        let status = Reply::Status(Status { document: Some("d".to_owned()), ..Status::default() });
        assert_eq!(names.check(DocumentNo(0), created()), created());
        assert_eq!(names.check(DocumentNo(0), created()), created(), "its own may be said twice");
        let Reply::Refused(refused) = names.check(DocumentNo(1), status) else { panic!("believed") };
        assert_eq!(refused.failure.text, "the service names this document as it named that of document 0");
    }
}
