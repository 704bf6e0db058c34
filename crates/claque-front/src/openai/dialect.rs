// tidy: table, one row per dialect.
//! The dialects of the protocol, as a service speaks them: one row each, data only.
//!
//! Sources: the reference API's public description of 2026-08, the public repositories of the servers named, and recordings of
//! fastkokoro, openedai-speech and wyoming-openai-gateway.

use claque_wire::openai::AudioFormat::{self as Format, Aac, Flac, Mp3, Opus, Pcm, Wav};

use super::error::ErrorShape;

/// How one kind of server speaks the protocol.
#[derive(Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Its name, as `--dialect` takes it.
    pub name: &'static str,
    /// The format of a request that names none.
    pub default_format: Format,
    /// What is made of a format that is asked for.
    pub(super) formats: Formats,
    /// Samples per second of what it makes.
    pub(super) rate_hertz: u32,
    /// The content type of each format.
    pub(super) types: MediaTypes,
    /// When an answer is sent while it is made.
    pub(super) streaming: Streaming,
    /// How it sends events; none where it has no such answers.
    pub(super) events: Option<Events>,
    /// Whether it closes the connection behind a streamed answer.
    pub(super) after_stream: AfterStream,
    /// Its errors.
    pub(super) errors: ErrorShape,
    /// The status of a request without a valid key, where keys are asked for.
    pub(super) key_status: u16,
    /// What becomes of a model and of a voice that it does not have.
    pub(super) unknown_model: Unknown,
    pub(super) unknown_voice: Unknown,
    /// Fields that a request must have besides `input`.
    pub(super) required: &'static [&'static str],
    /// Longest input in characters, where it has a limit.
    pub(super) most_chars: Option<usize>,
    /// Models that it lists; the first is the default.
    pub(super) models: &'static [&'static str],
    /// Voices that it has; the first is the default.
    pub(super) voices: &'static [&'static str],
    /// Where it takes requests for speech; the second streams whatever is asked.
    pub(super) speech_paths: &'static [&'static str],
    /// Where it lists models, voices, and says that it is well; none where it does not.
    pub(super) models_path: Option<&'static str>,
    pub(super) voices_path: Option<&'static str>,
    pub(super) voices_shape: VoicesShape,
    pub(super) health: Option<(&'static str, &'static str)>,
}

/// What is made of a format that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Formats {
    /// It is given if it is one of these, else refused.
    These(&'static [Format]),
    /// It is given if it is one of these, else WAV is.
    TheseElseWav(&'static [Format]),
}

/// When an answer is sent while it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Streaming {
    Always,
    Never,
    /// By the field `stream`, with this as its default.
    ByField(StreamDefault),
    /// `stream: true` asks for events, or for bytes with `stream_format: audio`.
    EventsByField,
    /// By the path.
    ByPath,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamDefault {
    On,
    Off,
}

/// How events are sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Events {
    /// Whether each has a line `event:` too.
    pub(super) names: EventNames,
    /// What is in them.
    pub(super) sound: EventSound,
    /// The key of the counts in the last event.
    pub(super) usage: &'static str,
    /// Whether there is an event for what fails; else the connection breaks.
    pub(super) failure: EventFailure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventNames {
    Left,
    Sent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventSound {
    /// The format that was asked for.
    AsAsked,
    /// PCM or WAV, named in each event.
    Named,
    /// PCM, which a first event describes.
    Described,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventFailure {
    Break,
    Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterStream {
    Kept,
    Closed,
}

/// What becomes of a name that it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    Refused(u16),
    Ignored,
}

/// How voices are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VoicesShape {
    /// `{"voices": ["a"]}`.
    Names,
    /// `{"voices": [{"id": "a", "name": "a"}]}`, or names with `?legacy=true`.
    Objects,
    /// Names, and a list of uploaded ones.
    WithUploaded,
    /// Names, and a status.
    WithStatus,
}

/// The media type of each format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MediaTypes {
    /// As most have them.
    Usual,
    /// These, and that of WAV for what is none of them.
    These(&'static [(Format, &'static str)]),
}

const ALL: &[Format] = &Format::ALL;
const SPEECH: &[&str] = &["/v1/audio/speech"];
const OPENAI_VOICES: &[&str] = &[
    "alloy", "ash", "ballad", "coral", "echo", "fable", "onyx", "nova", "sage", "shimmer", "verse", "marin",
    "cedar",
];
const WELL: Option<(&str, &str)> = Some(("/health", r#"{"status":"ok"}"#));

/// The reference API. It has neither a list of voices nor a word on health; this service has both in every dialect that does not
/// forbid them, for those who wait for it.
const OPENAI: Dialect = Dialect {
    name: "openai",
    default_format: Mp3,
    formats: Formats::These(ALL),
    rate_hertz: 24_000,
    types: MediaTypes::Usual,
    streaming: Streaming::Always,
    events: Some(Events {
        names: EventNames::Left,
        sound: EventSound::AsAsked,
        usage: "usage",
        failure: EventFailure::Break,
    }),
    after_stream: AfterStream::Kept,
    errors: ErrorShape::OpenAi,
    key_status: 401,
    unknown_model: Unknown::Refused(404),
    unknown_voice: Unknown::Refused(400),
    required: &["model", "voice"],
    most_chars: Some(4_096),
    models: &["tts-1", "tts-1-hd", "gpt-4o-mini-tts"],
    voices: OPENAI_VOICES,
    speech_paths: SPEECH,
    models_path: Some("/v1/models"),
    voices_path: Some("/v1/audio/voices"),
    voices_shape: VoicesShape::Names,
    health: WELL,
};

const KOKORO: Dialect = Dialect {
    name: "kokoro-fastapi",
    streaming: Streaming::ByField(StreamDefault::On),
    events: None,
    errors: ErrorShape::KokoroFastApi,
    unknown_model: Unknown::Refused(400),
    required: &[],
    most_chars: None,
    models: &["kokoro", "tts-1", "tts-1-hd"],
    voices: &["af_heart", "af_bella", "af_sky", "am_adam", "am_michael", "bf_emma", "bm_george"],
    voices_shape: VoicesShape::Objects,
    health: Some(("/health", r#"{"status":"healthy"}"#)),
    ..OPENAI
};

const VLLM_OMNI: Dialect = Dialect {
    name: "vllm-omni",
    default_format: Wav,
    streaming: Streaming::EventsByField,
    events: Some(Events {
        names: EventNames::Sent,
        sound: EventSound::Named,
        usage: "usage",
        failure: EventFailure::Event,
    }),
    errors: ErrorShape::VllmOmni,
    required: &[],
    most_chars: None,
    models: &["qwen3-tts"],
    voices: &["vivian", "ryan", "serena"],
    voices_shape: VoicesShape::WithUploaded,
    health: Some(("/health", "")),
    ..OPENAI
};

const SPEACHES: Dialect = Dialect {
    name: "speaches",
    events: Some(Events {
        names: EventNames::Left,
        sound: EventSound::AsAsked,
        usage: "token_usage",
        failure: EventFailure::Break,
    }),
    errors: ErrorShape::FastApi,
    key_status: 403,
    most_chars: None,
    models: &["speaches-ai/Kokoro-82M-v1.0-ONNX"],
    voices: &["af_heart", "af_bella", "am_adam"],
    voices_shape: VoicesShape::Objects,
    health: Some(("/health", r#"{"message":"OK"}"#)),
    ..OPENAI
};

const LOCALAI: Dialect = Dialect {
    name: "localai",
    default_format: Wav,
    // Pcm and unknown ones give WAV.
    formats: Formats::TheseElseWav(&[Mp3, Opus, Aac, Flac]),
    rate_hertz: 16_000,
    streaming: Streaming::ByField(StreamDefault::Off),
    events: None,
    errors: ErrorShape::LocalAi,
    unknown_voice: Unknown::Ignored,
    required: &["model"],
    most_chars: None,
    models: &["tts-1"],
    voices: &["default"],
    speech_paths: &["/v1/audio/speech", "/audio/speech", "/tts"],
    voices_path: None,
    health: Some(("/healthz", "")),
    ..OPENAI
};

const OPENEDAI: Dialect = Dialect {
    name: "openedai-speech",
    rate_hertz: 22_050,
    types: MediaTypes::These(&[
        (Mp3, "audio/mpeg"),
        (Opus, "audio/ogg;codec=opus"),
        (Aac, "audio/aac"),
        (Flac, "audio/x-flac"),
        (Wav, "audio/wav"),
        (Pcm, "audio/pcm;rate=22050"),
    ]),
    events: None,
    errors: ErrorShape::Flat,
    unknown_model: Unknown::Ignored,
    required: &[],
    most_chars: None,
    models: &["tts-1", "tts-1-hd"],
    voices: &["alloy", "echo", "fable", "onyx", "nova", "shimmer"],
    voices_path: None,
    ..OPENAI
};

const CHATTERBOX: Dialect = Dialect {
    name: "chatterbox",
    default_format: Wav,
    formats: Formats::These(&[Wav, Opus, Mp3]),
    streaming: Streaming::Never,
    events: None,
    errors: ErrorShape::FastApi,
    unknown_model: Unknown::Ignored,
    unknown_voice: Unknown::Refused(404),
    required: &["model", "voice"],
    most_chars: None,
    models: &["chatterbox"],
    voices: &["Emily.wav", "Alice.wav", "Thomas.wav"],
    voices_shape: VoicesShape::WithStatus,
    models_path: None,
    ..OPENAI
};

const CHATTERBOX_API: Dialect = Dialect {
    name: "chatterbox-api",
    default_format: Wav,
    formats: Formats::TheseElseWav(&[]),
    streaming: Streaming::ByPath,
    events: Some(Events {
        names: EventNames::Left,
        sound: EventSound::Described,
        usage: "usage",
        failure: EventFailure::Break,
    }),
    errors: ErrorShape::Nested,
    unknown_model: Unknown::Ignored,
    unknown_voice: Unknown::Ignored,
    required: &[],
    most_chars: Some(3_000),
    models: &["chatterbox-tts-1"],
    voices: &["default"],
    speech_paths: &["/v1/audio/speech", "/v1/audio/speech/stream"],
    voices_path: Some("/voices"),
    health: Some(("/health", r#"{"status":"healthy","model_loaded":true}"#)),
    ..OPENAI
};

const WYOMING: Dialect = Dialect {
    name: "wyoming-openai",
    default_format: Wav,
    formats: Formats::TheseElseWav(&[]),
    rate_hertz: 22_050,
    streaming: Streaming::ByField(StreamDefault::Off),
    events: None,
    after_stream: AfterStream::Closed,
    errors: ErrorShape::FastApi,
    unknown_model: Unknown::Ignored,
    unknown_voice: Unknown::Refused(500),
    required: &["voice"],
    most_chars: None,
    models: &["tts-1"],
    voices: &["en_US-joe-medium"],
    models_path: None,
    voices_path: Some("/v1/voices"),
    voices_shape: VoicesShape::Objects,
    health: None,
    ..OPENAI
};

impl Dialect {
    /// Samples per second of what it makes.
    #[must_use]
    pub const fn rate_hertz(&self) -> u32 {
        self.rate_hertz
    }

    /// Every dialect; the reference API first.
    pub const ALL: [&'static Self; 9] = [
        &OPENAI,
        &KOKORO,
        &VLLM_OMNI,
        &SPEACHES,
        &LOCALAI,
        &OPENEDAI,
        &CHATTERBOX,
        &CHATTERBOX_API,
        &WYOMING,
    ];

    /// The dialect of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name == name)
    }

    /// Models that it lists if nothing else is set; the first is the default.
    #[must_use]
    pub const fn models(&self) -> &'static [&'static str] {
        self.models
    }

    /// Voices that it has if nothing else is set; the first is the default.
    #[must_use]
    pub const fn voices(&self) -> &'static [&'static str] {
        self.voices
    }

    pub(super) fn content_type(&self, format: Format) -> &'static str {
        match self.types {
            MediaTypes::Usual => format.media_type(),
            MediaTypes::These(types) => {
                types.iter().find(|(known, _)| *known == format).map_or("audio/wav", |(_, kind)| kind)
            }
        }
    }
}
