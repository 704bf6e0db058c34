//! What the first bytes of an Opus packet tell: its duration and its channels (RFC 6716 section 3.1).

/// The longest audio one packet may hold, in samples at 48 kHz: 120 ms (RFC 6716 section 3.2.5).
pub const MAX_PACKET_SAMPLES: u32 = 5_760;

/// Samples at 48 kHz that a packet holds, read from its first bytes; two are enough.
///
/// Gives nothing for an empty packet, a frame count that is missing or zero, and for more than
/// [`MAX_PACKET_SAMPLES`].
#[must_use]
pub fn packet_samples(head: &[u8]) -> Option<u32> {
    match SAMPLES[usize::from(*head.first()?)] {
        0 => counted_samples(head),
        samples => Some(u32::from(samples)),
    }
}

/// Whether a packet's first byte says stereo.
#[must_use]
pub fn packet_is_stereo(toc: u8) -> bool {
    toc & 0x04 != 0
}

/// Samples of a packet by its first byte, which is looked at fifty times a second of audio; zero where the second byte
/// counts the frames.
const SAMPLES: [u16; 256] = {
    let mut samples = [0; 256];
    let mut toc = 0;
    while toc < samples.len() {
        let frames = match toc & 0x03 {
            0 => 1,
            1 | 2 => 2,
            _ => 0,
        };
        samples[toc] = FRAME_SAMPLES[toc >> 3] * frames;
        toc += 1;
    }
    samples
};

/// Samples of one frame by configuration number, RFC 6716 table 2.
const FRAME_SAMPLES: [u16; 32] = [
    480, 960, 1_920, 2_880, 480, 960, 1_920, 2_880, 480, 960, 1_920, 2_880, // SILK
    480, 960, 480, 960, // hybrid
    120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, 120, 240, 480, 960, // CELT
];

/// The same of a packet whose second byte counts its frames, which is seldom written for speech.
#[cold]
fn counted_samples(head: &[u8]) -> Option<u32> {
    let [toc, count, ..] = *head else { return None };
    let samples = u32::from(FRAME_SAMPLES[usize::from(toc >> 3)]) * u32::from(count & 0x3f);
    (samples > 0 && samples <= MAX_PACKET_SAMPLES).then_some(samples)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_follow_the_table_of_contents() {
        // SILK 20 ms, hybrid 10 ms, CELT 2.5 ms, CELT 20 ms.
        assert_eq!(packet_samples(&[1 << 3]), Some(960));
        assert_eq!(packet_samples(&[12 << 3]), Some(480));
        assert_eq!(packet_samples(&[16 << 3]), Some(120));
        assert_eq!(packet_samples(&[31 << 3]), Some(960));
        // Two frames, then a counted number of frames.
        assert_eq!(packet_samples(&[(31 << 3) | 1]), Some(1_920));
        assert_eq!(packet_samples(&[(31 << 3) | 3, 6]), Some(5_760));
    }

    #[test]
    fn packets_without_a_lawful_duration_have_none() {
        assert_eq!(packet_samples(&[]), None);
        assert_eq!(packet_samples(&[(31 << 3) | 3]), None);
        assert_eq!(packet_samples(&[(31 << 3) | 3, 0]), None);
        assert_eq!(packet_samples(&[(31 << 3) | 3, 7]), None);
    }
}
