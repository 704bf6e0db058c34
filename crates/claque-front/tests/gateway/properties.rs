//! What must hold whatever happens.

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant};
use claque_front::yapit::gateway::{BlockStatus, GatewayConfig, Input, Request};
use claque_gateway::Workers;
use proptest::prelude::*;

use crate::stage::{Stage, one_worker};

/// One message: when, which connection, which blocks; without blocks it is a jump. Connections 0 and 1 read the
/// same text.
type Message = (u64, u64, Vec<i64>);

fn messages() -> impl Strategy<Value = Vec<Message>> {
    let message = (0_u64..40_000, 0_u64..4, prop::collection::vec(-1_i64..14, 0..9));
    prop::collection::vec(message, 1..12).prop_map(|mut messages| {
        messages.sort();
        messages
    })
}

/// The same without jumps.
fn questions() -> impl Strategy<Value = Vec<Message>> {
    messages().prop_map(|mut messages| {
        messages.retain(|(_, _, blocks)| !blocks.is_empty());
        messages
    })
}

/// Noisy times, three workers that are lost after 4 s, overflow from 6 s on: everything happens.
fn lively(accept_ms: u64) -> GatewayConfig {
    let early = GatewayConfig::feb_2026();
    let mut config = GatewayConfig { accept_interval: Duration::from_millis(accept_ms), ..one_worker() };
    config.models[0].workers = Workers::Pull(3);
    config.models[0].service = early.models[1].service;
    if let claque_gateway::ServiceModel::PerChar { overhead, sigma, .. } = &mut config.models[0].service {
        (*overhead, *sigma) = (Duration::from_secs(3), 0.5);
    }
    config.pipeline.overflow = early.pipeline.overflow;
    config.pipeline.visibility_timeout = Duration::from_secs(4);
    config.pipeline.visibility_scan = Duration::from_secs(2);
    if let Some(overflow) = &mut config.pipeline.overflow {
        (overflow.threshold, overflow.failure_share) = (Duration::from_secs(6), 0.3);
    }
    config
}

/// Plays the messages; the driver also wakes the gateway at `wakes`, and only then if `lazy`.
fn play(config: GatewayConfig, messages: &[Message], wakes: &[u64], lazy: bool) -> Stage {
    let mut stage = Stage::new(config);
    let topics = ["tea", "tea", "coffee", "milk"];
    let documents: Vec<_> = topics.iter().map(|topic| stage.document("a", topic, 12)).collect();
    for conn in 0..4 {
        stage.connect(0, conn, "a");
    }
    let mut wakes: Vec<u64> = wakes.to_vec();
    wakes.sort_unstable();
    let mut wakes = wakes.into_iter().peekable();
    for (at, conn, blocks) in messages {
        while let Some(wake) = wakes.next_if(|wake| wake <= at) {
            stage.input(wake, Input::Wake);
        }
        if !lazy {
            stage.run_until(*at);
        }
        let document = documents[usize::try_from(*conn).expect("four connections")];
        if blocks.is_empty() {
            let cursor = i64::try_from(at % 12).expect("below twelve");
            stage.request(*at, *conn, Request::CursorMoved { document, cursor });
        } else {
            stage.ask(*at, *conn, document, blocks);
        }
    }
    stage.run_until(10_000_000);
    stage
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn late_and_extra_wakes_change_nothing(messages in messages(), wakes in prop::collection::vec(0_u64..60_000, 0..20), accept in 0_u64..20) {
        let punctual = play(lively(accept), &messages, &[], false);
        let nervous = play(lively(accept), &messages, &wakes, false);
        prop_assert_eq!(&punctual.seen, &nervous.seen);
        let lazy = play(lively(accept), &messages, &wakes, true);
        prop_assert_eq!(&punctual.seen, &lazy.seen);
    }

    #[test]
    fn every_admitted_block_gets_exactly_one_final_notice(messages in questions()) {
        let stage = play(lively(0), &messages, &[], false);
        // A block is open from its first `queued` until its one final notice; a cached or skipped one never opens.
        let mut open: BTreeMap<_, bool> = BTreeMap::new();
        for (at, conn, status) in stage.statuses() {
            let just_asked = messages.iter().any(|(sent, by, _)| at == *sent && conn == *by);
            let is_open = open.entry((conn, status.document, status.block)).or_default();
            match status.status {
                BlockStatus::Queued => *is_open = true,
                BlockStatus::Processing => prop_assert!(false, "never sent"),
                BlockStatus::Cached | BlockStatus::Error => {
                    prop_assert!(*is_open || just_asked, "told twice");
                    *is_open = false;
                }
                BlockStatus::Skipped => prop_assert!(!*is_open),
            }
        }
        prop_assert!(open.values().all(|is_open| !is_open), "{open:?}");
        let answered: usize = messages.iter().map(|(_, _, blocks)| blocks.len()).sum();
        let at_once = stage.statuses().iter().filter(|(at, conn, _)| messages.iter().any(|(sent, by, _)| at == sent && by == conn)).count();
        prop_assert!(at_once >= answered, "each index is answered at once: {at_once} of {answered}");
        let stats = stage.gateway.stats().pipeline;
        prop_assert_eq!((stats.queued, stats.busy_workers, stats.overflowing), (0, 0, 0));
    }

    #[test]
    fn nothing_is_made_twice_and_the_oldest_goes_first(messages in questions()) {
        let stage = play(one_worker(), &messages, &[], false);
        let mut made = BTreeMap::new();
        let mut order = Vec::new();
        for (at, _, status) in stage.statuses() {
            let Some(variant) = status.variant else { continue };
            match status.status {
                BlockStatus::Queued => {
                    prop_assert!(!made.contains_key(&variant), "queued although it is there");
                    if !order.contains(&variant) {
                        order.push(variant);
                    }
                }
                BlockStatus::Cached => { made.entry(variant).or_insert(at); }
                BlockStatus::Processing | BlockStatus::Skipped | BlockStatus::Error => {}
            }
        }
        let stats = stage.gateway.stats().pipeline;
        prop_assert_eq!(usize::try_from(stats.served).unwrap(), order.len());
        let times: Vec<u64> = order.iter().map(|variant| made[variant]).collect();
        prop_assert!(times.is_sorted(), "{times:?}");
        prop_assert!(times.windows(2).all(|pair| pair[1] >= pair[0] + 1_000), "one worker, one second each");
    }
}

/// A thousand connections with a batch each are admitted and served within what a test may take.
#[test]
fn many_listeners_are_served_in_turn() {
    let mut config = one_worker();
    config.models[0].workers = Workers::Pull(100);
    let mut stage = Stage::new(config);
    for conn in 0..1_000 {
        let document = stage.document("a", &format!("topic {conn}"), 8);
        stage.connect(0, conn, "a");
        stage.ask(0, conn, document, &[0, 1, 2, 3, 4, 5, 6, 7]);
    }
    stage.run_until(79_999);
    assert_eq!(stage.gateway.stats().pipeline.served, 7_900);
    stage.run_until(80_000);
    assert_eq!(stage.gateway.stats().pipeline.served, 8_000);
    assert_eq!(stage.times(999, BlockStatus::Cached)[7], (80_000, 7));
    assert!(stage.gateway.poll_timeout().is_none_or(|(at, _)| at > Instant::from_millis(80_000)));
}

/// The properties above mean something only if their gateway loses workers, overflows, joins and gives up.
#[test]
fn the_lively_gateway_is_lively() {
    let all: Vec<i64> = (0..12).collect();
    let messages: Vec<Message> = (0..4).map(|conn| (0, conn, all.clone())).collect();
    let stats = play(lively(5), &messages, &[], false).gateway.stats().pipeline;
    assert!(stats.requeued > 0 && stats.overflowed > 0 && stats.joined > 0, "{stats:?}");
    assert!(stats.served + stats.dead_letters == 36, "{stats:?}");
}
