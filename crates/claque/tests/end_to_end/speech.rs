//! Real speech through the whole path, checked with the programs of opus-tools.

use std::{fs, path::Path, process::Command};

use claque_core::time::{MediaTime, SampleRate};
use claque_wire::audio::wav;
use tempfile::TempDir;

use crate::program::run;

/// Opus decodes to this many samples a second.
const RATE: u64 = 48_000;
/// One frame of the encoder: 20 ms.
const FRAME: u64 = 960;

#[test]
fn speech_that_was_kept_decodes_to_the_length_of_its_facts() {
    let kept = TempDir::new().unwrap();
    let folder = kept.path().join("audio");
    let ran = run(
        "run",
        &[
            "--users",
            "5",
            "--blocks",
            "10",
            "--engine",
            "espeak-ng",
            "--workers",
            "4",
            "--speed",
            "20",
            "--keep-audio",
            folder.to_str().unwrap(),
        ],
    );
    ran.assert_valid();
    let blocks = ran.blocks();
    assert_eq!(blocks.len(), 50);
    for block in blocks {
        let file = folder.join(format!("user-{}-block-{}.ogg", block.listener, block.block));
        let samples = decoded_samples(&file);
        let told = samples_of(block.media);
        assert!(told.abs_diff(samples) <= FRAME, "{}: {samples} samples, told {told}", file.display());
        assert!(samples > RATE / 2, "{} is short: {samples} samples", file.display());
    }
}

fn decoded_samples(file: &Path) -> u64 {
    let wav = file.with_extension("wav");
    let output =
        Command::new("opusdec").args(["--quiet", "--rate", "48000"]).args([file, &wav]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let wav = wav::read(&fs::read(wav).unwrap()).unwrap();
    assert_eq!((wav.rate, wav.channels), (SampleRate::OPUS, 1));
    u64::try_from(wav.samples.len()).unwrap()
}

fn samples_of(media: MediaTime) -> u64 {
    u64::try_from(u128::from(media.as_nanos()) * u128::from(RATE) / 1_000_000_000).unwrap()
}
