//! Samples to Opus packets, and those to a stream of exact length.

use claque_core::time::SampleRate;
use opus_pure::{Application, MAX_PACKET_BYTES, OpusEncoder};

/// Bits per second. The recorded service sends 48,000.
pub(super) const BITRATE_BPS: i32 = 48_000;
/// Length of a packet: 20 ms at 48 kHz.
pub(super) const PACKET_SAMPLES: u32 = 960;
/// Effort, 0 to 10: the highest that does without the encoder's analysis of speech and music.
pub(super) const COMPLEXITY: i32 = 6;

/// Packets of 20 ms, and what the decoder drops at the start.
pub(super) struct Packets {
    pub(super) packets: Vec<Vec<u8>>,
    /// Delay of the encoder in samples at 48 kHz.
    pub(super) delay: u16,
}

/// Encodes samples of one channel. The last packets hold the silence that pushes all of them out of the encoder.
///
/// # Errors
/// When `rate` is none of Opus's (8, 12, 16, 24, 48 kHz) or the encoder fails, in its words.
pub(super) fn encode(samples: &[i16], rate: SampleRate, effort: i32) -> Result<Packets, opus_pure::Error> {
    let hertz = rate.hertz();
    let mut encoder = OpusEncoder::new(i32::try_from(hertz).unwrap_or(0), 1, Application::Audio)?;
    encoder.bitrate_bps = BITRATE_BPS;
    encoder.complexity = effort;
    let frame = usize::try_from(hertz / 50).unwrap_or(usize::MAX);
    let delay = encoder.lookahead();
    let mut packet = vec![0; MAX_PACKET_BYTES];
    let mut block = vec![0; frame];
    let mut packets = Vec::with_capacity((samples.len() + delay).div_ceil(frame));
    for at in (0..samples.len() + delay).step_by(frame) {
        let rest = samples.get(at..).unwrap_or_default();
        let have = rest.len().min(frame);
        block[..have].copy_from_slice(&rest[..have]);
        block[have..].fill(0);
        let size = encoder.encode_s16(&block, frame, &mut packet)?;
        packets.push(packet[..size].to_vec());
    }
    let ticks = 48_000 / usize::try_from(hertz).unwrap_or(48_000);
    Ok(Packets { packets, delay: u16::try_from(delay * ticks).unwrap_or(u16::MAX) })
}
