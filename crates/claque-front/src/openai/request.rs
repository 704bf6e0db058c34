//! What a request for speech asks for, and whether a dialect takes it.

use claque_core::time::Speed;
use claque_wire::openai::AudioFormat as Format;
use serde_json::{Map, Value};

use super::{
    OpenaiConfig,
    dialect::{Dialect, EventSound, Formats, StreamDefault, Streaming, Unknown},
    error::{Complaint, ComplaintKind},
};

/// What is to be made and how it is sent.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SpeechRequest {
    pub(super) text: String,
    pub(super) voice: String,
    pub(super) speed: Speed,
    pub(super) format: Format,
    pub(super) delivery: Delivery,
}

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// When all of it is made.
    Whole,
    /// As bytes, while it is made.
    Streamed,
    /// As events, while it is made.
    Events,
}

/// The fields of a body. Those nobody knows are passed over.
struct Fields<'a>(&'a Map<String, Value>);

/// Reads a request. `path` is the place among the dialect's paths.
///
/// # Errors
/// What the dialect complains about.
pub(super) fn read(body: &[u8], path: usize, config: &OpenaiConfig) -> Result<SpeechRequest, Complaint> {
    let value: Value = serde_json::from_slice(body).map_err(|error| {
        Complaint::new(ComplaintKind::BadJson, None, format!("the body is no JSON: {error}"))
    })?;
    let Value::Object(map) = &value else {
        return Err(Complaint::new(ComplaintKind::WrongType, None, "the body must be a JSON object"));
    };
    let (fields, dialect) = (Fields(map), config.dialect);
    for field in ["model", "voice", "input"] {
        let is_required = field == "input" || dialect.required.contains(&field);
        if is_required && fields.value(field).is_none() {
            return Err(missing(field).with_input(&value));
        }
    }
    model(&fields, config)?;
    let text = text(&fields, config)?;
    let voice = voice(&fields, config)?;
    let speed = speed(&fields)?;
    let delivery = delivery(&fields, dialect, path)?;
    let format = format(&fields, dialect, delivery)?;
    Ok(SpeechRequest { text, voice, speed, format, delivery })
}

impl<'a> Fields<'a> {
    /// A field that is there and not null.
    fn value(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &'static str) -> Result<Option<&'a str>, Complaint> {
        self.value(name)
            .map(|value| {
                value.as_str().ok_or_else(|| {
                    Complaint::new(ComplaintKind::WrongType, Some(name), "Input should be a valid string")
                        .with_input(value)
                })
            })
            .transpose()
    }
}

fn missing(field: &'static str) -> Complaint {
    Complaint::new(ComplaintKind::Missing, Some(field), "Field required")
}

fn model(fields: &Fields<'_>, config: &OpenaiConfig) -> Result<(), Complaint> {
    let Some(model) = fields.text("model")? else { return Ok(()) };
    match config.dialect.unknown_model {
        Unknown::Refused(status) if !config.models.iter().any(|known| known == model) => {
            let words = format!("The model '{model}' does not exist");
            Err(Complaint::new(ComplaintKind::UnknownModel(status), Some("model"), words))
        }
        Unknown::Refused(_) | Unknown::Ignored => Ok(()),
    }
}

fn text(fields: &Fields<'_>, config: &OpenaiConfig) -> Result<String, Complaint> {
    let text = fields.text("input")?.ok_or_else(|| missing("input"))?;
    if text.trim().is_empty() {
        return Err(Complaint::new(ComplaintKind::BadValue, Some("input"), "the input has no text"));
    }
    let chars = text.chars().count();
    match config.max_input_chars {
        Some(most) if chars > most => {
            let words = format!("the input has {chars} characters; at most {most} are taken");
            Err(Complaint::new(ComplaintKind::BadValue, Some("input"), words))
        }
        Some(_) | None => Ok(text.to_owned()),
    }
}

/// A voice is a name; the reference API also takes `{"id": name}`.
fn voice(fields: &Fields<'_>, config: &OpenaiConfig) -> Result<String, Complaint> {
    let by_id = fields.value("voice").and_then(|voice| voice.get("id")).and_then(Value::as_str);
    let by_id = by_id.filter(|_| config.dialect.name == "openai");
    let named = match by_id {
        Some(id) => Some(id),
        None => fields.text("voice")?,
    };
    let default = config.voices.first().map_or("default", String::as_str);
    let Some(named) = named else { return Ok(default.to_owned()) };
    if config.voices.iter().any(|known| known == named) {
        return Ok(named.to_owned());
    }
    match config.dialect.unknown_voice {
        Unknown::Ignored => Ok(default.to_owned()),
        Unknown::Refused(status) => {
            let words = format!("Voice '{named}' is not available; there are {}", config.voices.join(", "));
            Err(Complaint::new(ComplaintKind::UnknownVoice(status), Some("voice"), words))
        }
    }
}

fn speed(fields: &Fields<'_>) -> Result<Speed, Complaint> {
    let Some(value) = fields.value("speed") else { return Ok(Speed::NORMAL) };
    let in_range = value.as_f64().filter(|speed| (0.25..=4.0).contains(speed));
    in_range.and_then(|speed| Speed::from_thousandths(thousandths(speed))).ok_or_else(|| {
        Complaint::new(ComplaintKind::BadValue, Some("speed"), "speed is a number from 0.25 to 4.0")
            .with_input(value)
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0.25 to 4.0 by a thousand")]
fn thousandths(speed: f64) -> u32 {
    (speed * 1_000.0).round() as u32
}

fn delivery(fields: &Fields<'_>, dialect: &Dialect, path: usize) -> Result<Delivery, Complaint> {
    let is_streamed = fields.value("stream").and_then(Value::as_bool);
    let asked = if dialect.events.is_some() { fields.text("stream_format")? } else { None };
    let events = match asked {
        Some("sse") => true,
        Some("audio") | None => false,
        Some(other) => {
            let words = format!("stream_format is '{other}'; there are audio and sse");
            return Err(Complaint::new(ComplaintKind::BadValue, Some("stream_format"), words));
        }
    };
    Ok(match dialect.streaming {
        _ if events => Delivery::Events,
        Streaming::Always => Delivery::Streamed,
        Streaming::Never => Delivery::Whole,
        Streaming::ByField(default) => {
            if is_streamed.unwrap_or(default == StreamDefault::On) {
                Delivery::Streamed
            } else {
                Delivery::Whole
            }
        }
        Streaming::EventsByField => match (is_streamed, asked) {
            (_, Some(_)) => Delivery::Streamed,
            (Some(true), None) => Delivery::Events,
            (Some(false) | None, None) => Delivery::Whole,
        },
        Streaming::ByPath if path > 0 => Delivery::Streamed,
        Streaming::ByPath => Delivery::Whole,
    })
}

fn format(fields: &Fields<'_>, dialect: &Dialect, delivery: Delivery) -> Result<Format, Complaint> {
    let asked = fields.text("response_format")?;
    let bad = |list: &[Format]| {
        let names: Vec<_> = list.iter().map(|format| format.as_str()).collect();
        let words = format!(
            "Invalid response_format '{}'; there are {}",
            asked.unwrap_or_default(),
            names.join(", ")
        );
        Complaint::new(ComplaintKind::BadValue, Some("response_format"), words)
    };
    let format = match (asked, dialect.formats) {
        (None, _) => dialect.default_format,
        (Some(name), Formats::These(list)) => {
            Format::of_name(name).filter(|format| list.contains(format)).ok_or_else(|| bad(list))?
        }
        (Some(name), Formats::TheseElseWav(list)) => {
            Format::of_name(name).filter(|format| list.contains(format)).unwrap_or(Format::Wav)
        }
    };
    let in_events = dialect.events.as_ref().map(|events| events.sound);
    match (dialect.streaming, delivery, in_events) {
        (_, Delivery::Events, Some(EventSound::Described)) => Ok(Format::Pcm),
        // A stream of that server is one of samples.
        (Streaming::EventsByField, Delivery::Streamed | Delivery::Events, _)
            if !matches!(format, Format::Pcm | Format::Wav) =>
        {
            Err(bad(&[Format::Pcm, Format::Wav]))
        }
        // That of this one is always WAV.
        (Streaming::ByField(StreamDefault::Off), Delivery::Streamed, _) => Ok(Format::Wav),
        _ => Ok(format),
    }
}
