//! A run that came to its end, as a report tells it, whether it could be kept or not.

use std::path::PathBuf;

use claque_core::extraction::AiTransform;
use claque_stats::{DocumentsShape, DocumentsSummary, Reason, Summary, Verdict, objective::ObjectiveResult};

use crate::{Preparation, RunConfig, ServiceLoad};

/// What a run sets out to do, as far as its folder and its report are concerned.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The service, for people: an address, or a word for the embedded or simulated gateway with its preset.
    pub target: String,
    /// The older script's five settings.
    pub config: RunConfig,
    /// Which time the run's times are of.
    pub time: TimeKind,
    /// The number all randomness hangs from.
    pub seed: u64,
    /// Everything that was decided, without secrets.
    pub scenario: serde_json::Value,
    /// What is to be said beside the verdict and is known beforehand.
    pub notes: Vec<Reason>,
}

/// Which time a run's times are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeKind {
    /// A clock's.
    Real,
    /// A model's, in which nothing can be late.
    Virtual,
}

/// A run that is recorded, with everything a report says of it.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What it set out to do.
    pub heading: Heading,
    /// Its folder.
    pub folder: PathBuf,
    /// Its figures.
    pub summary: Summary,
    /// What they are worth.
    pub verdict: Verdict,
    /// What went before its start.
    pub preparation: Option<Preparation>,
    /// How much the service had to do, where it tells.
    pub load: Option<ServiceLoad>,
    /// What came of the objectives, in their order.
    pub objectives: Vec<ObjectiveResult>,
    /// Why it is not kept, if it is not: these figures are nowhere else.
    pub not_kept: Option<String>,
}

/// What a run over documents sets out to do, as far as its folder and its report are concerned.
#[derive(Clone, Debug)]
pub struct DocumentsHeading {
    /// The service, for people.
    pub target: String,
    /// The denominators.
    pub shape: DocumentsShape,
    /// Whether a language model is to rewrite the pages.
    pub ai_transform: AiTransform,
    /// Which time the run's times are of.
    pub time: TimeKind,
    /// The number all randomness hangs from.
    pub seed: u64,
    /// Everything that was decided, without secrets.
    pub scenario: serde_json::Value,
}

/// A run over documents that is recorded, with everything a report says of it.
#[derive(Clone, Debug)]
pub struct FinishedDocuments {
    /// What it set out to do.
    pub heading: DocumentsHeading,
    /// Its folder.
    pub folder: PathBuf,
    /// Its figures.
    pub summary: DocumentsSummary,
    /// What they are worth.
    pub verdict: Verdict,
    /// Why it is not kept, if it is not: these figures are nowhere else.
    pub not_kept: Option<String>,
}
