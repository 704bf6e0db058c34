//! Whether the figures of a run over documents can be trusted: the rules of every run, as far as they apply.

use claque_core::{event::FailureClass, time::duration_nanos};

use crate::{
    documents::{CacheUse, DocumentsShape, DocumentsSummary},
    reason::{Reason, ReasonId, counted},
    sample::millis,
    verdict::{LATE_GENERATOR, Verdict, generator_exhausted_reason, generator_late_text},
};

impl Verdict {
    /// Judges a run over documents by its figures.
    #[must_use]
    pub fn judge_documents(shape: &DocumentsShape, summary: &DocumentsSummary) -> Self {
        let reasons: Vec<_> = [
            generator_late(summary),
            generator_exhausted(summary),
            rate_limit(summary),
            interrupted(summary),
            nothing_extracted(summary),
        ]
        .into_iter()
        .flatten()
        .collect();
        let notes = [
            pages_failed(summary),
            documents_failed(summary),
            paced(summary),
            cached_pages(shape, summary),
            cache_unknown(shape, summary),
            warnings(summary),
            lag_not_measured(summary),
        ];
        Self { reasons, notes: notes.into_iter().flatten().collect() }
    }
}

fn generator_late(summary: &DocumentsSummary) -> Option<Reason> {
    let limit_ms = millis(duration_nanos(LATE_GENERATOR));
    let late = summary.schedule_lag.filter(|lag| lag.judged_ms() > limit_ms);
    let lag = late.map(|lag| generator_late_text(lag, limit_ms));
    let gap = summary.generator_gap.as_ref().and_then(|gap| gap.late_words(summary.wall_ms));
    let gap = gap.map(|words| format!("generator late: {words}"));
    let text = lag.into_iter().chain(gap).collect::<Vec<_>>().join("; ");
    (!text.is_empty()).then_some(Reason { id: ReasonId::GeneratorLate, text })
}

fn generator_exhausted(summary: &DocumentsSummary) -> Option<Reason> {
    let own: Vec<_> = summary.errors.iter().filter(|cause| cause.class == FailureClass::Generator).collect();
    let count: u64 = own.iter().map(|cause| cause.count).sum();
    Some(generator_exhausted_reason(count, own.first()?.example.as_str()))
}

/// Waits for a limit are none of these: see `paced`.
fn rate_limit(summary: &DocumentsSummary) -> Option<Reason> {
    let limits: Vec<_> = summary.errors.iter().filter(|cause| cause.class == FailureClass::Limit).collect();
    let count: u64 = limits.iter().map(|cause| cause.count).sum();
    let example = limits.first()?.example.as_str();
    let text = format!("rate limit: {} ({example})", counted(count, "refusal"));
    Some(Reason { id: ReasonId::RateLimit, text })
}

fn interrupted(summary: &DocumentsSummary) -> Option<Reason> {
    let documents = summary.documents;
    let cut = documents.stopped + documents.unfinished;
    let text =
        format!("interrupted: {cut} of {} did not come to an end", counted(documents.intended, "document"));
    (cut > 0).then_some(Reason { id: ReasonId::Interrupted, text })
}

fn nothing_extracted(summary: &DocumentsSummary) -> Option<Reason> {
    let text = match summary.pages.intended {
        1 => "nothing extracted: the only page was not completed".to_owned(),
        all => format!("nothing extracted: none of {} was completed", counted(all, "page")),
    };
    // Of a document without an end on record nobody knows what was extracted.
    (summary.pages.completed == 0 && summary.documents.unfinished == 0)
        .then_some(Reason { id: ReasonId::NothingExtracted, text })
}

fn pages_failed(summary: &DocumentsSummary) -> Option<Reason> {
    let pages = summary.pages;
    let text = format!("{} of {} failed", pages.failed, counted(pages.intended, "page"));
    (pages.failed > 0).then_some(Reason { id: ReasonId::PagesFailed, text })
}

fn documents_failed(summary: &DocumentsSummary) -> Option<Reason> {
    let documents = summary.documents;
    let text = format!("{} of {} failed", documents.failed, counted(documents.intended, "document"));
    (documents.failed > 0).then_some(Reason { id: ReasonId::DocumentsFailed, text })
}

fn paced(summary: &DocumentsSummary) -> Option<Reason> {
    let text = format!(
        "{} waited {:.0} s in all for a limit of the service, so that documents did not start together; that is in no \
         time",
        counted(summary.paced_calls, "call"),
        summary.paced_ms / 1_000.0
    );
    (summary.paced_calls > 0).then_some(Reason { id: ReasonId::Paced, text })
}

fn cached_pages(shape: &DocumentsShape, summary: &DocumentsSummary) -> Option<Reason> {
    let pages = summary.pages;
    let cached = pages.cached.filter(|&cached| cached > 0)?;
    let text = format!("{cached} of {} came from a cache", counted(pages.intended, "page"));
    let is_unexpected = match shape.cache {
        CacheUse::Avoided => true,
        CacheUse::Allowed => false,
    };
    is_unexpected.then_some(Reason { id: ReasonId::CachedPages, text })
}

/// Files that were made for the run and differ are in no cache, whatever the service says. Of others nobody knows.
fn cache_unknown(shape: &DocumentsShape, summary: &DocumentsSummary) -> Option<Reason> {
    let is_new = match shape.cache {
        CacheUse::Avoided => shape.pages.is_some(),
        CacheUse::Allowed => false,
    };
    let is_unknown = !is_new && summary.pages.completed > 0 && summary.pages.cached.is_none();
    let text = "whether a cache answered is not known: the service does not say which pages are new to it, so times \
                and rates are of all pages"
        .to_owned();
    is_unknown.then_some(Reason { id: ReasonId::CacheUnknown, text })
}

fn warnings(summary: &DocumentsSummary) -> Option<Reason> {
    let text = format!("{} not understood or of no consequence", counted(summary.warnings, "answer"));
    (summary.warnings > 0).then_some(Reason { id: ReasonId::Warnings, text })
}

fn lag_not_measured(summary: &DocumentsSummary) -> Option<Reason> {
    let text = "whether the generator was late was not measured".to_owned();
    summary.schedule_lag.is_none().then_some(Reason { id: ReasonId::LagNotMeasured, text })
}
