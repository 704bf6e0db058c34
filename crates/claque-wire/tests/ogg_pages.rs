//! Ogg streams as other muxers lay them out: packets over page borders, late starts, single pages.

use claque_core::{
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};
use claque_wire::audio::{AudioError, AudioMeter};

const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;
/// No packet ends on the page (RFC 3533 section 6).
const NO_GRANULE: u64 = u64::MAX;
const PRE_SKIP: u64 = 100;

/// A page with its checksum, worked out bit by bit.
fn page(flags: u8, granule: u64, sequence: u32, lacing: &[u8], body: &[u8]) -> Vec<u8> {
    let mut page = b"OggS\0".to_vec();
    page.push(flags);
    page.extend_from_slice(&granule.to_le_bytes());
    page.extend_from_slice(&9u32.to_le_bytes());
    page.extend_from_slice(&sequence.to_le_bytes());
    page.extend_from_slice(&[0; 4]);
    page.push(u8::try_from(lacing.len()).expect("tests write few segments"));
    page.extend_from_slice(lacing);
    page.extend_from_slice(body);
    let mut crc = 0u32;
    for byte in &page {
        crc ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            crc = if crc >> 31 == 0 { crc << 1 } else { crc << 1 ^ 0x04c1_1db7 };
        }
    }
    page[22..26].copy_from_slice(&crc.to_le_bytes());
    page
}

fn head_page() -> Vec<u8> {
    page(FIRST, 0, 0, &[19], b"OpusHead\x01\x01\x64\0\x80\xbb\0\0\0\0\0")
}

fn tags_page() -> Vec<u8> {
    page(0, 0, 1, &[16], b"OpusTags\0\0\0\0\0\0\0\0")
}

/// The body of `count` packets of 20 ms and 10 bytes each.
fn packets(count: usize) -> Vec<u8> {
    [0xf8, 0, 0, 0, 0, 0, 0, 0, 0, 0].repeat(count)
}

fn measure(pages: &[Vec<u8>]) -> Result<u64, AudioError> {
    remarked(pages).map(|(samples, _)| samples)
}

fn remarked(pages: &[Vec<u8>]) -> Result<(u64, Vec<Remark>), AudioError> {
    let mut meter = AudioMeter::new();
    meter.push(&pages.concat())?;
    let finished = meter.finish()?;
    let samples =
        (0..200_000).find(|samples| MediaTime::from_samples(*samples, SampleRate::OPUS) == finished.media);
    Ok((samples.expect("a whole number of samples"), Remarks::iter(finished.remarks).collect()))
}

#[test]
fn a_comment_header_may_span_pages() {
    let mut tags = b"OpusTags".to_vec();
    tags.resize(255 + 255 + 40, b'x');
    let pages = [
        head_page(),
        page(0, NO_GRANULE, 1, &[255, 255], &tags[..510]),
        page(CONTINUED, 0, 2, &[40], &tags[510..]),
        page(LAST, 2_880, 3, &[10; 3], &packets(3)),
    ];
    assert_eq!(measure(&pages), Ok(2_880 - PRE_SKIP));
}

#[test]
fn an_audio_packet_may_span_pages() {
    let long = [vec![0xf8], vec![7; 309]].concat();
    let pages = [
        head_page(),
        tags_page(),
        page(0, NO_GRANULE, 2, &[255], &long[..255]),
        page(CONTINUED | LAST, 1_920, 3, &[55, 10], &[&long[255..], &packets(1)].concat()),
    ];
    assert_eq!(measure(&pages), Ok(1_920 - PRE_SKIP));
    let lost = [pages[0].clone(), pages[1].clone(), page(LAST, 960, 2, &[255], &long[..255])];
    assert!(matches!(measure(&lost), Err(AudioError::Truncated { .. })));
    let unannounced =
        [pages[0].clone(), pages[1].clone(), pages[2].clone(), page(LAST, 960, 3, &[55], &[0; 55])];
    assert!(matches!(measure(&unannounced), Err(AudioError::Broken { .. })));
}

#[test]
fn a_stream_may_begin_late_and_end_early() {
    let late = |granule: u64| {
        [
            head_page(),
            tags_page(),
            page(0, 50_000 + 1_920, 2, &[10; 2], &packets(2)),
            page(LAST, 50_000 + granule, 3, &[10; 2], &packets(2)),
        ]
    };
    assert_eq!(measure(&late(3_840)), Ok(3_840 - PRE_SKIP));
    assert_eq!(measure(&late(3_000)), Ok(3_000 - PRE_SKIP));
    // A position beyond the packets adds nothing that could be heard.
    assert_eq!(measure(&late(9_999)), Ok(3_840 - PRE_SKIP));
    // One before the page trims nothing.
    assert_eq!(remarked(&late(1_000)), Ok((3_840 - PRE_SKIP, vec![Remark::OggPositions])));
}

#[test]
fn a_single_page_is_trimmed_at_its_end_or_starts_late() {
    let single = |granule| [head_page(), tags_page(), page(LAST, granule, 2, &[10; 2], &packets(2))];
    assert_eq!(measure(&single(1_500)), Ok(1_500 - PRE_SKIP));
    assert_eq!(measure(&single(7_000)), Ok(1_920 - PRE_SKIP));
    assert_eq!(measure(&single(PRE_SKIP)), Err(AudioError::Empty));
}

#[test]
fn an_empty_last_page_ends_the_stream() {
    let pages =
        [head_page(), tags_page(), page(0, 1_920, 2, &[10; 2], &packets(2)), page(LAST, 1_700, 3, &[], &[])];
    assert_eq!(measure(&pages), Ok(1_920 - PRE_SKIP), "the position went backwards");
    let pages =
        [head_page(), tags_page(), page(0, 1_920, 2, &[10; 2], &packets(2)), page(LAST, 1_920, 3, &[], &[])];
    assert_eq!(measure(&pages), Ok(1_920 - PRE_SKIP));
}

#[test]
fn positions_that_do_not_fit_are_remarked_and_trim_nothing() {
    let full = |granule| page(0, granule, 2, &[10; 3], &packets(3));
    for granule in [NO_GRANULE - 4, i64::MAX.cast_unsigned(), 0] {
        let pages = [head_page(), tags_page(), full(2_880), page(LAST, granule, 3, &[10; 2], &packets(2))];
        assert_eq!(remarked(&pages), Ok((4_800 - PRE_SKIP, vec![Remark::OggPositions])), "{granule}");
    }
    let none = [head_page(), tags_page(), full(NO_GRANULE), page(LAST, 4_800, 3, &[10; 2], &packets(2))];
    assert_eq!(remarked(&none), Ok((4_800 - PRE_SKIP, vec![Remark::OggPositions])));
    // Counted without the samples that are skipped: the trim of the last page stands.
    let early =
        [head_page(), tags_page(), full(2_880 - PRE_SKIP), page(LAST, 3_980, 3, &[10; 2], &packets(2))];
    assert_eq!(remarked(&early), Ok((2_880 + 1_200 - PRE_SKIP, vec![Remark::OggPositions])));
}

#[test]
fn a_stream_without_an_end_flag_is_whole_if_its_writer_closed_it() {
    let full = |sequence: u32| page(0, u64::from(sequence - 1) * 48_000, sequence, &[10; 50], &packets(50));
    let with = |last: Vec<u8>| remarked(&[head_page(), tags_page(), full(2), full(3), last]);
    let no_flag = |samples: u64| Ok((96_000 + samples - PRE_SKIP, vec![Remark::OggNoEndFlag]));
    assert_eq!(with(page(0, 143_000, 4, &[10; 50], &packets(50))), no_flag(47_000), "its end is trimmed");
    assert_eq!(with(page(0, 105_600, 4, &[10; 10], &packets(10))), no_flag(9_600), "its end is short");
    assert!(matches!(with(full(4)), Err(AudioError::Truncated { .. })), "it may as well go on");
    let short = [head_page(), tags_page(), page(0, 9_600, 2, &[10; 10], &packets(10))];
    assert_eq!(remarked(&short), Ok((9_600 - PRE_SKIP, vec![Remark::OggNoEndFlag])));
    assert!(matches!(measure(&[head_page(), tags_page()]), Err(AudioError::Truncated { .. })));
}

#[test]
fn page_numbers_left_out_are_remarked_unless_audio_is_missing() {
    let last = |granule| page(LAST, granule, 7, &[10; 2], &packets(2));
    let with = |last| remarked(&[head_page(), tags_page(), page(0, 2_880, 2, &[10; 3], &packets(3)), last]);
    assert_eq!(with(last(4_800)), Ok((4_800 - PRE_SKIP, vec![Remark::OggPageNumbers])));
    assert_eq!(with(last(4_000)), Ok((4_000 - PRE_SKIP, vec![Remark::OggPageNumbers])));
    assert_eq!(with(last(6_720)), Err(AudioError::Broken { what: "an Ogg page is missing" }));
}

#[test]
fn flac_in_ogg_is_counted_by_its_frames() {
    let info = b"\x12\0\x12\0\0\0\0\0\0\0\x05\xdc\x02\xf0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let first = [&b"\x7fFLAC\x01\0\0\x01fLaC\0\0\0\x22"[..], info].concat();
    // 4,608 samples at the stream's rate, 24 kHz, mono, 16 bits, and the checksum of the header.
    let frame = b"\xff\xf8\x50\x08\x00\x06 not looked at";
    let length = u8::try_from(frame.len()).unwrap();
    let pages = [
        page(FIRST, 0, 0, &[51], &first),
        page(0, 0, 1, &[4], b"\x84\0\0\0"),
        page(LAST, 9_216, 2, &[length; 2], &frame.repeat(2)),
    ];
    let mut meter = AudioMeter::new();
    meter.push(&pages.concat()).unwrap();
    assert_eq!(meter.finish().unwrap().media, MediaTime::from_millis(384));
}

#[test]
fn impossible_packets_are_refused() {
    for page in [page(LAST, 960, 2, &[0], &[]), page(LAST, 960, 2, &[2], &[0xfb, 0])] {
        let stream = [head_page(), tags_page(), page];
        assert!(matches!(measure(&stream), Err(AudioError::Broken { .. })));
    }
    let theora = [page(FIRST, 0, 0, &[7], b"\x80theora")];
    assert_eq!(measure(&theora), Err(AudioError::Unsupported { what: "Ogg without Opus, Vorbis or FLAC" }));
    let headers_only = [head_page(), page(LAST, 0, 1, &[16], b"OpusTags\0\0\0\0\0\0\0\0")];
    assert_eq!(measure(&headers_only), Err(AudioError::Empty));
}
