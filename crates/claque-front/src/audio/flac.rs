//! FLAC that is written as it comes: verbatim frames of 16 bits, one channel (RFC 9639).

use claque_core::time::SampleRate;
use claque_wire::audio::flac_crc16;

/// Samples of a frame at most: the most that the streamable subset allows up to 48 kHz is 4,608 (RFC 9639 section 7).
const MOST_SAMPLES: usize = 4_096;
/// Samples of the shortest and the longest block, as a stream says whose blocks may have any length (section 8.2).
const BLOCKS: [u16; 2] = [16, 4_096];

/// The mark and the stream's information. `samples` is zero where it is not known yet.
pub(super) fn header(rate: SampleRate, samples: u64) -> Vec<u8> {
    let mut out = b"fLaC".to_vec();
    // The last block of metadata, of kind 0, with 34 bytes.
    out.extend_from_slice(&[0x80, 0, 0, 34]);
    out.extend(BLOCKS.iter().flat_map(|size| size.to_be_bytes()));
    // The sizes of frames are not known.
    out.extend_from_slice(&[0; 6]);
    // 20 bits of rate, 3 of channels less one, 5 of bits less one, 36 of samples.
    let known = if samples < 1 << 36 { samples } else { 0 };
    let packed = u64::from(rate.hertz()) << 44 | 15 << 36 | known;
    out.extend_from_slice(&packed.to_be_bytes());
    // No checksum of the samples.
    out.extend_from_slice(&[0; 16]);
    out
}

/// Frames of these samples, which begin with sample number `first`.
pub(super) fn frames(samples: &[i16], mut first: u64, out: &mut Vec<u8>) {
    for block in samples.chunks(MOST_SAMPLES) {
        frame(block, first, out);
        first += u64::try_from(block.len()).unwrap_or(0);
    }
}

fn frame(block: &[i16], first: u64, out: &mut Vec<u8>) {
    let start = out.len();
    // Blocks of any length; their length in 16 bits, the rate as in the stream's information; one channel of 16 bits.
    out.extend_from_slice(&[0xff, 0xf9, 0x70, 0x08]);
    number(first, out);
    let last = u16::try_from(block.len().saturating_sub(1)).unwrap_or(u16::MAX);
    out.extend_from_slice(&last.to_be_bytes());
    out.push(crc8(&out[start..]));
    // A verbatim subframe without wasted bits (section 9.2).
    out.push(0x02);
    out.extend(block.iter().flat_map(|sample| sample.to_be_bytes()));
    let crc = flac_crc16(0, &out[start..]);
    out.extend_from_slice(&crc.to_be_bytes());
}

/// A number as UTF-8 codes a character, up to 36 bits (section 9.1.5).
fn number(value: u64, out: &mut Vec<u8>) {
    let [.., low] = value.to_be_bytes();
    if value < 0x80 {
        out.push(low);
        return;
    }
    // So many bytes of six bits follow the first, which has 6 - `more` bits of its own.
    let more = (1_u32..=6).find(|more| value < 1 << (6 * more + 6 - more)).unwrap_or(6);
    let ones = !(0xff_u8 >> (more + 1));
    let [.., head] = (value >> (6 * more)).to_be_bytes();
    out.push(ones | head);
    for place in (0..more).rev() {
        let [.., six] = (value >> (6 * place) & 0x3f).to_be_bytes();
        out.push(0x80 | six);
    }
}

/// Generator 0x07, from zero.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x07 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_coded_as_characters_are() {
        for value in ['a', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}', '\u{10ffff}'] {
            let mut out = Vec::new();
            number(u64::from(u32::from(value)), &mut out);
            assert_eq!(out, value.to_string().as_bytes());
        }
        let mut longest = Vec::new();
        number((1 << 36) - 1, &mut longest);
        assert_eq!(longest, [0xfe, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf, 0xbf]);
    }
}
