//! A connection that is lost: what goes on, what is asked for again, and when it is given up.

use super::room::{Room, config, failure, ms};
use crate::{
    event::{Event, Failure, FailureClass, FailureScope, StatusKind},
    player::{Backoff, Input, Output, PlayerPolicy, PlayerState, Reconnect},
    record::{BlockOutcome, Incident, OutageEnd, ResendReason, SessionEnd},
    time::Duration,
};

fn outage(lasted: u64, tries: u32, end: OutageEnd) -> Incident {
    let failure = failure(FailureClass::Transport, FailureScope::Session);
    Incident::Outage { lasted: Duration::from_millis(lasted), tries, end, failure }
}

fn resent(block: u32, why: ResendReason) -> Incident {
    Incident::Resent { block: crate::ids::BlockIdx(block), why }
}

#[test]
fn a_lost_connection_is_dialled_after_a_second_and_all_that_is_pending_asked_for_in_one_message() {
    let mut room = Room::started(12, PlayerPolicy { refill_threshold: 4, ..PlayerPolicy::WEB });
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
    let mut room = Room::started(2, PlayerPolicy::WEB);
    room.ready(100, 0, 500);
    room.lose(200);
    room.queued(1_300, 1..2);
    room.ready(2_000, 1, 500);
    room.pass_to(9_000);
    assert_eq!(room.stalls(), [(1, 600, 1_400)]);
    assert_eq!(room.incidents()[0], (200, outage(1_000, 1, OutageEnd::Reconnected)));
}

#[test]
fn what_is_wanted_while_there_is_no_connection_goes_first_and_then_all_that_is_pending() {
    let mut room = Room::started(20, PlayerPolicy::WEB);
    room.queued(5, 0..8);
    room.connects = false;
    room.lose(10);
    room.ready(20, 0, 100);
    room.pass_to(1_010);
    assert_eq!((room.dials.len(), room.asks.len()), (2, 1));
    room.tell(1_500, Event::Dialed { connect: Duration::from_millis(490) });
    assert_eq!(room.asks[1..], [(1_500, (8..16).collect()), (1_500, (1..16).collect())]);
    let incidents = room.incidents();
    let again = incidents.iter().filter(|(_, i)| matches!(i, Incident::Resent { .. })).count();
    let late = incidents.iter().filter(|(at, i)| *at == 20 && matches!(i, Incident::Delayed { .. })).count();
    assert_eq!((again, late), (15, 8));
    assert_eq!(room.player.state(), PlayerState::Stalled);
}

#[test]
fn a_request_without_a_connection_comes_to_nothing_in_the_oldest_player() {
    let mut room =
        Room::started(3, PlayerPolicy { min_buffer: 1, batch_size: 1, ..PlayerPolicy::WEB_2026_02_05 });
    room.lose(10);
    room.ready(20, 0, 100);
    room.pass_to(3_000);
    assert_eq!((room.asks.len(), room.end().end), (1, SessionEnd::Completed));
    let lost = BlockOutcome::Failed(FailureClass::Transport);
    assert_eq!(room.outcomes(), [BlockOutcome::Played, lost, lost]);
}

#[test]
fn patience_runs_out_through_an_outage_and_begins_anew_after_it() {
    let policy = PlayerPolicy { min_buffer: 1, reconnect: slow(), ..PlayerPolicy::WEB_2026_02_11 };
    let mut config = config(2, policy);
    config.timeout = Duration::from_secs(600);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    room.pass_to(10_500);
    room.lose(11_000);
    room.pass_to(30_000);
    assert_eq!(room.asks.len(), 3, "nothing is asked for meanwhile");
    let given_up = |block| (30_000, Incident::GivenUp { block: crate::ids::BlockIdx(block) });
    assert_eq!(room.incidents()[2..], [given_up(0), given_up(1)]);
    // This player's start buffer never fills; the listener's time-out is its bound.
    room.pass_to(700_000);
    assert_eq!(room.end().ended_at, ms(600_000));
}

/// A first try after 40 s, and a time-out that does not come before.
const fn slow() -> Reconnect {
    let wait = Duration::from_secs(40);
    Reconnect::Backoff(Backoff { first: wait, most: wait, ..Backoff::WEB })
}

#[test]
fn a_first_dial_that_fails_is_an_outage_from_the_start() {
    let mut room = Room::with(config(1, PlayerPolicy::WEB));
    room.connects = false;
    room.input(0, Input::Start);
    room.lose(50);
    room.pass_to(1_050);
    room.lose(1_060);
    room.connects = true;
    room.pass_to(3_060);
    assert_eq!(room.dials, [0, 1_050, 3_060]);
    // Play was pressed when the first dial failed.
    assert_eq!(room.asks, [(3_060, vec![0]), (3_060, vec![0])]);
    let block = crate::ids::BlockIdx(0);
    let late = Incident::Delayed { block, lasted: Duration::from_millis(3_010) };
    let expected = [
        (50, outage(3_010, 2, OutageEnd::Reconnected)),
        (50, late),
        (3_060, resent(0, ResendReason::Reconnected)),
    ];
    assert_eq!(room.incidents(), expected);
    room.ready(4_000, 0, 100);
    room.pass_to(9_000);
    assert_eq!((room.blocks()[0].resends, room.end().end), (1, SessionEnd::Completed));
    assert_eq!(room.blocks()[0].intended_at, Some(ms(0)));
}

#[test]
fn a_connection_is_given_up_after_so_many_tries_and_what_is_there_is_played() {
    let mut config = config(4, PlayerPolicy::WEB_2026_02_07);
    config.timeout = Duration::from_secs(300);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    (0..2).for_each(|block| room.ready(100, block, 60_000));
    room.connects = false;
    room.lose(1_000);
    for at in [2_000, 4_000, 8_000, 16_000, 32_000] {
        room.lose(at);
    }
    assert_eq!(room.dials.len(), 6);
    assert_eq!(room.incidents(), [(1_000, outage(31_000, 5, OutageEnd::GivenUp))]);
    room.pass_to(119_000);
    assert_eq!(room.player.state(), PlayerState::Playing);
    room.pass_to(900_000);
    // Nobody is there who could send the rest: each block is waited for as long as patience lasts, and lost with the line.
    let end = room.end();
    assert_eq!((end.end, end.playing), (SessionEnd::Completed, Some(Duration::from_secs(120))));
    let given_up = BlockOutcome::Failed(FailureClass::Transport);
    assert_eq!(room.outcomes(), [BlockOutcome::Played, BlockOutcome::Played, given_up, given_up]);
    assert_eq!(room.stalls(), [(2, 120_100, 180_000)]);
}

#[test]
fn without_reconnecting_a_lost_connection_is_the_end() {
    let mut room = Room::started(4, PlayerPolicy { reconnect: Reconnect::Off, ..PlayerPolicy::WEB });
    room.ready(100, 0, 1_000);
    room.lose(200);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport));
    assert_eq!((room.incidents(), room.errors().len()), (vec![], 1));
}

#[test]
fn a_session_that_ends_without_a_connection_says_so_before_its_end() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    room.lose(200);
    room.input(700, Input::Stop);
    assert_eq!(room.incidents(), [(200, outage(500, 0, OutageEnd::SessionEnded))]);
    assert_eq!(room.end().end, SessionEnd::Stopped);
}

#[test]
fn whoever_has_everything_hears_it_to_the_end_while_the_line_is_dead() {
    let mut room = Room::started(2, PlayerPolicy::WEB_2026_02_07);
    (0..2).for_each(|block| room.ready(100, block, 60_000));
    room.connects = false;
    room.lose(1_000);
    for at in [2_000, 4_000, 8_000, 16_000, 32_000] {
        room.lose(at);
    }
    room.pass_to(500_000);
    assert_eq!((room.end().end, room.errors().len()), (SessionEnd::Completed, 0));
}

#[test]
fn silence_is_counted_through_an_outage_and_told_as_that() {
    let mut config = config(4, PlayerPolicy { reconnect: slow(), ..PlayerPolicy::WEB });
    config.timeout = Duration::from_secs(30);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    room.queued(1_000, 0..4);
    room.lose(5_000);
    room.pass_to(90_000);
    let end = room.end();
    assert_eq!((end.end, end.ended_at), (SessionEnd::Failed(FailureClass::Transport), ms(31_000)));
    assert_eq!(room.incidents(), [(5_000, outage(26_000, 0, OutageEnd::SessionEnded))]);
}

/// However short the time-out is: the connection is open at that very moment.
#[test]
fn a_service_that_closes_each_connection_is_told_as_that_and_not_as_silence() {
    let mut config = config(4, PlayerPolicy::WEB);
    config.timeout = Duration::from_millis(1_100);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    room.lose(50);
    room.pass_to(9_000);
    assert_eq!(room.dials, [0, 1_050]);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport));
    assert_eq!(room.errors()[0].failure.text, "the server's own words");
}

#[test]
fn a_service_that_says_nothing_on_a_connection_that_stands_is_silent() {
    let mut config = config(4, PlayerPolicy::WEB);
    config.timeout = Duration::from_secs(30);
    let mut room = Room::with(config);
    room.input(0, Input::Start);
    room.lose(50);
    room.pass_to(90_000);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Timeout));
}

#[test]
fn a_refusal_of_the_session_is_no_lost_connection() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    room.break_session(100);
    assert_eq!((room.end().end, room.dials.len()), (SessionEnd::Failed(FailureClass::Transport), 1));
}

#[test]
fn a_refused_handshake_is_dialled_again_as_a_browser_does() {
    let mut room = Room::with(config(4, PlayerPolicy::WEB));
    room.connects = false;
    room.input(0, Input::Start);
    let refused = Failure { code: Some(403), ..failure(FailureClass::Auth, FailureScope::Session) };
    room.tell(100, Event::Closed(refused));
    room.pass_to(1_100);
    assert_eq!(room.dials, [0, 1_100]);
}

#[test]
fn a_dial_is_an_order_that_is_given_once() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    room.lose(100);
    let late = room.player.handle_input(ms(9_000), Input::Wake).filter(|o| *o == Output::Dial).count();
    assert_eq!(late, 1);
    assert_eq!(room.player.handle_input(ms(9_500), Input::Wake).count(), 0);
}

/// Each connection that opens begins tries anew, so only the listener's own patience ends this.
#[test]
fn a_service_that_breaks_every_connection_before_a_word_is_not_listened_to_for_ever() {
    let mut room = Room::started(4, PlayerPolicy::WEB);
    for second in 0..70 {
        room.lose(second * 1_000 + 500);
    }
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport));
    assert_eq!(room.end().ended_at, ms(60_000));
}

#[test]
fn a_short_text_is_not_had_before_it_was_asked_for() {
    let mut room = Room::with(config(2, PlayerPolicy { reconnect: Reconnect::Off, ..PlayerPolicy::WEB }));
    room.connects = false;
    room.input(0, Input::Start);
    room.lose(50);
    assert_eq!(room.end().end, SessionEnd::Failed(FailureClass::Transport));
    assert_eq!(room.outcomes(), [BlockOutcome::Failed(FailureClass::Transport); 2]);
    assert!(room.blocks().iter().all(|block| block.requested_at.is_none()));
}
