//! How fast virtual time passes: whole simulations, and beside them the queue of events alone.
//!
//! `cargo xtask bench simulation` runs this in release, with the crowds that CLAQUE_SIMULATION_USERS names, and prints the tables
//! of docs/simulation.md. As a test it simulates a small crowd and looks that nothing is missing.

mod queues;
mod recovery;

use std::{fmt::Write as _, fs};

use claque_core::{
    arrivals::{ArrivalBound, ArrivalProcess, Rate, RateProfile},
    corpus::Corpus,
    ids::ListenerId,
    listener::Behaviour,
    plan::Plan,
    player::PlayerPolicy,
    record::Fact,
    rng::Seed,
    schedule::ArrivalSchedule,
    share::Share,
    time::{Duration, Speed},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{ServiceModel, Workers};
use claque_sim::{Scenario, simulate};
use claque_stats::{RunShape, Summary, SummaryBuilder};

/// Blocks of each listener.
const BLOCKS: u32 = 30;
/// Listeners of the test.
const FEW: u32 = 300;

fn corpus() -> Corpus {
    let text = include_str!("../../../claque/corpus/alice.md");
    Corpus::from_markdown(text).expect("has words")
}

/// A crowd that comes within two minutes to a service with as many workers as it has work for.
fn crowd(users: u32) -> Scenario {
    let corpus = corpus();
    let plan = Plan {
        users,
        share: Share::WHOLE,
        blocks: BLOCKS,
        model: "kokoro".to_owned(),
        voice: None,
        speed: Speed::NORMAL,
        policy: PlayerPolicy::WEB_2026_02_07,
        behaviour: Behaviour::NONE,
        schedule: ArrivalSchedule::Even { window: Duration::from_secs(120), users },
        texts: None,
        use_cached: false,
        varied_lengths: false,
        network: claque_core::link::LinkMix::default(),
        timeout: Duration::from_secs(600),
        seed: Seed::root(1),
    };
    let scripts = plan.scripts(&corpus, Seed::root(2));
    let mut gateway = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
    for model in &mut gateway.models {
        // A block of 80 characters is made in 2.6 s and heard in 5.7 s.
        model.workers = Workers::Pull((users * 6 / 10).max(1));
    }
    Scenario { plan, scripts, gateway, seed: Seed::root(3) }
}

/// Simulates with exact figures and no facts, as `--facts none` does.
fn figures(scenario: &Scenario) -> (Summary, u64) {
    let shape = RunShape { users: scenario.plan.users, blocks_per_user: BLOCKS };
    let mut figures = SummaryBuilder::new(shape);
    let simulated = simulate(scenario, |fact| {
        figures.add(&fact);
        if let Fact::Listener(record) = &fact {
            figures.close(record.listener);
        }
    });
    let simulated = simulated.expect("the scenario can be simulated");
    (figures.finish(None), simulated.events)
}

/// Greatest resident memory of this process so far, in MB; none where the system does not tell.
fn peak_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb / 1_024)
}

/// How much a bench wants measured, by the name of a variable; none in a test.
#[expect(clippy::disallowed_methods, reason = "a bench says so")]
fn asked(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Prints the table for people; a test keeps it to itself unless it fails.
#[expect(clippy::print_stdout, reason = "a bench reads it")]
fn print(line: &str) {
    println!("{line}");
}

fn measure(users: u32) -> Summary {
    let ((summary, events), seconds) = queues::timed(|| figures(&crowd(users)));
    let blocks = summary.blocks.intended;
    let rate = |count: u64| {
        #[expect(clippy::cast_precision_loss, reason = "a rate is told with three digits")]
        let count = count as f64;
        count / seconds
    };
    let mut line = format!("| {users} | {blocks} | {seconds:.2} s | {:.0} | ", rate(blocks));
    let _ = write!(line, "{events} | {:.2} | {:.2} | ", rate(events) / rate(blocks), rate(events) / 1e6);
    let _ = write!(line, "{} |", peak_mb().map_or_else(String::new, |mb| format!("{mb} MB")));
    print(&line);
    summary
}

#[test]
fn a_crowd_is_simulated_and_every_block_is_heard() {
    let asked = asked("CLAQUE_SIMULATION_USERS");
    let crowds: Vec<u32> =
        asked.as_deref().unwrap_or("").split(',').filter_map(|users| users.parse().ok()).collect();
    let crowds = if crowds.is_empty() { vec![FEW] } else { crowds };
    print("| listeners | blocks | CPU | blocks/s | events | a block | million events/s | memory |");
    for users in crowds {
        let summary = measure(users);
        assert_eq!(summary.blocks.ok, u64::from(users) * u64::from(BLOCKS));
        assert_eq!(summary.listeners.completed, u64::from(users));
    }
}

/// Single blocks that come at random to four workers who are busy for 0.8 of their time: what SimPy and Ciw simulate beside it.
fn customers(count: u32) -> Scenario {
    const FOR_EVER: Duration = Duration::from_secs(1_000_000_000);
    let mut scenario = crowd(count);
    let rate = Rate::per_second(3.2).expect("a rate");
    let poisson = ArrivalProcess::Poisson(RateProfile::constant(rate));
    let bound = ArrivalBound { users: Some(count), within: None };
    let plan = &mut scenario.plan;
    plan.blocks = 1;
    plan.schedule = poisson.schedule(bound, Seed::root(1)).expect("somebody comes");
    (plan.timeout, plan.policy.block_timeout, plan.policy.patience) = (FOR_EVER, FOR_EVER, FOR_EVER);
    let corpus =
        Corpus::from_plain("One block for each of them, and nothing else to be heard.").expect("has words");
    scenario.scripts = plan.scripts(&corpus, Seed::root(2));
    for model in &mut scenario.gateway.models {
        model.workers = Workers::Pull(4);
        model.service = ServiceModel::Exponential { mean: Duration::from_secs(1) };
    }
    let pipeline = &mut scenario.gateway.pipeline;
    (pipeline.visibility_timeout, pipeline.key_life) = (FOR_EVER, FOR_EVER);
    scenario
}

#[test]
fn customers_of_a_queue_wait_as_long_as_erlang_has_it() {
    let asked = asked("CLAQUE_SIMULATION_CUSTOMERS").and_then(|count| count.parse().ok());
    let count: u32 = asked.unwrap_or(4_000);
    let scenario = customers(count);
    let mut waited = Duration::ZERO;
    let (simulated, seconds) = queues::timed(|| {
        simulate(&scenario, |fact| {
            if let Fact::Block(block) = &fact
                && let (Some(asked), Some(ready)) = (block.requested_at, block.ready_at)
            {
                waited += ready.since(asked);
            }
        })
    });
    simulated.expect("the scenario can be simulated");
    let wait = waited.as_secs_f64() / f64::from(count) - 1.0;
    print("| M/M/4 | customers | CPU | customers/s | mean wait in services |");
    print(&format!("| claque | {count} | {seconds:.2} s | {:.0} | {wait:.3} |", f64::from(count) / seconds));
    // Erlang's C for four workers at 0.8 is 0.5964, and the mean wait 0.5964 / (4 - 3.2) = 0.7455 services.
    assert!((wait - 0.7455).abs() < if count > 100_000 { 0.05 } else { 0.35 }, "{wait}");
}

#[test]
fn figures_on_the_way_are_those_of_all_facts() {
    let scenario = crowd(40);
    let mut facts = Vec::new();
    simulate(&scenario, |fact| facts.push(fact)).expect("the scenario can be simulated");
    // In another order: by listeners, from the last.
    facts.sort_by_key(|fact| core::cmp::Reverse(fact.listener().0));
    let shape = RunShape { users: 40, blocks_per_user: BLOCKS };
    assert_eq!(figures(&scenario).0, claque_stats::summarise(shape, &facts, None));
    assert!(facts.iter().any(|fact| fact.listener() == ListenerId(39)));
}
