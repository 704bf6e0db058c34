//! Where the host's audio comes from.

mod command;
mod program;
mod words;

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use claque_core::time::{MediaTime, SampleRate};
use claque_gateway::{AudioFormat, GatewayConfig, Speech, SpeechBody};
use claque_wire::audio::wav::{self, Wav};
use tokio::sync::Semaphore;

pub use command::{AudioSource, CommandEngine, CommandError, TextInput};

use super::speech;

/// Programs that run at once at most, whatever the machine's workers are: models of remote APIs have unlimited ones.
const MAX_PROGRAMS: usize = 64;

/// What makes the audio of a running host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The machine's own times and lengths, with speech-like sound made by the host.
    #[default]
    Synthetic,
    /// A program: reads text, writes WAV.
    Command(CommandEngine),
}

/// A program in the service of a host.
#[derive(Debug)]
pub(super) struct Engine {
    command: CommandEngine,
    formats: BTreeMap<String, AudioFormat>,
    permits: Semaphore,
}

impl Engine {
    pub(super) fn new(command: CommandEngine, config: &GatewayConfig) -> Self {
        let format = |model: &claque_gateway::ModelConfig| (model.info.slug.to_string(), model.format);
        let formats = config.models.iter().map(format).collect();
        Self { command, formats, permits: Semaphore::new(MAX_PROGRAMS) }
    }

    /// One that is asked for samples, of any model.
    pub(super) fn for_samples(command: CommandEngine) -> Self {
        Self { command, formats: BTreeMap::new(), permits: Semaphore::new(MAX_PROGRAMS) }
    }

    /// Speaks a text, as samples of one channel at `rate`.
    ///
    /// # Errors
    /// Says what the program or its audio failed at.
    pub(super) async fn record(&self, text: &str, voice: &str, rate: SampleRate) -> Result<Vec<i16>, String> {
        let _permit = self.permits.acquire().await.map_err(|_| "the engine is closed".to_owned())?;
        let bytes = program::run(&self.command, text, voice).await?;
        let name = self.command.program_name();
        let samples = tokio::task::spawn_blocking(move || {
            let (samples, from) = unpack(&bytes)?;
            Ok(if from == rate { samples } else { speech::at_rate(&samples, from, rate) })
        });
        let samples = samples.await.map_err(|error| error.to_string()).flatten();
        samples.map_err(|error: String| format!("{name}: {error}"))
    }

    /// Speaks a text, as Ogg Opus or WAV by the model's format.
    ///
    /// # Errors
    /// Says what the program or its audio failed at.
    pub(super) async fn speak(&self, text: Arc<str>, model: &str, voice: &str) -> Result<Speech, String> {
        let _permit = self.permits.acquire().await.map_err(|_| "the engine is closed".to_owned())?;
        let bytes = program::run(&self.command, &text, voice).await?;
        let format = self.formats.get(model).copied().unwrap_or(AudioFormat::OggOpus);
        let name = self.command.program_name();
        let packed = tokio::task::spawn_blocking(move || pack(&bytes, format)).await;
        packed.map_err(|error| error.to_string()).flatten().map_err(|error| format!("{name}: {error}"))
    }
}

/// WAV bytes into a body of the format wanted.
fn pack(bytes: &Bytes, format: AudioFormat) -> Result<Speech, String> {
    let (samples, rate) = unpack(bytes)?;
    let (media, body) = match format {
        AudioFormat::Wav => (length(&samples, rate), wav::write(&samples, rate, 1)),
        AudioFormat::OggOpus => speech::ogg_opus(&samples, rate, serial(bytes))?,
        AudioFormat::Mp3 => return Err("MP3 cannot be written here".to_owned()),
    };
    Ok(Speech { media, body: SpeechBody::Encoded(body.into()), format })
}

/// The samples of WAV bytes, of one channel, and their rate.
fn unpack(bytes: &[u8]) -> Result<(Vec<i16>, SampleRate), String> {
    let Wav { rate, channels, samples } =
        wav::read(bytes).map_err(|error| format!("failed to read its WAV: {error}"))?;
    if samples.is_empty() {
        return Err("it made no audio".to_owned());
    }
    Ok((mono(samples, channels), rate))
}

fn length(samples: &[i16], rate: SampleRate) -> MediaTime {
    MediaTime::from_samples(u64::try_from(samples.len()).unwrap_or(u64::MAX), rate)
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

/// Differs between streams of different bytes, and is the same for the same.
fn serial(bytes: &[u8]) -> u32 {
    /// FNV-1a, 32 bits.
    const BASIS: u32 = 0x811c_9dc5;
    bytes.iter().fold(BASIS, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
