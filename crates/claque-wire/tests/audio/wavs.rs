//! WAV of any kind, and what is heard in it.

use claque_core::{
    remark::{Remark, Sound},
    time::MediaTime,
};
use claque_wire::audio::{AudioError, Container, wav};

use crate::stage::{measure, rate, raw_wav, remarks};

#[test]
fn wav_of_any_integer_width_float_and_extensible_is_measured() {
    for (tag, bits, channels) in [(1, 8, 1), (1, 16, 2), (1, 24, 1), (1, 32, 2), (3, 32, 1), (0xfffe, 16, 2)]
    {
        let frame = channels * bits / 8;
        let wav =
            raw_wav(tag, channels, bits, Some(u32::from(frame) * 24), &vec![9; usize::from(frame) * 24]);
        let finished = measure(&wav).unwrap();
        assert_eq!(finished.media, MediaTime::from_millis(1), "{tag} {bits} {channels}");
        assert_eq!(finished.container, Container::Wav);
    }
    for tag in [6, 7] {
        let telephone = raw_wav(tag, 2, 8, Some(480), &[9; 480]);
        assert_eq!(measure(&telephone).unwrap().media, MediaTime::from_millis(10));
        assert!(matches!(wav::read(&telephone), Err(AudioError::Unsupported { .. })));
    }
    let adpcm = raw_wav(2, 1, 4, Some(100), &[0; 100]);
    assert!(matches!(measure(&adpcm), Err(AudioError::Unsupported { .. })));
}

/// A 24 kHz WAV file with an odd chunk before its data; no size stands for the placeholder of espeak-ng.
#[test]
fn streaming_wav_sizes_mean_until_the_end() {
    for size in [0, 2_000_000_000, 0x7fff_f000, 0x7fff_ffff, 0xffff_ffff] {
        // An odd byte at the end is no frame.
        let wav = raw_wav(1, 1, 16, Some(size), &[1; 4_801]);
        assert_eq!(measure(&wav).unwrap().media, MediaTime::from_millis(100), "{size:#x}");
        assert_eq!(wav::read(&wav).unwrap().samples.len(), 2_400, "{size:#x}");
    }
    assert_eq!(measure(&raw_wav(1, 1, 16, None, &[])), Err(AudioError::Empty));
    let short = raw_wav(1, 1, 16, Some(4_802), &[1; 4_801]);
    assert_eq!(measure(&short), Err(AudioError::Truncated { what: "the WAV data" }));
    assert_eq!(wav::read(&short), Err(AudioError::Truncated { what: "the WAV data" }));
    let tagged = [raw_wav(1, 1, 16, Some(4_800), &[1; 4_800]), b"LIST\x04\0\0\0INFO".to_vec()].concat();
    assert_eq!(measure(&tagged).unwrap().media, MediaTime::from_millis(100));
}

#[test]
fn a_size_that_the_file_itself_contradicts_is_no_placeholder() {
    let mut lie = raw_wav(1, 1, 16, Some(0x7ffe_ffff), &[1; 4_801]);
    lie[4..8].copy_from_slice(&4_900u32.to_le_bytes());
    assert_eq!(measure(&lie), Err(AudioError::Truncated { what: "the WAV data" }));
    // Eleven minutes may be meant.
    let cut = raw_wav(1, 1, 16, Some(32_000_000), &[1; 4_800]);
    assert_eq!(measure(&cut), Err(AudioError::Truncated { what: "the WAV data" }));
}

#[test]
fn files_in_a_row_and_words_behind_the_data_are_told_apart() {
    let one = wav::write(&[700; 2_400], rate(24_000), 1);
    let other = wav::write(&[700; 800], rate(8_000), 1);
    let three = measure(&[one.clone(), one.clone(), other].concat()).unwrap();
    assert_eq!(three.media, MediaTime::from_millis(300));
    assert_eq!(three.remarks, remarks([Remark::SeveralFiles, Remark::RateChange]));
    let tagged = measure(&[one.clone(), b"LIST\x04\0\0\0INFO".to_vec(), one.clone()].concat()).unwrap();
    assert_eq!(tagged.media, MediaTime::from_millis(200));
    let junk = measure(&[one.clone(), b"\x01\x02\x03\x04\x05".to_vec()].concat()).unwrap();
    assert_eq!((junk.media, junk.remarks), (MediaTime::from_millis(100), remarks([Remark::JunkBehind])));
    let cut = [one, b"RIFF\xff\xff".to_vec()].concat();
    assert!(matches!(measure(&cut), Err(AudioError::Truncated { .. })));
}

#[test]
fn sixty_four_bit_sizes_are_read() {
    let mut wav = b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0".to_vec();
    for field in [5_000u64, 4_800, 2_400] {
        wav.extend_from_slice(&field.to_le_bytes());
    }
    wav.extend_from_slice(&[0; 4]);
    let plain = wav::write(&[700; 2_400], rate(24_000), 1);
    wav.extend_from_slice(&plain[12..40]);
    wav.extend_from_slice(&[0xff; 4]);
    wav.extend_from_slice(&plain[44..]);
    assert_eq!(measure(&wav).unwrap().media, MediaTime::from_millis(100));
    assert_eq!(measure(&wav[..wav.len() - 2]), Err(AudioError::Truncated { what: "the WAV data" }));
}

#[test]
fn silence_is_heard_as_such_whatever_the_coding() {
    // Tag, bits, a sample of silence, one that is loud, and one that is not.
    let codings: [(u16, u16, [&[u8]; 3]); 7] = [
        (1, 8, [&[0x80], &[0xa0], &[0x7f]]),
        (1, 16, [&[0, 0], &[0, 0x20], &[0xff, 0xff]]),
        (1, 24, [&[0; 3], &[0, 0, 0xe0], &[0xff; 3]]),
        (3, 32, [&[0; 4], &0.1f32.to_le_bytes(), &0.000_1f32.to_le_bytes()]),
        (3, 64, [&[0; 8], &(-0.1f64).to_le_bytes(), &0.000_01f64.to_le_bytes()]),
        (7, 8, [&[0xff], &[0x90], &[0x7e]]),
        (6, 8, [&[0xd5], &[0xb5], &[0x54]]),
    ];
    for (tag, bits, samples) in codings {
        let [silence, ..] = samples;
        let is_silent = |sample: &[u8]| {
            let data = [silence.repeat(1_000), sample.repeat(4_000), silence.repeat(1_000)].concat();
            let wav = raw_wav(tag, 1, bits, Some(u32::try_from(data.len()).unwrap()), &data);
            measure(&wav).unwrap().sound == Some(Sound::Silent)
        };
        assert_eq!(samples.map(is_silent), [true, false, true], "{tag} {bits}");
    }
    let tone: Vec<i16> = (0..2_400).map(|n| if n % 2 == 0 { 600 } else { -600 }).collect();
    assert_eq!(
        measure(&wav::write(&tone, rate(24_000), 1)).unwrap().sound,
        Some(Sound::Audible),
        "a quiet tone"
    );
    let too_short_to_tell = measure(&wav::write(&[0; 800], rate(24_000), 1)).unwrap();
    assert_eq!(too_short_to_tell.sound, None);
}

#[test]
fn rates_that_no_player_takes_are_refused() {
    for hertz in [0u32, 1, 999, 768_001, u32::MAX] {
        let mut wav = wav::write(&[700; 2_400], rate(24_000), 1);
        wav[24..28].copy_from_slice(&hertz.to_le_bytes());
        assert!(matches!(measure(&wav), Err(AudioError::Broken { .. })), "{hertz}");
    }
}

#[test]
fn wav_samples_survive_the_way_there_and_back() {
    let samples: Vec<i16> = vec![0, 1, -1, i16::MAX, i16::MIN, 12_345];
    let read = wav::read(&wav::write(&samples, rate(22_050), 2)).unwrap();
    assert_eq!(read, wav::Wav { rate: rate(22_050), channels: 2, samples });
    assert_eq!(wav::read(&raw_wav(1, 1, 8, None, &[128, 255, 0])).unwrap().samples, [0, 0x7f00, -0x8000]);
    assert_eq!(wav::read(&raw_wav(1, 1, 24, None, &[9, 1, 0, 9, 0, 0x80])).unwrap().samples, [1, -0x8000]);
}
