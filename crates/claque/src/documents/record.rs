//! From facts of documents to a finished run.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use claque_core::extraction::{AiTransform, DocumentFact};
use claque_net::unix_nanos;
use claque_stats::{DocumentsBuilder, DocumentsShape, DocumentsSummary, ReasonId, ScheduleLag, Verdict};
use claque_store::{
    DocumentJournal, DocumentsFolder, DocumentsHeader, DocumentsWriter, NetworkRecord, StoreError, UnixNanos,
};

use crate::outcome::{TimeKind, exit_code, machine, network_notes, new_folder};

/// What a run over documents sets out to do, as far as its folder and its report are concerned.
#[derive(Clone, Debug)]
pub(crate) struct DocumentsHeading {
    /// The service, for people.
    pub(crate) target: String,
    /// The denominators.
    pub(crate) shape: DocumentsShape,
    /// Whether a language model is to rewrite the pages.
    pub(crate) ai_transform: AiTransform,
    /// Which time the run's times are of.
    pub(crate) time: TimeKind,
    /// The number all randomness hangs from.
    pub(crate) seed: u64,
    /// Everything that was decided, without secrets.
    pub(crate) scenario: serde_json::Value,
}

/// A run over documents that is being recorded: in its folder, and as figures.
#[derive(Debug)]
#[must_use = "a run that is not finished stays partial"]
pub(crate) struct DocumentsRecorder {
    heading: DocumentsHeading,
    writer: DocumentsWriter,
    figures: DocumentsBuilder,
    network: NetworkRecord,
}

/// A run over documents that is recorded, with everything a report says of it.
#[derive(Clone, Debug)]
pub(crate) struct FinishedDocuments {
    pub(crate) heading: DocumentsHeading,
    pub(crate) folder: PathBuf,
    pub(crate) summary: DocumentsSummary,
    pub(crate) verdict: Verdict,
}

impl DocumentsRecorder {
    /// Begins a run in a folder of its own in `parent`, named by date and time. From now on it can be read.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub(crate) fn create(heading: DocumentsHeading, parent: &Path) -> anyhow::Result<Self> {
        let started_at = UnixNanos(unix_nanos());
        let folder = new_folder(parent, started_at)?;
        let header = DocumentsHeader {
            shape: heading.shape,
            ai_transform: heading.ai_transform,
            started_at,
            claque_version: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: heading.scenario.clone(),
            target: heading.target.clone(),
            machine: machine(),
            seed: heading.seed,
        };
        Ok(Self {
            writer: DocumentsFolder::create(&folder, &header)?,
            figures: DocumentsBuilder::new(heading.shape),
            network: NetworkRecord::default(),
            heading,
        })
    }

    /// Notes how the service is reached.
    pub(crate) fn note_network(&mut self, network: NetworkRecord) {
        self.network = network.clone();
        self.writer.set_network(network);
    }

    /// Begins the journal of the documents that the run makes.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn document_journal(
        &self,
        target: &str,
        embedded: bool,
    ) -> Result<DocumentJournal, StoreError> {
        self.writer.document_journal(target, embedded)
    }

    /// Takes facts, in the order in which they became final, and writes them.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn take(&mut self, facts: &[DocumentFact]) -> Result<(), StoreError> {
        facts.iter().for_each(|fact| self.figures.add(fact));
        self.writer.append(facts)
    }

    /// Computes the figures, judges them, and finishes the folder. `lag` is how late claque was, where that was
    /// measured.
    ///
    /// # Errors
    /// The folder cannot be written; the run stays readable as a partial one.
    pub(crate) fn finish(self, lag: Option<ScheduleLag>) -> Result<FinishedDocuments, StoreError> {
        let Self { heading, writer, figures, network } = self;
        let summary = figures.finish(lag);
        let mut verdict = judge(&heading.shape, &summary, heading.time);
        verdict.notes.extend(network_notes(&network));
        let folder = writer.dir().to_owned();
        writer.finish(&summary, &verdict, UnixNanos(unix_nanos()))?;
        Ok(FinishedDocuments { heading, folder, summary, verdict })
    }
}

/// What figures are worth.
pub(crate) fn judge(shape: &DocumentsShape, summary: &DocumentsSummary, time: TimeKind) -> Verdict {
    let mut verdict = Verdict::judge_documents(shape, summary);
    if time == TimeKind::Virtual {
        // Not unmeasured, but impossible: nothing is late in virtual time.
        verdict.notes.retain(|note| note.id != ReasonId::LagNotMeasured);
    }
    verdict
}

impl FinishedDocuments {
    /// 0 for a run that can be trusted, 5 for one that cannot.
    pub(crate) fn exit_code(&self) -> ExitCode {
        exit_code(&self.verdict)
    }
}
