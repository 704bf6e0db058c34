//! What is in the file, when, and for how long. Truth is a tone: as long as it is there it is heard, and its height is counted.

use std::num::NonZeroU16;

use claque_core::{ids::BlockIdx, time::Instant};
use claque_wire::audio::{AudioMeter, Container, PcmFormat};

use super::*;

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn body(container: Option<Container>, bytes: Vec<u8>) -> HeardBody {
    let pcm = PcmFormat::new(24_000, 1);
    HeardBody { block: BlockIdx(0), asked_at: Instant::START, container, pcm, bytes }
}

/// A tone of one channel.
fn tone(hertz: f64, rate: u32, seconds: u32) -> Vec<i16> {
    #[expect(clippy::cast_possible_truncation, reason = "a sine is about one in size")]
    let sample =
        |at: u32| ((core::f64::consts::TAU * hertz * f64::from(at) / f64::from(rate)).sin() * 8_000.0) as i16;
    (0..rate * seconds).map(sample).collect()
}

fn pcm(hertz: f64, seconds: u32) -> HeardBody {
    let bytes = tone(hertz, 24_000, seconds).into_iter().flat_map(i16::to_le_bytes).collect();
    body(Some(Container::Pcm), bytes)
}

/// The file, and its samples as another body would be decoded.
fn render(recording: &Recording<'_>) -> (HeardFile, Vec<f32>) {
    let file = recording.render(&AtomicBool::new(false)).unwrap().unwrap();
    let samples = decode::decode(&body(Some(Container::OggOpus), file.ogg.clone()), usize::MAX).unwrap();
    (file, samples)
}

fn loudness(samples: &[f32], from: Duration, lasts: Duration) -> f32 {
    let stretch = &samples[samples_in(from)..samples_in(from + lasts)];
    let count = NonZeroU16::new(u16::try_from(stretch.len() / 4).unwrap()).unwrap();
    let power: f32 = stretch.iter().map(|sample| sample * sample).sum();
    (power / f32::from(count.get()) / 4.0).sqrt()
}

/// Hertz, by the number of times a wave rises through nothing.
fn height(samples: &[f32], from: Duration, lasts: Duration) -> f64 {
    let stretch = &samples[samples_in(from)..samples_in(from + lasts)];
    let rises = stretch.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    f64::from(u32::try_from(rises).unwrap()) / lasts.as_secs_f64()
}

#[test]
fn the_file_is_as_long_as_the_time_and_silent_where_nothing_was_heard() {
    let bodies = [pcm(400.0, 2)];
    // A second of the tone, 0.7 s of nothing in the middle of it, the rest.
    let piece = |from, at| HeardPiece { body: 0, from: ms(from), at: ms(at), lasts: ms(1_000) };
    let pieces = [piece(0, 500), piece(1_000, 2_200)];
    let recording = Recording { bodies: &bodies, pieces: &pieces, speed: Speed::NORMAL, length: ms(3_333) };
    let (file, samples) = render(&recording);
    assert_eq!(file.length, ms(3_333));
    let mut meter = AudioMeter::new();
    meter.push(&file.ogg).unwrap();
    let media = Duration::from_nanos(meter.finish().unwrap().media.as_nanos());
    assert!(file.length - media < ms(1), "{media:?}: a player tells the same length");
    for (from, lasts, is_heard) in
        [(0, 480, false), (520, 960, true), (1_520, 660, false), (2_220, 960, true), (3_220, 100, false)]
    {
        let loud = loudness(&samples, ms(from), ms(lasts));
        assert_eq!(loud > 0.1, is_heard, "{loud} from {from} ms on");
        assert!(is_heard || loud < 0.002, "{loud} from {from} ms on");
    }
}

#[test]
fn at_another_speed_a_voice_is_as_high_as_before() {
    let bodies = [pcm(400.0, 4)];
    for (thousandths, lasts) in [(2_000, 2_000), (1_500, 2_666), (500, 8_000)] {
        let pieces = [HeardPiece { body: 0, from: ms(0), at: ms(0), lasts: ms(lasts) }];
        let speed = Speed::from_thousandths(thousandths).unwrap();
        let (_, samples) = render(&Recording { bodies: &bodies, pieces: &pieces, speed, length: ms(lasts) });
        let heard = height(&samples, ms(100), ms(lasts - 200));
        assert!((heard - 400.0).abs() < 12.0, "{heard} Hz at {thousandths} thousandths");
        let last = loudness(&samples, ms(lasts - 150), ms(100));
        assert!(last > 0.1, "{last}: the end is heard at {thousandths} thousandths");
    }
}

#[test]
fn beyond_four_times_it_is_higher_as_a_tape_is() {
    let bodies = [pcm(200.0, 8)];
    let pieces = [HeardPiece { body: 0, from: ms(0), at: ms(0), lasts: ms(1_000) }];
    let speed = Speed::from_thousandths(8_000).unwrap();
    let (_, samples) = render(&Recording { bodies: &bodies, pieces: &pieces, speed, length: ms(1_000) });
    let heard = height(&samples, ms(100), ms(800));
    assert!((heard - 1_600.0).abs() < 20.0, "{heard} Hz");
}

#[test]
fn every_container_is_heard_that_can_be_listened_to() {
    let wav = claque_wire::audio::wav::write(&tone(400.0, 22_050, 1), SampleRate::new(22_050).unwrap(), 1);
    let cut = wav[..wav.len() / 2].to_vec();
    let whole: [(Option<Container>, &[u8]); 9] = [
        (Some(Container::Wav), &wav),
        (None, &cut),
        (
            Some(Container::OggOpus),
            include_bytes!("../../../claque-wire/tests/data/yapit-current/block-0.ogg"),
        ),
        (None, include_bytes!("../../../claque-wire/tests/data/yapit-current/block-0.ogg")),
        (Some(Container::OggVorbis), include_bytes!("../../../claque-wire/tests/data/players/vorbis.ogg")),
        (Some(Container::Flac), include_bytes!("../../../claque-wire/tests/data/players/speech.flac")),
        (Some(Container::OggFlac), include_bytes!("../../tests/data/tone/flac.ogg")),
        (Some(Container::Adts), include_bytes!("../../../claque-wire/tests/data/players/speech.aac")),
        (Some(Container::Mp3), include_bytes!("../../tests/data/tone/mp3.mp3")),
    ];
    for (container, bytes) in whole {
        let bodies = [HeardBody { pcm: None, ..body(container, bytes.to_vec()) }];
        let pieces = [HeardPiece { body: 0, from: ms(0), at: ms(0), lasts: ms(300) }];
        let recording = Recording { bodies: &bodies, pieces: &pieces, speed: Speed::NORMAL, length: ms(300) };
        let (file, _) = render(&recording);
        assert_eq!(file.undecodable, 0, "{container:?}");
    }
}

#[test]
fn of_what_cannot_be_decoded_there_is_silence_and_it_is_counted() {
    let bodies = [HeardBody { pcm: None, ..body(Some(Container::Mp3), b"no audio at all".to_vec()) }];
    let pieces = [HeardPiece { body: 0, from: ms(0), at: ms(100), lasts: ms(500) }];
    let recording = Recording { bodies: &bodies, pieces: &pieces, speed: Speed::NORMAL, length: ms(1_000) };
    let (file, samples) = render(&recording);
    assert_eq!((file.undecodable, file.length), (1, ms(1_000)));
    assert!(loudness(&samples, ms(0), ms(900)) < 0.002);
}

#[test]
fn nothing_is_longer_than_the_longest() {
    let length = LONGEST + ms(60_000);
    let recording = Recording { bodies: &[], pieces: &[], speed: Speed::NORMAL, length };
    let file = recording.render(&AtomicBool::new(false)).unwrap().unwrap();
    assert_eq!(file.length, LONGEST);
}

#[test]
fn what_is_given_up_makes_no_file() {
    let bodies = [pcm(400.0, 1)];
    let pieces = [HeardPiece { body: 0, from: ms(0), at: ms(0), lasts: ms(1_000) }];
    let recording = Recording { bodies: &bodies, pieces: &pieces, speed: Speed::NORMAL, length: ms(1_000) };
    assert_eq!(recording.render(&AtomicBool::new(true)).unwrap(), None);
}
