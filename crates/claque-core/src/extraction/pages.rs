//! Which pages of a document have been seen, and when.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{DocumentNo, PageOutcome, PageRecord, PageSource};
use crate::time::Instant;

/// The pages of one document.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    document: DocumentNo,
    count: u32,
    /// Pages that no cache answers, as the service said beforehand; none when it said nothing that means anything.
    uncached: Option<BTreeSet<u32>>,
    seen: BTreeMap<u32, PageRecord>,
    /// When the last answer that was understood was asked for.
    not_before: Instant,
}

/// What an answer says of pages, and when it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct PagesSnapshot<'a> {
    pub(super) read_at: Instant,
    pub(super) completed: &'a [u32],
    pub(super) failed: &'a [u32],
}

impl Pages {
    /// `uncached` are the pages that no cache answers, if the service said so; `asked_at` is when the extraction was
    /// asked for.
    pub(super) fn new(document: DocumentNo, count: u32, uncached: Option<&[u32]>, asked_at: Instant) -> Self {
        let uncached = uncached.map(|uncached| uncached.iter().copied().collect());
        Self { document, count, uncached, seen: BTreeMap::new(), not_before: asked_at }
    }

    /// Takes an answer. Gives the records that are new by it, in order of pages, and how many pages it names that do
    /// not exist. A page that was called completed and is called failed now has a second record, which counts.
    pub(super) fn see(&mut self, glance: PagesSnapshot<'_>) -> (Vec<PageRecord>, u64) {
        let failed: BTreeSet<_> = glance.failed.iter().copied().collect();
        let named: BTreeSet<_> = glance.completed.iter().copied().chain(failed.iter().copied()).collect();
        let (known, unknown): (Vec<u32>, Vec<u32>) = named.into_iter().partition(|page| *page < self.count);
        let mut records = Vec::new();
        for page in known {
            let has_failed = failed.contains(&page);
            let record = match self.seen.get(&page) {
                // What was closed as unseen may be seen after all, by one who only waits for the end.
                None | Some(PageRecord { outcome: PageOutcome::Unseen, .. }) => {
                    let outcome = if has_failed { PageOutcome::Failed } else { PageOutcome::Completed };
                    self.record(page, outcome, glance.read_at)
                }
                Some(seen) if has_failed && seen.outcome == PageOutcome::Completed => {
                    PageRecord { outcome: PageOutcome::Failed, ..*seen }
                }
                Some(_) => continue,
            };
            self.seen.insert(page, record);
            records.push(record);
        }
        (records, u64::try_from(unknown.len()).unwrap_or(u64::MAX))
    }

    /// Pages that an answer has named.
    pub(super) fn seen(&self) -> BTreeSet<u32> {
        self.seen.keys().copied().collect()
    }

    /// What is still unseen was not done when the answer just taken was asked for.
    pub(super) const fn look_on(&mut self, asked_at: Instant) {
        self.not_before = asked_at;
    }

    /// Gives a record for every page nothing was heard of.
    pub(super) fn close(&mut self, at: Instant, outcome: PageOutcome) -> Vec<PageRecord> {
        let unseen = (0..self.count).filter(|page| !self.seen.contains_key(page));
        let records: Vec<_> = unseen.map(|page| self.record(page, outcome, at)).collect();
        self.seen.extend(records.iter().map(|record| (record.page, *record)));
        records
    }

    fn record(&self, page: u32, outcome: PageOutcome, seen_at: Instant) -> PageRecord {
        let source = match &self.uncached {
            None => PageSource::Unsaid,
            Some(uncached) if uncached.contains(&page) => PageSource::Work,
            Some(_) => PageSource::Cache,
        };
        PageRecord { document: self.document, page, not_before: self.not_before, seen_at, outcome, source }
    }
}
