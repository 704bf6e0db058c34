//! The conversation by which a client has a document's pages extracted: prepare, create, poll, delete.
//!
//! [`Extraction`] decides when to call and what an answer means; it knows no clock and no socket. A driver makes the
//! calls it asks for ([`Output::Call`]), hands back what the service said ([`Reply`]) and writes down the facts.
//! The real-time driver and the simulator move the very same machine.

mod machine;
mod pages;
mod record;

#[cfg(test)]
mod tests;

use core::fmt;

pub use self::{
    machine::Extraction,
    record::{
        DocumentEnd, DocumentFact, DocumentNo, DocumentRecord, PageOutcome, PageRecord, PageSource, Step,
        StepError,
    },
};
use crate::{
    event::Failure,
    pacing::Limited,
    time::{Duration, Instant},
};

/// What one conversation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractionConfig {
    /// Which document of the run.
    pub document: DocumentNo,
    /// Size of its file in bytes.
    pub bytes: u64,
    /// Pages of its file; none where nobody counted them.
    pub pages: Option<u32>,
    /// Whether the service is to let a language model rewrite the pages.
    pub ai_transform: AiTransform,
    /// How often progress is asked for.
    pub poll: PollPolicy,
    /// Longest wait for one answer, and longest time without a further page.
    pub patience: Duration,
    /// When it is meant to start.
    pub intended_at: Instant,
    /// What a stop leaves to be done.
    pub on_stop: OnStop,
}

/// Whether the service is to let a language model rewrite the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AiTransform {
    /// It is.
    On,
    /// It is not.
    Off,
}

impl From<bool> for AiTransform {
    fn from(on: bool) -> Self {
        if on { Self::On } else { Self::Off }
    }
}

impl AiTransform {
    /// As the protocol has it.
    #[must_use]
    pub const fn as_bool(self) -> bool {
        match self {
            Self::On => true,
            Self::Off => false,
        }
    }
}

/// What happens when a run is stopped while the service is still at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStop {
    /// Nothing more is measured, but the extraction is called off, and a document that is made all the same is deleted.
    Clear,
    /// The conversation ends at once: the service ends with the run.
    Leave,
}

/// How often progress is asked for: `first` after the acceptance, then each wait is `growth_pct` percent of the one
/// before, up to `longest`. A wait begins with the answer to the poll before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollPolicy {
    /// First wait, not zero.
    pub first: Duration,
    /// Longest wait, not below the first.
    pub longest: Duration,
    /// Each wait in percent of the one before; 100 for equal waits.
    pub growth_pct: u32,
}

impl PollPolicy {
    /// As the service's own stress script polls: 1 s growing 1.5 times to 5 s.
    pub const STRESS_SCRIPT: Self =
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(5), growth_pct: 150 };

    /// The wait after `wait`.
    #[must_use]
    pub fn after(&self, wait: Duration) -> Duration {
        (wait.saturating_mul(self.growth_pct) / 100).clamp(self.first, self.longest.max(self.first))
    }
}

/// A call to be made. At most one of a conversation is under way; a new one takes the place of an unanswered one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// Upload the file.
    Prepare,
    /// Have its pages extracted.
    Create {
        /// The upload, as the service named it.
        hash: String,
        /// Whether a language model is to rewrite them.
        ai_transform: AiTransform,
    },
    /// Ask how far that is.
    Poll(ExtractionInProgress),
    /// Call it off.
    Cancel(ExtractionInProgress),
    /// Delete the document.
    Delete {
        /// The document, as the service names it.
        id: String,
    },
}

impl Call {
    /// Which step it belongs to.
    #[must_use]
    pub const fn step(&self) -> Step {
        match self {
            Self::Prepare => Step::Prepare,
            Self::Create { .. } => Step::Create,
            Self::Poll(_) => Step::Poll,
            Self::Cancel(_) => Step::Cancel,
            Self::Delete { .. } => Step::Delete,
        }
    }
}

/// What the service answered to the call under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The upload is known.
    Prepared(Prepared),
    /// The extraction has begun.
    Accepted(Accepted),
    /// The extraction is over already, as servers of early 2026-02 answer.
    Created(Created),
    /// How far it is.
    Status(Status),
    /// The extraction is called off.
    Cancelled,
    /// The document is gone.
    Deleted,
    /// Anything else.
    Refused(Refused),
}

impl Reply {
    /// Whether it answers a call of which a service lets only so many through in a time, and this one was.
    #[must_use]
    pub const fn is_let_through(&self) -> bool {
        match self {
            Self::Prepared(_) | Self::Accepted(_) | Self::Created(_) => true,
            Self::Status(_) | Self::Cancelled | Self::Deleted | Self::Refused(_) => false,
        }
    }
}

/// An upload that the service knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prepared {
    /// Names the upload.
    pub hash: String,
    /// Pages the service counted, if it says so.
    pub pages: Option<u32>,
    /// Pages that no cache answers, from 0; none when it does not say. An empty list is also what a server without a
    /// language model says, which means nothing.
    pub uncached: Option<Vec<u32>>,
}

/// An extraction that has begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// Names the extraction.
    pub extraction_id: String,
    /// Names the content.
    pub content_hash: String,
    /// Names the words a language model is given; only where there are such.
    pub prompt_hash: Option<String>,
    /// Pages, if the answer says so.
    pub pages: Option<u32>,
}

/// An extraction that is over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Created {
    /// The document.
    pub id: String,
    /// Pages that could not be read, from 0.
    pub failed: Vec<u32>,
}

/// How far an extraction is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether the service still knows it.
    pub found: bool,
    /// Pages of the document, if the answer says so.
    pub pages: Option<u32>,
    /// Pages that are done, from 0.
    pub completed: Vec<u32>,
    /// Pages that could not be read, from 0.
    pub failed: Vec<u32>,
    /// The document, when all is over.
    pub document: Option<String>,
    /// Why there will be none.
    pub error: Option<String>,
}

/// A call that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// What happened.
    pub failure: Failure,
    /// What the limit says that refused it: it was no answer to what was asked, and the same call may be let through
    /// later.
    pub limit: Option<Limited>,
}

/// News for the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Begin.
    Start,
    /// The service answered the call under way.
    Reply(Reply),
    /// Time has passed; nothing else.
    Wake,
    /// Another document of the run got a call through that the same limits count.
    Progress,
    /// The run is stopped.
    Stop,
}

/// The machine's news for the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Make this call. One that is still under way is of no interest any more.
    Call(Call),
    /// A limit bites: the next call is made after this time.
    Paced {
        /// The call that is put off.
        step: Step,
        /// For how long.
        wait: Duration,
    },
    /// This is, or may be, on the service from now on, in place of what was told of before: to be cleared away should
    /// nobody delete it. Comes before the call that may bring it about, so that it can be noted first.
    Exists(Leftover),
    /// Nothing of this conversation is on the service any more.
    Gone,
    /// Something became final.
    Fact(DocumentFact),
    /// The conversation is over; a call that is still under way is of no interest any more.
    Ended,
}

/// An extraction that goes on: all that is needed to ask how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractionInProgress {
    /// As the service named it.
    pub accepted: Accepted,
    /// Pages asked about: all of them, from 0.
    pub pages: u32,
    /// As it was created.
    pub ai_transform: AiTransform,
}

/// What a conversation leaves on the service if it breaks off now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// Nobody knows: it was asked for, and no answer came.
    Asked,
    /// An extraction that goes on, and will become a document.
    Extraction(ExtractionInProgress),
    /// A document.
    Document(String),
}

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked => f.write_str("a document that may have been made: its creation was not answered"),
            Self::Extraction(going) => {
                write!(f, "extraction {}, whose document was not there yet", going.accepted.extraction_id)
            }
            Self::Document(id) => write!(f, "document {id}"),
        }
    }
}

/// Why the machine wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeoutReason {
    /// A poll is due.
    Poll,
    /// A call that was put off is due.
    Pace,
    /// An answer is overdue.
    Silence,
}
