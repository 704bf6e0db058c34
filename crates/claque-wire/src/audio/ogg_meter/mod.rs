//! Counts the audio in Ogg while its pages pass (RFC 3533): Opus, Vorbis and FLAC, one stream after the other.
//!
//! A packet counts when its last byte is here, one of Vorbis when its page is; the last page's granule position trims the end
//! as soon as its header is read. Pages are checked for holes and checksum, packets are never kept.

mod packets;

use claque_core::{
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};

use super::{
    AudioError, Container, Finished, Progress, Stage,
    gather::Gather,
    ogg_clock::{Clock, End, Fill, Oddity, PageAudio, Samples},
    ogg_codec::{Codec, PACKET_HEAD},
    ogg_crc::PageSum,
};

/// Bytes of a page header before its segment table.
const FIXED_HEADER: usize = 27;
/// A page header with the longest segment table.
const LONGEST_HEADER: usize = FIXED_HEADER + 255;

/// Bytes of a page at which writers close it (libogg).
const FULL_PAGE: u64 = 4_096;

const CONTINUED: u8 = 0x01;
const FIRST_PAGE: u8 = 0x02;
const LAST_PAGE: u8 = 0x04;

#[derive(Debug)]
pub(crate) struct OggMeter {
    phase: Phase,
    header: Gather<LONGEST_HEADER>,
    page: Page,
    sum: PageSum,
    /// The stream at hand; none before the first page and behind a last one.
    serial: Option<u32>,
    next_sequence: u32,
    packet: Packet,
    packets_done: u64,
    codec: Option<Codec>,
    clock: Clock,
    /// Audio of the streams before it.
    before: MediaTime,
    container: Option<Container>,
    rate: Option<SampleRate>,
    media_bytes: u64,
    remarks: Remarks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    Body {
        segment: usize,
        left: usize,
    },
    /// Bytes behind the last page cannot be heard and are not looked at.
    Behind,
}

/// What the header of the page at hand says.
#[derive(Clone, Copy, Debug, Default)]
struct Page {
    last: bool,
    /// Whether its number is not the next.
    out_of_order: bool,
    granule: Option<u64>,
    segments: usize,
    declared_crc: u32,
    /// Bytes of its body that are yet to be summed.
    unsummed: usize,
    /// Bytes of its body that are summed and yet to be counted.
    summed: usize,
    bytes: usize,
    packets: u32,
    samples: u64,
}

/// The packet at hand; `open` while its last segment has not come.
#[derive(Debug)]
struct Packet {
    head: Gather<PACKET_HEAD>,
    open: bool,
}

impl OggMeter {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Header,
            header: Gather::new(),
            page: Page::default(),
            sum: PageSum::new(),
            serial: None,
            next_sequence: 0,
            packet: Packet { head: Gather::new(), open: false },
            packets_done: 0,
            codec: None,
            clock: Clock::default(),
            before: MediaTime::ZERO,
            container: None,
            rate: None,
            media_bytes: 0,
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

    fn delivered(&self) -> MediaTime {
        let here = self.codec.map_or(MediaTime::ZERO, |codec| {
            MediaTime::from_samples(self.clock.playable(codec.pre_skip()), codec.rate())
        });
        self.before + here
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            match self.phase {
                Phase::Header => self.take_header(&mut bytes)?,
                Phase::Body { segment, left } => self.take_body(&mut bytes, segment, left)?,
                Phase::Behind => return Ok(()),
            }
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<Finished, AudioError> {
        match self.phase {
            Phase::Body { .. } => return Err(AudioError::truncated("an Ogg page")),
            Phase::Header
                if !self.header.held().is_empty() && self.serial.is_none() && self.container.is_some() =>
            {
                self.remarks.add(Remark::JunkBehind);
            }
            Phase::Header if !self.header.held().is_empty() => {
                return Err(AudioError::truncated("an Ogg stream whose last page is missing"));
            }
            Phase::Header | Phase::Behind => {}
        }
        if self.serial.is_some() {
            self.close_without_flag()?;
        }
        match (self.delivered(), self.container) {
            (MediaTime::ZERO, _) | (_, None) => Err(AudioError::Empty),
            (media, Some(container)) => Ok(Finished {
                media,
                container,
                media_bytes: self.media_bytes,
                remarks: self.remarks,
                sound: None,
                leading_silence: None,
            }),
        }
    }

    fn take_header(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        if !self.header.fill(bytes, 4) {
            return Ok(());
        }
        if !self.header.held().starts_with(b"OggS") {
            // Players know of nothing behind a stream that has ended but another one.
            if self.serial.is_some() || self.container.is_none() {
                return Err(AudioError::broken("an Ogg page does not begin where the one before ends"));
            }
            self.remarks.add(Remark::JunkBehind);
            self.phase = Phase::Behind;
            return Ok(());
        }
        if !self.header.fill(bytes, FIXED_HEADER) {
            return Ok(());
        }
        let fixed: [u8; FIXED_HEADER] = self.header.first();
        let segments = usize::from(fixed[26]);
        if !self.header.fill(bytes, FIXED_HEADER + segments) {
            return Ok(());
        }
        self.open_page(&fixed, segments)?;
        self.enter_segment(0)
    }

    fn open_page(&mut self, fixed: &[u8; FIXED_HEADER], segments: usize) -> Result<(), AudioError> {
        let [_, _, _, _, version, flags, g0, g1, g2, g3, g4, g5, g6, g7, rest @ ..] = *fixed;
        let [s0, s1, s2, s3, q0, q1, q2, q3, c0, c1, c2, c3, _] = rest;
        if version != 0 {
            return Err(AudioError::unsupported("an Ogg version other than 0"));
        }
        let sequence = u32::from_le_bytes([q0, q1, q2, q3]);
        self.check_stream(flags, u32::from_le_bytes([s0, s1, s2, s3]))?;
        let out_of_order = flags & FIRST_PAGE == 0 && sequence != self.next_sequence;
        self.next_sequence = sequence.wrapping_add(1);
        if (flags & CONTINUED != 0) != self.packet.open {
            return Err(AudioError::broken("a packet that spans Ogg pages lost a part"));
        }
        // RFC 3533 section 6: a page is summed with its own checksum blank.
        let header = self.header.held_mut();
        header[22..26].fill(0);
        self.sum.begin();
        self.sum.add(header);
        let bytes = header[FIXED_HEADER..].iter().copied().map(usize::from).sum();
        let granule = u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7]);
        self.page = Page {
            last: flags & LAST_PAGE != 0,
            out_of_order,
            granule: (granule != u64::MAX).then_some(granule),
            segments,
            declared_crc: u32::from_le_bytes([c0, c1, c2, c3]),
            unsummed: bytes,
            summed: 0,
            bytes,
            packets: 0,
            samples: 0,
        };
        self.clock.open_page(self.page.granule, self.page.last);
        Ok(())
    }

    /// Checks whose page it is, and begins another stream where one does.
    fn check_stream(&mut self, flags: u8, serial: u32) -> Result<(), AudioError> {
        match self.serial {
            None if flags & FIRST_PAGE == 0 => {
                return Err(AudioError::broken("the first Ogg page is missing"));
            }
            None => self.begin_stream(serial),
            Some(_) if flags & FIRST_PAGE != 0 && !self.has_audio() => {
                return Err(AudioError::unsupported("several Ogg streams side by side"));
            }
            Some(_) if flags & FIRST_PAGE != 0 => {
                self.close_without_flag()?;
                self.begin_stream(serial);
            }
            Some(own) if own != serial => {
                return Err(AudioError::unsupported("several Ogg streams side by side"));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn has_audio(&self) -> bool {
        self.clock.has_audio()
    }

    fn begin_stream(&mut self, serial: u32) {
        self.before = self.delivered();
        if self.container.is_some() {
            self.remarks.add(Remark::SeveralFiles);
        }
        self.serial = Some(serial);
        self.clock = Clock::default();
        self.codec = None;
        self.packets_done = 0;
    }

    /// The stream ends, and its last page does not say so. If its writer had it closed, that is to be seen.
    fn close_without_flag(&mut self) -> Result<(), AudioError> {
        self.serial = None;
        if self.packet.open || !self.has_audio() {
            return Err(AudioError::truncated("an Ogg stream whose last page is missing"));
        }
        match self.clock.end() {
            End::Seen => {
                self.remarks.add(Remark::OggNoEndFlag);
                Ok(())
            }
            End::Unseen => Err(AudioError::truncated("an Ogg stream whose last page is missing")),
        }
    }

    fn close_page(&mut self) -> Result<(), AudioError> {
        let page = self.page;
        if self.sum.value() != page.declared_crc {
            return Err(AudioError::broken("the checksum of an Ogg page is wrong"));
        }
        if page.packets > 0 {
            self.close_audio_page(page)?;
        } else if page.out_of_order {
            self.remarks.add(Remark::OggPageNumbers);
        }
        self.header.clear();
        self.phase = Phase::Header;
        if page.last {
            if self.packet.open {
                return Err(AudioError::truncated("the last packet of an Ogg stream"));
            }
            self.serial = None;
        }
        Ok(())
    }

    fn close_audio_page(&mut self, page: Page) -> Result<(), AudioError> {
        let Some(codec) = self.codec else { return Ok(()) };
        let (samples, fill) = match codec {
            Codec::Opus { .. } | Codec::Flac { .. } => (
                Samples::Counted(page.samples),
                Fill { own: page.samples, usual: u64::from(codec.rate().hertz()) },
            ),
            Codec::Vorbis { longest, .. } => (
                Samples::AtMost(u64::from(page.packets) * longest),
                Fill { own: u64::try_from(page.bytes).unwrap_or(u64::MAX), usual: FULL_PAGE },
            ),
        };
        let oddity = self.clock.close_page(PageAudio {
            granule: page.granule,
            samples,
            fill,
            out_of_order: page.out_of_order,
            is_last: page.last,
        });
        match oddity {
            Oddity::None => {}
            Oddity::Position => self.remarks.add(Remark::OggPositions),
            Oddity::Number => self.remarks.add(Remark::OggPageNumbers),
            Oddity::Hole => return Err(AudioError::broken("an Ogg page is missing")),
            Oddity::Nonsense => return Err(AudioError::broken("a granule position that cannot be")),
        }
        Ok(())
    }
}
