//! Streams in virtual time.

mod dialects;
mod faults;
mod properties;
mod share;
mod truth;

use claque_core::{
    player::PlayerPolicy,
    record::{Fact, Incident, IncidentRecord},
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::openai::{Dialect as ServiceDialect, OpenaiConfig};
use claque_gateway::{Batching, LengthModel, ServiceModel, StreamingConfig};
use claque_sim::{StreamScenario, StreamsSimulated, simulate_streams};
use claque_wire::openai::{Delivery, Dialect, RequestSettings};

use crate::house::{self, Outcome, speed};

/// The first piece after 200 ms, each further one of 200 ms 100 ms later, for 1 s of audio: made at 200, 300, 400, 500 and 600 ms.
fn engine() -> StreamingConfig {
    StreamingConfig {
        first_chunk: ServiceModel::Fixed(Duration::from_millis(200)),
        rate: speed(2_000),
        chunk: MediaTime::from_millis(200),
        length: LengthModel::Fixed(MediaTime::from_millis(1_000)),
        batching: Batching::Slowdown { thousandths: 0 },
        ..StreamingConfig::default()
    }
}

/// Readers who start at once and hear samples as they are made.
fn scenario(users: u32, blocks: u32, streaming: StreamingConfig) -> StreamScenario {
    let mut plan = house::scenario(users, blocks, house::clockwork()).plan;
    plan.policy = PlayerPolicy::READER;
    plan.schedule = every(users, Duration::ZERO);
    let request = RequestSettings::new(Dialect::OPENAI, Delivery::Stream, None)
        .expect("OpenAI has a model and streams");
    let service = ServiceDialect::named("openai").expect("it is in the table");
    StreamScenario {
        scripts: plan.scripts(&house::corpus(), Seed::root(2)),
        plan,
        service: OpenaiConfig { streaming, ..OpenaiConfig::of(service) },
        request,
        voices: vec!["alloy".to_owned()],

        seed: Seed::root(3),
    }
}

/// A listener each `apart`.
fn every(users: u32, apart: Duration) -> claque_core::schedule::ArrivalSchedule {
    claque_core::schedule::ArrivalSchedule::Even { window: apart * users, users }
}

fn run(scenario: &StreamScenario) -> Outcome<StreamsSimulated> {
    let mut facts = Vec::new();
    let simulated =
        simulate_streams(scenario, |fact| facts.push(fact)).expect("the scenario can be simulated");
    Outcome { facts, simulated }
}

fn at(millis: u64) -> Option<Instant> {
    Some(Instant::from_millis(millis))
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// When each utterance was interrupted.
fn barged_in(outcome: &Outcome<StreamsSimulated>) -> Vec<Instant> {
    let of = |fact: &Fact| {
        if let Fact::Incident(IncidentRecord { at, incident: Incident::BargedIn { .. }, .. }) = fact {
            Some(*at)
        } else {
            None
        }
    };
    outcome.facts.iter().filter_map(of).collect()
}
