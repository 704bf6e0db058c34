//! Modelled speech: some seconds of sound, encoded once per process, out of which every body is cut.

use std::sync::OnceLock;

use claque_core::{
    rng::Seed,
    time::{MediaTime, SampleRate},
};
use claque_gateway::AudioFormat;
use claque_wire::audio::{ogg, wav};

use super::{
    opus::{PACKET_SAMPLES, encode},
    sound::{RATE_HZ, speech},
};

/// Packets in the bank: 20 s. To make it takes about 0.2 s of a debug build and half of that otherwise.
const PACKETS: u16 = 1_000;
/// Samples of a packet at the bank's rate.
const FRAME: usize = 480;
/// What a player decodes and drops: bodies begin amid a stream, whose decoder needs 80 ms to settle (RFC 7845
/// section 4.2).
const PRE_SKIP: u16 = 3_840;
/// Effort of the encoder, 0 to 10: the start of a host waits for it.
const COMPLEXITY: i32 = 0;

/// Sound in both forms, to be used in a circle.
struct Bank {
    packets: Vec<Vec<u8>>,
    samples: Vec<i16>,
}

/// Makes the bank unless it is there, so that nobody waits for it later.
pub(in crate::host) fn prepare() {
    bank();
}

/// A body of exactly that length; none for a format that cannot be written here. `seed` decides the sound.
pub(in crate::host) fn render(media: MediaTime, seed: u64, format: AudioFormat) -> Option<Vec<u8>> {
    let place = usize::try_from(seed % u64::from(PACKETS)).unwrap_or(0);
    let bank = bank();
    match format {
        AudioFormat::OggOpus => {
            let packets = bank.packets[place..].iter().chain(bank.packets.iter().cycle()).map(Vec::as_slice);
            let total = samples(media, SampleRate::OPUS);
            let serial = u32::try_from(seed >> 32).unwrap_or(0);
            Some(ogg::ogg_opus(packets, PACKET_SAMPLES, PRE_SKIP, total, serial))
        }
        AudioFormat::Wav => {
            let rate = SampleRate::new(u32::from(RATE_HZ))?;
            let count = usize::try_from(samples(media, rate)).unwrap_or(usize::MAX);
            let sound = bank.samples[place * FRAME..].iter().chain(bank.samples.iter().cycle()).take(count);
            Some(wav::write(&sound.copied().collect::<Vec<_>>(), rate, 1))
        }
        AudioFormat::Mp3 => None,
    }
}

/// A body of exactly that length without a sound in it; none for a format that cannot be written here.
pub(in crate::host) fn silence(media: MediaTime, format: AudioFormat) -> Option<Vec<u8>> {
    let rate = SampleRate::new(u32::from(RATE_HZ))?;
    match format {
        AudioFormat::OggOpus => {
            let packet = encode(&[0; FRAME], rate, COMPLEXITY).ok()?.packets.into_iter().next()?;
            let packets = core::iter::repeat(packet.as_slice());
            Some(ogg::ogg_opus(packets, PACKET_SAMPLES, PRE_SKIP, samples(media, SampleRate::OPUS), 0))
        }
        AudioFormat::Wav => {
            let count = usize::try_from(samples(media, rate)).unwrap_or(usize::MAX);
            Some(wav::write(&vec![0; count], rate, 1))
        }
        AudioFormat::Mp3 => None,
    }
}

fn bank() -> &'static Bank {
    static BANK: OnceLock<Bank> = OnceLock::new();
    BANK.get_or_init(|| {
        let samples = speech(usize::from(PACKETS) * FRAME, Seed::root(0).child("synthetic speech"));
        let rate = SampleRate::new(u32::from(RATE_HZ)).expect("the rate is not zero");
        let mut packets = encode(&samples, rate, COMPLEXITY).expect("the encoder knows 24 kHz").packets;
        packets.truncate(usize::from(PACKETS));
        Bank { packets, samples }
    })
}

/// Samples in a length, to the nearest.
fn samples(media: MediaTime, rate: SampleRate) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let (nanos, hertz) = (media.as_nanos(), u64::from(rate.hertz()));
    nanos / SECOND * hertz + (nanos % SECOND * hertz + SECOND / 2) / SECOND
}
