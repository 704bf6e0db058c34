//! Single blocks that come at random, against what queueing theory knows of them.
//!
//! One block a listener, so that listeners that come as a Poisson process are customers of a queue. The gateway's workers are its servers. The
//! full check to 2 % needs tens of millions of blocks: `cargo xtask bench queueing`.

use claque_core::{
    arrivals::{ArrivalBound, ArrivalProcess, Rate, RateProfile},
    record::Fact,
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_gateway::{GatewayConfig, ServiceModel};
use claque_sim::{Scenario, Simulated, simulate};

use crate::house::{corpus, scenario, unlimited};

/// Longer than anybody waits in these queues.
const FOR_EVER: Duration = Duration::from_secs(1_000_000_000);
/// Mean service of a block.
const SERVICE: Duration = Duration::from_secs(1);

/// Blocks that come at random to so many workers, of whom each is busy for `utilisation` of its time.
fn queue(blocks: u32, workers: u32, utilisation: f64, service: ServiceModel, seed: u64) -> Scenario {
    let mut config = unlimited(GatewayConfig::current()).with_deterministic_engine(
        workers,
        SERVICE,
        MediaTime::from_millis(1),
    );
    for model in &mut config.models {
        model.service = service;
    }
    config.pipeline.overflow = None;
    // Customers of a queue wait for as long as it takes, and nothing gives them up.
    config.pipeline.visibility_timeout = FOR_EVER;
    config.pipeline.key_life = FOR_EVER;
    let mut scenario = scenario(blocks, 1, config);
    let rate = Rate::per_second(utilisation * f64::from(workers) / SERVICE.as_secs_f64()).expect("a rate");
    let poisson = ArrivalProcess::Poisson(RateProfile::constant(rate));
    let bound = ArrivalBound { users: Some(blocks), within: None };
    scenario.plan.schedule = poisson.schedule(bound, Seed::root(seed)).expect("somebody comes");
    scenario.scripts = scenario.plan.scripts(&corpus(), Seed::root(seed));
    scenario.seed = Seed::root(seed);
    scenario.plan.timeout = FOR_EVER;
    scenario.plan.policy.block_timeout = FOR_EVER;
    scenario.plan.policy.patience = FOR_EVER;
    scenario
}

/// A block's stay: when it was asked for, when its service began, when it was ready. Blocks are served in their order by the first worker
/// that is free, so the begin follows from all ends.
#[derive(Clone, Copy, Debug)]
struct Stay {
    asked: Instant,
    begun: Instant,
    ready: Instant,
}

impl Stay {
    fn waited(self) -> f64 {
        self.begun.since(self.asked).as_secs_f64()
    }

    fn served(self) -> f64 {
        self.ready.since(self.begun).as_secs_f64()
    }
}

/// Lets the blocks come and gives their stays, in the order of coming.
fn stays(scenario: &Scenario, workers: usize) -> (Vec<Stay>, Simulated) {
    let mut visits = Vec::new();
    let simulated = simulate(scenario, |fact| {
        if let Fact::Block(block) = fact {
            visits.push((block.requested_at.expect("asked for"), block.ready_at.expect("made")));
        }
    });
    visits.sort_unstable();
    let mut free = vec![Instant::START; workers];
    let stays = visits.into_iter().map(|(asked, ready)| {
        let first = free.iter_mut().min().expect("there is a worker");
        let begun = asked.max(*first);
        *first = ready;
        Stay { asked, begun, ready }
    });
    (stays.collect(), simulated.expect("it can be simulated"))
}

/// The mean wait and its standard error, both in seconds, by the regenerative method (Crane and Lemoine 1977): what happens between two
/// blocks that find nobody there is independent of everything else.
fn mean_wait(stays: &[Stay]) -> (f64, f64) {
    let mut cycles: Vec<(f64, f64)> = Vec::new();
    let mut last_ready = Instant::START;
    for stay in stays {
        if cycles.is_empty() || stay.asked >= last_ready {
            cycles.push((0.0, 0.0));
        }
        if let Some((waited, blocks)) = cycles.last_mut() {
            *waited += stay.waited();
            *blocks += 1.0;
        }
        last_ready = last_ready.max(stay.ready);
    }
    // What has no end is no whole one.
    cycles.pop();
    let waited: f64 = cycles.iter().map(|(waited, _)| waited).sum();
    let blocks: f64 = cycles.iter().map(|(_, blocks)| blocks).sum();
    let mean = waited / blocks;
    let off: f64 = cycles.iter().map(|(waited, blocks)| (waited - mean * blocks).powi(2)).sum();
    (mean, off.sqrt() / blocks)
}

/// The mean wait of M/M/c for a mean service of a second: Erlang's C over the rate at which the workers' spare capacity serves.
fn erlang(workers: u32, utilisation: f64) -> f64 {
    let offered = utilisation * f64::from(workers);
    // Erlang's B by its recursion, and C from it.
    let blocked = (1..=workers).fold(1.0, |blocked, servers| {
        let product = offered * blocked;
        product / (f64::from(servers) + product)
    });
    let waits = blocked / (1.0 - utilisation * (1.0 - blocked));
    waits / (f64::from(workers) - offered)
}

/// The mean wait of M/D/1 for a service of a second (Pollaczek and Khinchine).
fn pollaczek_khinchine(utilisation: f64) -> f64 {
    utilisation / (2.0 * (1.0 - utilisation))
}

/// Fails where a mean is further from the truth than chance has it in one of two thousand.
fn assert_near((mean, error): (f64, f64), truth: f64) {
    assert!((mean - truth).abs() < 3.5 * error, "a mean wait of {mean} ± {error} s instead of {truth} s");
}

const EXPONENTIAL: ServiceModel = ServiceModel::Exponential { mean: SERVICE };

#[test]
fn formulas_give_what_tables_of_queueing_theory_have() {
    // M/M/1: rho / (1 - rho); M/M/2 at 0.5: a third; M/M/5 at 0.8: an Erlang C of 0.5541 over one.
    for (workers, utilisation, wait) in
        [(1, 0.5, 1.0), (1, 0.95, 19.0), (2, 0.5, 1.0 / 3.0), (5, 0.8, 0.5541)]
    {
        let found = erlang(workers, utilisation);
        assert!((found - wait).abs() < 1e-4, "{workers} workers at {utilisation}: {found}");
    }
}

#[test]
fn with_equal_services_each_block_waits_as_lindley_has_it_and_all_as_pollaczek_and_khinchine() {
    let (stays, _) = stays(&queue(3_000, 1, 0.8, ServiceModel::Fixed(SERVICE), 11), 1);
    let mut free = Instant::START;
    for stay in &stays {
        free = stay.asked.max(free) + SERVICE;
        assert_eq!(stay.ready, free, "to the nanosecond");
    }
    assert_near(mean_wait(&stays), pollaczek_khinchine(0.8));
}

/// A queue of so many workers at several utilisations; the closer to one, the further a mean of few blocks may be from the formula.
fn assert_as_erlang_has_it(workers: u32) {
    for utilisation in [0.5, 0.8, 0.95] {
        let scenario = queue(6_000, workers, utilisation, EXPONENTIAL, 11);
        let (stays, simulated) = stays(&scenario, usize::try_from(workers).expect("few"));
        assert_services_are_exponential(&stays);
        assert_load_is_the_stays(&stays, &simulated);
        assert_near(mean_wait(&stays), erlang(workers, utilisation));
    }
}

#[test]
fn with_one_worker_blocks_wait_as_in_m_m_1() {
    assert_as_erlang_has_it(1);
}

#[test]
fn with_four_workers_blocks_wait_as_in_m_m_c() {
    assert_as_erlang_has_it(4);
}

/// Services are found on the assumption that blocks are served in their order by the first free worker. Were that not so, they would not be
/// exponential, and some would be negative.
fn assert_services_are_exponential(stays: &[Stay]) {
    let mut served: Vec<f64> = stays.iter().map(|stay| stay.served()).collect();
    served.sort_by(f64::total_cmp);
    let count = f64::from(u32::try_from(served.len()).expect("not that many"));
    let distance = (0_u32..).zip(&served).map(|(rank, served)| {
        let is = 1.0 - (-served).exp();
        (is - f64::from(rank) / count).abs().max((f64::from(rank + 1) / count - is).abs())
    });
    let distance = distance.fold(0.0, f64::max);
    // Kolmogorov and Smirnov: beyond 1.95 / sqrt(n) by chance in one of a thousand.
    assert!(served[0] > 0.0 && distance < 1.95 / count.sqrt(), "distance {distance}");
}

/// Little's law, exactly: what the service counts over time is what the blocks' own times say.
fn assert_load_is_the_stays(stays: &[Stay], simulated: &Simulated) {
    let over = simulated.ended_at.as_millis_f64() / 1_000.0;
    let waited: f64 = stays.iter().map(|stay| stay.waited()).sum();
    let served: f64 = stays.iter().map(|stay| stay.served()).sum();
    let load = &simulated.load.models[0];
    assert!((load.mean_queued * over / waited - 1.0).abs() < 1e-9, "{} {waited}", load.mean_queued * over);
    assert!((load.mean_busy * over / served - 1.0).abs() < 1e-9, "{} {served}", load.mean_busy * over);
}

/// The full check of `cargo xtask bench queueing`, which asks for so many blocks a case and takes minutes. Without the variable it looks whether a
/// small queue is in order.
#[test]
fn waits_are_within_two_percent_of_the_formulas_where_enough_blocks_are_asked_for() {
    let Some(asked) = asked_for() else {
        return assert_near(replicated(2_000, 1, 0.5, EXPONENTIAL), erlang(1, 0.5));
    };
    let blocks = asked.parse().expect("a number of blocks");
    let cases = [(1, EXPONENTIAL), (4, EXPONENTIAL), (1, ServiceModel::Fixed(SERVICE))];
    let cases = cases.into_iter().flat_map(|case| [0.5, 0.8, 0.95].map(|utilisation| (case, utilisation)));
    let mut furthest = 0.0_f64;
    println!("workers  service      utilisation  mean wait, s  standard error  formula, s  off by");
    for ((workers, service), utilisation) in cases {
        let (truth, named) = match service {
            ServiceModel::Fixed(_) => (pollaczek_khinchine(utilisation), "fixed"),
            ServiceModel::Exponential { .. } | ServiceModel::PerChar { .. } | ServiceModel::Empirical(_) => {
                (erlang(workers, utilisation), "exponential")
            }
        };
        let (mean, error) = replicated(blocks_for(blocks, utilisation), workers, utilisation, service);
        let off = mean / truth - 1.0;
        furthest = furthest.max(off.abs());
        println!(
            "{workers:>7}  {named:<11}  {utilisation:>11}  {mean:>12.5}  {error:>14.5}  {truth:>10.5}  {:>5.2} %",
            100.0 * off
        );
    }
    assert!(furthest < 0.02, "more than 2 % off");
}

#[expect(clippy::disallowed_methods, reason = "how much is measured is no part of what is")]
fn asked_for() -> Option<String> {
    std::env::var("CLAQUE_QUEUEING_BLOCKS").ok()
}

/// Of a full set of blocks, as many as a utilisation needs for the same standard error. That of M/M/1 is, of the mean and for one block, the
/// root of (2 + 5u - 4u² + u³) / (u (1 - u)²) (Daley 1968).
fn blocks_for(full: u32, utilisation: f64) -> u32 {
    let variance = |u: f64| (2.0 + 5.0 * u - 4.0 * u * u + u * u * u) / (u * (1.0 - u) * (1.0 - u));
    let share = variance(utilisation) / variance(0.95);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of what it was")]
    let blocks = (f64::from(full) * share) as u32;
    blocks.max(1_000)
}

/// The mean wait of all blocks, a replication with its own arrivals and texts after the other so that memory holds them.
fn replicated(blocks: u32, workers: u32, utilisation: f64, service: ServiceModel) -> (f64, f64) {
    const AT_ONCE: u32 = 100_000;
    let (mut sum, mut square, mut done) = (0.0, 0.0, 0.0);
    for (first, number) in (0..blocks).step_by(100_000).zip(11_u64..) {
        let count = AT_ONCE.min(blocks - first);
        let scenario = queue(count, workers, utilisation, service, number);
        let (stays, _) = stays(&scenario, usize::try_from(workers).expect("few"));
        let (mean, error) = mean_wait(&stays);
        sum += mean * f64::from(count);
        square += (error * f64::from(count)).powi(2);
        done += f64::from(count);
    }
    (sum / done, square.sqrt() / done)
}
