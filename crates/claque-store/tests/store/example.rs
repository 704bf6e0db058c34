//! A small run with one of everything. Times are in milliseconds of the run.

use std::path::{Path, PathBuf};

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    lag::LagHistogram,
    record::{
        BlockOutcome, BlockRecord, ErrorRecord, Fact, Incident, IncidentRecord, Jump, ListenerRecord,
        OutageEnd, ResendReason, SessionEnd, StallRecord,
    },
    remark::{Findings, Remarks, Sound},
    time::{Duration, Instant, MediaTime},
};
use claque_stats::{RunShape, ScheduleLag, Summary, Verdict, summarise};
use claque_store::{Machine, RunConfig, RunFolder, RunHeader, RunWriter, UnixNanos};

pub(crate) const SHAPE: RunShape = RunShape { users: 3, blocks_per_user: 4 };
pub(crate) const STARTED: UnixNanos = UnixNanos(1_795_502_897_627_870_000);
pub(crate) const FINISHED: UnixNanos = UnixNanos(1_795_502_907_000_001_000);

pub(crate) fn header() -> RunHeader {
    RunHeader {
        config: RunConfig {
            users: SHAPE.users,
            blocks_per_user: SHAPE.blocks_per_user,
            model: "kokoro".to_owned(),
            voice: "af_heart".to_owned(),
            speed: 2.0,
        },
        started_at: STARTED,
        document_ids: vec![],
        claque_version: "0.1.0".to_owned(),
        scenario: serde_json::json!({ "users": 2, "stagger_s": 0.5 }),
        target: "http://127.0.0.1:8000".to_owned(),
        machine: Machine { os: "linux".to_owned(), arch: "x86_64".to_owned(), cpus: 2 },
        seed: u64::MAX,
    }
}

pub(crate) fn block(listener: u32, index: u32, ready_ms: u64) -> BlockRecord {
    let ready_at = Some(Instant::from_millis(ready_ms));
    BlockRecord {
        chars: 80,
        requested_at: Some(Instant::from_millis(507)),
        answered_request_at: Some(Instant::from_millis(507)),
        acknowledged_at: Some(Instant::from_millis(509)),
        ready_at,
        first_audio_at: ready_at,
        complete_at: ready_at,
        // A third of a nanosecond short of round numbers: what a container's sample count gives.
        media: MediaTime::from_nanos(5_590_333_333),
        bytes: 33_000,
        chunks: 3,
        buffer_deficit: Some(Duration::from_nanos(7)),
        largest_chunk_gap: Some(Duration::from_nanos(11)),
        least_start_buffer: Some(MediaTime::from_nanos(13)),
        resends: 1,
        outcome: BlockOutcome::Played,
        findings: Some(Findings {
            remarks: Remarks::NONE,
            sound: Some(Sound::Audible),
            leading_silence: Some(MediaTime::from_nanos(12)),
        }),
        ..BlockRecord::wanted(ListenerId(listener), BlockIdx(index), Instant::from_millis(500))
    }
}

fn failed(listener: u32, index: u32, class: FailureClass) -> BlockRecord {
    BlockRecord {
        ready_at: None,
        first_audio_at: None,
        complete_at: None,
        media: MediaTime::ZERO,
        buffer_deficit: None,
        outcome: BlockOutcome::Failed(class),
        ..block(listener, index, 0)
    }
}

fn error(listener: u32, class: FailureClass, code: Option<u16>, kills: FailureScope) -> Fact {
    let text = "no voice \"x\"\nin line 2".to_owned();
    let failure = Failure { phase: Phase::BeforeAudio, class, code, text, kills };
    Fact::Error(ErrorRecord { listener: ListenerId(listener), at: Instant::from_millis(1_500), failure })
}

fn session(listener: u32, end: SessionEnd) -> Fact {
    Fact::Listener(ListenerRecord {
        listener: ListenerId(listener),
        document: format!("document-{listener}"),
        blocks: SHAPE.blocks_per_user,
        intended_at: Instant::from_millis(500),
        launched_at: Instant::from_millis(501),
        connect_time: Some(Duration::from_micros(1_234)),
        started_at: Some(Instant::from_millis(900)),
        playing: Some(Duration::from_millis(5_000)),
        paused: Duration::from_millis(70),
        ended_at: Instant::from_millis(9_000),
        end,
        foreign_messages: 0,
        warnings: 2,
        unwanted_bytes: Some(1_024),
        network: None,
    })
}

/// One incident of every kind.
fn incidents() -> impl Iterator<Item = Fact> {
    let (block, to, lasted) = (BlockIdx(3), BlockIdx(1), Duration::from_nanos(1_234_567));
    let (phase, class) = (Phase::BeforeAudio, FailureClass::Overload);
    let text = "service restart".to_owned();
    let failure = Failure { phase, class, code: Some(1012), text, kills: FailureScope::Session };
    let outages =
        OutageEnd::ALL.map(|end| Incident::Outage { lasted, tries: 2, end, failure: failure.clone() });
    let resends = ResendReason::ALL.map(|why| Incident::Resent { block, why });
    let others = [
        Incident::Delayed { block, lasted },
        Incident::GivenUp { block },
        Incident::Paused { lasted },
        Incident::Jumped { from: block, to, how: Jump::Seek },
        Incident::Jumped { from: block, to, how: Jump::Skip },
        Incident::VoiceChanged { block },
        Incident::HungUp { block },
        Incident::BargedIn { block },
    ];
    let at = |number: u64| Instant::from_nanos(1_000_000_007 * number);
    outages.into_iter().chain(resends).chain(others).zip(1..).map(move |(incident, number)| {
        Fact::Incident(IncidentRecord { listener: ListenerId(0), at: at(number), incident })
    })
}

/// Listener 0 hears two blocks out of order after a stall, steps over a skipped and a failed one, and comes to
/// the end; listener 1 is ended by the service; listener 2 leaves.
pub(crate) fn facts() -> Vec<Fact> {
    let skipped = BlockRecord {
        ready_at: None,
        first_audio_at: None,
        complete_at: None,
        media: MediaTime::ZERO,
        acknowledged_at: Some(Instant::from_millis(800)),
        outcome: BlockOutcome::Skipped,
        ..block(0, 2, 0)
    };
    let abandoned = BlockRecord { outcome: BlockOutcome::Abandoned, ..failed(2, 0, FailureClass::Server) };
    let mut facts = vec![
        Fact::Block(block(0, 0, 900)),
        Fact::Stall(StallRecord {
            listener: ListenerId(0),
            block: BlockIdx(1),
            began_at: Instant::from_millis(3_000),
            waited: Duration::from_nanos(123_456_789),
        }),
        error(0, FailureClass::Server, Some(500), FailureScope::Block(BlockIdx(3))),
        Fact::Block(block(0, 1, 700)),
        Fact::Block(skipped),
        Fact::Block(failed(0, 3, FailureClass::Server)),
        Fact::Block(failed(1, 0, FailureClass::Limit)),
        error(1, FailureClass::Limit, None, FailureScope::Session),
        session(1, SessionEnd::Failed(FailureClass::Limit)),
        session(0, SessionEnd::Completed),
        Fact::Block(abandoned),
        session(2, SessionEnd::HungUp),
    ];
    facts.extend(incidents());
    facts
}

pub(crate) fn summary() -> Summary {
    let mut lags = LagHistogram::default();
    (1..=100).for_each(|micros| lags.record(Duration::from_micros(micros)));
    summarise(SHAPE, &facts(), ScheduleLag::from_histogram(&lags))
}

/// Writes the whole run into a folder below `parent`.
pub(crate) fn write_finished(parent: &Path) -> PathBuf {
    write_finished_with(parent, |_| {})
}

/// The same with more told to its writer.
pub(crate) fn write_finished_with(parent: &Path, more: impl FnOnce(&mut RunWriter)) -> PathBuf {
    let dir = parent.join("run");
    let mut writer = RunFolder::create(&dir, &header()).expect("the folder is new");
    let facts = facts();
    let (early, late) = facts.split_at(4);
    writer.append(early).expect("the folder can be written");
    writer.append(late).expect("the folder can be written");
    more(&mut writer);
    let summary = summary();
    writer.finish(&summary, &Verdict::judge(&summary), FINISHED).expect("the folder can be written");
    dir
}
