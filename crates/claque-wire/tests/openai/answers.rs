//! What answers mean: by their content type, their status, their words.

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase, StatusKind},
    ids::BlockIdx,
    remark::Remark,
    time::MediaTime,
};
use claque_wire::{
    audio::{Container, PcmFormat},
    openai::{AnswerHead, AudioFormat, Expected, Finished, PcmSource, SpeechAnswer},
};

pub(crate) const BLOCK: BlockIdx = BlockIdx(7);

pub(crate) const fn expected(format: AudioFormat) -> Expected {
    Expected { format: Some(format), pcm: PcmFormat::OPENAI, source: PcmSource::Dialect }
}

/// What came of an answer, and what a listener heard of it.
pub(crate) fn answered(
    expected: Expected,
    head: AnswerHead<'_>,
    body: &[u8],
) -> (Result<Finished, Failure>, Vec<Event>) {
    let (mut answer, mut out) = (SpeechAnswer::new(BLOCK, 20, expected), Vec::new());
    answer.handle_head(&head, &mut out);
    let result = answer.handle_body(body, &mut |_| {}, &mut out).and_then(|()| answer.finish(&mut out));
    (result, out)
}

pub(crate) fn head(content_type: &str) -> AnswerHead<'_> {
    AnswerHead { status: 200, content_type: Some(content_type), ..AnswerHead::default() }
}

/// A second of a tone at 24 kHz.
pub(crate) fn second() -> Vec<u8> {
    (0..24_000_i32).flat_map(|n| i16::try_from(n % 97 * 200).expect("small").to_le_bytes()).collect()
}

fn failure(status: u16, content_type: &str, body: &str) -> Failure {
    let head = AnswerHead { status, ..head(content_type) };
    answered(expected(AudioFormat::Pcm), head, body.as_bytes()).0.expect_err("it is none")
}

#[test]
fn a_listener_hears_that_it_is_made_then_audio_then_that_it_is_there() {
    let (result, out) = answered(expected(AudioFormat::Pcm), head("audio/pcm"), &second());
    let finished = result.unwrap();
    let media = MediaTime::from_millis(1_000);
    assert_eq!((finished.container, finished.media), (Container::Pcm, media));
    let status = |kind| Event::Status { block: BLOCK, kind };
    let heard = Event::Audio { block: BLOCK, delivered: media, bytes: 48_000 };
    let complete = Event::Complete { block: BLOCK, media, findings: finished.findings };
    assert_eq!(out, [status(StatusKind::Processing), heard, status(StatusKind::Ready), complete]);
}

#[test]
fn samples_are_what_who_knows_best_says() {
    let rate = |hertz| PcmFormat::new(hertz, 1).unwrap();
    let typed = head("audio/pcm;rate=48000");
    let told = AnswerHead { sample_rate: Some("12000"), ..head("audio/pcm_s16le") };
    let by_user = Expected { pcm: rate(8_000), source: PcmSource::Settings, ..expected(AudioFormat::Pcm) };
    for (expected, head, pcm) in [
        (by_user, typed, (rate(8_000), PcmSource::Settings)),
        (expected(AudioFormat::Pcm), typed, (rate(48_000), PcmSource::Header)),
        (expected(AudioFormat::Pcm), told, (rate(12_000), PcmSource::Header)),
        (expected(AudioFormat::Pcm), head("application/octet-stream"), (rate(24_000), PcmSource::Dialect)),
        (
            expected(AudioFormat::Pcm),
            head("audio/pcm;encoding=pcm_s16le;bits=16"),
            (rate(24_000), PcmSource::Dialect),
        ),
    ] {
        let finished = answered(expected, head, &second()).0.unwrap();
        assert_eq!(finished.pcm, Some(pcm));
        assert_eq!(finished.media, MediaTime::from_samples(24_000, pcm.0.rate()));
    }
    let two = answered(expected(AudioFormat::Pcm), head("audio/L16;rate=24000;channels=2"), &second()).0;
    assert_eq!(two.unwrap().media, MediaTime::from_millis(500));
}

#[test]
fn a_container_under_the_name_of_samples_is_told_by_its_signature() {
    let samples: Vec<i16> = (0..24_000).map(|n| n % 97 * 200).collect();
    let rate = claque_core::time::SampleRate::new(22_050).unwrap();
    let wav = claque_wire::audio::wav::write(&samples, rate, 1);
    let (result, out) = answered(expected(AudioFormat::Pcm), head("audio/pcm"), &wav);
    let finished = result.unwrap();
    assert_eq!((finished.container, finished.pcm), (Container::Wav, None));
    assert_eq!(
        finished.media,
        MediaTime::from_samples(24_000, rate),
        "the header's rate, and no header as sound"
    );
    assert!(finished.findings.remarks.has(Remark::OtherFormat));
    assert!(matches!(out[1], Event::Audio { bytes: 48_000, .. }));
}

#[test]
fn a_length_that_the_service_gives_is_held_against_the_audio() {
    let told = |millis| AnswerHead { duration_ms: Some(millis), ..head("audio/pcm") };
    let remarks =
        |millis| answered(expected(AudioFormat::Pcm), told(millis), &second()).0.unwrap().findings.remarks;
    assert!(remarks("2000").has(Remark::LengthContradicted));
    for millis in ["1000.4", "0", "-3", "soon"] {
        assert!(!remarks(millis).has(Remark::LengthContradicted), "{millis}");
    }
}

#[test]
fn success_without_audio_is_a_failure() {
    for (content_type, body, words) in [
        ("audio/wav", "", "the audio is empty, for a text of 20 characters"),
        ("audio/mpeg", "no audio", "the audio is of an unknown format"),
        ("text/html", "<html><title>Studio</title>", "HTTP 200 with a web page (`Studio`) instead of audio"),
        (
            "application/json",
            "{\"url\": \"/a.wav\"}",
            "HTTP 200 with JSON instead of audio: {\"url\": \"/a.wav\"}",
        ),
        ("application/json", "{\"audio\": \"AAAA\"}", "HTTP 200 with JSON instead of audio"),
        ("audio/pcm;bits=24", "abc", "HTTP 200 with samples of other than 16 bits"),
        ("audio/pcm; encoding=float32", "abc", "HTTP 200 with samples of other than 16 bits"),
        ("audio/pcm;codec=\"PCM_MULAW\"", "abc", "HTTP 200 with samples of other than 16 bits"),
        ("text/plain", "queued", "HTTP 200 with something else instead of audio: queued"),
    ] {
        let failure = failure(200, content_type, body);
        assert_eq!((failure.class, failure.phase), (FailureClass::Protocol, Phase::BeforeAudio), "{failure}");
        assert_eq!(failure.kills, FailureScope::Block(BLOCK));
        assert!(failure.text.starts_with(words), "{failure}");
    }
    let error = failure(200, "application/json", r#"{"error":{"message":"no voice","type":"server_error"}}"#);
    assert_eq!(error.class, FailureClass::Server);
    assert_eq!(error.text, "HTTP 200 with an error instead of audio: no voice (server_error)");
}

#[test]
fn every_shape_of_error_gives_its_words() {
    for (body, words) in [
        (
            r#"{"error":{"message":"no such voice","type":"invalid_request_error","param":"voice","code":null}}"#,
            "no such voice (invalid_request_error)",
        ),
        (r#"{"error":"no such voice"}"#, "no such voice"),
        (r#"{"error":"invalid_voice","message":"no such voice"}"#, "no such voice (invalid_voice)"),
        (r#"{"detail":"no such voice"}"#, "no such voice"),
        (
            r#"{"detail":{"error":"invalid_voice","message":"no such voice","type":"t"}}"#,
            "no such voice (invalid_voice)",
        ),
        (
            r#"{"detail":{"error":{"message":"no such voice","type":"voice_error"}}}"#,
            "no such voice (voice_error)",
        ),
        (
            r#"{"detail":[{"loc":["body","speed"],"msg":"too fast"},{"loc":["body",2],"msg":"x"}]}"#,
            "body.speed: too fast; body.2: x",
        ),
        (
            r#"{"message":"no such voice","code":400,"type":"BadRequestError","param":"voice"}"#,
            "no such voice (BadRequestError)",
        ),
        ("no such voice", "no such voice"),
        ("", "HTTP 400 without a body"),
        ("<html><head><title>400 Bad\n Request</title>", "HTTP 400 with a web page: 400 Bad Request"),
    ] {
        let failure = failure(400, "application/json", body);
        assert_eq!((failure.class, failure.code), (FailureClass::Invalid, Some(400)));
        assert_eq!(failure.text, words);
    }
}

#[test]
fn the_status_is_the_class_whatever_the_words_say() {
    for (status, class) in [
        (401, FailureClass::Auth),
        (403, FailureClass::Auth),
        (404, FailureClass::Invalid),
        (422, FailureClass::Invalid),
        (429, FailureClass::Limit),
        (500, FailureClass::Server),
        (502, FailureClass::Server),
        (503, FailureClass::Overload),
        (302, FailureClass::Protocol),
    ] {
        assert_eq!(
            failure(status, "application/json", r#"{"detail":"overloaded"}"#).class,
            class,
            "{status}"
        );
    }
}

#[test]
fn a_used_up_quota_is_told_from_a_rate_and_how_long_to_wait_is_told() {
    let said = |body: &str, retry_after| {
        let head = AnswerHead { status: 429, retry_after, ..head("application/json") };
        answered(expected(AudioFormat::Pcm), head, body.as_bytes()).0.expect_err("it is refused").text
    };
    let quota =
        r#"{"error":{"message":"You exceeded it","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    assert_eq!(said(quota, None), "quota used up: You exceeded it (insufficient_quota)");
    let rate = r#"{"error":{"message":"Too fast","code":"rate_limit_exceeded"}}"#;
    assert_eq!(said(rate, Some("20")), "rate limit: Too fast (rate_limit_exceeded) (Retry-After: 20 s)");
    let date = "Sun, 29 Nov 2026 02:19:22 GMT";
    assert_eq!(said(r#"{"detail":"x"}"#, Some(date)), format!("rate limit: x (Retry-After: {date})"));
}

#[test]
fn words_without_an_end_are_cut() {
    let long = format!(r#"{{"detail":"{}"}}"#, "\u{e9}".repeat(4_000));
    assert!(failure(500, "application/json", &long).text.len() <= 1 << 10);
    let endless = "x".repeat(64 << 10);
    assert!(failure(500, "text/plain", &endless).text.len() <= 1 << 10);
    assert!(failure(200, "text/html", &endless).text.len() <= 1 << 10);
}

#[test]
fn an_answer_that_breaks_off_is_cut_short_or_what_it_was_about_to_say() {
    let (mut answer, mut out) = (SpeechAnswer::new(BLOCK, 20, expected(AudioFormat::Pcm)), Vec::new());
    assert_eq!(answer.broken("it hung up").text, "it hung up");
    answer.handle_head(&head("audio/pcm"), &mut out);
    assert_eq!(answer.broken("it hung up").phase, Phase::BeforeAudio, "a head is no audio");
    answer.handle_body(&second(), &mut |_| {}, &mut out).unwrap();
    let failure = answer.broken("it hung up");
    assert_eq!((failure.phase, failure.class), (Phase::MidAudio, FailureClass::Protocol));
    assert_eq!(failure.text, "the audio was cut short: it hung up");
    let mut refused = SpeechAnswer::new(BLOCK, 20, expected(AudioFormat::Pcm));
    refused.handle_head(&AnswerHead { status: 503, ..head("application/json") }, &mut out);
    refused.handle_body(br#"{"detail":"full"}"#, &mut |_| {}, &mut out).unwrap();
    assert_eq!(refused.broken("it hung up").text, "full");
}

#[test]
fn a_body_that_is_coded_is_no_audio_however_it_is_called() {
    for (coding, content_type) in [
        ("gzip", "audio/pcm"),
        ("br", "application/octet-stream"),
        ("identity, Deflate", "text/event-stream"),
    ] {
        let head = AnswerHead { content_encoding: Some(coding), ..head(content_type) };
        let (result, out) = answered(expected(AudioFormat::Pcm), head, &second()[..8_000]);
        let failure = result.expect_err("nobody asked for it");
        assert_eq!(failure.class, FailureClass::Protocol);
        assert!(failure.text.contains(&format!("content-encoding `{coding}`")), "{failure}");
        assert_eq!(out, [], "nothing of it is heard");
    }
    let plain = AnswerHead { content_encoding: Some("Identity"), ..head("audio/pcm") };
    assert!(answered(expected(AudioFormat::Pcm), plain, &second()).0.is_ok());
}

#[test]
fn success_that_is_not_200_brings_no_audio() {
    for status in [201, 202, 204, 206] {
        let head = AnswerHead { status, ..head("audio/pcm") };
        let (result, out) = answered(expected(AudioFormat::Pcm), head, &second());
        let failure = result.expect_err("only 200 is whole audio");
        assert_eq!((failure.class, failure.code), (FailureClass::Protocol, Some(status)));
        assert_eq!(failure.text, format!("HTTP {status}, and audio is taken with 200 alone"));
        assert_eq!(out, []);
    }
    let queued = failure(202, "application/json", r#"{"job":"7"}"#);
    assert_eq!(queued.text, r#"HTTP 202 with JSON instead of audio: {"job":"7"}"#);
}

#[test]
fn text_under_the_name_of_samples_is_no_audio() {
    let traceback = format!("Traceback (most recent call last):\n{}", "  File \"x.py\", line 1\n".repeat(40));
    for (body, words) in [
        (
            " <html><title>Bad Gateway</title></html>",
            "HTTP 200 with a web page (`Bad Gateway`) instead of audio",
        ),
        (r#"{"error":{"message":"no voice"}}"#, "HTTP 200 with an error instead of audio: no voice"),
        (&*traceback, "HTTP 200 with something else instead of audio: Traceback (most recent"),
    ] {
        for content_type in ["audio/pcm", "application/octet-stream", ""] {
            for size in [1, 7, body.len()] {
                let mut answer = SpeechAnswer::new(BLOCK, 20, expected(AudioFormat::Pcm));
                let (mut out, mut kept) = (Vec::new(), 0);
                answer.handle_head(&head(content_type), &mut out);
                let mut pieces = body.as_bytes().chunks(size);
                let read = pieces.try_for_each(|piece| {
                    answer.handle_body(piece, &mut |audio| kept += audio.len(), &mut out)
                });
                let failure = read.and_then(|()| answer.finish(&mut out)).unwrap_err();
                assert!(failure.text.starts_with(words), "{failure}");
                assert!(matches!(answer.failed(failure), Event::NotAudio(_)));
                assert_eq!((kept, out.len()), (0, 1), "nothing of it is heard");
            }
        }
    }
}

#[test]
fn samples_that_begin_as_text_would_are_heard_whole() {
    let body = [b"{}<> ".repeat(20), second()].concat();
    let media = answered(expected(AudioFormat::Pcm), head("audio/pcm"), &body).0.unwrap().media;
    assert_eq!(media, MediaTime::from_samples(24_050, claque_core::time::SampleRate::new(24_000).unwrap()));
}
