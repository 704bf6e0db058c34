//! Changes of sample rate by a windowed sinc in polyphase form (Crochiere and Rabiner 1983, chapter 4).

use claque_core::time::SampleRate;

/// Zero crossings of the sinc on each side: 70 dB and more of stopband with the window used.
const CROSSINGS: u32 = 16;
/// Pass band as a share of the lower rate's: leaves the filter room to fall.
const PASS: f64 = 0.94;

/// `samples` of one channel at another rate; as many as last the same time, rounded up.
pub(super) fn resample(samples: &[i16], from: SampleRate, to: SampleRate) -> Vec<f32> {
    let common = gcd(from.hertz(), to.hertz());
    let (up, down) = (to.hertz() / common, from.hertz() / common);
    let filter = Filter::new(up, down);
    let (up, down) = (wide(up), wide(down));
    let count = (samples.len() * up).div_ceil(down);
    let taps = filter.taps;
    let at = |index: usize| samples.get(index).map_or(0.0, |sample| f32::from(*sample));
    (0..count)
        .map(|out| {
            let (whole, phase) = (out * down / up, out * down % up);
            let first = (whole + 1).checked_sub(taps / 2);
            let weights = &filter.weights[phase * taps..(phase + 1) * taps];
            match first.filter(|first| first + taps <= samples.len()) {
                Some(first) => {
                    let window = &samples[first..first + taps];
                    weights.iter().zip(window).map(|(weight, sample)| weight * f32::from(*sample)).sum()
                }
                // At the ends, where part of the window hangs over into silence.
                None => weights
                    .iter()
                    .enumerate()
                    .map(|(tap, weight)| {
                        (whole + 1 + tap).checked_sub(taps / 2).map_or(0.0, |i| weight * at(i))
                    })
                    .sum(),
            }
        })
        .collect()
}

/// The weights of every phase, one after the other; even in number per phase.
struct Filter {
    taps: usize,
    weights: Vec<f32>,
}

impl Filter {
    fn new(up: u32, down: u32) -> Self {
        let cutoff = (f64::from(up) / f64::from(down)).min(1.0) * PASS;
        let half = (f64::from(CROSSINGS) / cutoff).ceil();
        let mut weights = Vec::new();
        let mut taps = 0;
        for phase in 0..up {
            let shift = f64::from(phase) / f64::from(up);
            let start = weights.len();
            let mut tap = 1.0 - half;
            while tap <= half {
                weights.push(cutoff * sinc(cutoff * (tap - shift)) * blackman((tap - shift) / half));
                tap += 1.0;
            }
            taps = weights.len() - start;
            // A constant stays what it is, in every phase.
            let sum: f64 = weights[start..].iter().sum();
            weights[start..].iter_mut().for_each(|weight| *weight /= sum);
        }
        Self { taps, weights: weights.into_iter().map(narrow).collect() }
    }
}

fn sinc(x: f64) -> f64 {
    let turn = core::f64::consts::PI * x;
    if turn.abs() < 1e-9 { 1.0 } else { turn.sin() / turn }
}

/// The Blackman window for -1..=1.
fn blackman(x: f64) -> f64 {
    let turn = core::f64::consts::PI * x;
    if x.abs() > 1.0 { 0.0 } else { 0.42 + 0.5 * turn.cos() + 0.08 * (2.0 * turn).cos() }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn wide(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[expect(clippy::cast_possible_truncation, reason = "weights are about one in size")]
const fn narrow(weight: f64) -> f32 {
    weight as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f64, rate: u32, count: u32) -> Vec<i16> {
        let turn = core::f64::consts::TAU * hertz / f64::from(rate);
        (0..count)
            .map(|at| super::super::sound::to_i16(narrow((turn * f64::from(at)).sin() * 10_000.0)))
            .collect()
    }

    fn rate(hertz: u32) -> SampleRate {
        SampleRate::new(hertz).unwrap()
    }

    #[test]
    fn a_tone_stays_the_same_tone() {
        let out = resample(&tone(1_000.0, 22_050, 22_050), rate(22_050), rate(48_000));
        assert_eq!(out.len(), 48_000);
        let wanted = tone(1_000.0, 48_000, 48_000);
        let pairs = out.iter().zip(&wanted).skip(1_000).take(46_000);
        let worst = pairs.map(|(out, want)| (out - f32::from(*want)).abs()).fold(0.0, f32::max);
        assert!(worst < 10.0, "off by {worst} of 10,000");
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
            let out = resample(&vec![1_000; usize::from(length)], rate(22_050), rate(48_000));
            assert_eq!(out.len(), (usize::from(length) * 320).div_ceil(147));
        }
    }
}
