//! Random plans: everything ends, and every block is accounted for once.

use std::collections::BTreeSet;

use claque_core::{
    listener::Behaviour,
    player::{PlayerPolicy, ReadyWhen},
    record::{Fact, SessionEnd},
    rng::Seed,
    schedule::ArrivalSchedule,
    time::{Duration, Speed},
};
use claque_front::yapit::gateway::{CrossTalk, GatewayConfig};
use claque_gateway::{ConnectionEffect, ConnectionFault, ConnectionSelector, Effect, FaultRule, Selector};
use claque_sim::Scenario;
use proptest::prelude::*;

use crate::house::{corpus, far, run, scenario, unlimited};

fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        Just(Effect::EngineError { times: None, text: "broken".to_owned() }),
        (0_u64..60).prop_map(|extra| Effect::Slow { extra: Duration::from_secs(extra) }),
        Just(Effect::AudioMissing),
        Just(Effect::AudioServerError),
    ]
}

fn connection_effects() -> impl Strategy<Value = ConnectionEffect> {
    prop_oneof![
        Just(ConnectionEffect::Close { code: 1011, reason: String::new() }),
        Just(ConnectionEffect::Silence),
        Just(ConnectionEffect::Garbage),
    ]
}

fn gateways() -> impl Strategy<Value = GatewayConfig> {
    let presets = prop::sample::select(GatewayConfig::PRESETS.to_vec());
    let job_fault = prop::option::of((0.0..0.5, effects()));
    let selectors = prop_oneof![
        Just(ConnectionSelector::Nth(1)),
        Just(ConnectionSelector::Every),
        (1_u64..8).prop_map(ConnectionSelector::First),
    ];
    let connection_fault = prop::option::of((selectors, 0_u64..30, connection_effects()));
    (presets, any::<bool>(), any::<bool>(), job_fault, connection_fault).prop_map(
        |(preset, limited, crossed, job_fault, connection_fault)| {
            let config = GatewayConfig::preset(preset).expect("it is listed");
            let mut config = if limited { config } else { unlimited(config) };
            config.cross_talk = if crossed { CrossTalk::PerUser } else { CrossTalk::None };
            if let Some((share, effect)) = job_fault {
                config.faults.jobs.push(FaultRule { selector: Selector::Share(share), effect });
            }
            if let Some((selector, after_notices, effect)) = connection_fault {
                config.faults.connections.push(ConnectionFault {
                    selector,
                    after_notices,
                    at_block: None,
                    after: None,
                    effect,
                });
            }
            config
        },
    )
}

fn policies() -> impl Strategy<Value = PlayerPolicy> {
    let readiness = prop_oneof![Just(ReadyWhen::Whole), Just(ReadyWhen::FirstAudio)];
    (1_u32..12, 0_u32..12, 0_u32..12, readiness).prop_map(
        |(batch_size, refill_threshold, min_buffer, readiness)| PlayerPolicy {
            batch_size,
            refill_threshold,
            min_buffer,
            readiness,
            ..PlayerPolicy::WEB
        },
    )
}

fn behaviours() -> impl Strategy<Value = Behaviour> {
    let rate = || prop_oneof![2 => Just(0.0), 1 => 0.0..20.0_f64];
    (rate(), rate(), rate(), rate(), rate()).prop_map(|(seek, skip, pause, voice, hang_up)| Behaviour {
        seek,
        skip,
        pause,
        voice,
        hang_up: hang_up / 20.0,
        ..Behaviour::NONE
    })
}

fn scenarios() -> impl Strategy<Value = Scenario> {
    let plan = (1_u32..6, 1_u32..20, 100_u32..30_000, 0_u64..30, any::<bool>(), any::<bool>());
    (plan, policies(), gateways(), 0_u64..500, (any::<u64>(), behaviours())).prop_map(
        |(
            (users, blocks, speed, window, use_cached, varied),
            policy,
            gateway,
            latency,
            (seed, behaviour),
        )| {
            let mut scenario = scenario(users, blocks, gateway);
            let plan = &mut scenario.plan;
            plan.speed = Speed::from_thousandths(speed).expect("not zero");
            plan.schedule = ArrivalSchedule::Even { window: Duration::from_secs(window), users };
            (plan.policy, plan.use_cached, plan.varied_lengths) = (policy, use_cached, varied);
            plan.timeout = Duration::from_secs(90);
            plan.behaviour = behaviour;
            scenario.scripts = scenario.plan.scripts(&corpus(), Seed::root(seed));
            scenario.plan.network = far(latency);
            scenario.seed = Seed::root(seed);
            scenario
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn everything_ends_and_every_block_has_one_record(scenario in scenarios()) {
        let outcome = run(&scenario);
        let (users, blocks) = (scenario.plan.users, scenario.plan.blocks);
        let mut seen = BTreeSet::new();
        for record in outcome.blocks() {
            prop_assert!(seen.insert((record.listener, record.block)), "{record:?} comes twice");
            prop_assert!(record.block.0 < blocks);
        }
        prop_assert_eq!(outcome.listeners().len(), usize::try_from(users).expect("few"));
        for record in outcome.listeners() {
            let own = seen.iter().filter(|(listener, _)| *listener == record.listener).count();
            let all = usize::try_from(blocks).expect("few");
            prop_assert!(own <= all);
            if record.end == SessionEnd::Completed && !scenario.plan.behaviour.is_some() {
                prop_assert_eq!(own, all);
            }
            let last = outcome.facts.iter().rev().find(|fact| fact.listener() == record.listener);
            prop_assert!(matches!(last, Some(Fact::Listener(_))), "something after the end: {last:?}");
        }
        let ended = outcome.listeners().iter().map(|record| record.ended_at).max();
        prop_assert_eq!(ended, Some(outcome.simulated.ended_at));
        prop_assert_eq!(&run(&scenario), &outcome);
    }
}
