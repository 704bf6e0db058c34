//! What goes wrong on purpose.

use claque_core::time::{Duration, MediaTime, Speed};
use claque_front::openai::OpenaiConfig;
use claque_gateway::{StreamEffect, StreamFault, StreamSelector};

use crate::stage::{Stage, ask, config, faulty};

const WAV: &str = r#"{"model":"tts-1","voice":"alloy","input":"Hello.","response_format":"wav"}"#;
const EVENTS: &str =
    r#"{"model":"tts-1","voice":"alloy","input":"Hello.","response_format":"pcm","stream_format":"sse"}"#;

#[test]
fn silence_is_a_head_and_a_header() {
    let answer = ask(faulty("openai", StreamEffect::Silence), WAV);
    assert_eq!((answer.status(), answer.body().len(), answer.end), (200, 44, None));
}

#[test]
fn a_break_comes_in_the_middle() {
    let after = MediaTime::from_millis(300);
    let answer = ask(faulty("openai", StreamEffect::Break { after }), WAV);
    assert_eq!((answer.body().len(), answer.end), (44 + 9_600, Some("break")));
}

#[test]
fn a_break_is_an_event_where_the_dialect_has_one() {
    let after = MediaTime::from_millis(300);
    let body = r#"{"input":"Hello.","response_format":"pcm","stream":true}"#;
    let answer = ask(faulty("vllm-omni", StreamEffect::Break { after }), body);
    let text = answer.text();
    let last = text.split("\n\n").filter(|event| !event.is_empty()).last().unwrap();
    insta::assert_snapshot!(last, @r#"
    event: speech.audio.error
    data: {"error":{"code":500,"message":"the engine has failed","param":null,"type":"InternalServerError"},"type":"speech.audio.error"}
    "#);
    assert_eq!(answer.end, Some("end"));
}

#[test]
fn a_slow_stream_is_slower_than_it_plays() {
    let rate = Speed::from_thousandths(500).unwrap();
    let answer = ask(faulty("openai", StreamEffect::Slow { rate }), WAV);
    let times: Vec<_> = answer.pieces.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [1_100, 1_100, 1_500, 1_700]);
}

#[test]
fn the_container_is_another_than_its_type_says() {
    let wav = ask(faulty("openai", StreamEffect::WrongContainer), WAV);
    assert_eq!((wav.header("content-type"), &wav.body()[..4]), (Some("audio/wav"), &b"fLaC"[..]));
    let pcm = ask(faulty("openai", StreamEffect::WrongContainer), &WAV.replace("\"wav\"", "\"pcm\""));
    assert_eq!((pcm.header("content-type"), &pcm.body()[..4]), (Some("audio/pcm"), &b"RIFF"[..]));
}

#[test]
fn events_end_without_their_last_one() {
    let answer = ask(faulty("openai", StreamEffect::NoDone), EVENTS);
    assert!(!answer.text().contains("speech.audio.done"));
    assert_eq!(answer.end, Some("end"));
}

#[test]
fn a_refusal_says_when_to_come_again() {
    let effect = StreamEffect::Refuse { status: 429, retry_after: Some(Duration::from_secs(2)) };
    let answer = ask(faulty("openai", effect), WAV);
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("2")));
    insta::assert_snapshot!(answer.text(), @r#"{"error":{"message":"Rate limit reached for requests","type":"requests","param":null,"code":"rate_limit_exceeded"}}"#);
}

#[test]
fn a_stuck_one_holds_its_slot() {
    let mut settings = faulty("openai", StreamEffect::Stuck { held: Some(Duration::from_secs(5)) });
    settings.faults[0].selector = StreamSelector::Nth(0);
    settings.streaming.slots = std::num::NonZeroU32::MIN;
    let mut stage = Stage::new(settings);
    let (stuck, next) = (stage.say(0, WAV), stage.say(0, WAV));
    let stuck = stage.answer(stuck);
    assert_eq!((stuck.status(), stuck.pieces.len(), stuck.end), (200, 0, None));
    assert_eq!(stage.answer(next).pieces[0].0, 5_100);
}

#[test]
fn a_share_of_all_is_hit_and_always_the_same_ones() {
    let effect = StreamEffect::Refuse { status: 500, retry_after: None };
    let faults = vec![StreamFault { selector: StreamSelector::Share(0.25), effect }];
    let statuses = || {
        let mut stage = Stage::new(OpenaiConfig { faults: faults.clone(), ..config("openai") });
        let calls: Vec<_> = (0..200).map(|at| stage.say(at * 1_000, WAV)).collect();
        calls.into_iter().map(|call| stage.answer(call).status()).collect::<Vec<_>>()
    };
    let hit = statuses().iter().filter(|status| **status == 500).count();
    assert!((30..70).contains(&hit), "{hit} of 200");
    assert_eq!(statuses(), statuses());
}
