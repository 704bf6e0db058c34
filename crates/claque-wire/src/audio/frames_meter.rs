//! Counts the audio in a body of frames that follow one another, MP3 or ADTS, while its bytes pass.
//!
//! Where a frame should begin and does not, players look for the next one; so does [`Search`].

use claque_core::{
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};

use super::{
    AudioError, Finished, Progress, Stage,
    frame_header::{FrameHeader, FrameLen, HEADER_BYTES, StreamFacts},
    frame_search::{Found, Search},
    gather::Gather,
};

/// Enough of a first frame to read a Xing table with LAME's extension: 4 header bytes, 32 of side
/// information, 4 of tag, 116 of fields, 24 of extension.
const TABLE_BYTES: usize = 180;
/// Bytes of an ID3v1 tag behind the four that tell it.
const ID3V1_REST: u64 = 124;

#[derive(Debug)]
pub(crate) struct FramesMeter {
    phase: Phase,
    gather: Gather<TABLE_BYTES>,
    /// The latest frame's header.
    latest: Option<FrameHeader>,
    /// Bytes of a frame of free bit rate, without padding.
    free_len: Option<usize>,
    facts: StreamFacts,
    /// Frames seen whole, a first frame that is no audio included.
    frames_seen: u64,
    audio_frames: u64,
    clock: Clock,
    media_bytes: u64,
    /// Bytes that are no frame and no tag.
    junk: u64,
    /// Junk that another frame has followed.
    junk_between: u64,
    remarks: Remarks,
}

/// Samples at a rate that may change.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    /// Audio at earlier rates.
    before: MediaTime,
    rate: Option<SampleRate>,
    /// Samples at this rate.
    samples: u64,
    /// Samples that are not heard of those at the first rate. They are withheld from the start, so that the figure never has
    /// to shrink at the end.
    trimmed: u64,
}

#[derive(Debug)]
enum Phase {
    /// Between frames and tags.
    Between,
    Tag {
        left: u64,
    },
    /// The first frame, kept in part until it is known whether it is audio.
    First {
        header: FrameHeader,
        len: usize,
        left: usize,
    },
    Frame {
        header: FrameHeader,
        left: usize,
    },
    Searching(Search),
}

impl FramesMeter {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Between,
            gather: Gather::new(),
            latest: None,
            free_len: None,
            facts: StreamFacts::default(),
            frames_seen: 0,
            audio_frames: 0,
            clock: Clock::default(),
            media_bytes: 0,
            junk: 0,
            junk_between: 0,
            remarks: Remarks::NONE,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            delivered: self.clock.delivered(),
            stage: if self.media_bytes == 0 { Stage::Headers } else { Stage::Audio },
            media_bytes: self.media_bytes,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), AudioError> {
        let mut found = self.walk(bytes)?;
        while let Some(again) = found {
            found = self.resume(again)?;
        }
        Ok(())
    }

    /// Goes through frames and tags. Gives what a search found, with all that is left to go through.
    fn walk(&mut self, mut bytes: &[u8]) -> Result<Option<Found>, AudioError> {
        while !bytes.is_empty() {
            match &mut self.phase {
                Phase::Between => self.take_head(&mut bytes)?,
                Phase::Tag { left } => {
                    let len = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    bytes = &bytes[len..];
                    *left -= u64::try_from(len).unwrap_or(*left);
                    if *left == 0 {
                        self.phase = Phase::Between;
                    }
                }
                Phase::First { .. } => self.take_first(&mut bytes),
                Phase::Frame { header, left } => {
                    let (header, left) = (*header, *left);
                    self.take_frame(&mut bytes, header, left);
                }
                Phase::Searching(search) => {
                    return Ok(search.push(bytes));
                }
            }
        }
        Ok(None)
    }

    /// Goes on behind a search.
    fn resume(&mut self, found: Found) -> Result<Option<Found>, AudioError> {
        if found.is_tag {
            self.remarks.add(Remark::Tags);
        } else {
            self.junk += found.skipped;
        }
        self.free_len = found.free_len.or(self.free_len);
        self.phase = Phase::Between;
        self.walk(&found.rest)
    }

    /// A last frame cut short is left out: encoders that stop at a byte count do that.
    pub(crate) fn finish(mut self) -> Result<Finished, AudioError> {
        while let Phase::Searching(search) = &mut self.phase {
            let mut found = Some(search.finish());
            while let Some(again) = found {
                found = self.resume(again)?;
            }
        }
        match self.phase {
            Phase::Tag { .. } if self.frames_seen == 0 => {
                return Err(AudioError::truncated("the tag before the audio frames"));
            }
            Phase::First { .. } | Phase::Frame { .. } => self.remarks.add(Remark::FrameCut),
            Phase::Between => self.take_last_bytes(),
            Phase::Tag { .. } | Phase::Searching(_) => {}
        }
        if self.junk_between > 0 {
            self.remarks.add(Remark::JunkBetween);
        }
        if self.junk > self.junk_between {
            self.remarks.add(Remark::JunkBehind);
        }
        self.judge()
    }

    fn judge(self) -> Result<Finished, AudioError> {
        let media = self.clock.delivered();
        // One frame by itself may be chance; players want several in a row.
        if self.junk > self.media_bytes {
            return Err(AudioError::broken("most of the bytes are no audio frames"));
        }
        let Some(header) = self.latest.filter(|_| media > MediaTime::ZERO) else {
            return Err(AudioError::Empty);
        };
        // Some encoders count the frame that carries the table, so one less is no loss.
        if self.facts.frames.is_some_and(|declared| self.audio_frames.saturating_add(1) < declared) {
            return Err(AudioError::truncated("the MP3 frames"));
        }
        Ok(Finished {
            media,
            container: header.kind,
            media_bytes: self.media_bytes,
            remarks: self.remarks,
            sound: None,
            leading_silence: None,
        })
    }

    /// Bytes too few for any header.
    fn take_last_bytes(&mut self) {
        match self.gather.held().first() {
            None => {}
            Some(0xff) => self.remarks.add(Remark::FrameCut),
            Some(_) => self.junk += count(self.gather.held()),
        }
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
        let is_behind = self.frames_seen > 0;
        match &head {
            [b'I', b'D', b'3', _] if self.gather.fill(bytes, 10) => {
                let left = id3_length(self.gather.first());
                self.open_tag(left);
            }
            [b'T', b'A', b'G', _] if is_behind => self.open_tag(Some(ID3V1_REST)),
            b"APET" if is_behind && self.gather.fill(bytes, 16) => {
                let left = ape_length(self.gather.first());
                self.open_tag(left);
            }
            [b'I', b'D', b'3', _] | b"APET" if self.gather.held().len() < 16 && bytes.is_empty() => {}
            [0xff, ..] if self.gather.fill(bytes, HEADER_BYTES) => self.open_frame(),
            [0xff, ..] => {}
            _ => self.search(),
        }
        Ok(())
    }

    /// Steps over a tag; one without a length is searched through.
    fn open_tag(&mut self, left: Option<u64>) {
        if self.frames_seen > 0 {
            self.remarks.add(Remark::Tags);
        }
        match left {
            None => self.search(),
            Some(left) => {
                self.gather.clear();
                self.phase = if left == 0 { Phase::Between } else { Phase::Tag { left } };
            }
        }
    }

    fn search(&mut self) {
        self.phase = Phase::Searching(Search::new(self.gather.held(), self.free_len));
        self.gather.clear();
    }

    fn open_frame(&mut self) {
        let header = FrameHeader::parse(self.gather.held());
        let len = header.and_then(|header| match header.len {
            FrameLen::Known(len) => Some(len),
            FrameLen::Free { padding } => self.free_len.map(|len| len + padding),
        });
        let (Some(header), Some(left)) = (header, len.and_then(|len| len.checked_sub(HEADER_BYTES))) else {
            self.search();
            return;
        };
        if self.clock.rate.is_some_and(|rate| rate != header.rate) {
            self.remarks.add(Remark::RateChange);
        }
        if self.frames_seen == 0 {
            self.phase = Phase::First { header, len: left + HEADER_BYTES, left };
        } else {
            self.gather.clear();
            self.media_bytes += count(&[0; HEADER_BYTES]);
            self.phase = Phase::Frame { header, left };
        }
    }

    fn take_first(&mut self, bytes: &mut &[u8]) {
        let Phase::First { header, len, left } = self.phase else { return };
        let (part, rest) = bytes.split_at(left.min(bytes.len()));
        *bytes = rest;
        let mut head = part;
        self.gather.fill(&mut head, TABLE_BYTES);
        let left = left - part.len();
        if left > 0 {
            self.phase = Phase::First { header, len, left };
            return;
        }
        match header.stream_facts(self.gather.held()) {
            Some(facts) => {
                self.facts = facts;
                self.clock.trimmed = facts.delay + facts.padding;
            }
            None => {
                self.media_bytes += u64::try_from(len).unwrap_or(u64::MAX);
                self.count(header);
            }
        }
        self.close_frame(header);
    }

    fn take_frame(&mut self, bytes: &mut &[u8], header: FrameHeader, left: usize) {
        let (part, rest) = bytes.split_at(left.min(bytes.len()));
        *bytes = rest;
        self.media_bytes += count(part);
        let left = left - part.len();
        if left > 0 {
            self.phase = Phase::Frame { header, left };
            return;
        }
        self.count(header);
        self.close_frame(header);
    }

    fn count(&mut self, header: FrameHeader) {
        self.clock.add(header.samples, header.rate);
        self.audio_frames += 1;
    }

    fn close_frame(&mut self, header: FrameHeader) {
        self.latest = Some(header);
        self.frames_seen += 1;
        self.junk_between = self.junk;
        self.gather.clear();
        self.phase = Phase::Between;
    }
}

impl Clock {
    fn add(&mut self, samples: u32, rate: SampleRate) {
        if self.rate.is_some_and(|own| own != rate) {
            *self = Self { before: self.delivered(), ..Self::default() };
        }
        self.rate = Some(rate);
        self.samples += u64::from(samples);
    }

    fn delivered(&self) -> MediaTime {
        let here = self.rate.map_or(MediaTime::ZERO, |rate| {
            MediaTime::from_samples(self.samples.saturating_sub(self.trimmed), rate)
        });
        self.before + here
    }
}

/// Bytes of an ID3v2 tag after its ten header bytes: four times seven bits, and a footer if flagged.
fn id3_length(head: [u8; 10]) -> Option<u64> {
    let [_, _, _, _, _, flags, a, b, c, d] = head;
    if (a | b | c | d) & 0x80 != 0 {
        return None;
    }
    let length = [a, b, c, d].iter().fold(0, |sum, byte| sum << 7 | u64::from(*byte));
    Some(length + if flags & 0x10 == 0 { 0 } else { 10 })
}

/// Bytes of an APE tag after its first 16: the rest of its 32 header bytes, and all that follows.
fn ape_length(head: [u8; 16]) -> Option<u64> {
    let [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, size @ ..] = head else { return None };
    Some(16 + u64::from(u32::from_le_bytes(size)))
}

fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
