//! The packets of a page, as its segments pass.

use claque_core::remark::Remark;

use super::{FIXED_HEADER, OggMeter, Phase};
use crate::audio::{
    AudioError,
    ogg_codec::{self, Codec, PACKET_HEAD},
    opus::packet_samples,
};

impl OggMeter {
    /// Moves to the next segment that has bytes, or past the page's end when there is none.
    pub(super) fn enter_segment(&mut self, first: usize) -> Result<(), AudioError> {
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

    pub(super) fn take_body(
        &mut self,
        bytes: &mut &[u8],
        segment: usize,
        left: usize,
    ) -> Result<(), AudioError> {
        self.sum_ahead(bytes);
        if matches!(self.codec, Some(Codec::Opus { .. }) if self.packets_done >= 2)
            && self.packet.head.held().is_empty()
            && left == self.lacing(segment)
        {
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
        if self.is_audio() {
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
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

    /// Whether the packet at hand is audio.
    fn is_audio(&self) -> bool {
        self.codec.is_some_and(|codec| codec.is_audio(self.packet.head.held(), self.packets_done))
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
            samples += u64::from(packet_samples(packet).ok_or(ogg_codec::NO_DURATION)?);
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
        self.clock.count(samples);
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
        self.sum.add(&bytes[..page.summed]);
    }

    fn end_packet(&mut self) -> Result<(), AudioError> {
        let head = self.packet.head.held();
        match self.codec {
            None => {
                let codec = Codec::identify(head)?;
                self.codec = Some(codec);
                self.container.get_or_insert(codec.container());
                if self.rate.replace(codec.rate()).is_some_and(|rate| rate != codec.rate()) {
                    self.remarks.add(Remark::RateChange);
                }
                self.packets_done = 1;
            }
            Some(codec) if codec.is_audio(head, self.packets_done) => {
                let samples = codec.samples(head)?.map_or(0, u64::from);
                self.count_packets(1, samples);
            }
            Some(codec) => {
                codec.check_header(head, self.packets_done)?;
                self.packets_done += 1;
            }
        }
        self.packet.open = false;
        self.packet.head.clear();
        Ok(())
    }
}
