//! Audio in server-sent events.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use claque_core::{
    event::{Event, FailureClass, Phase},
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};
use claque_wire::{
    audio::{Container, PcmFormat, wav},
    openai::{AudioFormat, PcmSource, SpeechAnswer},
};

use crate::{
    answers::{BLOCK, answered, expected, head, second},
    replay::{pieces, random},
};

const DONE: &str =
    r#"{"type":"speech.audio.done","usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}"#;

fn delta(bytes: &[u8]) -> String {
    format!(r#"{{"type":"speech.audio.delta","audio":"{}"}}"#, BASE64_STANDARD.encode(bytes))
}

fn stream(events: &[String]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

fn deltas(audio: &[u8], size: usize) -> Vec<String> {
    audio.chunks(size).map(delta).collect()
}

#[test]
fn pieces_are_joined_to_audio_that_lasts_as_long() {
    // 4,801 bytes cut samples in two.
    let events = [deltas(&second(), 4_801), vec![DONE.to_owned()]].concat();
    let (result, out) =
        answered(expected(AudioFormat::Pcm), head("text/event-stream"), stream(&events).as_bytes());
    let finished = result.unwrap();
    assert_eq!((finished.container, finished.media), (Container::Pcm, MediaTime::from_millis(1_000)));
    // Neither a header nor an event tells the rate.
    assert_eq!(finished.findings.remarks, Remarks::NONE.with(Remark::RateAssumed));
    assert!(matches!(out.last(), Some(Event::Complete { .. })));
}

#[test]
fn any_split_of_the_stream_is_heard_alike() {
    let events =
        [deltas(&second()[..6_000], 999), vec![r#"{"type":"caf\u00e9 é"}"#.to_owned(), DONE.to_owned()]]
            .concat();
    for ending in ["\n", "\r\n", "\r"] {
        let text: String =
            events.iter().map(|event| format!("event: x{ending}data: {event}{ending}{ending}")).collect();
        let heard = |sizes: &mut dyn Iterator<Item = usize>| {
            let (mut answer, mut out) =
                (SpeechAnswer::new(BLOCK, 20, expected(AudioFormat::Pcm)), Vec::new());
            answer.handle_head(&head("text/event-stream"), &mut out);
            let mut audio = Vec::new();
            for piece in pieces(text.as_bytes(), sizes) {
                answer.handle_body(piece, &mut |bytes| audio.extend_from_slice(bytes), &mut out).unwrap();
            }
            (answer.finish(&mut out).unwrap(), audio)
        };
        let whole = heard(&mut std::iter::empty());
        assert_eq!(whole.1, second()[..6_000]);
        assert_eq!(whole, heard(&mut std::iter::repeat(1)));
        for seed in 0..8 {
            assert_eq!(whole, heard(&mut random(seed)), "{seed}");
        }
    }
}

#[test]
fn what_servers_say_at_the_end_is_taken_in_every_form() {
    for done in [
        DONE,
        r#"{"type":"speech.audio.done","token_usage":{"input_tokens":1}}"#,
        r#"{"type":"speech.audio.done"}"#,
        "[DONE]",
    ] {
        let events = [delta(&second()), done.to_owned()];
        let text = stream(&events);
        // The empty line behind the last event may be missing.
        for text in [&*text, text.trim_end()] {
            let (result, _) =
                answered(expected(AudioFormat::Pcm), head("text/event-stream"), text.as_bytes());
            assert!(result.is_ok(), "{done}: {result:?}");
        }
    }
}

#[test]
fn a_stream_that_does_not_say_that_it_is_over_was_cut() {
    let whole = stream(&deltas(&second(), 4_800));
    let half = &whole[..whole.len() - 5_000];
    for text in [&*whole, half] {
        let (result, out) = answered(expected(AudioFormat::Pcm), head("text/event-stream"), text.as_bytes());
        let failure = result.unwrap_err();
        assert_eq!((failure.class, failure.phase), (FailureClass::Protocol, Phase::MidAudio));
        assert_eq!(failure.text, "the audio was cut short: the stream ended without speech.audio.done");
        assert!(out.iter().all(|event| !matches!(event, Event::Complete { .. })));
    }
}

#[test]
fn an_error_in_the_middle_ends_it_with_its_words_and_class() {
    for (error, class, text) in [
        (
            r#"{"message":"engine died","type":"server_error","code":500}"#,
            FailureClass::Server,
            "engine died (server_error)",
        ),
        (r#"{"message":"no slot","code":503}"#, FailureClass::Overload, "no slot"),
        (
            r#"{"message":"bad text","type":"BadRequestError","code":400}"#,
            FailureClass::Invalid,
            "bad text (BadRequestError)",
        ),
        (r#""engine died""#, FailureClass::Server, "engine died"),
    ] {
        let event = format!(r#"{{"type":"speech.audio.error","error":{error}}}"#);
        let text_sent = stream(&[delta(&second()), event]);
        let (result, out) =
            answered(expected(AudioFormat::Pcm), head("text/event-stream"), text_sent.as_bytes());
        let failure = result.unwrap_err();
        assert_eq!((failure.class, failure.phase, &*failure.text), (class, Phase::MidAudio, text));
        let heard = MediaTime::from_millis(1_000);
        assert!(
            matches!(out.last(), Some(Event::Audio { delivered, .. }) if *delivered == heard),
            "what came was heard"
        );
    }
}

#[test]
fn what_the_stream_says_of_its_samples_counts_unless_the_user_knows_better() {
    let info = r#"{"type":"speech.audio.info","sample_rate":48000,"channels":1,"bits_per_sample":16}"#;
    let text = stream(&[info.to_owned(), delta(&second()), DONE.to_owned()]);
    let rate = |hertz| PcmFormat::new(hertz, 1).unwrap();
    // Whoever says so sends samples, also where WAV was asked for.
    for format in [AudioFormat::Pcm, AudioFormat::Wav] {
        let finished = answered(expected(format), head("text/event-stream"), text.as_bytes()).0.unwrap();
        assert_eq!(finished.pcm, Some((rate(48_000), PcmSource::Info)));
        assert_eq!(finished.media, MediaTime::from_millis(500));
    }
    let by_user = claque_wire::openai::Expected {
        pcm: rate(12_000),
        source: PcmSource::Settings,
        ..expected(AudioFormat::Pcm)
    };
    let finished = answered(by_user, head("text/event-stream"), text.as_bytes()).0.unwrap();
    assert_eq!(finished.media, MediaTime::from_millis(2_000));
    let wide = stream(&[info.replace("16}", "32}"), delta(&second()), DONE.to_owned()]);
    assert!(answered(expected(AudioFormat::Pcm), head("text/event-stream"), wide.as_bytes()).0.is_err());
}

#[test]
fn pieces_may_be_files_of_their_own() {
    let file = wav::write(&vec![900; 2_400], SampleRate::new(24_000).unwrap(), 1);
    let text = stream(&[delta(&file), delta(&file), DONE.to_owned()]);
    let finished =
        answered(expected(AudioFormat::Wav), head("text/event-stream"), text.as_bytes()).0.unwrap();
    assert_eq!(finished.media, MediaTime::from_millis(200));
    assert!(finished.findings.remarks.has(Remark::SeveralFiles));
}

#[test]
fn unknown_events_are_told_a_few_times_and_change_nothing() {
    let odd = vec![r#"{"type":"speech.audio.mood","audio":{"a":1}}"#.replace("speech.audio.", ""); 30];
    let events = [odd, vec!["{}".to_owned(), delta(&second()), DONE.to_owned()]].concat();
    let (result, out) =
        answered(expected(AudioFormat::Pcm), head("text/event-stream"), stream(&events).as_bytes());
    assert_eq!(result.unwrap().media, MediaTime::from_millis(1_000));
    assert_eq!(out.iter().filter(|event| matches!(event, Event::Warning { .. })).count(), 8);
}

#[test]
fn events_that_cannot_be_read_are_failures() {
    for (event, words) in [
        ("no json".to_owned(), "failed to read an event of the stream"),
        (
            r#"{"type":"speech.audio.delta","audio":"%%"}"#.to_owned(),
            "failed to read a piece of audio in base64",
        ),
        (r#"{"type":"speech.audio.delta","audio":7}"#.to_owned(), "failed to read an event of the stream"),
        (format!("{DONE}\n\ndata: {}", delta(&second())), "audio came behind speech.audio.done"),
    ] {
        let failure =
            answered(expected(AudioFormat::Pcm), head("text/event-stream"), stream(&[event]).as_bytes()).0;
        let failure = failure.unwrap_err();
        assert_eq!(failure.class, FailureClass::Protocol);
        assert!(failure.text.starts_with(words), "{failure}");
    }
}

#[test]
fn a_stream_that_ends_with_an_error_is_not_done() {
    let events =
        [delta(&second()), r#"{"type":"speech.audio.done","error":{"message":"engine died"}}"#.to_owned()];
    let (result, out) =
        answered(expected(AudioFormat::Pcm), head("text/event-stream"), stream(&events).as_bytes());
    let failure = result.unwrap_err();
    assert_eq!((failure.class, failure.phase), (FailureClass::Server, Phase::MidAudio));
    assert_eq!(failure.text, "engine died");
    assert!(out.iter().all(|event| !matches!(event, Event::Complete { .. })));
    let null = [delta(&second()), r#"{"type":"speech.audio.done","error":null}"#.to_owned()];
    let text = stream(&null);
    assert!(answered(expected(AudioFormat::Pcm), head("text/event-stream"), text.as_bytes()).0.is_ok());
}

#[test]
fn a_stream_is_done_with_its_last_event_and_not_with_its_body() {
    let (mut answer, mut out) = (SpeechAnswer::new(BLOCK, 20, expected(AudioFormat::Pcm)), Vec::new());
    answer.handle_head(&head("text/event-stream"), &mut out);
    answer.handle_body(stream(&[delta(&second())]).as_bytes(), &mut |_| {}, &mut out).unwrap();
    assert!(!answer.is_done());
    answer.handle_body(stream(&[DONE.to_owned()]).as_bytes(), &mut |_| {}, &mut out).unwrap();
    assert!(answer.is_done());
    assert_eq!(answer.finish(&mut out).unwrap().media, MediaTime::from_millis(1_000));
}
