//! A reader of streams: asks ahead, a few at a time, each block once.

use core::num::NonZeroU32;

use super::room::{Room, failure, ms};
use crate::{
    event::{Event, FailureClass, FailureScope, StatusKind},
    player::{Act, PlayerPolicy, PlayerState},
    record::{BlockOutcome, Incident, Jump, SessionEnd},
    time::Duration,
};

const FAILED: BlockOutcome = BlockOutcome::Failed(FailureClass::Server);

#[test]
fn two_blocks_are_asked_for_ahead_and_two_are_in_flight() {
    let mut room = Room::started(6, PlayerPolicy::READER);
    assert_eq!(room.asks, [(0, vec![0]), (0, vec![1])]);
    room.audio(100, 0, 500);
    assert_eq!(room.asks.len(), 2, "playback has begun, and there is no room");
    room.complete(300, 0, 1_000);
    assert_eq!(room.asks[2..], [(300, vec![2])]);
    room.ready(400, 1, 1_000);
    room.ready(500, 2, 1_000);
    assert_eq!(room.asks.len(), 3, "two ahead are there");
    room.pass_to(1_100);
    assert_eq!(room.asks[3..], [(1_100, vec![3])], "block 1 begins");
}

#[test]
fn waiting_for_room_is_waiting() {
    let mut room = Room::started(3, PlayerPolicy::READER);
    room.ready(700, 0, 1_000);
    room.ready(800, 1, 1_000);
    room.ready(900, 2, 1_000);
    room.pass_to(9_000);
    let block = room.only_record(2);
    assert_eq!((block.intended_at, block.requested_at), (Some(ms(0)), Some(ms(700))));
    assert_eq!(room.blocks().iter().map(|record| record.batch).collect::<Vec<_>>(), [0, 1, 2]);
}

#[test]
fn a_failed_block_makes_room_and_is_stepped_over_and_never_asked_for_again() {
    let mut room = Room::started(4, PlayerPolicy::READER);
    room.fail(100, 1);
    room.ready(200, 0, 1_000);
    room.ready(300, 2, 1_000);
    room.ready(1_300, 3, 1_000);
    room.pass_to(9_000);
    assert_eq!(room.asks, [(0, vec![0]), (0, vec![1]), (100, vec![2]), (1_200, vec![3])]);
    assert_eq!(room.starts(), [(0, 200), (2, 1_200), (3, 2_200)]);
    assert_eq!(room.outcomes(), [BlockOutcome::Played, FAILED, BlockOutcome::Played, BlockOutcome::Played]);
    assert_eq!((room.end().end, room.end().ended_at), (SessionEnd::Completed, ms(3_200)));
}

#[test]
fn an_error_that_is_called_final_stops_nobody() {
    let mut room = Room::started(2, PlayerPolicy::READER);
    room.refuse(100, 0, false);
    room.ready(200, 1, 1_000);
    room.pass_to(9_000);
    assert_eq!((room.starts(), room.outcomes()[0]), (vec![(1, 200)], FAILED));
}

#[test]
fn a_text_of_which_everything_fails_comes_to_its_end() {
    let mut room = Room::started(5, PlayerPolicy::READER);
    (0..5).for_each(|block| room.fail(100 + u64::from(block), block));
    let end = room.end();
    assert_eq!((end.end, end.started_at, end.ended_at), (SessionEnd::Completed, None, ms(104)));
    assert_eq!(room.outcomes(), [FAILED; 5]);
}

#[test]
fn an_error_of_the_session_fails_what_is_in_flight_and_nothing_else() {
    let mut room = Room::started(4, PlayerPolicy::READER);
    room.ready(100, 0, 1_000);
    room.audio(200, 1, 300);
    room.break_session(300);
    room.ready(1_200, 3, 1_000);
    room.pass_to(9_000);
    // Of block 1 there were 300 ms to hear; block 2 had not begun.
    let failed = BlockOutcome::Failed(FailureClass::Transport);
    assert_eq!(room.outcomes(), [BlockOutcome::Played, failed, failed, BlockOutcome::Played]);
    assert_eq!(room.starts(), [(0, 100), (1, 1_100), (3, 1_400)]);
    assert_eq!(room.errors().len(), 2);
}

#[test]
fn a_stream_that_never_ends_is_given_up_and_what_came_of_it_is_heard() {
    let policy = PlayerPolicy {
        block_timeout: Duration::from_secs(10),
        max_in_flight: NonZeroU32::new(1),
        ..PlayerPolicy::READER
    };
    let mut room = Room::started(2, policy);
    room.status(50, 0, StatusKind::Ready);
    room.audio(100, 0, 500);
    room.pass_to(10_000);
    assert_eq!(room.forgotten, [(10_000, vec![0])]);
    assert_eq!(room.asks, [(0, vec![0]), (10_000, vec![1])]);
    room.ready(10_500, 1, 1_000);
    room.pass_to(20_000);
    assert_eq!(room.stalls(), [(0, 600, 9_900)]);
    assert_eq!(room.outcomes(), [BlockOutcome::Failed(FailureClass::Timeout), BlockOutcome::Played]);
    assert!(room.incidents().contains(&(10_000, Incident::GivenUp { block: crate::ids::BlockIdx(0) })));
}

#[test]
fn a_connection_that_cannot_be_made_ends_the_session() {
    let mut room = Room::with(super::room::config(3, PlayerPolicy::READER));
    room.connects = false;
    room.input(0, crate::player::Input::Start);
    room.lose(100);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport));
    assert_eq!(room.blocks().len(), 3, "those that were wanted by then");
}

#[test]
fn a_jump_cancels_what_does_not_lie_ahead_of_where_it_leads() {
    let mut room = Room::started(20, PlayerPolicy::READER);
    room.ready(100, 0, 1_000);
    room.audio(200, 1, 300);
    // Blocks 1 and 2 are in flight.
    room.act(300, Act::Jump { to: crate::ids::BlockIdx(2), how: Jump::Seek });
    assert_eq!(room.forgotten, [(300, vec![1])]);
    assert_eq!(room.asks.last(), Some(&(300, vec![3])), "there is room");
    assert_eq!(room.told, []);
    // Late bytes of what was cancelled are heard by nobody.
    room.audio(400, 1, 600);
    room.ready(500, 2, 1_000);
    room.act(600, Act::HangUp);
    assert_eq!(room.only_record(1).outcome, BlockOutcome::Abandoned);
    assert_eq!(room.end().unwanted_bytes, Some(100));
}

#[test]
fn what_a_jump_cancelled_is_asked_for_again_when_it_is_wanted() {
    let mut room = Room::started(4, PlayerPolicy { refill_threshold: 0, ..PlayerPolicy::READER });
    room.audio(100, 0, 200);
    room.act(200, Act::Jump { to: crate::ids::BlockIdx(2), how: Jump::Seek });
    room.act(300, Act::Jump { to: crate::ids::BlockIdx(0), how: Jump::Seek });
    assert_eq!(room.asks, [(0, vec![0]), (200, vec![2]), (300, vec![0])]);
    assert_eq!(room.player.state(), PlayerState::Stalled);
}

#[test]
fn late_audio_of_what_nobody_waits_for_is_no_sign_of_life() {
    let mut room = Room::started(2, PlayerPolicy::READER);
    room.fail(100, 1);
    room.audio(50_000, 1, 100);
    room.pass_to(70_000);
    assert_eq!(room.end().ended_at, ms(60_100));
}

#[test]
fn an_error_that_names_no_block_while_nothing_is_awaited_is_put_down() {
    let mut room = Room::started(9, PlayerPolicy::READER);
    (0..3).for_each(|block| room.ready(100, block, 1_000));
    room.tell(200, Event::Failed(failure(FailureClass::Overload, FailureScope::Session)));
    assert_eq!((room.errors().len(), room.player.state()), (1, PlayerState::Playing));
}
