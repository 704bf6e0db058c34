//! From facts of documents to a finished run.

use std::path::Path;

use claque_core::{
    extraction::DocumentFact,
    gap::GapLog,
    time::{Duration, Instant},
};
use claque_net::unix_nanos;
use claque_stats::{
    DocumentsBuilder, DocumentsShape, DocumentsSummary, GeneratorGap, ReasonId, ScheduleLag, Verdict,
};
use claque_store::{
    DocumentJournal, DocumentsFolder, DocumentsHeader, DocumentsWriter, NetworkRecord, StoreError, UnixNanos,
    finished::{DocumentsHeading, FinishedDocuments, TimeKind},
};

use crate::{
    RunError,
    record::{machine, network_notes, new_folder, not_kept},
};

/// A run over documents that is being recorded: in its folder, and as figures.
#[derive(Debug)]
#[must_use = "a run that is not finished stays partial"]
pub(crate) struct DocumentsRecorder {
    heading: DocumentsHeading,
    writer: DocumentsWriter,
    figures: DocumentsBuilder,
    network: NetworkRecord,
    /// When claque, or its gateway, did not run although it should have.
    gaps: GapLog,
    /// Why the folder takes no more.
    trouble: Option<StoreError>,
}

impl DocumentsRecorder {
    /// Begins a run in a folder of its own in `parent`, named by date and time. From now on it can be read.
    ///
    /// # Errors
    /// The folder cannot be made or written.
    pub(crate) fn create(heading: DocumentsHeading, parent: &Path) -> Result<Self, RunError> {
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
            gaps: GapLog::default(),
            trouble: None,
            heading,
        })
    }

    /// Notes how the service is reached.
    pub(crate) fn note_network(&mut self, network: NetworkRecord) {
        self.network = network.clone();
        self.writer.set_network(network);
    }

    /// Keeps when the generator did not run although it should have.
    pub(crate) fn record_gaps(&mut self, gaps: GapLog) {
        self.gaps = gaps;
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

    /// Takes facts, in the order in which they became final, and writes them while the folder takes them.
    pub(crate) fn take(&mut self, facts: &[DocumentFact]) {
        facts.iter().for_each(|fact| self.figures.add(fact));
        if self.trouble.is_none() {
            self.trouble = self.writer.append(facts).err();
        }
    }

    /// The run's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.writer.dir()
    }

    /// Notes that the folder takes no more.
    pub(crate) fn give_up(&mut self, why: StoreError) {
        self.trouble.get_or_insert(why);
    }

    /// Why the folder takes no more, if it does not.
    pub(crate) const fn trouble(&self) -> Option<&StoreError> {
        self.trouble.as_ref()
    }

    /// Computes the figures, judges them, and finishes the folder. `lag` is how late claque was, where that was
    /// measured. Figures of a run whose folder cannot be finished say so.
    pub(crate) fn finish(self, lag: Option<ScheduleLag>) -> FinishedDocuments {
        let Self { heading, writer, figures, network, gaps, trouble } = self;
        let mut summary = figures.finish(lag);
        // What was held up after the last document's end delayed no figure.
        let wall = Duration::try_from_secs_f64(summary.wall_ms.unwrap_or_default() / 1_000.0);
        let gaps = gaps.until(Instant::START + wall.unwrap_or(Duration::MAX));
        summary.generator_gap = GeneratorGap::from_log(&gaps);
        let mut verdict = judge(&heading.shape, &summary, heading.time);
        verdict.notes.extend(network_notes(&network));
        let folder = writer.dir().to_owned();
        let saved = match trouble {
            Some(error) => Err(error),
            None => writer.finish(&summary, &verdict, UnixNanos(unix_nanos())),
        };
        let not_kept = saved.err().map(|error| not_kept(&error, &folder));
        FinishedDocuments { heading, folder, summary, verdict, not_kept }
    }
}

/// What figures are worth.
pub fn judge(shape: &DocumentsShape, summary: &DocumentsSummary, time: TimeKind) -> Verdict {
    let mut verdict = Verdict::judge_documents(shape, summary);
    if time == TimeKind::Virtual {
        // Not unmeasured, but impossible: nothing is late in virtual time.
        verdict.notes.retain(|note| note.id != ReasonId::LagNotMeasured);
    }
    verdict
}
