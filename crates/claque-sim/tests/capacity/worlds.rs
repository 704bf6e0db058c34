//! Services whose capacity is known otherwise, and audiences that listen to them in virtual time.

use claque_core::{
    corpus::Corpus,
    listener::Behaviour,
    plan::Plan,
    player::PlayerPolicy,
    record::Fact,
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, MediaTime, Speed},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{Crashes, Effect, FaultRule, Selector, ServiceModel};
use claque_sim::{Scenario, simulate};
use claque_stats::{
    Observations, RunShape, Verdict,
    capacity::{Evidence, ProbeOrder, ProbedRun},
    objective::Objective,
    summarise,
};

pub(crate) const TEXT: &str = include_str!("../../../claque/corpus/alice.md");

/// A service of workers that take one block at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) workers: u32,
    /// Of a block, in ms.
    pub(crate) service_ms: u64,
    /// Of a block, in ms.
    pub(crate) audio_ms: u64,
    /// In thousandths.
    pub(crate) speed: u32,
    /// Of the log-normal service time.
    pub(crate) sigma: f64,
    /// Workers that crash at work, if they do.
    pub(crate) crashes: Option<Crashes>,
    /// Share of the jobs that fail for good, whatever the load.
    pub(crate) fails: f64,
}

impl World {
    pub(crate) const fn clockwork(workers: u32, service_ms: u64, audio_ms: u64, speed: u32) -> Self {
        Self { workers, service_ms, audio_ms, speed, sigma: 0.0, crashes: None, fails: 0.0 }
    }

    /// Listeners that all workers together make audio for: W x d / (s x v).
    pub(crate) fn truth(self) -> f64 {
        let number = |ms: u64| f64::from(u32::try_from(ms).expect("times are short"));
        f64::from(self.workers) * number(self.audio_ms)
            / (number(self.service_ms) * f64::from(self.speed) / 1_000.0)
    }

    fn speed(self) -> Speed {
        Speed::from_thousandths(self.speed).expect("no speed is zero")
    }

    fn gateway(self) -> GatewayConfig {
        let (service, audio) =
            (Duration::from_millis(self.service_ms), MediaTime::from_millis(self.audio_ms));
        let config = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
        let mut config = config.with_deterministic_engine(self.workers, service, audio);
        for model in &mut config.models {
            model.machine.crashes = self.crashes;
            if self.sigma > 0.0 {
                model.service =
                    ServiceModel::PerChar { overhead: service, per_char: Duration::ZERO, sigma: self.sigma };
            }
        }
        if self.fails > 0.0 {
            let effect = Effect::EngineError { times: None, text: "no voice".to_owned() };
            config.faults.jobs.push(FaultRule { selector: Selector::Share(self.fails), effect });
        }
        config
    }

    pub(crate) fn scenario(self, order: ProbeOrder, seed: Seed) -> Scenario {
        let users = order.users;
        let plan = Plan {
            users,
            share: claque_core::share::Share::WHOLE,
            blocks: order.blocks,
            model: "kokoro".to_owned(),
            voice: None,
            speed: self.speed(),
            policy: PlayerPolicy::WEB,
            behaviour: Behaviour::NONE,
            schedule: ArrivalSchedule::Even { window: Duration::from_secs_f64(order.spread_s), users },
            use_cached: false,
            texts: None,
            varied_lengths: false,
            network: claque_core::link::LinkMix::default(),
            timeout: Duration::from_secs(600),
            seed,
        };
        let corpus = Corpus::from_markdown(TEXT).expect("the corpus has words");
        let scripts = plan.scripts(&corpus, seed.child("unique"));
        Scenario { plan, scripts, gateway: self.gateway(), seed: seed.child("luck") }
    }

    /// What happens in it.
    pub(crate) fn facts_of(scenario: &Scenario) -> Vec<Fact> {
        let mut facts = Vec::new();
        simulate(scenario, |fact| facts.push(fact)).expect("the scenario can be simulated");
        facts
    }

    /// Makes the run that a search wants.
    pub(crate) fn probe(self, order: ProbeOrder, seed: Seed, objectives: &[Objective]) -> Evidence {
        let facts = Self::facts_of(&self.scenario(order, seed));
        evidence(&facts, order.users, order, self.speed(), objectives)
    }
}

/// What such a run shows, to which so many came.
pub(crate) fn evidence(
    facts: &[Fact],
    came: u32,
    order: ProbeOrder,
    speed: Speed,
    objectives: &[Objective],
) -> Evidence {
    let shape = RunShape { users: came, blocks_per_user: order.blocks };
    let mut verdict = Verdict::judge(&summarise(shape, facts, None));
    // Nothing is late in virtual time.
    verdict.notes.clear();
    let run = ProbedRun {
        observed: &Observations::of(shape, facts),
        facts,
        speed,
        verdict: &verdict,
        blocks: order.blocks,
        length: order.length,
    };
    Evidence::of(run, objectives)
}
