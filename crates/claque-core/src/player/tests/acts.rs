//! What a person does besides listening.

use super::room::{Room, config, ms};
use crate::{
    event::{FailureClass, FailureScope, StatusKind},
    ids::BlockIdx,
    player::{Act, Input, Output, PlayerPolicy, PlayerState},
    record::{BlockOutcome, Incident, Jump, SessionEnd},
    time::{Duration, Speed},
};

const fn seek(to: u32) -> Act {
    Act::Jump { to: BlockIdx(to), how: Jump::Seek }
}

/// A listener of a text of `blocks` of a second each, that hears the first.
fn hearing(blocks: usize) -> Room {
    let mut room = Room::with(config(blocks, PlayerPolicy::WEB));
    room.player.keep_what_was_heard();
    room.input(0, Input::Start);
    room.queued(0, 0..8);
    room.ready(0, 0, 1_000);
    room
}

/// Startup, playing, stalls and pauses are all the time there is.
#[track_caller]
fn assert_whole(room: &Room) {
    let end = room.end();
    let wall = end.ended_at.since(end.intended_at);
    let startup = end.started_at.map_or(wall, |at| at.since(end.intended_at));
    let stalled: u128 = room.stalls().iter().map(|(_, _, waited)| waited).sum();
    let parts = startup + end.playing.unwrap_or_default() + end.paused;
    assert_eq!(wall.as_millis(), parts.as_millis() + stalled);
}

#[test]
fn a_jump_asks_for_the_one_block_it_went_to_and_for_the_next_batch_when_that_begins() {
    let mut room = hearing(40);
    room.act(500, seek(30));
    assert_eq!(room.told, [(500, Output::Move { cursor: BlockIdx(30) })]);
    assert_eq!(room.asks[2..], [(500, vec![30])]);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.queued(520, 30..31);
    room.ready(900, 30, 1_000);
    assert_eq!(room.asks[3..], [(900, (31..39).collect())]);
    assert_eq!(room.stalls(), [(30, 500, 400)]);
    room.input(1_000, Input::Stop);
    // Heard halfway and whole; heard as well; wanted no more; wanted until the end.
    assert_eq!(room.outcomes().len(), 16 + 9);
    let outcome = |block: u32| room.only_record(block).outcome;
    assert_eq!((outcome(0), outcome(30)), (BlockOutcome::Unplayed, BlockOutcome::Unplayed));
    assert_eq!((outcome(1), outcome(31)), (BlockOutcome::Abandoned, BlockOutcome::Stopped));
    assert_whole(&room);
}

/// As a service withdraws everything that is pending when it hears of a jump, it may withdraw the very block jumped to.
#[test]
fn a_block_that_is_withdrawn_while_it_is_waited_for_is_stepped_over() {
    let mut room = hearing(40);
    room.act(500, seek(6));
    room.evict(510, &[1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(room.asks[2..], [(500, vec![6]), (510, vec![7])]);
    assert_eq!(room.errors()[0].failure.kills, FailureScope::Block(BlockIdx(6)));
    room.ready(900, 7, 1_000);
    assert_eq!(room.stalls(), [(6, 500, 400)], "one wait");
    room.input(1_000, Input::Stop);
    assert_eq!(room.only_record(6).outcome, BlockOutcome::Failed(FailureClass::Server));
    assert_whole(&room);
}

/// Until 2026-02-11 a jump left requests alone, and steps to the next block were not told the service.
#[test]
fn requests_outlive_the_jumps_of_older_players() {
    let mut room = Room::with(config(20, PlayerPolicy::WEB_2026_02_11));
    room.player.keep_what_was_heard();
    room.input(0, Input::Start);
    room.act(100, seek(10));
    assert_eq!(room.asks.len(), 1, "while it buffers a jump asks for nothing");
    room.act(200, Act::Jump { to: BlockIdx(3), how: Jump::Skip });
    assert_eq!(room.told, [(100, Output::Move { cursor: BlockIdx(10) })]);
    room.ready(1_000, 3, 1_000);
    assert_eq!((room.player.state(), room.player.current()), (PlayerState::Playing, BlockIdx(3)));
}

#[test]
fn what_is_at_hand_is_heard_at_once_and_not_asked_for() {
    let mut room = hearing(12);
    (1..8).for_each(|block| room.ready(100, block, 1_000));
    room.queued(100, 8..12);
    room.act(500, seek(5));
    assert_eq!((room.player.state(), room.stalls()), (PlayerState::Playing, vec![]));
    // Blocks 6 and 7 are at hand, the rest was withdrawn.
    assert_eq!(room.asks[2..], [(500, vec![8, 9, 10, 11])]);
    // And back to what was heard in part, and then to what is over.
    room.act(1_600, seek(0));
    room.pass_to(3_000);
    assert_eq!(room.asks.len(), 3 + 1, "{:?}", room.asks);
    assert_eq!(room.starts(), [(5, 500), (0, 0)]);
    (8..12).for_each(|block| room.ready(3_000, block, 1_000));
    room.pass_to(60_000);
    assert_eq!(room.outcomes(), [BlockOutcome::Played; 12]);
    assert_eq!(room.end().end, SessionEnd::Completed);
    // 500 of block 0, block 5, 100 of block 6, and then all of it.
    assert_eq!(room.end().playing, Some(Duration::from_millis(500 + 1_000 + 100 + 12_000)));
    assert_whole(&room);
}

#[test]
fn audio_under_way_at_a_jump_arrives_all_the_same() {
    let mut room = hearing(12);
    room.status(100, 1, StatusKind::Ready);
    room.act(500, seek(11));
    room.audio(600, 1, 1_000);
    room.complete(600, 1, 1_000);
    room.act(700, seek(1));
    assert_eq!(room.asks[2..], [(500, vec![11]), (700, (2..10).collect())], "block 1 is not asked for again");
    assert_eq!((room.player.state(), room.stalls()), (PlayerState::Playing, vec![(11, 500, 200)]));
}

#[test]
fn audio_far_behind_is_forgotten_and_asked_for_again_without_a_second_record() {
    let mut policy = PlayerPolicy::WEB;
    policy.keep_behind = 1;
    let mut room = Room::with(config(4, policy));
    room.player.keep_what_was_heard();
    room.input(0, Input::Start);
    (0..4).for_each(|block| room.ready(0, block, 1_000));
    room.act(2_500, seek(0));
    assert_eq!(room.asks[1..], [(2_500, vec![0])]);
    room.ready(3_000, 0, 1_000);
    room.pass_to(60_000);
    let blocks: Vec<u32> = room.blocks().iter().map(|record| record.block.0).collect();
    assert_eq!(blocks, [0, 1, 2, 3]);
    assert_whole(&room);
}

#[test]
fn skipping_to_a_block_that_does_not_exist_is_nothing() {
    let mut room = hearing(2);
    room.act(500, Act::Jump { to: BlockIdx(2), how: Jump::Skip });
    assert_eq!((room.told.len(), room.incidents()), (0, vec![]));
}

#[test]
fn a_pause_is_no_stall_and_the_block_begins_anew_after_it() {
    let mut room = hearing(10);
    (1..8).for_each(|block| room.ready(100, block, 1_000));
    let asked = room.asks.len();
    room.act(300, Act::Pause);
    assert_eq!(room.player.state(), PlayerState::Paused);
    (8..10).for_each(|block| room.ready(400, block, 1_000));
    room.pass_to(9_000);
    assert_eq!((room.asks.len(), room.stalls()), (asked, vec![]));
    room.act(10_300, Act::Resume);
    room.pass_to(60_000);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Completed, ms(20_300)));
    assert_eq!((end.paused, end.playing), (Duration::from_secs(10), Some(Duration::from_millis(10_300))));
    assert_eq!(room.incidents(), [(300, Incident::Paused { lasted: Duration::from_secs(10) })]);
    assert_whole(&room);
}

#[test]
fn going_on_asks_for_what_is_missing_of_the_next_eight() {
    let mut room = hearing(20);
    room.queued(10, 8..16);
    room.act(300, Act::Pause);
    room.evict(400, &[2, 3, 9]);
    room.act(1_000, Act::Resume);
    // Block 9 is the ninth.
    assert_eq!(room.asks[2..], [(1_000, vec![2, 3])]);
}

#[test]
fn a_pause_inside_a_stall_is_no_part_of_it_and_does_not_make_two_of_it() {
    let mut room = hearing(2);
    room.act(1_500, Act::Pause);
    room.act(2_000, Act::Resume);
    room.ready(2_200, 1, 1_000);
    room.pass_to(60_000);
    assert_eq!(room.stalls(), [(1, 1_000, 500 + 200)]);
    assert_eq!(room.end().paused, Duration::from_millis(500));
    assert_whole(&room);
}

#[test]
fn a_stall_that_a_pause_outlasts_is_over_when_the_pause_is() {
    let mut room = hearing(2);
    room.act(1_500, Act::Pause);
    room.ready(1_700, 1, 1_000);
    room.act(5_000, Act::Resume);
    room.pass_to(60_000);
    assert_eq!(room.stalls(), [(1, 1_000, 500)]);
    assert_whole(&room);
}

#[test]
fn another_speed_holds_from_its_moment_on() {
    let mut room = Room::started(2, PlayerPolicy::WEB);
    (0..2).for_each(|block| room.ready(0, block, 1_000));
    room.act(500, Act::ChangeSpeed { speed: Speed::from_thousandths(2_000).expect("not zero") });
    room.pass_to(60_000);
    // Half of the first at normal speed, and three halves at double.
    assert_eq!(room.end().ended_at, ms(500 + 250 + 500));
    assert_whole(&room);
}

#[test]
fn whoever_stays_on_the_page_may_play_again() {
    for (policy, plays_again) in [(PlayerPolicy::WEB, 1), (PlayerPolicy::WEB_2026_02_23, 3)] {
        let mut room = Room::with(config(3, policy));
        room.player.stay_on_page();
        room.input(0, Input::Start);
        (0..3).for_each(|block| room.ready(0, block, 1_000));
        room.pass_to(4_000);
        assert_eq!((room.player.state(), room.ends), (PlayerState::Paused, 0));
        room.act(5_000, Act::Resume);
        room.input(20_000, Input::Stop);
        assert_eq!(room.end().playing, Some(Duration::from_secs(3 + plays_again)));
        assert_eq!(room.outcomes(), [BlockOutcome::Played; 3], "they have one record each");
        assert_whole(&room);
    }
}

#[test]
fn a_session_that_ends_in_a_pause_accounts_for_it() {
    let mut room = hearing(2);
    room.act(400, Act::Pause);
    room.input(1_000, Input::Stop);
    assert_eq!(room.end().paused, Duration::from_millis(600));
    assert_whole(&room);
}

#[test]
fn another_voice_drops_what_is_there_and_fills_the_start_buffer_anew() {
    let mut room = Room::with(config(12, PlayerPolicy::WEB_2026_02_07));
    room.player.keep_what_was_heard();
    room.input(0, Input::Start);
    (0..4).for_each(|block| room.ready(0, block, 1_000));
    room.act(1_500, Act::ChangeVoice { voice: 1 });
    assert_eq!(room.told, [(1_500, Output::ChangeVoice { voice: 1 })]);
    assert_eq!(room.asks[2..], [(1_500, (1..9).collect())]);
    // A pause at this point is nothing: the player is buffering.
    room.act(1_600, Act::Pause);
    room.ready(2_000, 1, 1_000);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.ready(2_500, 2, 1_000);
    assert_eq!((room.player.state(), room.stalls()), (PlayerState::Playing, vec![(1, 1_500, 1_000)]));
    (3..12).for_each(|block| room.ready(2_600, block, 1_000));
    room.act(3_000, Act::ChangeVoice { voice: 1 });
    room.pass_to(60_000);
    assert_eq!(room.outcomes(), [BlockOutcome::Played; 12]);
    let wanted: Vec<_> = room.blocks()[..2].iter().map(|record| record.intended_at).collect();
    assert_eq!(wanted, [Some(ms(0)); 2], "when they were first wanted");
    assert_whole(&room);
}

#[test]
fn what_arrived_once_has_arrived_whatever_comes_of_another_voice() {
    let mut room = hearing(2);
    room.ready(100, 1, 1_000);
    room.act(300, Act::ChangeVoice { voice: 1 });
    room.fail(400, 0);
    room.act(500, Act::HangUp);
    assert_eq!(room.outcomes(), [BlockOutcome::Unplayed; 2]);
    let first = room.blocks()[0];
    assert!(first.started_at.is_some() && first.first_audio_at == Some(ms(0)), "{first:?}");
    assert_eq!((first.resends, room.blocks()[1].resends), (1, 0), "the listener's own doing is no repeat");
}

#[test]
fn whoever_hangs_up_has_left_and_has_not_failed() {
    let mut room = hearing(12);
    room.ready(100, 1, 1_000);
    room.act(500, Act::HangUp);
    let mut expected = vec![BlockOutcome::Unplayed; 2];
    // The second batch was asked for when the first block began.
    expected.extend([BlockOutcome::Abandoned; 10]);
    assert_eq!((room.outcomes(), room.end().end), (expected, SessionEnd::HungUp));
    assert_eq!(room.incidents(), [(500, Incident::HungUp { block: BlockIdx(0) })]);
    assert_eq!(room.errors().len(), 0);
    assert_whole(&room);
}

#[test]
fn a_jump_without_a_connection_asks_when_there_is_one() {
    let mut room = hearing(40);
    room.lose(100);
    room.act(500, seek(20));
    assert_eq!(room.asks.len(), 2);
    room.pass_to(1_100);
    // What had waited, and then all that is pending.
    assert_eq!(room.asks[2..], [(1_100, vec![20]), (1_100, vec![20])]);
    assert_eq!(room.told, [], "nobody could be told of the jump");
    room.ready(1_200, 20, 1_000);
    assert_eq!(room.stalls(), [(20, 500, 700)]);
}
