//! Server-sent events of an answer (HTML standard, section 9.2).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use claque_core::time::{MediaTime, SampleRate};
use claque_wire::openai::AudioFormat as Format;
use serde_json::{Value, json};

use super::dialect::{EventNames, EventSound, Events};

/// Tokens of audio in a second, for the counts at the end; services count as they like.
const TOKENS_PER_SECOND: u64 = 20;

/// One event.
fn event(events: &Events, name: &str, mut data: Value) -> Vec<u8> {
    if let Value::Object(fields) = &mut data {
        fields.insert("type".to_owned(), name.into());
    }
    let line = match events.names {
        EventNames::Left => String::new(),
        EventNames::Sent => format!("event: {name}\n"),
    };
    format!("{line}data: {data}\n\n").into_bytes()
}

/// What comes before the audio; nothing in most dialects.
pub(super) fn first(events: &Events, rate: SampleRate) -> Vec<u8> {
    match events.sound {
        EventSound::AsAsked | EventSound::Named => Vec::new(),
        EventSound::Described => {
            let info = json!({ "sample_rate": rate.hertz(), "channels": 1, "bits_per_sample": 16 });
            event(events, "speech.audio.info", info)
        }
    }
}

/// A piece of audio.
pub(super) fn delta(events: &Events, format: Format, bytes: &[u8]) -> Vec<u8> {
    let audio = STANDARD.encode(bytes);
    let data = match events.sound {
        EventSound::Named => json!({ "audio": audio, "response_format": format.as_str() }),
        EventSound::AsAsked | EventSound::Described => json!({ "audio": audio }),
    };
    event(events, "speech.audio.delta", data)
}

/// The end.
pub(super) fn done(events: &Events, chars: usize, media: MediaTime) -> Vec<u8> {
    let input = u64::try_from(chars.div_ceil(4)).unwrap_or(u64::MAX);
    let output = (media.as_nanos() * TOKENS_PER_SECOND).div_ceil(1_000_000_000);
    let counts = json!({ "input_tokens": input, "output_tokens": output, "total_tokens": input + output });
    event(events, "speech.audio.done", json!({ (events.usage): counts }))
}

/// A failure, in the dialect that has an event for it. `error` is the body of an error that would have been an answer.
pub(super) fn failure(events: &Events, error: &[u8]) -> Vec<u8> {
    let body: Value = serde_json::from_slice(error).unwrap_or_default();
    event(events, "speech.audio.error", json!({ "error": body.get("error").unwrap_or(&body) }))
}
