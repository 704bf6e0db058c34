//! What is simulated, and what is left of it.

use claque_core::{
    ids::ListenerId,
    pacing::PacingStats,
    plan::Plan,
    rng::Seed,
    script::Script,
    time::{Duration, Instant, MediaTime},
};
use claque_front::typed::conversation::{GatewayConfig, GatewayStats, Refusal};
use claque_gateway::Load;

/// A run to simulate.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What the audience does.
    pub plan: Plan,
    /// What the document of each listener of the plan's share says, in order of their places. With `plan.use_cached` the first is everybody's.
    pub scripts: Vec<Script>,
    /// The service.
    pub gateway: GatewayConfig,
    /// The root of the service's randomness: ids and all noise.
    pub seed: Seed,
}

/// What a simulation leaves besides its facts.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulated {
    /// When the last session ended.
    pub ended_at: Instant,
    /// What the service held and had done then, the warming of its cache included.
    pub gateway: GatewayStats,
    /// How much it had to do from the run's start to that moment.
    pub load: Load,
    /// Each listener's document, as the service named it.
    pub documents: Vec<String>,
    /// Virtual time before the run's start: making documents under the service's limits, warming its cache.
    pub preparation: Duration,
    /// How those limits were in the way.
    pub pacing: PacingStats,
    /// Events from the run's start on: whatever happened at a moment of its own, to listeners, on the way and in the service.
    pub events: u64,
}

/// Why a scenario cannot be simulated. What the service does to listeners is no error but data.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SimError {
    /// The model is not on offer.
    #[error("failed to find the model '{model}' on the gateway; it offers {}", known.join(", "))]
    UnknownModel {
        /// What the plan names.
        model: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The model does not have the voice.
    #[error("failed to find the voice '{voice}' of the model '{model}' on the gateway; it has {}", known.join(", "))]
    UnknownVoice {
        /// What the plan names.
        voice: String,
        /// Of which model.
        model: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The plan names no voice and the model has none.
    #[error("failed to choose a voice for the model '{model}', which has none; name one")]
    NoVoice {
        /// The model.
        model: String,
    },
    /// There are listeners without a text.
    #[error("failed to find a script for listener {listener}; give one for each of the {users} listeners")]
    NoScript {
        /// The first listener without one.
        listener: ListenerId,
        /// Listeners in the plan.
        users: u32,
    },
    /// The gateway does not take a text.
    #[error("failed to create the document of listener {listener}: {refusal}")]
    Document {
        /// Whose.
        listener: ListenerId,
        /// The gateway's words.
        refusal: Refusal,
    },
    /// A text became fewer blocks than are to be heard.
    #[error(
        "failed to find {wanted} blocks in the document of listener {listener}, which has {found}; give a longer script"
    )]
    ShortDocument {
        /// Whose.
        listener: ListenerId,
        /// Blocks the plan wants heard.
        wanted: u32,
        /// Blocks there are.
        found: usize,
    },
    /// The gateway waits for an engine outside of it.
    #[error("failed to simulate an external engine; only a modelled one runs in virtual time")]
    ExternalEngine,
    /// Something that only bytes have.
    #[error("failed to simulate {0}, which virtual time does not know; leave it out, or use `claque run`")]
    Unmodelled(&'static str),
    /// Listeners would take the service's audio for something else than was made: they take its samples to be of another rate, or asked
    /// for another speed.
    #[error(
        "failed to simulate these requests: what the service makes as {} ms of audio is {} ms to who listens; ask as the service \
         answers",
        made.as_millis_f64(), heard.as_millis_f64()
    )]
    OtherLength {
        /// What is heard.
        heard: MediaTime,
        /// What was made.
        made: MediaTime,
    },
}
