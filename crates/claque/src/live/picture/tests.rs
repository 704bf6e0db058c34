use claque_core::{
    event::{Failure, FailureClass, FailureScope, Phase as FailurePhase},
    ids::{BlockIdx, ListenerId},
    record::{BlockOutcome, BlockRecord, ErrorRecord, ListenerRecord, SessionEnd, StallRecord},
    time::MediaTime,
};
use claque_net::audience::Progress;
use claque_run::watcher::Queue;

use super::*;

fn at(ms: u64) -> Instant {
    Instant::from_millis(ms)
}

fn first_block(listener: u32, began_ms: u64) -> Fact {
    Fact::Block(BlockRecord {
        chars: 100,
        requested_at: Some(at(1_010)),
        answered_request_at: Some(at(1_010)),
        acknowledged_at: Some(at(1_020)),
        ready_at: Some(at(began_ms - 100)),
        first_audio_at: Some(at(began_ms - 50)),
        complete_at: Some(at(began_ms)),
        started_at: Some(at(began_ms)),
        media: MediaTime::from_millis(5_000),
        bytes: 1,
        chunks: 1,
        outcome: BlockOutcome::Played,
        ..BlockRecord::wanted(ListenerId(listener), BlockIdx(0), at(1_000))
    })
}

fn stall(listener: u32, waited_ms: u64) -> Fact {
    Fact::Stall(StallRecord {
        listener: ListenerId(listener),
        block: BlockIdx(1),
        began_at: at(9_000),
        waited: Duration::from_millis(waited_ms),
    })
}

fn failure(text: &str) -> Fact {
    Fact::Error(ErrorRecord {
        listener: ListenerId(3),
        at: at(61_000),
        failure: Failure {
            phase: FailurePhase::BeforeAudio,
            class: FailureClass::Overload,
            code: Some(503),
            text: text.to_owned(),
            kills: FailureScope::Block(BlockIdx(2)),
        },
    })
}

fn end(listener: u32, end: SessionEnd) -> Fact {
    Fact::Listener(ListenerRecord {
        listener: ListenerId(listener),
        document: String::new(),
        blocks: 12,
        intended_at: at(1_000),
        launched_at: at(1_000),
        connect_time: None,
        started_at: Some(at(4_000)),
        playing: None,
        paused: Duration::ZERO,
        ended_at: at(70_000),
        end,
        foreign_messages: 0,
        warnings: 0,
        unwanted_bytes: None,
        network: None,
    })
}

/// Twenty listeners who come one after the other, stall together for a while, and leave in part.
pub(crate) fn of_a_run() -> Picture {
    let about = "20 listeners, 12 blocks each, at 2 ×; embedded gateway current".to_owned();
    let mut picture = Picture::new(about, RunGoal { users: 20, blocks: 240 });
    picture.phase = Phase::Listening;
    picture.take(
        &(0..18).map(|listener| first_block(listener, 3_000 + 500 * u64::from(listener))).collect::<Vec<_>>(),
    );
    picture.take(&[stall(4, 800), stall(7, 2_500), stall(4, 1_200), stall(11, 300)]);
    picture.take(&[failure("the queue is full"), failure("the queue is full")]);
    picture.remark("arrivals held back: 2 wait");
    picture.take(&[end(0, SessionEnd::Completed), end(1, SessionEnd::HungUp)]);
    for look in 0..=360_u64 {
        let there = (look / 10).min(18);
        let stalled = if (150..220).contains(&look) { there / 3 } else { 0 };
        let done = if look >= 330 { 2 } else { 0 };
        let progress = Progress {
            buffering: u64::from(look < 180) * 2,
            playing: there - stalled - done,
            stalled,
            done,
            blocks: look / 3,
            underruns: if look < 220 { 0 } else { 4 },
            errors: if look < 305 { 0 } else { 2 },
            ..Progress::default()
        };
        let queue = Queue { queued: look % 40, busy: 12, overflowing: 0 };
        picture.look(
            at(look * 200),
            picture.goal,
            Standing { progress, waiting: 2, held: look > 340, queue: Some(queue) },
        );
    }
    picture
}

fn figure(picture: &Picture, name: &str) -> (String, String) {
    let found = headline(picture).into_iter().find(|figure| figure.name == name);
    found.map(|figure| (figure.value, figure.more)).unwrap()
}

#[test]
fn the_figures_are_those_of_the_facts_and_of_the_counters() {
    let picture = of_a_run();
    assert_eq!(figure(&picture, "underruns"), ("4".to_owned(), "3 of 20 listeners".to_owned()));
    assert_eq!(figure(&picture, "errors").0, "2");
    assert_eq!(figure(&picture, "queue"), ("0".to_owned(), "12 working".to_owned()));
    assert_eq!(figure(&picture, "blocks done").1, "120 of 240");
    let worst: Vec<_> = picture.worst().iter().map(|waiter| (waiter.listener.0, waiter.stalled_ms)).collect();
    assert_eq!(worst, [(7, 2_500), (4, 2_000), (11, 300)]);
    assert_eq!((picture.lost(), picture.history.levels(Level::Lost).last().copied()), (1, Some(1.0)));
}

#[test]
fn a_start_is_counted_once_though_block_and_session_both_tell_it() {
    let mut picture = Picture::new(String::new(), RunGoal { users: 2, blocks: 2 });
    picture.take(&[first_block(0, 3_000), end(0, SessionEnd::Completed), end(0, SessionEnd::Completed)]);
    let (median, p95) = figure(&picture, "startup_time");
    assert_eq!((median.as_str(), p95.as_str()), ("max 2.01 s", "n 1"));
    // Listener 1 began elsewhere in the text and tells at its end.
    picture.take(&[end(1, SessionEnd::Completed)]);
    assert_eq!(figure(&picture, "startup_time").1, "max 3.01 s, n 2");
    assert_eq!(figure(&picture, "ttfa").0, "max 1.96 s");
}

#[test]
fn nothing_is_measured_before_anything_has_happened() {
    let picture = Picture::new(String::new(), RunGoal { users: 2, blocks: 2 });
    for name in ["stalled_time", "startup_time", "ttfa", "round_trip"] {
        assert_eq!(figure(&picture, name).0, "N/A", "{name}");
    }
    assert_eq!(picture.left(), None);
}

#[test]
fn no_time_is_promised_while_arrivals_are_held() {
    let mut picture = of_a_run();
    assert_eq!(picture.left(), None);
    picture.standing.held = false;
    assert_eq!(picture.left(), Some(Duration::from_secs(72)));
}

#[test]
fn blocks_that_are_given_up_at_the_end_are_no_pace() {
    let mut picture = of_a_run();
    let mut standing = picture.standing;
    picture.stopping = true;
    standing.progress.blocks = 240;
    picture.look(at(72_200), picture.goal, standing);
    assert_eq!(figure(&picture, "blocks done").1, "120 of 240");
}
