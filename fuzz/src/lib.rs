//! What must hold for any bytes that come from outside, one function a reader of such bytes.
//!
//! Each takes the bytes a fuzzer made up and panics when a promise is broken: nothing panics, nothing grows without bound, and
//! how bytes were split into reads changes nothing. `fuzz_targets/` makes a program of each for libFuzzer, `tests/corpora.rs`
//! runs each over its corpus and over seeded mutations of it. docs/fuzzing.md says how to fuzz for longer.

#![expect(clippy::missing_panics_doc, reason = "a panic is how a target says that a promise is broken")]

mod audio;
mod connection;
mod metrics;
mod openai;
mod splits;
mod store;
mod yapit;

pub use self::{
    audio::{audio, pcm},
    connection::{http1, websocket},
    metrics::metrics,
    openai::{event_stream, speech_answer},
    store::{parquet, run_json},
    yapit::{yapit_answer, yapit_message, yapit_session},
};

/// Counts the pages of a PDF file.
pub fn pdf(data: &[u8]) {
    let _ = claque_wire::pdf::page_count(data);
}

/// A target: its name, which is its corpus folder's and its program's, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 13] = [
    ("audio", audio),
    ("event_stream", event_stream),
    ("http1", http1),
    ("metrics", metrics),
    ("parquet", parquet),
    ("pcm", pcm),
    ("pdf", pdf),
    ("run_json", run_json),
    ("speech_answer", speech_answer),
    ("websocket", websocket),
    ("yapit_answer", yapit_answer),
    ("yapit_message", yapit_message),
    ("yapit_session", yapit_session),
];
