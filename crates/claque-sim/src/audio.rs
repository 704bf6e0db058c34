//! What listeners get of the service's audio, and what they make of answers that are none.

use claque_core::{
    event::{Event, Failure, FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    remark::Sound,
};
use claque_front::typed::conversation::{BodyFlaw, GARBAGE, Refusal};
use claque_gateway::{AudioFault, AudioFormat, AudioRule, Speech, SpeechBody};
use claque_wire::{
    audio::AudioMeter,
    typed::conversation::{http_failure, undecodable},
};

/// Bytes of packed synthetic audio for each second of it: the 48 kbit/s at which speech is commonly packed in Opus.
const PACKED_BYTES_PER_SECOND: u128 = 6_000;

/// Bytes of synthetic audio in samples: 24,000 a second of two bytes, as the host over sockets has them.
const WAV_BYTES_PER_SECOND: u128 = 48_000;

/// Whether anybody listens for a sound. What a model speaks sounds by itself, so somebody does only where silence is among the
/// injected faults; then all of it is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listening {
    Off,
    On,
}

impl Listening {
    pub(crate) fn to(rules: &[AudioRule]) -> Self {
        if rules.iter().any(|rule| rule.fault == AudioFault::Silent) { Self::On } else { Self::Off }
    }

    /// What is heard in a piece of audio.
    pub(crate) const fn sound(self, speech: &Speech) -> Option<Sound> {
        match (self, &speech.body) {
            (Self::On, SpeechBody::Synthetic { .. }) => Some(Sound::Audible),
            (Self::On, SpeechBody::Silence) => Some(Sound::Silent),
            (Self::On, SpeechBody::Encoded(_)) | (Self::Off, _) => None,
        }
    }
}

/// Bytes of a piece of audio.
pub(crate) fn bytes_of(speech: &Speech) -> u64 {
    match &speech.body {
        SpeechBody::Synthetic { .. } | SpeechBody::Silence => {
            let per_second = match speech.format {
                AudioFormat::Wav => WAV_BYTES_PER_SECOND,
                AudioFormat::OggOpus | AudioFormat::Mp3 => PACKED_BYTES_PER_SECOND,
            };
            let bytes = u128::from(speech.media.as_nanos()) * per_second / 1_000_000_000;
            u64::try_from(bytes).unwrap_or(u64::MAX)
        }
        SpeechBody::Encoded(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
    }
}

/// Bytes that are sent of a body with a flaw.
pub(crate) fn bytes_of_flawed(flaw: BodyFlaw, whole: u64) -> u64 {
    match flaw {
        BodyFlaw::Cut => whole / 2,
        BodyFlaw::NotAudio => u64::try_from(BodyFlaw::NOT_AUDIO.len()).unwrap_or(u64::MAX),
    }
}

/// What a body with a flaw is for the listener.
pub(crate) fn flawed(flaw: BodyFlaw, block: BlockIdx) -> Event {
    let (phase, text) = match flaw {
        BodyFlaw::Cut => (Phase::MidAudio, "the audio was cut short".to_owned()),
        BodyFlaw::NotAudio => {
            let mut meter = AudioMeter::new();
            let problem = meter.push(BodyFlaw::NOT_AUDIO).err().or_else(|| meter.finish().err());
            (Phase::BeforeAudio, problem.map_or_else(String::new, |problem| problem.to_string()))
        }
    };
    let class = FailureClass::Protocol;
    let failure = Failure { phase, class, code: None, text, kills: FailureScope::Block(block) };
    match flaw {
        BodyFlaw::Cut => Event::Failed(failure),
        BodyFlaw::NotAudio => Event::NotAudio(failure),
    }
}

/// What a refusal to give audio is for the listener.
pub(crate) fn refused(refusal: &Refusal, block: BlockIdx) -> Failure {
    let words = refusal.to_string();
    http_failure(refusal.status(), words.as_bytes(), FailureScope::Block(block), Phase::BeforeAudio)
}

/// What a client makes of something that is no message.
pub(crate) fn garbage() -> Failure {
    undecodable(GARBAGE)
}
