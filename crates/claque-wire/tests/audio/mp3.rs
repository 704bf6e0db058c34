//! MPEG audio: frames, tags, and what lies between them.

use claque_core::{remark::Remark, time::MediaTime};
use claque_wire::audio::{AudioError, AudioMeter, Container};

use crate::stage::{measure, mp3_frame, mp3_info_frame, mp3_time, progress, rate, remarks};

#[test]
fn mp3_frames_are_counted_and_the_encoders_delay_left_out() {
    let plain = mp3_frame().repeat(10);
    let finished = measure(&plain).unwrap();
    assert_eq!((finished.media, finished.container), (mp3_time(11_520), Container::Mp3));
    assert_eq!(finished.media_bytes, 4_170);

    let with_info = [mp3_info_frame(10, 1_105, 1_000), plain.clone()].concat();
    let finished = measure(&with_info).unwrap();
    assert_eq!(finished.media, mp3_time(11_520 - 1_105 - 1_000));
    assert_eq!(finished.media_bytes, 4_170, "the frame with the table is no audio");

    let short = [mp3_info_frame(20, 1_105, 1_000), plain].concat();
    assert_eq!(measure(&short), Err(AudioError::Truncated { what: "the MP3 frames" }));
    assert_eq!(measure(&mp3_info_frame(0, 0, 0)), Err(AudioError::Empty));
}

#[test]
fn mp3_tags_are_stepped_over() {
    // 300 bytes of tag, its length in seven-bit pieces, and a footer of ten more.
    let id3 = [b"ID3\x04\0\x10\0\0\x02\x2c".to_vec(), vec![0xff; 310]].concat();
    let id3v1 = [b"TAG".to_vec(), vec![b'x'; 125]].concat();
    let body = [id3.clone(), mp3_frame().repeat(3), id3v1].concat();
    assert_eq!(measure(&body).unwrap().media, mp3_time(3 * 1_152));
    assert!(matches!(measure(&id3[..200]), Err(AudioError::Truncated { .. })));
    // A last frame cut short is left out, not complained about.
    assert_eq!(measure(&mp3_frame().repeat(3)[..1_000]).unwrap().media, mp3_time(2 * 1_152));
    let cut = measure(&mp3_frame().repeat(3)[..1_000]).unwrap();
    assert_eq!(cut.remarks, remarks([Remark::FrameCut]));
}

#[test]
fn frames_are_found_again_behind_what_is_none() {
    let frames = |count| mp3_frame().repeat(count);
    let ape = [b"APETAGEX\xd0\x07\0\0\x0c\0\0\0".to_vec(), vec![b'a'; 28]].concat();
    let lyrics = b"LYRICSBEGININD00002000LYRICS200".to_vec();
    let id3v1 = [b"TAG".to_vec(), vec![0xff; 125]].concat();
    let junk = b"a foreign tail, \xff\xfb\x90 and more of it".repeat(3);
    for (odd, remark) in [
        (ape, Remark::Tags),
        (lyrics, Remark::Tags),
        (id3v1, Remark::Tags),
        (junk.clone(), Remark::JunkBetween),
    ] {
        let between = measure(&[frames(5), odd.clone(), frames(4)].concat()).unwrap();
        assert_eq!(between.media, mp3_time(9 * 1_152), "{remark:?}");
        assert_eq!(between.remarks, remarks([remark]));
        let behind = measure(&[frames(5), odd].concat()).unwrap();
        assert_eq!(behind.media, mp3_time(5 * 1_152), "{remark:?}");
        let expected = if remark == Remark::JunkBetween { Remark::JunkBehind } else { remark };
        assert_eq!(behind.remarks, remarks([expected]));
    }
    let mostly_junk = [frames(1), vec![b'x'; 500]].concat();
    assert!(matches!(measure(&mostly_junk), Err(AudioError::Broken { .. })));
    let only_a_tag = [b"ID3\x04\0\0\0\0\0\x0a".to_vec(), vec![b'x'; 10], b"garbage".repeat(50)].concat();
    assert!(matches!(measure(&only_a_tag), Err(AudioError::Broken { .. })));
}

#[test]
fn a_tag_behind_a_frame_that_was_searched_for_may_lie_across_two_reads() {
    let body = [&mp3_frame().repeat(2)[..], b"junk", &mp3_frame(), b"LYRICSBEGIN"].concat();
    for split in body.len() - 11..body.len() {
        let mut meter = AudioMeter::new();
        meter.push(&body[..split]).unwrap();
        meter.push(&body[split..]).unwrap();
        assert_eq!(meter.progress(), progress(&body), "{split}");
    }
}

#[test]
fn layers_and_rates_may_be_others() {
    // MPEG 1 layer II, 128 kbit/s, 48 kHz: 384 bytes, 1,152 samples; layer I, 128 kbit/s, 48 kHz: 128 bytes, 384 samples.
    let layer = |kind: u8, rates: u8, len: usize| {
        let mut frame = vec![0x55; len];
        frame[..4].copy_from_slice(&[0xff, kind, rates, 0]);
        frame
    };
    let two = layer(0xfd, 0x84, 384);
    let finished = measure(&two.repeat(5)).unwrap();
    assert_eq!((finished.media, finished.container), (MediaTime::from_millis(120), Container::Mp2));
    let one = layer(0xff, 0x44, 128);
    let finished = measure(&one.repeat(5)).unwrap();
    assert_eq!((finished.media, finished.container), (MediaTime::from_millis(40), Container::Mp1));
    let changing = measure(&[mp3_frame().repeat(4), layer(0xfb, 0x94, 384).repeat(5)].concat()).unwrap();
    assert_eq!(changing.media, mp3_time(4 * 1_152) + MediaTime::from_millis(120));
    assert_eq!(changing.remarks, remarks([Remark::RateChange]));
}

#[test]
fn lower_mpeg_versions_have_shorter_frames() {
    // MPEG 2, 64 kbit/s, 22.05 kHz, mono, padded: 72 x 64,000 / 22,050 + 1 bytes, 576 samples.
    let mut frame = vec![0x55; 209];
    frame[..4].copy_from_slice(&[0xff, 0xf3, 0x82, 0xc0]);
    assert_eq!(measure(&frame.repeat(4)).unwrap().media, MediaTime::from_samples(4 * 576, rate(22_050)));
    // MPEG 2.5, 32 kbit/s, 8 kHz.
    let mut frame = vec![0x55; 288];
    frame[..4].copy_from_slice(&[0xff, 0xe3, 0x48, 0xc0]);
    assert_eq!(measure(&frame.repeat(4)).unwrap().media, MediaTime::from_samples(4 * 576, rate(8_000)));
}
