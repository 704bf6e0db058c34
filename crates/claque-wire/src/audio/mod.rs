//! Audio containers: media time by byte as chunks arrive, and the containers a gateway serves.
//!
//! [`AudioMeter`] finds out what a body is and how much audio of it has arrived; it never decodes a
//! sample and never keeps more than a frame's worth of bytes. [`ogg`] and [`wav`] write containers.

mod container;
mod error;
mod flac_frame;
mod flac_meter;
mod frame_header;
mod frame_search;
mod frames_meter;
mod gather;
pub mod ogg;
mod ogg_clock;
mod ogg_codec;
mod ogg_crc;
mod ogg_meter;
mod onset;
pub mod opus;
mod pcm;
pub mod wav;
mod wav_format;
mod wav_meter;
mod wav_next;
mod wav_sound;

use claque_core::{
    remark::{Findings, Remark, Remarks, Sound, contradicts},
    time::MediaTime,
};

pub use self::{container::Container, error::AudioError, flac_frame::crc16 as flac_crc16, pcm::PcmFormat};
use self::{
    flac_meter::FlacMeter, frame_search::Begins, frames_meter::FramesMeter, ogg_meter::OggMeter,
    pcm::PcmMeter, wav_meter::WavMeter,
};

/// Bytes that tell the containers apart.
const SNIFF_BYTES: usize = 4;

/// Measures the audio in one body while its bytes pass.
///
/// The result depends on the bytes alone, never on how they were split. After an error every further
/// call reports that error again.
#[derive(Debug)]
pub struct AudioMeter {
    state: State,
    bytes: u64,
}

/// How much of a body's audio has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Playable audio so far; never shrinks.
    pub delivered: MediaTime,
    /// Whether audio itself has begun to arrive.
    pub stage: Stage,
    /// Bytes of coded audio so far, container overhead left out.
    pub media_bytes: u64,
}

impl Progress {
    /// Nothing has arrived.
    pub const NONE: Self = Self { delivered: MediaTime::ZERO, stage: Stage::Headers, media_bytes: 0 };
}

/// Where in its container a body stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Only container headers so far: nothing of this can be heard.
    Headers,
    /// At least one byte of coded audio has arrived.
    Audio,
}

/// What a whole body held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its audio, priming and padding left out.
    pub media: MediaTime,
    /// What it was packed in.
    pub container: Container,
    /// Bytes of coded audio, container overhead left out.
    pub media_bytes: u64,
    /// What is odd about it.
    pub remarks: Remarks,
    /// Whether there is sound in it; none where that takes a decoder.
    pub sound: Option<Sound>,
    /// How long it is silent at its head, at normal speed; none where that takes a decoder, and where all of it is.
    pub leading_silence: Option<MediaTime>,
}

impl Finished {
    /// What there is to tell of it, when the service has declared this length.
    #[must_use]
    pub fn findings(&self, declared: Option<MediaTime>) -> Findings {
        let mut remarks = self.remarks;
        if declared.is_some_and(|declared| contradicts(declared, self.media)) {
            remarks.add(Remark::LengthContradicted);
        }
        Findings { remarks, sound: self.sound, leading_silence: self.leading_silence }
    }
}

#[derive(Debug)]
enum State {
    Sniffing {
        head: [u8; SNIFF_BYTES],
        have: usize,
        otherwise: Otherwise,
    },
    Ogg(Box<OggMeter>),
    Wav(Box<WavMeter>),
    Frames(Box<FramesMeter>),
    Flac(Box<FlacMeter>),
    Pcm(Box<PcmMeter>),
    /// Samples, or frames whose sync bits samples have at times: what follows tells.
    Doubtful {
        held: Vec<u8>,
        format: PcmFormat,
    },
    Failed(AudioError),
}

/// What bytes are that begin no container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    /// None that can be measured.
    Unknown,
    /// Samples.
    Pcm(PcmFormat),
}

impl Default for AudioMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl AudioMeter {
    /// Makes a meter that has seen nothing yet and recognises the container by its first bytes.
    #[must_use]
    pub const fn new() -> Self {
        Self::sniffing(Otherwise::Unknown)
    }

    /// Makes a meter of a body that is samples, unless it begins as RIFF, Ogg, FLAC or ID3 do or with two frames of MPEG audio or
    /// ADTS: servers send those under the name of PCM, and a player would play their headers.
    #[must_use]
    pub const fn with_pcm(format: PcmFormat) -> Self {
        Self::sniffing(Otherwise::Pcm(format))
    }

    const fn sniffing(otherwise: Otherwise) -> Self {
        Self { state: State::Sniffing { head: [0; SNIFF_BYTES], have: 0, otherwise }, bytes: 0 }
    }

    /// Says that samples that follow are of this format. Changes nothing where there is a container, which knows better.
    pub fn change_pcm(&mut self, format: PcmFormat) {
        match &mut self.state {
            State::Sniffing { otherwise: Otherwise::Pcm(old), .. } | State::Doubtful { format: old, .. } => {
                *old = format;
            }
            State::Pcm(meter) => meter.change_format(format),
            State::Sniffing { .. }
            | State::Ogg(_)
            | State::Wav(_)
            | State::Frames(_)
            | State::Flac(_)
            | State::Failed(_) => {}
        }
    }

    /// Takes the next bytes of the body and reports how much audio has arrived in all.
    ///
    /// # Errors
    /// Fails when the bytes are no known container or break its rules; see [`AudioError`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<Progress, AudioError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let outcome = self.advance(bytes);
        if let Err(error) = outcome {
            self.state = State::Failed(error);
        }
        self.progress()
    }

    /// Reports how much audio has arrived so far.
    ///
    /// # Errors
    /// Repeats the error of an earlier [`push`](Self::push).
    pub fn progress(&self) -> Result<Progress, AudioError> {
        match &self.state {
            State::Sniffing { .. } | State::Doubtful { .. } => Ok(Progress::NONE),
            State::Ogg(meter) => Ok(meter.progress()),
            State::Wav(meter) => Ok(meter.progress()),
            State::Frames(meter) => Ok(meter.progress()),
            State::Flac(meter) => Ok(meter.progress()),
            State::Pcm(meter) => Ok(meter.progress()),
            State::Failed(error) => Err(error.clone()),
        }
    }

    /// Bytes taken so far, container overhead included.
    #[must_use]
    pub const fn wire_bytes(&self) -> u64 {
        self.bytes
    }

    /// Says that the body has ended and gives what it held.
    ///
    /// # Errors
    /// Fails when the body is empty, holds no audio, is cut short, or had failed before.
    pub fn finish(self) -> Result<Finished, AudioError> {
        match self.state {
            State::Sniffing { have: 0, .. } => Err(AudioError::Empty),
            State::Sniffing { head, have, otherwise: Otherwise::Pcm(format) } => {
                let mut meter = PcmMeter::new(format);
                meter.push(&head[..have]);
                meter.finish()
            }
            State::Sniffing { otherwise: Otherwise::Unknown, .. } => {
                Err(AudioError::Truncated { what: "the container's first bytes" })
            }
            State::Ogg(meter) => meter.finish(),
            State::Wav(meter) => meter.finish(),
            State::Frames(meter) => meter.finish(),
            State::Flac(meter) => meter.finish(),
            State::Pcm(meter) => meter.finish(),
            State::Doubtful { held, format } => {
                let mut meter = PcmMeter::new(format);
                meter.push(&held);
                meter.finish()
            }
            State::Failed(error) => Err(error),
        }
    }

    fn advance(&mut self, mut bytes: &[u8]) -> Result<(), AudioError> {
        if let State::Sniffing { head, have, otherwise } = &mut self.state {
            while let Some((first, rest)) = bytes.split_first()
                && *have < SNIFF_BYTES
            {
                head[*have] = *first;
                *have += 1;
                bytes = rest;
            }
            if *have < SNIFF_BYTES {
                return Ok(());
            }
            let head = *head;
            self.state = match *otherwise {
                Otherwise::Pcm(_) if is_signature(head) => recognise(head)?,
                Otherwise::Pcm(format) if frame_header::may_begin(head) => {
                    State::Doubtful { held: Vec::new(), format }
                }
                Otherwise::Pcm(format) => State::Pcm(Box::new(PcmMeter::new(format))),
                Otherwise::Unknown => recognise(head)?,
            };
            self.feed(&head)?;
        }
        self.feed(bytes)
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        match &mut self.state {
            State::Ogg(meter) => meter.push(bytes),
            State::Wav(meter) => meter.push(bytes),
            State::Frames(meter) => meter.push(bytes),
            State::Flac(meter) => meter.push(bytes),
            State::Pcm(meter) => {
                meter.push(bytes);
                Ok(())
            }
            State::Doubtful { held, format } => {
                held.extend_from_slice(bytes);
                let format = *format;
                let Some(begins) = frame_search::begins_frames(held) else { return Ok(()) };
                let held = core::mem::take(held);
                self.state = match begins {
                    Begins::Frames => State::Frames(Box::new(FramesMeter::new())),
                    Begins::Else => State::Pcm(Box::new(PcmMeter::new(format))),
                };
                self.feed(&held)
            }
            State::Sniffing { .. } => Ok(()),
            State::Failed(error) => Err(error.clone()),
        }
    }
}

/// Whether that is how a container begins, and samples by chance once in a thousand million bodies. The sync bits of MP3 and ADTS
/// are none: samples have them once in a thousand.
fn is_signature(head: [u8; SNIFF_BYTES]) -> bool {
    matches!(&head, b"OggS" | b"RIFF" | b"RF64" | b"fLaC" | [b'I', b'D', b'3', 2..=4])
}

fn recognise(head: [u8; SNIFF_BYTES]) -> Result<State, AudioError> {
    match head {
        [b'O', b'g', b'g', b'S'] => Ok(State::Ogg(Box::new(OggMeter::new()))),
        [b'R', b'I', b'F', b'F'] | [b'R', b'F', b'6', b'4'] => Ok(State::Wav(Box::new(WavMeter::new()))),
        [b'f', b'L', b'a', b'C'] => Ok(State::Flac(Box::new(FlacMeter::new()))),
        [b'I', b'D', b'3', _] => Ok(State::Frames(Box::new(FramesMeter::new()))),
        _ if frame_header::may_begin(head) => Ok(State::Frames(Box::new(FramesMeter::new()))),
        _ => Err(AudioError::UnknownFormat { head: u32::from_be_bytes(head) }),
    }
}
