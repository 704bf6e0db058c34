//! A body's samples, of one channel at the file's rate.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use claque_core::time::SampleRate;
use claque_wire::audio::{Container, PcmFormat, wav};
use opus_pure::{MAX_PACKET_SAMPLES, OggOpusReader, OggPacket};
use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};

use super::RATE;
use crate::{audience::HeardBody, resample::resample};

/// How the head of Opus in Ogg begins, behind the first page's.
const OPUS_HEAD: &[u8] = b"OpusHead";

/// Samples of one channel at one rate.
struct Mono {
    rate: SampleRate,
    samples: Vec<f32>,
}

/// At most so many samples of a body; none if nobody here can decode it. Decoders are other people's, and bodies come from anywhere: a
/// decoder that panics has not decoded.
pub(super) fn decode(body: &HeardBody, most: usize) -> Option<Vec<f32>> {
    let mut mono = catch_unwind(AssertUnwindSafe(|| decode_any(body, most))).ok().flatten()?;
    if mono.samples.is_empty() {
        return None;
    }
    if mono.rate != RATE {
        mono.samples = resample(&mono.samples, mono.rate, RATE);
    }
    mono.samples.truncate(most);
    Some(mono.samples)
}

fn decode_any(body: &HeardBody, most: usize) -> Option<Mono> {
    let bytes = body.bytes.as_slice();
    match (body.container, body.pcm, bytes.get(..4)?) {
        (Some(Container::Wav), ..) | (_, _, b"RIFF" | b"RF64") => decode_wav(bytes),
        (Some(Container::OggOpus), ..) => decode_opus(bytes, most),
        (None, _, b"OggS") if has_opus(bytes) => decode_opus(bytes, most),
        (Some(Container::Pcm), Some(format), _) => Some(decode_pcm(bytes, format)),
        // One that broke off: what it is, its begin says, as far as it says anything.
        (None, Some(format), head) if !is_signature(head) => Some(decode_pcm(bytes, format)),
        (container, ..) => decode_coded(container, bytes, most),
    }
}

fn has_opus(bytes: &[u8]) -> bool {
    let page = bytes.get(..64).unwrap_or(bytes);
    page.windows(OPUS_HEAD.len()).any(|window| window == OPUS_HEAD)
}

fn is_signature(head: &[u8]) -> bool {
    matches!(head, b"OggS" | b"fLaC" | [b'I', b'D', b'3', _])
}

fn decode_pcm(bytes: &[u8], format: PcmFormat) -> Mono {
    let samples: Vec<f32> = bytes
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| f32::from(i16::from_le_bytes(*pair)) / -f32::from(i16::MIN))
        .collect();
    Mono { rate: format.rate(), samples: to_mono(&samples, usize::from(format.channels())) }
}

/// Of a file that broke off what there is of it.
fn decode_wav(bytes: &[u8]) -> Option<Mono> {
    let found = wav::read(bytes).or_else(|_| wav::read(&without_sizes(bytes))).ok()?;
    let samples: Vec<f32> =
        found.samples.iter().map(|sample| f32::from(*sample) / -f32::from(i16::MIN)).collect();
    Some(Mono { rate: found.rate, samples: to_mono(&samples, usize::from(found.channels)) })
}

/// The same as programs that write into a pipe leave it: the audio goes on to the end.
fn without_sizes(bytes: &[u8]) -> Vec<u8> {
    /// Headers are shorter.
    const HEAD: usize = 4_096;
    let mut bytes = bytes.to_vec();
    let head = bytes.len().min(HEAD);
    let data = bytes[..head].windows(4).position(|window| window == b"data");
    for place in [Some(0), data].into_iter().flatten() {
        if let Some(size) = bytes.get_mut(place + 4..place + 8) {
            size.fill(0xff);
        }
    }
    bytes
}

/// Packets that cannot be decoded are passed over, as players do.
fn decode_opus(bytes: &[u8], most: usize) -> Option<Mono> {
    let mut reader = OggOpusReader::new(Cursor::new(bytes)).ok()?;
    let head = reader.head();
    let channels = usize::from(head.channel_count);
    // Positions are at 48 kHz. What a decoder needs to find its feet is no part of the audio (RFC 7845 section 4.2).
    let per_sample = 48_000 / RATE.hertz();
    let skipped = usize::from(head.pre_skip) / usize::try_from(per_sample).ok()?;
    let mut decoder = head.decoder(i32::try_from(RATE.hertz()).ok()?).ok()?;
    let mut packet = OggPacket::new(Vec::new(), 0, false);
    let mut buffer = vec![0.0; MAX_PACKET_SAMPLES * channels];
    let mut samples = Vec::new();
    while let Ok(true) = reader.read_packet_into(&mut packet) {
        let Ok(frames) = decoder.decode(&packet.data, MAX_PACKET_SAMPLES, &mut buffer) else { continue };
        samples.extend(to_mono(buffer.get(..frames * channels)?, channels));
        if samples.len() >= most.saturating_add(skipped) {
            break;
        }
    }
    samples.drain(..skipped.min(samples.len()));
    Some(Mono { rate: RATE, samples })
}

fn decode_coded(container: Option<Container>, bytes: &[u8], most: usize) -> Option<Mono> {
    let stream =
        MediaSourceStream::new(Box::new(Cursor::new(bytes.to_vec())), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    if let Some(container) = container {
        hint.with_extension(container.extension());
    }
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()).ok()?;
    let track = format.default_track(TrackType::Audio)?;
    let id = track.id;
    let params = track.codec_params.as_ref()?.audio()?;
    let mut decoder =
        symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default()).ok()?;
    let mut mono: Option<Mono> = None;
    let mut buffer: Vec<f32> = Vec::new();
    while let Ok(Some(packet)) = format.next_packet() {
        if packet.track_id != id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(decoded) => {
                buffer.resize(decoded.samples_interleaved(), 0.0);
                decoded.copy_to_slice_interleaved(&mut buffer);
                let (rate, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
                let rate = SampleRate::new(rate)?;
                let mono = mono.get_or_insert_with(|| Mono { rate, samples: Vec::new() });
                mono.samples.extend(to_mono(&buffer, channels));
                if is_enough(mono, most) {
                    break;
                }
            }
            Err(Error::DecodeError(_)) => {}
            Err(_) => break,
        }
    }
    mono
}

fn is_enough(mono: &Mono, most: usize) -> bool {
    let hertz = |rate: SampleRate| u128::from(rate.hertz());
    let wide = |count: usize| u128::try_from(count).unwrap_or(u128::MAX);
    wide(mono.samples.len()) * hertz(RATE) >= wide(most).saturating_mul(hertz(mono.rate))
}

/// The mean of all channels.
fn to_mono(samples: &[f32], channels: usize) -> Vec<f32> {
    let Some(count) = u16::try_from(channels).ok().filter(|count| *count > 1) else {
        return samples.to_vec();
    };
    samples.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / f32::from(count)).collect()
}
