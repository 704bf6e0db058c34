//! A client's side of the OpenAI-compatible speech API, `POST /v1/audio/speech`, sans-IO.
//!
//! [`Dialect`] is what is known of each server, [`ClientSession`] makes a listener's requests, [`SpeechAnswer`] reads one answer.
//! Sockets and HTTP/1.1 framing ([`http1`](crate::http1)) are a driver's. Nothing is ever asked again from here: what a listener
//! asks anew is a request of its own, and counted.

mod answer;
mod detect;
mod dialect;
mod error;
mod event_stream;
mod expected;
mod field;
mod format;
mod lists;
mod media_type;
mod request;
mod session;
mod speech_event;

pub use self::{
    answer::{Finished, SpeechAnswer},
    detect::{Probe, ProbeReply, detect},
    dialect::{Delivery, Dialect, DialectError, ErrorShape, path_under},
    event_stream::{EventStream, EventStreamError, ServerEvent},
    expected::{AnswerHead, Expected, PcmSource},
    field::{FieldError, RequestField},
    format::AudioFormat,
    lists::{model_names, voice_names},
    request::{RequestSettings, SettingsError},
    session::{ClientSession, SessionSettings, SpeechRequest},
};
