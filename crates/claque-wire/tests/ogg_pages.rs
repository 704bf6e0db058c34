//! Ogg streams as other muxers lay them out: packets over page borders, late starts, single pages.

use claque_core::time::{MediaTime, SampleRate};
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
    let mut meter = AudioMeter::new();
    meter.push(&pages.concat())?;
    let media = meter.finish()?.media;
    let samples = (0..20_000).find(|samples| MediaTime::from_samples(*samples, SampleRate::OPUS) == media);
    Ok(samples.expect("a whole number of samples"))
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
    assert!(matches!(measure(&late(1_000)), Err(AudioError::Broken { .. })));
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
    assert!(matches!(measure(&pages), Err(AudioError::Broken { .. })), "the position went backwards");
    let pages =
        [head_page(), tags_page(), page(0, 1_920, 2, &[10; 2], &packets(2)), page(LAST, 1_920, 3, &[], &[])];
    assert_eq!(measure(&pages), Ok(1_920 - PRE_SKIP));
}

#[test]
fn impossible_positions_and_packets_are_refused() {
    let broken = [
        page(0, 960, 2, &[10; 2], &packets(2)),
        page(0, NO_GRANULE, 2, &[10; 2], &packets(2)),
        page(LAST, 960, 2, &[0], &[]),
        page(LAST, 960, 2, &[2], &[0xfb, 0]),
    ];
    for page in broken {
        let stream = [head_page(), tags_page(), page];
        assert!(matches!(measure(&stream), Err(AudioError::Broken { .. })));
    }
    let vorbis = [page(FIRST, 0, 0, &[7], b"\x01vorbis")];
    assert_eq!(measure(&vorbis), Err(AudioError::Unsupported { what: "Ogg without Opus" }));
    let headers_only = [head_page(), page(LAST, 0, 1, &[16], b"OpusTags\0\0\0\0\0\0\0\0")];
    assert_eq!(measure(&headers_only), Err(AudioError::Empty));
}
