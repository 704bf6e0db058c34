//! Bodies of WAV.

use claque_core::time::{MediaTime, SampleRate};
use claque_wire::audio::wav;

use super::{
    Body, Packing,
    bank::{self, FRAME, bank},
    sound::RATE_HZ,
};

pub(super) const PACKING: Packing = Packing { render, silence, pack };

fn render(media: MediaTime, seed: u64) -> Option<Vec<u8>> {
    let bank = bank();
    let (rate, count) = samples(media)?;
    let begin = bank.place(seed) * FRAME;
    let sound = bank.samples[begin..].iter().chain(bank.samples.iter().cycle()).take(count);
    Some(wav::write(&sound.copied().collect::<Vec<_>>(), rate, 1))
}

fn silence(media: MediaTime) -> Option<Vec<u8>> {
    let (rate, count) = samples(media)?;
    Some(wav::write(&vec![0; count], rate, 1))
}

#[expect(clippy::unnecessary_wraps, reason = "others have an encoder that can fail")]
fn pack(samples: &[i16], rate: SampleRate) -> Result<Body, String> {
    let count = u64::try_from(samples.len()).unwrap_or(u64::MAX);
    Ok((MediaTime::from_samples(count, rate), wav::write(samples, rate, 1)))
}

fn samples(media: MediaTime) -> Option<(SampleRate, usize)> {
    let rate = SampleRate::new(u32::from(RATE_HZ))?;
    Some((rate, usize::try_from(bank::samples(media, rate)).unwrap_or(usize::MAX)))
}

#[cfg(test)]
mod tests {
    use claque_wire::audio::AudioMeter;

    use super::*;

    #[test]
    fn even_the_shortest_body_is_heard() {
        for seed in 0..2_000 {
            let body = render(MediaTime::from_millis(20), seed).unwrap();
            let mut meter = AudioMeter::new();
            meter.push(&body).unwrap();
            let found = meter.finish().unwrap().findings(None);
            assert_eq!(found.sound, Some(claque_core::remark::Sound::Audible), "seed {seed}");
        }
    }
}
