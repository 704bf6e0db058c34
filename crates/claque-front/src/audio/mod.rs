//! Bodies of audio in pieces: containers that are written while their speech is being made.

mod flac;
mod sound;
mod writer;

pub use sound::{Coding, Silence, SpeechSound};
pub(crate) use writer::{AudioWriter, Container, Source};
