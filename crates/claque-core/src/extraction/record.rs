//! The facts of a run over documents: what became of each page and each document.

use core::fmt;

use crate::{
    event::{Failure, FailureClass},
    time::{Duration, Instant},
};

/// One document of a run, numbered from 0 in order of start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentNo(pub u32);

impl fmt::Display for DocumentNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One fact, in the order it became final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentFact {
    /// A page is done with.
    Page(PageRecord),
    /// A call came to nothing.
    Error(StepError),
    /// A document is done with.
    Document(DocumentRecord),
}

/// What is known of one page. Progress is only seen by asking, so a page is done at some moment after
/// `not_before`, and not later than `seen_at`; the two lie a poll apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageRecord {
    /// Whose page.
    pub document: DocumentNo,
    /// Which, from 0, as the service counts.
    pub page: u32,
    /// When the last answer that did not show it was asked for, or the extraction was.
    pub not_before: Instant,
    /// When the answer that showed it was read; for an unseen page, when nobody looked any more.
    pub seen_at: Instant,
    /// What became of it.
    pub outcome: PageOutcome,
    /// Whether the service had said beforehand that a cache would answer it.
    pub source: PageSource,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageOutcome {
    /// Extracted.
    Completed,
    /// The service could not read it.
    Failed,
    /// The conversation ended before anything was heard of it.
    Unseen,
}

impl PageOutcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Completed, Self::Failed, Self::Unseen];

    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Unseen => "unseen",
        }
    }
}

/// Where a page comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageSource {
    /// It is to be extracted, as far as the service said.
    Work,
    /// A cache answers it.
    Cache,
    /// The service said nothing of it that means anything.
    Unsaid,
}

/// A step of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The upload.
    Prepare,
    /// The order to extract.
    Create,
    /// The questions how far it is.
    Poll,
    /// The calling off of what is not wanted any more.
    Cancel,
    /// The end of the document.
    Delete,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] = [Self::Prepare, Self::Create, Self::Poll, Self::Cancel, Self::Delete];

    /// The name used in files and tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Create => "create",
            Self::Poll => "poll",
            Self::Cancel => "cancel",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A call that came to nothing, with its step and time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    /// Whose conversation.
    pub document: DocumentNo,
    /// When.
    pub at: Instant,
    /// In which step.
    pub step: Step,
    /// What.
    pub failure: Failure,
}

/// One document from its intended start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentRecord {
    /// Which.
    pub document: DocumentNo,
    /// Size of its file in bytes.
    pub bytes: u64,
    /// Pages, as the service counted them; none when it never said.
    pub pages: Option<u32>,
    /// When it was meant to start.
    pub intended_at: Instant,
    /// When the upload that was not put off began.
    pub prepare_sent_at: Option<Instant>,
    /// When it was answered.
    pub prepared_at: Option<Instant>,
    /// When the order that was not put off was given.
    pub create_sent_at: Option<Instant>,
    /// When it was accepted.
    pub accepted_at: Option<Instant>,
    /// When the answer that showed the document was read.
    pub completed_at: Option<Instant>,
    /// When the conversation was over, deletion included.
    pub ended_at: Instant,
    /// Questions how far it is.
    pub polls: u32,
    /// Calls that were put off because a limit asked for it. Such waiting is in no time of this record.
    pub paced_calls: u32,
    /// How long they were put off in all.
    pub paced: Duration,
    /// The extraction, as the service names it.
    pub extraction_id: Option<String>,
    /// The document, as the service names it.
    pub document_id: Option<String>,
    /// How it ended.
    pub end: DocumentEnd,
    /// What was not deleted, if anything: a document, or an extraction that may yet become one.
    pub left_behind: Option<String>,
    /// Things the service said that make no sense and changed nothing.
    pub warnings: u64,
}

/// How a document ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentEnd {
    /// The service made a document of it.
    Completed,
    /// The run was stopped first.
    Stopped,
    /// A failure ended it.
    Failed {
        /// In which step.
        step: Step,
        /// What sort of failure.
        class: FailureClass,
    },
}

impl DocumentEnd {
    /// The name used in files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped => "stopped",
            Self::Failed { .. } => "failed",
        }
    }
}
