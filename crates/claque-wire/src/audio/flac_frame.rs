//! Headers of FLAC: the stream's, and each frame's (RFC 9639 sections 8.2 and 9.1).

use claque_core::time::SampleRate;

/// Bytes of the longest frame header.
pub(super) const LONGEST_HEADER: usize = 16;
/// Bytes of the stream's information that are read.
pub(super) const INFO_BYTES: usize = 18;

/// What the stream says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamInfo {
    pub(super) rate: SampleRate,
    /// Samples per channel; none when not declared.
    pub(super) samples: Option<u64>,
}

/// What a frame header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Samples per channel.
    pub(super) samples: u32,
    /// Bytes of the header.
    pub(super) len: usize,
}

impl StreamInfo {
    pub(super) fn parse(block: &[u8]) -> Option<Self> {
        let [_, _, _, _, _, _, _, _, _, _, r0, r1, r2, n0, n1, n2, n3, n4] =
            *block.first_chunk::<INFO_BYTES>()?;
        let rate = SampleRate::new(u32::from_be_bytes([0, r0, r1, r2]) >> 4)?;
        let samples = u64::from_be_bytes([0, 0, 0, n0 & 0x0f, n1, n2, n3, n4]);
        Some(Self { rate, samples: (samples > 0).then_some(samples) })
    }
}

/// Reads the frame header that `bytes` begin with; none when they do not, or hold too little of it. Its checksum is
/// checked.
pub(super) fn parse(bytes: &[u8]) -> Option<Frame> {
    let [sync, strategy, sizes, channels, ..] = *bytes else { return None };
    if sync != 0xff || strategy & 0xfe != 0xf8 || channels & 0x01 != 0 || channels >> 4 > 10 {
        return None;
    }
    // The number of the frame is coded as UTF-8 codes a character, up to 36 bits.
    let number = *bytes.get(4)?;
    let ones = usize::try_from(number.leading_ones()).ok()?;
    let mut at = match ones {
        0 => 5,
        2..=7 => 4 + ones,
        _ => return None,
    };
    let samples = match sizes >> 4 {
        0 => return None,
        1 => 192,
        code @ 2..=5 => 576 << (code - 2),
        6 => {
            at += 1;
            u32::from(*bytes.get(at - 1)?) + 1
        }
        7 => {
            at += 2;
            u32::from(u16::from_be_bytes([*bytes.get(at - 2)?, *bytes.get(at - 1)?])) + 1
        }
        code => 256 << (code - 8),
    };
    at += match sizes & 0x0f {
        12 => 1,
        13 | 14 => 2,
        15 => return None,
        _ => 0,
    };
    (crc8(bytes.get(..at)?) == *bytes.get(at)?).then_some(Frame { samples, len: at + 1 })
}

/// Generator 0x07, from zero.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
    })
}

/// Carries a frame's checksum on: generator 0x8005, from zero, so that a whole frame with its checksum gives zero.
#[must_use]
pub fn crc16(crc: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(crc, |crc, byte| crc << 8 ^ CRC16[usize::from(crc.to_be_bytes()[0] ^ byte)])
}

const CRC16: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte: u16 = 0;
    while byte < 256 {
        let mut crc = byte << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x8005 };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
};
