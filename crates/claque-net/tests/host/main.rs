//! The gateway on a port, talked to over real sockets.

mod audio;
mod conformance;
mod engine;
mod ordered;
mod replay;
mod rest;
mod sessions;
mod stage;
mod start;
