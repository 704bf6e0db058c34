//! Samples to Opus in Ogg, as they come.

use claque_wire::audio::ogg;
use opus_pure::{Application, MAX_PACKET_BYTES, OpusEncoder};

use super::RATE;

/// Bits per second: speech of one channel is indistinguishable from its source from some 24,000 on.
const BITRATE_BPS: i32 = 32_000;

/// Effort, 0 to 10: the highest that does without the encoder's analysis of speech and music.
const EFFORT: i32 = 6;

/// A packet of 20 ms, in samples at the file's rate and at that of Ogg's positions.
const FRAME: usize = 480;
const FRAME_48K: u32 = 960;

/// Largest file, bytes of packets. Speech at this rate takes two thirds of it in the longest file there is.
const MOST: usize = 6 << 20;

/// One channel.
pub(super) struct Encoder {
    opus: OpusEncoder,
    packets: Vec<Vec<u8>>,
    bytes: usize,
    /// Samples that wait for a whole packet, and how many came in all.
    frame: Vec<f32>,
    samples: usize,
    buffer: Vec<u8>,
}

impl Encoder {
    /// # Errors
    /// The encoder's words.
    pub(super) fn new() -> Result<Self, String> {
        let hertz = i32::try_from(RATE.hertz()).unwrap_or(i32::MAX);
        let mut opus = OpusEncoder::new(hertz, 1, Application::Audio).map_err(words)?;
        (opus.bitrate_bps, opus.complexity) = (BITRATE_BPS, EFFORT);
        let frame = Vec::with_capacity(FRAME);
        Ok(Self { opus, packets: Vec::new(), bytes: 0, frame, samples: 0, buffer: vec![0; MAX_PACKET_BYTES] })
    }

    /// Takes samples; of those that would make the file too large nothing.
    ///
    /// # Errors
    /// The encoder's words.
    pub(super) fn push(&mut self, mut samples: &[f32]) -> Result<(), String> {
        while !samples.is_empty() && self.bytes < MOST {
            let (now, later) = samples.split_at(samples.len().min(FRAME - self.frame.len()));
            self.frame.extend_from_slice(now);
            self.samples += now.len();
            samples = later;
            if self.frame.len() == FRAME {
                self.encode()?;
            }
        }
        Ok(())
    }

    /// Fills with silence until there are so many samples in all.
    ///
    /// # Errors
    /// The encoder's words.
    pub(super) fn silence_until(&mut self, samples: usize) -> Result<(), String> {
        while self.samples < samples && self.bytes < MOST {
            self.push(&[0.0; FRAME][..(samples - self.samples).min(FRAME)])?;
        }
        Ok(())
    }

    /// The file, and how many samples it has.
    ///
    /// # Errors
    /// The encoder's words.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, usize), String> {
        let samples = self.samples;
        let delay = self.opus.lookahead();
        // What is still in the encoder comes out behind as much silence.
        while self.packets.len() * FRAME < samples + delay {
            self.frame.resize(FRAME, 0.0);
            self.encode()?;
        }
        let ticks = usize::try_from(FRAME_48K).unwrap_or(FRAME) / FRAME;
        let pre_skip = u16::try_from(delay * ticks).unwrap_or(u16::MAX);
        let total = u64::try_from(samples * ticks).unwrap_or(u64::MAX);
        let packets = self.packets.iter().map(Vec::as_slice);
        Ok((ogg::ogg_opus(packets, FRAME_48K, pre_skip, total, 0), samples))
    }

    fn encode(&mut self) -> Result<(), String> {
        let size = self.opus.encode(&self.frame, FRAME, &mut self.buffer).map_err(words)?;
        self.packets.push(self.buffer[..size].to_vec());
        self.bytes += size;
        self.frame.clear();
        Ok(())
    }
}

fn words(error: opus_pure::Error) -> String {
    error.to_string()
}
