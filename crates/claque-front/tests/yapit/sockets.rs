//! WebSockets: who may have one, what is said on it and when, and a script in the gateway's place.

use std::collections::BTreeMap;

use claque_core::time::{Duration, Instant, MediaTime};
use claque_front::yapit::{
    Body, Input, Output, ScriptInput, ScriptOptions, Upgrade,
    gateway::{Era, GatewayConfig},
    scripted::{DialScript, EvictedOnJump, Script, ScriptedWorkers},
};
use claque_gateway::{ConnId, Outage};
use serde_json::json;

use crate::stage::{Stage, one_worker};

fn ask(document: &str, blocks: &[u32]) -> String {
    let asked = json!({
        "type": "synthesize", "document_id": document, "block_indices": blocks, "cursor": 0,
        "synthesis_mode": "server", "model": "kokoro", "voice": "af_heart",
    });
    asked.to_string()
}

#[test]
fn a_block_is_ready_when_its_worker_is_done_and_can_be_fetched_then() {
    let mut stage = Stage::new(one_worker(), None);
    let document = stage.document(0, 2);
    stage.dial(0, 1, "");
    stage.input(100, Input::Text { conn: ConnId(1), text: &ask(&document, &[0, 1]) });
    let (_, queued) = &stage.texts(1)[0];
    let path = format!("/api{}", queued["audio_url"].as_str().unwrap());
    let early = stage.call(1_099, ("GET", &path), b"");
    assert_eq!(stage.json(early), (404, json!({ "detail": "Audio not cached" })));
    stage.run_until(10_000);
    let said: Vec<_> = stage.texts(1).into_iter().map(|(at, text)| (at, text["status"].clone())).collect();
    // One worker: the blocks are made one after the other.
    let paper = [(100, "queued"), (100, "queued"), (1_100, "cached"), (2_100, "cached")];
    assert_eq!(said, paper.map(|(at, status)| (at, json!(status))));
    let fetched = stage.call(10_000, ("GET", &path), b"");
    let (_, answer) = stage.answer(fetched).unwrap();
    let Body::Speech { speech, flaw: None } = &answer.body else { panic!("{answer:?}") };
    assert_eq!(speech.media, MediaTime::from_millis(2_000));
    assert_eq!((stage.front.stats().audio_served, stage.front.stats().handshakes_refused), (1, 0));
}

/// What was due is done before a call is answered, however late the host wakes it.
#[test]
fn a_host_that_is_late_changes_no_answer() {
    let mut stage = Stage::new(one_worker(), None);
    let document = stage.document(0, 1);
    stage.dial(0, 1, "");
    stage.input(0, Input::Text { conn: ConnId(1), text: &ask(&document, &[0]) });
    let (_, queued) = &stage.texts(1)[0];
    let path = format!("/api{}", queued["audio_url"].as_str().unwrap());
    let fetched = stage.call(1_000, ("GET", &path), b"");
    assert_eq!(stage.answer(fetched).unwrap().1.head.status, 200);
}

#[test]
fn no_websocket_without_a_handshake_that_fits() {
    let mut stage = Stage::new(one_worker(), None);
    for (upgrade, status) in [(Upgrade::No, 404), (Upgrade::Unsuitable, 426)] {
        let call = stage.send(0, ("GET", "/api/v1/ws/tts"), (&[], b""), upgrade);
        assert_eq!(stage.answer(call).unwrap().1.head.status, status);
    }
    // What nobody opened is not listened to.
    stage.input(0, Input::Text { conn: ConnId(1), text: &ask("9db4c472-317f-4463-b939-68c02d21f32a", &[0]) });
    assert_eq!(stage.texts(1), []);
}

#[test]
fn an_outage_of_the_identity_service_is_counted_as_a_refusal() {
    let auth = claque_front::yapit::gateway::Auth::On(claque_front::yapit::gateway::AuthConfig {
        accounts: Vec::new(),
        static_tokens: vec!["fixed".to_owned()],
        access_token_life: Duration::from_secs(1),
    });
    let mut config = GatewayConfig { auth, ..one_worker() };
    let (from, until) = (Instant::from_millis(500), Instant::from_millis(900));
    config.faults.identity_outage = Some(Outage { from, until });
    let mut stage = Stage::new(config, None);
    for (at, opens) in [(499, true), (500, false), (899, false), (900, true)] {
        let call = stage.dial(at, at, "?token=fixed");
        assert_eq!(stage.seen.contains(&(at, Output::Upgrade { call })), opens, "{at}");
    }
    assert_eq!(stage.front.stats().handshakes_refused, 2);
}

#[test]
fn a_script_decides_when_a_handshake_ends_and_a_fetch_is_answered() {
    let dial = DialScript { refuse: None, after: None, close: None };
    let script = Script {
        era: Era::Current,
        audio: MediaTime::from_millis(700),
        audio_of: BTreeMap::new(),
        acknowledged_after: Duration::from_millis(5),
        acknowledges: true,
        workers: ScriptedWorkers {
            count: 1,
            service: Duration::from_millis(300),
            service_of: BTreeMap::new(),
            processing_every: None,
        },
        default: None,
        blocks: BTreeMap::new(),
        events: Vec::new(),
        handshake: Duration::from_millis(10),
        dials: vec![DialScript { refuse: Some(503), ..dial.clone() }],
        later_dials: dial,
        audio_after: Duration::from_millis(40),
        fetches: BTreeMap::new(),
        withdraws: EvictedOnJump::All,
    };
    let options = ScriptOptions { script, first_dial_at: Instant::from_millis(1_000) };
    let mut stage = Stage::new(one_worker(), Some(options));
    let document = stage.document(0, 1);
    let refused = stage.dial(200, 1, "");
    stage.run_until(250);
    assert_eq!(stage.answer(refused).map(|(at, answer)| (at, answer.head.status)), Some((210, 503)));
    let call = stage.dial(300, 2, "");
    stage.run_until(350);
    assert!(stage.seen.contains(&(310, Output::Upgrade { call })));
    stage.input(400, Input::Text { conn: ConnId(2), text: &ask(&document, &[0]) });
    stage.run_until(1_000);
    let said: Vec<_> = stage.texts(2).into_iter().map(|(at, text)| (at, text["status"].clone())).collect();
    assert_eq!(said, [(405, json!("queued")), (705, json!("cached"))]);
    let url = stage.texts(2)[1].1["audio_url"].as_str().unwrap().to_owned();
    let fetched = stage.call(1_000, ("GET", &format!("/api{url}")), b"");
    assert_eq!(stage.answer(fetched), None);
    stage.run_until(2_000);
    let (at, answer) = stage.answer(fetched).unwrap();
    let Body::Speech { speech, flaw: None } = &answer.body else { panic!("{answer:?}") };
    assert_eq!((at, speech.media), (1_040, MediaTime::from_millis(700)));
    // In the script's time, which stood at a second when the first connection was dialled.
    let log: Vec<_> = stage.front.script_log().unwrap().iter().map(|entry| (entry.at, &entry.told)).collect();
    let at = Instant::from_millis;
    assert_eq!(
        log,
        [
            (at(1_000), &ScriptInput::Dialled),
            (at(1_100), &ScriptInput::Dialled),
            (at(1_200), &ScriptInput::Asked(vec![0])),
            (at(1_800), &ScriptInput::Fetched(0)),
        ]
    );
}
