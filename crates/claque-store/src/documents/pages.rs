//! The columns of `pages.parquet`. Adding one touches this file, and the record in core that it is had of.

use claque_core::{
    extraction::{DocumentNo, PageOutcome, PageRecord, PageSource},
    time::Instant,
};

use crate::{
    columns::{table, text},
    tables::{MOMENT, NUMBER},
};

table! {
    /// A row of `pages.parquet`. Moments are nanoseconds since the run's start.
    PageRow<Text> of PageRecord, in PAGES = "pages" with PAGE_COLUMNS, reads 0;

    /// number of the document, from 0
    document: u32, NUMBER => |record| record.document.0;
    /// number of the page, from 0
    page: u32, NUMBER => |record| record.page;
    /// the last answer without it was asked for; for the first, the order was given
    not_before_ns: u64, MOMENT => |record| record.not_before.as_nanos();
    /// the answer with it was read; of an unseen page, when nobody looked any more
    seen_at_ns: u64, MOMENT => |record| record.seen_at.as_nanos();
    /// `completed`, `failed` or `unseen`
    outcome: Text, "completed, failed or unseen" => |record| text(record.outcome.as_str());
    /// 1 when the service had said that a cache answers it, 0 when none does, nothing when it did not say
    cached: Option<u8>, "1 when the service had said that a cache answers it, 0 when none does, else nothing" => |record| {
        match record.source {
            PageSource::Work => Some(0),
            PageSource::Cache => Some(1),
            PageSource::Unsaid => None,
        }
    };
}

impl<Text: AsRef<str>> PageRow<Text> {
    pub(super) fn into_record(self) -> Result<PageRecord, String> {
        let name = self.outcome.as_ref();
        let outcome = PageOutcome::ALL.into_iter().find(|outcome| outcome.as_str() == name);
        Ok(PageRecord {
            document: DocumentNo(self.document),
            page: self.page,
            not_before: Instant::from_nanos(self.not_before_ns),
            seen_at: Instant::from_nanos(self.seen_at_ns),
            outcome: outcome.ok_or_else(|| format!("unknown outcome `{name}`"))?,
            source: match self.cached {
                Some(0) => PageSource::Work,
                Some(_) => PageSource::Cache,
                None => PageSource::Unsaid,
            },
        })
    }
}
