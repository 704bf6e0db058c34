//! Headers of frames that follow one another without a container: MPEG audio and AAC in ADTS.

use claque_core::time::SampleRate;

use super::Container;

/// Bytes of the longest header.
pub(crate) const HEADER_BYTES: usize = 7;
/// Bytes of the longest frame whose length is written: layer II of 384 kbit/s at 32 kHz is 1,729, ADTS has 13 bits.
pub(crate) const LONGEST_FRAME: usize = 8_191;

/// Kilobits per second by index, MPEG 1 (ISO 11172-3 section 2.4.2.3): layers I, II and III.
const KBPS_1: [[u32; 15]; 3] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
];
/// The same for MPEG 2 and 2.5 (ISO 13818-3 section 2.4.2.3): layer I, and II and III.
const KBPS_2: [[u32; 15]; 2] = [
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];
/// Samples per second by index for MPEG 1; halved for MPEG 2, quartered for MPEG 2.5.
const HERTZ: [u32; 3] = [44_100, 48_000, 32_000];
/// Samples per second by index for AAC (ISO 14496-3 table 1.18).
const AAC_HERTZ: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// Whether the first four bytes of a body may be a frame's.
pub(crate) fn may_begin(head: [u8; 4]) -> bool {
    // The rest of an ADTS header is not here.
    matches!(head, [0xff, kind, ..] if kind & 0xf6 == 0xf0) || FrameHeader::parse(&head).is_some()
}

/// What a frame's header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) kind: Container,
    pub(crate) rate: SampleRate,
    /// Samples per channel.
    pub(crate) samples: u32,
    pub(crate) len: FrameLen,
    /// Bytes of side information between header and main data, of layer III.
    side_info: usize,
}

/// Bytes of a frame, header included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameLen {
    Known(usize),
    /// Of free bit rate: as long as from this header to the next, less this one's padding.
    Free {
        padding: usize,
    },
}

/// What the first frame says of the stream when it is no audio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamFacts {
    /// Audio frames that follow; nothing when not declared.
    pub(crate) frames: Option<u64>,
    /// Samples the encoder put before the sound.
    pub(crate) delay: u64,
    /// Samples the encoder put after it.
    pub(crate) padding: u64,
}

impl FrameHeader {
    /// Reads a header; none when the bytes are none. An MPEG header needs four of them, one of ADTS seven.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xff, kind, ..] = *bytes else { return None };
        // ADTS has the sync bits of MPEG 1 or 2 and the layer that MPEG audio reserves.
        if kind & 0xf6 == 0xf0 { Self::parse_adts(bytes) } else { Self::parse_mpeg(bytes) }
    }

    /// Whether a stream of frames with headers like this may have one like the other: of the same kind and rate.
    pub(crate) fn is_like(self, other: Self) -> bool {
        self.kind == other.kind && self.rate == other.rate && self.samples == other.samples
    }

    fn parse_mpeg(bytes: &[u8]) -> Option<Self> {
        let [_, kind, rates, mode] = *bytes.first_chunk()?;
        let (halvings, is_first) = match (kind >> 5, kind >> 3 & 0x03) {
            (7, 0) => (2, false),
            (7, 2) => (1, false),
            (7, 3) => (0, true),
            _ => return None,
        };
        let layer = match kind >> 1 & 0x03 {
            1 => 2,
            2 => 1,
            3 => 0,
            _ => return None,
        };
        let table = if is_first { &KBPS_1[layer] } else { &KBPS_2[layer.min(1)] };
        let kbps = *table.get(usize::from(rates >> 4))?;
        let hertz = HERTZ.get(usize::from(rates >> 2 & 0x03))? >> halvings;
        let samples: u32 = match (layer, is_first) {
            (0, _) => 384,
            (1, _) | (_, true) => 1_152,
            (_, false) => 576,
        };
        // Layer I counts in slots of four bytes.
        let slot = if layer == 0 { 4 } else { 1 };
        let padding = u32::from(rates >> 1 & 0x01) * slot;
        let len = samples / 8 / slot * kbps * 1_000 / hertz * slot + padding;
        let len = match kbps {
            0 => FrameLen::Free { padding: usize::try_from(padding).ok()? },
            _ => FrameLen::Known(usize::try_from(len).ok()?),
        };
        let side_info = match (is_first, mode >> 6 == 3) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        let kind = [Container::Mp1, Container::Mp2, Container::Mp3][layer];
        Some(Self { kind, rate: SampleRate::new(hertz)?, samples, len, side_info })
    }

    /// ISO 14496-3 section 1.A.3.2.
    fn parse_adts(bytes: &[u8]) -> Option<Self> {
        let [_, flags, rates, l0, l1, l2, blocks] = *bytes.first_chunk()?;
        let rate = SampleRate::new(*AAC_HERTZ.get(usize::from(rates >> 2 & 0x0f))?)?;
        let len = u32::from_be_bytes([0, l0 & 0x03, l1, l2]) >> 5;
        let header = if flags & 0x01 == 0 { 9 } else { 7 };
        let samples = (u32::from(blocks & 0x03) + 1) * 1_024;
        let len = FrameLen::Known(usize::try_from(len).ok().filter(|len| *len > header)?);
        Some(Self { kind: Container::Adts, rate, samples, len, side_info: 0 })
    }

    /// Reads the Xing, Info or VBRI table of a first frame; nothing when the frame is audio.
    pub(crate) fn stream_facts(self, frame: &[u8]) -> Option<StreamFacts> {
        if self.kind != Container::Mp3 {
            return None;
        }
        let after = |offset: usize, tag: &[u8]| {
            frame.get(offset..).filter(|rest| rest.starts_with(tag)).and_then(|rest| rest.get(tag.len()..))
        };
        let table = 4 + self.side_info;
        if let Some(rest) = after(table, b"Xing").or_else(|| after(table, b"Info")) {
            return Some(xing_facts(rest));
        }
        // Fraunhofer's table stands 32 bytes behind the header whatever the mode; its frame count 10
        // bytes behind its tag.
        let rest = after(36, b"VBRI")?;
        Some(StreamFacts { frames: big_endian(rest, 10).filter(|count| *count > 0), delay: 0, padding: 0 })
    }
}
/// Reads what follows the tag: flags, the fields they announce, then LAME's extension with 12 bits each
/// of encoder delay and padding.
fn xing_facts(rest: &[u8]) -> StreamFacts {
    let flags = big_endian(rest, 0).unwrap_or(0);
    let mut at = 4;
    let mut facts = StreamFacts::default();
    for (bit, len) in [(1, 4), (2, 4), (4, 100), (8, 4)] {
        if flags & bit != 0 {
            if bit == 1 {
                facts.frames = big_endian(rest, at).filter(|count| *count > 0);
            }
            at += len;
        }
    }
    let named = rest.get(at..at + 4).is_some_and(|name| name.iter().all(u8::is_ascii_alphanumeric));
    if let (true, Some([a, b, c])) = (named, rest.get(at + 21..).and_then(|rest| rest.first_chunk::<3>())) {
        facts.delay = u64::from(*a) << 4 | u64::from(*b) >> 4;
        facts.padding = u64::from(*b & 0x0f) << 8 | u64::from(*c);
    }
    facts
}

fn big_endian(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<4>().map(|field| u64::from(u32::from_be_bytes(*field)))
}
