//! From facts of a run over documents to its summary and verdict. Definitions are in `docs/documents.md`.

use std::collections::{BTreeMap, BTreeSet};

use claque_core::{
    event::FailureClass,
    extraction::{
        DocumentEnd, DocumentFact, DocumentNo, DocumentRecord, PageOutcome, PageRecord, PageSource, Step,
        StepError,
    },
    time::{Duration, Instant, duration_nanos},
};
use serde::{Deserialize, Serialize};

use crate::{
    gap::GeneratorGap,
    names,
    sample::{Distribution, Sample, ScheduleLag, millis, percent, ratio},
};

/// What a run over documents set out to do: the denominators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DocumentsShape {
    /// Documents the run was to have.
    pub documents: u32,
    /// Pages of each as they were made; none for files of the user's, whose pages the service counts.
    pub pages: Option<u32>,
    /// Whether the service's cache is what is tested.
    pub cache: CacheUse,
}

/// Whether a cache is meant to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheUse {
    /// It is not: every document is new to the service.
    Avoided,
    /// It may be.
    Allowed,
}

/// Every figure of a run over documents. What was not measured is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentsSummary {
    /// From the run's start to the last completion or failure.
    pub wall_ms: Option<f64>,
    /// What became of the documents.
    pub documents: DocumentCounts,
    /// What became of their pages.
    pub pages: PageCounts,
    /// Pages completed of pages intended, in percent.
    pub success_pct: Option<f64>,
    /// Bytes of all files; absent while a document has no end on record.
    pub bytes: Option<u64>,
    /// Upload begun to upload known.
    pub prepare_time: Option<Distribution>,
    /// Order to extract given to order accepted.
    pub accept_time: Option<Distribution>,
    /// Order given to first page seen; one value per document.
    pub first_page_time: Option<Distribution>,
    /// Order given to page seen; one value per page that work was done for.
    pub page_time: Option<Distribution>,
    /// Order given to document seen.
    pub processing_time: Option<Distribution>,
    /// How much earlier than it was seen each page may have been done.
    pub poll_resolution: Option<Distribution>,
    /// Questions how far a document is; absent while a document has no end on record.
    pub polls: Option<u64>,
    /// Pages that work was done for, completed or failed, in a second: from the first order to the last completion.
    pub pages_per_second: Option<f64>,
    /// The same of single documents: the slowest.
    pub slowest_pages_per_second: Option<f64>,
    /// Pages that failed, per document that has any.
    pub failed_pages: Vec<FailedPages>,
    /// Calls that a limit put off.
    pub paced_calls: u64,
    /// How long they were put off in all.
    pub paced_ms: f64,
    /// Answers of the service that make no sense and changed nothing.
    pub warnings: u64,
    /// What is left on the service.
    pub left_behind: Vec<String>,
    /// Failed calls by step and cause, most frequent first.
    pub errors: Vec<StepCause>,
    /// How late claque itself acted.
    pub schedule_lag: Option<ScheduleLag>,
    /// Stretches in which claque, or its embedded gateway, did not run although it should have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator_gap: Option<GeneratorGap>,
}

/// What became of documents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentCounts {
    /// Meant to be extracted.
    pub intended: u64,
    /// The service made a document.
    pub completed: u64,
    /// A failure ended them.
    pub failed: u64,
    /// The run was stopped first.
    pub stopped: u64,
    /// Without an end on record.
    pub unfinished: u64,
}

/// What became of pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageCounts {
    /// Meant to be extracted.
    pub intended: u64,
    /// Extracted, or answered by a cache.
    pub completed: u64,
    /// Of those, answered by a cache; none where the service said nothing of that which means anything.
    #[serde(default)]
    pub cached: Option<u64>,
    /// Called failed by the service.
    pub failed: u64,
    /// Nothing was heard of them.
    pub unseen: u64,
}

/// Pages of one document that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedPages {
    /// Which document, from 0.
    pub document: u32,
    /// Its failed pages, from 0 as the service counts, ascending.
    pub pages: Vec<u32>,
}

/// Failed calls of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCause {
    /// In words: "create: limit 429".
    pub cause: String,
    /// `prepare`, `create`, `poll`, `cancel` or `delete`.
    pub step: String,
    /// What sort of failure.
    #[serde(with = "names::class")]
    pub class: FailureClass,
    /// HTTP status, if there was an answer.
    pub code: Option<u16>,
    /// How often.
    pub count: u64,
    /// Documents it met.
    pub documents: u64,
    /// The words of the earliest.
    pub example: String,
}

/// Makes a [`DocumentsSummary`] of facts that arrive in any order; of two records of a page the later counts.
#[derive(Clone, Debug)]
pub struct DocumentsBuilder {
    shape: DocumentsShape,
    pages: BTreeMap<(DocumentNo, u32), PageRecord>,
    records: BTreeMap<DocumentNo, DocumentRecord>,
    errors: Vec<StepError>,
}

/// Summarises `facts`; see [`DocumentsBuilder`].
#[must_use]
pub fn summarise_documents<'a>(
    shape: DocumentsShape,
    facts: impl IntoIterator<Item = &'a DocumentFact>,
    lag: Option<ScheduleLag>,
) -> DocumentsSummary {
    let mut builder = DocumentsBuilder::new(shape);
    facts.into_iter().for_each(|fact| builder.add(fact));
    builder.finish(lag)
}

impl DocumentsBuilder {
    /// Makes a builder that has seen nothing.
    #[must_use]
    pub const fn new(shape: DocumentsShape) -> Self {
        Self { shape, pages: BTreeMap::new(), records: BTreeMap::new(), errors: Vec::new() }
    }

    /// Takes one fact.
    pub fn add(&mut self, fact: &DocumentFact) {
        match fact {
            DocumentFact::Page(page) => drop(self.pages.insert((page.document, page.page), *page)),
            DocumentFact::Error(error) => self.errors.push(error.clone()),
            DocumentFact::Document(record) => {
                self.records.insert(record.document, record.clone());
            }
        }
    }

    /// Computes every figure. `lag` is the generator's own lateness, which no fact carries; none if it was not
    /// measured.
    #[must_use]
    pub fn finish(self, lag: Option<ScheduleLag>) -> DocumentsSummary {
        let pages = self.page_counts();
        let sum = |count: fn(&DocumentRecord) -> u64| self.records.values().map(count).sum();
        let documents = self.document_counts();
        // They are on record once a document has ended.
        let of_all = |sum: u64| (documents.unfinished == 0).then_some(sum);
        DocumentsSummary {
            wall_ms: self.last_end().map(Instant::as_millis_f64),
            documents,
            success_pct: percent(pages.completed, pages.intended),
            pages,
            bytes: of_all(sum(|record| record.bytes)),
            prepare_time: self.spans(|record| (record.prepare_sent_at, record.prepared_at)),
            accept_time: self.spans(|record| (record.create_sent_at, record.accepted_at)),
            first_page_time: self.first_page_time(),
            page_time: self.page_time(),
            processing_time: self.spans(|record| (record.create_sent_at, record.completed_at)),
            poll_resolution: self.poll_resolution(),
            polls: of_all(sum(|record| u64::from(record.polls))),
            pages_per_second: self.pages_per_second(),
            slowest_pages_per_second: self.slowest_pages_per_second(),
            failed_pages: self.failed_pages(),
            paced_calls: sum(|record| u64::from(record.paced_calls)),
            paced_ms: millis(sum(|record| duration_nanos(record.paced))),
            warnings: sum(|record| record.warnings),
            left_behind: self.records.values().filter_map(|record| record.left_behind.clone()).collect(),
            errors: causes(&self.errors),
            schedule_lag: lag,
            generator_gap: None,
        }
    }

    fn document_counts(&self) -> DocumentCounts {
        let mut counts =
            DocumentCounts { intended: self.shape.documents.into(), ..DocumentCounts::default() };
        for record in self.records.values() {
            match record.end {
                DocumentEnd::Completed => counts.completed += 1,
                DocumentEnd::Stopped => counts.stopped += 1,
                DocumentEnd::Failed { .. } => counts.failed += 1,
            }
        }
        let ended = counts.completed + counts.failed + counts.stopped;
        counts.unfinished = counts.intended.saturating_sub(ended);
        counts
    }

    fn page_counts(&self) -> PageCounts {
        let mut counts = PageCounts::default();
        for number in (0..self.shape.documents).map(DocumentNo) {
            let said = self.records.get(&number).and_then(|record| record.pages);
            counts.intended += u64::from(self.shape.pages.or(said).unwrap_or(0));
        }
        for page in self.pages.values() {
            match page.outcome {
                PageOutcome::Completed => {
                    counts.completed += 1;
                }
                PageOutcome::Failed => counts.failed += 1,
                PageOutcome::Unseen => {}
            }
        }
        let cached = |page: &&PageRecord| {
            page.outcome == PageOutcome::Completed && self.source(page) == PageSource::Cache
        };
        counts.cached = self.says_what_is_cached().then(|| count(self.pages.values().filter(cached).count()));
        counts.unseen = counts.intended.saturating_sub(counts.completed + counts.failed);
        counts
    }

    /// The last moment of the measured part.
    fn last_end(&self) -> Option<Instant> {
        self.records.values().map(|record| record.completed_at.unwrap_or(record.ended_at)).max()
    }

    fn spans(
        &self,
        span: impl Fn(&DocumentRecord) -> (Option<Instant>, Option<Instant>),
    ) -> Option<Distribution> {
        let mut sample = Sample::default();
        for record in self.records.values() {
            let (from, to) = span(record);
            sample.push_between(from, to);
        }
        sample.distribution()
    }

    /// Whether the service says which pages a cache answers: it did so of some page.
    fn says_what_is_cached(&self) -> bool {
        self.pages.values().any(|page| page.source != PageSource::Unsaid)
    }

    /// Where a page comes from. A service that says of one document which pages no cache answers has said of another, by
    /// an empty list, that a cache answers all.
    fn source(&self, page: &PageRecord) -> PageSource {
        match page.source {
            PageSource::Unsaid if self.says_what_is_cached() => PageSource::Cache,
            source @ (PageSource::Work | PageSource::Cache | PageSource::Unsaid) => source,
        }
    }

    /// Pages that were heard of, and that no cache answered as far as is known.
    fn worked(&self) -> impl Iterator<Item = &PageRecord> {
        self.pages.values().filter(|page| match (page.outcome, self.source(page)) {
            (PageOutcome::Completed | PageOutcome::Failed, PageSource::Work | PageSource::Unsaid) => true,
            (PageOutcome::Unseen, _) | (_, PageSource::Cache) => false,
        })
    }

    fn ordered_at(&self, document: DocumentNo) -> Option<Instant> {
        self.records.get(&document).and_then(|record| record.create_sent_at)
    }

    fn page_time(&self) -> Option<Distribution> {
        let mut sample = Sample::default();
        for page in self.worked().filter(|page| page.outcome == PageOutcome::Completed) {
            sample.push_between(self.ordered_at(page.document), Some(page.seen_at));
        }
        sample.distribution()
    }

    fn first_page_time(&self) -> Option<Distribution> {
        let mut first: BTreeMap<DocumentNo, Instant> = BTreeMap::new();
        for page in self.worked().filter(|page| page.outcome == PageOutcome::Completed) {
            let seen_at = first.entry(page.document).or_insert(page.seen_at);
            *seen_at = (*seen_at).min(page.seen_at);
        }
        let mut sample = Sample::default();
        for (document, seen_at) in first {
            sample.push_between(self.ordered_at(document), Some(seen_at));
        }
        sample.distribution()
    }

    fn poll_resolution(&self) -> Option<Distribution> {
        let mut sample = Sample::default();
        self.worked().for_each(|page| sample.push_between(Some(page.not_before), Some(page.seen_at)));
        sample.distribution()
    }

    fn pages_per_second(&self) -> Option<f64> {
        let done = || self.records.values().filter(|record| record.completed_at.is_some());
        let from = done().filter_map(|record| record.create_sent_at).min()?;
        let to = done().filter_map(|record| record.completed_at).max()?;
        let numbers: BTreeSet<_> = done().map(|record| record.document).collect();
        let pages = self.worked().filter(|page| numbers.contains(&page.document)).count();
        rate(pages, to.since(from))
    }

    fn slowest_pages_per_second(&self) -> Option<f64> {
        let rates = self.records.values().filter_map(|record| {
            let span = record.completed_at?.since(record.create_sent_at?);
            rate(self.worked().filter(|page| page.document == record.document).count(), span)
        });
        rates.min_by(f64::total_cmp)
    }

    fn failed_pages(&self) -> Vec<FailedPages> {
        let mut failed: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for page in self.pages.values().filter(|page| page.outcome == PageOutcome::Failed) {
            failed.entry(page.document.0).or_default().push(page.page);
        }
        failed.into_iter().map(|(document, pages)| FailedPages { document, pages }).collect()
    }
}

/// `count` in a second; none of nothing, and none in no time.
fn rate(count: usize, span: Duration) -> Option<f64> {
    const NANOS_A_SECOND: u64 = 1_000_000_000;
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    ratio(count.saturating_mul(NANOS_A_SECOND), duration_nanos(span)).filter(|_| count > 0)
}

fn causes(errors: &[StepError]) -> Vec<StepCause> {
    type Key = (Step, FailureClass, Option<u16>);
    let mut rows: BTreeMap<Key, Vec<&StepError>> = BTreeMap::new();
    for error in errors {
        rows.entry((error.step, error.failure.class, error.failure.code)).or_default().push(error);
    }
    let mut causes: Vec<_> = rows
        .into_iter()
        .map(|((step, class, code), errors)| {
            let documents: BTreeSet<_> = errors.iter().map(|error| error.document).collect();
            let earliest = errors.iter().min_by_key(|error| (error.at, error.document));
            let code_words = code.map_or_else(String::new, |code| format!(" {code}"));
            StepCause {
                cause: format!("{step}: {class}{code_words}"),
                step: step.as_str().to_owned(),
                class,
                code,
                count: count(errors.len()),
                documents: count(documents.len()),
                example: earliest.map_or_else(String::new, |error| error.failure.text.clone()),
            }
        })
        .collect();
    // Stable, so that equals stay in the order of steps.
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.count));
    causes
}

fn count(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}
