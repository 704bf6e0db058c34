//! Every figure against small runs computed by hand.

#![expect(clippy::float_cmp, reason = "the figures of these runs are exact in binary")]

use crate::facts::{block, cut_block, error, failed_block, session, stall};
use claque_core::{
    event::{FailureClass, FailureScope},
    ids::BlockIdx,
    record::{BlockOutcome, BlockRecord, Fact, ListenerRecord, SessionEnd},
    time::{Duration, Instant, MediaTime},
};
use claque_stats::{CauseScope, RunShape, Summary, summarise};

const ONE_BY_TWO: RunShape = RunShape { users: 1, blocks_per_user: 2 };
const TWO_BY_TWO: RunShape = RunShape { users: 2, blocks_per_user: 2 };

fn summary_of(shape: RunShape, facts: &[Fact]) -> Summary {
    summarise(shape, facts, None)
}

#[test]
fn one_listener_two_blocks_by_hand() {
    // Starts at 1000, stalls 500 before block 1, plays 2 x 2000: ends at 5500.
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        stall(0, 1, 3_000, 500),
        Fact::Block(BlockRecord { started_at: Some(Instant::from_millis(3_500)), ..block(0, 1, 3_500) }),
        Fact::Listener(session(0, Some(1_000), 5_500)),
    ];
    let summary = summary_of(ONE_BY_TWO, &facts);

    assert_eq!(summary.blocks.fraction(), "2/2 blocks");
    assert_eq!(summary.success_pct, Some(100.0));
    assert_eq!(summary.startup_time.unwrap().max_ms, 1_000.0);
    assert_eq!(summary.ttfa.unwrap().max_ms, 1_000.0);
    assert_eq!(summary.first_block.unwrap().max_ms, 1_000.0);
    assert_eq!(summary.synthesis_time.unwrap().max_ms, 2_500.0, "3500 - 1000, of one request");
    assert_eq!(summary.connect_time.unwrap().max_ms, 5.0);
    assert_eq!(summary.audio_played_ms, Some(4_000.0));
    assert_eq!(summary.wall_ms, Some(5_500.0));
    assert_eq!(summary.stalled_time_pct, Some(9.090909), "500 of 1000 + 500 + 4000, to a millionth");
}

#[test]
fn a_stall_that_may_have_been_under_way_at_the_kill_is_not_called_none() {
    let ended = [Fact::Block(block(0, 0, 1_000)), Fact::Listener(session(0, Some(1_000), 5_000))];
    let killed = summary_of(TWO_BY_TWO, &ended);
    assert_eq!((killed.may_lack_stalls(), killed.stalled_time_pct), (true, None));
    let whole = summary_of(ONE_BY_TWO, &ended);
    assert_eq!((whole.may_lack_stalls(), whole.stalled_time_pct), (false, Some(0.0)));
}

#[test]
fn time_in_which_nobody_was_there_is_no_time_of_listening() {
    let from = |listener, intended_ms, ended_ms| {
        let intended_at = Instant::from_millis(intended_ms);
        Fact::Listener(ListenerRecord { intended_at, ..session(listener, None, ended_ms) })
    };
    let four = RunShape { users: 4, blocks_per_user: 2 };
    // Two that overlap, one inside, and after 30 s of nobody another: 10 + 5 s, and not the 45 s of the run.
    let facts = [from(0, 0, 6_000), from(1, 4_000, 10_000), from(2, 5_000, 7_000), from(3, 40_000, 45_000)];
    let summary = summary_of(four, &facts);
    assert_eq!((summary.listening_ms, summary.wall_ms), (Some(15_000.0), Some(45_000.0)));
    assert_eq!(summary_of(four, &[]).listening_ms, None, "nobody tells");
}

#[test]
fn service_time_counts_from_the_request_and_response_time_from_the_want() {
    let late_request = BlockRecord {
        intended_at: Some(Instant::from_millis(1_000)),
        requested_at: Some(Instant::from_millis(1_300)),
        ..block(0, 1, 2_000)
    };
    let summary = summary_of(ONE_BY_TWO, &[Fact::Block(late_request)]);
    assert_eq!(summary.round_trip.unwrap().mean_ms, 700.0);
    assert_eq!(summary.response_time.unwrap().mean_ms, 1_000.0);
}

/// Called ready after a second, and then the audio could not be fetched: only the block that came counts.
#[test]
fn a_block_whose_audio_did_not_arrive_whole_has_no_latency_of_any_kind() {
    let facts = [
        Fact::Block(cut_block(0, 0, 1_000)),
        Fact::Block(block(0, 1, 3_000)),
        Fact::Listener(session(0, Some(3_000), 6_000)),
    ];
    let summary = summary_of(ONE_BY_TWO, &facts);
    assert_eq!(summary.first_block, None, "it never came");
    assert_eq!(summary.ttfa.unwrap().max_ms, 3_000.0);
    assert_eq!(summary.synthesis_time, None, "there is one block, and no gap");
    for times in [summary.round_trip, summary.response_time] {
        assert_eq!(times.unwrap().count, 1);
    }
}

#[test]
fn one_stall_is_one_event_however_long() {
    let facts = [
        Fact::Listener(session(0, Some(1_000), 100_000)),
        Fact::Listener(session(1, Some(1_000), 5_000)),
        stall(0, 1, 3_000, 60_000),
    ];
    let underruns = summary_of(TWO_BY_TWO, &facts).underruns.unwrap();
    assert_eq!((underruns.count, underruns.total_ms, underruns.longest_ms), (1, 60_000.0, 60_000.0));
    assert_eq!((underruns.mean_per_user, underruns.listeners_affected), (0.5, 1));
    assert_eq!(underruns.listeners_affected_pct, 50.0);
}

#[test]
fn a_failure_never_enters_a_latency_and_stays_in_the_denominator() {
    let facts = [
        Fact::Block(block(0, 0, 1_000)),
        Fact::Block(failed_block(0, 1, FailureClass::Server)),
        Fact::Listener(session(0, Some(1_000), 3_000)),
    ];
    let summary = summary_of(ONE_BY_TWO, &facts);
    assert_eq!(summary.success_pct, Some(50.0));
    for figure in [summary.round_trip, summary.response_time] {
        let figure = figure.unwrap();
        assert_eq!((figure.count, figure.max_ms.min(figure.mean_ms) > 0.0), (1, true));
    }
}

#[test]
fn what_was_not_measured_is_absent_and_not_zero() {
    let summary = summary_of(TWO_BY_TWO, &[]);
    let figures = [
        summary.startup_time,
        summary.ttfa,
        summary.first_block,
        summary.round_trip,
        summary.response_time,
        summary.synthesis_time,
        summary.connect_time,
    ];
    assert!(figures.iter().all(Option::is_none));
    assert_eq!((summary.underruns, summary.stalled_time_pct, summary.schedule_lag), (None, None, None));
    assert_eq!((summary.foreign_messages, summary.warnings, summary.wall_ms), (None, None, None));
    assert_eq!(summary.success_pct, Some(0.0), "intended and not delivered is zero percent, not absent");
    assert_eq!((summary.blocks.unreached, summary.listeners.unfinished), (4, 2));
}

#[test]
fn a_listener_that_never_started_waited_all_its_life() {
    let failed =
        ListenerRecord { end: SessionEnd::Failed(FailureClass::Timeout), ..session(1, None, 10_000) };
    let facts =
        [Fact::Listener(session(0, Some(1_000), 10_000)), stall(0, 1, 3_000, 5_000), Fact::Listener(failed)];
    let summary = summary_of(TWO_BY_TWO, &facts);
    assert_eq!(summary.stalled_time_pct, Some(25.0), "5000 of twice 10000");
    assert_eq!(summary.startup_time.unwrap().count, 1, "no startup time was measured for it");
    assert_eq!((summary.listeners.started, summary.listeners.failed), (1, 1));
}

#[test]
fn a_session_without_an_end_is_in_neither_term_of_stalled_time() {
    let facts = [
        Fact::Listener(session(0, Some(1_000), 10_000)),
        stall(0, 1, 3_000, 5_000),
        Fact::Block(block(1, 0, 1_000)),
        stall(1, 1, 3_000, 90_000),
    ];
    let summary = summary_of(TWO_BY_TWO, &facts);
    assert_eq!(summary.stalled_time_pct, Some(50.0));
    assert_eq!(summary.underruns.unwrap().count, 2, "its stall happened all the same");
    assert_eq!((summary.listeners.started, summary.listeners.unfinished), (2, 1));
}

#[test]
fn the_gap_between_two_requests_is_no_synthesis() {
    let second_request = |index, ready_ms| BlockRecord { batch: 1, ..block(0, index, ready_ms) };
    let facts = [
        Fact::Block(block(0, 1, 1_300)),
        Fact::Block(block(0, 0, 1_000)),
        Fact::Block(second_request(2, 61_000)),
        Fact::Block(second_request(3, 61_400)),
        Fact::Block(block(1, 0, 90_000)),
    ];
    let gaps = summary_of(RunShape { users: 2, blocks_per_user: 4 }, &facts).synthesis_time.unwrap();
    assert_eq!((gaps.count, gaps.p50_ms, gaps.max_ms), (2, Some(300.0), 400.0));
}

#[test]
fn blocks_answered_at_once_make_gaps_like_any_other() {
    let facts = [Fact::Block(block(0, 0, 11)), Fact::Block(block(0, 1, 11))];
    let gaps = summary_of(ONE_BY_TWO, &facts).synthesis_time.unwrap();
    assert_eq!((gaps.count, gaps.max_ms), (1, 0.0));
}

#[test]
fn first_audio_is_the_earliest_of_a_listener_in_whatever_order_blocks_arrive() {
    let facts = [
        Fact::Block(block(0, 0, 4_000)),
        Fact::Block(block(0, 1, 1_500)),
        Fact::Listener(session(0, Some(4_000), 9_000)),
    ];
    let summary = summary_of(ONE_BY_TWO, &facts);
    assert_eq!(summary.ttfa.unwrap().max_ms, 1_500.0);
    assert_eq!(summary.first_block.unwrap().max_ms, 4_000.0, "block 0, with which the text begins");
}

#[test]
fn waiting_counts_from_the_intended_start_of_each_listener() {
    let staggered = ListenerRecord {
        intended_at: Instant::from_millis(600),
        launched_at: Instant::from_millis(900),
        ..session(0, Some(1_000), 5_000)
    };
    let summary = summary_of(ONE_BY_TWO, &[Fact::Listener(staggered)]);
    assert_eq!(summary.startup_time.unwrap().max_ms, 400.0);
}

#[test]
fn errors_are_counted_by_cause_over_blocks_and_listeners() {
    let ended = ListenerRecord { end: SessionEnd::Failed(FailureClass::Limit), ..session(1, None, 500) };
    let facts = [
        // The block is recorded before its error, as a journal may hold them.
        Fact::Block(failed_block(0, 0, FailureClass::Server)),
        error(0, FailureClass::Server, "engine failed", FailureScope::Block(BlockIdx(0))),
        Fact::Block(failed_block(1, 0, FailureClass::Limit)),
        Fact::Block(failed_block(1, 1, FailureClass::Limit)),
        error(1, FailureClass::Limit, "please slow down", FailureScope::Session),
        Fact::Listener(ended),
    ];
    let errors = summary_of(TWO_BY_TWO, &facts).errors;
    let rows: Vec<_> = errors
        .iter()
        .map(|row| (row.cause.as_str(), row.scope, row.count, row.blocks, row.listeners))
        .collect();
    assert_eq!(
        rows,
        [
            ("limit: session error", CauseScope::Session, 1, 2, 1),
            ("server: block error", CauseScope::Block, 1, 1, 1)
        ]
    );
    assert_eq!(errors[0].example.as_deref(), Some("please slow down"));
}

#[test]
fn a_failure_is_healed_if_its_block_arrived_after_all() {
    let failure = |block, class| error(0, class, "no", FailureScope::Block(BlockIdx(block)));
    let facts = [
        failure(0, FailureClass::Timeout),
        failure(0, FailureClass::Timeout),
        failure(0, FailureClass::Server),
        failure(1, FailureClass::Server),
        failure(1, FailureClass::Timeout),
        error(0, FailureClass::Limit, "please slow down", FailureScope::Session),
        Fact::Block(block(0, 0, 90_000)),
        Fact::Block(failed_block(0, 1, FailureClass::Timeout)),
        // The same block of another listener is another block.
        Fact::Block(block(1, 1, 1_000)),
    ];
    let summary = summary_of(TWO_BY_TWO, &facts);
    let rows: Vec<_> =
        summary.errors.iter().map(|row| (row.class, row.count, row.healed, row.blocks)).collect();
    assert_eq!(
        rows,
        [
            (FailureClass::Timeout, 3, Some(2), 1),
            (FailureClass::Server, 2, Some(1), 0),
            (FailureClass::Limit, 1, None, 0),
        ]
    );
    assert_eq!(summary.blocks.ok, 2, "what was heard");
}

#[test]
fn a_failure_of_which_only_the_class_is_known_still_has_a_row() {
    let ended = ListenerRecord { end: SessionEnd::Failed(FailureClass::Transport), ..session(0, None, 500) };
    let facts = [Fact::Block(failed_block(1, 0, FailureClass::Timeout)), Fact::Listener(ended)];
    let errors = summary_of(TWO_BY_TWO, &facts).errors;
    let rows: Vec<_> = errors.iter().map(|row| (row.cause.as_str(), row.count, row.blocks)).collect();
    assert_eq!(rows, [("transport: session error", 1, 0), ("timeout: block error", 1, 1)]);
    assert!(errors.iter().all(|row| row.example.is_none()));
}

#[test]
fn skipped_and_unplayed_blocks_were_delivered_and_stopped_ones_were_not() {
    let outcomes = [BlockOutcome::Skipped, BlockOutcome::Unplayed, BlockOutcome::Stopped];
    let facts: Vec<_> = (0..)
        .zip(outcomes)
        .map(|(index, outcome)| {
            let media = match outcome {
                BlockOutcome::Skipped => MediaTime::ZERO,
                BlockOutcome::Played
                | BlockOutcome::Unplayed
                | BlockOutcome::Failed(_)
                | BlockOutcome::Stopped
                | BlockOutcome::Abandoned => MediaTime::from_millis(2_000),
            };
            Fact::Block(BlockRecord { outcome, media, ..block(0, index, 1_000) })
        })
        .collect();
    let summary = summary_of(RunShape { users: 1, blocks_per_user: 4 }, &facts);
    assert_eq!(summary.blocks.fraction(), "2/4 blocks");
    assert_eq!((summary.blocks.stopped, summary.blocks.unreached, summary.blocks.silent), (1, 1, 0));
    assert_eq!(summary.audio_played_ms, Some(0.0), "somebody began to play, and heard no block to its end");
}

#[test]
fn messages_and_connections_are_summed_over_sessions() {
    let talkative = ListenerRecord {
        foreign_messages: 130,
        warnings: 2,
        connect_time: Some(Duration::from_millis(9)),
        ..session(0, Some(1), 2)
    };
    let facts = [
        Fact::Listener(talkative),
        Fact::Listener(ListenerRecord { foreign_messages: 3, ..session(1, Some(1), 2) }),
    ];
    let summary = summary_of(TWO_BY_TWO, &facts);
    assert_eq!((summary.foreign_messages, summary.warnings), (Some(133), Some(2)));
    let connect = summary.connect_time.unwrap();
    assert_eq!((connect.p50_ms, connect.max_ms), (Some(5.0), 9.0));
}
