//! Start and resume buffers, with numbers worked out on paper.

use super::room::{Room, ms};
use crate::{
    continuity::{Arrival, StreamBuffers, StreamReplay, least_stream_buffer, replay_stream},
    player::{PlayerPolicy, PlayerState},
    record::{BlockOutcome, SessionEnd},
    time::{Duration, MediaTime, Speed},
};

const fn buffers(start: u64, resume: u64) -> PlayerPolicy {
    PlayerPolicy {
        start_buffer: MediaTime::from_millis(start),
        resume_buffer: MediaTime::from_millis(resume),
        ..PlayerPolicy::READER
    }
}

/// How often a stream of so many pieces of a length stalled, one piece every so often, and how long in all.
fn stalls_of(policy: PlayerPolicy, pieces: u64, length: u64, every: u64) -> (usize, u128) {
    let mut room = Room::started(1, policy);
    room.stream(0, 0, pieces, length, every);
    room.pass_to(60_000);
    assert_eq!(room.end().end, SessionEnd::Completed);
    (room.stalls().len(), room.stalls().iter().map(|(_, _, waited)| waited).sum())
}

/// Twenty pieces of 200 ms, one every 250 ms: 4 s of audio in 5 s. Piece n comes at 250 n (from 0 on) and is due 200 n after
/// playback began, if nothing stalled before.
#[test]
fn a_stream_at_four_fifths_of_real_time_stalls_as_its_buffers_have_it() {
    // Without any, each piece but the first is 50 ms late: 19 x 50.
    assert_eq!(stalls_of(buffers(0, 0), 20, 200, 250), (19, 950));
    // Two pieces at 250; dry at 250 + 6 x 200 = 1450, piece 6 at 1500 and with piece 7 400 ms at 1750; and again with pieces 12
    // and 13, and 18 and 19: 3 x 300.
    assert_eq!(stalls_of(buffers(400, 400), 20, 200, 250), (3, 900));
    // Five pieces at 1000, and the last is due 3800 later, at 4800. It comes at 4750.
    assert_eq!(stalls_of(buffers(1_000, 1_000), 20, 200, 250), (0, 0));
}

#[test]
fn half_as_long_pieces_stall_twice_as_often() {
    // 5 s in pieces of 100 ms, one every 125 ms: 49 x 25.
    assert_eq!(stalls_of(buffers(0, 0), 50, 100, 125), (49, 1_225));
}

#[test]
fn a_larger_start_buffer_alone_saves_what_it_waits_for() {
    // Two pieces at 250, so that 250 of the 950 are spent: from piece 6 on each is 50 late, 14 of them.
    assert_eq!(stalls_of(buffers(400, 0), 20, 200, 250), (14, 700));
}

#[test]
fn a_perfect_stream_never_stalls_however_large_the_resume_buffer_is() {
    assert_eq!(stalls_of(buffers(0, 2_000), 50, 100, 100), (0, 0));
}

#[test]
fn a_hole_in_a_stream_is_one_underrun() {
    let mut room = Room::started(1, buffers(0, 0));
    (0..5).for_each(|piece| room.audio(piece * 100, 0, (piece + 1) * 100));
    // Piece 5 comes 600 ms late, and the rest behind it in real time.
    (5..10).for_each(|piece| room.audio(600 + piece * 100, 0, (piece + 1) * 100));
    room.complete(1_500, 0, 1_000);
    room.pass_to(9_000);
    assert_eq!((room.stalls(), room.end().ended_at), (vec![(0, 500, 600)], ms(1_600)));
    let block = room.blocks()[0];
    assert_eq!(block.largest_chunk_gap, Some(Duration::from_millis(700)));
    assert_eq!(block.buffer_deficit, Some(Duration::from_millis(600)));
}

#[test]
fn playback_begins_with_the_arrival_that_fills_the_buffer() {
    let mut room = Room::started(1, buffers(250, 0));
    room.audio(100, 0, 100);
    room.audio(200, 0, 200);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.audio(350, 0, 300);
    assert_eq!(room.player.state(), PlayerState::Playing);
    room.complete(400, 0, 300);
    room.pass_to(9_000);
    assert_eq!((room.starts(), room.end().ended_at), (vec![(0, 350)], ms(650)));
}

#[test]
fn what_was_fetched_ahead_counts_when_playback_starts() {
    let mut room = Room::started(3, buffers(1_000, 0));
    room.audio(100, 1, 700);
    room.audio(200, 0, 400);
    assert_eq!(room.player.state(), PlayerState::Buffering, "block 0 may go on before block 1 does");
    room.complete(300, 0, 400);
    room.pass_to(300);
    assert_eq!(room.player.state(), PlayerState::Playing, "400 and 700 follow one another");
}

#[test]
fn an_answer_in_one_piece_is_heard_at_once_though_it_is_shorter_than_the_buffer() {
    let mut room = Room::started(1, buffers(5_000, 5_000));
    room.ready(100, 0, 900);
    room.pass_to(9_000);
    let block = room.blocks()[0];
    assert_eq!((room.starts(), room.stalls(), room.end().ended_at), (vec![(0, 100)], vec![], ms(1_000)));
    assert_eq!((block.chunks, block.buffer_deficit, block.largest_chunk_gap), (1, None, None));
    assert_eq!(block.least_start_buffer, None);
}

#[test]
fn a_buffer_that_holds_more_than_is_asked_for_asks_for_more() {
    let mut room = Room::started(6, buffers(4_500, 0));
    (0..3).for_each(|block| room.ready(100 * u64::from(block + 1), block, 1_000));
    assert_eq!(room.asks.last(), Some(&(300, vec![3])));
    room.ready(400, 3, 1_000);
    room.ready(500, 4, 1_000);
    assert_eq!(room.player.state(), PlayerState::Playing);
}

#[test]
fn a_buffer_is_full_when_all_of_the_text_is_there() {
    let mut room = Room::started(2, buffers(60_000, 0));
    room.ready(100, 0, 1_000);
    room.audio(200, 1, 900);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.complete(300, 1, 900);
    room.pass_to(9_000);
    assert_eq!((room.starts(), room.end().ended_at), (vec![(0, 300), (1, 1_300)], ms(2_200)));
}

#[test]
fn after_it_ran_dry_the_rest_of_the_text_is_not_waited_for_in_vain() {
    let mut room = Room::started(2, buffers(0, 3_000));
    room.ready(0, 0, 1_000);
    room.audio(1_500, 1, 400);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.audio(1_700, 1, 500);
    room.complete(1_700, 1, 500);
    room.pass_to(9_000);
    assert_eq!((room.stalls(), room.end().ended_at), (vec![(1, 1_000, 700)], ms(2_200)));
}

#[test]
fn a_failed_block_is_no_gap_in_a_buffer() {
    let mut room = Room::started(3, buffers(1_500, 0));
    room.ready(100, 0, 1_000);
    room.audio(200, 2, 600);
    room.fail(300, 1);
    room.complete(400, 2, 600);
    room.pass_to(9_000);
    assert_eq!(room.starts(), [(0, 300), (2, 1_300)]);
}

#[test]
fn a_stream_cut_short_fills_no_buffer_but_is_heard_and_stepped_on_from() {
    let mut room = Room::started(2, buffers(0, 2_000));
    room.audio(0, 0, 500);
    // It ran dry at 500; 300 more are there, then it is cut off.
    room.audio(700, 0, 800);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.fail(900, 0);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.ready(1_000, 1, 400);
    room.pass_to(9_000);
    // The 300 and the 400 are all there is.
    assert_eq!((room.stalls(), room.starts()), (vec![(0, 500, 500)], vec![(0, 0), (1, 1_300)]));
    assert_eq!(room.outcomes()[1], BlockOutcome::Played);
    assert!(matches!(room.outcomes()[0], BlockOutcome::Failed(_)));
    assert_eq!(room.end().ended_at, ms(1_700));
}

#[test]
fn whole_blocks_fill_a_buffer_of_audio_as_well() {
    let policy = PlayerPolicy { start_buffer: MediaTime::from_millis(1_500), ..PlayerPolicy::WEB };
    let mut room = Room::started(3, policy);
    room.ready(100, 0, 1_000);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.ready(200, 1, 1_000);
    room.ready(300, 2, 1_000);
    room.pass_to(9_000);
    assert_eq!(room.starts()[0], (0, 200));
}

#[test]
fn at_twice_the_speed_a_buffer_is_as_much_audio_and_half_the_time() {
    let mut config = super::room::config(1, buffers(400, 400));
    config.speed = Speed::from_thousandths(2_000).unwrap();
    let mut room = Room::with(config);
    room.input(0, crate::player::Input::Start);
    (0..10).for_each(|piece| room.audio(piece * 100, 0, (piece + 1) * 100));
    room.complete(900, 0, 1_000);
    room.pass_to(9_000);
    // 400 ms are there at 300. Dry at 650, when all of the 700 that came by then are heard; the last 300 are there at 900.
    assert_eq!((room.starts(), room.stalls()), (vec![(0, 300)], vec![(0, 650, 250)]));
}

/// The player and the replay of its arrivals tell the same, and so do the figures in the record.
#[test]
fn the_least_start_buffer_is_where_stalls_end() {
    let arrivals: Vec<Arrival> = (0..20)
        .map(|piece| Arrival { at: ms(piece * 250), delivered: MediaTime::from_millis((piece + 1) * 200) })
        .collect();
    let least = least_stream_buffer(&arrivals, Speed::NORMAL).unwrap();
    // Playback must not begin before 950, when 800 ms are there.
    assert_eq!(least, MediaTime::from_nanos(800_000_001));
    let at = |start| {
        let buffers = StreamBuffers { start, resume: MediaTime::ZERO };
        replay_stream(&arrivals, ms(4_750), Speed::NORMAL, buffers)
    };
    assert_eq!(at(least), StreamReplay { began_at: Some(ms(1_000)), stalls: vec![] });
    let less = at(least - MediaTime::from_nanos(1));
    // Four pieces at 750 spend 750 of the 950.
    assert_eq!(less.began_at, Some(ms(750)));
    assert_eq!(less.stalls.iter().map(|(_, waited)| waited.as_millis()).sum::<u128>(), 200);
    let mut room = Room::started(1, buffers(0, 0));
    room.stream(0, 0, 20, 200, 250);
    room.pass_to(60_000);
    assert_eq!(room.blocks()[0].least_start_buffer, Some(least));
}
