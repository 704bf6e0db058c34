//! Speech-like sound by a source and a filter: a glottal pulse or noise through formant resonators (Klatt 1980).
//!
//! Nobody could tell a word in it, but it has the rhythm, pitch and spectrum of speech: syllables, hiss, pauses.

use claque_core::rng::Seed;

/// Samples per second.
pub(super) const RATE_HZ: u16 = 24_000;
/// Samples between two settings of the filter: 5 ms.
const STEP: usize = 120;
/// Loudest sample, of 32,767.
const PEAK: f32 = 16_000.0;

/// Loudness of the hiss, which its resonator makes much louder than vowels.
const HISS: f32 = 0.001;

/// First three formants in hertz, and their bandwidths (Peterson and Barney 1952; men's voices).
const VOWELS: [[f32; 3]; 7] = [
    [270.0, 2_290.0, 3_010.0],
    [390.0, 1_990.0, 2_550.0],
    [530.0, 1_840.0, 2_480.0],
    [660.0, 1_720.0, 2_410.0],
    [730.0, 1_090.0, 2_440.0],
    [570.0, 840.0, 2_410.0],
    [300.0, 870.0, 2_240.0],
];
const BANDWIDTHS: [f32; 3] = [60.0, 90.0, 150.0];

/// Makes `frames` samples, mono, which begin and end in silence.
pub(super) fn speech(frames: usize, seed: Seed) -> Vec<i16> {
    let mut speaker = Speaker::new(seed);
    let mut sound = Vec::with_capacity(frames);
    while sound.len() < frames {
        speaker.pause(&mut sound);
        speaker.phrase(&mut sound);
    }
    sound.truncate(frames);
    // The end meets the beginning when the sound is used in a circle.
    let fade = sound.len().saturating_sub(usize::from(RATE_HZ) / 10);
    sound[fade..].fill(0.0);
    let peak = sound.iter().fold(1e-6_f32, |peak, sample| peak.max(sample.abs()));
    sound.iter().map(|sample| to_i16(sample / peak * PEAK)).collect()
}

/// A sample in 16 bits; what is louder is clipped.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the type's range")]
pub(super) fn to_i16(sample: f32) -> i16 {
    sample.round().clamp(f32::from(i16::MIN), f32::from(i16::MAX)) as i16
}

/// Who speaks: the state of the source and of the filter.
struct Speaker {
    chance: Chance,
    /// Where in its period the glottis is, 0..1.
    phase: f32,
    /// Makes a pulse out of an impulse.
    glottis: Resonator,
    formants: [Resonator; 3],
    hiss: Resonator,
}

impl Speaker {
    fn new(seed: Seed) -> Self {
        Self {
            chance: Chance::new(seed),
            phase: 0.0,
            glottis: Resonator::at(0.0, 100.0),
            formants: [Resonator::at(500.0, 60.0); 3],
            hiss: Resonator::at(5_000.0, 1_500.0),
        }
    }

    fn pause(&mut self, sound: &mut Vec<f32>) {
        let steps = self.chance.between(30, 90);
        sound.extend(core::iter::repeat_n(0.0, steps * STEP));
    }

    /// Four to twelve syllables under a falling pitch.
    fn phrase(&mut self, sound: &mut Vec<f32>) {
        let syllables = self.chance.between(4, 12);
        let mut pitch = self.chance.within(120.0, 150.0);
        for _ in 0..syllables {
            if self.chance.within(0.0, 1.0) < 0.6 {
                self.consonant(sound);
            }
            pitch *= self.chance.within(0.94, 1.02);
            self.vowel(sound, pitch);
        }
    }

    fn consonant(&mut self, sound: &mut Vec<f32>) {
        self.hiss.tune(self.chance.within(2_500.0, 6_500.0), 1_500.0);
        let steps = self.chance.between(6, 20);
        for step in 0..steps {
            let loud = envelope(step, steps) * HISS;
            for _ in 0..STEP {
                let noise = self.chance.noise();
                sound.push(self.hiss.pass(noise) * loud);
            }
        }
    }

    /// One vowel that glides into another.
    fn vowel(&mut self, sound: &mut Vec<f32>, pitch: f32) {
        let from = VOWELS[self.chance.between(0, VOWELS.len() - 1)];
        let to = VOWELS[self.chance.between(0, VOWELS.len() - 1)];
        let steps = self.chance.between(16, 44);
        for step in 0..steps {
            let part = fraction(step, steps);
            for (place, resonator) in self.formants.iter_mut().enumerate() {
                resonator.tune(from[place] + (to[place] - from[place]) * part, BANDWIDTHS[place]);
            }
            let pitch = pitch * (1.05 - 0.1 * part);
            let loud = envelope(step, steps);
            for _ in 0..STEP {
                let mut sample = self.pulse(pitch);
                for resonator in &mut self.formants {
                    sample = resonator.pass(sample);
                }
                sound.push(sample * loud);
            }
        }
    }

    /// The glottis: an impulse each period, rounded, with some breath.
    fn pulse(&mut self, pitch: f32) -> f32 {
        self.phase += pitch / f32::from(RATE_HZ);
        let mut impulse = self.chance.noise() * 0.01;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            impulse += 1.0;
        }
        self.glottis.pass(impulse)
    }
}

/// A resonator of two poles.
#[derive(Clone, Copy)]
struct Resonator {
    gain: f32,
    near: f32,
    far: f32,
    last: [f32; 2],
}

impl Resonator {
    fn at(centre: f32, bandwidth: f32) -> Self {
        let mut resonator = Self { gain: 1.0, near: 0.0, far: 0.0, last: [0.0; 2] };
        resonator.tune(centre, bandwidth);
        resonator
    }

    fn tune(&mut self, centre: f32, bandwidth: f32) {
        let turn = core::f32::consts::PI / f32::from(RATE_HZ);
        let radius = (-turn * bandwidth).exp();
        self.far = -radius * radius;
        self.near = 2.0 * radius * (2.0 * turn * centre).cos();
        self.gain = 1.0 - self.near - self.far;
    }

    fn pass(&mut self, sample: f32) -> f32 {
        let out = self.gain * sample + self.near * self.last[0] + self.far * self.last[1];
        self.last = [out, self.last[0]];
        out
    }
}

/// Draws: few from the seed tree, and cheap noise beside.
struct Chance {
    seed: Seed,
    drawn: u64,
    noise: u32,
}

impl Chance {
    const fn new(seed: Seed) -> Self {
        Self { seed, drawn: 0, noise: 0x9e37_79b9 }
    }

    /// 0..1
    fn draw(&mut self) -> f32 {
        self.drawn += 1;
        let bits = self.seed.index(self.drawn).value() >> 48;
        f32::from(u16::try_from(bits).unwrap_or(u16::MAX)) / 65_536.0
    }

    fn within(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.draw()
    }

    /// From `low` to `high`, both possible.
    fn between(&mut self, low: usize, high: usize) -> usize {
        self.drawn += 1;
        let span = u64::try_from(high - low + 1).unwrap_or(1);
        low + usize::try_from(self.seed.index(self.drawn).value() % span).unwrap_or(0)
    }

    /// White noise, -1..1, by xorshift (Marsaglia 2003).
    fn noise(&mut self) -> f32 {
        self.noise ^= self.noise << 13;
        self.noise ^= self.noise >> 17;
        self.noise ^= self.noise << 5;
        let [_, _, low, high] = self.noise.to_le_bytes();
        f32::from(i16::from_le_bytes([low, high])) / 32_768.0
    }
}

/// Rises within a fifth, falls within the last third.
fn envelope(step: usize, steps: usize) -> f32 {
    let part = fraction(step, steps);
    (part * 5.0).min((1.0 - part) * 3.0).min(1.0)
}

fn fraction(step: usize, steps: usize) -> f32 {
    let small = |number| f32::from(u16::try_from(number).unwrap_or(u16::MAX));
    small(step) / small(steps.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_rhythm_of_speech() {
        let sound = speech(24_000 * 20, Seed::root(1));
        assert_eq!(sound.len(), 24_000 * 20);
        let level = |piece: &[i16]| piece.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        let levels: Vec<u16> = sound.chunks(480).map(level).collect();
        let share =
            |test: fn(u16) -> bool| levels.iter().filter(|level| test(**level)).count() * 100 / levels.len();
        let (silent, soft, loud) = (
            share(|level| level == 0),
            share(|level| (1..6_000).contains(&level)),
            share(|level| level >= 6_000),
        );
        assert!((5..30).contains(&silent), "{silent} % pauses");
        assert!((20..50).contains(&soft), "{soft} % consonants and edges");
        assert!((40..70).contains(&loud), "{loud} % vowels");
        assert!(levels.iter().all(|level| *level <= 16_000));
        assert_eq!((levels.first(), levels.last()), (Some(&0), Some(&0)), "the end meets the beginning");
    }

    #[test]
    fn a_seed_gives_always_the_same_and_another_seed_another() {
        assert_eq!(speech(48_000, Seed::root(1)), speech(48_000, Seed::root(1)));
        assert_ne!(speech(48_000, Seed::root(1)), speech(48_000, Seed::root(2)));
    }
}
