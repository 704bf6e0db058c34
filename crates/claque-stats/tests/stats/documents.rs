//! What facts of documents come to.
#![expect(clippy::float_cmp, reason = "the figures of these samples are exact in binary")]

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{
        DocumentEnd, DocumentFact, DocumentNo, DocumentRecord, PageOutcome, PageRecord, PageSource, Step,
        StepError,
    },
    time::{Duration, Instant},
};
use claque_stats::{
    CacheUse, DocumentsShape, DocumentsSummary, FailedPages, ReasonId, ScheduleLag, Verdict,
    summarise_documents,
};

const SHAPE: DocumentsShape = DocumentsShape { documents: 2, pages: Some(4), cache: CacheUse::Avoided };

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

/// Uploaded in 500 ms, accepted in 100 ms, done 4 s after the order.
fn record(document: u32) -> DocumentRecord {
    DocumentRecord {
        document: DocumentNo(document),
        bytes: 1_000,
        pages: Some(4),
        intended_at: at(0),
        prepare_sent_at: Some(at(0)),
        prepared_at: Some(at(500)),
        create_sent_at: Some(at(1_000)),
        accepted_at: Some(at(1_100)),
        completed_at: Some(at(5_000)),
        ended_at: at(5_100),
        polls: 3,
        paced_calls: 0,
        paced: Duration::ZERO,
        extraction_id: None,
        document_id: None,
        end: DocumentEnd::Completed,
        left_behind: None,
        warnings: 0,
    }
}

fn page(document: u32, page: u32, seen: u64) -> PageRecord {
    PageRecord {
        document: DocumentNo(document),
        page,
        not_before: at(seen - 1_000),
        seen_at: at(seen),
        outcome: PageOutcome::Completed,
        source: PageSource::Work,
    }
}

fn error(document: u32, step: Step, class: FailureClass, code: u16) -> DocumentFact {
    let (phase, text, kills) = (Phase::BeforeAudio, "too many".to_owned(), FailureScope::Session);
    let failure = Failure { phase, class, code: Some(code), text, kills };
    DocumentFact::Error(StepError { document: DocumentNo(document), at: at(1_000), step, failure })
}

/// Document 0: page 3 from a cache, page 1 called completed and then failed. Document 1: all four.
fn facts() -> Vec<DocumentFact> {
    let mut facts: Vec<_> = [page(0, 0, 3_000), page(0, 1, 3_000), page(0, 2, 5_000), page(0, 3, 2_000)]
        .map(DocumentFact::Page)
        .to_vec();
    let DocumentFact::Page(cached) = &mut facts[3] else { panic!() };
    cached.source = PageSource::Cache;
    facts.push(DocumentFact::Page(PageRecord { outcome: PageOutcome::Failed, ..page(0, 1, 3_000) }));
    facts.extend(
        [2_000, 3_000, 4_000, 9_000].iter().zip(0..).map(|(seen, n)| DocumentFact::Page(page(1, n, *seen))),
    );
    facts.push(DocumentFact::Document(record(0)));
    facts.push(DocumentFact::Document(DocumentRecord { completed_at: Some(at(9_000)), ..record(1) }));
    facts
}

fn judged(summary: &DocumentsSummary) -> (Vec<ReasonId>, Vec<ReasonId>) {
    let lag = Some(ScheduleLag { count: 1, p50_ms: None, p99_ms: None, max_ms: 1.0 });
    let verdict =
        Verdict::judge_documents(&SHAPE, &DocumentsSummary { schedule_lag: lag, ..summary.clone() });
    let ids = |reasons: &[claque_stats::Reason]| reasons.iter().map(|reason| reason.id).collect();
    (ids(&verdict.reasons), ids(&verdict.notes))
}

#[test]
fn times_count_from_the_order_and_only_work_counts() {
    let summary = summarise_documents(SHAPE, &facts(), None);
    let p50 = |figure: Option<claque_stats::Distribution>| {
        figure.map(|figure| (figure.count, figure.p50_ms.unwrap()))
    };
    assert_eq!(p50(summary.prepare_time), Some((2, 500.0)));
    assert_eq!(p50(summary.accept_time), Some((2, 100.0)));
    assert_eq!(
        p50(summary.first_page_time),
        Some((2, 1_000.0)),
        "the cached page of document 0 is no first page"
    );
    assert_eq!(p50(summary.page_time), Some((6, 2_000.0)));
    assert_eq!(summary.processing_time.unwrap().max_ms, 8_000.0);
    assert_eq!(p50(summary.poll_resolution), Some((7, 1_000.0)));
    assert_eq!(summary.pages_per_second, Some(7.0 / 8.0));
    assert_eq!(summary.slowest_pages_per_second, Some(4.0 / 8.0));
    assert_eq!((summary.polls, summary.bytes, summary.wall_ms), (Some(6), Some(2_000), Some(9_000.0)));
}

#[test]
fn the_last_word_on_a_page_counts() {
    let summary = summarise_documents(SHAPE, &facts(), None);
    let pages = summary.pages;
    assert_eq!(
        (pages.intended, pages.completed, pages.cached, pages.failed, pages.unseen),
        (8, 7, Some(1), 1, 0)
    );
    assert_eq!(summary.failed_pages, [FailedPages { document: 0, pages: vec![1] }]);
    assert_eq!(summary.success_pct, Some(87.5));
    assert_eq!(judged(&summary), (vec![], vec![ReasonId::PagesFailed, ReasonId::CachedPages]));
}

#[test]
fn a_refusal_for_good_invalidates_and_a_wait_does_not() {
    let mut facts = facts();
    facts.pop();
    let end = DocumentEnd::Failed { step: Step::Create, class: FailureClass::Limit };
    let (completed_at, accepted_at) = (None, None);
    let (paced_calls, paced) = (2, Duration::from_secs(60));
    facts.retain(|fact| !matches!(fact, DocumentFact::Page(page) if page.document == DocumentNo(1)));
    facts.push(DocumentFact::Document(DocumentRecord {
        end,
        completed_at,
        accepted_at,
        paced_calls,
        paced,
        ..record(1)
    }));
    facts.push(error(1, Step::Create, FailureClass::Limit, 429));
    let summary = summarise_documents(SHAPE, &facts, None);
    assert_eq!((summary.pages.unseen, summary.documents.failed), (4, 1));
    assert_eq!((summary.errors[0].cause.as_str(), summary.errors[0].documents), ("create: limit 429", 1));
    assert_eq!((summary.paced_calls, summary.paced_ms), (2, 60_000.0));
    let (reasons, notes) = judged(&summary);
    assert_eq!(reasons, [ReasonId::RateLimit]);
    assert!(notes.contains(&ReasonId::Paced) && notes.contains(&ReasonId::DocumentsFailed), "{notes:?}");
}

#[test]
fn nothing_measured_is_not_available_and_invalid() {
    let summary = summarise_documents(SHAPE, &[], None);
    assert_eq!((summary.wall_ms, summary.success_pct, summary.pages_per_second), (None, Some(0.0), None));
    assert_eq!((summary.page_time, summary.documents.unfinished, summary.pages.unseen), (None, 2, 8));
    assert_eq!((summary.polls, summary.bytes), (None, None));
    assert_eq!(judged(&summary).0, [ReasonId::Interrupted], "what was extracted is on no record");
}

#[test]
fn documents_that_all_failed_are_nothing_extracted() {
    let end = DocumentEnd::Failed { step: Step::Create, class: FailureClass::Server };
    let failed = |document| {
        DocumentFact::Document(DocumentRecord {
            end,
            completed_at: None,
            accepted_at: None,
            ..record(document)
        })
    };
    let summary = summarise_documents(SHAPE, &[failed(0), failed(1)], None);
    assert_eq!((summary.polls, judged(&summary).0), (Some(6), vec![ReasonId::NothingExtracted]));
}
