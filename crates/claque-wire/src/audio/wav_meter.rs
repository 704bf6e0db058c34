//! Counts the audio in WAV files while their bytes pass, one after the other, and listens whether there is any sound.

use claque_core::{
    remark::{Remark, Remarks},
    time::MediaTime,
};

use super::{
    AudioError, Container, Finished, Progress, Stage,
    gather::Gather,
    onset::Onset,
    wav_format::{DataSize, FORMAT_BYTES, WavFormat},
    wav_next,
    wav_sound::WavSound,
};

#[derive(Debug)]
pub(crate) struct WavMeter {
    phase: Phase,
    gather: Gather<FORMAT_BYTES>,
    /// Size that the file declares, and that a chunk of RF64 declares for the data.
    riff: u32,
    long_size: Option<u64>,
    format: Option<WavFormat>,
    /// Bytes of the data at hand, and the audio of the files before.
    data_bytes: u64,
    before: MediaTime,
    files: u32,
    media_bytes: u64,
    sound: WavSound,
    onset: Onset,
    remarks: Remarks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Riff,
    ChunkHead,
    Format {
        len: usize,
        rest: u64,
    },
    /// The sizes of RF64 (EBU Tech 3306).
    LongSizes {
        rest: u64,
    },
    Skip {
        left: u64,
    },
    Data(Data),
    /// What follows whole data.
    Behind,
    /// What cannot be heard and is not looked at.
    Ignored,
}

/// `left` is nothing when the size was a placeholder: then the body's end is the data's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Data {
    left: Option<u64>,
    is_odd: bool,
}

impl WavMeter {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Riff,
            gather: Gather::new(),
            riff: 0,
            long_size: None,
            format: None,
            data_bytes: 0,
            before: MediaTime::ZERO,
            files: 0,
            media_bytes: 0,
            sound: WavSound::default(),
            onset: Onset::new(),
            remarks: Remarks::NONE,
        }
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
                        self.read_format()?;
                        self.next(Phase::Skip { left: rest });
                    }
                }
                Phase::LongSizes { rest } => {
                    if self.gather.fill(&mut bytes, 16) {
                        let [_, _, _, _, _, _, _, _, size @ ..] = self.gather.first::<16>();
                        self.long_size = Some(u64::from_le_bytes(size));
                        self.next(Phase::Skip { left: rest });
                    }
                }
                Phase::Skip { left } => {
                    let left = left - length(drop_front(&mut bytes, left));
                    self.phase = Phase::Skip { left };
                }
                Phase::Data(Data { left: None, .. }) => self.take_open_data(&mut bytes)?,
                Phase::Data(data) => self.take_data(&mut bytes, data),
                Phase::Behind => self.take_behind(&mut bytes),
                Phase::Ignored => return Ok(()),
            }
            if self.phase == (Phase::Skip { left: 0 }) {
                self.phase = if self.data_bytes > 0 { Phase::Behind } else { Phase::ChunkHead };
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Finished, AudioError> {
        match self.phase {
            Phase::Riff => return Err(AudioError::truncated("the WAV header")),
            // The byte that makes data of odd length even may be missing.
            Phase::Skip { left: 1 } if self.data_bytes > 0 => {}
            // Nobody hears a chunk behind the data, and nobody minds if it is cut.
            Phase::Skip { .. } if self.data_bytes > 0 => self.remarks.add(Remark::JunkBehind),
            Phase::ChunkHead | Phase::Format { .. } | Phase::LongSizes { .. } | Phase::Skip { .. } => {
                return Err(AudioError::truncated("the chunks before the WAV data"));
            }
            Phase::Data(Data { left: None, .. }) => {
                let held: [u8; wav_next::HEAD] = self.gather.first();
                self.hear(&held[..self.gather.held().len()]);
            }
            Phase::Data(Data { left: Some(_), .. }) => return Err(AudioError::truncated("the WAV data")),
            Phase::Behind if !self.gather.held().is_empty() => self.remarks.add(Remark::JunkBehind),
            Phase::Behind | Phase::Ignored => {}
        }
        if self.delivered() == MediaTime::ZERO {
            return Err(AudioError::Empty);
        }
        if self.sound.is_mostly_silent() {
            self.remarks.add(Remark::MostlySilent);
        }
        Ok(Finished {
            media: self.delivered(),
            container: Container::Wav,
            media_bytes: self.media_bytes,
            remarks: self.remarks,
            sound: self.sound.finish(),
            leading_silence: self.onset.finish(),
        })
    }

    fn delivered(&self) -> MediaTime {
        let here = self.format.map_or(MediaTime::ZERO, |format| {
            MediaTime::from_samples(self.data_bytes / u64::from(format.frame_bytes()), format.rate)
        });
        self.before + here
    }

    fn next(&mut self, phase: Phase) {
        self.gather.clear();
        self.phase = phase;
    }

    fn read_riff(&mut self) -> Result<(), AudioError> {
        let [_, _, _, _, s0, s1, s2, s3, kind @ ..] = self.gather.first::<12>();
        if &kind != b"WAVE" {
            return Err(AudioError::unsupported("a RIFF file that is no WAVE"));
        }
        self.riff = u32::from_le_bytes([s0, s1, s2, s3]);
        self.files += 1;
        if self.files > 1 {
            self.remarks.add(Remark::SeveralFiles);
        }
        self.before = self.delivered();
        self.data_bytes = 0;
        self.sound.begin_file();
        self.onset.begin_part(self.format.map(|format| format.rate));
        self.long_size = None;
        self.next(Phase::ChunkHead);
        Ok(())
    }

    fn read_format(&mut self) -> Result<(), AudioError> {
        let format = WavFormat::parse(self.gather.held())?;
        if self.format.replace(format).is_some_and(|before| before.rate != format.rate) {
            self.remarks.add(Remark::RateChange);
        }
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
            b"ds64" if size >= 16 => Phase::LongSizes { rest: padded - 16 },
            b"data" => Phase::Data(self.open_data(size)?),
            _ => Phase::Skip { left: padded },
        };
        self.next(phase);
        Ok(())
    }

    fn open_data(&mut self, size: u32) -> Result<Data, AudioError> {
        let format = self.format.ok_or(AudioError::broken("the WAV data comes before its format"))?;
        // RF64 says 0xFFFFFFFF here when its other chunk has the size; a writer that could not go back left zero there.
        let long = self.long_size.filter(|long| size == u32::MAX && *long > 0);
        let size = match long {
            Some(long) if long < 1 << 40 => DataSize::Declared(long),
            Some(_) => DataSize::Placeholder,
            None => format.data_size(size, self.riff),
        };
        Ok(match size {
            DataSize::Declared(size) => Data { left: Some(size), is_odd: size % 2 == 1 },
            DataSize::Placeholder => {
                self.remarks.add(Remark::WavPlaceholder);
                Data { left: None, is_odd: false }
            }
        })
    }

    fn take_data(&mut self, bytes: &mut &[u8], data: Data) {
        let taken = drop_front(bytes, data.left.unwrap_or(u64::MAX));
        self.hear(taken);
        self.phase = match data.left.map(|left| left - length(taken)) {
            Some(0) if data.is_odd => Phase::Skip { left: 1 },
            Some(0) => Phase::Behind,
            left => Phase::Data(Data { left, ..data }),
        };
    }

    /// Takes data to the body's end or to the next file's beginning. What may be that beginning is held until it is known.
    fn take_open_data(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        if self.gather.held().is_empty() {
            let data = wav_next::before(bytes);
            self.hear(drop_front(bytes, length(data)));
        }
        while !bytes.is_empty() {
            let more = self.gather.held().len() + 1;
            self.gather.fill(bytes, more);
            while !wav_next::may_begin(self.gather.held()) {
                self.hear(&self.gather.first::<1>());
                self.gather.forget(1);
            }
            match self.gather.held().len() {
                wav_next::HEAD => return self.read_riff(),
                0 => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Counts samples, and listens to them.
    fn hear(&mut self, data: &[u8]) {
        if let Some(format) = self.format {
            self.sound.listen(format, self.data_bytes, data);
            self.onset.listen(format, data);
        }
        self.data_bytes = self.data_bytes.saturating_add(length(data));
        self.media_bytes = self.media_bytes.saturating_add(length(data));
    }

    /// Another file begins, a chunk of words, or something that is neither.
    fn take_behind(&mut self, bytes: &mut &[u8]) {
        if !self.gather.fill(bytes, 4) {
            return;
        }
        match &self.gather.first::<4>() {
            b"RIFF" | b"RF64" => self.phase = Phase::Riff,
            name if name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b' ') => {
                if self.gather.fill(bytes, 8) {
                    let [_, _, _, _, s0, s1, s2, s3] = self.gather.first();
                    let size = u32::from_le_bytes([s0, s1, s2, s3]);
                    self.next(Phase::Skip { left: u64::from(size) + u64::from(size % 2) });
                }
            }
            _ => {
                self.remarks.add(Remark::JunkBehind);
                self.next(Phase::Ignored);
            }
        }
    }
}

/// Drops up to `count` bytes from the front and gives them.
fn drop_front<'a>(bytes: &mut &'a [u8], count: u64) -> &'a [u8] {
    let dropped = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    let (front, rest) = bytes.split_at(dropped);
    *bytes = rest;
    front
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
