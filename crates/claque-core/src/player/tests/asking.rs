//! When the player asks for what.

use super::room::{Room, ms};
use crate::{
    event::{Event, FailureClass, FailureScope, StatusKind},
    ids::BlockIdx,
    player::{Act, Input, PlayerPolicy, PlayerState},
    record::{BlockOutcome, Incident, ResendReason, SessionEnd},
    time::Duration,
};

fn range(from: u32, to: u32) -> Vec<u32> {
    (from..to).collect()
}

#[test]
fn the_first_batch_is_eight_blocks_from_the_first() {
    let room = Room::started(20, PlayerPolicy::WEB);
    assert_eq!(room.asks, [(0, range(0, 8))]);
    assert_eq!(Room::started(5, PlayerPolicy::WEB).asks, [(0, range(0, 5))]);
}

#[test]
fn a_batch_is_asked_for_when_a_block_begins_and_fewer_than_eight_follow_it() {
    let mut room = Room::started(20, PlayerPolicy::WEB);
    room.ready(1_000, 0, 1_000);
    // It begins to play at once: seven are ahead.
    assert_eq!(room.asks[1..], [(1_000, range(8, 16))]);
    (1..16).for_each(|block| room.ready(1_001, block, 1_000));
    (16..20).for_each(|block| room.ready(9_001, block, 1_000));
    room.pass_to(60_000);
    // With block 1 fourteen are ahead, ..., with block 8 seven.
    assert_eq!(room.asks[2..], [(9_000, range(16, 20))]);
    assert_eq!(room.end().end, SessionEnd::Completed);
    let intended: Vec<_> = room.blocks().iter().map(|record| (record.batch, record.intended_at)).collect();
    assert_eq!(intended[7], (0, Some(crate::time::Instant::START)));
    assert_eq!(intended[8], (1, Some(ms(1_000))));
    assert_eq!(intended[16], (2, Some(ms(9_000))));
}

#[test]
fn blocks_that_are_asked_for_count_as_being_ahead() {
    let mut room =
        Room::started(40, PlayerPolicy { refill_threshold: 4, batch_size: 4, ..PlayerPolicy::WEB });
    room.ready(100, 0, 1_000);
    assert_eq!(room.asks, [(0, range(0, 4)), (100, range(4, 8))], "three are ahead, none of them ready");
    room.ready(200, 1, 1_000);
    room.pass_to(1_500);
    assert_eq!(room.asks.len(), 2, "six are ahead of block 1");
}

#[test]
fn without_a_threshold_each_block_is_asked_for_when_it_is_reached() {
    let mut room = Room::started(4, PlayerPolicy { refill_threshold: 0, batch_size: 2, ..PlayerPolicy::WEB });
    room.ready(100, 0, 1_000);
    room.ready(100, 1, 1_000);
    room.pass_to(5_000);
    assert_eq!(room.asks, [(0, range(0, 2)), (2_100, vec![2])]);
}

#[test]
fn a_start_buffer_that_begins_with_nothing_never_fills_in_older_players() {
    let mut room = Room::started(20, PlayerPolicy::WEB_2026_02_07);
    (0..8).for_each(|block| room.skip(500, block));
    assert_eq!((room.player.state(), room.asks.len()), (PlayerState::Buffering, 1));
    // Nothing is on its way any more; whoever waits for it all the same has a bound.
    room.pass_to(60_500);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Timeout));
}

#[test]
fn what_came_to_nothing_is_asked_for_when_it_is_reached_and_then_stepped_over() {
    let mut room = Room::started(20, PlayerPolicy::WEB);
    room.skip(500, 0);
    assert_eq!(room.asks[1..], [(500, vec![0])]);
    room.skip(600, 0);
    // Block 1 is asked for; it is waited for.
    assert_eq!((room.asks.len(), room.player.current()), (2, BlockIdx(1)));
    assert_eq!(room.blocks()[0].outcome, BlockOutcome::Skipped);
}

#[test]
fn what_came_to_nothing_is_asked_for_at_each_refill_and_may_be_heard_after_all() {
    let mut room = Room::started(12, PlayerPolicy::WEB);
    room.refuse(50, 3, true);
    room.ready(100, 0, 1_000);
    assert_eq!(room.asks[1..], [(100, vec![3, 8, 9, 10])]);
    (1..8).for_each(|block| room.ready(200, block, 1_000));
    (8..11).for_each(|block| room.ready(300, block, 1_000));
    room.pass_to(3_500);
    let Some(record) = room.blocks().into_iter().find(|record| record.block.0 == 2) else {
        panic!("it was heard")
    };
    assert_eq!(record.resends, 0);
    room.ready(4_000, 11, 1_000);
    room.pass_to(60_000);
    let healed = room.only_record(3);
    assert_eq!((healed.outcome, healed.resends), (BlockOutcome::Played, 1));
    assert_eq!(healed.requested_at, Some(ms(0)));
    assert_eq!((healed.answered_request_at, healed.ready_at), (Some(ms(100)), Some(ms(200))));
    assert_eq!(room.errors().len(), 1, "the failure stays a fact");
    let again = Incident::Resent { block: BlockIdx(3), why: ResendReason::Failed };
    assert_eq!(room.incidents(), [(100, again)]);
}

#[test]
fn an_error_stops_older_players_and_a_final_one_all() {
    let (old, today) = (PlayerPolicy::WEB_2026_02_11, PlayerPolicy::WEB);
    for (policy, recoverable, stops) in [(old, true, true), (today, true, false), (today, false, true)] {
        let mut room = Room::started(4, policy);
        room.refuse(50, 2, recoverable);
        assert_eq!(room.ends == 1, stops, "{recoverable}");
        if stops {
            assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Server));
        }
    }
}

#[test]
fn a_start_buffer_beyond_one_batch_is_asked_for_in_turn() {
    let mut room = Room::started(30, PlayerPolicy { min_buffer: 10, ..PlayerPolicy::WEB });
    (0..8).for_each(|block| room.ready(1_000, block, 1_000));
    assert_eq!(room.asks, [(0, range(0, 8)), (1_000, range(8, 16))]);
    room.ready(2_000, 8, 1_000);
    assert_eq!(room.starts(), []);
    room.ready(3_000, 9, 1_000);
    room.pass_to(3_000 + 1_000);
    assert_eq!(room.starts(), [(0, 3_000)]);
}

/// A block that was waited for too long is asked for again.
fn overdue(block: u32, was_acknowledged: bool) -> Incident {
    let why = ResendReason::Overdue { acknowledged: Some(was_acknowledged) };
    Incident::Resent { block: BlockIdx(block), why }
}

#[test]
fn what_is_not_acknowledged_is_asked_for_twice_more_and_then_given_up() {
    let mut room = Room::started(8, PlayerPolicy::WEB);
    (2..8).for_each(|block| room.ready(50, block, 100));
    room.pass_to(29_999);
    let asked = [(10_000, vec![0]), (10_000, vec![1]), (20_000, vec![0]), (20_000, vec![1])];
    assert_eq!(room.asks[1..], asked, "one message for each");
    let again = |at, block| (at, overdue(block, false));
    let expected = [again(10_000, 0), again(10_000, 1), again(20_000, 0), again(20_000, 1)];
    assert_eq!(room.incidents(), expected);
    assert!(room.errors().is_empty());
    room.pass_to(30_000);
    let errors: Vec<_> =
        room.errors().iter().map(|error| (error.at, error.failure.kills, error.failure.class)).collect();
    let timeout = FailureClass::Timeout;
    let (first, second) = (FailureScope::Block(BlockIdx(0)), FailureScope::Block(BlockIdx(1)));
    assert_eq!(errors, [(ms(30_000), first, timeout), (ms(30_000), second, timeout)]);
    assert_eq!(room.errors()[0].failure.text, "block 0 did not come within 30 s; it was asked for 3 times");
    // Given up it counts as ready, and is asked for once more when playback gets there.
    assert_eq!(room.asks[5..], [(30_000, vec![0])]);
}

#[test]
fn an_acknowledgement_is_good_for_one_extension() {
    let mut room = Room::started(1, PlayerPolicy::WEB);
    room.queued(5, 0..1);
    room.pass_to(39_999);
    assert_eq!(room.asks[1..], [(20_000, vec![0]), (30_000, vec![0])], "the repeats were not acknowledged");
    let again = [(20_000, overdue(0, true)), (30_000, overdue(0, true))];
    assert_eq!(room.incidents(), again, "it had been acknowledged all the same");
    let mut room = Room::started(1, PlayerPolicy::WEB);
    for at in [5, 20_005, 40_005] {
        room.queued(at, 0..1);
    }
    room.pass_to(60_000);
    assert_eq!(room.asks[1..3], [(20_000, vec![0]), (40_000, vec![0])]);
    assert_eq!(
        room.incidents().last(),
        Some(&(60_000, Incident::Resent { block: BlockIdx(0), why: ResendReason::Failed }))
    );
    assert!(room.incidents().contains(&(60_000, Incident::GivenUp { block: BlockIdx(0) })));
}

#[test]
fn a_block_that_is_held_up_for_ever_is_given_up_in_the_end() {
    let policy = PlayerPolicy { block_timeout: Duration::from_secs(65), ..PlayerPolicy::WEB };
    let mut room = Room::started(1, policy);
    // Each acknowledgement extends the patience, which would never end.
    for at in (5..65_000).step_by(9_000) {
        room.status(at, 0, StatusKind::Processing);
    }
    room.pass_to(64_999);
    assert!(room.errors().is_empty());
    room.pass_to(65_000);
    let error = &room.errors()[0];
    assert_eq!((error.at, error.failure.class), (ms(65_000), FailureClass::Timeout));
    assert!(room.incidents().contains(&(65_000, Incident::GivenUp { block: BlockIdx(0) })));
}

#[test]
fn older_players_have_other_patience() {
    for (policy, asked, given_up) in [
        (PlayerPolicy::WEB_2026_02_07, vec![(30_000, vec![0]), (60_000, vec![0])], 90_000),
        (PlayerPolicy::WEB_2026_02_05, vec![], 60_000),
    ] {
        let mut config = super::room::config(1, policy);
        config.timeout = Duration::from_secs(300);
        let mut room = Room::with(config);
        room.input(0, Input::Start);
        room.queued(5, 0..1);
        room.pass_to(100_000);
        assert_eq!(room.asks[1..], asked);
        assert!(room.incidents().contains(&(given_up, Incident::GivenUp { block: BlockIdx(0) })));
    }
}

#[test]
fn whoever_asks_for_nothing_again_asks_for_what_was_dropped_when_the_next_block_begins() {
    let mut config = super::room::config(12, PlayerPolicy::WEB_2026_02_05);
    config.timeout = Duration::from_secs(300);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    [0, 1, 2, 3, 4, 5, 6].into_iter().for_each(|block| room.ready(100, block, 20_000));
    (8..12).for_each(|block| room.ready(200, block, 20_000));
    room.pass_to(60_099);
    assert!(room.incidents().contains(&(60_000, Incident::GivenUp { block: BlockIdx(7) })));
    assert_eq!(room.asks, [(0, range(0, 8)), (100, range(8, 12))]);
    room.pass_to(60_100);
    assert_eq!(room.asks[2..], [(60_100, vec![7])], "block 3 begins, and four are ahead of it");
}

#[test]
fn a_start_block_that_is_given_up_is_asked_for_again_today_and_waited_for_without_end_before() {
    for (policy, again) in [
        (PlayerPolicy::WEB, true),
        (PlayerPolicy::WEB_2026_02_23, true),
        (PlayerPolicy::WEB_2026_02_11, false),
    ] {
        let mut room = Room::started(2, policy);
        room.pass_to(30_000);
        let repeats = [(10_000, vec![0]), (10_000, vec![1]), (20_000, vec![0]), (20_000, vec![1])];
        assert_eq!(room.asks[1..5], repeats);
        let asked: &[(u64, Vec<u32>)] = if again { &[(30_000, vec![0])] } else { &[] };
        assert_eq!(room.asks[5..], *asked);
        assert_eq!(room.player.is_buffering(), !again);
    }
}

#[test]
fn a_block_that_is_empty_when_it_is_reached_is_asked_for_once_more_and_older_players_stop_there() {
    for (policy, stops) in [
        (PlayerPolicy::WEB_2026_02_05, true),
        (PlayerPolicy::WEB_2026_02_07, true),
        (PlayerPolicy::WEB_2026_02_11, true),
        (PlayerPolicy::WEB_2026_02_23, false),
        (PlayerPolicy::WEB, false),
    ] {
        let mut room = Room::started(4, policy);
        (0..2).for_each(|block| room.ready(100, block, 1_000));
        // While it buffers an error would stop older players at once.
        room.refuse(200, 2, true);
        room.pass_to(1_100);
        assert_eq!(room.asks[1..], [(1_100, vec![2])], "block 1 begins");
        room.refuse(1_500, 2, true);
        room.pass_to(2_100);
        assert_eq!(room.asks[2..], [(2_100, vec![2])], "it is reached");
        room.refuse(2_200, 2, true);
        assert_eq!((room.ends == 1, room.player.current()), (stops, BlockIdx(if stops { 2 } else { 3 })));
    }
}

#[test]
fn withdrawing_what_was_just_asked_for_again_empties_it_once_more() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    room.ready(100, 0, 5_000);
    room.evict(200, &[1, 2, 3]);
    room.act(300, Act::Pause);
    room.act(400, Act::Resume);
    assert_eq!(room.asks[1..], [(400, vec![1, 2, 3])]);
    room.evict(410, &[1, 2, 3]);
    room.pass_to(5_400);
    assert_eq!(room.asks[2..], [(5_400, vec![1])], "block 1 is reached");
}

#[test]
fn a_start_buffer_cannot_be_paused() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    room.act(50, Act::Pause);
    room.ready(100, 0, 1_000);
    assert_eq!(room.player.state(), PlayerState::Playing);
}

#[test]
fn no_patience_runs_out_while_audio_is_fetched() {
    let mut room = Room::started(1, PlayerPolicy::WEB);
    room.status(9_999, 0, StatusKind::Ready);
    room.pass_to(50_000);
    assert_eq!(room.asks.len(), 1);
}

#[test]
fn what_is_withdrawn_is_empty_until_it_is_needed() {
    let mut room = Room::started(20, PlayerPolicy::WEB);
    room.queued(5, 0..8);
    room.evict(200, &[3, 2, 40]);
    assert_eq!(room.asks.len(), 1);
    room.ready(300, 0, 1_000);
    assert_eq!(room.asks[1..], [(300, vec![2, 3, 8, 9])]);
    let again = |block| (300, Incident::Resent { block: BlockIdx(block), why: ResendReason::Withdrawn });
    assert_eq!(room.incidents(), [again(2), again(3)]);
}

#[test]
fn a_body_that_is_no_audio_stops_the_player_of_today_when_it_is_reached() {
    for (policy, stops) in [(PlayerPolicy::WEB, true), (PlayerPolicy::WEB_2026_02_23, false)] {
        let mut room = Room::started(3, policy);
        room.ready(0, 0, 1_000);
        room.status(0, 1, StatusKind::Ready);
        room.tell(
            10,
            Event::NotAudio(super::room::failure(FailureClass::Protocol, FailureScope::Block(BlockIdx(1)))),
        );
        room.ready(10, 2, 1_000);
        room.pass_to(1_000);
        if stops {
            assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Protocol));
        } else {
            assert_eq!(room.asks[1..], [(1_000, vec![1])]);
        }
    }
}
