//! Counts the audio in a FLAC body frame by frame while its bytes pass (RFC 9639).
//!
//! Where a frame ends is written nowhere: it ends where the next begins, at a header whose checksum is right and before
//! which the frame's own is. So a frame counts when the next header is here, and the last at the end.

use claque_core::{
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};

use super::{
    AudioError, Container, Finished, Progress, Stage,
    flac_frame::{self, Frame, INFO_BYTES, LONGEST_HEADER, StreamInfo},
};

const SIGNATURE: &[u8; 4] = b"fLaC";

#[derive(Debug, Default)]
pub(crate) struct FlacMeter {
    phase: Phase,
    /// What has come and is not yet looked at: less than a header between two calls.
    held: Vec<u8>,
    rate: Option<SampleRate>,
    /// Samples declared for the stream at hand.
    declared: Option<u64>,
    /// Samples of its whole frames.
    counted: u64,
    /// Whether nothing should follow the frame at hand.
    is_last_frame: bool,
    /// Whether such a frame was whole somewhere before here, as one is that a tag follows.
    was_whole: bool,
    /// Audio of the streams before it.
    before: MediaTime,
    media_bytes: u64,
    remarks: Remarks,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Signature,
    BlockHead,
    Info {
        is_last: bool,
        rest: u64,
    },
    Skip {
        is_last: bool,
        left: u64,
    },
    /// The first frame of a stream begins here.
    FirstFrame,
    Frame {
        frame: Frame,
        /// Its checksum, over what was looked at.
        crc: u16,
    },
}

impl FlacMeter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            delivered: self.delivered(),
            stage: if self.media_bytes == 0 { Stage::Headers } else { Stage::Audio },
            media_bytes: self.media_bytes,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        self.held.extend_from_slice(bytes);
        let held = core::mem::take(&mut self.held);
        let mut rest = &held[..];
        while self.advance(&mut rest)? {}
        self.held = rest.to_vec();
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Finished, AudioError> {
        // What is held is too short to be a header.
        let held = core::mem::take(&mut self.held);
        match self.phase {
            Phase::Frame { frame, crc } => {
                if self.pass(&mut &held[..], held.len(), crc) == 0 {
                    self.counted += u64::from(frame.samples);
                } else if self.was_whole {
                    self.counted += u64::from(frame.samples);
                    self.remarks.add(Remark::JunkBehind);
                } else {
                    return Err(AudioError::truncated("a FLAC frame"));
                }
            }
            Phase::FirstFrame if self.media_bytes == 0 => return Err(AudioError::Empty),
            Phase::FirstFrame => {}
            Phase::Signature | Phase::BlockHead | Phase::Info { .. } | Phase::Skip { .. } => {
                return Err(AudioError::truncated("the FLAC header"));
            }
        }
        self.check_length()?;
        match self.delivered() {
            MediaTime::ZERO => Err(AudioError::Empty),
            media => Ok(Finished {
                media,
                container: Container::Flac,
                media_bytes: self.media_bytes,
                remarks: self.remarks,
                sound: None,
                leading_silence: None,
            }),
        }
    }

    fn delivered(&self) -> MediaTime {
        let here = self.rate.map_or(MediaTime::ZERO, |rate| MediaTime::from_samples(self.counted, rate));
        self.before + here
    }

    fn check_length(&self) -> Result<(), AudioError> {
        if self.declared.is_some_and(|declared| self.counted < declared) {
            return Err(AudioError::truncated("the FLAC frames"));
        }
        Ok(())
    }

    /// Looks at the front of what is there; false when more is needed.
    fn advance(&mut self, rest: &mut &[u8]) -> Result<bool, AudioError> {
        match self.phase {
            Phase::Signature => {
                let Some((signature, behind)) = rest.split_first_chunk() else { return Ok(false) };
                if signature != SIGNATURE {
                    return Err(AudioError::broken("the FLAC signature is missing"));
                }
                *rest = behind;
                self.phase = Phase::BlockHead;
            }
            Phase::BlockHead => {
                let Some(([kind, a, b, c], behind)) = rest.split_first_chunk() else { return Ok(false) };
                let left = u64::from(u32::from_be_bytes([0, *a, *b, *c]));
                let is_last = kind & 0x80 != 0;
                *rest = behind;
                self.phase = match kind & 0x7f {
                    0 => Phase::Info { is_last, rest: left },
                    0x7f => return Err(AudioError::broken("a FLAC metadata block of a forbidden kind")),
                    _ => Phase::Skip { is_last, left },
                };
            }
            Phase::Info { is_last, rest: left } => {
                let Some(info) = rest.first_chunk::<INFO_BYTES>() else { return Ok(false) };
                let info = StreamInfo::parse(info).ok_or(AudioError::broken("a FLAC sample rate of zero"))?;
                self.begin_stream(info);
                self.phase = Phase::Skip { is_last, left };
            }
            Phase::Skip { is_last, left } => {
                let len = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
                *rest = &rest[len..];
                let left = left - u64::try_from(len).unwrap_or(left);
                self.phase = Phase::Skip { is_last, left };
                if left > 0 {
                    return Ok(false);
                }
                self.phase = if is_last { Phase::FirstFrame } else { Phase::BlockHead };
            }
            Phase::FirstFrame => return self.take_first_frame(rest),
            Phase::Frame { frame, crc } => return self.take_frame(rest, frame, crc),
        }
        Ok(true)
    }

    fn begin_stream(&mut self, info: StreamInfo) {
        self.before = self.delivered();
        self.counted = 0;
        if self.rate.replace(info.rate).is_some_and(|rate| rate != info.rate) {
            self.remarks.add(Remark::RateChange);
        }
        self.declared = info.samples;
    }

    fn take_first_frame(&mut self, rest: &mut &[u8]) -> Result<bool, AudioError> {
        if self.rate.is_none() {
            return Err(AudioError::broken("a FLAC stream without its information"));
        }
        match flac_frame::parse(rest) {
            Some(frame) => self.open_frame(rest, frame),
            None if rest.len() < LONGEST_HEADER => return Ok(false),
            None => return Err(AudioError::broken("no FLAC frame behind the metadata")),
        }
        Ok(true)
    }

    /// Looks for the end of the frame at hand.
    fn take_frame(&mut self, rest: &mut &[u8], frame: Frame, mut crc: u16) -> Result<bool, AudioError> {
        let mut from = 0;
        while let Some(at) = memchr::memchr2(0xff, b'f', &rest[from..]).map(|at| from + at)
            && at + LONGEST_HEADER <= rest.len()
        {
            let next = flac_frame::parse(&rest[at..]);
            from = at + 1;
            if next.is_none() && !rest[at..].starts_with(SIGNATURE) {
                continue;
            }
            crc = self.pass(rest, at, crc);
            from = 1;
            if crc == 0 {
                self.counted += u64::from(frame.samples);
                match next {
                    Some(next) => self.open_frame(rest, next),
                    None => {
                        self.check_length()?;
                        self.remarks.add(Remark::SeveralFiles);
                        self.phase = Phase::Signature;
                    }
                }
                return Ok(true);
            }
        }
        // The last bytes may be the beginning of a header.
        let known = rest.len().saturating_sub(LONGEST_HEADER - 1);
        let crc = self.pass(rest, known, crc);
        self.phase = Phase::Frame { frame, crc };
        Ok(false)
    }

    /// Goes so far within a frame. Gives its checksum there.
    fn pass(&mut self, rest: &mut &[u8], len: usize, crc: u16) -> u16 {
        let (passed, behind) = rest.split_at(len);
        *rest = behind;
        self.media_bytes += length(passed);
        if !self.is_last_frame {
            return flac_frame::crc16(crc, passed);
        }
        passed.iter().fold(crc, |crc, byte| {
            let crc = flac_frame::crc16(crc, &[*byte]);
            self.was_whole |= crc == 0;
            crc
        })
    }

    fn open_frame(&mut self, rest: &mut &[u8], frame: Frame) {
        let behind = self.counted + u64::from(frame.samples);
        self.is_last_frame = self.declared.is_some_and(|declared| behind >= declared);
        self.was_whole = false;
        let crc = self.pass(rest, frame.len, 0);
        self.phase = Phase::Frame { frame, crc };
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
