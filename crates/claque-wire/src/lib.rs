//! Bytes to messages and messages to bytes, in both directions.
//!
//! [`yapit`] speaks the gateway's WebSocket and REST dialects of both eras, [`openai`] the client's side of OpenAI-compatible speech, [`audio`] reads media time
//! out of containers as their bytes pass and writes the containers the gateway serves. Everything is a
//! function of its arguments: no socket, no clock, no file, and any split of the bytes gives the same
//! result.

pub mod audio;
pub mod http1;
pub mod multipart;
pub mod openai;
pub mod pdf;
pub mod session;
pub mod websocket;
pub mod yapit;
