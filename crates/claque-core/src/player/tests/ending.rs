//! How sessions end, and what does not end them.

use super::room::{Room, config, failure, ms};
use crate::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::BlockIdx,
    player::{Input, PlayerPolicy, PlayerState, SessionErrors, TimeoutReason},
    record::{BlockOutcome, Incident, SessionEnd},
    time::Duration,
};

/// A player that waits for a block longer than its listener for the service.
const PATIENT: PlayerPolicy = PlayerPolicy { patience: Duration::from_secs(3_600), ..PlayerPolicy::WEB };

const BROKEN: BlockOutcome = BlockOutcome::Failed(FailureClass::Transport);

#[test]
fn a_session_error_ends_at_once_and_fails_all_that_is_pending() {
    let mut room = Room::started(20, PlayerPolicy::WEB);
    room.ready(100, 0, 1_000);
    room.ready(200, 1, 1_000);
    room.skip(300, 2);
    room.break_session(600);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Failed(FailureClass::Transport), ms(600)));
    let mut expected = vec![BlockOutcome::Unplayed, BlockOutcome::Unplayed, BlockOutcome::Skipped];
    // The second batch was asked for when the first block began.
    expected.extend([BROKEN; 13]);
    assert_eq!(room.outcomes(), expected);
    let [error] = room.errors()[..] else { panic!("one error: {:?}", room.errors()) };
    assert_eq!(
        (error.at, error.failure.clone()),
        (ms(600), failure(FailureClass::Transport, FailureScope::Session))
    );
    assert_eq!(room.player.state(), PlayerState::Done);
}

#[test]
fn whoever_has_everything_hears_it_to_the_end_without_a_service() {
    let mut room = Room::started(3, PlayerPolicy::WEB);
    (0..3).for_each(|block| room.ready(100, block, 1_000));
    room.break_session(300);
    room.break_session(400);
    room.pass_to(90_000);
    let end = room.end();
    assert_eq!((end.end, end.ended_at, end.warnings), (SessionEnd::Completed, ms(3_100), 2));
    assert_eq!(room.errors().len(), 0);
}

#[test]
fn the_real_player_plays_on_after_an_error_that_names_no_block() {
    let policy = PlayerPolicy { session_errors: SessionErrors::PlayOn, ..PlayerPolicy::WEB };
    let mut room = Room::started(2, policy);
    room.break_session(100);
    assert_eq!((room.ends, room.errors().len()), (0, 1), "it is a fact all the same");
    (0..2).for_each(|block| room.ready(200, block, 1_000));
    room.pass_to(9_000);
    assert_eq!((room.end().end, room.outcomes()), (SessionEnd::Completed, vec![BlockOutcome::Played; 2]));
}

#[test]
fn whoever_lacks_one_block_does_not() {
    for (blocks, delivered) in [(3, 2), (9, 8)] {
        let mut room = Room::started(blocks, PlayerPolicy { refill_threshold: 0, ..PlayerPolicy::WEB });
        (0..delivered).for_each(|block| room.ready(100, block, 1_000));
        room.break_session(300);
        assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport), "{delivered} of {blocks}");
    }
}

#[test]
fn the_last_word_and_the_last_sound_in_one_moment_make_a_complete_session() {
    let mut room = Room::started(1, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.break_session(1_000);
    assert_eq!((room.end().end, room.end().warnings), (SessionEnd::Completed, 0));
}

#[test]
fn a_failure_of_a_block_keeps_its_words_and_the_session() {
    let mut room = Room::started(2, PlayerPolicy::WEB);
    room.fail(100, 0);
    // It was asked for again.
    room.fail(150, 0);
    room.fail(160, 0);
    room.ready(200, 1, 1_000);
    room.pass_to(5_000);
    assert_eq!(room.errors().len(), 2, "one for each attempt");
    assert_eq!(room.errors()[0].failure.text, "the server's own words");
    assert_eq!(room.outcomes(), [BlockOutcome::Failed(FailureClass::Server), BlockOutcome::Played]);
    assert_eq!(room.end().end, SessionEnd::Completed);
}

#[test]
fn silence_ends_in_a_time_out() {
    let mut room = Room::started(10, PATIENT);
    room.queued(100, 0..8);
    room.ready(5_000, 0, 1_000);
    room.queued(5_000, 8..10);
    assert_eq!(room.player.poll_timeout(), Some((ms(6_000), TimeoutReason::AudioEnds)));
    room.pass_to(64_999);
    assert_eq!(room.ends, 0);
    assert_eq!(room.player.poll_timeout(), Some((ms(65_000), TimeoutReason::Silence)));
    room.pass_to(65_000);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Failed(FailureClass::Timeout), ms(65_000)));
    assert_eq!(room.errors()[0].failure.text, "nothing that was waited for came from the server for 60 s");
    assert_eq!(room.stalls(), [(1, 6_000, 59_000)], "the wait until the end was a stall");
}

/// Of a service that has died the player of today has given up everything before its listener would.
#[test]
fn patience_may_end_before_silence_does() {
    let mut room = Room::started(2, PlayerPolicy::WEB);
    room.ready(100, 0, 1_000);
    room.pass_to(90_000);
    assert_eq!((room.end().end, room.end().ended_at), (SessionEnd::Completed, ms(30_000)));
    assert_eq!(room.outcomes(), [BlockOutcome::Played, BlockOutcome::Failed(FailureClass::Timeout)]);
    assert_eq!(room.stalls(), [(1, 1_100, 28_900)]);
}

#[test]
fn where_there_is_no_connection_that_is_the_reason_and_not_silence() {
    let mut room = Room::with(config(3, PlayerPolicy::WEB));
    room.connects = false;
    room.input(0, Input::Start);
    let refused = Failure {
        code: Some(403),
        phase: Phase::Handshake,
        ..failure(FailureClass::Auth, FailureScope::Session)
    };
    room.tell(50, Event::Closed(refused.clone()));
    room.pass_to(90_000);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Auth));
    assert_eq!(room.errors().last().map(|error| &error.failure), Some(&refused));
}

#[test]
fn silence_is_counted_from_the_start_even_if_no_connection_comes_about() {
    let mut room = Room::with(config(3, PlayerPolicy::WEB));
    assert_eq!(room.player.handle_input(ms(0), Input::Start).count(), 1);
    room.pass_to(90_000);
    assert_eq!((room.end().ended_at, room.end().connect_time), (ms(60_000), None));
}

#[test]
fn nobody_waits_for_words_while_nothing_is_awaited() {
    let mut room = Room::started(16, PlayerPolicy::WEB);
    (0..8).for_each(|block| room.ready(0, block, 100_000));
    room.queued(0, 8..16);
    (8..16).for_each(|block| room.ready(10, block, 100_000));
    room.pass_to(2_000_000);
    assert_eq!((room.end().end, room.stalls()), (SessionEnd::Completed, vec![]));
}

#[test]
fn silence_begins_anew_with_each_request() {
    let mut room = Room::started(2, PlayerPolicy { batch_size: 1, refill_threshold: 0, ..PATIENT });
    room.ready(0, 0, 300_000);
    room.pass_to(300_000);
    room.status(300_100, 1, StatusKind::Queued);
    room.pass_to(360_099);
    assert_eq!(room.ends, 0);
    room.pass_to(360_100);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Timeout));
}

#[test]
fn a_late_wake_up_does_not_make_one_silence_of_two() {
    let mut room = Room::started(4, PlayerPolicy { batch_size: 2, refill_threshold: 0, ..PlayerPolicy::WEB });
    room.ready(0, 0, 50_000);
    // Block 1 is asked for at 0, 10 and 20 s in vain; nothing is awaited from 30 s, when it is given up, until 50 s, when
    // it is needed. Whoever saw both ends of that at once would count from 0 s, and fail at 60 s.
    room.pass_to(20_000);
    room.wake_late(70_000);
    assert!(room.incidents().contains(&(30_000, Incident::GivenUp { block: BlockIdx(1) })));
    assert_eq!(room.ends, 0);
    room.ready(71_000, 1, 1_000);
    assert_eq!(room.stalls(), [(1, 50_000, 21_000)]);
}

#[test]
fn messages_of_others_are_counted_and_change_nothing() {
    let mut quiet = Room::started(2, PATIENT);
    let mut noisy = Room::started(2, PATIENT);
    for room in [&mut quiet, &mut noisy] {
        room.queued(10, 0..2);
        room.ready(1_000, 0, 500);
    }
    for second in 0..70 {
        noisy.tell(1_000 + second * 1_000, Event::Foreign);
    }
    quiet.pass_to(90_000);
    // Not even the silence of the listener's own service ends by them: it is noticed at 61 s, after 60 of them.
    assert_eq!(noisy.end().foreign_messages, 60);
    assert_eq!(noisy.facts[..noisy.facts.len() - 1], quiet.facts[..quiet.facts.len() - 1]);
    assert_eq!(noisy.end().ended_at, quiet.end().ended_at);
}

#[test]
fn what_is_not_understood_is_counted_and_does_not_end_silence() {
    let mut room = Room::started(1, PATIENT);
    room.status(0, 0, StatusKind::Queued);
    // A service that keeps its connection alive and says nothing else.
    for second in 1..100 {
        room.tell(second * 1_000, Event::Warning { text: "new sort of message".to_owned() });
    }
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Failed(FailureClass::Timeout), ms(60_000)));
    assert_eq!(end.warnings, 59);
    let clue =
        "nothing that was waited for came from the server for 60 s; what came last: new sort of message";
    assert_eq!(room.errors()[0].failure.text, clue);
}

#[test]
fn of_things_due_at_one_moment_the_audio_ends_first_and_silence_comes_last() {
    let mut config = config(2, PlayerPolicy { batch_size: 1, refill_threshold: 9, ..PlayerPolicy::WEB });
    config.timeout = Duration::from_secs(10);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    // Block 1 is asked for now; at 10 s the audio ends, it is to be asked for again, and all has been silent.
    room.ready(0, 0, 10_000);
    assert_eq!(room.player.poll_timeout(), Some((ms(10_000), TimeoutReason::AudioEnds)));
    room.pass_to(10_000);
    assert_eq!(room.outcomes(), [BlockOutcome::Played, BlockOutcome::Failed(FailureClass::Timeout)]);
    assert_eq!(room.asks.last(), Some(&(10_000, vec![1])));
    assert_eq!((room.stalls(), room.end().ended_at), (vec![], ms(10_000)));
}

#[test]
fn what_is_due_comes_before_news_of_the_same_moment() {
    let mut room = Room::started(1, PATIENT);
    room.status(0, 0, StatusKind::Queued);
    let facts: Vec<_> = room.player.handle_input(ms(60_000), Input::Event(Event::Foreign)).collect();
    assert_eq!(facts.len(), 4, "error, block, listener, end: {facts:?}");
    assert_eq!(room.player.state(), PlayerState::Done);
}

#[test]
fn a_stop_keeps_what_was_heard() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.ready(0, 2, 1_000);
    room.input(3_000, Input::Stop);
    let (played, stopped) = (BlockOutcome::Played, BlockOutcome::Stopped);
    assert_eq!(room.outcomes(), [played, stopped, BlockOutcome::Unplayed, stopped]);
    assert_eq!((room.stalls(), room.end().end), (vec![(1, 1_000, 2_000)], SessionEnd::Stopped));
    assert_eq!(room.errors().len(), 0);
}

#[test]
fn a_stop_before_the_start_ends_a_session_without_blocks() {
    let mut room = Room::with(config(4, PlayerPolicy::WEB));
    room.input(500, Input::Stop);
    room.input(600, Input::Start);
    assert_eq!((room.end().end, room.asks.len()), (SessionEnd::Stopped, 0));
    assert_eq!((room.end().started_at, room.blocks().len()), (None, 0));
}

#[test]
fn an_empty_text_is_complete_at_once() {
    let room = Room::started(0, PlayerPolicy::WEB);
    assert_eq!((room.end().end, room.asks.len()), (SessionEnd::Completed, 0));
}

#[test]
fn nothing_happens_before_the_start_and_after_the_end() {
    let mut room = Room::with(config(1, PlayerPolicy::WEB));
    room.ready(0, 0, 1_000);
    assert_eq!((room.facts.len(), room.player.poll_timeout()), (0, None));
    room.input(100, Input::Start);
    room.input(100, Input::Start);
    assert_eq!(room.asks.len(), 1);
    room.ready(200, 0, 1_000);
    room.pass_to(5_000);
    let facts = room.facts.clone();
    room.ready(6_000, 0, 1_000);
    room.break_session(6_000);
    room.input(6_000, Input::Stop);
    room.input(6_000, Input::Start);
    room.input(600_000, Input::Wake);
    assert_eq!((room.facts, room.ends), (facts, 1));
}
