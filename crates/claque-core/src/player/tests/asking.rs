//! When the player asks for what.

use super::room::Room;
use crate::{
    event::{Event, FailureClass, Kills, StatusKind},
    ids::BlockIdx,
    player::{Input, Output, PlayerPolicy},
    record::{BlockOutcome, SessionEnd},
    time::Duration,
};

fn range(from: u32, to: u32) -> Vec<u32> {
    (from..to).collect()
}

#[test]
fn the_first_batch_is_eight_blocks_from_the_first() {
    let room = Room::started(20, PlayerPolicy::YAPIT);
    assert_eq!(room.asks, [(0, range(0, 8))]);
    assert_eq!(Room::started(5, PlayerPolicy::YAPIT).asks, [(0, range(0, 5))]);
}

#[test]
fn a_batch_is_asked_for_when_a_block_begins_and_fewer_than_eight_follow_it() {
    let mut room = Room::started(20, PlayerPolicy::YAPIT);
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
    assert_eq!(intended[7], (0, crate::time::Instant::START));
    assert_eq!(intended[8], (1, super::room::ms(1_000)));
    assert_eq!(intended[16], (2, super::room::ms(9_000)));
}

#[test]
fn blocks_that_are_asked_for_count_as_being_ahead() {
    let mut room =
        Room::started(40, PlayerPolicy { refill_threshold: 4, batch_size: 4, ..PlayerPolicy::YAPIT });
    room.ready(100, 0, 1_000);
    assert_eq!(room.asks, [(0, range(0, 4)), (100, range(4, 8))], "three are ahead, none of them ready");
    room.ready(200, 1, 1_000);
    room.pass_to(1_500);
    assert_eq!(room.asks.len(), 2, "six are ahead of block 1");
}

#[test]
fn without_a_threshold_blocks_are_asked_for_when_none_is_left() {
    let mut room =
        Room::started(4, PlayerPolicy { refill_threshold: 0, batch_size: 2, ..PlayerPolicy::YAPIT });
    room.ready(100, 0, 1_000);
    room.ready(100, 1, 1_000);
    room.pass_to(5_000);
    assert_eq!(room.asks, [(0, range(0, 2)), (2_100, range(2, 4))]);
}

#[test]
fn a_batch_of_which_nothing_can_be_heard_is_followed_by_the_next() {
    let mut room = Room::started(20, PlayerPolicy::YAPIT_2026_02);
    (0..8).for_each(|block| room.skip(500, block));
    assert_eq!(room.asks, [(0, range(0, 8)), (500, range(8, 16))]);
}

#[test]
fn a_start_buffer_beyond_one_batch_is_asked_for_in_turn() {
    let mut room = Room::started(30, PlayerPolicy { min_buffer: 10, ..PlayerPolicy::YAPIT });
    (0..8).for_each(|block| room.ready(1_000, block, 1_000));
    assert_eq!(room.asks, [(0, range(0, 8)), (1_000, range(8, 16))]);
    room.ready(2_000, 8, 1_000);
    assert_eq!(room.starts(), []);
    room.ready(3_000, 9, 1_000);
    room.pass_to(3_000 + 1_000);
    assert_eq!(room.starts(), [(0, 3_000)]);
}

#[test]
fn what_is_not_acknowledged_is_asked_for_twice_more_and_then_given_up() {
    let mut room = Room::started(8, PlayerPolicy::YAPIT);
    room.queued(5, 2..8);
    (2..8).for_each(|block| room.ready(50, block, 100));
    room.pass_to(29_999);
    assert_eq!(room.asks[1..], [(10_000, vec![0, 1]), (20_000, vec![0, 1])]);
    assert!(room.errors().is_empty());
    room.pass_to(40_000);
    let errors: Vec<_> =
        room.errors().iter().map(|error| (error.at, error.failure.kills, error.failure.class)).collect();
    let at = super::room::ms(30_000);
    let timeout = FailureClass::Timeout;
    assert_eq!(errors, [(at, Kills::Block(BlockIdx(0)), timeout), (at, Kills::Block(BlockIdx(1)), timeout)]);
    assert_eq!(room.errors()[0].failure.text, "block 0 was never acknowledged, asked 3 times");
    assert_eq!(
        room.outcomes()[..3],
        [BlockOutcome::Failed(timeout), BlockOutcome::Failed(timeout), BlockOutcome::Played]
    );
    assert_eq!(room.blocks()[0].resends, 2);
    assert_eq!(room.end().end, SessionEnd::Completed);
}

#[test]
fn an_acknowledgement_ends_the_asking() {
    for kind in [StatusKind::Queued, StatusKind::Processing, StatusKind::Ready] {
        let mut room = Room::started(1, PlayerPolicy::YAPIT);
        room.status(9_999, 0, kind);
        room.pass_to(50_000);
        assert_eq!(room.asks.len(), 1, "{kind:?}");
    }
}

#[test]
fn a_request_that_has_not_been_written_is_not_repeated() {
    let mut config = super::room::config(4, PlayerPolicy::YAPIT);
    config.timeout = Duration::from_secs(600);
    let mut room = Room::with(config);
    // The room would send at once; this way to the wire is longer.
    let at = super::room::ms(0);
    assert_eq!(room.player.handle_input(at, Input::Start).collect::<Vec<_>>(), [Output::Dial]);
    let dialed = Input::Event(Event::Dialed { connect: Duration::ZERO });
    assert!(matches!(&room.player.handle_input(at, dialed).collect::<Vec<_>>()[..], [Output::Ask { .. }]));
    room.pass_to(100_000);
    assert_eq!(room.asks, []);
}

#[test]
fn withdrawn_blocks_are_asked_for_again_at_once() {
    let mut room = Room::started(8, PlayerPolicy::YAPIT);
    room.queued(5, 0..8);
    room.ready(100, 0, 1_000);
    room.evict(200, &[3, 2, 0, 40]);
    assert_eq!(room.asks[1..], [(200, vec![2, 3])], "block 0 is there and block 40 was never asked for");
    room.ready(300, 2, 1_000);
    assert_eq!(room.asks.len(), 2);
}

#[test]
fn a_withdrawal_is_an_answer_after_which_patience_begins_anew() {
    let mut room = Room::started(1, PlayerPolicy::YAPIT);
    // It had already been asked for again once.
    room.evict(10_100, &[0]);
    room.pass_to(69_000);
    assert_eq!(room.asks, [0, 10_000, 10_100, 20_100, 30_100].map(|at| (at, vec![0])));
    assert_eq!(room.blocks()[0].resends, 4);
    assert_eq!(room.errors()[0].at, super::room::ms(40_100));
}

#[test]
fn a_service_that_withdraws_a_block_without_end_has_failed_it() {
    let mut room = Room::started(2, PlayerPolicy::YAPIT);
    (0..300).for_each(|at| room.evict(at, &[0]));
    assert_eq!(room.asks.len(), 1 + 255);
    assert_eq!(room.errors()[0].failure.class, FailureClass::Server);
    room.ready(400, 1, 1_000);
    room.pass_to(2_000);
    assert_eq!(room.outcomes(), [BlockOutcome::Failed(FailureClass::Server), BlockOutcome::Played]);
}
