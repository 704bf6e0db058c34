//! Changes of sample rate.

use claque_core::time::SampleRate;
use rubato::{Fft, FixedSync, Resampler as _, audioadapter_buffers::direct::InterleavedSlice};

/// Samples that are turned at once, about: the longer, the steeper the filter, and a short one would let through what the lower rate cannot
/// hold.
const CHUNK: usize = 1_024;

/// `samples` of one channel at another rate; as many as last the same time, rounded up.
pub(crate) fn resample(samples: &[f32], from: SampleRate, to: SampleRate) -> Vec<f32> {
    let input =
        InterleavedSlice::new(samples, 1, samples.len()).expect("one channel is as long as its samples");
    let mut resampler = Fft::<f32>::new(wide(from.hertz()), wide(to.hertz()), CHUNK, 1, FixedSync::Both)
        .expect("both rates are above zero");
    let output =
        resampler.process_all(&input, samples.len(), None).expect("there is room for all of one channel");
    let mut output = output.take_data();
    // Its length is worked out with a quotient that is not exact.
    output.truncate(exact_length(samples.len(), from, to));
    output
}

fn exact_length(samples: usize, from: SampleRate, to: SampleRate) -> usize {
    (samples * wide(to.hertz())).div_ceil(wide(from.hertz()))
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_possible_truncation, reason = "a sine is about one in size")]
    const fn narrow(value: f64) -> f32 {
        value as f32
    }

    fn tone(hertz: f64, rate: u32, count: u32) -> Vec<f32> {
        let turn = core::f64::consts::TAU * hertz / f64::from(rate);
        (0..count).map(|at| narrow((turn * f64::from(at)).sin() * 10_000.0)).collect()
    }

    fn rate(hertz: u32) -> SampleRate {
        SampleRate::new(hertz).unwrap()
    }

    #[test]
    fn a_tone_stays_the_same_tone() {
        let out = resample(&tone(1_000.0, 22_050, 22_050), rate(22_050), rate(48_000));
        assert_eq!(out.len(), 48_000);
        // The sine and cosine in it, of two whole periods and more; what is left is no tone.
        let turn = core::f64::consts::TAU * 1_000.0 / 48_000.0;
        let inner: Vec<(f64, f64)> =
            (1_000_u32..47_032).map(|at| (turn * f64::from(at), f64::from(out[wide(at)]))).collect();
        let count = f64::from(u32::try_from(inner.len()).unwrap());
        let sine = inner.iter().map(|(angle, x)| 2.0 * x * angle.sin()).sum::<f64>() / count;
        let cosine = inner.iter().map(|(angle, x)| 2.0 * x * angle.cos()).sum::<f64>() / count;
        let left = inner.iter().map(|(angle, x)| (x - sine * angle.sin() - cosine * angle.cos()).abs());
        let worst = left.fold(0.0, f64::max);
        assert!(worst < 10.0, "{worst} of 10,000 is no tone of this height");
        assert!((sine.hypot(cosine) - 10_000.0).abs() < 20.0, "{sine} {cosine}");
        // The filter's delay is taken off to a sample or two.
        assert!(cosine.atan2(sine).abs() < 2.0 * turn, "{sine} {cosine}");
    }

    #[test]
    fn what_the_lower_rate_cannot_hold_is_taken_out() {
        let out = resample(&tone(15_000.0, 44_100, 44_100), rate(44_100), rate(24_000));
        assert_eq!(out.len(), 24_000);
        let loudest = out.iter().skip(500).take(23_000).fold(0.0_f32, |loudest, x| loudest.max(x.abs()));
        assert!(loudest < 10.0, "{loudest} of 10,000 is left");
    }

    #[test]
    fn ends_and_odd_lengths_are_kept() {
        for length in [0_u16, 1, 7, 40] {
            let out = resample(&vec![1_000.0; usize::from(length)], rate(22_050), rate(48_000));
            assert_eq!(out.len(), (usize::from(length) * 320).div_ceil(147));
        }
    }
}
