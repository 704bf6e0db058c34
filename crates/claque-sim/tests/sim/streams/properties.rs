//! Random plans: everything ends, every block is accounted for once, and nothing is heard before it could have been sent.

use core::num::NonZeroU32;
use std::collections::BTreeSet;

use claque_core::{
    listener::{Behaviour, ThinkTime, Turns},
    player::PlayerPolicy,
    record::{BlockOutcome, SessionEnd},
    rng::Seed,
    time::{Duration, MediaTime},
};
use claque_front::openai::HeadTime;
use claque_gateway::{Abandoned, Batching, StreamEffect, StreamFault, StreamSelector, StreamingConfig};
use claque_sim::StreamScenario;
use claque_wire::openai::{Delivery, Dialect, RequestSettings};
use proptest::prelude::*;

use super::{every, run, scenario};
use crate::house::{corpus, network, speed};

fn engines() -> impl Strategy<Value = StreamingConfig> {
    (1_u32..5, 0_usize..8, 300_u32..20_000, 20_u64..900, 0_u32..1_500, any::<bool>()).prop_map(
        |(slots, max_queued, rate, chunk, slowdown, goes_on)| StreamingConfig {
            slots: NonZeroU32::new(slots).expect("not zero"),
            max_queued,
            rate: speed(rate),
            chunk: MediaTime::from_millis(chunk),
            batching: Batching::Slowdown { thousandths: slowdown },
            abandoned: if goes_on { Abandoned::Finished } else { Abandoned::Stopped },
            ..StreamingConfig::default()
        },
    )
}

fn faults() -> impl Strategy<Value = Vec<StreamFault>> {
    let effects = prop_oneof![
        Just(StreamEffect::Silence),
        (0_u64..4_000).prop_map(|after| StreamEffect::Break { after: MediaTime::from_millis(after) }),
        (100_u32..2_000).prop_map(|rate| StreamEffect::Slow { rate: speed(rate) }),
        Just(StreamEffect::NoDone),
        Just(StreamEffect::Refuse { status: 429, retry_after: None }),
        prop::option::of(0_u64..20)
            .prop_map(|held| StreamEffect::Stuck { held: held.map(Duration::from_secs) }),
    ];
    let fault = (0.0..0.4, effects)
        .prop_map(|(share, effect)| StreamFault { selector: StreamSelector::Share(share), effect });
    prop::collection::vec(fault, 0..3)
}

fn listening() -> impl Strategy<Value = (PlayerPolicy, Behaviour)> {
    let buffers = (0_u64..1_500, 0_u64..1_500);
    let turns = (0_u64..3_000, 0.0..1.0).prop_map(|(think, barge_in)| Turns {
        think: ThinkTime::Fixed(Duration::from_millis(think)),
        barge_in,
    });
    let rates = (0.0..10.0, 0.0..10.0, 0.0..10.0, 0.0..0.5);
    (buffers, prop::option::of(turns), rates, 1_u32..4).prop_map(
        |((start, resume), turns, (seek, pause, voice, hang_up), in_flight)| {
            let preset = if turns.is_some() { PlayerPolicy::TURNS } else { PlayerPolicy::READER };
            let policy = PlayerPolicy {
                start_buffer: MediaTime::from_millis(start),
                resume_buffer: MediaTime::from_millis(resume),
                max_in_flight: NonZeroU32::new(in_flight),
                block_timeout: Duration::from_secs(40),
                ..preset
            };
            (policy, Behaviour { seek, pause, voice, hang_up, turns, ..Behaviour::NONE })
        },
    )
}

fn scenarios() -> impl Strategy<Value = StreamScenario> {
    let links = (0_u64..300, prop::option::of(3_000_u64..100_000));
    let deliveries = prop::sample::select(Delivery::ALL.to_vec());
    ((1_u32..5, 1_u32..8, any::<u64>()), engines(), faults(), listening(), links, (deliveries, any::<bool>()))
        .prop_map(|((users, blocks, seed), engine, faults, listening, link, (delivery, late_head))| {
            let mut scenario = scenario(users, blocks, engine);
            (scenario.plan.policy, scenario.plan.behaviour) = listening;
            scenario.plan.schedule = every(users, Duration::from_millis(700));
            scenario.plan.varied_lengths = true;
            scenario.scripts = scenario.plan.scripts(&corpus(), Seed::root(seed));
            scenario.seed = Seed::root(seed);
            scenario.service.faults = faults;
            scenario.service.head = if late_head { HeadTime::WithAudio } else { HeadTime::AtOnce };
            if let Ok(request) = RequestSettings::new(Dialect::OPENAI, delivery, None) {
                scenario.request = request;
            }
            scenario.voices = ["alloy", "echo"].map(str::to_owned).to_vec();
            let (latency, bandwidth) = link;
            scenario.plan.network = network(latency, bandwidth.map(|bytes| 8 * bytes));
            scenario
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn everything_ends_and_every_block_has_one_record(scenario in scenarios()) {
        let outcome = run(&scenario);
        let mut seen = BTreeSet::new();
        for record in outcome.blocks() {
            prop_assert!(seen.insert((record.listener, record.block)), "{record:?} comes twice");
            let ways = scenario.plan.network.classes()[0].profile.delay * 2;
            if let (Some(asked), Some(heard)) = (record.requested_at, record.first_audio_at) {
                prop_assert!(heard.since(asked) >= ways, "{record:?}");
            }
            if let (Some(first), Some(whole)) = (record.first_audio_at, record.complete_at) {
                prop_assert!(first <= whole && record.media > MediaTime::ZERO, "{record:?}");
            }
            if record.outcome == BlockOutcome::Played {
                prop_assert!(record.complete_at.is_some() && record.chunks > 0, "{record:?}");
            }
        }
        let own = |listener| seen.iter().filter(|(whose, _)| *whose == listener).count();
        for record in outcome.listeners() {
            let is_all = own(record.listener) == usize::try_from(scenario.plan.blocks).expect("few");
            let jumps = scenario.plan.behaviour.is_some() && scenario.plan.behaviour.turns.is_none();
            prop_assert!(record.end != SessionEnd::Completed || jumps || is_all, "{record:?}");
        }
        prop_assert_eq!(outcome.listeners().len(), usize::try_from(scenario.plan.users).expect("few"));
        prop_assert_eq!(&run(&scenario), &outcome);
    }
}
