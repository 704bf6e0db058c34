//! Whatever a service answers and whenever somebody wakes the machine: the facts are complete and the same.
#![expect(clippy::unwrap_used, reason = "a helper of tests that panics fails the test")]

use std::collections::BTreeMap;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    extraction::{
        Accepted, AiTransform, Call, Created, DocumentEnd, DocumentFact, DocumentNo, DocumentRecord,
        Extraction, ExtractionConfig, Input, OnStop, Output, PageOutcome, PageRecord, PollPolicy, Prepared,
        Refused, Reply, Status,
    },
    pacing::Limited,
    time::{Duration, Instant},
};
use proptest::prelude::*;

const PAGES: u32 = 6;

/// What the service does with a call: how long it takes, and which of its moods it is in.
#[derive(Clone, Copy, Debug)]
struct Turn {
    millis: u64,
    mood: u8,
}

#[derive(Clone, Debug)]
struct World {
    turns: Vec<Turn>,
    stop_at: Option<u64>,
    on_stop: OnStop,
    /// Extra wake-ups, in milliseconds.
    wakes: Vec<u64>,
}

fn refused(class: FailureClass, pace: Option<u64>) -> Reply {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class,
        code: None,
        text: "no".to_owned(),
        kills: FailureScope::Session,
    };
    let limited = |wait| Limited { retry_after: Some(Duration::from_millis(wait)), window: None };
    Reply::Refused(Refused { failure, limit: pace.map(limited) })
}

fn answer(call: &Call, mood: u8, polls: u32) -> Reply {
    match mood {
        0 => return refused(FailureClass::Server, None),
        1 => return refused(FailureClass::Limit, Some(700)),
        2 => return refused(FailureClass::Transport, None),
        3 => return Reply::Status(Status::default()),
        _ => {}
    }
    match call {
        Call::Prepare => Reply::Prepared(Prepared {
            hash: "h".to_owned(),
            pages: Some(PAGES),
            uncached: Some(vec![0, 1, 2]),
        }),
        Call::Create { .. } if mood == 4 => Reply::Created(Created { id: "d".to_owned(), failed: vec![5] }),
        Call::Create { .. } => {
            Reply::Accepted(Accepted { extraction_id: "x".to_owned(), ..Accepted::default() })
        }
        Call::Poll(_) => {
            let completed: Vec<u32> = (0..PAGES.min(polls)).collect();
            let (is_over, failed) = (polls > PAGES, if mood == 5 { vec![0] } else { vec![] });
            let document = (is_over && mood != 6).then(|| "d".to_owned());
            let error = (is_over && mood == 6).then(|| "out of paper".to_owned());
            Reply::Status(Status { found: true, pages: None, completed, failed, document, error })
        }
        Call::Cancel(_) => Reply::Cancelled,
        Call::Delete { .. } => Reply::Deleted,
    }
}

/// Plays the conversation to its end.
fn play(world: &World, extra_wakes: bool) -> Vec<DocumentFact> {
    let mut machine = Extraction::new(ExtractionConfig {
        document: DocumentNo(0),
        bytes: 1,
        pages: None,
        ai_transform: AiTransform::Off,
        poll: PollPolicy::STRESS_SCRIPT,
        patience: Duration::from_secs(8),
        intended_at: Instant::START,
        on_stop: world.on_stop,
    });
    let mut facts = Vec::new();
    let mut turns = world.turns.iter().copied();
    let (mut replies, mut polls): (BTreeMap<u64, (u64, Reply)>, u32) = (BTreeMap::new(), 0);
    let mut wakes = if extra_wakes { world.wakes.clone() } else { vec![] };
    wakes.sort_unstable_by(|a, b| b.cmp(a));
    let mut stop_at = world.stop_at;
    let (mut now, mut calls, mut ended, mut input) = (0, 0_u64, false, Input::Start);
    for _ in 0..10_000 {
        for output in machine.handle_input(Instant::from_millis(now), input).drain() {
            assert!(!ended, "nothing follows the end");
            match output {
                Output::Call(call) => {
                    polls += u32::from(matches!(call, Call::Poll(_)));
                    calls += 1;
                    // When nothing is left to be said the service never answers.
                    let turn = turns.next().unwrap_or(Turn { millis: 1_000_000, mood: 9 });
                    replies = BTreeMap::from([(now + turn.millis, (calls, answer(&call, turn.mood, polls)))]);
                }
                Output::Fact(fact) => facts.push(fact),
                Output::Paced { .. } | Output::Exists(_) | Output::Gone => {}
                Output::Ended => ended = true,
            }
        }
        if ended {
            assert!(machine.is_done() && machine.poll_timeout().is_none());
            return facts;
        }
        let due = machine.poll_timeout().expect("it waits for something").0.as_nanos() / 1_000_000;
        let reply_at = replies.first_key_value().map_or(u64::MAX, |(at, _)| *at);
        let wake_at = wakes.last().copied().unwrap_or(u64::MAX);
        let stop = stop_at.unwrap_or(u64::MAX);
        let next = due.min(reply_at).min(wake_at).min(stop);
        now = now.max(next);
        // A time-out is due before an answer of the same moment.
        input = if due == next {
            Input::Wake
        } else if stop == next {
            stop_at = None;
            Input::Stop
        } else if reply_at == next {
            Input::Reply(replies.pop_first().unwrap().1.1)
        } else {
            wakes.pop();
            Input::Wake
        };
    }
    panic!("it has no end");
}

fn worlds() -> impl Strategy<Value = World> {
    let turn = (1_u64..3_000, 0_u8..24).prop_map(|(millis, mood)| Turn { millis, mood });
    let on_stop = prop_oneof![Just(OnStop::Clear), Just(OnStop::Leave)];
    (
        proptest::collection::vec(turn, 0..25),
        proptest::option::of(0_u64..30_000),
        on_stop,
        proptest::collection::vec(0_u64..60_000, 0..30),
    )
        .prop_map(|(turns, stop_at, on_stop, wakes)| World { turns, stop_at, on_stop, wakes })
}

fn record(facts: &[DocumentFact]) -> &DocumentRecord {
    match facts.last() {
        Some(DocumentFact::Document(record)) => record,
        other => panic!("the last fact is {other:?}"),
    }
}

proptest! {
    #[test]
    fn extra_wake_ups_change_no_fact(world in worlds()) {
        prop_assert_eq!(play(&world, true), play(&world, false));
    }

    #[test]
    fn facts_are_complete(world in worlds()) {
        let facts = play(&world, false);
        let record = record(&facts);
        let documents = facts.iter().filter(|fact| matches!(fact, DocumentFact::Document(_))).count();
        prop_assert_eq!(documents, 1);
        let pages: BTreeMap<u32, PageRecord> = facts
            .iter()
            .filter_map(|fact| match fact {
                DocumentFact::Page(page) => Some((page.page, *page)),
                DocumentFact::Error(_) | DocumentFact::Document(_) => None,
            })
            .collect();
        let known = record.accepted_at.is_some();
        prop_assert_eq!(pages.len(), if known { 6 } else { 0 }, "every page of an accepted document has a record");
        prop_assert!(pages.values().all(|page| page.not_before <= page.seen_at));
        match record.end {
            DocumentEnd::Completed => {
                prop_assert!(record.completed_at.is_some() && record.document_id.is_some());
                prop_assert!(pages.values().all(|page| page.outcome != PageOutcome::Unseen));
            }
            DocumentEnd::Failed { step, class } => {
                let told = facts.iter().any(|fact| match fact {
                    DocumentFact::Error(error) => error.step == step && error.failure.class == class,
                    DocumentFact::Page(_) | DocumentFact::Document(_) => false,
                });
                prop_assert!(told, "a failure that ends a document is told");
            }
            DocumentEnd::Stopped => prop_assert!(world.stop_at.is_some()),
        }
    }
}
