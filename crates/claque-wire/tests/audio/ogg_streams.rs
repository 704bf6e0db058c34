//! Ogg: recordings, and streams that are made or broken.

use claque_core::{remark::Remark, time::MediaTime};
use claque_wire::audio::{AudioError, Container, Finished, Progress, Stage, ogg, wav};

use crate::stage::{
    BLOCK_0, BLOCK_1, measure, mp3_info_frame, opus_time, page_starts, progress, rate, remarks, stream,
};

#[test]
fn recorded_blocks_last_as_long_as_the_server_said() {
    // The recordings say 6455 and 6373 ms, rounded; the streams begin at granule position 312.
    let first = measure(BLOCK_0).unwrap();
    assert_eq!((first.media, first.container), (opus_time(310_464 - 312 - 312), Container::OggOpus));
    assert_eq!(first.media, MediaTime::from_millis(6_455));
    let second = measure(BLOCK_1).unwrap();
    assert_eq!(second.media, opus_time(306_530 - 312 - 312));
    assert_eq!(second.media_bytes, 5_659 + 5_384 + 5_346 + 6_063 + 5_996 + 5_929 + 1_084);
}

#[test]
fn a_container_header_is_not_audio() {
    let pages = page_starts(BLOCK_0);
    let headers = progress(&BLOCK_0[..pages[2]]).unwrap();
    assert_eq!(headers, Progress { delivered: MediaTime::ZERO, stage: Stage::Headers, media_bytes: 0 });
    // The third page's own header is none either; the byte behind it is.
    let page_header = pages[2] + 27 + 50;
    assert_eq!(progress(&BLOCK_0[..page_header]).unwrap().stage, Stage::Headers);
    assert_eq!(progress(&BLOCK_0[..=page_header]).unwrap().stage, Stage::Audio);

    let wav = wav::write(&[1; 480], rate(24_000), 1);
    assert_eq!(progress(&wav[..44]).unwrap().stage, Stage::Headers);
    let two_samples = progress(&wav[..48]).unwrap();
    assert_eq!(two_samples.delivered, MediaTime::from_samples(2, rate(24_000)));
    assert_eq!(two_samples.stage, Stage::Audio);

    let info = mp3_info_frame(4, 1_105, 1_000);
    assert_eq!(progress(&info).unwrap().stage, Stage::Headers);
}

#[test]
fn a_packet_counts_when_its_last_byte_is_here() {
    let stream = stream(&[100, 100, 100], 312, 2_000);
    let body = page_starts(&stream)[2] + 27 + 3;
    let delivered = |end: usize| progress(&stream[..end]).unwrap().delivered;
    assert_eq!(delivered(body + 99), MediaTime::ZERO);
    assert_eq!(delivered(body + 100), opus_time(960 - 312));
    assert_eq!(delivered(body + 200), opus_time(1_920 - 312));
    assert_eq!(delivered(body + 300), opus_time(2_000), "the end trim");
}

#[test]
fn long_packets_and_many_pages_come_out_exact() {
    // 255 and 510 bytes end in an empty segment; 1,275 is the longest single frame.
    for lens in [vec![255; 130], vec![510; 130], vec![1_275; 130], vec![3; 130]] {
        let stream = stream(&lens, 312, 130 * 960 - 312 - 17);
        assert_eq!(measure(&stream).unwrap().media, opus_time(130 * 960 - 312 - 17));
        let pages = page_starts(&stream).len() - 1;
        assert!(pages >= 5, "two headers and at least three seconds, got {pages} pages");
    }
}

#[test]
fn the_writer_leaves_out_packets_that_nobody_hears() {
    let trimmed = stream(&[50; 100], 312, 960);
    assert_eq!(measure(&trimmed).unwrap(), measure(&stream(&[50; 2], 312, 960)).unwrap());
    assert_eq!(measure(&stream(&[], 312, 0)), Err(AudioError::Empty));
}

#[test]
fn real_packets_are_muxed_with_their_length() {
    let mut encoder = opus_pure::OpusEncoder::new(48_000, 2, opus_pure::Application::Audio).unwrap();
    let tone: Vec<i16> = (0..1_920i16).map(|n| (n % 97) * 200).collect();
    let packets: Vec<Vec<u8>> = (0..60)
        .map(|_| {
            let mut buffer = vec![0; 1_500];
            let len = encoder.encode_s16(&tone, 960, &mut buffer).unwrap();
            buffer.truncate(len);
            buffer
        })
        .collect();
    let stream = ogg::ogg_opus(packets.iter().map(Vec::as_slice), 960, 312, 50_000, 1);
    assert_eq!(stream[28 + 9], 2, "the packets are stereo, so is the header");
    assert_eq!(measure(&stream).unwrap().media, opus_time(50_000));
}

#[test]
fn broken_ogg_streams_are_refused() {
    let pages = page_starts(BLOCK_0);
    let hole = [&BLOCK_0[..pages[3]], &BLOCK_0[pages[4]..]].concat();
    assert_eq!(measure(&hole), Err(AudioError::Broken { what: "an Ogg page is missing" }));
    let mut flipped = BLOCK_0.to_vec();
    flipped[pages[4] + 500] ^= 1;
    assert_eq!(measure(&flipped), Err(AudioError::Broken { what: "the checksum of an Ogg page is wrong" }));
    let no_end = &BLOCK_0[..pages[pages.len() - 2]];
    assert!(matches!(measure(no_end), Err(AudioError::Truncated { .. })));
}

#[test]
fn what_stands_behind_an_ogg_stream_is_played_if_it_is_another_and_remarked_if_it_is_nothing() {
    let whole = measure(BLOCK_0).unwrap();
    for tail in [&b"xx"[..], b"garbage that is longer than a page header", b"Ogg"] {
        let finished = measure(&[BLOCK_0, tail].concat()).unwrap();
        assert_eq!(finished, Finished { remarks: remarks([Remark::JunkBehind]), ..whole });
    }
    let chained = measure(&[BLOCK_0, BLOCK_1].concat()).unwrap();
    assert_eq!(chained.media, whole.media + measure(BLOCK_1).unwrap().media);
    assert_eq!(chained.remarks, remarks([Remark::SeveralFiles]));
    let again = measure(&[BLOCK_0, BLOCK_0].concat()).unwrap();
    assert_eq!(again.media, whole.media + whole.media, "the same number for another stream");
    let cut = [BLOCK_0, &BLOCK_1[..2_000]].concat();
    assert!(matches!(measure(&cut), Err(AudioError::Truncated { .. })));
}
