//! Counts the audio in an Ogg Opus stream while its pages pass (RFC 3533, RFC 7845).
//!
//! A packet counts when its last byte is here; the last page's granule position trims the end as soon as
//! its header is read. Pages are checked for order, holes and checksum, packets are never kept.

use claque_core::time::{MediaTime, SampleRate};

use super::{
    AudioError, Container, Finished, Progress, Stage, gather::Gather, ogg_crc, opus::packet_samples,
};

/// Bytes of a page header before its segment table.
const FIXED_HEADER: usize = 27;
/// A page header with the longest segment table.
const LONGEST_HEADER: usize = FIXED_HEADER + 255;
/// As much of a packet as any decision here needs: the fixed part of the identification header.
const PACKET_HEAD: usize = 19;

const NO_DURATION: AudioError = AudioError::broken("an Opus packet of no lawful duration");

const CONTINUED: u8 = 0x01;
const FIRST_PAGE: u8 = 0x02;
const LAST_PAGE: u8 = 0x04;

#[derive(Debug)]
pub(crate) struct OggMeter {
    phase: Phase,
    header: Gather<LONGEST_HEADER>,
    page: Page,
    serial: Option<u32>,
    next_sequence: u32,
    packet: Packet,
    packets_done: u64,
    samples: Samples,
    media_bytes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Header,
    Body { segment: usize, left: usize },
    Ended,
}

/// What the header of the page at hand says.
#[derive(Clone, Copy, Debug, Default)]
struct Page {
    last: bool,
    granule: Option<u64>,
    segments: usize,
    declared_crc: u32,
    crc: u32,
    /// Bytes of its body that are yet to be summed.
    unsummed: usize,
    /// Bytes of its body that are summed and yet to be counted.
    summed: usize,
    packets: u32,
    samples: u64,
}

/// The packet at hand; `open` while its last segment has not come.
#[derive(Debug)]
struct Packet {
    head: Gather<PACKET_HEAD>,
    open: bool,
}

/// The sample clock at 48 kHz.
#[derive(Clone, Copy, Debug, Default)]
struct Samples {
    pre_skip: u64,
    /// Samples of all packets so far.
    counted: u64,
    /// Granule position at which the first sample stands, once known.
    origin: Option<u64>,
    /// Granule position of the latest page that had one.
    granule: u64,
    /// Where the end trim cuts `counted`.
    cap: Option<u64>,
}

impl Samples {
    fn playable(self) -> u64 {
        self.cap.map_or(self.counted, |cap| cap.min(self.counted)).saturating_sub(self.pre_skip)
    }
}

impl OggMeter {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Header,
            header: Gather::new(),
            page: Page::default(),
            serial: None,
            next_sequence: 0,
            packet: Packet { head: Gather::new(), open: false },
            packets_done: 0,
            samples: Samples::default(),
            media_bytes: 0,
        }
    }

    pub(crate) fn progress(&self) -> Progress {
        Progress {
            delivered: MediaTime::from_samples(self.samples.playable(), SampleRate::OPUS),
            stage: if self.media_bytes == 0 { Stage::Headers } else { Stage::Audio },
            media_bytes: self.media_bytes,
        }
    }

    pub(crate) fn push(&mut self, mut bytes: &[u8]) -> Result<(), AudioError> {
        while !bytes.is_empty() {
            match self.phase {
                Phase::Header => self.take_header(&mut bytes)?,
                Phase::Body { segment, left } => self.take_body(&mut bytes, segment, left)?,
                Phase::Ended => self.take_after_end(&mut bytes)?,
            }
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<Finished, AudioError> {
        match self.phase {
            Phase::Header => Err(AudioError::truncated("an Ogg stream whose last page is missing")),
            Phase::Body { .. } => Err(AudioError::truncated("an Ogg page")),
            Phase::Ended if !self.header.held().is_empty() => {
                Err(AudioError::broken("bytes follow the last Ogg page"))
            }
            Phase::Ended if self.samples.playable() == 0 => Err(AudioError::Empty),
            Phase::Ended => Ok(Finished {
                media: self.progress().delivered,
                container: Container::OggOpus,
                media_bytes: self.media_bytes,
            }),
        }
    }

    fn take_header(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        if !self.header.fill(bytes, FIXED_HEADER) {
            return Ok(());
        }
        let fixed: [u8; FIXED_HEADER] = self.header.first();
        if !fixed.starts_with(b"OggS") {
            return Err(AudioError::broken("an Ogg page does not begin where the one before ends"));
        }
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
        self.check_order(flags, u32::from_le_bytes([s0, s1, s2, s3]), u32::from_le_bytes([q0, q1, q2, q3]))?;
        let granule = u64::from_le_bytes([g0, g1, g2, g3, g4, g5, g6, g7]);
        if granule < self.samples.granule {
            return Err(AudioError::broken("a granule position goes backwards"));
        }
        // RFC 3533 section 6: a page is summed with its own checksum blank.
        let header = self.header.held_mut();
        header[22..26].fill(0);
        self.page = Page {
            last: flags & LAST_PAGE != 0,
            granule: (granule != u64::MAX).then_some(granule),
            segments,
            declared_crc: u32::from_le_bytes([c0, c1, c2, c3]),
            crc: ogg_crc::update(0, header),
            unsummed: header[FIXED_HEADER..].iter().copied().map(usize::from).sum(),
            summed: 0,
            packets: 0,
            samples: 0,
        };
        if self.page.last
            && let Some(granule) = self.page.granule
        {
            // Before the first audio page is whole its origin is unknown; a last page that is also the
            // first counts from zero (RFC 7845 section 4.5).
            self.samples.cap = Some(granule.saturating_sub(self.samples.origin.unwrap_or(0)));
        }
        Ok(())
    }

    fn check_order(&mut self, flags: u8, serial: u32, sequence: u32) -> Result<(), AudioError> {
        match self.serial {
            None if flags & FIRST_PAGE == 0 => {
                return Err(AudioError::broken("the first Ogg page is missing"));
            }
            None => self.serial = Some(serial),
            Some(_) if flags & FIRST_PAGE != 0 => {
                return Err(AudioError::unsupported("several Ogg streams in one body"));
            }
            Some(own) if own != serial => {
                return Err(AudioError::unsupported("several Ogg streams in one body"));
            }
            Some(_) if sequence != self.next_sequence => {
                return Err(AudioError::broken("an Ogg page is missing"));
            }
            Some(_) => {}
        }
        if (flags & CONTINUED != 0) != self.packet.open {
            return Err(AudioError::broken("a packet that spans Ogg pages lost a part"));
        }
        self.next_sequence = sequence.wrapping_add(1);
        Ok(())
    }

    /// Moves to the next segment that has bytes, or past the page's end when there is none.
    fn enter_segment(&mut self, first: usize) -> Result<(), AudioError> {
        for segment in first..self.page.segments {
            let left = self.lacing(segment);
            self.packet.open = true;
            if left > 0 {
                self.phase = Phase::Body { segment, left };
                return Ok(());
            }
            self.end_packet()?;
        }
        self.close_page()
    }

    fn lacing(&self, segment: usize) -> usize {
        self.header.held().get(FIXED_HEADER + segment).copied().map_or(0, usize::from)
    }

    fn take_body(&mut self, bytes: &mut &[u8], segment: usize, left: usize) -> Result<(), AudioError> {
        self.sum_ahead(bytes);
        if self.packets_done >= 2 && self.packet.head.held().is_empty() && left == self.lacing(segment) {
            let behind = self.take_whole_packets(bytes, segment)?;
            if behind > segment {
                return self.enter_segment(behind);
            }
        }
        let (part, rest) = bytes.split_at(left.min(bytes.len()));
        *bytes = rest;
        self.page.summed -= part.len();
        let mut head = part;
        self.packet.head.fill(&mut head, PACKET_HEAD);
        let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
        if self.packets_done >= 2 {
            self.media_bytes = self.media_bytes.saturating_add(len);
        }
        let left = left - part.len();
        self.phase = Phase::Body { segment, left };
        if left > 0 {
            return Ok(());
        }
        if self.lacing(segment) < 255 {
            self.end_packet()?;
        }
        self.enter_segment(segment + 1)
    }

    /// Counts the audio packets that lie in `bytes` as a whole, from the one that begins with `segment` on; most do, and
    /// there are fifty a second. Gives the segment behind them.
    fn take_whole_packets(&mut self, bytes: &mut &[u8], segment: usize) -> Result<usize, AudioError> {
        let lacings = &self.header.held()[FIXED_HEADER + segment..];
        let (mut behind, mut rest, mut len) = (segment, *bytes, 0);
        let (mut packets, mut samples) = (0_u32, 0_u64);
        for (next, &lacing) in (segment + 1..).zip(lacings) {
            len += usize::from(lacing);
            // RFC 3533 section 6: a packet ends with its first lacing value below 255.
            if lacing == 255 {
                continue;
            }
            let Some((packet, more)) = rest.split_at_checked(len) else { break };
            samples += u64::from(packet_samples(packet).ok_or(NO_DURATION)?);
            packets += 1;
            (behind, rest, len) = (next, more, 0);
        }
        if behind > segment {
            let taken = bytes.len() - rest.len();
            *bytes = rest;
            self.count_packets(packets, samples);
            self.page.summed -= taken;
            self.media_bytes = self.media_bytes.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            self.packet.open = false;
        }
        Ok(behind)
    }

    /// Takes audio packets that are whole into the sample clock.
    fn count_packets(&mut self, packets: u32, samples: u64) {
        self.page.samples += samples;
        self.samples.counted = self.samples.counted.saturating_add(samples);
        self.page.packets += packets;
        self.packets_done += u64::from(packets);
    }

    /// Carries the page's checksum on over all of the page that is there, unless that is done: segments are short, and
    /// many bytes at once are cheap.
    fn sum_ahead(&mut self, bytes: &[u8]) {
        let page = &mut self.page;
        if page.summed > 0 {
            return;
        }
        page.summed = page.unsummed.min(bytes.len());
        page.unsummed -= page.summed;
        page.crc = ogg_crc::update(page.crc, &bytes[..page.summed]);
    }

    fn end_packet(&mut self) -> Result<(), AudioError> {
        match self.packets_done {
            0 => {
                self.read_identification()?;
                self.packets_done = 1;
            }
            1 if !self.packet.head.held().starts_with(b"OpusTags") => {
                return Err(AudioError::broken("the Opus comment header is missing"));
            }
            1 => self.packets_done = 2,
            _ => {
                let samples = packet_samples(self.packet.head.held()).ok_or(NO_DURATION)?;
                self.count_packets(1, u64::from(samples));
            }
        }
        self.packet.open = false;
        self.packet.head.clear();
        Ok(())
    }

    /// Reads the identification header, RFC 7845 section 5.1.
    fn read_identification(&mut self) -> Result<(), AudioError> {
        let head = self.packet.head.held();
        if !head.starts_with(b"OpusHead") {
            return Err(AudioError::unsupported("Ogg without Opus"));
        }
        if head.len() < PACKET_HEAD {
            return Err(AudioError::broken("the Opus identification header is too short"));
        }
        if head[8] & 0xf0 != 0 {
            return Err(AudioError::unsupported("an Opus mapping version above 15"));
        }
        if head[9] == 0 {
            return Err(AudioError::broken("an Opus stream of no channels"));
        }
        self.samples.pre_skip = u64::from(u16::from_le_bytes([head[10], head[11]]));
        Ok(())
    }

    fn close_page(&mut self) -> Result<(), AudioError> {
        if self.page.crc != self.page.declared_crc {
            return Err(AudioError::broken("the checksum of an Ogg page is wrong"));
        }
        if self.packets_done > 2 || self.page.packets > 0 {
            self.check_granule()?;
        }
        self.header.clear();
        self.phase = if self.page.last { Phase::Ended } else { Phase::Header };
        if self.page.last && self.packet.open {
            return Err(AudioError::truncated("the last packet of an Ogg stream"));
        }
        if self.page.last && self.packets_done < 2 {
            return Err(AudioError::Empty);
        }
        Ok(())
    }

    fn check_granule(&mut self) -> Result<(), AudioError> {
        let Some(granule) = self.page.granule else {
            if self.page.packets > 0 {
                return Err(AudioError::broken("an Ogg page with packets has no granule position"));
            }
            return Ok(());
        };
        self.samples.granule = granule;
        if self.samples.origin.is_none() && self.page.packets > 0 {
            // The first page's position less its samples is where the stream begins; a page that is
            // also the last may say less, which trims its end instead (RFC 7845 section 4.4).
            let origin = granule.checked_sub(self.page.samples);
            if origin.is_none() && !self.page.last {
                return Err(AudioError::broken("the first granule position is before its samples"));
            }
            self.samples.origin = Some(origin.unwrap_or(0));
        }
        Ok(())
    }

    fn take_after_end(&mut self, bytes: &mut &[u8]) -> Result<(), AudioError> {
        if self.header.fill(bytes, 4) {
            return Err(match self.header.first() {
                [b'O', b'g', b'g', b'S'] => AudioError::unsupported("chained Ogg streams"),
                _ => AudioError::broken("bytes follow the last Ogg page"),
            });
        }
        Ok(())
    }
}
