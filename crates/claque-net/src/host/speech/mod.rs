//! Audio of the host itself: speech-like sound for modelled synthesis, and Opus for either engine.

mod bank;
mod endless;
mod ogg_opus;
mod opus;
mod sound;
mod wav;

pub(super) use bank::prepare;
pub(super) use endless::BankSound;

use claque_core::time::{MediaTime, SampleRate};
use claque_gateway::AudioFormat;

use crate::resample::resample;

/// How bodies of a format are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    /// Modelled speech of exactly that length; the seed decides the sound.
    pub(super) render: fn(MediaTime, u64) -> Option<Vec<u8>>,
    /// The same without a sound in it.
    pub(super) silence: fn(MediaTime) -> Option<Vec<u8>>,
    /// Samples of one channel, and how long they then are.
    pub(super) pack: fn(&[i16], SampleRate) -> Result<Body, String>,
}

/// A body, and how long its audio is.
pub(super) type Body = (MediaTime, Vec<u8>);

/// How bodies of a format are written; none of one that cannot be written here. A format has a file of its own and a line here.
pub(super) const fn packing(format: AudioFormat) -> Option<Packing> {
    match format {
        AudioFormat::OggOpus => Some(ogg_opus::PACKING),
        AudioFormat::Wav => Some(wav::PACKING),
        AudioFormat::Mp3 => None,
    }
}

/// Samples of one channel at another rate.
pub(super) fn at_rate(samples: &[i16], from: SampleRate, to: SampleRate) -> Vec<i16> {
    let samples: Vec<f32> = samples.iter().map(|sample| f32::from(*sample)).collect();
    resample(&samples, from, to).into_iter().map(sound::to_i16).collect()
}
