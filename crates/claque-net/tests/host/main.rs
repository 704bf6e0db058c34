//! The gateway on a port, talked to over real sockets.

#![expect(clippy::unwrap_used, reason = "what helps a test is a test")]

mod audio;
mod conformance;
mod engine;
mod extraction;
mod openai;
mod ordered;
mod replay;
mod rest;
mod service;
mod sessions;
mod speakers;
mod stage;
mod start;
