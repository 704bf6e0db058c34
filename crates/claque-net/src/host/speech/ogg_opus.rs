//! Bodies of Ogg Opus.

use claque_core::time::{MediaTime, SampleRate};
use claque_wire::audio::ogg;

use super::{
    Body, Packing, at_rate,
    bank::{self, FRAME, PRE_SKIP, bank},
    opus::{self, PACKET_SAMPLES, Packets, encode},
    sound::RATE_HZ,
};

pub(super) const PACKING: Packing = Packing { render, silence, pack };

fn render(media: MediaTime, seed: u64) -> Option<Vec<u8>> {
    let bank = bank();
    let place = bank.place(seed);
    let packets = bank.packets[place..].iter().chain(bank.packets.iter().cycle()).map(Vec::as_slice);
    let total = bank::samples(media, SampleRate::OPUS);
    let serial = u32::try_from(seed >> 32).unwrap_or(0);
    Some(ogg::ogg_opus(packets, PACKET_SAMPLES, PRE_SKIP, total, serial))
}

fn silence(media: MediaTime) -> Option<Vec<u8>> {
    let rate = SampleRate::new(u32::from(RATE_HZ))?;
    let packet = encode(&[0; FRAME], rate, bank::COMPLEXITY).ok()?.packets.into_iter().next()?;
    let packets = core::iter::repeat(packet.as_slice());
    Some(ogg::ogg_opus(packets, PACKET_SAMPLES, PRE_SKIP, bank::samples(media, SampleRate::OPUS), 0))
}

/// Resampled if Opus does not know the rate, with its exact length.
///
/// # Errors
/// The encoder's words.
fn pack(samples: &[i16], rate: SampleRate) -> Result<Body, String> {
    let known = matches!(rate.hertz(), 8_000 | 12_000 | 16_000 | 24_000 | 48_000);
    let resampled: Vec<i16>;
    let (samples, rate) = if known {
        (samples, rate)
    } else {
        resampled = at_rate(samples, rate, SampleRate::OPUS);
        (resampled.as_slice(), SampleRate::OPUS)
    };
    let Packets { packets, delay } =
        encode(samples, rate, opus::COMPLEXITY).map_err(|error| error.to_string())?;
    let frames = u64::try_from(samples.len()).unwrap_or(u64::MAX);
    let total = frames.saturating_mul(u64::from(48_000 / rate.hertz()));
    let body =
        ogg::ogg_opus(packets.iter().map(Vec::as_slice), PACKET_SAMPLES, delay, total, serial(samples));
    Ok((MediaTime::from_samples(frames, rate), body))
}

/// Differs between streams of different samples, and is the same for the same.
fn serial(samples: &[i16]) -> u32 {
    /// FNV-1a, 32 bits.
    const BASIS: u32 = 0x811c_9dc5;
    let bytes = samples.iter().flat_map(|sample| sample.to_le_bytes());
    bytes.fold(BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
