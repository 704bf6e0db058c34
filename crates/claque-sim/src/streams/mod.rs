//! Streams in virtual time: listeners to speech that is asked for block by block and comes as it is made.
//!
//! [`simulate_streams`] lets players listen to the engine of `claque-gateway` as the service of `claque-front` would have it speak.
//! In the run itself only typed messages pass; what bytes would mean is rehearsed before it by the machines of both sides.

mod listener;
mod rehearsal;
mod service;
mod terms;
mod world;

use claque_core::{plan::Plan, record::Fact, rng::Seed, script::Script, time::Instant};
use claque_front::typed::call::ServiceConfig;
use claque_gateway::StreamingStats;
use claque_wire::typed::call::RequestSettings;

use self::{
    listener::{TextLibrary, VoiceList},
    service::Service,
    terms::Terms,
    world::World,
};
use crate::scenario::SimError;

/// A run with streams to simulate.
#[derive(Clone, Debug)]
pub struct StreamScenario {
    /// What the audience does. Model and voice are those of `request` and `voices`.
    pub plan: Plan,
    /// The text of each listener of the plan's share, in order of their places.
    pub scripts: Vec<Script>,
    /// The service.
    pub service: ServiceConfig,
    /// How speech is asked for.
    pub request: RequestSettings,
    /// The voice that everybody begins with, and all others there are to choose from; an empty name asks for none.
    pub voices: Vec<String>,
    /// The root of the service's randomness: that of the host with which it is to agree.
    pub seed: Seed,
}

/// What a simulation of streams leaves besides its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamsSimulated {
    /// When the last session ended.
    pub ended_at: Instant,
    /// Requests for speech that reached the service.
    pub requests: u64,
    /// What the engine held and had done then.
    pub engine: StreamingStats,
}

/// Lets the audience listen from the run's start until the last session has ended, in virtual time.
///
/// `on_fact` is told each fact when it becomes final. Samples have their true number of bytes; compressed audio is taken to have
/// 48 kbit/s and no packets. A piece has arrived when its last byte has.
///
/// # Errors
/// See [`SimError`]; all are found before the run's start.
///
/// # Panics
/// Never, unless the player or the engine breaks its contract.
pub fn simulate_streams(
    scenario: &StreamScenario,
    on_fact: impl FnMut(Fact),
) -> Result<StreamsSimulated, SimError> {
    let StreamScenario { plan, scripts, service: config, request, voices, seed, .. } = scenario;
    let library = TextLibrary::of(plan, scripts)?;
    let Some(example) = library.example() else { return Ok(nobody()) };
    if voices.is_empty() {
        return Err(SimError::NoVoice { model: request.model().to_owned() });
    }
    let terms = Terms::find(config, request, voices, example)?;
    let voices = VoiceList::new(voices, &terms, *seed);
    let service = Service::new(config.streaming.clone(), config.faults.clone(), terms, *seed);
    let (ended_at, service) = World::new(scenario, library, voices, service, on_fact).run();
    Ok(StreamsSimulated { ended_at, requests: service.requests(), engine: service.stats() })
}

/// What a run without listeners leaves.
fn nobody() -> StreamsSimulated {
    StreamsSimulated { ended_at: Instant::START, requests: 0, engine: StreamingStats::default() }
}
