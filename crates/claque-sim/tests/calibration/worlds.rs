//! The audiences and services that comparisons are tried on.

use claque_core::{
    corpus::Corpus,
    listener::Behaviour,
    plan::Plan,
    player::PlayerPolicy,
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, Speed},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{ServiceModel, Workers};
use claque_sim::{Scenario, simulate};
use claque_stats::{Observations, RunShape};
use rand_distr::{Distribution as _, LogNormal};

/// An audience and a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    blocks: u32,
    /// In thousandths.
    speed: u32,
    /// None for as many as are needed.
    workers: Option<u32>,
    stagger: u64,
    /// How much a run's day slows all of it: the sigma of a log-normal factor.
    day: f64,
    /// Whether it is promised that a service 10 % slower is found in it.
    pub(crate) finds_ten_percent: bool,
}

const USUAL: World = World {
    name: "20 x 30 at 1x, unlimited workers",
    blocks: 30,
    speed: 1_000,
    workers: None,
    stagger: 0,
    day: 0.0,
    finds_ten_percent: true,
};

pub(crate) const WORLDS: [World; 6] = [
    World { name: "20 x 30 at 1x, 4 workers", workers: Some(4), finds_ten_percent: false, ..USUAL },
    World { name: "20 x 30 at 1.7x, 8 workers", speed: 1_700, workers: Some(8), ..USUAL },
    World {
        name: "20 x 20 at 2x, 4 workers",
        blocks: 20,
        speed: 2_000,
        workers: Some(4),
        finds_ten_percent: false,
        ..USUAL
    },
    World {
        name: "20 x 30 at 1x over 30 s, 16 workers",
        workers: Some(16),
        stagger: 30,
        finds_ten_percent: false,
        ..USUAL
    },
    USUAL,
    World {
        name: "20 x 30 at 1.7x, 8 workers, days of 5 %",
        speed: 1_700,
        workers: Some(8),
        day: 0.05,
        finds_ten_percent: false,
        ..USUAL
    },
];

const USERS: u32 = 20;
const TEXT: &str = include_str!("../../../claque/corpus/alice.md");

impl World {
    /// A run: its texts and arrivals hang from `seed`, the luck of the service from that and `chance`.
    pub(crate) fn run(self, seed: u64, chance: &str, slower: f64) -> Observations {
        let (seed, luck) = (Seed::root(seed), Seed::root(seed).child("luck").child(chance));
        let day =
            LogNormal::new(0.0, self.day).expect("sigma is finite").sample(&mut luck.child("day").rng());
        let plan = Plan {
            users: USERS,
            share: claque_core::share::Share::WHOLE,
            blocks: self.blocks,
            model: "kokoro".to_owned(),
            voice: None,
            speed: Speed::from_thousandths(self.speed).expect("no speed is zero"),
            policy: PlayerPolicy::WEB,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::from_secs(self.stagger), users: USERS },
            texts: None,
            use_cached: false,
            varied_lengths: false,
            network: claque_core::link::LinkMix::default(),
            timeout: Duration::from_secs(300),
            seed,
        };
        let corpus = Corpus::from_markdown(TEXT).expect("the corpus has words");
        let scripts = plan.scripts(&corpus, seed.child("unique"));
        let gateway = self.gateway(slower * day);
        let scenario = Scenario { plan, scripts, gateway, seed: luck };
        let mut facts = Vec::new();
        simulate(&scenario, |fact| facts.push(fact)).expect("the scenario can be simulated");
        Observations::of(RunShape { users: USERS, blocks_per_user: self.blocks }, &facts)
    }

    fn gateway(self, slower: f64) -> GatewayConfig {
        let mut config = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
        // Messages are queued whole, as when the tables of docs/compare.md were measured.
        config.accept_interval = Duration::ZERO;
        for model in &mut config.models {
            model.workers = self.workers.map_or(Workers::Unlimited, Workers::Pull);
            if let ServiceModel::PerChar { overhead, per_char, .. } = &mut model.service {
                *overhead = Duration::from_secs_f64(overhead.as_secs_f64() * slower);
                *per_char = Duration::from_secs_f64(per_char.as_secs_f64() * slower);
            }
        }
        config
    }
}
