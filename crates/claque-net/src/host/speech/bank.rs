//! Modelled speech: some seconds of sound, encoded once per process, out of which every body is cut.

use std::sync::OnceLock;

use claque_core::{
    rng::Seed,
    time::{MediaTime, SampleRate},
};

use super::{
    opus::encode,
    sound::{RATE_HZ, speech},
};

/// Packets in the bank: 20 s. To make it takes about 0.2 s of a debug build and half of that otherwise.
const PACKETS: u16 = 1_000;
/// Samples of a packet at the bank's rate.
pub(super) const FRAME: usize = 480;
/// What a player decodes and drops: bodies begin amid a stream, whose decoder needs 80 ms to settle (RFC 7845
/// section 4.2).
pub(super) const PRE_SKIP: u16 = 3_840;
/// Effort of the encoder, 0 to 10: the start of a host waits for it.
pub(super) const COMPLEXITY: i32 = 0;

/// Loudest sample that a packet at which a body may begin must have, of 32,767: speech, and no pause.
const AUDIBLE: u16 = 1_000;

/// Sound in both forms, to be used in a circle.
pub(super) struct SoundBank {
    pub(super) packets: Vec<Vec<u8>>,
    pub(super) samples: Vec<i16>,
    /// The packets at which a body may begin: even the shortest has something to hear in it.
    begins: Vec<usize>,
}

/// Makes the bank unless it is there, so that nobody waits for it later.
pub(in crate::host) fn prepare() {
    bank();
}

impl SoundBank {
    /// The packet at which the sound of a seed begins.
    pub(super) fn place(&self, seed: u64) -> usize {
        self.begins[usize::try_from(seed).unwrap_or(usize::MAX) % self.begins.len()]
    }
}

pub(super) fn bank() -> &'static SoundBank {
    static BANK: OnceLock<SoundBank> = OnceLock::new();
    BANK.get_or_init(|| {
        let samples = speech(usize::from(PACKETS) * FRAME, Seed::root(0).child("synthetic speech"));
        let rate = SampleRate::new(u32::from(RATE_HZ)).expect("the rate is not zero");
        let mut packets = encode(&samples, rate, COMPLEXITY).expect("the encoder knows 24 kHz").packets;
        packets.truncate(usize::from(PACKETS));
        let begins: Vec<usize> = (0..packets.len()).filter(|&place| may_begin(&samples, place)).collect();
        assert!(!begins.is_empty(), "twenty seconds of speech are no pause");
        SoundBank { packets, samples, begins }
    })
}

/// Whether there is sound both in this packet and in the one that is the first to be heard behind the pre-skip.
fn may_begin(samples: &[i16], place: usize) -> bool {
    let heard_first = place + usize::from(PRE_SKIP) / (2 * FRAME);
    [place, heard_first].iter().all(|&packet| {
        let packet = samples.iter().skip(packet * FRAME).take(FRAME);
        packet.map(|sample| sample.unsigned_abs()).max().is_some_and(|loudest| loudest >= AUDIBLE)
    })
}

/// Samples in a length, to the nearest.
pub(super) fn samples(media: MediaTime, rate: SampleRate) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let (nanos, hertz) = (media.as_nanos(), u64::from(rate.hertz()));
    nanos / SECOND * hertz + (nanos % SECOND * hertz + SECOND / 2) / SECOND
}
