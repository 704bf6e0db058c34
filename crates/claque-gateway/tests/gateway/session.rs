//! What connections are told: refusals in each era's words, limits, skipped blocks, pacing, cross-talk.

use claque_core::time::{Duration, Instant};
use claque_gateway::{BlockStatus, ConnId, CrossTalk, DocumentId, GatewayConfig, Input, Request};

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

#[test]
fn blocks_that_do_not_exist_or_say_nothing_are_skipped() {
    let mut stage = Stage::new(one_worker());
    let caller = claque_gateway::Caller { user: crate::stage::user("a"), address: "test".to_owned() };
    let document = stage.gateway.create_document(Instant::START, &caller, "One.\n\n…", None);
    let document = document.expect("the text is fine").id;
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[99, -1, 1]);
    assert_eq!(stage.times(1, BlockStatus::Skipped), [(0, 99), (0, -1), (0, 1)]);
    assert_eq!(stage.statuses().len(), 3);
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
fn with_cross_talk_every_connection_of_the_user_hears_everything() {
    let mut stage = Stage::new(GatewayConfig { cross_talk: CrossTalk::PerUser, ..one_worker() });
    let (first, second) = (stage.document("a", "tea", 1), stage.document("a", "coffee", 1));
    for conn in 1..=3 {
        stage.connect(0, conn, if conn == 3 { "b" } else { "a" });
    }
    stage.ask(0, 1, first, &[0]);
    stage.ask(0, 2, second, &[0]);
    stage.run_until(10_000);
    let heard = |conn: u64| -> Vec<DocumentId> {
        let statuses = stage.statuses().into_iter().filter(|(_, to, _)| *to == conn);
        statuses.filter(|(_, _, s)| s.status == BlockStatus::Cached).map(|(_, _, s)| s.document).collect()
    };
    assert_eq!((heard(1), heard(2), heard(3)), (vec![first, second], vec![first, second], vec![]));
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
