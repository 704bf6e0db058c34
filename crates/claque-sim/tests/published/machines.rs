//! The machines, one model each, and what is done on them.

use core::num::NonZeroU32;

use claque_core::{
    corpus::Corpus,
    link::LinkMix,
    listener::Behaviour,
    plan::Plan,
    player::PlayerPolicy,
    record::{BlockRecord, Fact},
    rng::Seed,
    schedule::ArrivalSchedule,
    share::Share,
    time::{Duration, Instant, Speed},
};
use claque_front::yapit::gateway::{CrossTalk, GatewayConfig};
use claque_gateway::{MachineModel, ServiceModel, Threads, Workers};
use claque_sim::{Scenario, Simulated, simulate, simulate_without_document_check};

/// Characters of a medium text: 8.5 s of audio at 14 characters a second, as its times and factors of real time say.
pub(crate) const MEDIUM: usize = 119;
/// Characters of the blocks of the listening tests.
pub(crate) const UNIFORM: usize = 80;

/// A machine and what runs on it.
pub(crate) type Machine = GatewayConfig;

/// What listeners do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) users: u32,
    pub(crate) blocks: u32,
    /// In thousandths.
    pub(crate) speed: u32,
}

/// What listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    /// A player.
    Checks,
    /// The stress tool of before 2026-02-05, against a server that sends every listener everybody's results.
    TakesAll,
}

/// Kokoro whose time on one thread is in proportion to the text, with threads by the law.
fn with_threads(medium: Duration, threads: Threads) -> Machine {
    let mut config = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
    config.max_block_chars = 300;
    for model in &mut config.models {
        let per_char = medium / u32::try_from(MEDIUM).expect("small");
        model.service = ServiceModel::PerChar { overhead: Duration::ZERO, per_char, sigma: 0.0 };
        model.machine = MachineModel { threads: Some(threads), ..MachineModel::default() };
    }
    config
}

/// The desktop with an i9: time of one thread and both constants are the least squares of the logarithms of its five published times.
pub(crate) fn desktop(count: usize) -> Machine {
    with_threads(Duration::from_millis(5_333), Threads { count, serial: 0.0, contention: 0.04 })
}

/// The shared machine of 8 virtual CPUs, fitted in the same way.
pub(crate) fn shared_8(count: usize) -> Machine {
    with_threads(Duration::from_millis(8_417), Threads { count, serial: 0.088, contention: 0.0 })
}

/// Eight workers that make 2.1 blocks a second, whatever is in them.
pub(crate) fn production() -> Machine {
    let mut config = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
    for model in &mut config.models {
        model.workers = Workers::Pull(8);
        model.service = ServiceModel::Fixed(Duration::from_secs(8).div_f64(2.1));
    }
    config
}

/// The preset.
pub(crate) fn feb_2026() -> Machine {
    let mut config = GatewayConfig::feb_2026().without_rest_limits().without_synthesis_limit();
    config.models[0].workers = Workers::Pull(4);
    config
}

pub(crate) fn without_overflow(mut machine: Machine) -> Machine {
    machine.pipeline.overflow = None;
    machine
}

/// As many workers as there is work for.
pub(crate) fn ample(machine: &Machine) -> Machine {
    let mut machine = machine.clone();
    machine.models[0].workers = Workers::Unlimited;
    machine
}

/// The tool that the figures were made with, as its files show (`truth/old-script`): it asks for eight blocks, for the next eight when the first begins to
/// sound, and for the next when the second does, for it counts those alone that have come, and gives none up.
fn stress_tool() -> PlayerPolicy {
    PlayerPolicy {
        refill_threshold: 64,
        patience: Duration::MAX,
        block_timeout: Duration::from_secs(600),
        ..PlayerPolicy::WEB_2026_02_05
    }
}

/// Paragraphs of so many characters.
fn text(chars: usize) -> String {
    let words = ["stone", "river", "light", "paper", "green", "house", "table", "window", "garden", "summer"];
    let paragraph = |number: usize| {
        let mut line = String::from("T");
        for word in words.iter().cycle().skip(number) {
            line.push_str(word);
            line.push(' ');
            if line.len() >= chars {
                break;
            }
        }
        line.truncate(chars - 2);
        format!("{}x.", line.trim_end().to_owned() + &"x".repeat(chars - 2 - line.trim_end().len()))
    };
    (0..40).map(paragraph).collect::<Vec<_>>().join("\n\n")
}

/// What came of listeners.
pub(crate) struct Ran {
    facts: Vec<Fact>,
    simulated: Simulated,
}

/// Has listeners hear blocks of so many characters, all from the start on.
pub(crate) fn listeners(machine: &Machine, shape: Shape, chars: usize, client: Client, seed: u64) -> Ran {
    let Shape { users, blocks, speed } = shape;
    let seed = Seed::root(seed);
    let plan = Plan {
        users,
        share: Share::WHOLE,
        blocks,
        model: "kokoro".to_owned(),
        voice: None,
        speed: Speed::from_thousandths(speed).expect("not zero"),
        policy: stress_tool(),
        behaviour: Behaviour::NONE,
        schedule: ArrivalSchedule::Even { window: Duration::ZERO, users },
        texts: None,
        use_cached: false,
        varied_lengths: false,
        network: LinkMix::default(),
        timeout: Duration::from_secs(600),
        seed,
    };
    let corpus = Corpus::from_plain(&text(chars)).expect("has words");
    let scripts = plan.scripts(&corpus, seed.child("unique"));
    let mut gateway = machine.clone();
    if client == Client::TakesAll {
        gateway.cross_talk = CrossTalk::PerUser;
    }
    let scenario = Scenario { plan, scripts, gateway, seed: seed.child("luck") };
    let mut facts = Vec::new();
    let simulated = match client {
        Client::Checks => simulate(&scenario, |fact| facts.push(fact)),
        Client::TakesAll => simulate_without_document_check(&scenario, |fact| facts.push(fact)),
    };
    Ran { facts, simulated: simulated.expect("the scenario can be simulated") }
}

/// Seconds that one request for so many characters takes on a machine that does nothing else.
pub(crate) fn single_request(machine: &Machine, chars: usize) -> f64 {
    let shape = Shape { users: 1, blocks: 1, speed: 1_000 };
    listeners(machine, shape, chars, Client::Checks, 1).round_trip_s()
}

/// Requests a second that so many workers make of a queue that is never empty.
pub(crate) fn throughput(machine: &Machine, workers: u32, chars: usize) -> f64 {
    let mut machine = machine.clone();
    machine.models[0].workers = Workers::Pull(workers);
    let ran = listeners(
        &machine,
        Shape { users: workers * 2, blocks: 20, speed: 100_000 },
        chars,
        Client::Checks,
        1,
    );
    f64::from(workers * 2 * 20) / ran.last_ready_s()
}

/// Most blocks that wait, and the longest wait in seconds, when so many come at once.
pub(crate) fn burst(machine: &Machine, workers: u32, blocks: u32) -> (f64, f64) {
    let mut machine = machine.clone();
    machine.models[0].workers = Workers::Pull(workers);
    let at_once = NonZeroU32::new(blocks / 8).map_or(1, NonZeroU32::get);
    let ran =
        listeners(&machine, Shape { users: at_once, blocks: 8, speed: 1_000 }, UNIFORM, Client::Checks, 1);
    let longest = ran.blocks().filter_map(round_trip).max().unwrap_or_default();
    (f64::from(ran.simulated.load.models[0].most_queued), longest.as_secs_f64())
}

fn round_trip(block: &BlockRecord) -> Option<Duration> {
    Some(block.ready_at?.since(block.requested_at?))
}

fn seconds(at: Option<Instant>) -> f64 {
    at.map_or(f64::NAN, |at| at.since(Instant::START).as_secs_f64())
}

impl Ran {
    /// The listeners of the tests, who hear uniform blocks.
    pub(crate) fn of(machine: &Machine, shape: Shape, client: Client, seed: u64) -> Self {
        listeners(machine, shape, UNIFORM, client, seed)
    }

    fn blocks(&self) -> impl Iterator<Item = &BlockRecord> {
        self.facts.iter().filter_map(|fact| if let Fact::Block(record) = fact { Some(record) } else { None })
    }

    /// Of everybody's first block, the mean.
    pub(crate) fn first_block_s(&self) -> f64 {
        let all: Vec<f64> =
            self.blocks().filter(|block| block.block.0 == 0).map(|block| seconds(block.ready_at)).collect();
        all.iter().sum::<f64>() / f64::from(u32::try_from(all.len()).expect("few"))
    }

    /// Until playback began, which waits for two blocks; the mean.
    pub(crate) fn startup_s(&self) -> f64 {
        let all: Vec<f64> = self.starts().map(|at| seconds(Some(at))).collect();
        all.iter().sum::<f64>() / f64::from(u32::try_from(all.len()).expect("few"))
    }

    fn starts(&self) -> impl Iterator<Item = Instant> {
        self.facts
            .iter()
            .filter_map(|fact| if let Fact::Listener(record) = fact { record.started_at } else { None })
    }

    /// Asked for until ready, the mean.
    pub(crate) fn round_trip_s(&self) -> f64 {
        let all: Vec<f64> = self.blocks().filter_map(round_trip).map(|span| span.as_secs_f64()).collect();
        all.iter().sum::<f64>() / f64::from(u32::try_from(all.len()).expect("few"))
    }

    pub(crate) fn underruns(&self) -> f64 {
        let count = self.facts.iter().filter(|fact| matches!(fact, Fact::Stall(_))).count();
        f64::from(u32::try_from(count).expect("few"))
    }

    pub(crate) fn stalled_s(&self) -> f64 {
        let waited = |fact: &Fact| if let Fact::Stall(stall) = fact { Some(stall.waited) } else { None };
        self.facts.iter().filter_map(waited).sum::<Duration>().as_secs_f64()
    }

    /// From the first sound to the last session's end.
    pub(crate) fn listening_s(&self) -> f64 {
        let first = self.starts().min().unwrap_or(Instant::START);
        self.simulated.ended_at.since(first).as_secs_f64()
    }

    /// When the last block was made.
    pub(crate) fn last_ready_s(&self) -> f64 {
        seconds(self.blocks().filter_map(|block| block.ready_at).max())
    }

    /// From the last request to the last result.
    pub(crate) fn drain_s(&self) -> f64 {
        self.last_ready_s() - seconds(self.blocks().filter_map(|block| block.requested_at).max())
    }
}
