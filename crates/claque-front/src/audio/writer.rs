//! One body of audio, in pieces or whole.

use claque_core::time::{MediaTime, SampleRate};
use claque_wire::{
    audio::{
        ogg::{OggOpusWriter, StreamEnd},
        wav,
    },
    openai::AudioFormat,
};

use super::{Coding, SpeechSound, flac};

/// What a player of Opus decodes and drops, in samples at 48 kHz: bodies begin amid a stream, whose decoder needs 80 ms to
/// settle (RFC 7845 section 4.2).
const PRE_SKIP: u16 = 3_840;

/// What audio is packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Container {
    Pcm,
    Wav,
    Flac,
    OggOpus,
    Mp3,
    Adts,
}

/// Where the samples of a piece come from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// The modelled speech of this seed.
    Modelled { sound: &'a dyn SpeechSound, seed: u64 },
    /// What a program has made of the text: all samples of the body, at the body's rate.
    Recorded(&'a [i16]),
}

/// Writes a body piece by piece. Whatever the pieces are, their bytes are those of the whole.
#[derive(Debug)]
pub(crate) struct AudioWriter {
    container: Container,
    rate: SampleRate,
    /// Samples or packets that were written.
    written: u64,
    ogg: OggOpusWriter,
}

impl Container {
    /// What audio of a format is packed in.
    pub(crate) const fn of(format: AudioFormat) -> Self {
        match format {
            AudioFormat::Mp3 => Self::Mp3,
            AudioFormat::Opus => Self::OggOpus,
            AudioFormat::Aac => Self::Adts,
            AudioFormat::Flac => Self::Flac,
            AudioFormat::Wav => Self::Wav,
            AudioFormat::Pcm => Self::Pcm,
        }
    }

    /// The coding of its packets; none where it holds samples.
    pub(crate) const fn coding(self) -> Option<Coding> {
        match self {
            Self::Pcm | Self::Wav | Self::Flac => None,
            Self::OggOpus => Some(Coding::Opus),
            Self::Mp3 => Some(Coding::Mp3),
            Self::Adts => Some(Coding::Aac),
        }
    }
}

impl AudioWriter {
    pub(crate) fn new(container: Container, rate: SampleRate, serial: u32) -> Self {
        Self { container, rate, written: 0, ogg: OggOpusWriter::new(serial) }
    }

    /// What stands before the audio; nothing in some containers. Without a length it is that of a stream.
    pub(crate) fn header(&mut self, total: Option<MediaTime>) -> Vec<u8> {
        let samples = total.map(|total| samples_in(total, u64::from(self.rate.hertz())));
        match self.container {
            Container::Pcm | Container::Mp3 | Container::Adts => Vec::new(),
            Container::Wav => wav_header(self.rate, samples),
            Container::Flac => flac::header(self.rate, samples.unwrap_or(0)),
            Container::OggOpus => self.ogg.headers(1, PRE_SKIP),
        }
    }

    /// The bytes of the audio up to `until`, from where the last piece ended. Packets are only written when they are full, but for the last
    /// one: then nothing is left over.
    pub(crate) fn piece(&mut self, source: Source<'_>, until: MediaTime, is_last: bool) -> Vec<u8> {
        match (self.container.coding(), source) {
            (Some(coding), Source::Modelled { sound, seed }) => {
                self.packets((sound, seed), coding, until, is_last)
            }
            // There is no encoder here: such calls were refused.
            (Some(_), Source::Recorded(_)) => Vec::new(),
            (None, source) => {
                let end = samples_in(until, u64::from(self.rate.hertz()));
                let first = self.written;
                let samples = take(source, first, end);
                self.written = end.max(first);
                let mut out = Vec::with_capacity(samples.len() * 2 + 32);
                match self.container {
                    Container::Flac => flac::frames(&samples, first, &mut out),
                    Container::Pcm
                    | Container::Wav
                    | Container::OggOpus
                    | Container::Mp3
                    | Container::Adts => {
                        out.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
                    }
                }
                out
            }
        }
    }

    fn packets(
        &mut self,
        (sound, seed): (&dyn SpeechSound, u64),
        coding: Coding,
        until: MediaTime,
        is_last: bool,
    ) -> Vec<u8> {
        let (length, hertz) = coding.packet();
        let skipped = if coding == Coding::Opus { u64::from(PRE_SKIP) } else { 0 };
        let end = samples_in(until, hertz) + skipped;
        let count = if is_last { end.div_ceil(length) } else { end / length };
        let packets = (self.written..count).filter_map(|index| sound.packet(coding, seed, index));
        let out = match coding {
            Coding::Opus => {
                let granule = if is_last { end } else { count * length };
                let end = if is_last { StreamEnd::Here } else { StreamEnd::Later };
                self.ogg.packets(packets, self.written * length, length, granule, end)
            }
            Coding::Mp3 | Coding::Aac => packets.flatten().copied().collect(),
        };
        self.written = self.written.max(count);
        out
    }
}

fn take(source: Source<'_>, first: u64, end: u64) -> Vec<i16> {
    let wide = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    match source {
        Source::Modelled { sound, seed } => {
            let mut samples = Vec::new();
            sound.samples(seed, first, wide(end.saturating_sub(first)), &mut samples);
            samples
        }
        Source::Recorded(all) => {
            let end = wide(end).min(all.len());
            all[wide(first).min(end)..end].to_vec()
        }
    }
}

/// RIFF sizes of a stream are placeholders, as most servers write them.
fn wav_header(rate: SampleRate, samples: Option<u64>) -> Vec<u8> {
    let mut header = wav::write(&[], rate, 1);
    let size = samples.and_then(|samples| u32::try_from(samples * 2).ok()).unwrap_or(u32::MAX);
    header[4..8].copy_from_slice(&size.saturating_add(36).to_le_bytes());
    header[40..44].copy_from_slice(&size.to_le_bytes());
    header
}

/// Samples in a length, to the nearest.
pub(crate) fn samples_in(media: MediaTime, hertz: u64) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    let nanos = media.as_nanos();
    nanos / SECOND * hertz + (nanos % SECOND * hertz + SECOND / 2) / SECOND
}
