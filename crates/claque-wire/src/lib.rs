//! Bytes to messages and messages to bytes, in both directions.
//!
//! [`session`] is a listener's side of each protocol, as drivers see it, and [`typed`] what virtual time has of it; [`yapit`] has the messages of both eras, [`openai`] a client's side of
//! OpenAI-compatible speech. They share [`websocket`], [`http1`] and [`multipart`]. [`audio`] reads media time out of containers as their bytes
//! pass and writes containers, [`pdf`] counts the pages of a document, [`metrics`] reads figures that services tell of themselves. Everything is a function of its arguments: no socket, no clock, no
//! file, and any split of the bytes gives the same result.

pub mod audio;
pub mod http1;
pub mod metrics;
pub mod multipart;
pub mod openai;
pub mod pdf;
pub mod session;
pub mod typed;
pub mod websocket;
pub mod yapit;
