//! The reference gateways that an order can be about.

use super::ModelFit;
use claque_core::rng::Seed;
use claque_front::{openai::OpenaiConfig, yapit::gateway::GatewayConfig};
use claque_net::host::{EngineChoice, PersistentEngine};

/// A reference gateway, decided.
#[derive(Clone, Debug)]
pub struct GatewayChoice {
    /// The preset its constants come from.
    pub preset: String,
    /// Every constant.
    pub config: GatewayConfig,
    /// What makes the audio.
    pub engine: EngineFlag,
    /// The root of the gateway's randomness.
    pub seed: Seed,
    /// What speaks against the model, where it was fitted to runs.
    pub doubts: Vec<String>,
    /// How far its constants may be off, where it was fitted to runs.
    pub fit: Option<ModelFit>,
}

/// What makes the audio of a reference gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineFlag {
    /// The machine itself, with modelled times.
    Synthetic,
    /// The machine itself, with the same times for every block.
    Deterministic,
    /// A program, or somebody's service.
    External {
        /// As it was asked for.
        typed: String,
        /// What that means.
        engine: EngineChoice,
    },
}

impl EngineFlag {
    /// As it was asked for.
    pub fn name(&self) -> &str {
        match self {
            Self::Synthetic => "synthetic",
            Self::Deterministic => "deterministic",
            Self::External { typed, .. } => typed,
        }
    }

    /// What a host is told. Whether times are modelled or equal is in the configuration.
    pub fn to_host(&self) -> EngineChoice {
        match self {
            Self::Synthetic | Self::Deterministic => EngineChoice::Synthetic,
            Self::External { engine, .. } => engine.clone(),
        }
    }

    /// The same with so many processes, where it is a program that stays up.
    #[must_use]
    pub fn with_processes(self, processes: u32) -> Self {
        match self {
            Self::External { typed, engine: EngineChoice::Persistent(engine) } => {
                let processes = usize::try_from(processes).ok().and_then(|count| count.try_into().ok());
                let processes = processes.unwrap_or(engine.processes);
                let engine = EngineChoice::Persistent(PersistentEngine { processes, ..engine });
                Self::External { typed, engine }
            }
            other @ (Self::Synthetic | Self::Deterministic | Self::External { .. }) => other,
        }
    }

    /// Whether it is a program that stays up.
    pub const fn is_persistent(&self) -> bool {
        matches!(self, Self::External { engine: EngineChoice::Persistent(_), .. })
    }
}

/// A gateway of OpenAI-compatible speech, decided.
#[derive(Clone, Debug)]
pub struct OpenaiChoice {
    /// Every constant.
    pub config: OpenaiConfig,
    /// What makes the audio.
    pub engine: EngineFlag,
    /// The root of its randomness.
    pub seed: Seed,
}
