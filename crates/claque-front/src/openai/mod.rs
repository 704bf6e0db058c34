//! A service that speaks the protocol of OpenAI's `/v1/audio/speech`, in the dialects of those who speak it too.
//!
//! [`OpenaiFront`] takes calls and gives replies, whole or in pieces as its engine makes them. What differs between
//! dialects is in one table ([`Dialect`]).

mod answer;
mod dialect;
mod error;
mod events;
mod front;
mod lists;
mod request;

use std::sync::Arc;

use claque_core::{secret::Secret, time::Instant};
use claque_gateway::{
    StreamFault, StreamingConfig, StreamingTimeout,
    settings::{SameValue, Switch, WrittenAs},
};
use serde::{Deserialize, Serialize};

pub use self::{
    dialect::Dialect,
    front::{FrontStats, OpenaiFront},
};
pub use crate::call::{CallId, Head, Request};

/// Constants of a service. What it is written as is a `[gateway]` table with `openai`, `stream` and `faults.streams`, from which it can be
/// read back but for its keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "WrittenConfig", into = "WrittenConfig")]
pub struct OpenaiConfig {
    /// How it speaks.
    pub dialect: &'static Dialect,
    /// Models that it has; the first is the default.
    pub models: Vec<String>,
    /// Voices that it has; the first is the default.
    pub voices: Vec<String>,
    /// Longest input in characters; none for no limit.
    pub max_input_chars: Option<usize>,
    /// Any of these opens it; without any it is open to everybody.
    pub api_keys: Vec<Secret>,
    /// When the head of a streamed answer is sent.
    pub head: HeadTime,
    /// The engine.
    pub streaming: StreamingConfig,
    /// What is to go wrong.
    pub faults: Vec<StreamFault>,
}

/// Constants as they are written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenConfig {
    openai: WrittenService,
    stream: StreamingConfig,
    faults: WrittenFaults,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenService {
    /// Its name.
    dialect: String,
    models: Vec<String>,
    voices: Vec<String>,
    #[serde(with = "WrittenAs::<Switch<SameValue<usize>>>")]
    max_input_chars: Option<usize>,
    head: HeadTime,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFaults {
    streams: Vec<StreamFault>,
}

/// When the head of a streamed answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadTime {
    /// When the call is taken, before anything is made: as most servers do.
    AtOnce,
    /// With the first piece of audio.
    WithAudio,
}

impl OpenaiConfig {
    /// The usual constants of a dialect.
    #[must_use]
    pub fn of(dialect: &'static Dialect) -> Self {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self {
            dialect,
            models: names(dialect.models),
            voices: names(dialect.voices),
            max_input_chars: dialect.most_chars,
            api_keys: Vec::new(),
            head: HeadTime::AtOnce,
            streaming: StreamingConfig::default(),
            faults: Vec::new(),
        }
    }
}

impl TryFrom<WrittenConfig> for OpenaiConfig {
    type Error = String;

    fn try_from(written: WrittenConfig) -> Result<Self, String> {
        let WrittenConfig { openai, stream: streaming, faults: WrittenFaults { streams: faults } } = written;
        let WrittenService { dialect, models, voices, max_input_chars, head } = openai;
        let Some(dialect) = Dialect::named(&dialect) else {
            let known = Dialect::ALL.map(|dialect| format!("`{}`", dialect.name)).join(", ");
            // In serde's own form, so that one place words it for people.
            return Err(format!("unknown variant `{dialect}`, expected one of {known}"));
        };
        for (key, names) in [("models", &models), ("voices", &voices)] {
            if names.is_empty() {
                return Err(format!("openai.{key} is empty; name at least one"));
            }
        }
        Ok(Self { dialect, models, voices, max_input_chars, api_keys: Vec::new(), head, streaming, faults })
    }
}

impl From<OpenaiConfig> for WrittenConfig {
    fn from(config: OpenaiConfig) -> Self {
        let OpenaiConfig { dialect, models, voices, max_input_chars, api_keys: _, head, streaming, faults } =
            config;
        let dialect = dialect.name.to_owned();
        Self {
            openai: WrittenService { dialect, models, voices, max_input_chars, head },
            stream: streaming,
            faults: WrittenFaults { streams: faults },
        }
    }
}

/// News for a service.
#[derive(Clone, Debug)]
pub enum Input<'a> {
    /// Time has passed.
    Wake,
    /// A call has come, whole.
    Call {
        /// Its number.
        call: CallId,
        /// What it says.
        request: Request<'a>,
    },
    /// Who made a call has left; there is nobody to answer.
    Left {
        /// The call.
        call: CallId,
    },
    /// The host has made the speech of a call: samples of one channel at [`OpenaiFront::rate`], or what went wrong.
    Spoken {
        /// The call.
        call: CallId,
        /// The samples.
        result: Result<Vec<i16>, String>,
    },
}

/// What a service does about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The call.
    pub call: CallId,
    /// When.
    pub at: Instant,
    /// What.
    pub reply: Reply,
}

/// What a service does about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The whole answer.
    Whole {
        /// Its head.
        head: Head,
        /// Its body; the length of it is known.
        body: Vec<u8>,
    },
    /// The head of an answer whose body comes in pieces, and whose length nobody knows.
    Open(Head),
    /// A piece of the body.
    Bytes(Vec<u8>),
    /// The body is complete.
    End,
    /// The connection breaks off, with the body incomplete.
    Break,
    /// The host is to make speech, and to say so by [`Input::Spoken`]; also when who made the call has left.
    Speak {
        /// The text.
        text: Arc<str>,
        /// The voice.
        voice: Arc<str>,
    },
}

/// Why a service wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeoutReason {
    /// Outputs of an earlier call were not drained.
    OutputsWaiting,
    /// Its engine wants it.
    Engine(StreamingTimeout),
}
