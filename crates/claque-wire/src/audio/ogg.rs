//! Writes Ogg Opus streams (RFC 3533, RFC 7845).

use super::{ogg_crc, opus::packet_is_stereo};

/// Audio in one page at most, in samples: one second, the most RFC 7845 section 4 recommends.
const PAGE_SAMPLES: u64 = 48_000;
/// Segments in one page at most (RFC 3533 section 6).
const PAGE_SEGMENTS: usize = 255;
/// Who wrote the stream, for its comment header.
const VENDOR: &[u8] = b"claque";
/// Sampling rate named as the source's in the header; information only (RFC 7845 section 5.1).
const INPUT_RATE_HZ: u32 = 48_000;

const FIRST_PAGE: u8 = 0x02;
const LAST_PAGE: u8 = 0x04;

/// Packs Opus packets of equal duration into one Ogg Opus stream that plays for exactly
/// `total_samples_48k` samples.
///
/// `samples_per_packet`, `pre_skip` and `total_samples_48k` count samples per channel at 48 kHz. Packets
/// beyond the last needed one are left out, the rest of that one is trimmed by the last granule position;
/// when the packets hold less than `pre_skip + total_samples_48k`, the stream plays for what they hold.
/// The channel count is that of the first packet. `serial` should differ between streams.
///
/// # Panics
/// Panics when a packet is longer than 65,024 bytes, which no Opus packet is (RFC 6716 section 3.2).
#[must_use]
pub fn ogg_opus<'a>(
    packets: impl Iterator<Item = &'a [u8]>,
    samples_per_packet: u32,
    pre_skip: u16,
    total_samples_48k: u64,
    serial: u32,
) -> Vec<u8> {
    let mut packets = packets.peekable();
    let stereo = packets.peek().and_then(|packet| packet.first()).is_some_and(|toc| packet_is_stereo(*toc));
    let mut writer = PageWriter::new(serial);
    writer.write_headers(if stereo { 2 } else { 1 }, pre_skip);
    let end = total_samples_48k.saturating_add(u64::from(pre_skip));
    let step = u64::from(samples_per_packet);
    let mut granule = 0u64;
    for packet in packets {
        if granule >= end {
            break;
        }
        if !writer.page.has_room(packet, step) {
            writer.flush(0, granule);
        }
        writer.page.add(packet, step);
        granule = granule.saturating_add(step);
    }
    writer.flush(LAST_PAGE, granule.min(end));
    writer.out
}

/// Writes an Ogg Opus stream piece by piece, while its packets are being made.
#[derive(Debug)]
pub struct OggOpusWriter(PageWriter);

impl OggOpusWriter {
    /// Makes one. `serial` should differ between streams.
    #[must_use]
    pub fn new(serial: u32) -> Self {
        let sequence = Self::HEADER_PAGES;
        Self(PageWriter { sequence, ..PageWriter::new(serial) })
    }

    /// Pages before the audio, whose numbers are the first, whether they are written before it or after.
    const HEADER_PAGES: u32 = 2;

    /// The pages before the audio. `pre_skip` counts samples at 48 kHz that are decoded and dropped.
    pub fn headers(&mut self, channels: u8, pre_skip: u16) -> Vec<u8> {
        let next = core::mem::take(&mut self.0.sequence);
        self.0.write_headers(channels, pre_skip);
        self.0.sequence = next;
        core::mem::take(&mut self.0.out)
    }

    /// Pages of further packets of `samples_per_packet` samples each; none for no packets. `before` counts the samples of all packets so
    /// far, the pre-skip included; `granule` is where the last of these pages ends, and less than its packets hold only at the end
    /// of the stream.
    ///
    /// # Panics
    /// Panics when a packet is longer than 65,024 bytes, which no Opus packet is (RFC 6716 section 3.2).
    pub fn packets<'a>(
        &mut self,
        packets: impl Iterator<Item = &'a [u8]>,
        before: u64,
        samples_per_packet: u64,
        granule: u64,
        end: StreamEnd,
    ) -> Vec<u8> {
        let mut reached = before;
        for packet in packets {
            if !self.0.page.has_room(packet, samples_per_packet) {
                self.0.flush(0, reached);
            }
            self.0.page.add(packet, samples_per_packet);
            reached = reached.saturating_add(samples_per_packet);
        }
        match end {
            StreamEnd::Here => self.0.flush(LAST_PAGE, granule),
            StreamEnd::Later if self.0.page.lacing.is_empty() => {}
            StreamEnd::Later => self.0.flush(0, granule),
        }
        core::mem::take(&mut self.0.out)
    }
}

/// Whether a stream ends with the packets at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// More will follow.
    Later,
    /// They are the last.
    Here,
}

#[derive(Debug)]
struct PageWriter {
    out: Vec<u8>,
    serial: u32,
    sequence: u32,
    page: Page,
}

/// The packets of the page being filled.
#[derive(Debug, Default)]
struct Page {
    lacing: Vec<u8>,
    body: Vec<u8>,
    samples: u64,
}

impl Page {
    fn has_room(&self, packet: &[u8], samples: u64) -> bool {
        self.lacing.is_empty()
            || (self.samples + samples <= PAGE_SAMPLES
                && self.lacing.len() + packet.len() / 255 < PAGE_SEGMENTS)
    }

    fn add(&mut self, packet: &[u8], samples: u64) {
        assert!(packet.len() / 255 < PAGE_SEGMENTS, "an Opus packet fits into one page");
        self.lacing.extend(core::iter::repeat_n(255, packet.len() / 255));
        self.lacing.push(u8::try_from(packet.len() % 255).expect("a remainder of 255 fits a byte"));
        self.body.extend_from_slice(packet);
        self.samples += samples;
    }
}

impl PageWriter {
    fn new(serial: u32) -> Self {
        Self { out: Vec::new(), serial, sequence: 0, page: Page::default() }
    }

    fn write_headers(&mut self, channels: u8, pre_skip: u16) {
        let mut head = Vec::with_capacity(19);
        head.extend_from_slice(b"OpusHead\x01");
        head.push(channels);
        head.extend_from_slice(&pre_skip.to_le_bytes());
        head.extend_from_slice(&INPUT_RATE_HZ.to_le_bytes());
        // Output gain 0 dB, channel mapping family 0.
        head.extend_from_slice(&[0, 0, 0]);
        self.page.add(&head, 0);
        self.flush(FIRST_PAGE, 0);

        let mut tags = Vec::with_capacity(16 + VENDOR.len());
        tags.extend_from_slice(b"OpusTags");
        tags.extend_from_slice(&u32::try_from(VENDOR.len()).expect("a short name").to_le_bytes());
        tags.extend_from_slice(VENDOR);
        tags.extend_from_slice(&0u32.to_le_bytes());
        self.page.add(&tags, 0);
        self.flush(0, 0);
    }

    /// Writes the page at hand and begins the next.
    fn flush(&mut self, flags: u8, granule: u64) {
        let start = self.out.len();
        let page = &mut self.page;
        self.out.extend_from_slice(b"OggS\0");
        self.out.push(flags);
        self.out.extend_from_slice(&granule.to_le_bytes());
        self.out.extend_from_slice(&self.serial.to_le_bytes());
        self.out.extend_from_slice(&self.sequence.to_le_bytes());
        self.out.extend_from_slice(&[0; 4]);
        self.out.push(u8::try_from(page.lacing.len()).expect("a page is closed before 256 segments"));
        self.out.append(&mut page.lacing);
        self.out.append(&mut page.body);
        page.samples = 0;
        let crc = ogg_crc::of_page(&self.out[start..]);
        self.out[start + 22..start + 26].copy_from_slice(&crc.to_le_bytes());
        self.sequence = self.sequence.wrapping_add(1);
    }
}
