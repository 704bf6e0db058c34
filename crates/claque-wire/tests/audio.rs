//! Media time out of real and made containers, whole, split and cut.

use claque_core::{
    remark::{Remark, Remarks, Sound},
    time::{MediaTime, SampleRate},
};
use claque_wire::audio::{AudioError, AudioMeter, Container, Finished, Progress, Stage, ogg, wav};
use proptest::prelude::*;

const BLOCK_0: &[u8] = include_bytes!("data/yapit-current/block-0.ogg");
const BLOCK_1: &[u8] = include_bytes!("data/yapit-current/block-1.ogg");

fn measure(bytes: &[u8]) -> Result<Finished, AudioError> {
    let mut meter = AudioMeter::new();
    meter.push(bytes)?;
    meter.finish()
}

fn progress(bytes: &[u8]) -> Result<Progress, AudioError> {
    AudioMeter::new().push(bytes)
}

fn opus_time(samples: u64) -> MediaTime {
    MediaTime::from_samples(samples, SampleRate::OPUS)
}

fn rate(hertz: u32) -> SampleRate {
    SampleRate::new(hertz).expect("tests use rates above zero")
}

/// A lawful 20 ms CELT packet of `len` bytes, mono.
fn packet(len: usize) -> Vec<u8> {
    let mut packet = vec![0x5a; len];
    packet[0] = 31 << 3;
    packet
}

fn stream(lens: &[usize], pre_skip: u16, total: u64) -> Vec<u8> {
    let packets: Vec<Vec<u8>> = lens.iter().map(|len| packet(*len)).collect();
    ogg::ogg_opus(packets.iter().map(Vec::as_slice), 960, pre_skip, total, 77)
}

/// Where each page of an Ogg stream begins, and its end.
fn page_starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        let segments = usize::from(bytes[at + 26]);
        let body: usize = bytes[at + 27..at + 27 + segments].iter().copied().map(usize::from).sum();
        at += 27 + segments + body;
        starts.push(at);
    }
    starts
}

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

fn remarks<const N: usize>(remarks: [Remark; N]) -> Remarks {
    remarks.into_iter().collect()
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
fn raw_wav(tag: u16, channels: u16, bits: u16, size: Option<u32>, data: &[u8]) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut out = b"RIFF\xff\xff\xff\xffWAVEjunk\x03\0\0\0abc\0fmt ".to_vec();
    let extensible = tag == 0xfffe;
    out.extend_from_slice(&(if extensible { 40u32 } else { 16 }).to_le_bytes());
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&24_000u32.to_le_bytes());
    out.extend_from_slice(&(24_000 * u32::from(frame)).to_le_bytes());
    out.extend_from_slice(&frame.to_le_bytes());
    out.extend_from_slice(&bits.to_le_bytes());
    if extensible {
        out.extend_from_slice(&[
            22, 0, 16, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113,
        ]);
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&size.unwrap_or(0x7fff_f000).to_le_bytes());
    out.extend_from_slice(data);
    out
}

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

/// One frame of MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo: 417 bytes, 1,152 samples.
fn mp3_frame() -> Vec<u8> {
    let mut frame = vec![0x55; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
    frame
}

/// A first frame with an Info table and LAME's extension.
fn mp3_info_frame(frames: u32, delay: u32, padding: u32) -> Vec<u8> {
    let mut frame = vec![0; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
    frame[36..44].copy_from_slice(b"Info\0\0\0\x0f");
    frame[44..48].copy_from_slice(&frames.to_be_bytes());
    frame[156..165].copy_from_slice(b"LAME3.100");
    frame[177..180].copy_from_slice(&(delay << 12 | padding).to_be_bytes()[1..]);
    frame
}

fn mp3_time(samples: u64) -> MediaTime {
    MediaTime::from_samples(samples, rate(44_100))
}

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

fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let mp3 = [mp3_info_frame(4, 576, 700), mp3_frame().repeat(4)].concat();
    prop::sample::select(vec![
        BLOCK_0.to_vec(),
        stream(&[255, 3, 700, 20, 80], 312, 4_000),
        wav::write(&[7; 3_000], rate(24_000), 2),
        raw_wav(1, 1, 16, None, &[1; 999]),
        mp3,
        [BLOCK_0, &stream(&[40; 60], 312, 50_000)[..]].concat(),
        include_bytes!("data/players/vorbis.ogg").to_vec(),
        [
            &wav::write(&[7; 300], rate(24_000), 1)[..],
            b"LIST\x04\0\0\0INFO",
            &wav::write(&[9; 301], rate(8_000), 2),
        ]
        .concat(),
    ])
}

/// Bodies of frames with bytes changed, left out or put in.
fn searched() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop::sample::select(vec![
        include_bytes!("data/players/speech.flac")[..20_000].to_vec(),
        include_bytes!("data/players/speech.aac").to_vec(),
        include_bytes!("data/players/free.mp3")[..9_000].to_vec(),
        [mp3_frame().repeat(4), b"junk".to_vec(), mp3_frame().repeat(3), b"LYRICSBEGIN".to_vec()].concat(),
    ]);
    let change = (any::<prop::sample::Index>(), 0usize..300, prop::collection::vec(any::<u8>(), 0..30));
    (whole, prop::collection::vec(change, 0..4)).prop_map(|(mut body, changes)| {
        for (at, out, put) in changes {
            let from = at.index(body.len().max(1)).min(body.len());
            let to = (from + out).min(body.len());
            body.splice(from..to, put);
        }
        body
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_split_gives_the_same_at_every_byte_seen(
        body in bodies(), sizes in prop::collection::vec(1usize..2_000, 1..40),
    ) {
        let mut meter = AudioMeter::new();
        let (mut at, mut before) = (0, MediaTime::ZERO);
        for size in sizes.into_iter().cycle() {
            if at == body.len() {
                break;
            }
            let end = body.len().min(at + size);
            let so_far = meter.push(&body[at..end]).unwrap();
            prop_assert_eq!(so_far, progress(&body[..end]).unwrap());
            prop_assert!(so_far.delivered >= before, "delivered audio is never taken back");
            (at, before) = (end, so_far.delivered);
        }
        prop_assert_eq!(meter.wire_bytes(), u64::try_from(body.len()).unwrap());
        let finished = meter.finish().unwrap();
        prop_assert_eq!(finished.media, before);
        prop_assert_eq!(finished, measure(&body).unwrap());
    }

    /// What a frame is shows only when the next is here, so the last ones are counted at the end.
    #[test]
    fn any_split_of_what_is_searched_through_gives_the_same(
        body in searched(), sizes in prop::collection::vec(1usize..700, 1..40),
    ) {
        let mut meter = AudioMeter::new();
        let (mut at, mut before) = (0, MediaTime::ZERO);
        for size in sizes.into_iter().cycle() {
            if at == body.len() {
                break;
            }
            let end = body.len().min(at + size);
            let so_far = meter.push(&body[at..end]);
            prop_assert_eq!(&so_far, &progress(&body[..end]));
            let Ok(so_far) = so_far else { break };
            prop_assert!(so_far.delivered >= before, "delivered audio is never taken back");
            (at, before) = (end, so_far.delivered);
        }
        let finished = meter.finish();
        if let Ok(finished) = &finished {
            prop_assert!(finished.media >= before);
        }
        prop_assert_eq!(finished, measure(&body));
    }

    #[test]
    fn a_cut_body_is_an_error(cut in any::<prop::sample::Index>(), which in 0usize..3) {
        let body = [BLOCK_1.to_vec(), stream(&[90; 120], 312, 100_000), wav::write(&[5; 999], rate(8_000), 1)];
        let body = &body[which];
        let len = cut.index(body.len());
        prop_assert!(measure(&body[..len]).is_err(), "{len} of {} bytes", body.len());
    }

    #[test]
    fn what_the_writer_writes_the_meter_reads(
        lens in prop::collection::vec(1usize..1_276, 1..200), pre_skip in 0u16..960, trim in 0u64..960,
    ) {
        let held = u64::try_from(lens.len()).unwrap() * 960;
        let total = held.saturating_sub(u64::from(pre_skip)).saturating_sub(trim);
        prop_assume!(total > 0);
        prop_assert_eq!(measure(&stream(&lens, pre_skip, total)).unwrap().media, opus_time(total));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        noise in prop::collection::vec(any::<u8>(), 0..400), body in bodies(), at in 0usize..2_000, keep in any::<bool>(),
    ) {
        let at = at % body.len();
        let tail = if keep { &body[at..] } else { &[] };
        for bytes in [noise.clone(), [&body[..at], &noise, tail].concat()] {
            let _ = measure(&bytes);
            let _ = wav::read(&bytes);
        }
    }
}
