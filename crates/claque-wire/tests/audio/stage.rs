//! Containers that tests are made of, real and made.

use claque_core::{
    remark::{Remark, Remarks},
    time::{MediaTime, SampleRate},
};
use claque_wire::audio::{AudioError, AudioMeter, Finished, Progress, ogg};

pub(crate) const BLOCK_0: &[u8] = include_bytes!("../data/yapit-current/block-0.ogg");
pub(crate) const BLOCK_1: &[u8] = include_bytes!("../data/yapit-current/block-1.ogg");

pub(crate) fn measure(bytes: &[u8]) -> Result<Finished, AudioError> {
    let mut meter = AudioMeter::new();
    meter.push(bytes)?;
    meter.finish()
}

pub(crate) fn progress(bytes: &[u8]) -> Result<Progress, AudioError> {
    AudioMeter::new().push(bytes)
}

pub(crate) fn opus_time(samples: u64) -> MediaTime {
    MediaTime::from_samples(samples, SampleRate::OPUS)
}

pub(crate) fn rate(hertz: u32) -> SampleRate {
    SampleRate::new(hertz).expect("tests use rates above zero")
}

/// A lawful 20 ms CELT packet of `len` bytes, mono.
pub(crate) fn packet(len: usize) -> Vec<u8> {
    let mut packet = vec![0x5a; len];
    packet[0] = 31 << 3;
    packet
}

pub(crate) fn stream(lens: &[usize], pre_skip: u16, total: u64) -> Vec<u8> {
    let packets: Vec<Vec<u8>> = lens.iter().map(|len| packet(*len)).collect();
    ogg::ogg_opus(packets.iter().map(Vec::as_slice), 960, pre_skip, total, 77)
}

/// Where each page of an Ogg stream begins, and its end.
pub(crate) fn page_starts(bytes: &[u8]) -> Vec<usize> {
    let mut starts = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        let segments = usize::from(bytes[at + 26]);
        let body: usize = bytes[at + 27..at + 27 + segments].iter().copied().map(usize::from).sum();
        at += 27 + segments + body;
        starts.push(at);
    }
    starts
}

pub(crate) fn remarks<const N: usize>(remarks: [Remark; N]) -> Remarks {
    remarks.into_iter().collect()
}

pub(crate) fn raw_wav(tag: u16, channels: u16, bits: u16, size: Option<u32>, data: &[u8]) -> Vec<u8> {
    let frame = channels * bits / 8;
    let mut out = b"RIFF\xff\xff\xff\xffWAVEjunk\x03\0\0\0abc\0fmt ".to_vec();
    let extensible = tag == 0xfffe;
    out.extend_from_slice(&(if extensible { 40u32 } else { 16 }).to_le_bytes());
    out.extend_from_slice(&tag.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&24_000u32.to_le_bytes());
    out.extend_from_slice(&(24_000 * u32::from(frame)).to_le_bytes());
    out.extend_from_slice(&frame.to_le_bytes());
    out.extend_from_slice(&bits.to_le_bytes());
    if extensible {
        out.extend_from_slice(&[
            22, 0, 16, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 16, 0, 128, 0, 0, 170, 0, 56, 155, 113,
        ]);
    }
    out.extend_from_slice(b"data");
    out.extend_from_slice(&size.unwrap_or(0x7fff_f000).to_le_bytes());
    out.extend_from_slice(data);
    out
}

/// One frame of MPEG 1 layer III, 128 kbit/s, 44.1 kHz, stereo: 417 bytes, 1,152 samples.
pub(crate) fn mp3_frame() -> Vec<u8> {
    let mut frame = vec![0x55; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
    frame
}

/// A first frame with an Info table and LAME's extension.
pub(crate) fn mp3_info_frame(frames: u32, delay: u32, padding: u32) -> Vec<u8> {
    let mut frame = vec![0; 417];
    frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90, 0x00]);
    frame[36..44].copy_from_slice(b"Info\0\0\0\x0f");
    frame[44..48].copy_from_slice(&frames.to_be_bytes());
    frame[156..165].copy_from_slice(b"LAME3.100");
    frame[177..180].copy_from_slice(&(delay << 12 | padding).to_be_bytes()[1..]);
    frame
}

pub(crate) fn mp3_time(samples: u64) -> MediaTime {
    MediaTime::from_samples(samples, rate(44_100))
}
