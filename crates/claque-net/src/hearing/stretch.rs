//! Playing faster or slower, as browsers do it: the voice stays as high as it was.

use std::num::{NonZeroU16, NonZeroU32};

use claque_core::time::{SampleRate, Speed};

use super::RATE;
use crate::resample::resample;

/// Speeds, in thousandths, at which the height of a voice is kept: beyond them there is too little left of each sound, or too much. Browsers
/// fall silent there.
const KEPT: std::ops::RangeInclusive<u32> = 250..=4_000;

/// Samples of one channel as they are heard at a speed; about as many as that takes.
pub(super) fn at_speed(samples: Vec<f32>, speed: Speed) -> Vec<f32> {
    if speed == Speed::NORMAL || samples.is_empty() {
        return samples;
    }
    let rate =
        NonZeroU32::new(RATE.hertz()).zip(NonZeroU16::new(1)).filter(|_| KEPT.contains(&speed.thousandths()));
    let stretched = rate.and_then(|(rate, one)| wsola::stretch(&samples, rate, one, factor(speed)).ok());
    stretched.unwrap_or_else(|| as_a_tape(&samples, speed))
}

/// Faster and higher.
fn as_a_tape(samples: &[f32], speed: Speed) -> Vec<f32> {
    let hertz = u64::from(RATE.hertz()) * u64::from(speed.thousandths()) / 1_000;
    let from = u32::try_from(hertz).ok().and_then(SampleRate::new);
    from.map_or_else(Vec::new, |from| resample(samples, from, RATE))
}

#[expect(clippy::cast_possible_truncation, reason = "a speed has few digits")]
fn factor(speed: Speed) -> f32 {
    speed.as_f64() as f32
}
