//! Counts audio without a container, 16-bit samples one behind the other, and listens whether there is any sound.

use core::fmt;

use claque_core::{
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};

use super::{
    AudioError, Container, Finished, Progress, Stage,
    onset::Onset,
    wav_format::{Coding, RATES, WavFormat},
    wav_sound::WavSound,
};

/// Most channels of sound that a player takes without a container that tells where each belongs.
const MOST_CHANNELS: u16 = 8;

/// What samples without a container are: 16 bits each, signed, lowest byte first, of so many channels in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PcmFormat {
    rate: SampleRate,
    channels: u16,
}

impl PcmFormat {
    /// What the OpenAI API calls `pcm`: 24 kHz, one channel.
    pub const OPENAI: Self = Self::mono(24_000);

    /// One channel of `hertz` samples a second.
    ///
    /// # Panics
    /// `hertz` is zero; for constants alone.
    pub(crate) const fn mono(hertz: u32) -> Self {
        Self { rate: SampleRate::new(hertz).expect("a constant above zero"), channels: 1 }
    }

    /// Makes a format; none when no player takes that rate (1,000 to 768,000 Hz) or number of channels (1 to 8).
    #[must_use]
    pub fn new(hertz: u32, channels: u16) -> Option<Self> {
        let rate = SampleRate::new(hertz).filter(|rate| RATES.contains(&rate.hertz()))?;
        (1..=MOST_CHANNELS).contains(&channels).then_some(Self { rate, channels })
    }

    /// Samples per second of one channel.
    #[must_use]
    pub const fn rate(self) -> SampleRate {
        self.rate
    }

    /// Channels, 1 to 8.
    #[must_use]
    pub const fn channels(self) -> u16 {
        self.channels
    }

    const fn as_wav(self) -> WavFormat {
        WavFormat { rate: self.rate, channels: self.channels, bits: 16, coding: Coding::Linear }
    }
}

impl fmt::Display for PcmFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = if self.channels == 1 { "" } else { "s" };
        write!(f, "{} Hz, {} channel{ending}", self.rate.hertz(), self.channels)
    }
}

#[derive(Debug)]
pub(crate) struct PcmMeter {
    format: PcmFormat,
    /// Bytes in this format, and the audio in earlier ones.
    bytes: u64,
    before: MediaTime,
    media_bytes: u64,
    sound: WavSound,
    onset: Onset,
    remarks: Remarks,
}

impl PcmMeter {
    pub(crate) fn new(format: PcmFormat) -> Self {
        Self {
            format,
            bytes: 0,
            before: MediaTime::ZERO,
            media_bytes: 0,
            sound: WavSound::default(),
            onset: Onset::new(),
            remarks: Remarks::NONE,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.sound.listen(self.format.as_wav(), self.bytes, bytes);
        self.onset.listen(self.format.as_wav(), bytes);
        let count = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(count);
        self.media_bytes = self.media_bytes.saturating_add(count);
    }

    /// What follows is of this format. A sample that was not whole is never heard.
    pub(crate) fn change_format(&mut self, format: PcmFormat) {
        if format == self.format {
            return;
        }
        self.end_part();
        if self.bytes > 0 && format.rate != self.format.rate {
            self.remarks.add(Remark::RateChange);
        }
        self.before = self.delivered();
        self.bytes = 0;
        self.onset.begin_part(Some(self.format.rate));
        self.format = format;
        self.sound.begin_file();
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            delivered: self.delivered(),
            stage: if self.media_bytes == 0 { Stage::Headers } else { Stage::Audio },
            media_bytes: self.media_bytes,
        }
    }

    pub(crate) fn finish(mut self) -> Result<Finished, AudioError> {
        self.end_part();
        if self.sound.is_mostly_silent() {
            self.remarks.add(Remark::MostlySilent);
        }
        match self.delivered() {
            MediaTime::ZERO => Err(AudioError::Empty),
            media => Ok(Finished {
                media,
                container: Container::Pcm,
                media_bytes: self.media_bytes,
                remarks: self.remarks,
                sound: self.sound.finish(),
                leading_silence: self.onset.finish(),
            }),
        }
    }

    fn delivered(&self) -> MediaTime {
        let frames = self.bytes / u64::from(self.format.as_wav().frame_bytes());
        self.before + MediaTime::from_samples(frames, self.format.rate)
    }

    fn end_part(&mut self) {
        if !self.bytes.is_multiple_of(u64::from(self.format.as_wav().frame_bytes())) {
            self.remarks.add(Remark::FrameCut);
        }
    }
}
