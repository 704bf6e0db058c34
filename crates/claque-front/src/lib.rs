//! A service's side of speech protocols, as pure machines: calls in, replies out.
//!
//! [`openai`] answers calls as services do that speak the protocol of OpenAI's `/v1/audio/speech`, with an engine of
//! `claque-gateway` behind it and speech from a [`SpeechSound`]. Time comes in as a value, bytes go out; who has sockets moves
//! them. No runtime, clock, socket or file is known here.

mod audio;
pub mod openai;

pub use audio::{Coding, Silence, SpeechSound};
