//! The body of a request for speech.

use claque_core::time::Speed;
use serde_json::Value;

use super::{
    AudioFormat, Delivery, Dialect, DialectError, Expected, PcmSource, RequestField,
    dialect::{Literal, Way},
};
use crate::audio::PcmFormat;

/// What all requests of a run have in common. Build it with [`RequestSettings::new`] and its `with_*`.
#[derive(Clone, Debug)]
pub struct RequestSettings {
    dialect: &'static Dialect,
    delivery: Delivery,
    way: Way,
    model: String,
    format: AudioFormat,
    speed: Speed,
    pcm: Option<PcmFormat>,
    fields: Vec<RequestField>,
}

/// Why requests cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The server does not deliver in that way.
    #[error(transparent)]
    Delivery(#[from] DialectError),
    /// No model was named, and the server has none of its own.
    #[error("name a model: {0} has none of its own")]
    Model(&'static str),
}

impl RequestSettings {
    /// Makes settings for a dialect, with its usual format. Without a model its own is taken.
    ///
    /// # Errors
    /// It does not deliver in that way, or no model is known.
    pub fn new(
        dialect: &'static Dialect,
        delivery: Delivery,
        model: Option<String>,
    ) -> Result<Self, SettingsError> {
        let way = dialect.way(delivery)?;
        let model =
            model.or_else(|| dialect.model.map(str::to_owned)).ok_or(SettingsError::Model(dialect.name))?;
        let format = way.format;
        Ok(Self {
            dialect,
            delivery,
            way,
            model,
            format,
            speed: Speed::NORMAL,
            pcm: None,
            fields: Vec::new(),
        })
    }

    /// Asks for this format.
    #[must_use]
    pub const fn with_format(mut self, format: AudioFormat) -> Self {
        self.format = format;
        self
    }

    /// Asks for speech of this speed. Normal speed is not written.
    #[must_use]
    pub const fn with_speed(mut self, speed: Speed) -> Self {
        self.speed = speed;
        self
    }

    /// Takes samples without a container to be this, whatever the service says.
    #[must_use]
    pub const fn with_pcm(mut self, pcm: PcmFormat) -> Self {
        self.pcm = Some(pcm);
        self
    }

    /// Adds fields; of several of a name the last one counts.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<RequestField>) -> Self {
        self.fields = fields;
        self
    }

    /// The dialect spoken.
    #[must_use]
    pub const fn dialect(&self) -> &'static Dialect {
        self.dialect
    }

    /// How audio is to come.
    #[must_use]
    pub const fn delivery(&self) -> Delivery {
        self.delivery
    }

    /// The model asked for.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Where speech is asked for.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.way.path.unwrap_or(self.dialect.speech_path)
    }

    /// Header fields of every request besides `host`, `authorization` and `content-length`.
    #[must_use]
    pub const fn header_fields(&self) -> [(&'static str, &'static str); 2] {
        let accept = match self.delivery {
            Delivery::Whole | Delivery::Stream => "*/*",
            Delivery::Events => "text/event-stream, */*",
        };
        [("content-type", "application/json"), ("accept", accept)]
    }

    /// What an answer should be.
    #[must_use]
    pub fn expected(&self) -> Expected {
        // A format that was set as a field is what the service was asked for.
        let format = match self.last("response_format") {
            Some(value) => value.as_str().and_then(AudioFormat::of_name),
            None => Some(self.format),
        };
        let (pcm, source) = match self.pcm.or_else(|| self.asked_pcm()) {
            Some(pcm) => (pcm, PcmSource::Settings),
            None => (self.dialect.pcm, PcmSource::Dialect),
        };
        Expected { format, pcm, source }
    }

    /// What was asked for in a field, of a server that makes samples as one wants them.
    fn asked_pcm(&self) -> Option<PcmFormat> {
        let (name, _) = self.way.fields.iter().find(|(_, value)| *value == Literal::PcmRate)?;
        let rate = match self.last(name) {
            Some(value) => u32::try_from(value.as_u64()?).ok()?,
            None => self.dialect.pcm.rate().hertz(),
        };
        PcmFormat::new(rate, self.dialect.pcm.channels())
    }

    /// The body that asks for `text` in a voice; an empty voice is not written. Keys stand in a fixed order: those of the API,
    /// then those of the dialect, then those that were added, each of which takes the place of an earlier one of its name.
    #[must_use]
    pub fn body(&self, text: &str, voice: &str) -> Vec<u8> {
        let mut body = Body { bytes: Vec::with_capacity(text.len() + 256), settings: self };
        body.bytes.push(b'{');
        body.write("model", &self.model);
        // Nothing takes the place of the text.
        body.write("input", text);
        if !voice.is_empty() || self.last("voice").is_some() {
            body.write("voice", voice);
        }
        body.write("response_format", self.format.as_str());
        if self.speed != Speed::NORMAL || self.last("speed").is_some() {
            body.write("speed", &self.speed.as_f64());
        }
        for (name, value) in self.way.fields {
            match value {
                Literal::True => body.write(name, &true),
                Literal::False => body.write(name, &false),
                Literal::Text(text) => body.write(name, text),
                Literal::PcmRate => body.write(name, &self.expected().pcm.rate().hertz()),
            }
        }
        for (place, field) in self.fields.iter().enumerate() {
            let is_first = self.fields.iter().take(place).all(|other| other.name != field.name);
            if is_first && !self.is_written(&field.name) {
                body.write(&field.name, &Value::Null);
            }
        }
        body.bytes.push(b'}');
        body.bytes
    }

    /// Whether a field of this name has its place before those that were added.
    fn is_written(&self, name: &str) -> bool {
        ["model", "input", "voice", "response_format", "speed"].contains(&name)
            || self.way.fields.iter().any(|(own, _)| *own == name)
    }

    /// The value that was set for a field.
    fn last(&self, name: &str) -> Option<&Value> {
        self.fields.iter().rev().find(|field| field.name == name).map(|field| &field.value)
    }
}

/// An object that is being written.
struct Body<'s> {
    bytes: Vec<u8>,
    settings: &'s RequestSettings,
}

impl Body<'_> {
    /// Writes a member, with the value that was set for it if one was.
    fn write(&mut self, name: &str, value: &(impl serde::Serialize + ?Sized)) {
        if self.bytes.len() > 1 {
            self.bytes.push(b',');
        }
        self.json(name);
        self.bytes.push(b':');
        match self.settings.last(name).filter(|_| name != "input") {
            Some(set) => self.json(set),
            None => self.json(value),
        }
    }

    fn json(&mut self, value: &(impl serde::Serialize + ?Sized)) {
        serde_json::to_writer(&mut self.bytes, value).expect("texts, numbers and JSON can always be written");
    }
}
