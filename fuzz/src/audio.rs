//! Bodies of audio.

use claque_wire::audio::{AudioError, AudioMeter, Finished, PcmFormat, Progress};

use crate::splits::{pieces, seeded};

/// Measures a body: in one piece, in uneven ones, and in whole reads that are dropped half-way.
///
/// The outcome is that of the bytes alone, and audio that has arrived never becomes less.
pub fn audio(data: &[u8]) {
    let (seed, body) = seeded(data);
    let whole = measure(AudioMeter::new(), [body]);
    let split = measure(AudioMeter::new(), pieces(body, seed));
    assert_eq!(whole, split, "the split changed what was measured");
}

/// The same of a body that is samples unless it begins as a container does. The second byte says of which rate and channels.
pub fn pcm(data: &[u8]) {
    let (seed, rest) = seeded(data);
    let (kind, body) = seeded(rest);
    let hertz = [8_000, 16_000, 22_050, 24_000, 44_100, 48_000][usize::from(kind) % 6];
    let Some(format) = PcmFormat::new(hertz, u16::from(kind / 6 % 8) + 1) else {
        panic!("players take {hertz} Hz");
    };
    let whole = measure(AudioMeter::with_pcm(format), [body]);
    assert_eq!(
        whole,
        measure(AudioMeter::with_pcm(format), pieces(body, seed)),
        "the split changed what was measured"
    );
}

fn measure<'b>(
    mut meter: AudioMeter,
    pieces: impl IntoIterator<Item = &'b [u8]>,
) -> (Result<Progress, AudioError>, Result<Finished, AudioError>) {
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
