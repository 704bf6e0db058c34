//! What a server-sent event of speech says.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::ServerEvent;

/// One event.
#[derive(Debug)]
pub(super) enum SpeechEvent<'e> {
    /// A piece of audio, in base64.
    Delta(Cow<'e, str>),
    /// What samples that follow are.
    Info(Info),
    /// Nothing more will come.
    Done,
    /// The service failed.
    Failed(Value),
    /// Something else of this name.
    Unknown(String),
}

/// `speech.audio.info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) sample_rate: Option<u32>,
    pub(super) channels: Option<u16>,
    pub(super) bits_per_sample: Option<u16>,
}

#[derive(Deserialize)]
struct Text<'e>(#[serde(borrow)] Cow<'e, str>);

#[derive(Deserialize)]
struct Message<'e> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Text<'e>>,
    #[serde(borrow, default)]
    audio: Option<Text<'e>>,
    #[serde(default)]
    sample_rate: Option<u32>,
    #[serde(default)]
    channels: Option<u16>,
    #[serde(default)]
    bits_per_sample: Option<u16>,
    #[serde(default)]
    error: Option<Value>,
}

/// Reads an event. What it is, its `type` says, or its name.
///
/// # Errors
/// It is no JSON, or not of the shape that its kind has. Gives what is wrong.
pub(super) fn read<'e>(event: &ServerEvent<'e>) -> Result<SpeechEvent<'e>, String> {
    // What chat streams of the same servers end with.
    if event.data.trim_ascii() == b"[DONE]" {
        return Ok(SpeechEvent::Done);
    }
    let message: Message<'_> = match serde_json::from_slice(event.data) {
        Ok(message) => message,
        Err(problem) => return read_odd(event, &problem),
    };
    let kind = message.kind.map_or(Cow::Borrowed(event.name), |kind| kind.0);
    Ok(match (&*kind, message.audio, message.error) {
        ("speech.audio.delta", Some(audio), _) => SpeechEvent::Delta(audio.0),
        ("speech.audio.delta", None, _) => return Err("a piece without `audio`".to_owned()),
        ("speech.audio.done", _, Some(error)) => SpeechEvent::Failed(error),
        ("speech.audio.done", _, None) => SpeechEvent::Done,
        ("speech.audio.info", ..) => SpeechEvent::Info(Info {
            sample_rate: message.sample_rate,
            channels: message.channels,
            bits_per_sample: message.bits_per_sample,
        }),
        (_, _, Some(error)) => SpeechEvent::Failed(error),
        ("speech.audio.error" | "error", _, None) => {
            SpeechEvent::Failed(serde_json::from_slice(event.data).unwrap_or_default())
        }
        _ => SpeechEvent::Unknown(kind.into_owned()),
    })
}

/// An event of another shape: an unknown one may have any, those that matter may not.
fn read_odd<'e>(event: &ServerEvent<'e>, problem: &serde_json::Error) -> Result<SpeechEvent<'e>, String> {
    let value: Value = serde_json::from_slice(event.data).map_err(|_| problem.to_string())?;
    let kind = value.get("type").and_then(Value::as_str).unwrap_or(event.name);
    if kind.starts_with("speech.audio.") {
        Err(problem.to_string())
    } else {
        Ok(SpeechEvent::Unknown(kind.to_owned()))
    }
}
