//! Counts the audio in an MP3 body frame by frame while its bytes pass.

use claque_core::time::{MediaTime, SampleRate};

use super::{
    AudioError, Container, Finished, Progress, Stage,
    gather::Gather,
    mp3_frame::{FrameHeader, StreamFacts},
};

/// Enough of a first frame to read a Xing table with LAME's extension: 4 header bytes, 32 of side
/// information, 4 of tag, 116 of fields, 24 of extension.
const TABLE_BYTES: usize = 180;

#[derive(Debug)]
pub(crate) struct Mp3Meter {
    phase: Phase,
    gather: Gather<TABLE_BYTES>,
    rate: Option<SampleRate>,
    facts: StreamFacts,
    /// Frames seen whole, a first frame that is no audio included.
    frames_seen: u64,
    audio_frames: u64,
    samples: u64,
    media_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Between frames and tags.
    Between,
    Tag {
        left: u64,
    },
    /// The first frame, kept in part until it is known whether it is audio.
    First {
        header: FrameHeader,
        left: usize,
    },
    Frame {
        header: FrameHeader,
        left: usize,
    },
    /// A tag after the audio; nothing behind it can be heard.
    Done,
}

impl Mp3Meter {
    pub(crate) const fn new() -> Self {
        Self {
            phase: Phase::Between,
            gather: Gather::new(),
            rate: None,
            facts: StreamFacts { frames: None, delay: 0, padding: 0 },
            frames_seen: 0,
            audio_frames: 0,
            samples: 0,
            media_bytes: 0,
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
                Phase::Between => self.take_head(&mut bytes)?,
                Phase::Tag { left } => {
                    let len = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = &bytes[len..];
                    let left = left - u64::try_from(len).unwrap_or(left);
                    self.phase = if left == 0 { Phase::Between } else { Phase::Tag { left } };
                }
                Phase::First { header, left } => self.take_first(&mut bytes, header, left),
                Phase::Frame { header, left } => self.take_frame(&mut bytes, header, left),
                Phase::Done => return Ok(()),
            }
        }
        Ok(())
    }

    /// A last frame cut short is left out without complaint: encoders that stop at a byte count do that.
    pub(crate) fn finish(self) -> Result<Finished, AudioError> {
        if let Phase::Tag { .. } = self.phase {
            return Err(AudioError::truncated("the tag before the MP3 frames"));
        }
        if self.delivered() == MediaTime::ZERO {
            return Err(AudioError::Empty);
        }
        // Some encoders count the frame that carries the table, so one less is no loss.
        if self.facts.frames.is_some_and(|declared| self.audio_frames.saturating_add(1) < declared) {
            return Err(AudioError::truncated("the MP3 frames"));
        }
        Ok(Finished { media: self.delivered(), container: Container::Mp3, media_bytes: self.media_bytes })
    }

    /// The padding is withheld from the start, so that the figure never has to shrink at the end.
    fn delivered(&self) -> MediaTime {
        let Some(rate) = self.rate else { return MediaTime::ZERO };
        let trimmed = self.facts.delay + self.facts.padding;
        MediaTime::from_samples(self.samples.saturating_sub(trimmed), rate)
    }

    fn take_head(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        while self.gather.fill(bytes, 4) && self.gather.held().first() == Some(&0) {
            // Zero bytes between frames are padding.
            self.gather.forget(1);
        }
        if self.gather.held().len() < 4 {
            return Ok(());
        }
        let head: [u8; 4] = self.gather.first();
        match &head {
            [b'I', b'D', b'3', _] => {
                if self.gather.fill(bytes, 10) {
                    let left = id3_length(self.gather.first())?;
                    self.gather.clear();
                    self.phase = if left == 0 { Phase::Between } else { Phase::Tag { left } };
                }
                Ok(())
            }
            [b'T', b'A', b'G', _] | b"APET" if self.frames_seen > 0 => {
                self.phase = Phase::Done;
                Ok(())
            }
            _ => self.open_frame(head),
        }
    }

    fn open_frame(&mut self, head: [u8; 4]) -> Result<(), AudioError> {
        let header = FrameHeader::parse(head)?;
        if *self.rate.get_or_insert(header.rate) != header.rate {
            return Err(AudioError::unsupported("MP3 whose sample rate changes"));
        }
        let left = header.len.checked_sub(4).filter(|left| *left > 0);
        let left = left.ok_or(AudioError::broken("an MP3 frame shorter than its header"))?;
        if self.frames_seen == 0 {
            self.phase = Phase::First { header, left };
        } else {
            self.gather.clear();
            self.media_bytes += 4;
            self.phase = Phase::Frame { header, left };
        }
        Ok(())
    }

    fn take_first(&mut self, bytes: &mut &[u8], header: FrameHeader, left: usize) {
        let (part, rest) = bytes.split_at(left.min(bytes.len()));
        *bytes = rest;
        let mut head = part;
        self.gather.fill(&mut head, TABLE_BYTES);
        let left = left - part.len();
        if left > 0 {
            self.phase = Phase::First { header, left };
            return;
        }
        match header.stream_facts(self.gather.held()) {
            Some(facts) => self.facts = facts,
            None => {
                self.media_bytes += u64::try_from(header.len).unwrap_or(u64::MAX);
                self.count(header);
            }
        }
        self.close_frame();
    }

    fn take_frame(&mut self, bytes: &mut &[u8], header: FrameHeader, left: usize) {
        let len = left.min(bytes.len());
        *bytes = &bytes[len..];
        self.media_bytes += u64::try_from(len).unwrap_or(u64::MAX);
        let left = left - len;
        if left > 0 {
            self.phase = Phase::Frame { header, left };
            return;
        }
        self.count(header);
        self.close_frame();
    }

    fn count(&mut self, header: FrameHeader) {
        self.samples += u64::from(header.samples);
        self.audio_frames += 1;
    }

    fn close_frame(&mut self) {
        self.frames_seen += 1;
        self.gather.clear();
        self.phase = Phase::Between;
    }
}

/// Bytes of an ID3v2 tag after its ten header bytes: four times seven bits, and a footer if flagged.
fn id3_length(head: [u8; 10]) -> Result<u64, AudioError> {
    let [_, _, _, _, _, flags, a, b, c, d] = head;
    if (a | b | c | d) & 0x80 != 0 {
        return Err(AudioError::broken("the length of the ID3 tag"));
    }
    let length = [a, b, c, d].iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte));
    Ok(length + if flags & 0x10 == 0 { 0 } else { 10 })
}
