//! Listens to the samples of WAV data as they pass: every so many, until something is heard.

use claque_core::remark::Sound;

use super::wav_format::{Coding, WavFormat};

/// Of so many samples one is listened to: 750 a second at 24 kHz.
const STRIDE: u64 = 31;
/// How much later than its turn each of eight samples in a row is listened to, so that a tone whose period fits the stride is
/// not met at the same point each time.
const DELAYS: [u64; 8] = [0, 11, 3, 17, 7, 23, 2, 13];
/// Samples that must have been listened to before anything is said: 40 ms at 24 kHz.
const ENOUGH: u64 = 32;
/// From the lowest to the highest sample, of 65,536 steps, what nobody can hear: 60 dB below full scale.
const INAUDIBLE: i32 = 65;
/// The same of samples of eight bits, which have 256 steps: one of them.
const INAUDIBLE_IN_EIGHT_BITS: i32 = 256;

/// Of so many samples one is looked at to the end, to know how many of them are silent: a hundred a second at 24 kHz.
const WIDE_STRIDE: u64 = 8 * STRIDE;
/// Percent of them from which on audio is mostly silent. Speech that is read aloud has a fifth of pauses.
const MOSTLY: u64 = 95;

/// What was heard so far. Only changes can be heard, so a constant level is silence, however high.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct WavSound {
    /// The sample that is listened to next, by its number among those listened to in this file.
    next: u64,
    /// Samples listened to in all files.
    samples: u64,
    /// The lowest and the highest of them.
    range: Option<(i32, i32)>,
    is_audible: bool,
    /// The same, of the samples that are looked at to the end: which is next, how many there were, how many of them were as the one
    /// before, and that one.
    wide_next: u64,
    looked_at: u64,
    still: u64,
    before: i32,
    /// The last byte that passed: a sample may lie across two reads.
    last_byte: u8,
}

impl WavSound {
    /// Another file begins.
    pub(super) const fn begin_file(&mut self) {
        self.next = 0;
        self.wide_next = 0;
    }

    /// Takes the next bytes of a file's data, of which `before` have passed.
    pub(super) fn listen(&mut self, format: WavFormat, before: u64, data: &[u8]) {
        while !self.is_audible
            && let Some(level) = self.sample(format, (self.next, STRIDE), before, data)
        {
            self.hear(format, level);
            self.next += 1;
        }
        while let Some(level) = self.sample(format, (self.wide_next, WIDE_STRIDE), before, data) {
            let is_still = self.looked_at > 0 && (level - self.before).abs() <= inaudible(format);
            self.still += u64::from(is_still);
            self.looked_at += 1;
            self.before = level;
            self.wide_next += 1;
        }
        self.last_byte = data.last().copied().unwrap_or(self.last_byte);
    }

    /// The level of the sample with this number among one in so many, if its last byte is in `data`, before which so many bytes have
    /// passed.
    fn sample(
        &self,
        format: WavFormat,
        (number, stride): (u64, u64),
        before: u64,
        data: &[u8],
    ) -> Option<i32> {
        // The first channel is listened to, and of a sample its upper bytes, which come last.
        let delay = DELAYS[usize::try_from(number % 8).unwrap_or(0)];
        let end = (number * stride + delay) * u64::from(format.frame_bytes()) + u64::from(format.bits / 8);
        let index = (end - 1).checked_sub(before).and_then(|at| usize::try_from(at).ok())?;
        let upper = data.get(index)?;
        let lower = index.checked_sub(1).and_then(|at| data.get(at)).unwrap_or(&self.last_byte);
        Some(level(format, *upper, *lower))
    }

    fn hear(&mut self, format: WavFormat, level: i32) {
        self.samples += 1;
        let (lowest, highest) =
            self.range.map_or((level, level), |(lowest, highest)| (lowest.min(level), highest.max(level)));
        self.range = Some((lowest, highest));
        self.is_audible = highest - lowest > inaudible(format);
    }

    /// Whether nearly all of it is silent, though something can be heard; never said of what is too short to tell.
    pub(super) const fn is_mostly_silent(&self) -> bool {
        self.is_audible && self.looked_at >= ENOUGH && self.still * 100 >= self.looked_at * MOSTLY
    }

    /// What there was to hear; nothing where there was too little to tell.
    pub(super) fn finish(self) -> Option<Sound> {
        match (self.is_audible, self.samples) {
            (true, _) => Some(Sound::Audible),
            (false, ENOUGH..) => Some(Sound::Silent),
            (false, _) => None,
        }
    }
}

/// How far apart two samples are that nobody can tell from each other.
const fn inaudible(format: WavFormat) -> i32 {
    match (format.coding, format.bits) {
        (Coding::Linear, 8) => INAUDIBLE_IN_EIGHT_BITS,
        (Coding::Linear | Coding::Float | Coding::MuLaw | Coding::ALaw, _) => INAUDIBLE,
    }
}

/// A sample by its two upper bytes, in steps of 16 bits.
pub(super) fn level(format: WavFormat, upper: u8, lower: u8) -> i32 {
    let bits = u16::from_le_bytes([lower, upper]);
    match (format.coding, format.bits) {
        (Coding::Linear, 8) => (i32::from(upper) - 128) << 8,
        (Coding::Linear, _) => i32::from(i16::from_le_bytes([lower, upper])),
        // IEEE 754: the sign, 11 or 8 bits of the exponent, and the upper bits of the fraction.
        (Coding::Float, 64) => float_level(bits, 4, 1_023),
        (Coding::Float, _) => float_level(bits, 7, 127),
        (Coding::MuLaw, _) => mu_law_level(upper),
        (Coding::ALaw, _) => a_law_level(upper),
    }
}

/// A floating-point number by its upper 16 bits, of which the lowest `fraction_bits` are of the fraction.
fn float_level(bits: u16, fraction_bits: u32, bias: i32) -> i32 {
    let exponent = i32::from((bits & 0x7fff) >> fraction_bits);
    let one = 1 << fraction_bits;
    let mantissa = one | (i32::from(bits) & (one - 1));
    // The value is mantissa * 2^(exponent - bias - fraction_bits), and 1 is 2^15 steps.
    let shift = exponent - bias - fraction_bits.cast_signed() + 15;
    let steps = match shift {
        ..-31 => 0,
        -31..0 => mantissa >> -shift,
        _ if exponent >= bias => i32::from(i16::MAX),
        _ => mantissa << shift,
    };
    if bits & 0x8000 == 0 { steps } else { -steps }
}

/// ITU-T G.711, table 2a: the code is stored inverted.
const fn mu_law_level(code: u8) -> i32 {
    let code = !code as i32;
    let steps = ((((code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84;
    if code & 0x80 == 0 { steps } else { -steps }
}

/// ITU-T G.711, table 1a: every other bit of the code is stored inverted.
const fn a_law_level(code: u8) -> i32 {
    let code = (code ^ 0x55) as i32;
    let (step, segment) = ((code & 0x0f) << 4, (code & 0x70) >> 4);
    let steps = match segment {
        0 => step + 8,
        _ => (step + 0x108) << (segment - 1),
    };
    if code & 0x80 == 0 { -steps } else { steps }
}

#[cfg(test)]
mod tests {
    use claque_core::time::SampleRate;

    use super::*;

    const fn format(coding: Coding, bits: u16) -> WavFormat {
        let rate = SampleRate::new(24_000).expect("it is not zero");
        WavFormat { rate, channels: 1, bits, coding }
    }

    #[test]
    fn levels_are_those_of_the_standards() {
        assert_eq!([0xff, 0x80, 0x00].map(mu_law_level), [0, 32_124, -32_124]);
        assert_eq!([0xd5, 0xaa, 0x2a].map(a_law_level), [8, 32_256, -32_256]);
        let upper = |bytes: &[u8]| (bytes[bytes.len() - 1], bytes[bytes.len() - 2]);
        for (value, expected) in
            [(0.0_f32, 0), (0.5, 16_384), (-0.25, -8_192), (0.001_953_125, 64), (2.0, 32_767)]
        {
            let (high, low) = upper(&value.to_le_bytes());
            assert_eq!(level(format(Coding::Float, 32), high, low), expected, "{value}");
            let (high, low) = upper(&f64::from(value).to_le_bytes());
            assert_eq!(level(format(Coding::Float, 64), high, low), expected, "{value}");
        }
    }

    fn heard(samples: &[i16]) -> Option<Sound> {
        let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut sound = WavSound::default();
        let mut before = 0;
        // Samples lie across reads of odd length.
        for part in data.chunks(101) {
            sound.listen(format(Coding::Linear, 16), before, part);
            before += u64::try_from(part.len()).expect("it is short");
        }
        sound.finish()
    }

    #[test]
    fn sixty_decibels_below_full_scale_is_where_silence_begins() {
        let square =
            |level: i16| (0..4_800).map(|n| if n % 2 == 0 { level } else { -level }).collect::<Vec<_>>();
        assert_eq!(heard(&square(32)), Some(Sound::Silent));
        assert_eq!(heard(&square(33)), Some(Sound::Audible));
        assert_eq!(heard(&[12_000; 4_800]), Some(Sound::Silent), "a level that never changes is no sound");
        assert_eq!(heard(&[0; 900]), None, "too short to tell");
    }

    fn is_mostly_silent(samples: &[i16]) -> bool {
        let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let mut sound = WavSound::default();
        let mut before = 0;
        for part in data.chunks(101) {
            sound.listen(format(Coding::Linear, 16), before, part);
            before += u64::try_from(part.len()).expect("it is short");
        }
        sound.is_mostly_silent()
    }

    #[test]
    fn a_click_and_then_nothing_is_mostly_silent_and_speech_with_pauses_is_not() {
        let click = [vec![20_000], vec![0; 48_000]].concat();
        assert_eq!((heard(&click), is_mostly_silent(&click)), (Some(Sound::Audible), true));
        // A wave of 150 Hz that is there for three of five seconds.
        let wave = |n: i32| i16::try_from((n % 160 - 80) * 100).expect("it is below 8,000");
        let speech: Vec<i16> = (0..120_000).map(|n| if n / 24_000 % 2 == 0 { wave(n) } else { 0 }).collect();
        assert_eq!((heard(&speech), is_mostly_silent(&speech)), (Some(Sound::Audible), false));
        assert!(!is_mostly_silent(&[0; 48_000]), "all of it is silence, which is told as that");
        assert!(!is_mostly_silent(&click[..4_800]), "too short to tell");
    }

    #[test]
    fn a_tone_is_heard_though_its_period_fits_the_stride() {
        for period in 2..=248 {
            let tone: Vec<i16> =
                (0..9_600).map(|n| if n % period < period / 2 { 300 } else { -300 }).collect();
            assert_eq!(heard(&tone), Some(Sound::Audible), "{period}");
        }
    }
}
