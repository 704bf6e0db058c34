//! Lockstep, told from the times alone: found where a client counts everybody's messages, and only there.

use std::collections::BTreeMap;

use claque_core::{
    player::PlayerPolicy,
    record::BlockRecord,
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::{CrossTalk, GatewayConfig};
use claque_sim::Scenario;
use claque_stats::{Lockstep, lockstep};

use crate::house::{SECOND, clockwork, run, scenario, speed, unlimited};

fn found(blocks: &[BlockRecord]) -> Lockstep {
    lockstep(blocks)
}

fn blocks(scenario: &Scenario) -> Vec<BlockRecord> {
    run(scenario).blocks().into_iter().cloned().collect()
}

/// What a client writes down that takes the first message about a block since it connected for its own, whoever's it
/// was: the older script. The messages are those of the simulation, whose players listen to their own only.
fn without_looking(blocks: &[BlockRecord]) -> Vec<BlockRecord> {
    let mut messages: BTreeMap<_, Vec<Instant>> = BTreeMap::new();
    for record in blocks {
        messages.entry(record.block).or_default().extend(record.ready_at);
    }
    let mut connected: BTreeMap<_, Instant> = BTreeMap::new();
    for record in blocks {
        let intended_at = record.intended_at.expect("it is wanted");
        let at = connected.entry(record.listener).or_insert(intended_at);
        *at = intended_at.min(*at);
    }
    let fooled = |record: &BlockRecord| {
        let since = connected[&record.listener];
        let first = messages.get(&record.block).into_iter().flatten().filter(|at| **at >= since).min();
        // Messages to many are written one after the other.
        let delay = Duration::from_micros(u64::from(record.listener.0) * 311 % 1_700);
        BlockRecord { ready_at: first.map(|at| *at + delay), ..record.clone() }
    };
    blocks.iter().map(fooled).collect()
}

fn crossed(users: u32, seed: u64) -> Scenario {
    let mut scenario = scenario(users, 24, unlimited(GatewayConfig::current()));
    scenario.gateway.cross_talk = CrossTalk::PerUser;
    scenario.seed = Seed::root(seed);
    scenario
}

#[test]
fn a_client_that_does_not_look_whose_they_are_is_in_lockstep() {
    for (users, seed) in [(2, 1), (3, 2), (5, 3), (5, 4), (20, 5)] {
        let told = blocks(&crossed(users, seed));
        assert!(!found(&told).is_suspected(), "{users} users, each with its own: {:?}", found(&told));
        let fooled = found(&without_looking(&told));
        assert!(fooled.is_suspected(), "{users} users: {fooled:?}");
    }
}

#[test]
fn a_stagger_does_not_hide_it() {
    let mut scenario = crossed(5, 7);
    scenario.plan.schedule = ArrivalSchedule::Even { window: SECOND, users: 5 };
    let fooled = found(&without_looking(&blocks(&scenario)));
    assert!(fooled.is_suspected(), "{fooled:?}");
}

#[test]
fn no_valid_run_is_suspected() {
    let config = || unlimited(GatewayConfig::current());
    let usual = |users, seed| {
        let mut scenario = scenario(users, 24, config());
        scenario.seed = Seed::root(seed);
        scenario
    };
    let with = |mut scenario: Scenario, change: fn(&mut Scenario)| {
        change(&mut scenario);
        scenario
    };
    let shapes = [
        ("two listeners", usual(2, 11)),
        ("five", usual(5, 12)),
        ("twenty on four workers, far beyond their capacity", usual(20, 13)),
        ("forty, fast", with(usual(40, 14), |scenario| scenario.plan.speed = speed(2_000))),
        ("one worker of which everything takes the same time", scenario(6, 24, clockwork())),
        (
            "a worker for each, of which everything takes the same time",
            scenario(6, 24, config().with_deterministic_engine(6, SECOND, MediaTime::from_millis(2_000))),
        ),
        (
            "a cache that answers at once",
            with(usual(8, 15), |scenario| {
                scenario.plan.use_cached = true;
                scenario.scripts = scenario.plan.scripts(&crate::house::corpus(), Seed::root(2));
            }),
        ),
        ("all asked for at once", with(usual(6, 16), |scenario| scenario.plan.policy.batch_size = 24)),
        (
            "late comers",
            with(usual(8, 17), |scenario| {
                scenario.plan.schedule = ArrivalSchedule::Even { window: 30 * SECOND, users: 8 };
            }),
        ),
        ("the player of today", with(usual(10, 18), |scenario| scenario.plan.policy = PlayerPolicy::WEB)),
    ];
    for (shape, scenario) in shapes {
        let told = found(&blocks(&scenario));
        assert!(!told.is_suspected(), "{shape}: {told:?}");
    }
}
