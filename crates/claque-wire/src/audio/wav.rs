//! Writes and reads whole WAV files of linear PCM.

use claque_core::time::SampleRate;

use super::{
    AudioError,
    wav_format::{Coding, DataSize, WavFormat},
};

/// Samples out of a WAV file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wav {
    /// Samples per second of one channel.
    pub rate: SampleRate,
    /// Channels; never zero.
    pub channels: u16,
    /// Samples, interleaved, frames x channels; whole frames only.
    pub samples: Vec<i16>,
}

/// Writes 16-bit PCM. `samples` are interleaved, frames x channels.
///
/// Sizes that a WAV header cannot hold (above 4 GiB) become the streaming placeholder.
#[must_use]
pub fn write(samples: &[i16], rate: SampleRate, channels: u16) -> Vec<u8> {
    let size = samples.len().checked_mul(2).and_then(|size| u32::try_from(size).ok()).unwrap_or(u32::MAX);
    let frame = channels.saturating_mul(2);
    let mut out = Vec::with_capacity(44 + samples.len() * 2);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&size.saturating_add(36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&rate.hertz().to_le_bytes());
    out.extend_from_slice(&rate.hertz().saturating_mul(u32::from(frame)).to_le_bytes());
    out.extend_from_slice(&frame.to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&size.to_le_bytes());
    for sample in samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}

/// Reads integer PCM of 8 to 32 bits, keeping the upper 16.
///
/// A streaming placeholder as the data's size, as programs that write to a pipe leave it, means that the
/// data reaches to the end; a partial frame at that end is dropped.
///
/// # Errors
/// Fails when the bytes are no WAV file, hold floating point or coded samples, or end before the data
/// does. An empty recording is no error.
pub fn read(bytes: &[u8]) -> Result<Wav, AudioError> {
    if bytes.is_empty() {
        return Err(AudioError::Empty);
    }
    let (Some(b"RIFF"), Some(b"WAVE"), Some(mut chunks)) =
        (bytes.get(..4), bytes.get(8..12), bytes.get(12..))
    else {
        let head = bytes.first_chunk().copied().unwrap_or([0; 4]);
        return Err(AudioError::UnknownFormat { head: u32::from_be_bytes(head) });
    };
    let riff = bytes.get(4..8).and_then(|size| size.first_chunk().copied()).map_or(0, u32::from_le_bytes);
    let mut format = None;
    loop {
        let Some((head, body)) = chunks.split_first_chunk::<8>() else {
            return Err(AudioError::truncated("the chunks before the WAV data"));
        };
        let [i0, i1, i2, i3, s0, s1, s2, s3] = *head;
        let declared = u32::from_le_bytes([s0, s1, s2, s3]);
        let size = usize::try_from(declared).unwrap_or(usize::MAX);
        match &[i0, i1, i2, i3] {
            b"fmt " => format = Some(WavFormat::parse(&body[..size.min(body.len())])?),
            b"data" => {
                let format: WavFormat =
                    format.ok_or(AudioError::broken("the WAV data comes before its format"))?;
                let data = match format.data_size(declared, riff) {
                    DataSize::Declared(_) => body.get(..size).ok_or(AudioError::truncated("the WAV data"))?,
                    DataSize::Placeholder => body,
                };
                return samples(format, data);
            }
            _ => {}
        }
        chunks = body.get(size.saturating_add(size % 2)..).unwrap_or_default();
    }
}

fn samples(format: WavFormat, data: &[u8]) -> Result<Wav, AudioError> {
    if format.coding != Coding::Linear {
        return Err(AudioError::unsupported("samples other than integers"));
    }
    let frame = usize::try_from(format.frame_bytes()).unwrap_or(usize::MAX);
    let whole = &data[..data.len() - data.len() % frame];
    let width = usize::from(format.bits / 8);
    let samples = whole
        .chunks_exact(width)
        .map(|sample| match *sample {
            // Eight bits are unsigned with 128 as silence; more bits are signed, lowest byte first.
            [byte] => i16::from_le_bytes([0, byte ^ 0x80]),
            [.., low, high] => i16::from_le_bytes([low, high]),
            [] => 0,
        })
        .collect();
    Ok(Wav { rate: format.rate, channels: format.channels, samples })
}
