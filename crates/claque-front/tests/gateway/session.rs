//! What connections are told: refusals in each era's words, limits, skipped blocks, pacing, cross-talk.

use claque_core::time::{Duration, Instant};
use claque_front::yapit::gateway::{BlockStatus, CrossTalk, GatewayConfig, Input, Request};
use claque_gateway::{ConnId, DocumentId};

use crate::stage::{Stage, one_worker};

#[test]
fn each_era_refuses_in_its_own_words() {
    let words = |config: GatewayConfig| {
        let mut stage = Stage::new(config);
        let document = stage.document("a", "tea", 1);
        stage.connect(0, 1, "a");
        stage.connect(0, 2, "b");
        stage.ask_model(0, 1, document, &[0], ("x", "af_heart"));
        stage.ask_model(0, 1, document, &[0], ("kokoro", "y"));
        stage.ask(0, 2, document, &[0]);
        assert_eq!(stage.errors(2), ["Document not found or access denied"]);
        stage.errors(1)
    };
    let early = words(GatewayConfig::feb_2026());
    assert_eq!(early, ["Model 'x' not found", "Voice 'y' not found for model 'kokoro'"]);
    let current = words(GatewayConfig::current());
    assert_eq!(current, ["TTSModel 'x' not found", "Voice 'y' not configured for model 'kokoro'"]);
}

/// Whether there is anything to speak is found out by who tries: a worker.
#[test]
fn blocks_that_do_not_exist_are_skipped_at_once_and_those_that_say_nothing_once_a_worker_has_tried() {
    let mut stage = Stage::new(one_worker());
    let caller =
        claque_front::yapit::gateway::Caller { user: crate::stage::user("a"), address: "test".to_owned() };
    let document = stage.gateway.create_document(Instant::START, &caller, "One.\n\n…", None);
    let document = document.expect("the text is fine").id;
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[99, -1, 1]);
    assert_eq!(stage.times(1, BlockStatus::Skipped), [(0, 99), (0, -1)]);
    assert_eq!(stage.times(1, BlockStatus::Queued), [(0, 1)]);
    stage.run_until(10_000);
    assert_eq!(stage.times(1, BlockStatus::Skipped)[2..], [(1_000, 1)]);
    stage.ask(10_000, 1, document, &[1]);
    stage.run_until(20_000);
    assert_eq!(stage.times(1, BlockStatus::Skipped)[3..], [(11_000, 1)], "nobody remembers it");
    assert_eq!(stage.statuses().len(), 6);
}

/// A block that is asked for again while it is being made: the player's re-send.
#[test]
fn every_request_is_answered_queued_once_and_a_second_one_makes_no_second_job() {
    let mut stage = Stage::new(one_worker());
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1, 2]);
    for at in [500, 1_500, 2_500] {
        stage.run_until(at);
        stage.ask(at, 1, document, &[2]);
    }
    stage.run_until(60_000);
    let queued = [(0, 0), (0, 1), (0, 2), (500, 2), (1_500, 2), (2_500, 2)];
    assert_eq!(stage.times(1, BlockStatus::Queued), queued);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0), (2_000, 1), (3_000, 2)]);
    assert_eq!(stage.times(1, BlockStatus::Processing), []);
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.served, stats.joined), (3, 3));
}

#[test]
fn no_indices_are_answered_by_nothing_and_duplicates_each() {
    let mut stage = Stage::new(one_worker());
    let document = stage.document("a", "tea", 1);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[]);
    assert!(stage.seen.is_empty());
    stage.ask(0, 1, document, &[0, 0]);
    stage.run_until(10_000);
    assert_eq!(stage.times(1, BlockStatus::Queued), [(0, 0), (0, 0)]);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)], "one subscriber hears once");
    stage.ask(10_000, 1, document, &[0, 0]);
    assert_eq!(stage.times(1, BlockStatus::Cached)[1..], [(10_000, 0), (10_000, 0)]);
}

#[test]
fn the_current_limit_counts_blocks_and_the_old_one_messages() {
    let flood = |config: GatewayConfig, messages: usize| {
        let mut stage = Stage::new(config);
        let document = stage.document("a", "tea", 32);
        stage.connect(0, 1, "a");
        for _ in 0..messages {
            stage.ask(0, 1, document, &(0..32).collect::<Vec<_>>());
        }
        let refused = stage.errors(1);
        assert!(refused.iter().all(|text| text == "Rate limit exceeded. Please slow down."));
        stage.ask(60_000, 1, document, &[0]);
        assert_eq!(stage.errors(1).len(), refused.len(), "another minute, another window");
        refused.len()
    };
    assert_eq!(flood(GatewayConfig::current(), 11), 2);
    assert_eq!(flood(GatewayConfig::feb_2026(), 11), 0);
    assert_eq!(flood(GatewayConfig::feb_2026(), 302), 2);
}

#[test]
fn a_slow_door_admits_the_blocks_of_a_connection_one_by_one_and_a_jump_waits_its_turn() {
    let config = GatewayConfig { accept_interval: Duration::from_millis(10), ..one_worker() };
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 4);
    let other = stage.document("b", "coffee", 1);
    stage.connect(0, 1, "a");
    stage.connect(0, 2, "b");
    stage.ask(0, 1, document, &[0, 1]);
    stage.request(0, 1, Request::CursorMoved { document, cursor: 3 });
    stage.ask(0, 1, document, &[3]);
    stage.ask(5, 2, other, &[0]);
    stage.run_until(50);
    assert_eq!(stage.times(1, BlockStatus::Queued), [(10, 0), (20, 1), (30, 3)]);
    assert_eq!(stage.times(2, BlockStatus::Queued), [(15, 0)], "doors are each connection's own");
    assert_eq!(stage.evicted(1), [vec![0, 1]]);
}

#[test]
fn with_cross_talk_every_connection_of_the_user_hears_every_result_and_its_own_answers() {
    let mut stage = Stage::new(GatewayConfig { cross_talk: CrossTalk::PerUser, ..one_worker() });
    let (first, second) = (stage.document("a", "tea", 1), stage.document("a", "coffee", 1));
    for conn in 1..=3 {
        stage.connect(0, conn, if conn == 3 { "b" } else { "a" });
    }
    stage.ask(0, 1, first, &[0]);
    stage.ask(0, 2, second, &[0]);
    stage.run_until(10_000);
    let heard = |conn: u64, kind: BlockStatus| -> Vec<DocumentId> {
        let statuses = stage.statuses().into_iter().filter(|(_, to, _)| *to == conn);
        statuses.filter(|(_, _, said)| said.status == kind).map(|(_, _, said)| said.document).collect()
    };
    let results = [1, 2, 3].map(|conn| heard(conn, BlockStatus::Cached));
    assert_eq!(results, [vec![first, second], vec![first, second], vec![]]);
    let answers = [1, 2, 3].map(|conn| heard(conn, BlockStatus::Queued));
    assert_eq!(answers, [vec![first], vec![second], vec![]]);
}

/// Results are of a document: whoever of its owner's connections has asked for something of it hears them all.
#[test]
fn a_connection_hears_results_that_another_asked_for_once_it_has_asked_for_something_of_the_document() {
    let mut stage = Stage::new(one_worker());
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1, 2]);
    stage.input(500, Input::Disconnected { conn: ConnId(1) });
    stage.connect(600, 2, "a");
    stage.run_until(1_500);
    assert_eq!(stage.times(2, BlockStatus::Cached), [], "it has asked for nothing yet");
    stage.ask(1_500, 2, document, &[0]);
    stage.run_until(60_000);
    assert_eq!(stage.times(2, BlockStatus::Cached), [(1_500, 0), (2_000, 1), (3_000, 2)]);
}

/// So does a jump: it withdraws what the owner still waits for, whoever asked.
#[test]
fn a_jump_withdraws_what_was_asked_for_over_an_earlier_connection() {
    let mut stage = Stage::new(one_worker());
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.connect(0, 3, "b");
    stage.ask(0, 1, document, &[0, 1, 2]);
    stage.input(500, Input::Disconnected { conn: ConnId(1) });
    stage.request(550, 3, Request::CursorMoved { document, cursor: 0 });
    stage.connect(600, 2, "a");
    stage.request(700, 2, Request::CursorMoved { document, cursor: 0 });
    assert_eq!((stage.evicted(2), stage.evicted(3)), (vec![vec![0, 1, 2]], vec![]));
}

#[test]
fn who_hangs_up_hears_nothing_but_the_audio_is_made() {
    let mut stage = Stage::new(one_worker());
    let document = stage.document("a", "tea", 2);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1]);
    stage.input(500, Input::Disconnected { conn: ConnId(1) });
    stage.run_until(10_000);
    assert!(stage.times(1, BlockStatus::Cached).is_empty());
    stage.connect(10_000, 2, "a");
    stage.ask(10_000, 2, document, &[0, 1]);
    assert_eq!(stage.times(2, BlockStatus::Cached), [(10_000, 0), (10_000, 1)]);
    assert_eq!(stage.gateway.stats().connections, 1);
}

#[test]
fn a_spent_account_is_refused_for_good_and_what_is_there_already_costs_nothing() {
    let mut stage = Stage::new(GatewayConfig { usage_limit: Some(40), ..one_worker() });
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    // 15 characters each: the third is one too many.
    stage.ask(0, 1, document, &[0, 1, 2]);
    let (_, _, refused) = stage.statuses().pop().unwrap();
    assert_eq!((refused.block, refused.status, refused.recoverable), (2, BlockStatus::Error, false));
    assert_eq!(refused.error.as_deref(), Some("Usage limit exceeded"));
    stage.run_until(5_000);
    stage.ask(6_000, 1, document, &[0]);
    assert_eq!(stage.statuses().pop().unwrap().2.status, BlockStatus::Cached);
    let other = stage.document("b", "tea", 3);
    stage.connect(6_000, 2, "b");
    stage.ask(6_000, 2, other, &[2]);
    assert_eq!(stage.times(2, BlockStatus::Error), []);
}
