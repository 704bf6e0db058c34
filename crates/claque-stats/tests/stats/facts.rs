//! Small facts to compute by hand. Times are in milliseconds of the run.

use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase},
    ids::{BlockIdx, ListenerId},
    record::{
        BlockOutcome, BlockRecord, ErrorRecord, Fact, Incident, IncidentRecord, ListenerRecord, OutageEnd,
        SessionEnd, StallRecord,
    },
    time::{Duration, Instant, MediaTime},
};

/// A block of the listener's first request, played, that lasts two seconds: wanted at 0 and asked for at 10.
pub(crate) fn block(listener: u32, block: u32, ready_ms: u64) -> BlockRecord {
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
        ..BlockRecord::wanted(ListenerId(listener), BlockIdx(block), Instant::START)
    }
}

/// The same of a block that failed before anything of it arrived.
pub(crate) fn failed_block(listener: u32, index: u32, class: FailureClass) -> BlockRecord {
    BlockRecord {
        ready_at: None,
        first_audio_at: None,
        complete_at: None,
        started_at: None,
        media: MediaTime::ZERO,
        outcome: BlockOutcome::Failed(class),
        ..block(listener, index, 0)
    }
}

/// The same of a block that was called ready, and whose audio broke off.
pub(crate) fn cut_block(listener: u32, index: u32, ready_ms: u64) -> BlockRecord {
    BlockRecord {
        complete_at: None,
        started_at: None,
        outcome: BlockOutcome::Failed(FailureClass::Server),
        ..block(listener, index, ready_ms)
    }
}

pub(crate) fn stall(listener: u32, block: u32, began_ms: u64, waited_ms: u64) -> Fact {
    Fact::Stall(StallRecord {
        listener: ListenerId(listener),
        block: BlockIdx(block),
        began_at: Instant::from_millis(began_ms),
        waited: Duration::from_millis(waited_ms),
    })
}

/// A session meant to start at 0 that came to its end; `started_ms` is none when it never played.
pub(crate) fn session(listener: u32, started_ms: Option<u64>, ended_ms: u64) -> ListenerRecord {
    ListenerRecord {
        listener: ListenerId(listener),
        document: format!("document-{listener}"),
        blocks: 2,
        intended_at: Instant::START,
        launched_at: Instant::START,
        connect_time: Some(Duration::from_millis(5)),
        started_at: started_ms.map(Instant::from_millis),
        playing: None,
        paused: Duration::ZERO,
        ended_at: Instant::from_millis(ended_ms),
        end: SessionEnd::Completed,
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        network: None,
    }
}

pub(crate) fn error(listener: u32, class: FailureClass, text: &str, kills: FailureScope) -> Fact {
    Fact::Error(ErrorRecord {
        listener: ListenerId(listener),
        at: Instant::from_millis(100),
        failure: Failure { phase: Phase::BeforeAudio, class, code: None, text: text.to_owned(), kills },
    })
}

pub(crate) fn incident(listener: u32, at_ms: u64, incident: Incident) -> Fact {
    let (listener, at) = (ListenerId(listener), Instant::from_millis(at_ms));
    Fact::Incident(IncidentRecord { listener, at, incident })
}

/// A time without a connection that ended as told.
pub(crate) fn outage(listener: u32, since_ms: u64, lasted_ms: u64, end: OutageEnd) -> Fact {
    let failure = Failure {
        phase: Phase::BeforeAudio,
        class: FailureClass::Server,
        code: Some(1011),
        text: "oops".to_owned(),
        kills: FailureScope::Session,
    };
    let lasted = Duration::from_millis(lasted_ms);
    incident(listener, since_ms, Incident::Outage { lasted, tries: 1, end, failure })
}
