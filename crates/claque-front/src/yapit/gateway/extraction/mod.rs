//! Extraction of documents: uploads, page jobs, and the document that comes of them.
//!
//! Pages go through a [`Pipeline`](claque_gateway::Pipeline) of their own: one queue, oldest first, detection workers that take one page at a
//! time, lost workers, retries, the overflow provider, and a cache by content. What is here counts pages and knows
//! when a document is whole. It knows no PDF: the host says how many pages an upload has.

mod machine;

use core::fmt;

use claque_core::time::{Duration, Instant};
use claque_gateway::{
    DocumentId, OverflowConfig, PipelineConfig, PipelineStats, Spread, VariantHash, Workers,
    settings::{SameValue, Seconds, Size, Switch, WrittenAs},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::machine::{Extractions, FinishedExtraction};

/// Constants of document extraction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExtractionConfig {
    /// Who looks at pages.
    pub workers: Workers,
    /// Mean time for one page.
    #[serde(rename = "page_seconds", with = "WrittenAs::<Seconds>")]
    pub page: Duration,
    /// Sigma of the log-normal noise of that time, whose mean is one. Zero for none.
    #[serde(with = "WrittenAs::<Size>")]
    pub sigma: f64,
    /// Time a language model adds to each page; none where none is configured.
    #[serde(rename = "ai_transform_seconds", with = "WrittenAs::<Switch<Seconds>>")]
    pub ai_transform: Option<Duration>,
    /// Queue, leases, retries and overflow of page jobs. Its engine is always the model.
    pub pipeline: PipelineConfig,
    /// Extractions of one user at a time; none for no limit.
    #[serde(with = "WrittenAs::<Switch<SameValue<u32>>>")]
    pub max_concurrent: Option<u32>,
    /// Pages a user may have extracted in all; none for no limit.
    #[serde(with = "WrittenAs::<Switch<SameValue<u64>>>")]
    pub page_limit: Option<u64>,
    /// What the order to extract is answered with.
    pub answer: CreationAnswer,
}

/// What the order to extract is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CreationAnswer {
    /// 202 at once; the client asks how far it is.
    Accepted,
    /// 201 with the document when all is over, as in early 2026-02.
    Document,
}

/// SHA-256 of a file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

/// One extraction. Shaped as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtractionId(DocumentId);

/// A file that was handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Names its content.
    pub content: ContentHash,
    /// Its pages, as the host counted them.
    pub pages: u32,
    /// Title of the document to be.
    pub title: String,
}

/// What a client is told of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedUpload {
    /// Names the upload.
    pub hash: ContentHash,
    /// Pages that no cache answers, from 0; always empty without a language model, for whose pages alone it is known.
    pub uncached: Vec<u32>,
}

/// What a client is told of an extraction that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedExtraction {
    /// Names it.
    pub id: ExtractionId,
    /// Names the content.
    pub content: ContentHash,
    /// Its pages.
    pub pages: u32,
}

/// How far an extraction is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtractionStatus {
    /// Its pages.
    pub pages: u32,
    /// Pages that are done, ascending.
    pub completed: Vec<u32>,
    /// Pages that could not be read, ascending.
    pub failed: Vec<u32>,
    /// How it ended; none while it goes on.
    pub end: Option<ExtractionEnd>,
}

/// How an extraction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractionEnd {
    /// With a document.
    Document {
        /// The document.
        id: DocumentId,
        /// Its title.
        title: String,
    },
    /// With nothing.
    Failed {
        /// The gateway's words.
        text: String,
    },
}

/// One line of the gateway's own log: a page is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageDone {
    /// Whose page.
    pub extraction: ExtractionId,
    /// Which, from 0.
    pub page: u32,
    /// When its extraction was ordered.
    pub ordered_at: Instant,
    /// When it was done.
    pub done_at: Instant,
    /// Whether it was read.
    pub outcome: PageEnd,
}

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PageEnd {
    /// Read.
    Completed,
    /// Could not be read.
    Failed,
}

/// What extraction holds now and has done since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtractionStats {
    /// Extractions that go on now.
    pub running: usize,
    /// Extractions that became a document.
    pub completed: u64,
    /// Extractions that became nothing, those that were called off among them.
    pub failed: u64,
    /// Extractions that were called off.
    pub cancelled: u64,
    /// Pages that were read.
    pub pages_completed: u64,
    /// Pages that could not be read.
    pub pages_failed: u64,
    /// Queue and workers of pages; its units are pages.
    pub pipeline: PipelineStats,
}

impl ExtractionConfig {
    /// Detection of what is on pages. Lease and overflow are as published; how long a page takes and how many workers
    /// there are is not, and is assumed: half a dozen pages a second.
    pub(super) fn current() -> Self {
        Self {
            workers: Workers::Pull(4),
            page: Duration::from_millis(600),
            sigma: 0.2,
            ai_transform: Some(Duration::from_secs(3)),
            pipeline: PipelineConfig {
                visibility_timeout: Duration::from_secs(10),
                visibility_scan: Duration::from_secs(5),
                dead_letter_text: Some("Page extraction failed after several attempts".to_owned()),
                overflow: Some(OverflowConfig {
                    threshold: Duration::from_secs(10),
                    scan: Duration::from_secs(2),
                    execution: Spread { median: Duration::from_secs(1), p98: Duration::from_secs(3) },
                    ..OverflowConfig::OF_SPEECH
                }),
                // An extraction waits for its pages, however long that takes.
                key_life: Duration::from_secs(24 * 60 * 60),
                ..PipelineConfig::of_speech()
            },
            max_concurrent: Some(10),
            page_limit: None,
            answer: CreationAnswer::Accepted,
        }
    }
}

impl ContentHash {
    /// Names a file.
    #[must_use]
    pub fn of(file: &[u8]) -> Self {
        Self(Sha256::digest(file).into())
    }

    /// Reads 64 hexadecimal digits. None for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        VariantHash::parse(text).map(|hash| Self(hash.into_bytes()))
    }

    /// The name under which an upload of this content is known.
    fn of_upload(self) -> Self {
        Self::of(&[b"upload ".as_slice(), &self.0].concat())
    }

    /// The name under which a page of this content is known, whichever way it is read.
    fn page(self, page: u32) -> VariantHash {
        VariantHash::from_bytes(Self::of(&[self.0.as_slice(), &page.to_be_bytes()].concat()).0)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&VariantHash::from_bytes(self.0), f)
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl ExtractionId {
    /// Reads the hyphenated form of a UUID, in either case. None for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        DocumentId::parse(text).map(Self)
    }
}

impl fmt::Display for ExtractionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ExtractionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
