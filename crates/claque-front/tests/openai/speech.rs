//! Speech: formats, pieces and their times, events.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use claque_core::time::MediaTime;
use claque_front::openai::{Input, OpenaiConfig};
use claque_wire::audio::AudioMeter;
use serde_json::Value;

use crate::stage::{Stage, ask, config, post};

fn request(format: &str) -> String {
    format!(r#"{{"model":"tts-1","voice":"alloy","input":"Hello there.","response_format":"{format}"}}"#)
}

fn media(body: &[u8]) -> MediaTime {
    let mut meter = AudioMeter::new();
    meter.push(body).unwrap();
    meter.finish().unwrap().media
}

#[test]
fn pieces_come_when_the_engine_has_made_them() {
    let answer = ask(config("openai"), &request("pcm"));
    assert_eq!(answer.header("content-type"), Some("audio/pcm"));
    let pieces: Vec<_> = answer.pieces.iter().map(|(at, bytes)| (*at, bytes.len())).collect();
    // 200 ms of 24 kHz are 9,600 bytes; half of that at the end.
    assert_eq!(pieces, [(1_100, 9_600), (1_150, 9_600), (1_175, 4_800)]);
    assert_eq!((answer.whole, answer.end), (false, Some("end")));
}

#[test]
fn every_container_has_the_exact_length() {
    for (format, content_type) in [("wav", "audio/wav"), ("flac", "audio/flac"), ("opus", "audio/opus")] {
        let answer = ask(config("openai"), &request(format));
        assert_eq!(answer.header("content-type"), Some(content_type));
        assert_eq!(media(&answer.body()), MediaTime::from_millis(500), "{format}");
    }
}

#[test]
fn a_streamed_wav_has_placeholders_and_a_whole_one_true_sizes() {
    let streamed = ask(config("openai"), &request("wav"));
    assert_eq!(streamed.pieces[0].1.len(), 44, "the header stands alone");
    assert_eq!(streamed.body()[40..44], [0xff; 4]);
    let whole = ask(config("chatterbox"), &request("wav").replace("alloy", "Emily.wav"));
    assert!(whole.whole);
    assert_eq!(whole.body()[40..44], 24_000_u32.to_le_bytes());
    assert_eq!(media(&whole.body()), MediaTime::from_millis(500));
}

#[test]
fn a_whole_answer_comes_with_its_last_piece() {
    let body = r#"{"input":"Hello there.","response_format":"wav","stream":false}"#;
    let answer = ask(config("kokoro-fastapi"), body);
    assert_eq!((answer.whole, answer.pieces[0].0), (true, 1_175));
}

#[test]
fn events_carry_the_format_that_was_asked_for_and_end_with_counts() {
    let body = request("pcm").replace('}', r#","stream_format":"sse"}"#);
    let answer = ask(config("openai"), &body);
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    let text = answer.text();
    let events: Vec<Value> = text
        .split("\n\n")
        .filter_map(|event| event.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let types: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(types[3..], ["speech.audio.done"]);
    assert!(types[..3].iter().all(|kind| *kind == "speech.audio.delta"));
    let bytes = |event: &Value| STANDARD.decode(event["audio"].as_str().unwrap()).unwrap().len();
    assert_eq!(events[..3].iter().map(bytes).collect::<Vec<_>>(), [9_600, 9_600, 4_800]);
    assert_eq!(events[3]["usage"]["total_tokens"], 13);
}

#[test]
fn dialects_differ_in_their_events() {
    let cases = [
        ("vllm-omni", r#"{"input":"Hi.","response_format":"pcm","stream":true}"#),
        (
            "speaches",
            r#"{"model":"speaches-ai/Kokoro-82M-v1.0-ONNX","voice":"af_heart","input":"Hi.","response_format":"pcm","stream_format":"sse"}"#,
        ),
        ("chatterbox-api", r#"{"input":"Hi.","stream_format":"sse"}"#),
    ];
    for (dialect, body) in cases {
        let text = ask(config(dialect), body).text();
        // Audio is long, and not what differs.
        let short: Vec<_> = text
            .lines()
            .map(|line| {
                let at = line.find("\"audio\":\"").map_or(line.len(), |at| at + 9);
                let end = line[at..].find('"').map_or(line.len(), |end| at + end);
                format!("{}{}", &line[..at], &line[end..])
            })
            .collect();
        insta::assert_snapshot!(format!("events_{dialect}"), short.join("\n"));
    }
}

#[test]
fn two_at_once_are_slower_and_who_leaves_makes_nobody_faster() {
    let mut stage = Stage::new(config("openai"));
    let body = request("pcm");
    let (first, second) = (stage.say(0, &body), stage.say(0, &body));
    stage.input(50, Input::Left { call: first });
    let answer = stage.answer(second);
    assert_eq!(answer.pieces[0].0, 150);
    assert!(stage.seen().iter().filter(|output| output.call == first).count() <= 1, "only its head");
    assert_eq!(stage.front.stats().open, 0);
}

#[test]
fn the_third_waits_for_a_slot_and_the_next_is_refused() {
    let mut settings = config("openai");
    settings.streaming.max_queued = 1;
    let mut stage = Stage::new(settings);
    let body = request("pcm");
    let calls: Vec<_> = (0..4).map(|_| stage.say(0, &body)).collect();
    assert_eq!(stage.answer(calls[2]).end, Some("end"));
    let refused = stage.answer(calls[3]);
    assert_eq!((refused.status(), refused.whole), (503, true));
}

#[test]
fn the_same_words_in_the_same_voice_take_the_same_time() {
    let noisy = || {
        let plain = config("openai");
        OpenaiConfig { streaming: claque_gateway::StreamingConfig::default(), ..plain }
    };
    let times = |body: &str| {
        let mut stage = Stage::new(noisy());
        let _other = stage.call(0, post(&request("pcm").replace("Hello", "Something else")));
        let call = stage.say(60_000, body);
        stage.answer(call).pieces.iter().map(|(at, _)| *at).collect::<Vec<_>>()
    };
    let mut alone = Stage::new(noisy());
    let call = alone.say(60_000, &request("pcm"));
    let expected: Vec<_> = alone.answer(call).pieces.iter().map(|(at, _)| *at).collect();
    assert_eq!(times(&request("pcm")), expected);
    assert_ne!(times(&request("pcm").replace("alloy", "echo")), expected);
}

#[test]
fn speech_of_a_program_is_one_piece() {
    let mut settings = config("openai");
    settings.streaming.engine = claque_gateway::Engine::External;
    let mut stage = Stage::new(settings);
    let call = stage.say(0, &request("wav"));
    stage.input(700, Input::Spoken { call, result: Ok(vec![7; 24_000]) });
    let answer = stage.answer(call);
    assert_eq!(media(&answer.body()), MediaTime::from_millis(1_000));
    assert_eq!(answer.pieces.last().map(|(at, bytes)| (*at, bytes.len())), Some((700, 48_000)));
}
