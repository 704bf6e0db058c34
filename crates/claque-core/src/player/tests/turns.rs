//! Conversations: one utterance, its playing out, a pause to think, the next.

use super::room::{Room, config, ms};
use crate::{
    event::FailureClass,
    ids::BlockIdx,
    player::{Act, Input, PlayerPolicy, PlayerState},
    record::{BlockOutcome, Incident, SessionEnd},
    time::{Duration, MediaTime},
};

fn conversation(utterances: usize, policy: PlayerPolicy) -> Room {
    let mut room = Room::with(config(utterances, policy));
    room.player.take_turns();
    room.input(0, Input::Start);
    room
}

#[test]
fn the_next_utterance_is_wanted_when_the_listener_has_thought_and_not_before() {
    let mut room = conversation(2, PlayerPolicy::TURNS);
    assert_eq!(room.asks, [(0, vec![0])]);
    room.audio(300, 0, 500);
    room.complete(400, 0, 1_000);
    room.pass_to(2_000);
    assert_eq!((room.player.state(), room.asks.len()), (PlayerState::Thinking, 1));
    assert_eq!(room.player.thinks_since(), Some(ms(1_300)));
    room.act(3_000, Act::NextTurn);
    assert_eq!((room.player.state(), room.asks.len()), (PlayerState::Awaiting, 2));
    room.ready(3_400, 1, 1_000);
    room.pass_to(9_000);
    // The wait for the second utterance is its response time, and no stall.
    assert_eq!((room.starts(), room.stalls()), (vec![(0, 300), (1, 3_400)], vec![]));
    assert_eq!(room.only_record(1).intended_at, Some(ms(3_000)));
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Completed, ms(4_400)));
    assert_eq!((end.playing, end.paused), (Some(Duration::from_secs(2)), Duration::from_millis(1_700)));
    // 4400 = 300 startup + 2000 heard + 1700 thought + 400 waited for the second utterance.
    assert_eq!(room.incidents(), []);
}

#[test]
fn a_stall_inside_an_utterance_is_an_underrun() {
    let mut room = conversation(1, PlayerPolicy::TURNS);
    room.audio(100, 0, 500);
    room.audio(900, 0, 1_000);
    room.complete(900, 0, 1_000);
    room.pass_to(9_000);
    assert_eq!((room.stalls(), room.end().ended_at), (vec![(0, 600, 300)], ms(1_400)));
}

#[test]
fn every_utterance_fills_its_start_buffer() {
    let policy = PlayerPolicy { start_buffer: MediaTime::from_millis(300), ..PlayerPolicy::TURNS };
    let mut room = conversation(2, policy);
    room.ready(100, 0, 200);
    room.pass_to(300);
    assert_eq!(room.starts(), [(0, 100)], "it is whole, and shorter");
    room.act(300, Act::NextTurn);
    room.audio(400, 1, 200);
    assert_eq!(room.player.state(), PlayerState::Awaiting);
    room.audio(500, 1, 300);
    room.complete(600, 1, 400);
    room.pass_to(9_000);
    assert_eq!((room.starts(), room.stalls()), (vec![(0, 100), (1, 500)], vec![]));
}

#[test]
fn the_late_end_of_an_utterance_is_no_underrun() {
    let mut room = conversation(2, PlayerPolicy::TURNS);
    room.audio(0, 0, 1_000);
    room.complete(1_500, 0, 1_000);
    // The listener has been thinking since the sound ended.
    assert_eq!(room.player.thinks_since(), Some(ms(1_000)));
    room.act(2_000, Act::NextTurn);
    room.ready(2_000, 1, 500);
    room.pass_to(9_000);
    assert_eq!((room.stalls(), room.end().paused), (vec![], Duration::from_secs(1)));
}

#[test]
fn a_failed_utterance_is_thought_about_like_any_other() {
    let mut room = conversation(3, PlayerPolicy::TURNS);
    room.fail(200, 0);
    assert_eq!(room.player.thinks_since(), Some(ms(200)));
    room.act(1_000, Act::NextTurn);
    room.audio(1_100, 1, 400);
    // Cut short: what was delivered is heard, and what was missing was waited for.
    room.fail(1_700, 1);
    assert_eq!(room.player.thinks_since(), Some(ms(1_700)));
    room.act(2_000, Act::NextTurn);
    room.ready(2_100, 2, 100);
    room.pass_to(9_000);
    let failed = BlockOutcome::Failed(FailureClass::Server);
    assert_eq!(room.outcomes(), [failed, failed, BlockOutcome::Played]);
    assert_eq!(room.stalls(), [(1, 1_500, 200)]);
}

#[test]
fn an_interrupted_utterance_is_cancelled_and_its_late_bytes_are_counted_and_not_heard() {
    let mut room = conversation(2, PlayerPolicy::TURNS);
    room.audio(100, 0, 2_000);
    room.act(600, Act::BargeIn);
    assert_eq!(room.forgotten, [(600, vec![0])]);
    assert_eq!((room.player.state(), room.player.thinks_since()), (PlayerState::Thinking, Some(ms(600))));
    room.audio(700, 0, 3_000);
    room.complete(800, 0, 3_000);
    room.act(1_600, Act::NextTurn);
    room.ready(1_700, 1, 1_000);
    room.audio(1_800, 0, 4_000);
    room.pass_to(9_000);
    let block = room.only_record(0);
    assert_eq!((block.outcome, block.media), (BlockOutcome::Abandoned, MediaTime::from_millis(2_000)));
    let end = room.end();
    assert_eq!((end.unwanted_bytes, end.playing), (Some(200), Some(Duration::from_millis(1_500))));
    assert_eq!((end.end, end.ended_at), (SessionEnd::Completed, ms(2_700)));
    assert_eq!(room.incidents(), [(600, Incident::BargedIn { block: BlockIdx(0) })]);
    assert_eq!((room.stalls(), room.errors().len()), (vec![], 0));
}

#[test]
fn an_utterance_that_had_arrived_is_interrupted_without_anything_to_cancel() {
    let mut room = conversation(1, PlayerPolicy::TURNS);
    room.ready(100, 0, 2_000);
    room.act(600, Act::BargeIn);
    assert_eq!((room.forgotten.len(), room.outcomes()), (0, vec![BlockOutcome::Unplayed]));
    assert_eq!(room.end().ended_at, ms(600));
}

#[test]
fn a_listener_that_waits_interrupts_nothing_before_a_sound_and_ends_its_stall_after_it() {
    let mut room = conversation(2, PlayerPolicy::TURNS);
    room.act(50, Act::BargeIn);
    assert_eq!(room.incidents(), []);
    room.audio(100, 0, 400);
    room.act(900, Act::BargeIn);
    assert_eq!(room.stalls(), [(0, 500, 400)]);
    assert_eq!(room.player.thinks_since(), Some(ms(900)));
}

#[test]
fn a_stop_while_thinking_ends_the_session_with_what_was_heard() {
    let mut room = conversation(3, PlayerPolicy::TURNS);
    room.ready(100, 0, 1_000);
    room.input(2_000, Input::Stop);
    let end = room.end();
    assert_eq!((end.end, end.paused), (SessionEnd::Stopped, Duration::from_millis(900)));
    assert_eq!(room.outcomes(), [BlockOutcome::Played]);
}

#[test]
fn a_start_buffer_in_blocks_asks_for_nothing_ahead_in_a_conversation() {
    let mut room = conversation(3, PlayerPolicy { min_buffer: 2, ..PlayerPolicy::TURNS });
    room.audio(100, 0, 500);
    assert_eq!((room.player.state(), room.asks.len()), (PlayerState::Playing, 1));
}
