//! Whatever turns a text into samples for a host: programs and other people's services.

use claque_core::time::Duration;
use tokio::{net::TcpStream, time::timeout};

use super::{
    CommandEngine, EngineChoice, MAX_AT_ONCE, Recording, WyomingEngine, openai::OpenaiSpeaker,
    persistent::ProcessPool, program, unpack,
};
use crate::host::{HostError, program_path};

/// Longest wait for a connection to a service before the first text: whether somebody listens there at all.
const REACH: Duration = Duration::from_secs(10);

/// Who speaks.
#[derive(Debug)]
pub(in crate::host) enum Speaker {
    Command(CommandEngine),
    Persistent(ProcessPool),
    Openai(Box<OpenaiSpeaker>),
    Wyoming(WyomingEngine),
}

impl Speaker {
    /// Sets up what was chosen; none where the machine itself makes the audio.
    ///
    /// # Errors
    /// A program is not there, or is given no time.
    pub(in crate::host) fn of(choice: EngineChoice) -> Result<Option<Self>, HostError> {
        Ok(match choice {
            EngineChoice::Synthetic => None,
            EngineChoice::Command(command) => {
                program_path::check(&command.program, command.timeout)?;
                Some(Self::Command(command))
            }
            EngineChoice::Persistent(engine) => {
                program_path::check(&engine.program, engine.timeout.min(engine.start_timeout))?;
                Some(Self::Persistent(ProcessPool::new(engine)))
            }
            EngineChoice::Openai(engine) => Some(Self::Openai(Box::new(OpenaiSpeaker::new(engine)))),
            EngineChoice::Wyoming(engine) => Some(Self::Wyoming(engine)),
        })
    }

    /// Gets ready: starts programs that stay up, and looks whether a service is there.
    ///
    /// # Errors
    /// Says why it cannot.
    pub(super) async fn start(&self) -> Result<(), String> {
        match self {
            Self::Command(_) => Ok(()),
            Self::Persistent(pool) => pool.start(MAX_AT_ONCE).await,
            Self::Openai(speaker) => reach(speaker.target().host(), speaker.target().port()).await,
            Self::Wyoming(engine) => reach(&engine.host, engine.port).await,
        }
    }

    /// Has a text spoken.
    ///
    /// # Errors
    /// Says what failed.
    pub(super) async fn speak(&self, text: &str, voice: &str) -> Result<Recording, String> {
        let bytes = match self {
            Self::Command(command) => program::run(command, text, voice).await?.to_vec(),
            Self::Persistent(pool) => pool.speak(text, voice).await?,
            Self::Openai(speaker) => return speaker.speak(text, voice).await,
            Self::Wyoming(engine) => return engine.speak(text).await,
        };
        let name = self.name();
        let unpacked = tokio::task::spawn_blocking(move || unpack(&bytes)).await;
        unpacked.map_err(|error| error.to_string()).flatten().map_err(|error| format!("{name}: {error}"))
    }

    /// What it is called in messages.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Command(command) => command.program_name(),
            Self::Persistent(pool) => pool.engine().name(),
            Self::Openai(speaker) => speaker.target().to_string(),
            Self::Wyoming(engine) => format!("{}:{}", engine.host, engine.port),
        }
    }
}

/// Looks whether somebody listens there.
async fn reach(host: &str, port: u16) -> Result<(), String> {
    match timeout(REACH, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("failed to reach {host}, port {port}: {error}; start it first")),
        Err(_) => Err(format!("failed to reach {host}, port {port}: no answer within {REACH:?}")),
    }
}
