//! The bank as a sound without an end, for bodies that are made in pieces.

use std::sync::OnceLock;

use claque_front::{Coding, SpeechSound};

use super::bank::{FRAME, bank};

/// The first ten seconds of the bank as MPEG-2 layer III, one channel at 24 kHz, 32 kbit/s without a bit reservoir, so that
/// each frame stands alone: `ffmpeg -f s16le -ar 24000 -ac 1 -i bank -t 10 -b:a 32k -reservoir 0 -write_xing 0 -id3v2_version 0`.
static MP3: &[u8] = include_bytes!("coded/speech.mp3");
/// The same as AAC LC in ADTS frames: `-c:a aac -b:a 32k -f adts`.
static ADTS: &[u8] = include_bytes!("coded/speech.aac");

/// Bytes of each MPEG frame: 72 x bits a second / rate, and no padding (ISO/IEC 13818-3 section 2.4.3.1).
const MP3_FRAME: usize = 96;

/// The sound of the bank, in a circle.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct BankSound;

impl SpeechSound for BankSound {
    fn samples(&self, seed: u64, from: u64, count: usize, out: &mut Vec<i16>) {
        let samples = &bank().samples;
        let begin = (bank().place(seed) * FRAME + wide(from) % samples.len()) % samples.len();
        out.extend(samples[begin..].iter().chain(samples.iter().cycle()).take(count));
    }

    fn packet(&self, coding: Coding, seed: u64, index: u64) -> Option<&[u8]> {
        let bank = bank();
        // Each seed begins where the sound of its samples does, or near that.
        let begin = bank.place(seed) * FRAME;
        match coding {
            Coding::Opus => {
                let count = bank.packets.len();
                bank.packets.get((begin / FRAME + wide(index) % count) % count).map(Vec::as_slice)
            }
            Coding::Mp3 => {
                let count = MP3.len() / MP3_FRAME;
                let place = (begin / 576 + wide(index) % count) % count;
                MP3.chunks_exact(MP3_FRAME).nth(place)
            }
            Coding::Aac => {
                let frames = adts_frames();
                frames.get((begin / 1_024 + wide(index) % frames.len()) % frames.len()).copied()
            }
        }
    }
}

/// The frames of [`ADTS`], by the lengths in their headers (ISO/IEC 13818-7 section 6.2).
fn adts_frames() -> &'static [&'static [u8]] {
    static FRAMES: OnceLock<Vec<&[u8]>> = OnceLock::new();
    FRAMES.get_or_init(|| {
        let (mut frames, mut rest) = (Vec::new(), ADTS);
        while let [_, _, _, high, middle, low, ..] = rest {
            let bits = u32::from_be_bytes([0, high & 0x03, *middle, *low]) >> 5;
            let Some((frame, after)) = rest.split_at_checked(wide(bits.into())) else { break };
            frames.push(frame);
            rest = after;
        }
        frames
    })
}

fn wide(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circle_closes_in_every_coding() {
        for seed in 0..50 {
            let mut samples = Vec::new();
            BankSound.samples(seed, 479_990, 480_020, &mut samples);
            assert_eq!(samples.len(), 480_020);
            assert_eq!(samples[..20], samples[480_000..], "seed {seed}");
            for coding in [Coding::Opus, Coding::Mp3, Coding::Aac] {
                assert!((0..1_001).all(|index| BankSound.packet(coding, seed, index).is_some()));
            }
        }
        assert_eq!(adts_frames().iter().map(|frame| frame.len()).sum::<usize>(), ADTS.len());
        assert_eq!(MP3.len() % MP3_FRAME, 0);
    }
}
