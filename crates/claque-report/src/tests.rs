//! What a summary looks like. The facts are small enough to check the figures by hand.

use std::path::PathBuf;

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    lag::LagHistogram,
    record::{
        BlockOutcome, BlockRecord, ErrorRecord, Fact, Incident, IncidentRecord, Jump, ListenerRecord,
        OutageEnd, ResendReason, SessionEnd, StallRecord,
    },
    time::{Duration, Instant, MediaTime},
};
use claque_stats::{Observations, RunShape, ScheduleLag, Verdict, objective::Objective, summarise};
use claque_store::{
    Preparation, RunConfig,
    finished::{Finished, Heading, TimeKind},
};

use crate::{Paint, json, junit, markdown, run::cases, text};

fn finished(users: u32, blocks: u32, facts: &[Fact], lag: Option<ScheduleLag>) -> Finished {
    let summary = summarise(RunShape { users, blocks_per_user: blocks }, facts, lag);
    let config = RunConfig {
        users,
        blocks_per_user: blocks,
        model: "kokoro".to_owned(),
        voice: "af_heart".to_owned(),
        speed: 1.5,
    };
    let heading = Heading {
        target: "https://tts.example".to_owned(),
        config,
        time: TimeKind::Real,
        seed: 1,
        scenario: serde_json::json!({}),
        notes: Vec::new(),
    };
    let verdict = Verdict::judge(&summary);
    let folder = PathBuf::from("claque-results/2026-11-24T23-59-59Z");
    let observed = Observations::of(RunShape { users, blocks_per_user: blocks }, facts);
    let objectives = OBJECTIVES.map(|line| Objective::parse(line).unwrap().judge(&[&observed])).into();
    Finished { heading, folder, summary, verdict, preparation: None, load: None, objectives, not_kept: None }
}

const OBJECTIVES: [&str; 3] = ["startup_time p95 < 2 s", "listeners underrun-free >= 99 %", "errors = 0"];

fn on_time() -> Option<ScheduleLag> {
    let mut lags = LagHistogram::default();
    (1..=100).for_each(|micros| lags.record(Duration::from_micros(micros * 10)));
    ScheduleLag::from_histogram(&lags)
}

/// A block of two seconds that was asked for at once.
pub(super) fn block(listener: u32, index: u32, ready_ms: u64) -> BlockRecord {
    let ready_at = Some(Instant::from_millis(ready_ms));
    BlockRecord {
        chars: 80,
        requested_at: Some(Instant::from_millis(10)),
        answered_request_at: Some(Instant::from_millis(10)),
        acknowledged_at: Some(Instant::from_millis(12)),
        ready_at,
        first_audio_at: ready_at,
        complete_at: ready_at,
        started_at: ready_at,
        media: MediaTime::from_millis(2_000),
        bytes: 12_000,
        chunks: 1,
        outcome: BlockOutcome::Played,
        ..BlockRecord::wanted(ListenerId(listener), BlockIdx(index), Instant::START)
    }
}

fn failed_block(listener: u32, index: u32, class: FailureClass) -> Fact {
    Fact::Block(BlockRecord {
        ready_at: None,
        first_audio_at: None,
        complete_at: None,
        started_at: None,
        media: MediaTime::ZERO,
        outcome: BlockOutcome::Failed(class),
        ..block(listener, index, 0)
    })
}

fn session(listener: u32, started_ms: Option<u64>, ended_ms: u64, end: SessionEnd) -> ListenerRecord {
    ListenerRecord {
        listener: ListenerId(listener),
        document: format!("document-{listener}"),
        blocks: 2,
        intended_at: Instant::START,
        launched_at: Instant::START,
        connect_time: Some(Duration::from_micros(4_200)),
        started_at: started_ms.map(Instant::from_millis),
        playing: None,
        paused: Duration::ZERO,
        ended_at: Instant::from_millis(ended_ms),
        end,
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        network: None,
    }
}

fn error(listener: u32, class: FailureClass, code: Option<u16>, kills: FailureScope, words: &str) -> Fact {
    let failure = Failure { phase: Phase::BeforeAudio, class, code, text: words.to_owned(), kills };
    Fact::Error(ErrorRecord { listener: ListenerId(listener), at: Instant::from_millis(100), failure })
}

fn good() -> Finished {
    let mut facts = Vec::new();
    for listener in 0..2 {
        facts.extend((0..2).map(|index| Fact::Block(block(listener, index, 700 + 1_300 * u64::from(index)))));
        facts.push(Fact::Listener(session(listener, Some(700), 90_700, SessionEnd::Completed)));
    }
    finished(2, 2, &facts, on_time())
}

fn troubled() -> Finished {
    let long = format!("Synthesis failed\nafter several {}", "very unhappy ".repeat(20));
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        Fact::Stall(StallRecord {
            listener: ListenerId(0),
            block: BlockIdx(1),
            began_at: Instant::from_millis(3_000),
            waited: Duration::from_millis(12_345),
        }),
        error(0, FailureClass::Server, Some(500), FailureScope::Block(BlockIdx(1)), &long),
        failed_block(0, 1, FailureClass::Server),
        Fact::Listener(session(0, Some(1_000), 15_345, SessionEnd::Completed)),
        error(1, FailureClass::Auth, Some(403), FailureScope::Session, "Invalid token"),
        failed_block(1, 0, FailureClass::Auth),
        failed_block(1, 1, FailureClass::Auth),
        Fact::Listener(session(1, None, 100, SessionEnd::Failed(FailureClass::Auth))),
    ];
    finished(2, 2, &facts, on_time())
}

#[test]
fn a_good_run() {
    insta::assert_snapshot!("good", text::summary(&good(), Paint::new(false)));
}

#[test]
fn a_run_with_failures_and_underruns() {
    insta::assert_snapshot!("troubled", text::summary(&troubled(), Paint::new(false)));
}

#[test]
fn a_killed_run_without_a_stall_on_record_does_not_say_that_there_was_none() {
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        Fact::Listener(session(0, Some(1_000), 5_000, SessionEnd::Completed)),
        Fact::Block(block(1, 0, 1_000)),
    ];
    let told = text::summary(&finished(2, 2, &facts, on_time()), Paint::new(false));
    let line = |name: &str| told.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned();
    assert!(line("underruns").ends_with("none on record"), "{told}");
    assert!(line("stalled_time").ends_with("N/A"), "{told}");
}

#[test]
fn a_run_with_lost_connections_and_listeners_that_do_more_than_listen() {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Overload,
        code: Some(1012),
        text: "service restart".to_owned(),
        kills: FailureScope::Session,
    };
    let outage = |end| Incident::Outage {
        lasted: Duration::from_millis(1_003),
        tries: 1,
        end,
        failure: failure.clone(),
    };
    let block_1 = BlockIdx(1);
    let incidents = [
        (3_500, outage(OutageEnd::Reconnected)),
        (4_503, Incident::Resent { block: block_1, why: ResendReason::Reconnected }),
        (9_000, Incident::Resent { block: block_1, why: ResendReason::Overdue { acknowledged: Some(true) } }),
        (12_000, Incident::GivenUp { block: block_1 }),
        (16_000, Incident::Jumped { from: block_1, to: BlockIdx(0), how: Jump::Seek }),
        (17_000, Incident::Paused { lasted: Duration::from_secs(2) }),
        (19_500, outage(OutageEnd::GivenUp)),
        (20_000, Incident::HungUp { block: block_1 }),
    ];
    let incidents = incidents.into_iter().map(|(at, incident)| {
        let at = Instant::from_millis(at);
        Fact::Incident(IncidentRecord { listener: ListenerId(0), at, incident })
    });
    let stall = |began, waited| {
        let (began_at, waited) = (Instant::from_millis(began), Duration::from_millis(waited));
        Fact::Stall(StallRecord { listener: ListenerId(0), block: block_1, began_at, waited })
    };
    let session = ListenerRecord {
        playing: Some(Duration::from_secs(10)),
        paused: Duration::from_secs(2),
        ..session(0, Some(1_000), 20_000, SessionEnd::HungUp)
    };
    let mut facts = vec![Fact::Block(block(0, 0, 1_000)), stall(3_000, 2_000), stall(16_000, 250)];
    facts.extend(incidents);
    facts.push(Fact::Listener(session));
    let run = finished(1, 2, &facts, on_time());
    insta::assert_snapshot!("incidents", text::summary(&run, Paint::new(false)));
}

#[test]
fn a_run_in_which_nothing_started() {
    let dial = |listener| {
        let failure = Failure {
            phase: Phase::Dial,
            class: FailureClass::Transport,
            code: None,
            text: "connection refused".to_owned(),
            kills: FailureScope::Session,
        };
        let mut session = session(listener, None, 1, SessionEnd::Failed(FailureClass::Transport));
        session.connect_time = None;
        let at = Instant::from_millis(1);
        let error = ErrorRecord { listener: ListenerId(listener), at, failure };
        [Fact::Error(error), Fact::Listener(session)]
    };
    let facts: Vec<_> = (0..3).flat_map(dial).collect();
    let mut run = finished(3, 20, &facts, None);
    run.heading.config.voice = String::new();
    insta::assert_snapshot!("nothing_started", text::summary(&run, Paint::new(false)));
}

#[test]
fn a_run_with_cross_talk() {
    let mut run = good();
    run.summary.foreign_messages = Some(1_234);
    run.verdict = Verdict::judge(&run.summary);
    insta::assert_snapshot!("cross_talk", text::summary(&run, Paint::new(false)));
}

#[test]
fn what_went_before_is_told() {
    let mut run = good();
    run.preparation = Some(Preparation {
        preparation_ms: 61_500.0,
        limit_wait_ms: 60_000.0,
        limit_refusals: 8,
        documents_made: 20,
        documents_reused: 1,
    });
    let text = text::summary(&run, Paint::new(false));
    let row = "  preparation       1 min 02 s, 20 documents made, 1 document reused, 1 min 00 s\n                    waiting for a limit\n";
    assert!(text.contains(row), "{text}");
    assert!(json::summary(&run, None).unwrap().contains("\"preparation_ms\": 61500.0"));
}

#[test]
fn a_simulated_run_is_never_late() {
    let mut run = good();
    run.heading.time = TimeKind::Virtual;
    run.summary.schedule_lag = None;
    let text = text::summary(&run, Paint::new(false));
    assert!(text.contains("schedule_lag      N/A; nothing is late in virtual time\n"), "{text}");
    assert!(text.contains("wall time         1 min 31 s of virtual time\n"), "{text}");
}

#[test]
fn without_colour_the_words_are_the_same() {
    let plain = text::summary(&troubled(), Paint::new(false));
    let coloured = text::summary(&troubled(), Paint::new(true));
    let mut stripped = String::new();
    for piece in coloured.split('\u{1b}') {
        let code_ends = if stripped.is_empty() && !piece.starts_with('[') {
            0
        } else {
            piece.find('m').map_or(0, |m| m + 1)
        };
        stripped.push_str(&piece[code_ends..]);
    }
    assert!(coloured.contains('\u{1b}'));
    assert_eq!(stripped, plain);
}

#[test]
fn a_page_for_a_job_and_a_report_for_a_pipeline() {
    insta::assert_snapshot!("markdown", markdown::summary(&troubled()));
    insta::assert_snapshot!("junit", junit::document("run", &cases(&troubled())));
}

#[test]
fn a_document_for_programs() {
    let document = json::summary(&troubled(), None).unwrap();
    insta::assert_snapshot!("json", document.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}

#[test]
fn a_run_that_is_not_kept_says_so_in_place_of_its_folder() {
    let why = "failed to create run.json: it is gone";
    let run = Finished { not_kept: Some(why.to_owned()), ..good() };
    let text = text::summary(&run, Paint::new(false));
    assert!(text.contains(why) && !text.contains("run folder"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&json::summary(&run, None).unwrap()).unwrap();
    assert_eq!((&json["run_folder"], &json["not_kept"]), (&serde_json::Value::Null, &why.into()));
}

/// Two seconds of audio in five pieces, heard from the first on.
fn stream(listener: u32, index: u32, first_ms: u64, whole_ms: u64) -> Fact {
    Fact::Block(BlockRecord {
        first_audio_at: Some(Instant::from_millis(first_ms)),
        chunks: 5,
        buffer_deficit: Some(Duration::from_millis(whole_ms / 10)),
        largest_chunk_gap: Some(Duration::from_millis(whole_ms / 4)),
        ..block(listener, index, whole_ms)
    })
}

#[test]
fn figures_of_streams_stand_below_the_times() {
    let facts = [
        stream(0, 0, 110, 510),
        stream(0, 1, 210, 1_010),
        failed_block(1, 0, FailureClass::Server),
        stream(1, 1, 310, 2_010),
        Fact::Listener(ListenerRecord {
            unwanted_bytes: Some(2_048),
            ..session(0, Some(110), 4_110, SessionEnd::Completed)
        }),
    ];
    let run = finished(2, 2, &facts, on_time());
    insta::assert_snapshot!("streams", text::summary(&run, Paint::new(false)));
    let table = markdown::summary(&run);
    assert!(table.contains("| delivery_rtf | 3 | 0.50 | - | 1.00 | 0.58 |"), "{table}");
    assert!(table.contains("| continuity_ok@100 | 25.0 % |"), "{table}");
    let saved = serde_json::to_string(&run.summary).unwrap();
    let read: claque_stats::Summary = serde_json::from_str(&saved).unwrap();
    assert_eq!(read.streams, run.summary.streams, "a file tells each value as what it was");
}
