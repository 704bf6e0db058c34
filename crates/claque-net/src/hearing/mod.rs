//! What a listener was sent, as one file: its bodies decoded, at the moments at which they were heard, with silence between.
//!
//! [`Recording`] says what is to be heard when, and [`Recording::render`] makes Opus in Ogg of it, in one channel. When something was
//! heard is worked out elsewhere, of facts; nothing here knows them. One body is decoded at a time.

mod decode;
mod encode;
mod stretch;

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use claque_core::time::{Duration, SampleRate, Speed};

use self::encode::Encoder;
use crate::audience::HeardBody;

/// The rate of the file: that of most synthetic voices. Of others nothing is lost below 12 kHz.
const RATE: SampleRate = SampleRate::new(24_000).expect("a constant above zero");

/// Longest file. At 32 kbit/s it takes 3.6 MB, and a page that plays it 5 MB.
pub const LONGEST: Duration = Duration::from_secs(15 * 60);

/// A stretch in which something was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardPiece {
    /// Of what: its place among the bodies.
    pub body: usize,
    /// From where in it on: playing time at the listener's speed.
    pub from: Duration,
    /// When, from the file's begin on.
    pub at: Duration,
    /// How long.
    pub lasts: Duration,
}

/// What is to be heard when.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// What came.
    pub bodies: &'a [HeardBody],
    /// What was heard of it, in order of time; no two at once.
    pub pieces: &'a [HeardPiece],
    /// The listener's speed.
    pub speed: Speed,
    /// How long the file is.
    pub length: Duration,
}

/// A recording as a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardFile {
    /// Opus in Ogg.
    pub ogg: Vec<u8>,
    /// How long it is: less than what was asked for where it would have become too large.
    pub length: Duration,
    /// Bodies that nobody here can decode; there is silence in their place.
    pub undecodable: u32,
}

impl Recording<'_> {
    /// Makes the file; none if it is given up meanwhile.
    ///
    /// # Errors
    /// The encoder's words.
    pub fn render(&self, give_up: &AtomicBool) -> Result<Option<HeardFile>, String> {
        let length = self.length.min(LONGEST);
        let total = samples_in(length);
        let mut encoder = Encoder::new()?;
        let mut undecodable = 0;
        let mut at_hand: Option<(usize, Vec<f32>)> = None;
        for piece in self.pieces {
            if give_up.load(Relaxed) {
                return Ok(None);
            }
            let (start, end) =
                (samples_in(piece.at).min(total), samples_in(piece.at + piece.lasts).min(total));
            encoder.silence_until(start)?;
            if at_hand.as_ref().is_none_or(|(body, _)| *body != piece.body) {
                let decoded = self.bodies.get(piece.body).and_then(|body| self.as_heard(body));
                undecodable += u32::from(decoded.is_none());
                at_hand = Some((piece.body, decoded.unwrap_or_default()));
            }
            let Some((_, samples)) = &at_hand else { continue };
            let from = samples_in(piece.from).min(samples.len());
            let until = (from + end.saturating_sub(start)).min(samples.len());
            encoder.push(&samples[from..until])?;
        }
        encoder.silence_until(total)?;
        let (ogg, samples) = encoder.finish()?;
        let length = if samples < total { length_of(samples) } else { length };
        Ok(Some(HeardFile { ogg, length, undecodable }))
    }

    /// A body's samples at the listener's speed; none if it cannot be decoded.
    fn as_heard(&self, body: &HeardBody) -> Option<Vec<f32>> {
        let media = self.speed.media_heard(LONGEST);
        let most = samples_in(Duration::from_nanos(media.as_nanos()));
        Some(stretch::at_speed(decode::decode(body, most)?, self.speed))
    }
}

/// Whole samples in a time.
fn samples_in(time: Duration) -> usize {
    let samples = time.as_nanos() * u128::from(RATE.hertz()) / 1_000_000_000;
    usize::try_from(samples).unwrap_or(usize::MAX)
}

fn length_of(samples: usize) -> Duration {
    let samples = u64::try_from(samples).unwrap_or(u64::MAX);
    Duration::from_nanos(claque_core::time::MediaTime::from_samples(samples, RATE).as_nanos())
}

#[cfg(test)]
mod tests;
