//! Lost connections, acts of listeners, and what became of the figures by them.

use claque_core::{
    event::FailureClass,
    ids::BlockIdx,
    record::{
        BlockOutcome, BlockRecord, Fact, Incident, Jump, ListenerRecord, OutageEnd, ResendReason, SessionEnd,
    },
    time::Duration,
};
use claque_stats::{ConnectionTrouble, RunShape, Summary, summarise};

use crate::facts::{block, failed_block, incident, outage, session, stall};

const ONE_BY_TEN: RunShape = RunShape { users: 1, blocks_per_user: 10 };

fn summary(facts: &[Fact]) -> Summary {
    summarise(ONE_BY_TEN, facts, None)
}

fn with_player(record: ListenerRecord) -> Fact {
    Fact::Listener(ListenerRecord { playing: Some(Duration::from_secs(1)), blocks: 10, ..record })
}

#[test]
fn where_nobody_reports_incidents_there_is_no_figure_and_where_somebody_would_it_is_zero() {
    let unseen = summary(&[Fact::Listener(session(0, Some(1_000), 9_000))]);
    assert_eq!((unseen.trouble, unseen.resends, unseen.given_up), (None, None, None));
    let seen = summary(&[with_player(session(0, Some(1_000), 9_000))]);
    let nothing = ConnectionTrouble { resends_acknowledged: Some(0), ..ConnectionTrouble::default() };
    assert_eq!((seen.trouble, seen.acts), (Some(nothing), Some(claque_stats::Acts::default())));
    assert_eq!(seen.resends.map(|resends| (resends.count, resends.blocks_pct)), Some((0, Some(0.0))));
    assert_eq!(seen.given_up.map(|given_up| (given_up.count, given_up.blocks_pct)), Some((0, Some(0.0))));
}

#[test]
fn stalls_belong_to_an_outage_by_time_or_by_block_and_to_nothing_else() {
    let again = |block| Incident::Resent { block: BlockIdx(block), why: ResendReason::Reconnected };
    let late = |block| Incident::Delayed { block: BlockIdx(block), lasted: Duration::from_millis(700) };
    let facts = [
        stall(0, 1, 1_000, 500),
        // Over, but the blocks it held up are still awaited.
        stall(0, 5, 4_500, 100),
        stall(0, 6, 4_800, 50),
        stall(0, 7, 9_000, 30),
        stall(1, 3, 3_200, 40),
        outage(0, 3_000, 1_000, OutageEnd::Reconnected),
        outage(0, 1_400, 50, OutageEnd::Reconnected),
        incident(0, 4_000, again(5)),
        incident(0, 3_300, late(6)),
    ];
    let trouble = summary(&facts).trouble.unwrap();
    assert_eq!(
        (trouble.outages, trouble.reconnects, trouble.tries, trouble.listeners_affected),
        (2, 2, 2, 1)
    );
    assert_eq!((trouble.outage_ms_total, trouble.outage_ms_longest), (1_050.0, 1_000.0));
    assert_eq!((trouble.resends(), trouble.blocks_delayed), (1, 1));
    assert_eq!((trouble.stalls, trouble.stall_ms_total), (3, 650.0));
}

#[test]
fn outages_without_a_return_and_blocks_given_up_are_counted() {
    let facts = [
        outage(0, 0, 500, OutageEnd::GivenUp),
        outage(1, 0, 500, OutageEnd::SessionEnded),
        incident(0, 10, Incident::GivenUp { block: BlockIdx(1) }),
        incident(0, 5, overdue(1, None)),
        incident(0, 6, Incident::Resent { block: BlockIdx(1), why: ResendReason::Withdrawn }),
    ];
    let trouble = summary(&facts).trouble.unwrap();
    assert_eq!((trouble.reconnects, trouble.connections_given_up, trouble.blocks_given_up), (0, 1, 1));
    assert_eq!((trouble.resends_unacknowledged, trouble.resends_withdrawn), (1, 1));
}

/// A block that was waited for too long is asked for again.
fn overdue(block: u32, acknowledged: Option<bool>) -> Incident {
    Incident::Resent { block: BlockIdx(block), why: ResendReason::Overdue { acknowledged } }
}

#[test]
fn a_block_is_counted_once_however_often_it_was_asked_for_again() {
    let given_up = |block| Incident::GivenUp { block: BlockIdx(block) };
    let abandoned = BlockRecord { outcome: BlockOutcome::Abandoned, ..block(0, 3, 0) };
    let facts = [
        incident(0, 20_000, overdue(1, Some(true))),
        incident(0, 30_000, overdue(1, Some(false))),
        incident(0, 20_000, overdue(2, Some(true))),
        incident(0, 21_000, overdue(3, Some(true))),
        incident(1, 20_000, overdue(1, Some(true))),
        incident(0, 60_000, given_up(1)),
        incident(0, 99_000, given_up(1)),
        incident(0, 60_000, given_up(2)),
        Fact::Block(block(0, 1, 150_000)),
        Fact::Block(failed_block(0, 2, FailureClass::Timeout)),
        // No share counts what a listener jumped over.
        Fact::Block(abandoned),
        with_player(session(0, Some(1_000), 200_000)),
    ];
    let seen = summary(&facts);
    let resends = seen.resends.unwrap();
    assert_eq!((resends.count, resends.blocks), (5, 4));
    assert_eq!(seen.blocks.wanted(), 9);
    assert_eq!(resends.blocks_pct.unwrap().to_string(), "33.333333", "3 of 9");
    let given_up = seen.given_up.unwrap();
    assert_eq!((given_up.count, given_up.blocks, given_up.healed), (3, 2, 1));
    let trouble = seen.trouble.unwrap();
    assert_eq!((trouble.resends_unacknowledged, trouble.resends_acknowledged), (5, Some(4)));
}

#[test]
fn whether_a_service_had_acknowledged_is_not_said_of_files_that_do_not_say_it_of_all() {
    let facts = [incident(0, 20_000, overdue(1, Some(true))), incident(0, 30_000, overdue(2, None))];
    let trouble = summary(&facts).trouble.unwrap();
    assert_eq!((trouble.resends_unacknowledged, trouble.resends_acknowledged), (2, None));
}

#[test]
fn a_wait_that_begins_with_a_jump_is_the_listeners_own() {
    let facts = [
        incident(0, 2_000, Incident::Jumped { from: BlockIdx(0), to: BlockIdx(7), how: Jump::Seek }),
        incident(0, 3_000, Incident::Jumped { from: BlockIdx(7), to: BlockIdx(8), how: Jump::Skip }),
        incident(0, 4_000, Incident::VoiceChanged { block: BlockIdx(8) }),
        incident(0, 6_000, Incident::Paused { lasted: Duration::from_millis(1_500) }),
        stall(0, 7, 2_000, 400),
        stall(0, 8, 4_000, 200),
        stall(0, 9, 5_000, 100),
        outage(0, 2_000, 100, OutageEnd::Reconnected),
        Fact::Block(block(0, 7, 2_400)),
        with_player(ListenerRecord {
            paused: Duration::from_millis(1_500),
            ..session(0, Some(1_000), 15_500)
        }),
    ];
    let seen = summary(&facts);
    let acts = seen.acts.unwrap();
    assert_eq!((acts.seeks, acts.skips, acts.voice_changes, acts.pauses), (1, 1, 1, 1));
    assert_eq!((acts.paused_ms_total, acts.stalls, acts.stall_ms_total), (1_500.0, 2, 600.0));
    assert_eq!(seen.trouble.unwrap().stalls, 0);
    assert_eq!(seen.underruns.unwrap().count, 3, "a stall is an underrun, whatever it came of");
    // 0.7 s of 14 s: the pause is none of them.
    assert_eq!(seen.stalled_time_pct, Some(5.0));
    // Nine blocks were jumped over.
    assert_eq!((seen.blocks.forgone, seen.blocks.unreached, seen.success_pct), (9, 0, Some(100.0)));
    assert_eq!(seen.blocks.fraction(), "1/1 blocks");
}

#[test]
fn whoever_hangs_up_forgoes_the_rest_and_has_neither_failed_nor_been_stopped() {
    let abandoned = BlockRecord { ready_at: None, outcome: BlockOutcome::Abandoned, ..block(0, 2, 0) };
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        Fact::Block(BlockRecord { outcome: BlockOutcome::Unplayed, ..block(0, 1, 1_000) }),
        Fact::Block(abandoned),
        incident(0, 2_000, Incident::HungUp { block: BlockIdx(1) }),
        with_player(ListenerRecord { end: SessionEnd::HungUp, ..session(0, Some(1_000), 2_000) }),
    ];
    let seen = summary(&facts);
    assert_eq!((seen.listeners.hung_up, seen.listeners.unfinished, seen.listeners.failed), (1, 0, 0));
    assert_eq!((seen.blocks.forgone, seen.blocks.unreached), (8, 0));
    assert_eq!(seen.success_pct, Some(100.0));
    assert_eq!(seen.acts.unwrap().hang_ups, 1);
    let verdict = claque_stats::Verdict::judge(&seen);
    assert_eq!(verdict.reasons, [], "hanging up is no reason against the figures");
}

#[test]
fn a_block_missing_from_a_session_without_jumps_is_not_forgone() {
    let seen = summary(&[Fact::Block(block(0, 0, 1_000)), with_player(session(0, Some(1_000), 9_000))]);
    assert_eq!((seen.blocks.forgone, seen.blocks.unreached), (0, 9));
}
