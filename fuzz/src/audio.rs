//! Bodies of audio.

use claque_wire::audio::{AudioError, AudioMeter, Finished, Progress};

use crate::splits::{pieces, seeded};

/// Measures a body: in one piece, in uneven ones, and in whole reads that are dropped half-way.
///
/// The outcome is that of the bytes alone, and audio that has arrived never becomes less.
pub fn audio(data: &[u8]) {
    let (seed, body) = seeded(data);
    let whole = measure([body]);
    let split = measure(pieces(body, seed));
    assert_eq!(whole, split, "the split changed what was measured");
}

fn measure<'b>(
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> (Result<Progress, AudioError>, Result<Finished, AudioError>) {
    let mut meter = AudioMeter::new();
    let mut before: Option<Progress> = None;
    let mut bytes = 0;
    for piece in pieces {
        bytes += piece.len() as u64;
        if let Ok(now) = meter.push(piece) {
            if let Some(before) = before {
                assert!(now.delivered >= before.delivered, "audio was taken back");
                assert!(now.stage >= before.stage, "audio became a header");
            }
            before = Some(now);
        }
    }
    assert_eq!(meter.wire_bytes(), bytes, "bytes were not counted");
    (meter.progress(), meter.finish())
}
