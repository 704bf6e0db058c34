//! Where the host's audio comes from.

mod command;
mod openai;
mod persistent;
mod process;
mod program;
mod speaker;
mod words;
mod wyoming;

use std::{collections::BTreeMap, sync::Arc};

use claque_core::time::SampleRate;
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{AudioFormat, Speech, SpeechBody};
use claque_wire::audio::wav::{self, Wav};
use tokio::sync::Semaphore;

pub use command::{AudioSource, CommandEngine, CommandError, TextInput};
pub use openai::OpenaiEngine;
pub use persistent::PersistentEngine;
pub use wyoming::WyomingEngine;

pub(super) use speaker::Speaker;
pub(crate) use words::split as split_words;

use super::speech;

/// Texts that are spoken at once at most, whatever the machine's workers are: models of remote APIs have unlimited ones.
const MAX_AT_ONCE: usize = 64;

/// What makes the audio of a running host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The machine's own times and lengths, with speech-like sound made by the host.
    #[default]
    Synthetic,
    /// A program: reads text, writes WAV, and is started for each text.
    Command(CommandEngine),
    /// A program that stays up.
    Persistent(PersistentEngine),
    /// A service that speaks the OpenAI API.
    Openai(OpenaiEngine),
    /// A Wyoming server.
    Wyoming(WyomingEngine),
}

/// Samples that were spoken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Recording {
    /// Interleaved, frames x channels.
    samples: Vec<i16>,
    channels: u16,
    rate: SampleRate,
}

/// A speaker in the service of a host.
#[derive(Debug)]
pub(super) struct Engine {
    speaker: Speaker,
    formats: BTreeMap<String, AudioFormat>,
    permits: Semaphore,
}

impl Engine {
    pub(super) fn new(speaker: Speaker, config: &GatewayConfig) -> Self {
        let format = |model: &claque_gateway::ModelConfig| (model.info.slug.to_string(), model.format);
        let formats = config.models.iter().map(format).collect();
        Self { speaker, formats, permits: Semaphore::new(MAX_AT_ONCE) }
    }

    /// One that is asked for samples, of any model.
    pub(super) const fn for_samples(speaker: Speaker) -> Self {
        Self { speaker, formats: BTreeMap::new(), permits: Semaphore::const_new(MAX_AT_ONCE) }
    }

    /// Gets ready to speak.
    ///
    /// # Errors
    /// Says why it cannot.
    pub(super) async fn start(&self) -> Result<(), String> {
        self.speaker.start().await
    }

    /// Speaks a text, as samples of one channel at `rate`.
    ///
    /// # Errors
    /// Says what the speaker or its audio failed at.
    pub(super) async fn record(&self, text: &str, voice: &str, rate: SampleRate) -> Result<Vec<i16>, String> {
        let (samples, from) = self.mono(text, voice).await?;
        let samples = tokio::task::spawn_blocking(move || {
            if from == rate { samples } else { speech::at_rate(&samples, from, rate) }
        });
        samples.await.map_err(|error| error.to_string())
    }

    /// Speaks a text, as Ogg Opus or WAV by the model's format.
    ///
    /// # Errors
    /// Says what the speaker or its audio failed at.
    pub(super) async fn speak(&self, text: Arc<str>, model: &str, voice: &str) -> Result<Speech, String> {
        let (samples, rate) = self.mono(&text, voice).await?;
        let format = self.formats.get(model).copied().unwrap_or(AudioFormat::OggOpus);
        let name = self.speaker.name();
        let packed = tokio::task::spawn_blocking(move || pack(&samples, rate, format)).await;
        packed.map_err(|error| error.to_string()).flatten().map_err(|error| format!("{name}: {error}"))
    }

    async fn mono(&self, text: &str, voice: &str) -> Result<(Vec<i16>, SampleRate), String> {
        let _permit = self.permits.acquire().await.map_err(|_| "the engine is closed".to_owned())?;
        let Recording { samples, channels, rate } = self.speaker.speak(text, voice).await?;
        if samples.is_empty() {
            return Err(format!("{}: it made no audio", self.speaker.name()));
        }
        Ok((mono(samples, channels), rate))
    }
}

/// Samples into a body of the format wanted.
fn pack(samples: &[i16], rate: SampleRate, format: AudioFormat) -> Result<Speech, String> {
    let packing = speech::packing(format).ok_or_else(|| format!("{format} cannot be written here"))?;
    let (media, body) = (packing.pack)(samples, rate)?;
    Ok(Speech { media, body: SpeechBody::Encoded(body.into()), format })
}

/// The samples of a program's WAV.
fn unpack(bytes: &[u8]) -> Result<Recording, String> {
    let Wav { rate, channels, samples } =
        wav::read(bytes).map_err(|error| format!("failed to read its WAV: {error}"))?;
    Ok(Recording { samples, channels, rate })
}

/// The mean of all channels.
fn mono(samples: Vec<i16>, channels: u16) -> Vec<i16> {
    if channels == 1 {
        return samples;
    }
    let mean = |frame: &[i16]| {
        let sum: i32 = frame.iter().map(|sample| i32::from(*sample)).sum();
        i16::try_from(sum / i32::from(channels)).unwrap_or(0)
    };
    samples.chunks_exact(usize::from(channels)).map(mean).collect()
}
