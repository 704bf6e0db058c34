//! Documents in virtual time, against truths that can be worked out on paper.

use claque_core::{
    event::FailureClass,
    extraction::{
        AiTransform, DocumentEnd, DocumentFact, DocumentRecord, PageOutcome, PageRecord, PollPolicy, Step,
    },
    link::LinkProfile,
    rng::Seed,
    time::{Duration, Instant},
};
use claque_front::yapit::gateway::{ContentHash, CreationAnswer, GatewayConfig};
use claque_gateway::Workers;
use claque_sim::{DocumentsScenario, DocumentsSimulated, SimulatedPaper, simulate_documents};
use proptest::prelude::*;

/// So many documents of so many pages; two workers, a second a page.
fn scenario(documents: u32, pages: u32) -> DocumentsScenario {
    let mut gateway =
        GatewayConfig::current().without_rest_limits().without_synthesis_limit().without_extraction_limit();
    gateway.extraction.workers = Workers::Pull(2);
    gateway.extraction.page = Duration::from_secs(1);
    gateway.extraction.sigma = 0.0;
    gateway.extraction.pipeline.overflow = None;
    let paper = |number: u32| SimulatedPaper {
        content: ContentHash::of(&number.to_be_bytes()),
        bytes: 1_000,
        pages,
        title: format!("paper {number}"),
    };
    DocumentsScenario {
        papers: (0..documents).map(paper).collect(),
        ai_transform: AiTransform::Off,
        poll: PollPolicy::STRESS_SCRIPT,
        patience: Duration::from_secs(300),
        gateway,
        link: LinkProfile::default(),
        seed: Seed::root(7),
    }
}

fn run(scenario: &DocumentsScenario) -> (Vec<DocumentFact>, DocumentsSimulated) {
    let mut facts = Vec::new();
    let simulated = simulate_documents(scenario, |fact| facts.push(fact));
    (facts, simulated)
}

fn pages(facts: &[DocumentFact]) -> Vec<PageRecord> {
    let page = |fact: &DocumentFact| match fact {
        DocumentFact::Page(page) => Some(*page),
        DocumentFact::Error(_) | DocumentFact::Document(_) => None,
    };
    facts.iter().filter_map(page).collect()
}

fn documents(facts: &[DocumentFact]) -> Vec<DocumentRecord> {
    let document = |fact: &DocumentFact| match fact {
        DocumentFact::Document(record) => Some(record.clone()),
        DocumentFact::Page(_) | DocumentFact::Error(_) => None,
    };
    facts.iter().filter_map(document).collect()
}

#[test]
fn pages_are_seen_at_the_poll_after_they_are_done() {
    let (facts, simulated) = run(&scenario(1, 6));
    let seen: Vec<_> = pages(&facts)
        .iter()
        .map(|page| (page.page, page.not_before.as_nanos() / 1_000_000, page.seen_at.as_nanos() / 1_000_000))
        .collect();
    // Done at 1, 1, 2, 2, 3, 3 s; polls at 1, 2.5 and 4.75 s. What is done at the moment of a poll is done.
    let wanted = [
        (0, 0, 1_000),
        (1, 0, 1_000),
        (2, 1_000, 2_500),
        (3, 1_000, 2_500),
        (4, 2_500, 4_750),
        (5, 2_500, 4_750),
    ];
    assert_eq!(seen, wanted);
    assert_eq!(documents(&facts)[0].completed_at, Some(Instant::from_millis(4_750)));
    assert_eq!(
        (simulated.gateway.documents, simulated.page_log.len()),
        (0, 6),
        "and the document is deleted"
    );
}

#[test]
fn the_limits_of_a_minute_are_waited_out() {
    let mut limited = scenario(12, 1);
    limited.gateway.rest_limits = GatewayConfig::current().rest_limits;
    let (facts, _) = run(&limited);
    let documents = documents(&facts);
    assert!(documents.iter().all(|document| document.end == DocumentEnd::Completed));
    let created = |document: &DocumentRecord| document.create_sent_at.unwrap().as_nanos() / 1_000_000_000;
    let mut minutes: Vec<_> = documents.iter().map(|document| created(document) / 60).collect();
    minutes.sort_unstable();
    // Ten uploads and five orders in each minute; all that wait come at the minute's end together.
    assert_eq!(minutes, [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2]);
    for document in documents {
        let prepare = document.prepared_at.unwrap().since(document.prepare_sent_at.unwrap());
        let accept = document.accepted_at.unwrap().since(document.create_sent_at.unwrap());
        assert_eq!((prepare, accept), (Duration::ZERO, Duration::ZERO), "what is waited is no latency");
        assert!(
            document.completed_at.unwrap().since(document.create_sent_at.unwrap()) < Duration::from_secs(7)
        );
    }
}

#[test]
fn the_eleventh_extraction_at_a_time_waits_for_another_to_end() {
    let mut limited = scenario(12, 3);
    limited.gateway.extraction.max_concurrent = Some(10);
    let (facts, _) = run(&limited);
    let documents = documents(&facts);
    assert!(documents.iter().all(|document| document.end == DocumentEnd::Completed));
    assert_eq!(documents.iter().filter(|document| document.paced_calls > 0).count(), 2);
    assert_eq!(pages(&facts).len(), 36);
}

#[test]
fn an_eleventh_that_no_other_makes_room_for_is_refused_in_the_end() {
    let mut limited = scenario(12, 1_000);
    limited.gateway.extraction.max_concurrent = Some(10);
    limited.patience = Duration::from_secs(1_000_000);
    let (facts, _) = run(&limited);
    let refused = DocumentEnd::Failed { step: Step::Create, class: FailureClass::Limit };
    let documents = documents(&facts);
    let refused: Vec<_> = documents.iter().filter(|document| document.end == refused).collect();
    assert_eq!(refused.len(), 2);
    assert!(refused.iter().all(|document| document.paced <= Duration::from_secs(120)));
}

#[test]
fn early_servers_answer_when_all_is_over() {
    let mut early = scenario(2, 3);
    early.gateway.extraction.answer = CreationAnswer::Document;
    early.gateway.faults.pages = vec![1];
    let (facts, _) = run(&early);
    let documents = documents(&facts);
    assert_eq!(documents.iter().map(|document| document.polls).sum::<u32>(), 0);
    let done: Vec<_> =
        documents.iter().map(|document| document.completed_at.unwrap().as_nanos() / 1_000_000_000).collect();
    assert_eq!(done, [2, 3]);
    let failed = pages(&facts).iter().filter(|page| page.outcome == PageOutcome::Failed).count();
    assert_eq!(failed, 2);
}

proptest! {
    /// Whatever the service is like: every page is seen between the poll before it was done and the one after, each has
    /// one final record, and every document one.
    #[test]
    fn what_is_seen_agrees_with_the_gateways_log(
        count in 1_u32..4,
        page_count in 0_u32..20,
        latency in 0_u64..300,
        workers in 1_u32..5,
        first in 100_u64..2_000,
        failing in proptest::collection::vec(0_u32..20, 0..4),
    ) {
        let mut wild = scenario(count, page_count);
        wild.gateway.extraction.workers = Workers::Pull(workers);
        wild.gateway.extraction.sigma = 0.5;
        wild.gateway.faults.pages = failing;
        wild.link.delay = Duration::from_millis(latency);
        wild.poll.first = Duration::from_millis(first);
        let (facts, simulated) = run(&wild);
        let records = documents(&facts);
        prop_assert_eq!(records.len(), usize::try_from(count).unwrap());
        prop_assert!(records.iter().all(|record| record.left_behind.is_none()));
        let seen = pages(&facts);
        prop_assert_eq!(seen.len(), usize::try_from(count * page_count).unwrap());
        for page in seen {
            let record = records.iter().find(|record| record.document == page.document).unwrap();
            let id = record.extraction_id.as_deref().unwrap();
            let done = simulated
                .page_log
                .iter()
                .find(|done| done.extraction.to_string() == id && done.page == page.page)
                .unwrap();
            prop_assert!(done.done_at <= page.seen_at, "{:?} {:?}", done, page);
            prop_assert!(page.not_before <= done.done_at, "{:?} {:?}", done, page);
        }
    }
}
