//! What machines do to the times of workers, against what can be worked out on paper.

use claque_core::time::{Duration, Instant};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{Crashes, MachineModel, Tail};
use claque_sim::{Scenario, Simulated};

use crate::house::{Outcome, SECOND, clockwork, run, scenario};

/// Longer than anybody waits here.
const LONG: Duration = Duration::from_secs(100_000);

/// One block for each of so many listeners who come at once, for workers with these machines and a second a block.
fn made(users: u32, workers: u32, machine: &MachineModel) -> Outcome<Simulated> {
    let mut gateway = GatewayConfig {
        models: clockwork().models,
        ..clockwork().with_deterministic_engine(workers, SECOND, claque_core::time::MediaTime::from_millis(1))
    };
    for model in &mut gateway.models {
        model.workers = claque_gateway::Workers::Pull(workers);
        model.machine = machine.clone();
    }
    gateway.pipeline.max_retries = 1_000;
    let mut scenario: Scenario = scenario(users, 1, gateway);
    scenario.plan.timeout = LONG;
    (scenario.plan.policy.block_timeout, scenario.plan.policy.patience) = (LONG, LONG);
    run(&scenario)
}

/// When blocks were ready, in order, to the millisecond: listeners come within the first.
fn ready(outcome: &Outcome<Simulated>) -> Vec<u64> {
    let mut ready: Vec<_> = outcome.blocks().iter().filter_map(|block| block.ready_at).collect();
    ready.sort_unstable();
    ready.iter().map(|at| at.as_nanos() / 1_000_000).collect()
}

#[test]
fn a_worker_of_half_the_speed_makes_half_as_much() {
    let machine = MachineModel { speeds: vec![1.0, 0.5], ..MachineModel::default() };
    let outcome = made(40, 2, &machine);
    // After t seconds t + t / 2 are made: of forty the last after 27.
    assert_eq!(ready(&outcome).last(), Some(&27_000));
    let alone = made(3, 1, &MachineModel { speeds: vec![4.0, 1.0], ..MachineModel::default() });
    assert_eq!(ready(&alone), [250, 500, 750], "the first of them is the only worker");
}

#[test]
fn a_delivery_delay_is_in_every_wait_and_costs_no_worker_time() {
    let machine = MachineModel { delivery: Duration::from_millis(250), ..MachineModel::default() };
    assert_eq!(ready(&made(3, 1, &machine)), [1_250, 2_250, 3_250]);
}

#[test]
fn a_tail_that_is_everybody_is_a_slower_service() {
    let tail = Some(Tail { share: 1.0, factor: 3.0 });
    assert_eq!(ready(&made(2, 1, &MachineModel { tail, ..MachineModel::default() })), [3_000, 6_000]);
}

#[test]
fn workers_crash_as_often_as_an_exponential_time_is_shorter_than_a_job() {
    let crashes = Some(Crashes { mean: Duration::from_secs(4), restart: Duration::from_secs(2) });
    let users = 600;
    let outcome = made(users, 4, &MachineModel { crashes, ..MachineModel::default() });
    assert_eq!(outcome.played(), usize::try_from(users).unwrap(), "each is made in the end");
    // A job is lost with p = 1 - exp(-1/4), so p / (1 - p) times for each that is made: exp(1/4) - 1.
    let lost = outcome.simulated.gateway.pipeline.requeued;
    let expected = f64::from(users) * (0.25_f64.exp() - 1.0);
    let lost = f64::from(u32::try_from(lost).unwrap());
    // The number of failures before so many successes has a standard deviation of sqrt(n p) / (1 - p) = 14.8.
    assert!((lost - expected).abs() < 50.0, "{lost} instead of {expected}");
    // Nobody notices before the visibility timeout, and a worker is back sooner.
    let first = outcome.blocks().iter().filter_map(|block| block.ready_at).min().unwrap();
    assert!(first >= Instant::from_millis(1_000));
}
