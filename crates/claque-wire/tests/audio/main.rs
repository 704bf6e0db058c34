//! Media time out of real and made containers, whole, split and cut.

mod mp3;
mod ogg_streams;
mod splits;
mod stage;
mod wavs;

use claque_wire::audio::{AudioError, AudioMeter};

use crate::stage::{BLOCK_0, measure};

#[test]
fn unknown_and_empty_bodies_say_so() {
    assert_eq!(measure(b""), Err(AudioError::Empty));
    let html = measure(b"<html>").unwrap_err();
    assert_eq!(html.to_string(), "the audio is of an unknown format (it begins with the bytes 3c68746d)");
    assert_eq!(
        measure(b"OggS"),
        Err(AudioError::Truncated { what: "an Ogg stream whose last page is missing" })
    );
    let mut failed = AudioMeter::new();
    let first = failed.push(b"<html>");
    assert_eq!(failed.push(BLOCK_0), first, "an error stays");
}
