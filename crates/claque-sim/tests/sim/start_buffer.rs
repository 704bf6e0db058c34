//! The least start buffer that a recorded run tells of, against a simulation with that buffer.
//!
//! They are equal exactly where what is asked for when does not depend on the buffer: here everybody asks for the
//! whole text at once. With a window that moves as blocks are played, a player that starts later also asks later, and
//! replay is an estimate.

use claque_core::{
    continuity::{ReplayBlock, least_start_buffer, replay},
    ids::ListenerId,
    rng::Seed,
    time::{Duration, Instant},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_sim::Scenario;

use crate::house::{Outcome, run, scenario, unlimited};

/// Intended start and blocks of a listener, as recorded.
fn recorded(outcome: &Outcome, listener: ListenerId) -> (Instant, Vec<ReplayBlock>) {
    let mut blocks: Vec<_> =
        outcome.blocks().into_iter().filter(|record| record.listener == listener).collect();
    blocks.sort_by_key(|record| record.block);
    let blocks = blocks
        .into_iter()
        .map(|record| ReplayBlock { settled_at: record.complete_at, media: record.media })
        .collect();
    (outcome.listener(listener.0).intended_at, blocks)
}

/// Four listeners who ask for everything at once of four workers, which are too slow for them.
fn all_at_once(seed: u64) -> Scenario {
    let mut scenario = scenario(4, 24, unlimited(GatewayConfig::current()));
    scenario.plan.policy.batch_size = 24;
    scenario.plan.policy.min_buffer = 1;
    scenario.plan.speed = crate::house::speed(4_000);
    scenario.seed = Seed::root(seed);
    scenario
}

#[test]
fn a_simulation_with_the_least_start_buffer_has_no_stall_and_the_startup_that_replay_told() {
    let mut stalled = 0;
    for seed in 1..=8 {
        let eager = all_at_once(seed);
        let outcome = run(&eager);
        stalled += outcome.stalls().len();
        let sessions: Vec<_> = (0..4).map(|listener| recorded(&outcome, ListenerId(listener))).collect();
        let least = sessions
            .iter()
            .filter_map(|(at, blocks)| least_start_buffer(*at, blocks, eager.plan.speed))
            .max()
            .unwrap();

        let with = |buffer: usize| {
            let mut patient = eager.clone();
            patient.plan.policy.min_buffer = u32::try_from(buffer).unwrap();
            run(&patient)
        };
        let patient = with(least);
        assert_eq!(patient.stalls(), [], "seed {seed}: {least} blocks are enough");
        let told: Vec<Duration> = sessions
            .iter()
            .map(|(at, blocks)| replay(*at, blocks, eager.plan.speed, least).startup.unwrap())
            .collect();
        assert_eq!(patient.startups(), told, "seed {seed}");
        if least > 1 {
            assert_ne!(with(least - 1).stalls(), [], "seed {seed}: {least} blocks are needed");
        }
    }
    assert!(stalled > 0, "there was something to be saved");
}

#[test]
fn every_stall_of_every_buffer_is_the_same_replayed_and_simulated() {
    let eager = all_at_once(3);
    let outcome = run(&eager);
    for buffer in 1..=24_usize {
        let mut patient = eager.clone();
        patient.plan.policy.min_buffer = u32::try_from(buffer).unwrap();
        let simulated = run(&patient);
        for listener in (0..4).map(ListenerId) {
            let (at, blocks) = recorded(&outcome, listener);
            let told: Vec<_> = replay(at, &blocks, eager.plan.speed, buffer)
                .stalls
                .into_iter()
                .map(|stall| (stall.began_at, stall.waited))
                .collect();
            let stalls = simulated.stalls().into_iter().filter(|stall| stall.listener == listener);
            let had: Vec<_> = stalls.map(|stall| (stall.began_at, stall.waited)).collect();
            assert_eq!(had, told, "buffer {buffer}, listener {listener}");
        }
    }
}
