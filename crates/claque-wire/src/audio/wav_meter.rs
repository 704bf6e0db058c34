//! Counts the audio in a WAV file while its bytes pass.

use claque_core::time::MediaTime;

use super::{
    AudioError, Container, Finished, Progress, Stage,
    gather::Gather,
    wav_format::{FORMAT_BYTES, WavFormat, declared_size},
};

#[derive(Debug)]
pub(crate) struct WavMeter {
    phase: Phase,
    gather: Gather<FORMAT_BYTES>,
    format: Option<WavFormat>,
    media_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Riff,
    ChunkHead,
    Format {
        len: usize,
        rest: u64,
    },
    Skip {
        left: u64,
    },
    /// `left` is nothing when the size was a placeholder: then the body's end is the data's.
    Data {
        left: Option<u64>,
    },
    /// What follows whole data cannot be heard and is not looked at.
    Done,
}

impl WavMeter {
    pub(crate) const fn new() -> Self {
        Self { phase: Phase::Riff, gather: Gather::new(), format: None, media_bytes: 0 }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            delivered: self.delivered(),
            stage: if self.media_bytes == 0 { Stage::Headers } else { Stage::Audio },
            media_bytes: self.media_bytes,
        }
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            match self.phase {
                Phase::Riff => {
                    if self.gather.fill(&mut bytes, 12) {
                        self.read_riff()?;
                    }
                }
                Phase::ChunkHead => {
                    if self.gather.fill(&mut bytes, 8) {
                        self.read_chunk_head()?;
                    }
                }
                Phase::Format { len, rest } => {
                    if self.gather.fill(&mut bytes, len) {
                        self.format = Some(WavFormat::parse(self.gather.held())?);
                        self.next(Phase::Skip { left: rest });
                    }
                }
                Phase::Skip { left } => {
                    let left = left - drop_front(&mut bytes, left);
                    self.phase = Phase::Skip { left };
                }
                Phase::Data { left } => self.take_data(&mut bytes, left),
                Phase::Done => return Ok(()),
            }
            if self.phase == (Phase::Skip { left: 0 }) {
                self.phase = Phase::ChunkHead;
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Finished, AudioError> {
        match self.phase {
            Phase::Riff => Err(AudioError::truncated("the WAV header")),
            Phase::ChunkHead | Phase::Format { .. } | Phase::Skip { .. } => {
                Err(AudioError::truncated("the chunks before the WAV data"))
            }
            Phase::Data { left: Some(_) } => Err(AudioError::truncated("the WAV data")),
            Phase::Data { left: None } | Phase::Done if self.delivered() == MediaTime::ZERO => {
                Err(AudioError::Empty)
            }
            Phase::Data { left: None } | Phase::Done => Ok(Finished {
                media: self.delivered(),
                container: Container::Wav,
                media_bytes: self.media_bytes,
            }),
        }
    }

    fn delivered(&self) -> MediaTime {
        self.format.map_or(MediaTime::ZERO, |format| {
            MediaTime::from_samples(self.media_bytes / u64::from(format.frame_bytes()), format.rate)
        })
    }

    fn next(&mut self, phase: Phase) {
        self.gather.clear();
        self.phase = phase;
    }

    fn read_riff(&mut self) -> Result<(), AudioError> {
        if !self.gather.held().ends_with(b"WAVE") {
            return Err(AudioError::unsupported("a RIFF file that is no WAVE"));
        }
        self.next(Phase::ChunkHead);
        Ok(())
    }

    fn read_chunk_head(&mut self) -> Result<(), AudioError> {
        let [i0, i1, i2, i3, s0, s1, s2, s3] = self.gather.first();
        let size = u32::from_le_bytes([s0, s1, s2, s3]);
        // Chunks are padded to an even length; the padding is not in the size.
        let padded = u64::from(size) + u64::from(size % 2);
        let phase = match &[i0, i1, i2, i3] {
            b"fmt " => {
                let len = usize::try_from(size).unwrap_or(FORMAT_BYTES).min(FORMAT_BYTES);
                if len < 16 {
                    return Err(AudioError::broken("the WAV format chunk is too short"));
                }
                Phase::Format { len, rest: padded.saturating_sub(u64::try_from(len).unwrap_or(0)) }
            }
            b"data" if self.format.is_none() => {
                return Err(AudioError::broken("the WAV data comes before its format"));
            }
            b"data" => Phase::Data { left: declared_size(size).map(u64::from) },
            _ => Phase::Skip { left: padded },
        };
        self.next(phase);
        Ok(())
    }

    fn take_data(&mut self, bytes: &mut &[u8], left: Option<u64>) {
        let taken = drop_front(bytes, left.unwrap_or(u64::MAX));
        self.media_bytes = self.media_bytes.saturating_add(taken);
        self.phase = match left.map(|left| left - taken) {
            Some(0) => Phase::Done,
            left => Phase::Data { left },
        };
    }
}

/// Drops up to `count` bytes from the front and says how many.
fn drop_front(bytes: &mut &[u8], count: u64) -> u64 {
    let dropped = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    *bytes = &bytes[dropped..];
    u64::try_from(dropped).unwrap_or(u64::MAX)
}
