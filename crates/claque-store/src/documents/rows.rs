//! Facts of documents as rows of files: flat, with units in the names, and back.

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{DocumentEnd, DocumentFact, DocumentNo, DocumentRecord, Step, StepError},
    time::{Duration, Instant, duration_nanos},
};
use claque_stats::names;
use serde::{Deserialize, Serialize};

use super::pages::PageRow;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "lowercase")]
pub(super) enum DocumentFactRow {
    Page(PageRow),
    Failure(StepErrorRow),
    Document(Box<DocumentRow>),
}

/// An element of `failures` in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of StepError and Failure, which document them")]
pub struct StepErrorRow {
    pub document: u32,
    pub at_ns: u64,
    /// `prepare`, `create`, `poll`, `cancel` or `delete`.
    pub step: String,
    #[serde(with = "names::phase")]
    pub phase: Phase,
    #[serde(with = "names::class")]
    pub class: FailureClass,
    pub code: Option<u16>,
    pub text: String,
}

/// An element of `documents` in `run.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the fields are those of DocumentRecord, which documents them")]
pub struct DocumentRow {
    pub document: u32,
    pub bytes: u64,
    pub pages: Option<u32>,
    /// Pages called failed, from 0; filled in when the run is finished.
    #[serde(default)]
    pub failed_pages: Vec<u32>,
    pub intended_at_ns: u64,
    pub prepare_sent_at_ns: Option<u64>,
    pub prepared_at_ns: Option<u64>,
    pub create_sent_at_ns: Option<u64>,
    pub accepted_at_ns: Option<u64>,
    pub completed_at_ns: Option<u64>,
    pub ended_at_ns: u64,
    pub polls: u32,
    pub paced_calls: u32,
    pub paced_ns: u64,
    pub extraction_id: Option<String>,
    pub document_id: Option<String>,
    /// `completed`, `stopped` or `failed`.
    pub end: String,
    /// Step of the failure, of a failed document only.
    pub failed_step: Option<String>,
    /// Class of the failure, of a failed document only.
    pub failure: Option<String>,
    pub left_behind: Option<String>,
    pub warnings: u64,
}

impl From<&DocumentFact> for DocumentFactRow {
    fn from(fact: &DocumentFact) -> Self {
        match fact {
            DocumentFact::Page(record) => Self::Page(record.into()),
            DocumentFact::Error(error) => Self::Failure(error.into()),
            DocumentFact::Document(record) => Self::Document(Box::new(record.into())),
        }
    }
}

impl DocumentFactRow {
    /// The fact, or what is wrong with the row.
    pub(super) fn into_fact(self) -> Result<DocumentFact, String> {
        match self {
            Self::Page(row) => row.into_record().map(DocumentFact::Page),
            Self::Failure(row) => row.into_record().map(DocumentFact::Error),
            Self::Document(row) => row.into_record().map(DocumentFact::Document),
        }
    }
}

impl From<&StepError> for StepErrorRow {
    fn from(error: &StepError) -> Self {
        let StepError { document, at, step, failure } = error;
        Self {
            document: document.0,
            at_ns: at.as_nanos(),
            step: step.as_str().to_owned(),
            phase: failure.phase,
            class: failure.class,
            code: failure.code,
            text: failure.text.clone(),
        }
    }
}

impl StepErrorRow {
    pub(super) fn into_record(self) -> Result<StepError, String> {
        let Self { document, at_ns, step, phase, class, code, text } = self;
        Ok(StepError {
            document: DocumentNo(document),
            at: Instant::from_nanos(at_ns),
            step: step_from(&step)?,
            failure: Failure { phase, class, code, text, kills: FailureScope::Session },
        })
    }
}

impl From<&DocumentRecord> for DocumentRow {
    fn from(record: &DocumentRecord) -> Self {
        let (failed_step, failure) = match record.end {
            DocumentEnd::Failed { step, class } => {
                (Some(step.as_str().to_owned()), Some(class.as_str().to_owned()))
            }
            DocumentEnd::Completed | DocumentEnd::Stopped => (None, None),
        };
        Self {
            document: record.document.0,
            bytes: record.bytes,
            pages: record.pages,
            failed_pages: Vec::new(),
            intended_at_ns: record.intended_at.as_nanos(),
            prepare_sent_at_ns: record.prepare_sent_at.map(Instant::as_nanos),
            prepared_at_ns: record.prepared_at.map(Instant::as_nanos),
            create_sent_at_ns: record.create_sent_at.map(Instant::as_nanos),
            accepted_at_ns: record.accepted_at.map(Instant::as_nanos),
            completed_at_ns: record.completed_at.map(Instant::as_nanos),
            ended_at_ns: record.ended_at.as_nanos(),
            polls: record.polls,
            paced_calls: record.paced_calls,
            paced_ns: duration_nanos(record.paced),
            extraction_id: record.extraction_id.clone(),
            document_id: record.document_id.clone(),
            end: record.end.as_str().to_owned(),
            failed_step,
            failure,
            left_behind: record.left_behind.clone(),
            warnings: record.warnings,
        }
    }
}

impl DocumentRow {
    pub(super) fn into_record(self) -> Result<DocumentRecord, String> {
        Ok(DocumentRecord {
            end: end_from(&self.end, self.failed_step.as_deref(), self.failure.as_deref())?,
            document: DocumentNo(self.document),
            bytes: self.bytes,
            pages: self.pages,
            intended_at: Instant::from_nanos(self.intended_at_ns),
            prepare_sent_at: self.prepare_sent_at_ns.map(Instant::from_nanos),
            prepared_at: self.prepared_at_ns.map(Instant::from_nanos),
            create_sent_at: self.create_sent_at_ns.map(Instant::from_nanos),
            accepted_at: self.accepted_at_ns.map(Instant::from_nanos),
            completed_at: self.completed_at_ns.map(Instant::from_nanos),
            ended_at: Instant::from_nanos(self.ended_at_ns),
            polls: self.polls,
            paced_calls: self.paced_calls,
            paced: Duration::from_nanos(self.paced_ns),
            extraction_id: self.extraction_id,
            document_id: self.document_id,
            left_behind: self.left_behind,
            warnings: self.warnings,
        })
    }
}

fn step_from(name: &str) -> Result<Step, String> {
    Step::ALL.into_iter().find(|step| step.as_str() == name).ok_or_else(|| format!("unknown step `{name}`"))
}

fn end_from(name: &str, step: Option<&str>, class: Option<&str>) -> Result<DocumentEnd, String> {
    let found = match (step, class) {
        (Some(step), Some(class)) => {
            let known = names::class_from_name(class);
            let class = known.ok_or_else(|| format!("unknown failure class `{class}`"))?;
            Some(DocumentEnd::Failed { step: step_from(step)?, class })
        }
        (None, None) => {
            [DocumentEnd::Completed, DocumentEnd::Stopped].into_iter().find(|end| end.as_str() == name)
        }
        (Some(_), None) | (None, Some(_)) => None,
    };
    found
        .filter(|end| end.as_str() == name)
        .ok_or_else(|| format!("unknown end `{name}` with step {step:?} and failure {class:?}"))
}
