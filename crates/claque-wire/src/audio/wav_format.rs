//! The format chunk of a WAV file, shared by the meter and the reader.

use claque_core::time::SampleRate;

use super::AudioError;

/// Bytes of the longest format chunk that matters: the extensible one.
pub(crate) const FORMAT_BYTES: usize = 40;
/// Data sizes from here on are placeholders of writers that could not seek back: espeak-ng writes
/// 0x7FFFF000, others 0x7FFFFFFF or 0xFFFFFFFF. No block of speech is 2 GiB long.
const SMALLEST_PLACEHOLDER: u32 = 0x7fff_0000;
/// Data that declares more audio than this is a placeholder of another kind, such as 2,000,000,000: no block of speech lasts an
/// hour.
const LONGEST_SECONDS: u64 = 3_600;
/// Sample rates that players take: browsers refuse others.
pub(super) const RATES: core::ops::RangeInclusive<u32> = 1_000..=768_000;

const TAG_PCM: u16 = 0x0001;
const TAG_FLOAT: u16 = 0x0003;
const TAG_A_LAW: u16 = 0x0006;
const TAG_MU_LAW: u16 = 0x0007;
const TAG_EXTENSIBLE: u16 = 0xfffe;

/// How the samples of a WAV file are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WavFormat {
    pub(crate) rate: SampleRate,
    pub(crate) channels: u16,
    pub(crate) bits: u16,
    pub(crate) coding: Coding,
}

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// An integer; eight bits are unsigned.
    Linear,
    Float,
    /// ITU-T G.711.
    MuLaw,
    /// ITU-T G.711.
    ALaw,
}

/// How much data a WAV file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataSize {
    Declared(u64),
    /// To the end of the body.
    Placeholder,
}

impl WavFormat {
    /// Reads the first bytes of a format chunk: 16 for the plain kind, 40 for the extensible one.
    pub(crate) fn parse(chunk: &[u8]) -> Result<Self, AudioError> {
        let Some([t0, t1, c0, c1, r0, r1, r2, r3, _, _, _, _, a0, a1, b0, b1]) = chunk.first_chunk::<16>()
        else {
            return Err(AudioError::broken("the WAV format chunk is too short"));
        };
        let mut tag = u16::from_le_bytes([*t0, *t1]);
        if tag == TAG_EXTENSIBLE {
            // The sub-format is a GUID that begins with the plain tag.
            let [low, high] = chunk
                .get(24..26)
                .and_then(|tag| tag.first_chunk::<2>())
                .copied()
                .ok_or(AudioError::broken("the extensible WAV format chunk is too short"))?;
            tag = u16::from_le_bytes([low, high]);
        }
        let channels = u16::from_le_bytes([*c0, *c1]);
        let bits = u16::from_le_bytes([*b0, *b1]);
        let coding = match (tag, bits) {
            (TAG_PCM, 8 | 16 | 24 | 32) => Coding::Linear,
            (TAG_FLOAT, 32 | 64) => Coding::Float,
            (TAG_MU_LAW, 8) => Coding::MuLaw,
            (TAG_A_LAW, 8) => Coding::ALaw,
            _ => return Err(AudioError::unsupported("a WAV encoding other than PCM, mu-law and A-law")),
        };
        let rate = u32::from_le_bytes([*r0, *r1, *r2, *r3]);
        let rate = SampleRate::new(rate).ok_or(AudioError::broken("a WAV sample rate of zero"))?;
        if !RATES.contains(&rate.hertz()) {
            return Err(AudioError::broken("a WAV sample rate that no player takes"));
        }
        let format = Self { rate, channels, bits, coding };
        if channels == 0 || u32::from(u16::from_le_bytes([*a0, *a1])) != format.frame_bytes() {
            return Err(AudioError::broken("the WAV frame size contradicts its channels and bits"));
        }
        Ok(format)
    }

    /// Bytes of one sample of every channel.
    pub(crate) fn frame_bytes(self) -> u32 {
        u32::from(self.channels) * u32::from(self.bits / 8)
    }

    /// How much data there is, when the data chunk declares `data` bytes and the file `riff`.
    ///
    /// A placeholder of no known value is told by a length that no speech has; if the file's own size contradicts it, it is no
    /// placeholder but a lie, and the data is cut short.
    pub(crate) fn data_size(self, data: u32, riff: u32) -> DataSize {
        if data == 0 || data >= SMALLEST_PLACEHOLDER {
            return DataSize::Placeholder;
        }
        let longest = LONGEST_SECONDS * u64::from(self.rate.hertz()) * u64::from(self.frame_bytes());
        let riff_agrees = riff == 0 || riff >= data;
        if u64::from(data) > longest && riff_agrees {
            DataSize::Placeholder
        } else {
            DataSize::Declared(u64::from(data))
        }
    }
}
