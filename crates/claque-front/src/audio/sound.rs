//! Where speech comes from.

use core::fmt;

/// A sound without an end, of which every body takes as much as it needs. One sound for each seed.
pub trait SpeechSound: fmt::Debug {
    /// Adds `count` samples of one channel to `out`, from sample number `from` on.
    fn samples(&self, seed: u64, from: u64, count: usize, out: &mut Vec<i16>);

    /// A packet of the sound that is already coded, with its frame header where the coding has one. None where there is no such
    /// coding; whoever asks for it is then refused.
    fn packet(&self, coding: Coding, seed: u64, index: u64) -> Option<&[u8]>;
}

/// How packets are coded; each has one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// Opus, 20 ms, one channel.
    Opus,
    /// MPEG-2 layer III, one channel at 24 kHz without a bit reservoir: 576 samples.
    Mp3,
    /// AAC LC in ADTS frames, one channel at 24 kHz: 1,024 samples.
    Aac,
}

impl Coding {
    /// Samples of a packet, and samples in a second, by the clock of this coding.
    pub(crate) const fn packet(self) -> (u64, u64) {
        match self {
            Self::Opus => (960, 48_000),
            Self::Mp3 => (576, 24_000),
            Self::Aac => (1_024, 24_000),
        }
    }
}

/// No sound, for those who only count: a simulation hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silence;

/// 20 ms of silence: CELT, full band, one channel (RFC 6716 section 3.1; the packet that libopus makes of it).
const SILENT_OPUS: [u8; 3] = [0xf8, 0xff, 0xfe];

impl SpeechSound for Silence {
    fn samples(&self, _seed: u64, _from: u64, count: usize, out: &mut Vec<i16>) {
        out.resize(out.len() + count, 0);
    }

    fn packet(&self, coding: Coding, _seed: u64, _index: u64) -> Option<&[u8]> {
        match coding {
            Coding::Opus => Some(&SILENT_OPUS),
            Coding::Mp3 | Coding::Aac => None,
        }
    }
}
