//! Stories about one document, told with a service that answers by a list.

mod stopping;
mod talk;

use self::talk::*;
use super::*;
use crate::event::{FailureClass, FailureScope, Phase};

#[test]
fn polls_begin_after_a_second_and_grow_to_five() {
    let mut talk = Talk::accepted(config());
    for wanted in [1_150, 2_650, 4_900, 8_275, 13_275, 18_275] {
        assert_eq!(talk.wake(), wanted);
        talk.reply(wanted, Reply::Status(status(&[], &[])));
    }
}

#[test]
fn a_page_was_done_between_two_polls() {
    use PageOutcome::{Completed, Failed};
    let mut talk = Talk::accepted(config());
    talk.wake();
    talk.reply(1_160, Reply::Status(status(&[3], &[])));
    talk.wake();
    talk.reply(2_670, Reply::Status(status(&[0, 3], &[2])));
    talk.wake();
    talk.reply(4_950, done(&[2]));
    assert_eq!(
        talk.pages(),
        [
            (3, 100, 1_160, Completed),
            (0, 1_150, 2_670, Completed),
            (2, 1_150, 2_670, Failed),
            (1, 2_660, 4_950, Completed)
        ]
    );
    talk.reply(4_960, Reply::Deleted);
    let record = talk.record();
    assert_eq!((record.end, record.polls, record.pages), (DocumentEnd::Completed, 3, Some(PAGES)));
    assert_eq!((record.completed_at, record.ended_at), (Some(at(4_950)), at(4_960)));
    assert_eq!((record.document_id.as_deref(), &record.left_behind), (Some("d"), &None));
    let cached =
        |fact: &DocumentFact| matches!(fact, DocumentFact::Page(page) if page.source == PageSource::Cache);
    assert_eq!(talk.facts.iter().filter(|fact| cached(fact)).count(), 1, "page 3 was not among the uncached");
}

#[test]
fn a_page_that_is_called_failed_in_the_end_is_recorded_again() {
    let mut talk = Talk::accepted(config());
    talk.wake();
    talk.reply(1_160, Reply::Status(status(&[0, 1, 2, 3], &[])));
    talk.wake();
    talk.reply(2_670, done(&[1]));
    talk.reply(2_680, Reply::Deleted);
    assert_eq!(talk.pages().len(), 5);
    assert_eq!(talk.pages()[4], (1, 100, 1_160, PageOutcome::Failed));
}

#[test]
fn early_servers_answer_with_the_document() {
    let mut talk = Talk::new(config());
    talk.reply(100, prepared());
    talk.reply(9_000, Reply::Created(Created { id: "d".to_owned(), failed: vec![1] }));
    talk.reply(9_010, Reply::Deleted);
    assert_eq!(talk.steps(), [(0, Step::Prepare), (100, Step::Create), (9_000, Step::Delete)]);
    assert_eq!(talk.pages()[0], (1, 100, 9_000, PageOutcome::Failed));
    assert_eq!((talk.pages().len(), talk.record().polls), (4, 0));
}

#[test]
fn waiting_for_a_limit_is_no_latency() {
    let mut talk = Talk::new(config());
    talk.reply(10, refused(FailureClass::Limit, Some(40)));
    assert_eq!(talk.wake(), 40_010);
    talk.reply(40_110, prepared());
    talk.reply(40_120, refused(FailureClass::Limit, Some(20)));
    assert_eq!(talk.wake(), 60_120);
    talk.reply(60_130, Reply::Created(Created { id: "d".to_owned(), failed: vec![] }));
    talk.reply(60_140, Reply::Deleted);
    let record = talk.record();
    assert_eq!((record.prepare_sent_at, record.prepared_at), (Some(at(40_010)), Some(at(40_110))));
    assert_eq!(record.create_sent_at, Some(at(60_120)));
    assert_eq!((record.paced_calls, record.paced), (2, Duration::from_secs(60)));
    assert_eq!(talk.errors(), []);
}

#[test]
fn a_limit_that_does_not_pass_is_a_result() {
    for pace in [None, Some(3_600)] {
        let mut talk = Talk::new(config());
        talk.reply(100, prepared());
        talk.reply(110, refused(FailureClass::Limit, pace));
        assert_eq!(talk.errors(), [(Step::Create, FailureClass::Limit)]);
        let end = DocumentEnd::Failed { step: Step::Create, class: FailureClass::Limit };
        assert_eq!(talk.record().end, end);
        assert_eq!(talk.record().left_behind, None);
    }
}

#[test]
fn an_extraction_that_fails_leaves_no_document() {
    let mut talk = Talk::accepted(config());
    talk.wake();
    let error = Some("out of paper".to_owned());
    talk.reply(1_160, Reply::Status(Status { error, ..status(&[0], &[1]) }));
    assert_eq!(talk.errors(), [(Step::Poll, FailureClass::Server)]);
    assert_eq!(talk.pages().iter().filter(|page| page.3 == PageOutcome::Unseen).count(), 2);
    assert_eq!(talk.record().left_behind, None);
    assert_eq!(talk.steps().len(), 3);
}

#[test]
fn a_poll_may_stumble_but_not_three_times_in_a_row() {
    let mut talk = Talk::accepted(config());
    let lose = |talk: &mut Talk| {
        let now = talk.wake();
        talk.reply(now + 1, refused(FailureClass::Transport, None));
    };
    lose(&mut talk);
    lose(&mut talk);
    let now = talk.wake();
    talk.reply(now + 1, Reply::Status(status(&[], &[])));
    lose(&mut talk);
    lose(&mut talk);
    assert!(!talk.ended);
    let now = talk.wake();
    talk.reply(now + 1, Reply::Status(Status::default()));
    assert_eq!(talk.steps().last(), Some(&(now + 1, Step::Cancel)), "nobody wants it any more");
    talk.reply(now + 2, refused(FailureClass::Invalid, None));
    assert_eq!(talk.errors().len(), 6);
    assert_eq!(talk.record().left_behind.as_deref(), Some("extraction x, whose document was not there yet"));
}

#[test]
fn no_further_page_for_too_long_ends_it() {
    let mut talk = Talk::accepted(ExtractionConfig { patience: Duration::from_secs(20), ..config() });
    let mut last = 0;
    while talk.steps().last().is_none_or(|(_, step)| *step != Step::Cancel) {
        last = talk.wake();
        let seen: &[u32] = if last > 8_000 { &[0] } else { &[] };
        talk.reply(last, Reply::Status(status(seen, &[])));
    }
    assert_eq!(last, 28_275, "page 0 was seen at 8.275 s");
    assert_eq!(talk.errors(), [(Step::Poll, FailureClass::Timeout)]);
    talk.reply(last + 10, Reply::Cancelled);
    let error = Some("called off".to_owned());
    talk.reply(last + 20, Reply::Status(Status { error, ..status(&[], &[]) }));
    assert_eq!((talk.record().left_behind.clone(), talk.errors().len()), (None, 1));
}

#[test]
fn an_answer_that_never_comes_is_a_time_out_whenever_it_is_noticed() {
    let mut talk = Talk::new(config());
    talk.reply(70_000, prepared());
    let DocumentFact::Error(error) = &talk.facts[0] else { panic!("{:?}", talk.facts) };
    assert_eq!((error.at, error.failure.class), (at(60_000), FailureClass::Timeout));
    assert_eq!(talk.record().ended_at, at(60_000));
}

#[test]
fn an_answer_to_something_else_is_a_breach_of_the_protocol() {
    let mut talk = Talk::new(config());
    talk.reply(100, Reply::Deleted);
    assert_eq!(talk.errors(), [(Step::Prepare, FailureClass::Protocol)]);
    let mut talk = Talk::new(config());
    talk.reply(100, Reply::Prepared(Prepared { pages: Some(u32::MAX), ..Prepared::default() }));
    assert_eq!(talk.errors(), [(Step::Prepare, FailureClass::Protocol)]);
}

#[test]
fn what_may_be_on_the_service_is_told_before_it_can_be_there() {
    let mut talk = Talk::accepted(config());
    talk.wake();
    talk.reply(1_200, done(&[]));
    talk.reply(1_300, Reply::Deleted);
    let accepted = Accepted { extraction_id: "x".to_owned(), ..Accepted::default() };
    let going = ExtractionInProgress { accepted, pages: PAGES, ai_transform: AiTransform::Off };
    let wanted = [
        (Some(Step::Prepare), Some(Leftover::Asked)),
        (Some(Step::Create), Some(Leftover::Extraction(going))),
        (Some(Step::Poll), Some(Leftover::Document("d".to_owned()))),
        (Some(Step::Delete), None),
    ];
    assert_eq!(talk.remains, wanted);
}

#[test]
fn only_a_refusal_proves_that_no_document_was_made() {
    let answer = |phase, code| {
        let mut talk = Talk::new(config());
        talk.reply(100, prepared());
        let failure = Failure {
            phase,
            class: FailureClass::Server,
            code,
            text: "no".to_owned(),
            kills: FailureScope::Session,
        };
        let reply = Reply::Refused(Refused { failure, limit: None });
        talk.reply(200, reply.clone());
        while !talk.ended {
            let now = talk.wake();
            talk.reply(now, reply.clone());
        }
        (talk.remains.last().unwrap().1.is_none(), talk.record().left_behind.is_none())
    };
    for (phase, code) in
        [(Phase::BeforeAudio, Some(402)), (Phase::BeforeAudio, Some(503)), (Phase::Dial, None)]
    {
        assert_eq!(answer(phase, code), (true, true), "{code:?}");
    }
    for code in [Some(500), Some(504), None] {
        assert_eq!(answer(Phase::BeforeAudio, code), (false, false), "{code:?}");
    }
}

#[test]
fn an_upload_and_an_order_that_surely_came_to_nothing_are_made_again() {
    let mut talk = Talk::new(config());
    talk.reply(100, refused(FailureClass::Transport, None));
    let now = talk.wake();
    talk.reply(now, refused(FailureClass::Server, None));
    let now = talk.wake();
    talk.reply(now + 10, prepared());
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Overload,
        code: Some(503),
        text: "away".to_owned(),
        kills: FailureScope::Session,
    };
    talk.reply(now + 20, Reply::Refused(Refused { failure, limit: None }));
    let now = talk.wake();
    talk.reply(now, Reply::Created(Created { id: "d".to_owned(), failed: vec![] }));
    talk.reply(now, Reply::Deleted);
    let record = talk.record();
    assert_eq!((record.end, talk.errors().len()), (DocumentEnd::Completed, 3));
    assert_eq!(record.prepare_sent_at, Some(at(0)), "whoever waits has waited since then");
}

#[test]
fn an_empty_list_of_uncached_pages_says_nothing_unless_a_language_model_is_at_work() {
    for (ai_transform, wanted) in
        [(AiTransform::Off, PageSource::Unsaid), (AiTransform::On, PageSource::Cache)]
    {
        let mut talk = Talk::new(ExtractionConfig { ai_transform, pages: Some(2), ..config() });
        talk.reply(
            100,
            Reply::Prepared(Prepared { pages: Some(2), uncached: Some(vec![]), ..Prepared::default() }),
        );
        talk.reply(200, Reply::Created(Created { id: "d".to_owned(), failed: vec![] }));
        let sources: Vec<_> = talk
            .facts
            .iter()
            .filter_map(|fact| match fact {
                DocumentFact::Page(page) => Some(page.source),
                DocumentFact::Error(_) | DocumentFact::Document(_) => None,
            })
            .collect();
        assert_eq!(sources, [wanted; 2]);
    }
}

#[test]
fn a_document_waits_as_long_as_the_limit_lets_others_through() {
    let mut talk = Talk::new(config());
    let limited = || {
        let Reply::Refused(refused) = refused(FailureClass::Limit, None) else { panic!("it refuses") };
        Reply::Refused(Refused { limit: Some(Limited::default()), ..refused })
    };
    let mut now = 0;
    while now < 600_000 {
        talk.reply(now, limited());
        talk.input(now, Input::Progress);
        now = talk.wake();
    }
    while !talk.ended {
        talk.reply(now, limited());
        if !talk.ended {
            now = talk.wake();
        }
    }
    assert!((700_000..=725_000).contains(&now), "two minutes after the last of them: {now}");
}

#[test]
fn pages_that_were_left_out_are_not_believed() {
    let told = |config: ExtractionConfig, pages| {
        let mut talk = Talk::new(config);
        talk.reply(100, Reply::Prepared(Prepared { hash: "h".to_owned(), pages, uncached: None }));
        let failed = matches!(talk.errors()[..], [(Step::Prepare, FailureClass::Protocol)]);
        let goes_on = matches!(talk.steps()[..], [_, (100, Step::Create)]);
        assert!(failed != goes_on, "{:?}", talk.steps());
        failed
    };
    assert!(told(config(), Some(0)) && told(config(), Some(PAGES - 1)));
    assert!(!told(config(), Some(PAGES)) && told(config(), Some(PAGES + 1)) && !told(config(), None));
    let uncounted = ExtractionConfig { pages: None, ..config() };
    assert!(told(uncounted.clone(), Some(0)) && !told(uncounted, Some(1)));
}

#[test]
fn a_service_that_names_other_pages_than_the_document_has_is_not_believed() {
    let whole = |completed: &[u32], pages| Status {
        document: Some("d".to_owned()),
        pages: Some(pages),
        ..status(completed, &[])
    };
    for (answer, words) in [
        (whole(&[0, 1, 2, 3], 5), "the service speaks of 5 pages, more than the 4 that were sent"),
        (whole(&[0, 1, 2, 3], 0), "the service speaks of a document without a page"),
        (whole(&[0, 1, 2, 9], 4), "the service names page 9, counted from 0, of a document of 4"),
        (whole(&[0, 1, 2, 2], 4), "the service names page 2 twice"),
        (whole(&[0, 1, 2], 4), "the service speaks of a whole document, but names 3 of its 4 pages"),
    ] {
        let mut talk = Talk::accepted(config());
        talk.wake();
        talk.reply(1_160, Reply::Status(answer));
        talk.reply(1_170, Reply::Deleted);
        let said = talk.facts.iter().find_map(|fact| match fact {
            DocumentFact::Error(error) => Some(error.failure.text.as_str()),
            DocumentFact::Page(_) | DocumentFact::Document(_) => None,
        });
        assert_eq!(said, Some(words));
        let end = DocumentEnd::Failed { step: Step::Poll, class: FailureClass::Protocol };
        assert_eq!((talk.record().end, &talk.record().left_behind), (end, &None));
        assert!(talk.pages().iter().all(|page| page.3 == PageOutcome::Unseen));
    }
}
