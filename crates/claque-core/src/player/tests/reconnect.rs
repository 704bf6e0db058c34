//! A connection that is lost: what goes on, what is asked for again, and when it is given up.

use super::room::{Room, config, failure, ms};
use crate::{
    event::{Event, Failure, FailureClass, Kills, StatusKind},
    player::{Backoff, Input, Output, PlayerPolicy, PlayerState, Reconnect},
    record::{BlockOutcome, Incident, OutageEnd, ResendReason, SessionEnd},
    time::Duration,
};

fn outage(lasted: u64, tries: u32, end: OutageEnd) -> Incident {
    let failure = failure(FailureClass::Transport, Kills::Session);
    Incident::Outage { lasted: Duration::from_millis(lasted), tries, end, failure }
}

fn resent(block: u32, why: ResendReason) -> Incident {
    Incident::Resent { block: crate::ids::BlockIdx(block), why }
}

#[test]
fn a_lost_connection_is_dialled_after_a_second_and_all_that_is_pending_asked_for_in_one_message() {
    let mut room = Room::started(12, PlayerPolicy { refill_threshold: 4, ..PlayerPolicy::YAPIT });
    room.queued(5, 0..8);
    (0..5).for_each(|block| room.ready(100, block, 1_000));
    // Block 5 is ready and being fetched, which goes on by another way.
    room.status(100, 5, StatusKind::Ready);
    room.lose(1_000);
    assert_eq!(room.player.state(), PlayerState::Playing, "what is there is played on");
    room.pass_to(2_000);
    assert_eq!(room.dials, [0, 2_000]);
    assert_eq!(room.asks, [(0, (0..8).collect()), (2_000, vec![6, 7])]);
    let again = ResendReason::Reconnected;
    let expected = [
        (1_000, outage(1_000, 1, OutageEnd::Reconnected)),
        (2_000, resent(6, again)),
        (2_000, resent(7, again)),
    ];
    assert_eq!(room.incidents(), expected);
    (5..8).for_each(|block| room.ready(2_500, block, 1_000));
    (8..12).for_each(|block| room.ready(5_000, block, 1_000));
    room.pass_to(60_000);
    assert_eq!((room.end().end, room.stalls()), (SessionEnd::Completed, vec![]));
    assert_eq!(room.blocks()[6].resends, 1);
    assert_eq!(room.outcomes(), [BlockOutcome::Played; 12]);
}

#[test]
fn a_stall_during_an_outage_is_an_underrun() {
    let mut room = Room::started(2, PlayerPolicy::YAPIT);
    room.ready(100, 0, 500);
    room.lose(200);
    room.queued(1_300, 1..2);
    room.ready(2_000, 1, 500);
    room.pass_to(9_000);
    assert_eq!(room.stalls(), [(1, 600, 1_400)]);
    assert_eq!(room.incidents()[0], (200, outage(1_000, 1, OutageEnd::Reconnected)));
}

#[test]
fn what_is_wanted_while_there_is_no_connection_is_asked_for_once_when_there_is() {
    let mut room = Room::started(20, PlayerPolicy::YAPIT);
    room.queued(5, 0..8);
    room.connects = false;
    room.lose(10);
    (0..1).for_each(|block| room.ready(20, block, 100));
    room.pass_to(1_010);
    assert_eq!((room.dials.len(), room.asks.len()), (2, 1));
    room.tell(1_500, Event::Dialed { connect: Duration::from_millis(490) });
    // Block 8 and those after it were wanted in between: they are asked for, but not again.
    assert_eq!(room.asks[1], (1_500, (1..16).collect()));
    let again = room.incidents().iter().filter(|(_, i)| matches!(i, Incident::Resent { .. })).count();
    assert_eq!(again, 7);
    assert_eq!(room.player.state(), PlayerState::Stalled);
}

#[test]
fn nobody_is_to_acknowledge_anything_without_a_connection_and_patience_begins_anew_after_it() {
    let mut config = config(1, PlayerPolicy { reconnect: slow(), ..PlayerPolicy::YAPIT });
    config.timeout = Duration::from_secs(600);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    // It was not acknowledged twice before.
    room.pass_to(20_500);
    room.lose(21_000);
    room.pass_to(59_999);
    assert_eq!(room.asks.len(), 3, "no request is made meanwhile");
    room.pass_to(61_000 + 29_999);
    let asked: Vec<u64> = room.asks.iter().map(|(at, _)| *at).collect();
    assert_eq!(asked, [0, 10_000, 20_000, 61_000, 71_000, 81_000]);
    room.pass_to(91_000);
    assert_eq!(
        room.incidents().last(),
        Some(&(91_000, Incident::GivenUp { block: crate::ids::BlockIdx(0) }))
    );
    assert_eq!(room.outcomes(), [BlockOutcome::Failed(FailureClass::Timeout)]);
    assert_eq!(room.blocks()[0].resends, 5);
}

/// A first try after 40 s, and a time-out that does not come before.
const fn slow() -> Reconnect {
    let wait = Duration::from_secs(40);
    Reconnect::Backoff(Backoff { first: wait, most: wait, ..Backoff::YAPIT })
}

#[test]
fn a_first_dial_that_fails_is_an_outage_from_the_start() {
    let mut room = Room::with(config(1, PlayerPolicy::YAPIT));
    room.connects = false;
    room.input(0, Input::Start);
    room.lose(50);
    room.pass_to(1_050);
    room.lose(1_060);
    room.connects = true;
    room.pass_to(3_060);
    assert_eq!(room.dials, [0, 1_050, 3_060]);
    assert_eq!(room.asks, [(3_060, vec![0])]);
    let late = Incident::Delayed { block: crate::ids::BlockIdx(0), lasted: Duration::from_millis(3_060) };
    assert_eq!(room.incidents(), [(50, outage(3_010, 2, OutageEnd::Reconnected)), (0, late)]);
    room.ready(4_000, 0, 100);
    room.pass_to(9_000);
    assert_eq!((room.blocks()[0].resends, room.end().end), (0, SessionEnd::Completed));
}

#[test]
fn a_connection_is_given_up_after_so_many_tries_and_the_session_with_it() {
    let mut room = Room::started(4, PlayerPolicy::YAPIT_2026_02);
    (0..2).for_each(|block| room.ready(100, block, 60_000));
    room.connects = false;
    room.lose(1_000);
    for at in [2_000, 4_000, 8_000, 16_000, 32_000] {
        room.lose(at);
    }
    assert_eq!(room.dials.len(), 6);
    assert_eq!(room.incidents(), [(1_000, outage(31_000, 5, OutageEnd::GivenUp))]);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Failed(FailureClass::Transport), ms(32_000)));
    assert_eq!(room.errors().len(), 1);
}

#[test]
fn without_reconnecting_a_lost_connection_is_the_end() {
    let mut room = Room::started(4, PlayerPolicy { reconnect: Reconnect::Off, ..PlayerPolicy::YAPIT });
    room.ready(100, 0, 1_000);
    room.lose(200);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport));
    assert_eq!((room.incidents(), room.errors().len()), (vec![], 1));
}

#[test]
fn a_session_that_ends_without_a_connection_says_so_before_its_end() {
    let mut room = Room::started(4, PlayerPolicy::YAPIT);
    room.lose(200);
    room.input(700, Input::Stop);
    assert_eq!(room.incidents(), [(200, outage(500, 0, OutageEnd::SessionEnded))]);
    assert_eq!(room.end().end, SessionEnd::Stopped);
}

#[test]
fn whoever_has_everything_hears_it_to_the_end_while_the_line_is_dead() {
    let mut room = Room::started(2, PlayerPolicy::YAPIT_2026_02);
    (0..2).for_each(|block| room.ready(100, block, 60_000));
    room.connects = false;
    room.lose(1_000);
    for at in [2_000, 4_000, 8_000, 16_000, 32_000] {
        room.lose(at);
    }
    room.pass_to(500_000);
    assert_eq!((room.end().end, room.end().warnings), (SessionEnd::Completed, 1));
}

#[test]
fn silence_is_counted_through_an_outage() {
    let mut config = config(4, PlayerPolicy { reconnect: slow(), ..PlayerPolicy::YAPIT });
    config.timeout = Duration::from_secs(30);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    room.queued(1_000, 0..4);
    room.lose(5_000);
    room.pass_to(90_000);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Failed(FailureClass::Timeout), ms(31_000)));
    assert_eq!(room.incidents(), [(5_000, outage(26_000, 0, OutageEnd::SessionEnded))]);
}

#[test]
fn a_refusal_of_the_session_is_no_lost_connection() {
    let mut room = Room::started(4, PlayerPolicy::YAPIT);
    room.break_session(100);
    assert_eq!((room.end().end, room.dials.len()), (SessionEnd::Failed(FailureClass::Transport), 1));
    let refused = Failure { code: Some(403), ..failure(FailureClass::Auth, Kills::Session) };
    let mut room = Room::started(4, PlayerPolicy::YAPIT);
    room.tell(100, Event::Closed(refused));
    assert_eq!((room.end().end, room.dials.len()), (SessionEnd::Failed(FailureClass::Auth), 1));
}

#[test]
fn a_dial_is_an_order_that_is_given_once() {
    let mut room = Room::started(4, PlayerPolicy::YAPIT);
    room.lose(100);
    let late = room.player.handle_input(ms(9_000), Input::Wake).filter(|o| *o == Output::Dial).count();
    assert_eq!(late, 1);
    assert_eq!(room.player.handle_input(ms(9_500), Input::Wake).count(), 0);
}
