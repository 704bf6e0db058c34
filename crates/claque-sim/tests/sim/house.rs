//! Scenarios to start from, and ways to look at what came out.

use claque_core::{
    corpus::Corpus,
    event::FailureClass,
    ids::ListenerId,
    link::{BitRate, LinkMix, LinkProfile},
    listener::Behaviour,
    plan::Plan,
    player::PlayerPolicy,
    record::{BlockOutcome, BlockRecord, ErrorRecord, Fact, ListenerRecord, SessionEnd, StallRecord},
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_sim::{Scenario, Simulated, simulate};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

const TEXT: &str = "It was a long afternoon. Nobody spoke, and the kettle, which had been on for an hour, began at \
    last to sing. Tea! Then there was silence, and after the silence there was cake. Who had made it? Nobody knew, \
    but it was gone within a minute.";

/// One worker, a second a block, two seconds of audio, no limits.
pub(crate) fn clockwork() -> GatewayConfig {
    unlimited(GatewayConfig::current()).with_deterministic_engine(1, SECOND, MediaTime::from_millis(2_000))
}

pub(crate) fn unlimited(config: GatewayConfig) -> GatewayConfig {
    config.without_rest_limits().without_synthesis_limit()
}

pub(crate) fn speed(thousandths: u32) -> Speed {
    Speed::from_thousandths(thousandths).expect("not zero")
}

/// Listeners with the player of February 2026 who start in turn within 0.9 ms.
pub(crate) fn scenario(users: u32, blocks: u32, gateway: GatewayConfig) -> Scenario {
    let plan = Plan {
        users,
        share: claque_core::share::Share::WHOLE,
        blocks,
        model: "kokoro".to_owned(),
        voice: None,
        speed: Speed::NORMAL,
        policy: PlayerPolicy::WEB_2026_02_07,
        behaviour: Behaviour::NONE,
        schedule: ArrivalSchedule::Even { window: Duration::from_micros(900), users },
        texts: None,
        use_cached: false,
        varied_lengths: false,
        network: LinkMix::default(),
        timeout: Duration::from_secs(600),
        seed: Seed::root(1),
    };
    let scripts = plan.scripts(&corpus(), Seed::root(2));
    Scenario { plan, scripts, gateway, seed: Seed::root(3) }
}

/// A network of so many milliseconds one way, for everybody.
pub(crate) fn far(millis: u64) -> LinkMix {
    network(millis, None)
}

/// The same with so many bits per second from the service.
pub(crate) fn network(millis: u64, down: Option<u64>) -> LinkMix {
    let (delay, down) = (Duration::from_millis(millis), down.and_then(BitRate::new));
    LinkMix::of_everybody("test", LinkProfile { delay, down, ..LinkProfile::default() })
}

pub(crate) fn corpus() -> Corpus {
    Corpus::from_plain(TEXT).expect("has words")
}

/// What a simulation left.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome<S = Simulated> {
    pub(crate) facts: Vec<Fact>,
    pub(crate) simulated: S,
}

pub(crate) fn run(scenario: &Scenario) -> Outcome {
    let mut facts = Vec::new();
    let simulated = simulate(scenario, |fact| facts.push(fact)).expect("the scenario can be simulated");
    Outcome { facts, simulated }
}

impl<S> Outcome<S> {
    pub(crate) fn blocks(&self) -> Vec<&BlockRecord> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Block(record) = fact { Some(record) } else { None })
            .collect()
    }

    pub(crate) fn stalls(&self) -> Vec<StallRecord> {
        let stall = |fact: &Fact| if let Fact::Stall(record) = fact { Some(*record) } else { None };
        self.facts.iter().filter_map(stall).collect()
    }

    pub(crate) fn errors(&self) -> Vec<&ErrorRecord> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Error(record) = fact { Some(record) } else { None })
            .collect()
    }

    /// In order of listeners.
    pub(crate) fn listeners(&self) -> Vec<&ListenerRecord> {
        let mut listeners: Vec<_> = self
            .facts
            .iter()
            .filter_map(|fact| if let Fact::Listener(record) = fact { Some(record) } else { None })
            .collect();
        listeners.sort_by_key(|record| record.listener);
        listeners
    }

    pub(crate) fn listener(&self, listener: u32) -> &ListenerRecord {
        let listeners = self.listeners();
        let found = listeners.iter().find(|record| record.listener == ListenerId(listener));
        found.expect("every listener ends")
    }

    pub(crate) fn played(&self) -> usize {
        self.blocks().iter().filter(|record| record.outcome == BlockOutcome::Played).count()
    }

    pub(crate) fn failed(&self, class: FailureClass) -> usize {
        self.blocks().iter().filter(|record| record.outcome == BlockOutcome::Failed(class)).count()
    }

    pub(crate) fn ends(&self) -> Vec<SessionEnd> {
        self.listeners().iter().map(|record| record.end).collect()
    }

    /// From the moment each listener was to start until it heard something.
    pub(crate) fn startups(&self) -> Vec<Duration> {
        let startup = |record: &&ListenerRecord| Some(record.started_at?.since(record.intended_at));
        self.listeners().iter().map(|record| startup(record).expect("each one heard something")).collect()
    }
}

pub(crate) const fn second(seconds: u64) -> Instant {
    Instant::from_millis(seconds * 1_000)
}
