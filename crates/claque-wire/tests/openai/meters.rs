//! Samples without a container, and files that follow one another.

use claque_core::{
    remark::{Remark, Sound},
    time::{MediaTime, SampleRate},
};
use claque_wire::audio::{AudioError, AudioMeter, Container, Finished, PcmFormat, Progress, Stage, wav};
use proptest::prelude::*;

use crate::answers::second;

fn pcm(hertz: u32, channels: u16) -> PcmFormat {
    PcmFormat::new(hertz, channels).expect("players take it")
}

fn measure(mut meter: AudioMeter, bytes: &[u8], size: usize) -> (Progress, Result<Finished, AudioError>) {
    for piece in bytes.chunks(size) {
        meter.push(piece).expect("it is audio");
    }
    (meter.progress().expect("it is audio"), meter.finish())
}

/// A file of a tone whose sizes are left to whoever reads it, as a program that writes to a pipe makes it.
fn open_file(samples: usize, hertz: u32) -> Vec<u8> {
    let tone: Vec<i16> = (0..samples).map(|n| i16::try_from(n % 97 * 200).expect("small")).collect();
    let mut file = wav::write(&tone, SampleRate::new(hertz).expect("above zero"), 1);
    for at in [4..8, 40..44] {
        file[at].fill(0xff);
    }
    file
}

#[test]
fn samples_last_as_long_as_their_rate_and_channels_say() {
    for (format, millis) in [(pcm(24_000, 1), 1_000), (pcm(48_000, 1), 500), (pcm(24_000, 2), 500)] {
        let finished = measure(AudioMeter::with_pcm(format), &second(), 4_096).1.unwrap();
        assert_eq!(finished.media, MediaTime::from_millis(millis), "{format}");
        assert_eq!((finished.container, finished.media_bytes), (Container::Pcm, 48_000));
        assert_eq!(finished.sound, Some(Sound::Audible));
    }
    let silent = measure(AudioMeter::with_pcm(pcm(24_000, 1)), &[0; 48_000], 999).1.unwrap();
    assert_eq!(silent.sound, Some(Sound::Silent));
}

#[test]
fn half_a_sample_is_not_heard() {
    let (progress, finished) = measure(AudioMeter::with_pcm(pcm(24_000, 1)), &second()[..4_801], 7);
    assert_eq!(progress.delivered, MediaTime::from_millis(100));
    let finished = finished.unwrap();
    assert_eq!(finished.media, MediaTime::from_millis(100));
    assert!(finished.remarks.has(Remark::FrameCut));
}

#[test]
fn fewer_samples_than_a_signature_has_bytes_are_audio() {
    let meter = || AudioMeter::with_pcm(pcm(24_000, 1));
    assert_eq!(
        measure(meter(), &[1, 2], 1).1.unwrap().media,
        MediaTime::from_samples(1, pcm(24_000, 1).rate())
    );
    assert_eq!(measure(meter(), &[], 1).1, Err(AudioError::Empty));
    assert_eq!(measure(meter(), &[1], 1).1, Err(AudioError::Empty));
}

#[test]
fn frames_under_the_name_of_samples_are_told_by_the_second_one() {
    let mp3 = include_bytes!("../data/openai-speech/bodies/7d74584eef19.mp3");
    // Behind its tag: there is no other signature.
    let frames = &mp3[45..];
    assert_eq!(frames[0], 0xff);
    let whole = measure(AudioMeter::new(), frames, 4_096).1.unwrap();
    for size in [1, 7, 4_096] {
        let found = measure(AudioMeter::with_pcm(pcm(24_000, 1)), frames, size).1.unwrap();
        assert_eq!((found.container, found.media), (Container::Mp3, whole.media), "{size}");
    }
    // Samples with the same first bytes.
    let mut samples = second();
    samples[..4].copy_from_slice(&frames[..4]);
    for size in [1, 7, 48_000] {
        let found = measure(AudioMeter::with_pcm(pcm(24_000, 1)), &samples, size).1.unwrap();
        assert_eq!((found.container, found.media), (Container::Pcm, MediaTime::from_millis(1_000)), "{size}");
    }
    let few = measure(AudioMeter::with_pcm(pcm(24_000, 1)), &samples[..48], 48).1.unwrap();
    assert_eq!(few.media, MediaTime::from_millis(1));
}

#[test]
fn what_follows_may_have_another_rate() {
    let mut meter = AudioMeter::with_pcm(pcm(24_000, 1));
    meter.push(&second()).unwrap();
    meter.change_pcm(pcm(48_000, 1));
    let progress = meter.push(&second()).unwrap();
    assert_eq!(progress.delivered, MediaTime::from_millis(1_500));
    let finished = meter.finish().unwrap();
    assert!(finished.remarks.has(Remark::RateChange));
}

#[test]
fn files_of_unknown_size_in_a_row_are_all_heard_and_no_header_is() {
    let files = [open_file(24_000, 24_000), open_file(22_050, 22_050), open_file(4_800, 24_000)].concat();
    let (_, whole) = measure(AudioMeter::new(), &files, files.len());
    let whole = whole.unwrap();
    assert_eq!(whole.media, MediaTime::from_millis(2_200));
    assert_eq!(whole.media_bytes, 2 * (24_000 + 22_050 + 4_800), "headers are no audio");
    let remarks = [Remark::SeveralFiles, Remark::WavPlaceholder, Remark::RateChange];
    assert_eq!(whole.remarks, remarks.into_iter().collect());
    for size in [1, 2, 3, 5, 11, 13, 4_099] {
        assert_eq!(measure(AudioMeter::new(), &files, size).1.unwrap(), whole, "{size}");
    }
}

#[test]
fn a_header_is_never_counted_and_then_taken_back() {
    let files = [open_file(100, 24_000), open_file(100, 24_000)].concat();
    let first = 44 + 200;
    let mut meter = AudioMeter::new();
    let mut before = Progress { delivered: MediaTime::ZERO, stage: Stage::Headers, media_bytes: 0 };
    for (at, byte) in files.iter().enumerate() {
        let now = meter.push(&[*byte]).unwrap();
        assert!(now.delivered >= before.delivered && now.stage >= before.stage);
        if (first..first + 44).contains(&at) {
            assert_eq!(now.media_bytes, 200, "{at} is in the second header");
        }
        before = now;
    }
}

proptest! {
    /// What looks like a header and is none stays audio.
    #[test]
    fn samples_that_spell_a_header_in_part_are_counted(
        parts in prop::collection::vec("(R|RI|RIF|RIFF|WAVE|RIFFRIFF1234|RIFF1234WAV|xy|RIFF12RIFF34)", 0..24),
        size in 1_usize..9,
    ) {
        let samples = parts.concat().replace("RIFF1234WAVE", "");
        let is_header = samples.as_bytes().windows(12).any(|at| at.starts_with(b"RIFF") && at.ends_with(b"WAVE"));
        prop_assume!(!is_header);
        let mut file = open_file(0, 24_000);
        file.extend_from_slice(samples.as_bytes());
        let (_, finished) = measure(AudioMeter::new(), &file, size);
        match finished {
            Ok(finished) => prop_assert_eq!(finished.media_bytes, samples.len() as u64),
            Err(error) => prop_assert!(samples.len() < 2 && error == AudioError::Empty),
        }
    }
}
