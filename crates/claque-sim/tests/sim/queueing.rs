//! Single blocks that come at random, against what queueing theory knows of them.
//!
//! One block a listener, so that listeners that come as a Poisson process are customers of a queue, and the gateway's workers its servers.

use claque_core::{
    arrivals::{ArrivalBound, ArrivalProcess, Rate, RateProfile},
    record::Fact,
    rng::Seed,
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::ServiceModel;
use claque_sim::{Scenario, Simulated, simulate};

use crate::{
    house::{corpus, scenario, unlimited},
    queue_variance::{asymptotic_variance, relative_variance},
};

/// Longer than anybody waits in these queues.
const FOR_EVER: Duration = Duration::from_secs(1_000_000_000);
/// Mean service of a block.
const SERVICE: Duration = Duration::from_secs(1);

/// Blocks that come at random to so many workers, of whom each is busy for `utilisation` of its time.
fn queue(blocks: u32, workers: u32, utilisation: f64, service: ServiceModel, seed: u64) -> Scenario {
    let media = MediaTime::from_millis(1);
    let mut config = unlimited(GatewayConfig::current()).with_deterministic_engine(workers, SERVICE, media);
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

/// What is known of a queue beforehand, for control variates: the mean gap between arrivals and the mean service, both in seconds.
#[derive(Clone, Copy, Debug)]
struct Means {
    gap: f64,
    service: f64,
}

impl Means {
    fn of(workers: u32, utilisation: f64) -> Self {
        let service = SERVICE.as_secs_f64();
        Self { gap: service / (utilisation * f64::from(workers)), service }
    }
}

/// Sums over cycles of seconds waited, blocks, seconds until the next begins, and seconds served; and sums of their products. A cycle begins with a block that finds nobody there and is independent of everything before (Crane and Lemoine 1977).
#[derive(Clone, Copy, Debug, Default)]
struct Cycles {
    sums: [f64; 4],
    products: [[f64; 4]; 4],
}

impl Cycles {
    /// Adds the cycles that begin in the first nine tenths of these stays. The last of them is taken whole: leaving out what has no end
    /// leaves out the longest (Meketon and Heidelberger 1982).
    fn add(&mut self, stays: &[Stay]) {
        let (mut cycle, mut begun, mut last_ready) = ([0.0; 4], Instant::START, Instant::START);
        for (place, stay) in stays.iter().enumerate() {
            if stay.asked >= last_ready {
                if place > 0 {
                    cycle[2] = stay.asked.since(begun).as_secs_f64();
                    self.put(cycle);
                }
                if 10 * place >= 9 * stays.len() {
                    return;
                }
                (cycle, begun) = ([0.0; 4], stay.asked);
            }
            cycle[0] += stay.waited();
            cycle[1] += 1.0;
            cycle[3] += stay.served();
            last_ready = last_ready.max(stay.ready);
        }
    }

    fn put(&mut self, cycle: [f64; 4]) {
        for (row, a) in cycle.into_iter().enumerate() {
            self.sums[row] += a;
            for (column, b) in cycle.into_iter().enumerate() {
                self.products[row][column] += a * b;
            }
        }
    }

    /// The sum over cycles of the product of two weighted sums of what they have.
    fn product(&self, a: [f64; 4], b: [f64; 4]) -> f64 {
        let row = |row: usize| (0..4).map(|column| self.products[row][column] * b[column]).sum::<f64>();
        (0..4).map(|place| a[place] * row(place)).sum()
    }

    fn sum(&self, a: [f64; 4]) -> f64 {
        (0..4).map(|place| a[place] * self.sums[place]).sum()
    }

    /// The mean wait and its standard error, both in seconds. Who had more to do than is usual waited longer: how much of a wait comes of that
    /// is known by regression on the gaps and services, whose means are known, and is taken off (control variates; Lavenberg, Moeller and Sauer
    /// 1979).
    fn mean_wait(&self, means: Means) -> (f64, f64) {
        let blocks = self.sums[1];
        let mean = self.sums[0] / blocks;
        let off = [1.0, -mean, 0.0, 0.0];
        let (gaps, services) = ([0.0, -means.gap, 1.0, 0.0], [0.0, -means.service, 0.0, 1.0]);
        let (gg, gs, ss) =
            (self.product(gaps, gaps), self.product(gaps, services), self.product(services, services));
        let (og, os) = (self.product(off, gaps), self.product(off, services));
        // Of equal services nothing is to be learned.
        let is_fixed = ss < 1e-9 * gg;
        let (by_gap, by_service) = if is_fixed {
            (og / gg, 0.0)
        } else {
            let whole = gg * ss - gs * gs;
            ((og * ss - os * gs) / whole, (os * gg - og * gs) / whole)
        };
        let rest = self.product(off, off) - by_gap * og - by_service * os;
        let known = by_gap * self.sum(gaps) + by_service * self.sum(services);
        (mean - known / blocks, rest.max(0.0).sqrt() / blocks)
    }
}

fn mean_wait(stays: &[Stay], means: Means) -> (f64, f64) {
    let mut all = Cycles::default();
    all.add(stays);
    all.mean_wait(means)
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
    assert_near(mean_wait(&stays, Means::of(1, 0.8)), pollaczek_khinchine(0.8));
}

/// A queue of so many workers at several utilisations; the closer to one, the further a mean of few blocks may be from the formula.
fn assert_as_erlang_has_it(workers: u32) {
    for utilisation in [0.5, 0.8, 0.95] {
        let scenario = queue(6_000, workers, utilisation, EXPONENTIAL, 11);
        let (stays, simulated) = stays(&scenario, usize::try_from(workers).expect("few"));
        assert_services_are_exponential(&stays);
        assert_load_is_the_stays(&stays, &simulated);
        assert_near(mean_wait(&stays, Means::of(workers, utilisation)), erlang(workers, utilisation));
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

/// A queue of which the mean wait is known.
#[derive(Clone, Copy, Debug)]
struct Case {
    workers: u32,
    service: ServiceModel,
    utilisation: f64,
}

impl Case {
    fn all() -> Vec<Self> {
        let services = [(1, EXPONENTIAL), (4, EXPONENTIAL), (1, ServiceModel::Fixed(SERVICE))];
        let of = |(workers, service)| {
            [0.5, 0.8, 0.95].map(move |utilisation| Self { workers, service, utilisation })
        };
        services.into_iter().flat_map(of).collect()
    }

    fn is_fixed(self) -> bool {
        matches!(self.service, ServiceModel::Fixed(_))
    }

    /// The mean wait, in seconds.
    fn truth(self) -> f64 {
        if self.is_fixed() {
            pollaczek_khinchine(self.utilisation)
        } else {
            erlang(self.workers, self.utilisation)
        }
    }

    fn named(self) -> String {
        format!("M/{}/{}", if self.is_fixed() { "D" } else { "M" }, self.workers)
    }

    /// Blocks after which the mean wait has this standard error, as a share of it, without control variates. Where services are equal only arrivals are
    /// random, and in heavy traffic half as many do (the variance of the reflected Brownian motion grows with that of both; Whitt 1989).
    fn blocks_for(self, error: f64) -> u32 {
        let fewer = if self.is_fixed() { 0.5 } else { 1.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some millions")]
        let blocks = (fewer * relative_variance(self.workers, self.utilisation) / error.powi(2))
            .clamp(1_000.0, 1e9) as u32;
        blocks
    }
}

/// Of the number present in M/M/1 the variance is 2u (1 + u) / (1 - u)^4 (Whitt 1992).
#[test]
fn the_size_of_a_run_is_that_of_theory() {
    for u in [0.5_f64, 0.8, 0.95] {
        let (variance, mean) = asymptotic_variance(1, u, f64::from);
        let known = 2.0 * u * (1.0 + u) / (1.0 - u).powi(4);
        assert!((variance / known - 1.0).abs() < 1e-6, "{variance} {known}");
        assert!((mean * (1.0 - u) / u - 1.0).abs() < 1e-9, "{mean}");
    }
    let few = Case { workers: 4, service: EXPONENTIAL, utilisation: 0.5 };
    let one = Case { workers: 1, ..few };
    assert!(few.blocks_for(0.01) > one.blocks_for(0.01), "few of four workers' blocks wait at all");
}

/// The full check of `cargo xtask bench queueing`, which asks for a standard error, in percent, and takes minutes. Without the variable it looks
/// whether a small queue is in order.
#[test]
fn waits_are_within_two_percent_of_the_formulas_where_enough_blocks_are_asked_for() {
    let Some(asked) = asked_for("CLAQUE_QUEUEING_ERROR_PCT") else {
        let case = Case { workers: 1, service: EXPONENTIAL, utilisation: 0.5 };
        return assert_near(replicated(2_000, case), case.truth());
    };
    let error = asked.parse::<f64>().expect("a standard error in percent") / 100.0;
    let mut furthest = 0.0_f64;
    println!("queue  utilisation      blocks  mean wait, s  standard error  formula, s  off by");
    let chosen = asked_for("CLAQUE_QUEUEING_QUEUES");
    let chosen = chosen.map(|numbers| numbers.split(',').map(str::to_owned).collect::<Vec<_>>());
    for (case, number) in Case::all().into_iter().zip(1..) {
        if chosen.as_ref().is_some_and(|chosen| !chosen.contains(&number.to_string())) {
            continue;
        }
        let truth = case.truth();
        let blocks = case.blocks_for(error);
        let (mean, error) = replicated(blocks, case);
        let off = mean / truth - 1.0;
        furthest = furthest.max(off.abs());
        println!(
            "{:<5}  {:>11}  {blocks:>10}  {mean:>12.5}  {:>12.2} %  {truth:>10.5}  {:>5.2} %",
            case.named(),
            case.utilisation,
            100.0 * error / truth,
            100.0 * off
        );
    }
    assert!(furthest < 0.02, "more than 2 % off");
}

#[expect(clippy::disallowed_methods, reason = "how much is measured is no part of what is")]
fn asked_for(variable: &str) -> Option<String> {
    std::env::var(variable).ok()
}

/// The mean wait of all blocks, a replication with its own arrivals and texts after the other so that memory holds them.
fn replicated(blocks: u32, case: Case) -> (f64, f64) {
    const AT_ONCE: u32 = 100_000;
    let mut cycles = Cycles::default();
    for (first, number) in (0..blocks).step_by(100_000).zip(11_u64..) {
        let count = AT_ONCE.min(blocks - first);
        let scenario = queue(count, case.workers, case.utilisation, case.service, number);
        let (stays, _) = stays(&scenario, usize::try_from(case.workers).expect("few"));
        cycles.add(&stays);
    }
    cycles.mean_wait(Means::of(case.workers, case.utilisation))
}
