//! Audio of the host itself: speech-like sound for modelled synthesis, and Opus for either engine.

mod bank;
mod endless;
mod opus;
mod resample;
mod sound;

pub(super) use bank::{prepare, render, silence};
pub(super) use endless::BankSound;
pub(super) use opus::ogg_opus;

use claque_core::time::SampleRate;

/// Samples of one channel at another rate.
pub(super) fn at_rate(samples: &[i16], from: SampleRate, to: SampleRate) -> Vec<i16> {
    resample::resample(samples, from, to).into_iter().map(sound::to_i16).collect()
}
