//! Every word that a script's file may say, whether or not a kept scenario says it.

use claque_core::time::{Duration, Instant, MediaTime, Speed};
use claque_front::yapit::{
    gateway::Era,
    scripted::{
        Answer, BlockMilestone, EvictedOnJump, FetchEnd, HandshakeOutage, Say, Script, ScriptedEffect,
        ScriptedEvent, Step, StepTime, Trigger,
    },
};
use claque_sim::{PersonAct, ScriptedScene, read_script};
use serde_json::{Value, json};

fn scene(parts: Value) -> Result<ScriptedScene, String> {
    let mut file = json!({"name": "n", "blocks": 3, "end_ms": 9_000});
    file.as_object_mut().expect("an object").extend(parts.as_object().expect("an object").clone());
    read_script(&file.to_string(), Era::Current, EvictedOnJump::All).map_err(|error| error.to_string())
}

fn script(server: Value) -> Script {
    scene(json!({ "server": server })).expect("it is understood").script
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn what_a_script_leaves_out_is_as_in_the_recordings() {
    let scene = scene(json!({})).unwrap();
    assert_eq!((scene.play_at, scene.after_stop), (Instant::from_millis(100), ms(2_000)));
    assert_eq!((scene.speed, scene.script.audio), (Speed::NORMAL, MediaTime::from_millis(3_000)));
    let Script { workers, acknowledged_after, acknowledges, handshake, audio_after, withdraws, .. } =
        scene.script;
    assert_eq!((workers.count, workers.service), (100, ms(300)));
    assert_eq!((acknowledged_after, acknowledges), (ms(5), true));
    assert_eq!((handshake, audio_after, withdraws), (ms(10), ms(5), EvictedOnJump::All));
}

#[test]
fn steps_say_everything_at_any_time_and_as_often_as_wanted() {
    let steps = json!([
        {"say": "queued", "after_ms": 5},
        {"say": "processing", "at_ms": 1_000, "times": 3, "every_ms": 500},
        {"say": "skipped"},
        {"say": "evicted"},
        {"say": "error", "error": "no voice", "recoverable": false},
        {"say": "error"},
        {"say": "cached", "after_ms": 7},
    ]);
    let read = script(json!({ "default": steps })).default.unwrap();
    let once = |at, say| Step { at, say, times: 1, every: ms(0) };
    let next = |after| StepTime::SinceLast(ms(after));
    let error = |text: Option<&str>, recoverable| Say::Error { text: text.map(str::to_owned), recoverable };
    let often =
        Step { at: StepTime::SinceRequest(ms(1_000)), say: Say::Processing, times: 3, every: ms(500) };
    let expected = [
        once(next(5), Say::Queued),
        often,
        once(next(0), Say::Skipped),
        once(next(0), Say::Evicted),
        once(next(0), error(Some("no voice"), false)),
        once(next(0), error(None, true)),
        once(next(7), Say::Cached),
    ];
    assert_eq!(read, expected);
}

#[test]
fn requests_of_a_block_are_answered_by_steps_by_the_queue_or_as_all_later_ones() {
    let blocks = json!({"2": {"requests": ["normal", [], null], "rest": [{"say": "skipped"}]}, "3": {}});
    let mut read = script(json!({ "blocks": blocks })).blocks;
    let third = read.remove(&3).unwrap();
    assert_eq!((third.requests, third.rest), (vec![], Answer::Steps(vec![])), "silence");
    let second = read.remove(&2).unwrap();
    assert_eq!(second.requests, [Answer::Queue, Answer::Steps(vec![]), second.rest.clone()]);
}

#[test]
fn events_wait_for_moments_or_for_what_happens_to_a_block() {
    let read = |event: Value| script(json!({ "events": [event] })).events.remove(0);
    let ScriptedEvent { trigger, after, deed } = read(
        json!({"do": "close", "at_ms": 50, "after_ms": 5, "code": 1_011, "reason": "r", "down_ms": 700, "down_with": 503}),
    );
    assert_eq!((trigger, after), (Trigger::At(Instant::from_millis(50)), ms(5)));
    let down = Some(HandshakeOutage::For(ms(700)));
    assert_eq!(deed, ScriptedEffect::Close { code: 1_011, reason: "r".to_owned(), down, down_with: 503 });
    for (word, happening) in [
        ("asked", BlockMilestone::Asked),
        ("queued", BlockMilestone::Queued),
        ("processing", BlockMilestone::Processing),
        ("cached", BlockMilestone::Cached),
        ("skipped", BlockMilestone::Skipped),
        ("error", BlockMilestone::Error),
    ] {
        let event = read(json!({"do": "evict", "blocks": [1, 2], "on": word, "block": 4, "nth": 2}));
        assert_eq!(event.trigger, Trigger::On { happening, block: 4, nth: 2 });
        assert_eq!(event.deed, ScriptedEffect::Evict { blocks: vec![1, 2] });
    }
    for (down_ms, down) in [
        (json!("for good"), HandshakeOutage::ForGood),
        (Value::Null, HandshakeOutage::ForGood),
        (json!(0), HandshakeOutage::For(ms(0))),
    ] {
        let ScriptedEffect::Close { down: read, code, down_with, .. } =
            read(json!({"do": "close", "at_ms": 1, "down_ms": down_ms})).deed
        else {
            panic!("it closes")
        };
        assert_eq!((read, code, down_with), (Some(down), 1_006, 502));
    }
    let ScriptedEffect::Close { down, .. } = read(json!({"do": "close", "at_ms": 1})).deed else {
        panic!("it closes")
    };
    assert_eq!(down, None);
    let say = Say::Error { text: Some("t".to_owned()), recoverable: false };
    let status =
        json!({"do": "status", "at_ms": 1, "block": 2, "say": "error", "error": "t", "recoverable": false});
    assert_eq!(read(status).deed, ScriptedEffect::Status { block: 2, say });
    assert_eq!(
        read(json!({"do": "error", "at_ms": 1, "text": "t"})).deed,
        ScriptedEffect::Error { text: "t".to_owned() }
    );
}

#[test]
fn dials_and_fetches_come_out_one_after_the_other_and_then_all_alike() {
    let read = script(json!({
        "dials": [{"refuse": 403, "after_ms": 30}, null, {"close": {"after_ms": 9, "code": 1_000, "reason": "r"}}],
        "later_dials": {"refuse": 502},
        "audio": {"1": {"fetches": ["404", 500, null, "cut", "bad", "ok"], "rest": "503", "after_ms": 60}, "2": {}},
    }));
    let refused: Vec<_> = read.dials.iter().map(|dial| dial.refuse).collect();
    assert_eq!((refused, read.later_dials.refuse), (vec![Some(403), Some(502), None], Some(502)));
    assert_eq!((read.dials[0].after, read.dials[2].close), (Some(ms(30)), Some((ms(9), 1_000))));
    let fetches = &read.fetches[&1];
    let refused = FetchEnd::Refused;
    let ends = [refused(404), refused(500), refused(503), FetchEnd::Cut, FetchEnd::NotAudio, FetchEnd::Audio];
    assert_eq!(
        (fetches.fetches.as_slice(), fetches.rest, fetches.after),
        (&ends[..], refused(503), Some(ms(60)))
    );
    assert_eq!(read.fetches[&2].rest, FetchEnd::Audio);
}

#[test]
fn a_queue_has_workers_and_times_and_says_nothing_if_it_is_not_to() {
    let read = script(json!({
        "ack": false, "ack_ms": 20, "handshake_ms": 70, "audio_after_ms": 80,
        "workers": {"count": 2, "service_ms": 900, "service_ms_of": {"4": 10}, "processing_every_ms": 300},
    }));
    assert_eq!((read.acknowledges, read.acknowledged_after), (false, ms(20)));
    assert_eq!((read.handshake, read.audio_after), (ms(70), ms(80)));
    let workers = read.workers;
    assert_eq!((workers.count, workers.service, workers.service_of[&4]), (2, ms(900), ms(10)));
    assert_eq!(workers.processing_every, Some(ms(300)));
}

#[test]
fn people_do_what_there_is_to_do() {
    let acts = json!([
        {"at_ms": 1, "act": "play"}, {"at_ms": 2, "act": "pause"}, {"at_ms": 3, "act": "stop"},
        {"at_ms": 4, "act": "seek", "to": 7}, {"at_ms": 5, "act": "forward"}, {"at_ms": 6, "act": "back"},
        {"at_ms": 7, "act": "speed", "to": 2.5}, {"at_ms": 8, "act": "voice", "to": "am_adam"},
        {"at_ms": 9, "act": "visible"},
    ]);
    let read = scene(json!({ "person": acts, "evict": "window" })).unwrap();
    assert_eq!(read.script.withdraws, EvictedOnJump::OutsideWindow);
    let speed = Speed::from_thousandths(2_500).unwrap();
    let expected = [
        PersonAct::Play,
        PersonAct::Pause,
        PersonAct::Stop,
        PersonAct::Seek(7),
        PersonAct::Forward,
        PersonAct::Back,
        PersonAct::Speed(speed),
        PersonAct::Voice("am_adam".to_owned()),
        PersonAct::LookAtPage,
    ];
    let moments = (1..=9).map(Instant::from_millis);
    assert_eq!(read.person, moments.zip(expected).collect::<Vec<_>>());
}

#[test]
fn what_is_not_known_is_told_with_what_is() {
    for (parts, words) in [
        (json!({"sever": {}}), "unknown field `sever`"),
        (
            json!({"server": {"default": [{"say": "cashed"}]}}),
            "`say`: 'cashed'; give queued, processing, cached",
        ),
        (json!({"server": {"blocks": {"one": {}}}}), "`block`: 'one'"),
        (json!({"server": {"events": [{"do": "close", "on": "cached"}]}}), "`at_ms`, or `on` with `block`"),
        (json!({"server": {"events": [{"do": "open", "at_ms": 1}]}}), "`do`: 'open'; give close, error"),
        (json!({"server": {"audio": {"1": {"rest": "gone"}}}}), "`fetches`: 'gone'"),
        (json!({"server": {"workers": {"count": 0}}}), "`count`: '0'"),
        (json!({"person": [{"at_ms": 1, "act": "seek"}]}), "`to`"),
        (json!({"person": [{"at_ms": 1, "act": "hum"}]}), "`act`: 'hum'; give play, pause"),
        (json!({"speed": 0}), "`speed`: '0'"),
        (json!({"evict": "some"}), "`evict`: 'some'; give all, window or nothing"),
    ] {
        let error = scene(parts).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}
