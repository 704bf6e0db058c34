//! Headers of MPEG audio layer III frames, and the frame of facts that many encoders put first.

use claque_core::time::SampleRate;

use super::AudioError;

/// Kilobits per second by index, MPEG 1 layer III (ISO 11172-3 section 2.4.2.3).
const KBPS_V1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
/// Kilobits per second by index, MPEG 2 and 2.5 layer III (ISO 13818-3 section 2.4.2.3).
const KBPS_V2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// Samples per second by index for MPEG 1; halved for MPEG 2, quartered for MPEG 2.5.
const HERTZ: [u32; 3] = [44_100, 48_000, 32_000];

/// What a frame's four header bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) rate: SampleRate,
    /// Samples per channel.
    pub(crate) samples: u32,
    /// Bytes of the frame, header included.
    pub(crate) len: usize,
    /// Bytes of side information between header and main data.
    side_info: usize,
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
    pub(crate) fn parse(head: [u8; 4]) -> Result<Self, AudioError> {
        let [sync, kind, rates, mode] = head;
        if sync != 0xff || kind & 0xe0 != 0xe0 {
            return Err(AudioError::broken("an MP3 frame does not begin where the one before ends"));
        }
        let (halvings, first_version) = match kind >> 3 & 0x03 {
            0 => (2, false),
            2 => (1, false),
            3 => (0, true),
            _ => return Err(AudioError::broken("an MP3 frame of a reserved version")),
        };
        if kind >> 1 & 0x03 != 1 {
            return Err(AudioError::unsupported("an MPEG layer other than III"));
        }
        let table = if first_version { KBPS_V1 } else { KBPS_V2 };
        let kbps = match table.get(usize::from(rates >> 4)) {
            None => return Err(AudioError::broken("an MP3 frame of a forbidden bit rate")),
            Some(0) => return Err(AudioError::unsupported("MP3 of free bit rate")),
            Some(kbps) => *kbps,
        };
        let hertz = HERTZ
            .get(usize::from(rates >> 2 & 0x03))
            .ok_or(AudioError::broken("an MP3 frame of a reserved sample rate"))?
            >> halvings;
        let rate = SampleRate::new(hertz).ok_or(AudioError::broken("an MP3 sample rate of zero"))?;
        let samples: u32 = if first_version { 1_152 } else { 576 };
        let len = samples / 8 * kbps * 1_000 / hertz + u32::from(rates >> 1 & 0x01);
        let mono = mode >> 6 == 3;
        let side_info = match (first_version, mono) {
            (true, false) => 32,
            (true, true) | (false, false) => 17,
            (false, true) => 9,
        };
        Ok(Self { rate, samples, len: usize::try_from(len).unwrap_or(usize::MAX), side_info })
    }

    /// Reads the Xing, Info or VBRI table of a first frame; nothing when the frame is audio.
    pub(crate) fn stream_facts(self, frame: &[u8]) -> Option<StreamFacts> {
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
