//! How long it is silent at the head of audio: its samples are listened to in windows until one has sound, and no further.

use claque_core::time::{MediaTime, SampleRate};

use super::{
    wav_format::{Coding, WavFormat},
    wav_sound::level,
};

/// Windows a second: 10 ms are as long as people need to tell what comes first of two sounds, and hold one period of the lowest
/// voice.
const WINDOWS: u32 = 100;
/// Power of -50 dB of full scale, as a mean square of 16-bit samples: 32,768^2 / 100,000. It lies below the quietest consonant of
/// speech at its usual level, and above the noise that voices of models and small rooms have in their pauses.
const LEAST_POWER: i64 = 10_737;
/// The same of samples of eight bits, which have 256 steps: one of them is no sound.
const LEAST_POWER_IN_EIGHT_BITS: i64 = 65_536;
/// Bytes of a frame that is cut by the end of a read: eight channels of floating-point numbers.
const LONGEST_FRAME: usize = 64;

/// Silence at the head of audio, as far as it has been listened to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Onset {
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Silent(Window),
    Found(MediaTime),
}

/// Silence so far, and the window at hand: of its samples the number, the sum, and the sum of squares.
#[derive(Clone, Copy, Debug)]
struct Window {
    before: MediaTime,
    samples: u64,
    count: i64,
    sum: i64,
    squares: i64,
    /// The beginning of a frame whose end is in the next read.
    cut: [u8; LONGEST_FRAME],
    cut_bytes: usize,
}

impl Onset {
    pub(super) const fn new() -> Self {
        let window = Window {
            before: MediaTime::ZERO,
            samples: 0,
            count: 0,
            sum: 0,
            squares: 0,
            cut: [0; LONGEST_FRAME],
            cut_bytes: 0,
        };
        Self { state: State::Silent(window) }
    }

    /// Takes the next bytes of data of this format.
    pub(super) fn listen(&mut self, format: WavFormat, mut data: &[u8]) {
        let State::Silent(window) = &mut self.state else { return };
        let frame = usize::try_from(format.frame_bytes()).unwrap_or(usize::MAX);
        // Of more channels than anybody listens to nothing is told.
        if !(1..=LONGEST_FRAME).contains(&frame) {
            return;
        }
        if window.cut_bytes > 0 {
            let (head, rest) = data.split_at(data.len().min(frame.saturating_sub(window.cut_bytes)));
            window.cut[window.cut_bytes..][..head.len()].copy_from_slice(head);
            window.cut_bytes += head.len();
            data = rest;
            if window.cut_bytes < frame {
                return;
            }
            window.cut_bytes = 0;
            let whole = window.cut;
            if let Some(silence) = window.take(format, &whole[..frame]) {
                self.state = State::Found(silence);
                return;
            }
        }
        let frames = data.chunks_exact(frame);
        let cut = frames.remainder();
        for frame in frames {
            if let Some(silence) = window.take(format, frame) {
                self.state = State::Found(silence);
                return;
            }
        }
        window.cut[..cut.len()].copy_from_slice(cut);
        window.cut_bytes = cut.len();
    }

    /// Another file begins, or the format changes. A window that was not whole was silent.
    pub(super) fn begin_part(&mut self, rate: Option<SampleRate>) {
        let (State::Silent(window), Some(rate)) = (&mut self.state, rate) else { return };
        let silent = window.samples + u64::try_from(window.count).unwrap_or(0);
        let before = window.before + MediaTime::from_samples(silent, rate);
        let Self { state: State::Silent(fresh) } = Self::new() else { return };
        *window = Window { before, ..fresh };
    }

    /// The silence before the first window with sound; none where there is no such window.
    pub(super) const fn finish(self) -> Option<MediaTime> {
        match self.state {
            State::Found(silence) => Some(silence),
            State::Silent(_) => None,
        }
    }
}

impl Window {
    /// Takes a frame. Gives the silence before this window if that was its last and it has sound.
    fn take(&mut self, format: WavFormat, frame: &[u8]) -> Option<MediaTime> {
        // The first channel is listened to, and of a sample its upper bytes, which come last.
        let width = usize::from(format.bits / 8);
        let upper = frame.get(width.checked_sub(1)?)?;
        let lower = width.checked_sub(2).and_then(|at| frame.get(at)).unwrap_or(&0);
        let sample = i64::from(level(format, *upper, *lower));
        self.count += 1;
        self.sum += sample;
        self.squares += sample * sample;
        let whole = i64::from((format.rate.hertz() / WINDOWS).max(1));
        if self.count < whole {
            return None;
        }
        // What is heard is the change: the variance, without rounding.
        let least = match (format.coding, format.bits) {
            (Coding::Linear, 8) => LEAST_POWER_IN_EIGHT_BITS,
            (Coding::Linear | Coding::Float | Coding::MuLaw | Coding::ALaw, _) => LEAST_POWER,
        };
        let has_sound = self.count * self.squares - self.sum * self.sum > self.count * self.count * least;
        if has_sound {
            return Some(self.before + MediaTime::from_samples(self.samples, format.rate));
        }
        self.samples += u64::try_from(self.count).unwrap_or(0);
        (self.count, self.sum, self.squares) = (0, 0, 0);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(hertz: u32, channels: u16) -> WavFormat {
        let rate = SampleRate::new(hertz).expect("it is not zero");
        WavFormat { rate, channels, bits: 16, coding: Coding::Linear }
    }

    fn heard(format: WavFormat, samples: &[i16], read: usize) -> Option<u64> {
        let channels = usize::from(format.channels);
        let bytes: Vec<u8> =
            samples.iter().flat_map(|sample| sample.to_le_bytes().repeat(channels)).collect();
        let mut onset = Onset::new();
        bytes.chunks(read).for_each(|part| onset.listen(format, part));
        onset.finish().map(MediaTime::as_nanos)
    }

    fn square(level: i16, count: usize) -> Vec<i16> {
        (0..count).map(|n| if n / 20 % 2 == 0 { level } else { -level }).collect()
    }

    #[test]
    fn silence_lasts_to_the_first_window_with_sound_however_it_is_read() {
        // 0.2 s of nothing, then a tone.
        let samples = [vec![0; 4_800], square(3_000, 2_400)].concat();
        for read in [1, 3, 7, 1_000, 100_000] {
            assert_eq!(heard(format(24_000, 1), &samples, read), Some(200_000_000), "{read}");
            assert_eq!(heard(format(24_000, 2), &samples, read), Some(200_000_000), "{read}, two channels");
        }
        // A window that begins silent and ends with sound has sound.
        let samples = [vec![0; 4_900], square(3_000, 2_400)].concat();
        assert_eq!(heard(format(24_000, 1), &samples, 64), Some(200_000_000));
        assert_eq!(heard(format(24_000, 1), &square(3_000, 2_400), 64), Some(0));
        assert_eq!(heard(format(24_000, 1), &[0; 24_000], 64), None);
        assert_eq!(heard(format(24_000, 1), &square(3_000, 239), 64), None, "less than a window");
    }

    #[test]
    fn fifty_decibels_below_full_scale_is_where_sound_begins() {
        // A square wave's level is its height: 32,768 / 10^(50 / 20) = 103.6.
        assert_eq!(heard(format(24_000, 1), &square(103, 4_800), 64), None);
        assert_eq!(heard(format(24_000, 1), &square(104, 4_800), 64), Some(0));
        assert_eq!(heard(format(24_000, 1), &[20_000; 4_800], 64), None, "a constant level is no sound");
    }

    #[test]
    fn files_one_behind_the_other_are_one_silence() {
        let bytes =
            |samples: &[i16]| samples.iter().flat_map(|sample| sample.to_le_bytes()).collect::<Vec<_>>();
        let mut onset = Onset::new();
        // 0.1 s at 16 kHz, then 0.05 s at 24 kHz.
        onset.listen(format(16_000, 1), &bytes(&[0; 1_600]));
        onset.begin_part(SampleRate::new(16_000));
        onset.listen(format(24_000, 1), &bytes(&[vec![0; 1_200], square(3_000, 240)].concat()));
        assert_eq!(onset.finish(), Some(MediaTime::from_millis(150)));
    }
}
