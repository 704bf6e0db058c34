//! What is heard when.

use super::room::{Room, config, ms};
use crate::{
    event::{Event, FailureClass, StatusKind},
    ids::BlockIdx,
    player::{Input, PlayerPolicy, PlayerState, TimeoutReason},
    record::{BlockOutcome, SessionEnd},
    time::{Duration, Instant, MediaTime, Speed},
};

#[test]
fn the_presets_differ_in_how_many_blocks_they_wait_for() {
    assert_eq!(PlayerPolicy::preset("yapit"), Some(PlayerPolicy::WEB));
    assert_eq!(PlayerPolicy::preset("yapit-2026-02"), Some(PlayerPolicy::WEB_2026_02_07));
    assert_eq!(PlayerPolicy::preset("yapit-2025"), None);
    for name in PlayerPolicy::PRESETS.into_iter().filter(|name| name.starts_with("yapit")) {
        let policy = PlayerPolicy::preset(name).expect("it is listed");
        assert_eq!((policy.batch_size, policy.refill_threshold), (8, 8), "{name}");
        let mut room = Room::started(3, policy);
        (0..3).for_each(|block| room.ready(1_000 * u64::from(block + 1), block, 5_000));
        room.pass_to(60_000);
        assert_eq!(room.starts()[0], (0, u64::from(policy.min_buffer) * 1_000), "{name}");
    }
}

#[test]
fn only_blocks_that_follow_one_another_begin_playback() {
    let mut room = Room::started(5, PlayerPolicy::WEB_2026_02_07);
    room.ready(100, 1, 1_000);
    room.ready(200, 2, 1_000);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.ready(300, 0, 1_000);
    assert_eq!(room.player.state(), PlayerState::Playing);
}

#[test]
fn a_text_of_one_block_does_not_wait_for_a_second() {
    let mut room = Room::started(1, PlayerPolicy::WEB_2026_02_07);
    room.ready(100, 0, 1_000);
    room.pass_to(2_000);
    assert_eq!((room.starts(), room.end().ended_at), (vec![(0, 100)], ms(1_100)));
}

#[test]
fn skipped_and_failed_blocks_count_as_ready_and_are_stepped_over_when_they_fail_again() {
    let mut room = Room::started(6, PlayerPolicy { min_buffer: 4, ..PlayerPolicy::WEB });
    room.skip(100, 0);
    room.fail(200, 2);
    room.ready(300, 1, 1_000);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.ready(400, 3, 1_000);
    // Four count as ready; the first is asked for again.
    assert_eq!(room.asks[1..], [(400, vec![0])]);
    room.skip(500, 0);
    // With block 1 begins a look at what is missing.
    assert_eq!(room.asks[2..], [(500, vec![2])]);
    room.fail(600, 2);
    room.ready(600, 4, 1_000);
    room.ready(600, 5, 1_000);
    room.pass_to(1_500);
    room.fail(1_600, 2);
    room.pass_to(10_000);
    assert_eq!(room.starts(), [(1, 500), (3, 1_600), (4, 2_600), (5, 3_600)]);
    let (played, skipped) = (BlockOutcome::Played, BlockOutcome::Skipped);
    let failed = BlockOutcome::Failed(FailureClass::Server);
    assert_eq!(room.outcomes(), [skipped, played, failed, played, played, played]);
    assert_eq!((room.stalls(), room.end().end), (vec![(2, 1_500, 100)], SessionEnd::Completed));
}

#[test]
fn one_stall_is_one_underrun_however_long() {
    let mut room = Room::started(3, PlayerPolicy::WEB);
    room.queued(100, 0..3);
    room.ready(1_000, 0, 500);
    room.ready(3_000, 2, 500);
    assert_eq!(room.player.state(), PlayerState::Stalled);
    room.pass_to(20_000);
    room.ready(30_000, 1, 500);
    room.pass_to(60_000);
    assert_eq!(room.stalls(), [(1, 1_500, 28_500)]);
    assert_eq!(room.starts(), [(0, 1_000), (1, 30_000), (2, 30_500)]);
    // Startup, stall and three blocks.
    assert_eq!(room.end().ended_at, ms(1_000 + 28_500 + 1_500));
}

#[test]
fn a_stall_goes_on_over_blocks_that_bring_nothing() {
    let mut room = Room::started(5, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.skip(2_000, 1);
    room.fail(3_000, 2);
    room.complete(3_500, 3, 0);
    room.ready(4_000, 4, 1_000);
    room.pass_to(9_000);
    assert_eq!(room.stalls(), [(1, 1_000, 3_000)], "one wait, for the first block that was not there");
    assert_eq!(room.end().ended_at, ms(5_000));
}

#[test]
fn a_stall_that_ends_with_the_text_is_one_stall() {
    let mut room = Room::started(3, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.skip(2_000, 2);
    room.skip(3_000, 1);
    // Block 2 is asked for again, as it is reached.
    room.skip(3_500, 2);
    assert_eq!(room.stalls(), [(1, 1_000, 2_500)]);
    assert_eq!((room.end().end, room.end().ended_at), (SessionEnd::Completed, ms(3_500)));
}

#[test]
fn waiting_before_anything_was_heard_is_startup() {
    let mut room = Room::started(12, PlayerPolicy::WEB);
    for block in 0..8 {
        // Once at first, and once more when it is reached.
        room.skip(1_000, block);
        room.skip(1_000, block);
    }
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.ready(5_000, 8, 1_000);
    room.pass_to(5_500);
    assert_eq!((room.player.state(), room.stalls()), (PlayerState::Playing, vec![]));
    assert_eq!(room.blocks().len(), 8);
}

#[test]
fn a_block_without_sound_neither_begins_playback_nor_ends_a_stall() {
    let mut room = Room::started(5, PlayerPolicy::WEB);
    room.complete(100, 0, 0);
    assert_eq!(room.player.state(), PlayerState::Buffering);
    room.ready(200, 1, 1_000);
    room.complete(2_000, 2, 0);
    room.complete(3_000, 3, 0);
    room.ready(4_000, 4, 1_000);
    room.pass_to(9_000);
    assert_eq!(room.starts(), [(1, 200), (4, 4_000)]);
    assert_eq!(room.stalls(), [(2, 1_200, 2_800)]);
    assert_eq!(room.outcomes(), [BlockOutcome::Played; 5], "it was delivered, and it is over");
    assert_eq!(room.end().started_at, Some(ms(200)));
}

#[test]
fn audio_that_comes_in_the_moment_it_is_needed_is_not_late() {
    let mut room = Room::started(3, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.ready(1_000, 1, 1_000);
    room.skip(2_000, 2);
    assert_eq!((room.stalls(), room.end().ended_at), (vec![], ms(2_000)));
}

#[test]
fn a_block_stepped_over_in_the_moment_it_is_needed_was_not_waited_for() {
    let mut room = Room::started(3, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.skip(1_000, 1);
    room.ready(3_000, 2, 1_000);
    assert_eq!(room.stalls(), [(2, 1_000, 2_000)]);
}

#[test]
fn speed_changes_how_long_blocks_last_and_nothing_else() {
    for (thousandths, lasts) in
        [(1, 1_000_000_000), (500, 2_000_000), (1_000, 1_000_000), (1_700, 588_235), (20_000, 50_000)]
    {
        let mut config = config(2, PlayerPolicy::WEB);
        config.speed = Speed::from_thousandths(thousandths).expect("not zero");
        let mut room = Room::with(config);
        room.input(0, Input::Start);
        room.ready(10, 0, 1_000);
        room.ready(10, 1, 1_000);
        room.pass_to(u64::from(u32::MAX));
        let waits: Vec<Instant> = room.blocks().iter().filter_map(|record| record.started_at).collect();
        assert_eq!(waits[1].since(waits[0]).as_micros(), lasts, "at {thousandths} thousandths");
        assert_eq!(room.asks.len(), 1);
    }
}

#[test]
fn the_end_of_the_text_is_no_underrun() {
    let mut room = Room::started(2, PlayerPolicy::WEB);
    room.ready(0, 0, 1_000);
    room.ready(0, 1, 1_000);
    assert_eq!(room.player.poll_timeout(), Some((ms(1_000), TimeoutReason::AudioEnds)));
    room.pass_to(1_500);
    assert_eq!(room.player.poll_timeout(), Some((ms(2_000), TimeoutReason::AudioEnds)));
    room.pass_to(90_000);
    assert_eq!((room.stalls(), room.end().end), (vec![], SessionEnd::Completed));
    assert_eq!((room.end().ended_at, room.player.poll_timeout()), (ms(2_000), None));
}

/// The older script stalled for good at 16 of 20 blocks when answers came before it had noted its request.
#[test]
fn answers_that_come_at_once_are_all_heard() {
    let mut room = Room::started(20, PlayerPolicy::WEB_2026_02_07);
    let mut answered = 0;
    while room.ends == 0 {
        if let Some((at, blocks)) = room.asks.get(answered).cloned() {
            answered += 1;
            blocks.iter().for_each(|block| room.ready(at, *block, 2_000));
        } else {
            let (due, _) = room.player.poll_timeout().expect("something is heard or awaited");
            room.pass_to(due.as_nanos() / 1_000_000);
        }
    }
    assert_eq!(room.outcomes(), [BlockOutcome::Played; 20]);
    assert_eq!((room.stalls(), room.end().ended_at), (vec![], ms(40_000)));
}

#[test]
fn answers_may_even_come_before_the_request_is_known_to_be_written() {
    let mut room = Room::with(config(1, PlayerPolicy::WEB));
    assert_eq!(room.player.handle_input(ms(0), Input::Start).count(), 1);
    let dialed = Input::Event(Event::Dialed { connect: Duration::ZERO });
    assert_eq!(room.player.handle_input(ms(0), dialed).count(), 1);
    room.ready(0, 0, 1_000);
    room.tell(0, Event::Sent { blocks: vec![BlockIdx(0)] });
    room.pass_to(5_000);
    assert_eq!(room.outcomes(), [BlockOutcome::Played]);
}

#[test]
fn a_block_reported_twice_is_one_block() {
    let mut room = Room::started(2, PlayerPolicy::WEB);
    room.ready(100, 0, 1_000);
    room.ready(200, 0, 9_000);
    room.status(300, 0, StatusKind::Queued);
    room.skip(400, 0);
    room.fail(500, 0);
    room.ready(600, 1, 1_000);
    room.pass_to(5_000);
    assert_eq!(room.outcomes(), [BlockOutcome::Played; 2]);
    assert_eq!((room.end().ended_at, room.errors().len()), (ms(2_100), 0));
    let first = room.blocks()[0];
    assert_eq!((first.complete_at, first.media), (Some(ms(100)), MediaTime::from_millis(1_000)));
}

#[test]
fn a_record_tells_the_way_of_its_block() {
    let mut config = config(1, PlayerPolicy::WEB);
    config.intended_at = ms(1_000);
    let mut room = Room::with(config);
    room.connects = false;
    room.input(1_003, Input::Start);
    room.tell(1_010, Event::Dialed { connect: Duration::from_millis(7) });
    room.status(1_100, 0, StatusKind::Queued);
    room.status(1_200, 0, StatusKind::Processing);
    room.status(2_000, 0, StatusKind::Ready);
    room.audio(2_050, 0, 0);
    room.audio(2_100, 0, 300);
    room.audio(2_200, 0, 1_000);
    room.complete(2_300, 0, 1_000);
    room.pass_to(9_000);
    let block = room.blocks()[0];
    assert_eq!((block.batch, block.chars, block.intended_at), (0, 80, Some(ms(1_000))));
    assert_eq!((block.requested_at, block.acknowledged_at), (Some(ms(1_010)), Some(ms(1_100))));
    assert_eq!((block.ready_at, block.first_audio_at), (Some(ms(2_000)), Some(ms(2_050))));
    assert_eq!((block.complete_at, block.started_at), (Some(ms(2_300)), Some(ms(2_300))));
    assert_eq!((block.media, block.bytes, block.chunks), (MediaTime::from_millis(1_000), 300, 3));
    // The first audio byte was nothing that could be played; the 50 ms until something could be are the largest debt.
    assert_eq!((block.buffer_deficit, block.resends), (Some(Duration::from_millis(50)), 0));
    let end = room.end();
    assert_eq!((end.intended_at, end.launched_at, end.started_at), (ms(1_000), ms(1_003), Some(ms(2_300))));
    assert_eq!((end.connect_time, end.blocks, end.ended_at), (Some(Duration::from_millis(7)), 1, ms(3_300)));
}
