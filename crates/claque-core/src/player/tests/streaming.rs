//! Playing from the first audio on.

use super::room::{Room, STREAMING, ms};
use crate::{
    event::FailureClass,
    player::{PlayerState, TimeoutReason},
    record::{BlockOutcome, SessionEnd},
    time::{Duration, MediaTime},
};

#[test]
fn playback_begins_with_the_first_audio_that_can_be_played() {
    let mut room = Room::started(1, STREAMING);
    // Too few bytes to play anything yet, but audio all the same; a header alone is no event.
    room.audio(100, 0, 0);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.audio(200, 0, 500);
    assert_eq!(room.player.state(), PlayerState::Playing);
    room.audio(300, 0, 1_000);
    room.complete(400, 0, 1_000);
    room.pass_to(9_000);
    assert_eq!((room.starts(), room.stalls()), (vec![(0, 200)], vec![]));
    let block = room.blocks()[0];
    assert_eq!((block.first_audio_at, block.chunks, block.bytes), (Some(ms(100)), 3, 300));
    assert_eq!(room.end().ended_at, ms(1_200));
}

#[test]
fn a_stream_that_is_late_stalls_inside_its_block_and_goes_on_where_it_was() {
    let mut room = Room::started(2, STREAMING);
    room.audio(0, 0, 400);
    assert_eq!(room.player.poll_timeout(), Some((ms(400), TimeoutReason::AudioEnds)));
    room.audio(700, 0, 900);
    room.audio(1_500, 0, 1_000);
    room.complete(1_500, 0, 1_000);
    room.audio(1_550, 1, 100);
    room.complete(1_560, 1, 100);
    room.pass_to(9_000);
    // 0-400 heard by 400; 400-900 from 700 to 1200; the rest from 1500.
    assert_eq!(room.stalls(), [(0, 400, 300), (0, 1_200, 300)]);
    assert_eq!((room.starts(), room.end().ended_at), (vec![(0, 0), (1, 1_600)], ms(1_700)));
    // At 1500 the first chunk was 1500 old, and 900 had come before.
    assert_eq!(room.blocks()[0].buffer_deficit, Some(Duration::from_millis(600)));
}

#[test]
fn the_late_end_of_a_block_and_the_wait_for_the_next_are_one_stall() {
    let mut room = Room::started(2, STREAMING);
    room.audio(0, 0, 1_000);
    room.complete(1_500, 0, 1_000);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.audio(3_000, 1, 500);
    room.complete(3_000, 1, 500);
    room.pass_to(9_000);
    assert_eq!(room.stalls(), [(0, 1_000, 2_000)]);
    assert_eq!(room.end().ended_at, ms(3_500));
}

#[test]
fn the_end_of_the_last_stream_is_no_underrun_however_late_it_is_told() {
    let mut room = Room::started(1, STREAMING);
    room.audio(0, 0, 1_000);
    room.pass_to(5_000);
    assert_eq!(room.ends, 0, "more could come");
    room.complete(6_000, 0, 1_000);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Completed, ms(1_000)));
    assert_eq!((room.stalls(), room.outcomes()), (vec![], vec![BlockOutcome::Played]));
}

#[test]
fn a_stream_cut_short_is_heard_as_far_as_it_came_and_is_a_failure() {
    let mut room = Room::started(3, STREAMING);
    room.audio(0, 0, 1_000);
    room.fail(500, 0);
    room.audio(600, 1, 400);
    room.fail(2_000, 1);
    room.audio(2_500, 2, 100);
    room.complete(2_500, 2, 100);
    room.pass_to(9_000);
    let failed = BlockOutcome::Failed(FailureClass::Server);
    assert_eq!(room.outcomes(), [failed, failed, BlockOutcome::Played]);
    // The rest of block 1 was waited for from 1400 on; it never came, nor did block 2 until 2500.
    assert_eq!(room.stalls(), [(1, 1_400, 1_100)]);
    assert_eq!(room.end().ended_at, ms(2_600));
}

#[test]
fn a_last_stream_cut_short_was_waited_for() {
    let mut room = Room::started(1, STREAMING);
    room.audio(0, 0, 1_000);
    room.fail(1_700, 0);
    assert_eq!((room.stalls(), room.end().ended_at), (vec![(0, 1_000, 700)], ms(1_700)));
}

#[test]
fn audio_that_is_being_heard_does_not_become_shorter() {
    let mut room = Room::started(2, STREAMING);
    room.audio(0, 0, 1_000);
    room.audio(0, 1, 1_000);
    room.complete(900, 0, 800);
    room.complete(900, 1, 800);
    room.pass_to(9_000);
    assert_eq!(room.starts(), [(0, 0), (1, 1_000)]);
    // Of block 1 nothing had been heard yet: its true length counts.
    assert_eq!(room.blocks()[1].media, MediaTime::from_millis(800));
    assert_eq!(room.end().ended_at, ms(1_800));
}

#[test]
fn blocks_behind_a_stream_that_has_begun_are_asked_for_when_it_begins() {
    let mut room = Room::started(20, STREAMING);
    room.audio(300, 0, 10);
    assert_eq!(room.asks[1], (300, (8..16).collect()));
}
