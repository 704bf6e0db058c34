//! Services and audiences of which no formula is known, and one stream of which it is.

use core::num::NonZeroU32;

use claque_core::{
    arrivals::{ArrivalBound, ArrivalProcess, Rate, RateProfile},
    corpus::Corpus,
    listener::{Behaviour, ThinkTime, Turns},
    plan::Plan,
    player::PlayerPolicy,
    record::Fact,
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, MediaTime, Speed},
};
use claque_front::openai::{Dialect as ServiceDialect, OpenaiConfig};
use claque_gateway::{Batching, Crashes, LengthModel, ServiceModel, StreamingConfig};
use claque_sim::{StreamScenario, simulate_streams};
use claque_stats::{
    capacity::{Evidence, ProbeOrder, SearchTerms},
    objective::Objective,
};
use claque_wire::openai::{Delivery, Dialect, RequestSettings};

use crate::{
    terms,
    worlds::{TEXT, World, evidence},
};

/// How long somebody who comes and goes stays, on average.
const STAY_S: f64 = 60.0;
/// For so many stays people come.
const STAYS: f64 = 4.0;
/// The first piece of each block, and how fast the rest comes when nobody else is there.
const FIRST: Duration = Duration::from_millis(200);
const PIECE: MediaTime = MediaTime::from_millis(200);
const BLOCK: MediaTime = MediaTime::from_millis(5_000);

/// A service with those who listen to it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Service {
    /// Workers, and listeners who hear a text of their own to its end.
    Workers(World),
    /// Workers, and listeners who come at random and stay for exponential times: a number means so many present on average.
    ComeAndGo(World),
    /// An engine whose streams slow each other down by a tenth, and readers who have one block at a time made. Each wants a second of audio a
    /// second, of which one stream has 5 made in 0.2 s and 4.8 / 4 s: with n at once 3.571 / (0.9 + 0.1 n). So it carries 26.7.
    Readers,
    /// The same engine with a little luck, and conversations.
    Conversations,
}

impl Service {
    /// Workers whose times differ a lot.
    pub(crate) const LOG_NORMAL: Self =
        Self::Workers(World { sigma: 0.5, ..World::clockwork(8, 2_000, 5_100, 1_000) });
    /// Listeners who come and go.
    pub(crate) const COME_AND_GO: Self =
        Self::ComeAndGo(World { sigma: 0.3, ..World::clockwork(6, 2_000, 5_000, 1_000) });
    /// Each worker crashes after 5,000 s at work on average, and is back after 20 s. Its job is lost until the gateway looks for such.
    pub(crate) const CRASHES: Self = Self::Workers(World {
        sigma: 0.1,
        crashes: Some(Crashes { mean: Duration::from_secs(5_000), restart: Duration::from_secs(20) }),
        ..World::clockwork(6, 2_000, 5_000, 1_000)
    });

    pub(crate) const fn named(self) -> &'static str {
        match self {
            Self::Workers(World { crashes: Some(_), .. }) => "workers that crash",
            Self::Workers(_) => "log-normal service",
            Self::ComeAndGo(_) => "Poisson comings and goings",
            Self::Readers => "streams: readers (formula: 26.7)",
            Self::Conversations => "streams: conversations",
        }
    }

    /// As `claque capacity --simulate` has them for such listeners.
    pub(crate) fn terms(self) -> SearchTerms {
        match self {
            Self::Workers(_) => terms(),
            Self::ComeAndGo(_) => SearchTerms { throughput: false, ..terms() },
            Self::Readers => SearchTerms { ahead: 3, watched: 16, ..terms() },
            Self::Conversations => SearchTerms { ahead: 1, watched: 16, throughput: false, ..terms() },
        }
    }

    /// Makes the run that is wanted.
    pub(crate) fn probe(self, order: ProbeOrder, seed: Seed, objectives: &[Objective]) -> Evidence {
        match self {
            Self::Workers(world) => world.probe(order, seed, objectives),
            Self::ComeAndGo(world) => come_and_go(world, order, seed, objectives),
            Self::Readers => {
                let policy = PlayerPolicy { max_in_flight: NonZeroU32::new(1), ..PlayerPolicy::READER };
                let facts = stream_facts(order, seed, (policy, Behaviour::NONE), engine(0.0));
                evidence(&facts, order.users, order, Speed::NORMAL, objectives)
            }
            Self::Conversations => {
                let think = ThinkTime::Exponential { mean: Duration::from_secs(2) };
                let turns = Turns { think, barge_in: 0.0 };
                let behaviour = Behaviour { turns: Some(turns), ..Behaviour::NONE };
                let facts = stream_facts(order, seed, (PlayerPolicy::TURNS, behaviour), engine(0.2));
                evidence(&facts, order.users, order, Speed::NORMAL, objectives)
            }
        }
    }
}

fn come_and_go(world: World, order: ProbeOrder, seed: Seed, objectives: &[Objective]) -> Evidence {
    let mut scenario = world.scenario(ProbeOrder { users: 1, blocks: 1, ..order }, seed);
    let plan = &mut scenario.plan;
    let rate = Rate::per_second(f64::from(order.users) / STAY_S).expect("a rate");
    let bound = ArrivalBound { users: None, within: Some(Duration::from_secs_f64(STAY_S * STAYS)) };
    let poisson = ArrivalProcess::Poisson(RateProfile::constant(rate));
    plan.schedule = poisson
        .schedule(bound, seed.child("arrivals"))
        .unwrap_or(ArrivalSchedule::Even { window: Duration::ZERO, users: 1 });
    let came = plan.schedule.listed().map_or(1, <[_]>::len);
    plan.users = u32::try_from(came).expect("some hundred");
    plan.blocks = 100;
    plan.behaviour.listens = Some(format!("exp {STAY_S}s").parse().expect("a time"));
    scenario.scripts = plan.scripts(&corpus(), seed.child("unique"));
    let facts = World::facts_of(&scenario);
    let found = evidence(&facts, scenario.plan.users, order, Speed::NORMAL, objectives);
    Evidence { users: order.users, pace: None, ..found }
}

fn engine(sigma: f64) -> StreamingConfig {
    let first_chunk = if sigma > 0.0 {
        ServiceModel::PerChar { overhead: FIRST, per_char: Duration::ZERO, sigma }
    } else {
        ServiceModel::Fixed(FIRST)
    };
    StreamingConfig {
        first_chunk,
        rate: Speed::from_thousandths(4_000).expect("it is not 0"),
        chunk: PIECE,
        length: LengthModel::Fixed(BLOCK),
        slots: NonZeroU32::new(256).expect("it is not 0"),
        batching: Batching::Slowdown { thousandths: 100 },
        ..StreamingConfig::default()
    }
}

fn stream_facts(
    order: ProbeOrder,
    seed: Seed,
    (policy, behaviour): (PlayerPolicy, Behaviour),
    streaming: StreamingConfig,
) -> Vec<Fact> {
    let users = order.users;
    let plan = Plan {
        policy,
        behaviour,
        schedule: ArrivalSchedule::Even { window: Duration::from_secs_f64(order.spread_s), users },
        ..World::clockwork(1, 1_000, 5_000, 1_000).scenario(order, seed).plan
    };
    let request = RequestSettings::new(Dialect::OPENAI, Delivery::Stream, None)
        .expect("OpenAI has a model and streams");
    let service = ServiceDialect::named("openai").expect("it is in the table");
    let scenario = StreamScenario {
        scripts: plan.scripts(&corpus(), seed.child("unique")),
        plan,
        service: OpenaiConfig { streaming, ..OpenaiConfig::of(service) },
        request,
        voices: vec!["alloy".to_owned()],

        seed: seed.child("luck"),
    };
    let mut facts = Vec::new();
    simulate_streams(&scenario, |fact| facts.push(fact)).expect("the scenario can be simulated");
    facts
}

fn corpus() -> Corpus {
    Corpus::from_markdown(TEXT).expect("the corpus has words")
}
