//! Whether there is any sound in compressed audio, and how long it is silent before: decoded until something is heard.

use std::{
    io::Cursor,
    panic::{AssertUnwindSafe, catch_unwind},
};

use claque_core::{
    remark::Sound,
    time::{MediaTime, SampleRate},
};
use claque_wire::audio::Container;
use opus_pure::{MAX_PACKET_SAMPLES, OggOpusReader, OggPacket, OpusDecoder, OpusHead};
use symphonia::core::{
    codecs::audio::AudioDecoderOptions,
    errors::Error,
    formats::{FormatOptions, TrackType, probe::Hint},
    io::{MediaSourceStream, MediaSourceStreamOptions},
    meta::MetadataOptions,
};

/// Samples, of all channels, after which nothing more is decoded: a minute at 48 kHz. What is silent for so long is silence.
const MOST_SAMPLES: usize = 60 * 48_000;

/// From the lowest to the highest sample, what nobody can hear: 60 dB below full scale.
const INAUDIBLE: f32 = 0.002;

/// Power of -50 dB of full scale, and windows a second in which it is looked for: as samples without a decoder are listened to.
const LEAST_POWER: f64 = 1e-5;
const WINDOWS: u32 = 100;

/// The rate at which Opus is decoded: its own, so that nothing is left out.
const OPUS_HERTZ: i32 = 48_000;
const OPUS_RATE: SampleRate = SampleRate::new(48_000).expect("a constant above zero");

/// Listens to one body after the other.
#[derive(Default)]
pub(super) struct SoundFinder {
    /// In a place of its own: it is a hundred times as large as a packet, and would be moved for each body.
    opus: Option<Box<OpusRoom>>,
}

impl SoundFinder {
    /// What there is to hear in a body, and how long it is silent before; none where nothing is. Decoders are other people's, and
    /// bodies come from anywhere: a decoder that panics has not decoded.
    pub(super) fn sound_of(&mut self, container: Container, body: Vec<u8>) -> (Sound, Option<MediaTime>) {
        // What was in use when a decoder panicked is not used again.
        let mut opus = self.opus.take();
        // The library knows every container but this one's codec, and says of a new one whether it does.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            if container == Container::OggOpus { self::opus(body, &mut opus) } else { other(container, body) }
        }));
        if decoded.is_ok() {
            self.opus = opus;
        }
        match decoded {
            Ok(Some(heard)) => heard.finish(),
            Ok(None) | Err(_) => (Sound::Undecodable, None),
        }
    }
}

/// A decoder of Opus and its buffers. To make them costs as much as to decode a packet, and of most bodies no more is decoded.
struct OpusRoom {
    decoder: OpusDecoder,
    packet: OggPacket,
    samples: Vec<f32>,
}

impl OpusRoom {
    fn new(head: &OpusHead) -> Option<Self> {
        let decoder = head.decoder(OPUS_HERTZ).ok()?;
        let samples = vec![0.0; MAX_PACKET_SAMPLES * usize::from(head.channel_count)];
        Some(Self { decoder, packet: OggPacket::new(Vec::new(), 0, false), samples })
    }

    /// Makes it ready for another stream. Gives whether it is: a stream may have other channels.
    fn reset(&mut self, head: &OpusHead) -> bool {
        let suits = head.mapping_family == 0 && self.decoder.channels() == usize::from(head.channel_count);
        self.decoder.gain_q8 = i32::from(head.output_gain_q8);
        suits && self.decoder.reset_state().is_ok()
    }
}

/// What was heard so far. Only changes can be heard, so a constant level is silence.
#[derive(Clone, Copy, Debug)]
struct Heard {
    range: Option<(f32, f32)>,
    samples: usize,
    rate: SampleRate,
    channels: usize,
    onset: Onset,
}

/// Silence at the head, in samples of the first channel.
#[derive(Clone, Copy, Debug)]
enum Onset {
    /// So far, and of the window at hand the number of samples, the sum, and the sum of squares.
    Silent {
        samples: u64,
        window: (u32, f64, f64),
    },
    Found {
        samples: u64,
    },
}

impl Heard {
    const fn new(rate: SampleRate, channels: usize) -> Self {
        let onset = Onset::Silent { samples: 0, window: (0, 0.0, 0.0) };
        Self { range: None, samples: 0, rate, channels, onset }
    }

    /// Takes samples of all channels in turn. Gives whether that is enough to tell.
    fn take(&mut self, samples: &[f32]) -> bool {
        for frame in samples.chunks(self.channels.max(1)) {
            self.onset.take(f64::from(frame[0]), self.rate);
        }
        for &sample in samples {
            let (lowest, highest) = self.range.unwrap_or((sample, sample));
            self.range = Some((lowest.min(sample), highest.max(sample)));
        }
        self.samples += samples.len();
        matches!(self.onset, Onset::Found { .. }) || self.samples >= MOST_SAMPLES
    }

    fn is_audible(&self) -> bool {
        self.range.is_some_and(|(lowest, highest)| highest - lowest > INAUDIBLE)
    }

    fn finish(self) -> (Sound, Option<MediaTime>) {
        let silence = match self.onset {
            Onset::Found { samples } => Some(MediaTime::from_samples(samples, self.rate)),
            Onset::Silent { .. } => None,
        };
        match (self.is_audible(), self.samples) {
            (true, _) => (Sound::Audible, silence),
            (false, 0) => (Sound::Undecodable, None),
            (false, _) => (Sound::Silent, None),
        }
    }
}

impl Onset {
    fn take(&mut self, sample: f64, rate: SampleRate) {
        let Self::Silent { samples, window: (count, sum, squares) } = self else { return };
        *count += 1;
        *sum += sample;
        *squares += sample * sample;
        if *count < (rate.hertz() / WINDOWS).max(1) {
            return;
        }
        let (of, mean) = (f64::from(*count), *sum / f64::from(*count));
        // What is heard is the change.
        if *squares / of - mean * mean > LEAST_POWER {
            *self = Self::Found { samples: *samples };
        } else {
            let samples = *samples + u64::from(*count);
            *self = Self::Silent { samples, window: (0, 0.0, 0.0) };
        }
    }
}

/// Packets that cannot be decoded are passed over, as players do.
fn opus(body: Vec<u8>, room: &mut Option<Box<OpusRoom>>) -> Option<Heard> {
    let mut reader = OggOpusReader::new(Cursor::new(body)).ok()?;
    let head = reader.head();
    let (channels, pre_skip) = (usize::from(head.channel_count), usize::from(head.pre_skip));
    if !room.as_mut().is_some_and(|room| room.reset(head)) {
        *room = OpusRoom::new(head).map(Box::new);
    }
    let OpusRoom { decoder, packet, samples } = room.as_deref_mut()?;
    let mut heard = Heard::new(OPUS_RATE, channels);
    // What a decoder needs to find its feet is no part of the audio (RFC 7845 section 4.2).
    let mut skipped = pre_skip * channels;
    while let Ok(true) = reader.read_packet_into(packet) {
        let Ok(frames) = decoder.decode(&packet.data, MAX_PACKET_SAMPLES, samples) else { continue };
        let decoded = samples.get(..frames * channels)?;
        let first = skipped.min(decoded.len());
        skipped -= first;
        if heard.take(&decoded[first..]) {
            break;
        }
    }
    Some(heard)
}

fn other(container: Container, body: Vec<u8>) -> Option<Heard> {
    let stream = MediaSourceStream::new(Box::new(Cursor::new(body)), MediaSourceStreamOptions::default());
    let mut hint = Hint::new();
    hint.with_extension(container.extension());
    let probe = symphonia::default::get_probe();
    let mut format = probe.probe(&hint, stream, FormatOptions::default(), MetadataOptions::default()).ok()?;
    let track = format.default_track(TrackType::Audio)?;
    let id = track.id;
    let params = track.codec_params.as_ref()?.audio()?;
    let codecs = symphonia::default::get_codecs();
    let mut decoder = codecs.make_audio_decoder(params, &AudioDecoderOptions::default()).ok()?;
    let mut heard: Option<Heard> = None;
    let mut samples: Vec<f32> = Vec::new();
    while let Ok(Some(packet)) = format.next_packet() {
        if packet.track_id != id {
            continue;
        }
        match decoder.decode(&packet) {
            Ok(decoded) => {
                samples.resize(decoded.samples_interleaved(), 0.0);
                decoded.copy_to_slice_interleaved(&mut samples);
                let (rate, channels) = (decoded.spec().rate(), decoded.spec().channels().count());
                let rate = SampleRate::new(rate)?;
                if heard.get_or_insert_with(|| Heard::new(rate, channels)).take(&samples) {
                    break;
                }
            }
            Err(Error::DecodeError(_)) => {}
            Err(_) => break,
        }
    }
    Some(heard.unwrap_or_else(|| Heard::new(OPUS_RATE, 1)))
}

#[cfg(test)]
mod tests {
    use opus_pure::{Application, OggOpusWriter, OpusEncoder};

    use super::*;

    /// Files beside other tests: speech, and a second of silence, each in its container.
    const FILES: [(Container, &[u8], &[u8]); 6] = [
        (
            Container::OggOpus,
            include_bytes!("../../../claque-wire/tests/data/yapit-current/block-0.ogg"),
            include_bytes!("../../tests/data/silent/opus.ogg"),
        ),
        (
            Container::OggVorbis,
            include_bytes!("../../../claque-wire/tests/data/players/vorbis.ogg"),
            include_bytes!("../../tests/data/silent/vorbis.ogg"),
        ),
        (
            Container::Flac,
            include_bytes!("../../../claque-wire/tests/data/players/speech.flac"),
            include_bytes!("../../tests/data/silent/flac.flac"),
        ),
        (
            Container::OggFlac,
            include_bytes!("../../tests/data/tone/flac.ogg"),
            include_bytes!("../../tests/data/silent/flac.ogg"),
        ),
        (
            Container::Adts,
            include_bytes!("../../../claque-wire/tests/data/players/speech.aac"),
            include_bytes!("../../tests/data/silent/aac.aac"),
        ),
        (
            Container::Mp3,
            include_bytes!("../../tests/data/tone/mp3.mp3"),
            include_bytes!("../../tests/data/silent/mp3.mp3"),
        ),
    ];

    fn sound_of(container: Container, body: Vec<u8>) -> (Sound, Option<MediaTime>) {
        SoundFinder::default().sound_of(container, body)
    }

    /// A tone on two channels, after 0.1 s of silence, with a gain in its head.
    fn stereo() -> Vec<u8> {
        let mut encoder = OpusEncoder::new(OPUS_HERTZ, 2, Application::Audio).unwrap();
        let head = OpusHead { output_gain_q8: 256, ..OpusHead::for_encoder(&encoder, 48_000) };
        let mut writer = OggOpusWriter::new(Vec::new(), head).unwrap();
        let mut packet = [0; 4_000];
        for frame in 0..25 {
            let level = if frame < 5 { 0.0 } else { 0.2 };
            let samples: Vec<f32> =
                (0..960_u16).flat_map(|at| [level * (f32::from(at) / 8.0).sin(); 2]).collect();
            let bytes = encoder.encode(&samples, 960, &mut packet).unwrap();
            writer.write_packet(&packet[..bytes]).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn a_body_is_heard_alike_whatever_was_heard_before_it() {
        let (mut finder, stereo) = (SoundFinder::default(), stereo());
        let mono = FILES
            .iter()
            .flat_map(|(container, speech, silence)| [(*container, *speech), (*container, *silence)]);
        let bodies: Vec<_> =
            mono.chain([(Container::OggOpus, &*stereo), (Container::OggOpus, b"cut")]).collect();
        let alone: Vec<_> =
            bodies.iter().map(|(container, body)| sound_of(*container, body.to_vec())).collect();
        assert_eq!(alone.iter().filter(|(sound, _)| *sound == Sound::Audible).count(), 7);
        for first in 0..bodies.len() {
            for ((container, body), alone) in bodies.iter().zip(&alone) {
                let (before, what) = bodies[first];
                finder.sound_of(before, what.to_vec());
                assert_eq!(finder.sound_of(*container, body.to_vec()), *alone, "{container} after {before}");
            }
        }
    }

    #[test]
    fn speech_is_told_from_silence_in_every_container() {
        for (container, speech, silence) in FILES {
            let (sound, before) = sound_of(container, speech.to_vec());
            assert_eq!(sound, Sound::Audible, "{container}");
            assert!(
                before.is_some_and(|before| before < MediaTime::from_millis(1_000)),
                "{container}: {before:?}"
            );
            assert_eq!(sound_of(container, silence.to_vec()), (Sound::Silent, None), "{container}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_said_to_be_so() {
        for (container, speech, _) in FILES {
            let undecodable = (Sound::Undecodable, None);
            assert_eq!(sound_of(container, b"no audio at all".to_vec()), undecodable, "{container}");
            assert_eq!(sound_of(container, speech[..20].to_vec()), undecodable, "{container}");
        }
        // Of MPEG audio of free bit rate the decoder knows nothing.
        let free = include_bytes!("../../../claque-wire/tests/data/players/free.mp3");
        assert_eq!(sound_of(Container::Mp3, free.to_vec()), (Sound::Undecodable, None));
    }

    #[test]
    fn sixty_decibels_below_full_scale_is_where_silence_begins() {
        let tone = |peak: f32| {
            let mut heard = Heard::new(OPUS_RATE, 1);
            heard.take(&[peak, -peak].repeat(1_000));
            heard.finish().0
        };
        assert_eq!([0.000_9, 0.001_1].map(tone), [Sound::Silent, Sound::Audible]);
        let mut level = Heard::new(OPUS_RATE, 1);
        level.take(&[0.5; 1_000]);
        assert_eq!(level.finish(), (Sound::Silent, None), "a level that never changes is no sound");
    }

    #[test]
    fn silence_before_the_first_sound_is_measured_in_windows() {
        let mut heard = Heard::new(OPUS_RATE, 2);
        // 0.1 s of nothing, 0.1 s that is audible and too quiet to be speech, then a tone, on two channels.
        let parts = [[0.0, 0.0], [0.003, -0.003], [0.1, -0.1]];
        let samples = parts.map(|[up, down]| [up, up, down, down].repeat(2_400)).concat();
        assert!(heard.take(&samples));
        assert_eq!(heard.finish(), (Sound::Audible, Some(MediaTime::from_millis(200))));
    }

    #[test]
    fn a_minute_of_silence_is_enough() {
        let mut heard = Heard::new(OPUS_RATE, 1);
        let second = [0.0; 48_000];
        assert_eq!((1..).find(|_| heard.take(&second)), Some(60));
    }
}
