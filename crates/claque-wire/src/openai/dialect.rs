//! What is known of the servers that speak the API: one table.
//!
//! A server that is not in it is spoken to as `openai`, with fields and formats said by the user.

use core::fmt;

use super::AudioFormat;
use crate::audio::PcmFormat;

/// One server's way with the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What it is called in settings.
    pub name: &'static str,
    /// Where speech is asked for.
    pub speech_path: &'static str,
    /// Where models are listed.
    pub models_path: Option<&'static str>,
    /// Where voices are listed.
    pub voices_path: Option<&'static str>,
    /// Where it says that it is well.
    pub health_path: Option<&'static str>,
    /// What comes when no format is asked for.
    pub default_format: AudioFormat,
    /// What its samples are when nothing says otherwise.
    pub pcm: PcmFormat,
    /// The model that it has as it comes; none where there is no such thing.
    pub model: Option<&'static str>,
    /// A voice that it has as it comes.
    pub voice: Option<&'static str>,
    /// How its refusals usually look. All shapes are understood from every server.
    pub errors: ErrorShape,
    /// Where the row comes from.
    pub source: &'static str,
    whole: Option<Way>,
    stream: Option<Way>,
    events: Option<Way>,
}

/// How audio is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Delivery {
    /// Made whole, then sent.
    Whole,
    /// Bytes as they are made.
    Stream,
    /// Server-sent events with pieces in base64.
    Events,
}

impl Delivery {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Whole, Self::Stream, Self::Events];

    /// The name used in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Stream => "stream",
            Self::Events => "sse",
        }
    }

    /// The one of this name, if there is one.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|delivery| delivery.as_str() == name)
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The shape of a refusal's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorShape {
    /// `{"error": {"message", "type", "param", "code"}}`.
    Wrapped,
    /// `{"detail": text, object or list}`.
    Detail,
    /// `{"message", "type", "param", "code"}`.
    Flat,
}

/// A server does not deliver in that way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{dialect} does not deliver as `{delivery}`; it knows {known}")]
pub struct DialectError {
    dialect: &'static str,
    delivery: Delivery,
    known: &'static str,
}

/// How one delivery is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Where, if not at the speech path.
    pub(super) path: Option<&'static str>,
    /// With which fields besides the usual ones.
    pub(super) fields: &'static [(&'static str, Literal)],
    /// In which format, if nothing else is said.
    pub(super) format: AudioFormat,
}

/// A value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    True,
    False,
    Text(&'static str),
    /// The rate at which samples will be read.
    PcmRate,
}

/// Nothing besides the usual fields.
const fn plain(format: AudioFormat) -> Way {
    Way { path: None, fields: &[], format }
}

const fn with(fields: &'static [(&'static str, Literal)], format: AudioFormat) -> Way {
    Way { path: None, fields, format }
}

const STREAM: &[(&str, Literal)] = &[("stream", Literal::True)];
const SSE: &[(&str, Literal)] = &[("stream_format", Literal::Text("sse"))];
const SPEACHES: &[(&str, Literal)] = &[("sample_rate", Literal::PcmRate)];
const SPEACHES_SSE: &[(&str, Literal)] =
    &[("sample_rate", Literal::PcmRate), ("stream_format", Literal::Text("sse"))];

/// What the rows have in common.
const USUAL: Dialect = Dialect {
    name: "openai",
    speech_path: "/v1/audio/speech",
    models_path: Some("/v1/models"),
    voices_path: None,
    health_path: None,
    default_format: AudioFormat::Mp3,
    pcm: PcmFormat::OPENAI,
    model: Some("gpt-4o-mini-tts"),
    voice: Some("alloy"),
    errors: ErrorShape::Wrapped,
    source: "the API's description of 2026-08-21",
    whole: None,
    stream: Some(plain(AudioFormat::Pcm)),
    events: Some(with(SSE, AudioFormat::Pcm)),
};

/// Rows are told apart by name; the first is what an unknown server is taken for.
const TABLE: [Dialect; 10] = [
    USUAL,
    Dialect {
        name: "kokoro-fastapi",
        voices_path: Some("/v1/audio/voices"),
        health_path: Some("/health"),
        model: Some("kokoro"),
        voice: Some("af_heart"),
        errors: ErrorShape::Detail,
        source: "Kokoro-FastAPI, commit 26eec06, read",
        whole: Some(with(&[("stream", Literal::False)], AudioFormat::Pcm)),
        stream: Some(with(STREAM, AudioFormat::Pcm)),
        events: None,
        ..USUAL
    },
    Dialect {
        name: "fastkokoro",
        voices_path: Some("/v1/audio/voices"),
        health_path: Some("/health"),
        default_format: AudioFormat::Wav,
        model: Some("kokoro"),
        voice: Some("af_heart"),
        errors: ErrorShape::Detail,
        source: "fastkokoro 0.7.0, recorded",
        whole: Some(plain(AudioFormat::Pcm)),
        stream: Some(with(STREAM, AudioFormat::Pcm)),
        events: None,
        ..USUAL
    },
    Dialect {
        // The rate of its samples is the model's and is told by a WAV header alone.
        name: "vllm-omni",
        voices_path: Some("/v1/audio/voices"),
        health_path: Some("/health"),
        default_format: AudioFormat::Wav,
        model: None,
        voice: None,
        source: "vLLM-Omni's documentation of its speech API, commit 078de2d, read",
        whole: Some(plain(AudioFormat::Wav)),
        stream: Some(with(
            &[("stream", Literal::True), ("stream_format", Literal::Text("audio"))],
            AudioFormat::Wav,
        )),
        events: Some(with(STREAM, AudioFormat::Wav)),
        ..USUAL
    },
    Dialect {
        // The rate of its samples is the model's unless one is asked for, so one is.
        name: "speaches",
        voices_path: Some("/v1/audio/voices"),
        health_path: Some("/health"),
        model: Some("speaches-ai/Kokoro-82M-v1.0-ONNX"),
        voice: Some("af_heart"),
        errors: ErrorShape::Detail,
        source: "speaches, commit 870e1e1, read",
        stream: Some(with(SPEACHES, AudioFormat::Pcm)),
        events: Some(with(SPEACHES_SSE, AudioFormat::Pcm)),
        ..USUAL
    },
    Dialect {
        name: "localai",
        health_path: Some("/readyz"),
        default_format: AudioFormat::Wav,
        pcm: PcmFormat::mono(16_000),
        model: None,
        voice: None,
        source: "LocalAI, commit 82c191a, read",
        whole: Some(plain(AudioFormat::Wav)),
        stream: Some(with(STREAM, AudioFormat::Wav)),
        events: None,
        ..USUAL
    },
    Dialect {
        // Its samples have the rate of the engine, which its Content-Type says; this one is Piper's.
        name: "openedai-speech",
        health_path: Some("/health"),
        pcm: PcmFormat::mono(22_050),
        model: Some("tts-1"),
        errors: ErrorShape::Flat,
        source: "openedai-speech 0.18.2, recorded",
        events: None,
        ..USUAL
    },
    Dialect {
        name: "chatterbox",
        models_path: None,
        voices_path: Some("/v1/audio/voices"),
        default_format: AudioFormat::Wav,
        model: Some("chatterbox"),
        voice: None,
        errors: ErrorShape::Detail,
        source: "Chatterbox-TTS-Server (devnen), commit 68213e7, read",
        whole: Some(plain(AudioFormat::Wav)),
        stream: None,
        events: None,
        ..USUAL
    },
    Dialect {
        // Whatever is asked for comes as WAV, and as bare samples in events.
        name: "chatterbox-api",
        voices_path: Some("/voices"),
        health_path: Some("/health"),
        default_format: AudioFormat::Wav,
        model: Some("chatterbox-tts-1"),
        errors: ErrorShape::Detail,
        source: "chatterbox-tts-api (travisvn), commit a5f4661, read",
        whole: Some(plain(AudioFormat::Wav)),
        stream: Some(Way { path: Some("/v1/audio/speech/stream"), ..plain(AudioFormat::Wav) }),
        events: Some(with(SSE, AudioFormat::Pcm)),
        ..USUAL
    },
    Dialect {
        // Whatever is asked for comes as WAV.
        name: "wyoming-openai",
        models_path: None,
        voices_path: Some("/v1/voices"),
        default_format: AudioFormat::Wav,
        pcm: PcmFormat::mono(22_050),
        model: Some("tts-1"),
        voice: None,
        errors: ErrorShape::Detail,
        source: "wyoming-openai-gateway 0.2.1 in front of wyoming-piper 2.5.2, recorded",
        whole: Some(plain(AudioFormat::Wav)),
        stream: Some(with(STREAM, AudioFormat::Wav)),
        events: None,
        ..USUAL
    },
];

impl Dialect {
    /// Every dialect; the first is the one of servers that nobody knows.
    pub const ALL: &'static [Self] = &TABLE;

    /// The dialect of servers that nobody knows: the API as it is documented.
    pub const OPENAI: &'static Self = &Self::ALL[0];

    /// The dialect of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.iter().find(|dialect| dialect.name == name)
    }

    /// How audio comes if nothing else is said: as it is made, where the server can.
    #[must_use]
    pub const fn usual_delivery(&self) -> Delivery {
        if self.stream.is_some() { Delivery::Stream } else { Delivery::Whole }
    }

    /// The format that is asked for if nothing else is said: one whose length is known at every byte.
    ///
    /// # Errors
    /// The server does not deliver in that way.
    pub fn load_format(&self, delivery: Delivery) -> Result<AudioFormat, DialectError> {
        self.way(delivery).map(|way| way.format)
    }

    pub(super) fn way(&self, delivery: Delivery) -> Result<Way, DialectError> {
        let way = match delivery {
            Delivery::Whole => self.whole,
            Delivery::Stream => self.stream,
            Delivery::Events => self.events,
        };
        let known = match (self.whole, self.stream, self.events) {
            (Some(_), Some(_), Some(_)) => "whole, stream, sse",
            (Some(_), Some(_), None) => "whole, stream",
            (None, Some(_), Some(_)) => "stream, sse",
            (None, Some(_), None) => "stream",
            (Some(_), None, Some(_)) => "whole, sse",
            (Some(_), None, None) => "whole",
            (None, None, _) => "sse",
        };
        way.ok_or(DialectError { dialect: self.name, delivery, known })
    }
}

/// The path of `path` on a service whose address ends with `base`, which may be empty: people give addresses with `/v1` at their
/// end, as official clients want them, or without.
#[must_use]
pub fn path_under(base: &str, path: &str) -> String {
    let base = base.trim_end_matches('/');
    let base = if path.starts_with("/v1/") { base.strip_suffix("/v1").unwrap_or(base) } else { base };
    format!("{base}{path}")
}
