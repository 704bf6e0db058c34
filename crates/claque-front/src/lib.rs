//! A service's side of speech protocols, as pure machines: calls in, replies out.
//!
//! [`yapit`] answers calls and messages as a yapit gateway does, with the pipeline of `claque-gateway` behind it. [`openai`] answers calls as services do that speak the protocol of OpenAI's `/v1/audio/speech`, with an engine of
//! `claque-gateway` behind it and speech from a [`SpeechSound`]. [`typed`] is both without their bytes. Time comes in as a value, bytes go out; who has sockets moves
//! them. No runtime, clock, socket or file is known here.

mod audio;
mod call;
mod exposition;
pub mod openai;
pub mod typed;
pub mod yapit;

pub use audio::{Coding, Silence, SpeechSound};
pub use call::{CallId, Head, Request};
