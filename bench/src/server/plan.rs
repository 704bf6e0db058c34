//! What the server does when: delays that are known beforehand, and one body for every block.

use anyhow::Context as _;
use bytes::{BufMut as _, Bytes, BytesMut};
use claque_core::{rng::Seed, time::Duration};
use claque_wire::audio::ogg;

/// Length of the audio of every block: 5 s at 48 kHz.
const SAMPLES: u64 = 5 * 48_000;
/// Samples of a packet: 20 ms.
const PACKET_SAMPLES: u32 = 960;
/// A packet of Opus in 20 ms frames of one channel (RFC 6716 section 3.1: configuration 31, code 0), with as many bytes
/// as make a body of 20 KB. Nobody decodes it: what it would sound like is of no consequence.
const PACKET: [u8; 80] = {
    let mut packet = [0x55; 80];
    packet[0] = 31 << 3;
    packet
};
/// The block that a late document waits for: it is due about ten seconds after the start, with five in between.
const LATE_BLOCK: u32 = 2;

/// How long blocks take.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Plan {
    /// Milliseconds until a block is ready, at least
    #[arg(long, default_value_t = 200)]
    delay_ms: u64,
    /// Milliseconds over which blocks are spread beyond that, each by its own number
    #[arg(long, default_value_t = 200)]
    spread_ms: u64,
    /// Make block 2 of every such document late, so that a listener stalls; 0 for none
    #[arg(long, default_value_t = 10)]
    late_every: u32,
    /// Milliseconds until a late block is ready: 12.5 s make a stall of about 2 s
    #[arg(long, default_value_t = 12_500)]
    late_ms: u64,
}

impl Plan {
    /// How long after it was asked for a block is ready.
    pub(super) fn delay(&self, document: u32, block: u32) -> Duration {
        if self.late_every > 0 && block == LATE_BLOCK && document.is_multiple_of(self.late_every) {
            return Duration::from_millis(self.late_ms);
        }
        let seed = Seed::root(0).child("delay").index(u64::from(document)).index(u64::from(block));
        let spread = Duration::from_millis(self.spread_ms).as_nanos();
        let drawn = u128::from(seed.value()) * spread / (u128::from(u64::MAX) + 1);
        Duration::from_millis(self.delay_ms) + Duration::from_nanos(u64::try_from(drawn).unwrap_or(u64::MAX))
    }
}

/// The answer to every request for audio: a head, and 5 s of Ogg Opus in about 20 KB.
///
/// # Errors
/// Never: what is written here can be read.
pub(super) fn body() -> anyhow::Result<Bytes> {
    let audio = ogg::ogg_opus(std::iter::repeat(&PACKET[..]), PACKET_SAMPLES, 0, SAMPLES, 1);
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: audio/ogg\r\ncontent-length: {}\r\n\r\n",
        u32::try_from(audio.len()).context("failed to make a body of 5 s")?
    );
    let mut body = BytesMut::with_capacity(head.len() + audio.len());
    body.put(head.as_bytes());
    body.put(audio.as_slice());
    Ok(body.freeze())
}
