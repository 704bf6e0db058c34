//! Every recorded answer, read as it came, byte by byte and in random pieces: lengths as ffmpeg found them, and errors in their words.

use claque_core::{
    event::{Event, Failure, FailureClass},
    ids::BlockIdx,
    remark::Remark,
};
use claque_wire::{
    http1::{Part, Response},
    openai::{AnswerHead, AudioFormat, Delivery, Finished, RequestSettings, SpeechAnswer},
};
use serde_json::Value;

use crate::truth::{Decoded, Exchange, connections, decoded, exchanges};

/// What came of an answer.
#[derive(Debug, PartialEq)]
pub(crate) struct Heard {
    pub(crate) result: Result<Finished, Failure>,
    /// The last that was told of audio, and the bytes told of.
    pub(crate) delivered: u64,
    pub(crate) bytes: u64,
    /// What was to be kept.
    pub(crate) audio: Vec<u8>,
    pub(crate) statuses: usize,
}

/// Drives an answer as a connection would.
pub(crate) fn hear<'b>(mut answer: SpeechAnswer, pieces: impl IntoIterator<Item = &'b [u8]>) -> Heard {
    let mut http = Response::with_fields(AnswerHead::FIELDS);
    let (mut audio, mut out) = (Vec::new(), Vec::new());
    let mut result = None;
    'reads: for mut bytes in pieces {
        loop {
            match http.next(&mut bytes).expect("recorded servers speak HTTP") {
                None => break,
                Some(Part::Head { status }) => answer.handle_head(&AnswerHead::of(status, &http), &mut out),
                Some(Part::Body(body)) => {
                    let heard =
                        answer.handle_body(body, &mut |bytes| audio.extend_from_slice(bytes), &mut out);
                    if let Err(failure) = heard {
                        result = Some(Err(failure));
                        break 'reads;
                    }
                }
                Some(Part::End) => {
                    result = Some(answer.finish(&mut out));
                    break 'reads;
                }
            }
        }
    }
    let result = result.unwrap_or_else(|| match http.end() {
        Ok(()) => answer.finish(&mut out),
        Err(why) => Err(answer.broken(&why.to_string())),
    });
    let mut heard = Heard { result, delivered: 0, bytes: 0, audio, statuses: 0 };
    for event in &out {
        match event {
            Event::Audio { delivered, bytes, .. } => {
                assert!(delivered.as_nanos() >= heard.delivered, "audio was taken back");
                heard.delivered = delivered.as_nanos();
                heard.bytes += bytes;
            }
            Event::Status { .. } => heard.statuses += 1,
            Event::Complete { .. } => {}
            event @ (Event::Dialed { .. }
            | Event::Opened
            | Event::Connected { .. }
            | Event::Unsent { .. }
            | Event::Sent { .. }
            | Event::Evicted { .. }
            | Event::Foreign
            | Event::Warning { .. }
            | Event::BlockError { .. }
            | Event::NotAudio(_)
            | Event::Failed(_)
            | Event::Closed(_)) => panic!("{event:?} from a server that says nothing of the kind"),
        }
    }
    heard
}

/// Pieces of these sizes, and what is left.
pub(crate) fn pieces(bytes: &[u8], sizes: impl Iterator<Item = usize>) -> Vec<&[u8]> {
    let mut rest = bytes;
    let mut pieces = Vec::new();
    for size in sizes {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(size.min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces.extend((!rest.is_empty()).then_some(rest));
    pieces
}

/// Sizes of 1 to 2,048, another series for each seed.
pub(crate) fn random(seed: u64) -> impl Iterator<Item = usize> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 53).expect("eleven bits") + 1
    })
}

fn asked(exchange: &Exchange) -> Option<Value> {
    serde_json::from_str(exchange.request.split_once("\r\n\r\n")?.1).ok()
}

fn answer(exchange: &Exchange) -> SpeechAnswer {
    let asked = asked(exchange).unwrap_or_default();
    let format =
        asked["response_format"].as_str().map_or(Some(exchange.dialect.default_format), AudioFormat::of_name);
    let settings =
        RequestSettings::new(exchange.dialect, Delivery::Stream, None).expect("all recorded servers stream");
    let expected = claque_wire::openai::Expected { format, ..settings.expected() };
    let chars = asked["input"].as_str().map_or(0, |text| text.chars().count());
    SpeechAnswer::new(BlockIdx(0), u32::try_from(chars).expect("short"), expected)
}

fn speech() -> impl Iterator<Item = Exchange> {
    exchanges()
        .into_iter()
        .filter(|exchange| exchange.request.starts_with("POST") && !exchange.head.is_empty())
}

fn read(exchange: &Exchange, sizes: impl Iterator<Item = usize>) -> Heard {
    let head = [&exchange.head[..]];
    hear(answer(exchange), head.into_iter().chain(pieces(&exchange.raw, sizes)))
}

#[test]
fn audio_lasts_as_long_as_ffmpeg_found_however_it_is_split() {
    let mut measured = 0;
    for exchange in speech() {
        let (Some(body), Some(file)) = (&exchange.body, &exchange.body_file) else { continue };
        let decoded = decoded(file).unwrap_or_else(|| panic!("{file} was decoded"));
        let name = &exchange.name;
        let own = read(&exchange, exchange.reads.iter().copied());
        assert_eq!(own, read(&exchange, std::iter::repeat(1)), "{name}, byte by byte");
        for seed in 0..3 {
            assert_eq!(own, read(&exchange, random(seed)), "{name}, seed {seed}");
        }
        assert_eq!(&own.audio, body, "{name}: what is kept is what came");
        let is_whole = exchange.end != "client closed on purpose";
        match (&own.result, decoded.samples) {
            (Ok(finished), 1..) if is_whole => {
                check_length(name, finished.media.as_nanos(), &decoded, file);
                assert!(own.delivered <= finished.media.as_nanos(), "{name}");
                assert!(own.statuses == 2 && own.bytes > 0, "{name}: {own:?}");
                measured += 1;
            }
            (Err(failure), 0) => {
                assert!(failure.text.starts_with("the audio is empty"), "{name}: {failure}");
                assert_eq!((own.delivered, own.bytes), (0, 0), "{name}: a header is no audio");
            }
            (Err(failure), _) if !is_whole => {
                assert!(failure.text.starts_with("the audio was cut short"), "{name}: {failure}");
                check_length(name, own.delivered, &decoded, file);
            }
            (result, samples) => panic!("{name}: {result:?}, and ffmpeg decoded {samples} samples"),
        }
    }
    assert!(measured >= 7, "only {measured} bodies were measured");
}

/// Compares to a sample, to a packet of what is compressed.
fn check_length(name: &str, nanos: u64, decoded: &Decoded, file: &str) {
    let samples = match file {
        // ffmpeg plays the first of several files, or loses part: these hold what the unpacked stream of the same text does.
        "a337ad38f7c3.wav" | "c89466d43474.flac" => 144_128,
        _ => decoded.samples,
    };
    let packet = match &*decoded.codec {
        "mp3" => 576,
        "opus" => 960,
        "aac" => 1_024,
        _ => 1,
    };
    let found = (u128::from(nanos) * u128::from(decoded.rate) + 500_000_000) / 1_000_000_000;
    let found = u64::try_from(found).expect("no body is that long");
    assert!(found.abs_diff(samples) <= packet, "{name}: {found} samples, and ffmpeg decoded {samples}");
}

#[test]
fn another_container_than_was_asked_for_is_told() {
    for exchange in speech().filter(|exchange| exchange.body_file.is_some()) {
        let Ok(finished) = read(&exchange, std::iter::empty()).result else { continue };
        let format = asked(&exchange).and_then(|asked| asked["response_format"].as_str().map(str::to_owned));
        let is_other = exchange.server == "wyoming-openai-gateway" && format.as_deref() != Some("wav");
        assert_eq!(finished.findings.remarks.has(Remark::OtherFormat), is_other, "{}", exchange.name);
        let is_several = exchange.server == "fastkokoro-stream"
            && matches!(format.as_deref(), Some("wav" | "flac" | "opus"));
        assert_eq!(finished.findings.remarks.has(Remark::SeveralFiles), is_several, "{}", exchange.name);
    }
}

#[test]
fn refusals_are_told_in_the_service_s_words_by_their_class() {
    let mut refused = 0;
    for exchange in speech() {
        let status: u16 = String::from_utf8_lossy(&exchange.head[9..12]).parse().expect("a status");
        let (true, Some(body)) = (status >= 400, &exchange.body) else { continue };
        let name = &exchange.name;
        let failure = read(&exchange, exchange.reads.iter().copied()).result.expect_err(name);
        let class = match status {
            500 | 502 => FailureClass::Server,
            503 => FailureClass::Overload,
            _ => FailureClass::Invalid,
        };
        assert_eq!((failure.class, failure.code), (class, Some(status)), "{name}: {failure}");
        let body: Value = serde_json::from_slice(body).expect("all of these are JSON");
        let words = match &body["detail"] {
            Value::Array(issues) => issues[0]["msg"].as_str(),
            Value::String(words) => Some(&**words),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => body["message"].as_str(),
        };
        let words = words.unwrap_or_else(|| panic!("{name} has words"));
        assert!(failure.text.contains(words), "{name}: {failure}, and it said {words}");
        refused += 1;
    }
    assert!(refused >= 20, "only {refused} refusals were read");
}

#[test]
fn answers_behind_each_other_on_one_connection_are_told_apart() {
    for (dialect, bytes) in connections() {
        let settings =
            RequestSettings::new(dialect, Delivery::Stream, None).expect("all recorded servers stream");
        let expected =
            claque_wire::openai::Expected { format: Some(AudioFormat::Wav), ..settings.expected() };
        let mut rest = &bytes[..];
        let mut answers = 0;
        while !rest.is_empty() {
            let mut http = Response::with_fields(AnswerHead::FIELDS);
            let (mut answer, mut out) = (SpeechAnswer::new(BlockIdx(0), 40, expected), Vec::new());
            loop {
                match http.next(&mut rest).expect("recorded servers speak HTTP").expect("all of it is there")
                {
                    Part::Head { status } => answer.handle_head(&AnswerHead::of(status, &http), &mut out),
                    Part::Body(body) => answer.handle_body(body, &mut |_| {}, &mut out).expect("it is audio"),
                    Part::End => break,
                }
            }
            let media = answer.finish(&mut out).expect("it is whole").media;
            assert!((500..9_000).contains(&(media.as_nanos() / 1_000_000)), "{media:?}");
            answers += 1;
        }
        assert!(answers > 0);
    }
}

#[test]
fn of_audio_that_was_not_kept_the_beginning_is_understood() {
    for exchange in speech().filter(|exchange| exchange.body.is_none()) {
        // The head promises more than is there.
        let heard = read(&exchange, std::iter::repeat(7));
        let failure = heard.result.expect_err("it is not whole");
        assert_eq!(failure.class, FailureClass::Protocol, "{}", exchange.name);
        assert!(failure.text.starts_with("the audio was cut short"), "{}: {failure}", exchange.name);
        assert_eq!(heard.statuses, 1, "{}", exchange.name);
    }
}
