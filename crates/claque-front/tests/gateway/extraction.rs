//! Pages of documents: who reads them when, and what becomes of the document.
#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

use claque_core::{
    extraction::AiTransform,
    rng::Seed,
    time::{Duration, Instant},
};
use claque_front::yapit::gateway::{
    Caller, ContentHash, Era, ExtractionEnd, ExtractionId, Gateway, GatewayConfig, Input, PageEnd, Refusal,
    Upload,
};
use claque_gateway::{UserId, Workers};
use proptest::prelude::*;

/// Two workers, a second a page, nothing else.
fn plain() -> GatewayConfig {
    let mut config = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
    config.extraction.workers = Workers::Pull(2);
    config.extraction.page = Duration::from_secs(1);
    config.extraction.sigma = 0.0;
    config.extraction.pipeline.overflow = None;
    config
}

struct Office {
    gateway: Gateway,
}

fn caller(name: &str) -> Caller {
    Caller { user: UserId::new(name), address: name.to_owned() }
}

fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

fn upload(text: &str, pages: u32) -> Upload {
    Upload { content: ContentHash::of(text.as_bytes()), pages, title: text.to_owned() }
}

impl Office {
    fn new(config: GatewayConfig) -> Self {
        Self { gateway: Gateway::new(config, Seed::root(7)) }
    }

    fn try_extract(
        &mut self,
        millis: u64,
        name: &str,
        text: &str,
        pages: u32,
    ) -> Result<ExtractionId, Refusal> {
        let prepared = self.gateway.prepare_upload(at(millis), &caller(name), upload(text, pages))?;
        let accepted =
            self.gateway.create_extraction(at(millis), &caller(name), &prepared.hash, AiTransform::Off)?;
        Ok(accepted.id)
    }

    fn extract(&mut self, millis: u64, text: &str, pages: u32) -> ExtractionId {
        self.try_extract(millis, "me", text, pages).unwrap()
    }

    /// Milliseconds, page and end of each page of an extraction on the log.
    fn log(&self, id: ExtractionId) -> Vec<(u64, u32, PageEnd)> {
        let pages = self.gateway.page_log().filter(|done| done.extraction == id);
        pages.map(|done| (done.done_at.as_nanos() / 1_000_000, done.page, done.outcome)).collect()
    }

    fn completed(&mut self, millis: u64, id: ExtractionId) -> Vec<u32> {
        self.gateway.extraction_status(at(millis), &caller("me"), id).unwrap().unwrap().completed
    }

    fn end(&mut self, millis: u64, id: ExtractionId) -> Option<ExtractionEnd> {
        self.gateway.extraction_status(at(millis), &caller("me"), id).unwrap().unwrap().end
    }
}

#[test]
fn two_workers_read_pages_oldest_first() {
    use PageEnd::Completed;
    let mut office = Office::new(plain());
    let first = office.extract(0, "first", 3);
    let second = office.extract(500, "second", 2);
    assert_eq!(office.completed(1_500, first), [0, 1]);
    assert_eq!(office.completed(1_500, second), [0; 0]);
    assert_eq!(office.end(2_999, second), None);
    assert!(
        matches!(office.end(2_000, first), Some(ExtractionEnd::Document { title, .. }) if title == "first")
    );
    assert!(matches!(office.end(3_000, second), Some(ExtractionEnd::Document { .. })));
    assert_eq!(office.log(first), [(1_000, 0, Completed), (1_000, 1, Completed), (2_000, 2, Completed)]);
    assert_eq!(office.log(second), [(2_000, 0, Completed), (3_000, 1, Completed)]);
    let stats = office.gateway.stats();
    assert_eq!((stats.documents, stats.extraction.running, stats.extraction.pages_completed), (2, 0, 5));
}

#[test]
fn the_document_is_its_owners_and_can_be_deleted() {
    let mut office = Office::new(plain());
    let id = office.extract(0, "paper", 2);
    assert_eq!(office.gateway.extraction_status(at(9_000), &caller("other"), id), Ok(None));
    let Some(ExtractionEnd::Document { id, .. }) = office.end(9_000, id) else { panic!("it is not done") };
    assert_eq!(
        office.gateway.blocks(at(9_000), &caller("me"), id).unwrap().len(),
        3,
        "a heading and two pages"
    );
    office.gateway.delete_document(at(9_000), &caller("me"), id).unwrap();
    assert_eq!(office.gateway.stats().documents, 0);
}

#[test]
fn pages_that_cannot_be_read_are_failed_and_the_rest_is_a_document() {
    let mut config = plain();
    config.faults.pages = vec![1, 7];
    let mut office = Office::new(config);
    let id = office.extract(0, "paper", 4);
    let status = office.gateway.extraction_status(at(9_000), &caller("me"), id).unwrap().unwrap();
    assert_eq!((status.completed, status.failed), (vec![0, 2, 3], vec![1]));
    assert!(matches!(status.end, Some(ExtractionEnd::Document { .. })));

    let mut config = plain();
    config.faults.pages = vec![0, 1];
    let mut office = Office::new(config);
    let id = office.extract(0, "paper", 2);
    let text = "Extraction failed for all pages".to_owned();
    assert_eq!(office.end(9_000, id), Some(ExtractionEnd::Failed { text }));
    assert_eq!(office.gateway.stats().documents, 0);
}

#[test]
fn what_was_read_once_is_known() {
    let mut office = Office::new(plain());
    office.extract(0, "paper", 4);
    let prepared = office.gateway.prepare_upload(at(1_500), &caller("other"), upload("paper", 4)).unwrap();
    assert_eq!(prepared.uncached, [2, 3]);
    let again = office.try_extract(1_500, "me", "paper", 4).unwrap();
    // Two from the cache, two that are under way for somebody else.
    assert_eq!(
        office.log(again).iter().map(|(millis, page, _)| (*millis, *page)).collect::<Vec<_>>(),
        [(1_500, 0), (1_500, 1)]
    );
    assert_eq!(office.completed(2_000, again), [0, 1, 2, 3]);
    let third = office.extract(5_000, "paper", 4);
    assert!(office.end(5_000, third).is_some(), "at once");
}

#[test]
fn a_gateway_without_a_language_model_says_nothing_of_what_is_new_to_it() {
    let mut config = plain();
    config.extraction.ai_transform = None;
    let mut office = Office::new(config);
    let prepared = office.gateway.prepare_upload(at(0), &caller("me"), upload("paper", 4)).unwrap();
    assert_eq!(prepared.uncached, [] as [u32; 0]);
}

#[test]
fn what_is_called_off_frees_the_workers_and_leaves_no_document() {
    let mut office = Office::new(plain());
    let long = office.extract(0, "book", 100);
    let short = office.extract(0, "paper", 2);
    office.gateway.cancel_extraction(at(500), &caller("other"), long).unwrap();
    assert_eq!(office.end(500, long), None, "it is another's");
    office.gateway.cancel_extraction(at(500), &caller("me"), long).unwrap();
    let text = "Extraction cancelled".to_owned();
    assert_eq!(office.end(500, long), Some(ExtractionEnd::Failed { text: text.clone() }));
    // Two pages were in flight until 1 s.
    assert!(matches!(office.end(2_000, short), Some(ExtractionEnd::Document { .. })));
    assert_eq!(office.end(200_000, long), Some(ExtractionEnd::Failed { text }));
    let stats = office.gateway.stats();
    assert_eq!((stats.documents, stats.extraction.cancelled, stats.extraction.running), (1, 1, 0));
}

#[test]
fn pages_that_wait_ten_seconds_go_to_the_overflow_provider() {
    let mut config = plain();
    config.extraction.workers = Workers::Pull(1);
    config.extraction.page = Duration::from_secs(4);
    config.extraction.pipeline.overflow = GatewayConfig::current().extraction.pipeline.overflow;
    let mut office = Office::new(config);
    let id = office.extract(0, "paper", 40);
    office.end(9_999, id);
    assert_eq!(office.gateway.stats().extraction.pipeline.overflowed, 0);
    office.end(10_000, id);
    assert_eq!(office.gateway.stats().extraction.pipeline.overflowed, 37, "all but three that a worker took");
    assert!(office.end(60_000, id).is_some());
}

#[test]
fn a_worker_that_holds_a_page_for_ten_seconds_is_taken_for_lost() {
    let mut config = plain();
    config.extraction.page = Duration::from_secs(12);
    let mut office = Office::new(config);
    let id = office.extract(0, "paper", 1);
    office.end(10_000, id);
    assert_eq!(office.gateway.stats().extraction.pipeline.requeued, 1);
    // The result of the lost worker still counts.
    assert_eq!(office.log(id), []);
    assert!(office.end(12_000, id).is_some());
}

#[test]
fn a_language_model_takes_its_time_where_there_is_one() {
    let mut config = plain();
    config.extraction.ai_transform = Some(Duration::from_secs(3));
    let extract = |config: &GatewayConfig| {
        let mut office = Office::new(config.clone());
        let prepared = office.gateway.prepare_upload(at(0), &caller("me"), upload("paper", 1)).unwrap();
        let accepted =
            office.gateway.create_extraction(at(0), &caller("me"), &prepared.hash, AiTransform::On);
        accepted.map(|accepted| {
            office.end(9_000, accepted.id);
            office.log(accepted.id)
        })
    };
    assert_eq!(extract(&config), Ok(vec![(4_000, 0, PageEnd::Completed)]));
    config.extraction.ai_transform = None;
    assert_eq!(extract(&config), Err(Refusal::AiTransformNotConfigured));
}

#[test]
fn limits_are_on_uploads_on_orders_on_extractions_at_a_time_and_on_pages() {
    let mut office =
        Office::new(GatewayConfig { rest_limits: GatewayConfig::current().rest_limits, ..plain() });
    for number in 0..5 {
        office.try_extract(0, "me", &number.to_string(), 1).unwrap();
    }
    let retry_after = Duration::from_secs(60);
    let limit =
        |limit: &str| Refusal::RateLimited { limit: limit.to_owned(), era: Era::Current, retry_after };
    assert_eq!(office.try_extract(0, "me", "x", 1), Err(limit("5 per 1 minute")));
    for _ in 0..4 {
        office.gateway.prepare_upload(at(0), &caller("me"), upload("x", 1)).unwrap();
    }
    assert_eq!(office.try_extract(0, "me", "x", 1), Err(limit("10 per 1 minute")));
    office.try_extract(60_000, "me", "x", 1).unwrap();

    let mut config = plain();
    config.extraction.max_concurrent = Some(2);
    config.extraction.page_limit = Some(3);
    let mut office = Office::new(config);
    office.extract(0, "a", 1);
    office.extract(0, "b", 1);
    let refusal = office.try_extract(0, "me", "c", 1).unwrap_err();
    assert_eq!((refusal.status(), &refusal), (429, &Refusal::TooManyExtractions { limit: 2 }));
    office.try_extract(0, "other", "c", 1).unwrap();
    office.extract(2_000, "c", 1);
    let refusal = office.try_extract(4_000, "me", "d", 1).unwrap_err();
    assert_eq!((refusal.status(), &refusal), (402, &Refusal::PageLimit { used: 3, limit: 3 }));
    let unknown = ContentHash::of(b"never seen");
    let refusal = office.gateway.create_extraction(at(4_000), &caller("me"), &unknown, AiTransform::Off);
    assert_eq!(refusal, Err(Refusal::UploadUnknown));
}

proptest! {
    /// However often and whenever somebody asks, the log is the same, and every page is on it once.
    #[test]
    fn looking_changes_nothing(
        documents in proptest::collection::vec((0_u64..20_000, 0_u32..12), 1..5),
        looks in proptest::collection::vec(0_u64..60_000, 0..40),
        seed in 0_u64..1_000,
    ) {
        let mut config = plain();
        config.extraction.sigma = 0.4;
        config.faults.pages = vec![2];
        config.extraction.pipeline.overflow = GatewayConfig::current().extraction.pipeline.overflow;
        let mut orders: Vec<(u64, Option<u32>)> =
            documents.iter().map(|(millis, pages)| (*millis, Some(*pages))).collect();
        let run = |orders: &[(u64, Option<u32>)]| {
            let mut gateway = Gateway::new(config.clone(), Seed::root(seed));
            for (millis, pages) in orders {
                match pages {
                    None => drop(gateway.handle_input(at(*millis), Input::Wake)),
                    Some(pages) => {
                        let upload = upload(&format!("{millis} {pages}"), *pages);
                        let prepared = gateway.prepare_upload(at(*millis), &caller("me"), upload).unwrap();
                        gateway
                            .create_extraction(at(*millis), &caller("me"), &prepared.hash, AiTransform::Off)
                            .unwrap();
                    }
                }
            }
            gateway.handle_input(at(10_000_000), Input::Wake).for_each(drop);
            (gateway.page_log().copied().collect::<Vec<_>>(), gateway.stats())
        };
        orders.sort_unstable();
        let (log, stats) = run(&orders);
        let pages: u32 = documents.iter().map(|(_, pages)| pages).sum();
        prop_assert_eq!(log.len(), usize::try_from(pages).unwrap());
        prop_assert_eq!(stats.extraction.running, 0);
        orders.extend(looks.iter().map(|millis| (*millis, None)));
        orders.sort_by_key(|(millis, pages)| (*millis, pages.is_none()));
        prop_assert_eq!(run(&orders), (log, stats));
    }
}
