//! What a service says of pages that cannot be true of the file that was sent: a document of which it does is none.

use std::collections::BTreeSet;

use super::{Extraction, MOST_PAGES, Measuring, failure};
use crate::{
    event::{Failure, FailureClass},
    extraction::Status,
};

impl Extraction {
    /// Why a number of pages is not to be believed, if so: an extraction of more or fewer pages is none of the file.
    pub(super) fn doubt(&self, pages: Option<u32>) -> Option<Failure> {
        let text = match (pages?, self.config.pages.or(self.prepared.pages)) {
            (0, _) => "the service speaks of a document without a page".to_owned(),
            (said, Some(sent)) if said < sent => {
                format!("the service speaks of {said} of the {sent} pages that were sent")
            }
            (said, Some(sent)) if said > sent => {
                format!("the service speaks of {said} pages, more than the {sent} that were sent")
            }
            (said, _) if said > MOST_PAGES => format!("the service speaks of {said} pages"),
            _ => return None,
        };
        Some(failure(FailureClass::Protocol, text))
    }

    /// Why an answer to a poll is not to be believed, if so. What does not count needs no belief.
    pub(super) fn doubt_status(&self, status: &Status) -> Option<Failure> {
        if self.measuring == Measuring::No {
            return None;
        }
        let names = || doubt_names(&status.completed, self.record.pages);
        let failed = || doubt_names(&status.failed, self.record.pages);
        // Where nobody counted them no page was asked about, and the answer is about none.
        let said = status.pages.filter(|_| self.record.pages.is_some());
        self.doubt(said).or_else(names).or_else(failed).or_else(|| self.doubt_end(status))
    }

    /// A page that no answer has ever named was not seen to be done.
    fn doubt_end(&self, status: &Status) -> Option<Failure> {
        let (Some(_), Some(all), Some(pages)) = (&status.document, self.record.pages, &self.pages) else {
            return None;
        };
        let named: BTreeSet<_> = status.completed.iter().chain(&status.failed).copied().collect();
        let named = named.union(&pages.seen()).count();
        let text = format!("the service speaks of a whole document, but names {named} of its {all} pages");
        u32::try_from(named).is_ok_and(|named| named < all).then(|| failure(FailureClass::Protocol, text))
    }
}

/// Why a list of pages is not to be believed, if so: one is named twice, or is none of the document's.
pub(super) fn doubt_names(named: &[u32], pages: Option<u32>) -> Option<Failure> {
    let pages = pages?;
    let mut seen = BTreeSet::new();
    let text = named.iter().find_map(|page| match (seen.insert(page), *page < pages) {
        (_, false) => {
            Some(format!("the service names page {page}, counted from 0, of a document of {pages}"))
        }
        (false, true) => Some(format!("the service names page {page} twice")),
        (true, true) => None,
    })?;
    Some(failure(FailureClass::Protocol, text))
}
