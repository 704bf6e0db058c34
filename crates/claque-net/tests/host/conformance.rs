//! The recordings of a real server, replayed against a host.

use std::{collections::BTreeSet, time::Duration};

use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{Effect, FaultRule, Faults, Selector};

use crate::{
    ordered::Ordered,
    replay::{Replay, Tolerance},
    stage::{accounts, in_time, quick, start},
};

macro_rules! recording {
    ($name:literal) => {
        include_str!(concat!("../../../claque-wire/tests/data/yapit-current/", $name, ".jsonl"))
    };
}

/// Every difference that is none. Ids, hashes and addresses are not here: they may be other ones, but must be the
/// same wherever the recording has the same. Nor is the order of results of blocks made in parallel, which is the
/// only order that is not compared.
const TOLERATED: [Tolerance; 7] = [
    Tolerance {
        member: "word_timestamps",
        reason: "the machine does not know when which word is spoken",
        fits: |recorded, got| matches!(recorded, Ordered::Text(_)) && got.to_json() == "null",
    },
    Tolerance {
        member: "duration_ms",
        reason: "another voice speaks at another pace",
        fits: |recorded, got| is_number(recorded) && is_number(got),
    },
    Tolerance {
        member: "block_indices",
        reason: "the recorded order of evicted blocks is that of a hash table",
        fits: |recorded, got| sorted(recorded) == sorted(got),
    },
    Tolerance { member: "token", reason: "a word stands for the secret", fits: are_texts },
    Tolerance { member: "access_token", reason: "a word stands for the secret", fits: are_texts },
    Tolerance { member: "refresh_token", reason: "a word stands for the secret", fits: are_texts },
    Tolerance { member: "user_id", reason: "accounts are numbered otherwise", fits: are_texts },
];

fn is_number(value: &Ordered) -> bool {
    matches!(value, Ordered::Plain(value) if value.is_u64())
}

fn are_texts(recorded: &Ordered, got: &Ordered) -> bool {
    matches!((recorded, got), (Ordered::Text(_), Ordered::Text(got)) if !got.is_empty())
}

fn sorted(list: &Ordered) -> BTreeSet<String> {
    match list {
        Ordered::List(items) => items.iter().map(Ordered::to_json).collect(),
        Ordered::Plain(_) | Ordered::Text(_) | Ordered::Members(_) => BTreeSet::new(),
    }
}

fn with_accounts(config: GatewayConfig) -> GatewayConfig {
    GatewayConfig { auth: accounts(), ..config }
}

/// Replays a whole recording; gives what was tolerated and what came beyond it.
async fn replay(config: GatewayConfig, recording: &str) -> (BTreeSet<&'static str>, Vec<Ordered>) {
    let host = start(with_accounts(config));
    let mut replay = Replay::new(&host, recording);
    replay.run(&TOLERATED).await;
    (replay.tolerated().clone(), replay.finish().await)
}

#[tokio::test]
async fn a_session_of_twelve_blocks() {
    let (tolerated, left) = replay(quick(), recording!("session-12-blocks")).await;
    assert_eq!(left, []);
    assert!(tolerated.is_superset(&["duration_ms", "word_timestamps"].into()), "{tolerated:?}");
}

#[tokio::test]
async fn everything_that_is_refused() {
    let (tolerated, left) = replay(quick(), recording!("errors")).await;
    assert_eq!((tolerated.len(), left.len()), (0, 0), "{tolerated:?} {left:?}");
}

/// Blocks 1, 2, 4 and 5 take so long that 0 and 3 alone are ready when the player jumps, as it was then.
#[tokio::test]
async fn a_jump() {
    let slow = |block| FaultRule {
        selector: Selector::Block(block),
        effect: Effect::Slow { extra: Duration::from_secs(1) },
    };
    let faults = Faults { jobs: [1, 2, 4, 5].map(slow).to_vec(), ..Faults::default() };
    let config = GatewayConfig { faults, ..quick() };
    let (tolerated, left) = replay(config, recording!("cursor-moved")).await;
    assert_eq!(left, []);
    assert!(tolerated.contains("block_indices"), "{tolerated:?}");
}

#[tokio::test]
async fn two_connections_with_equal_texts() {
    let host = start(with_accounts(in_time(Duration::from_millis(700))));
    let mut replay = Replay::new(&host, recording!("two-connections-same-text"));
    let second = "98278ec9-7576-4253-9af1-9222816b8058".to_owned();
    replay.speakers.insert(second, "second".to_owned());
    replay.run(&TOLERATED).await;
    assert_eq!(replay.finish().await, []);
    let pipeline = host.stats().gateway.pipeline;
    assert_eq!((pipeline.served, pipeline.joined), (3, 3), "each text is made once");
}

#[tokio::test]
async fn markdown_becomes_the_same_blocks() {
    let (tolerated, left) = replay(quick(), recording!("text-to-blocks")).await;
    assert_eq!((tolerated.len(), left.len()), (0, 0), "{tolerated:?}");
}

/// The recording stops at the first refusal and leaves out what had been granted.
#[tokio::test]
async fn more_than_three_hundred_blocks_in_a_minute() {
    let limited = GatewayConfig { synthesis_limit: GatewayConfig::current().synthesis_limit, ..quick() };
    let (tolerated, left) = replay(limited, recording!("rate-limit")).await;
    assert_eq!(tolerated.len(), 0, "{tolerated:?}");
    let refused = left.iter().filter(|message| message.text("type") == "error").count();
    let queued = left.iter().filter(|message| message.text("status") == "queued").count();
    assert_eq!((queued > 0, refused), (true, 1), "of eleven messages nine are granted and two refused");
}

#[tokio::test]
async fn models_are_listed_for_anybody() {
    let (tolerated, left) = replay(quick(), recording!("models")).await;
    assert_eq!((tolerated.len(), left.len()), (0, 0), "{tolerated:?}");
}

#[tokio::test]
async fn a_guest() {
    let (tolerated, _) = replay(quick(), recording!("guest")).await;
    assert_eq!(tolerated, ["token"].into());
}

#[tokio::test]
async fn a_sign_in() {
    let host = start(with_accounts(quick()));
    let mut replay = Replay::new(&host, recording!("sign-in"));
    replay.run_to(2, &TOLERATED).await;
    // The real refresh token is asked for by the word that stands for it.
    let headers = [
        ("X-Stack-Access-Type", "client"),
        ("X-Stack-Project-Id", "P"),
        ("X-Stack-Publishable-Client-Key", "K"),
    ];
    let body = r#"{"email":"EMAIL","password":"PASSWORD"}"#;
    let signed =
        crate::stage::call(&host, "POST", "/auth/api/v1/auth/password/sign-in", &headers, body).await.json();
    let refresh = signed["refresh_token"].as_str().unwrap().to_owned();
    replay.names.insert("REFRESH_TOKEN".to_owned(), refresh);
    replay.run_to(4, &TOLERATED).await;
    // The third request was made with a wrong password.
    replay.names.insert("PASSWORD".to_owned(), "wrong".to_owned());
    replay.run(&TOLERATED).await;
    assert_eq!(replay.tolerated(), &["access_token", "refresh_token", "user_id"].into());
}
