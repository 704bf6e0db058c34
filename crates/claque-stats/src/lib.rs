//! Numbers from facts: the summary of a run, and whether it can be trusted.
//!
//! [`SummaryBuilder`] takes facts in any order and makes a [`Summary`]; [`Verdict::judge`] says what the
//! summary is worth. Every definition is in `docs/metrics.md`. Nothing here reads a clock or a file, and
//! nothing is estimated: what was not measured is `None`.

mod builder;
mod causes;
mod documents;
mod documents_verdict;
pub mod names;
mod sample;
mod summary;
mod verdict;

pub use self::{
    builder::{RunShape, SummaryBuilder, summarise},
    documents::{
        CacheUse, DocumentCounts, DocumentsBuilder, DocumentsShape, DocumentsSummary, FailedPages,
        PageCounts, StepCause, summarise_documents,
    },
    sample::{Distribution, ScheduleLag},
    summary::{BlockCounts, CauseScope, ErrorCause, ListenerCounts, Summary, Underruns},
    verdict::{LATE_GENERATOR, Reason, ReasonId, Validity, Verdict},
};
