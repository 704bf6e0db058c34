//! An audience that is held at a number: whoever ends is replaced. And what listeners choose to hear.

use std::collections::BTreeSet;

use claque_core::{
    player::Reconnect,
    popularity::TextPopularity,
    record::{ListenerRecord, SessionEnd},
    rng::Seed,
    schedule::{ArrivalSchedule, Hold},
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{ConnectionEffect, ConnectionFault, ConnectionSelector, Workers};
use claque_sim::Scenario;

use crate::house::{Outcome, SECOND, corpus, run, scenario, second, unlimited};

/// So many at a time for 20 s, each of whom hears two blocks of two seconds that take a second to make: a stay of five seconds.
fn held(present: u32, generations: u32) -> Scenario {
    let config = unlimited(GatewayConfig::current());
    let mut config = config.with_deterministic_engine(1, SECOND, MediaTime::from_millis(2_000));
    config.models.iter_mut().for_each(|model| model.workers = Workers::Unlimited);
    let mut scenario = scenario(present * generations, 2, config);
    let hold = Hold { present, window: Duration::ZERO, until: second(20) };
    scenario.plan.schedule = ArrivalSchedule::Held(hold);
    scenario
}

fn stays(outcome: &Outcome) -> Vec<(u32, Instant, Instant)> {
    let stay = |record: &ListenerRecord| (record.listener.0, record.intended_at, record.ended_at);
    outcome.listeners().into_iter().map(stay).collect()
}

#[test]
fn whoever_ends_is_replaced_in_that_moment_until_the_time_is_over() {
    let outcome = run(&held(3, 10));
    let expected: Vec<_> = (0..4_u64)
        .flat_map(|generation| {
            let (from, to) = (second(5 * generation), second(5 * generation + 5));
            (0..3_u64).map(move |place| (u32::try_from(3 * generation + place).unwrap(), from, to))
        })
        .collect();
    assert_eq!(stays(&outcome), expected, "the fourth generation ends as the time is over");
    assert_eq!(outcome.played(), 24);
}

#[test]
fn a_place_without_a_further_listener_stays_empty() {
    assert_eq!(stays(&run(&held(2, 3))).len(), 6);
}

#[test]
fn who_fails_at_once_is_replaced_after_a_second_and_not_as_fast_as_it_fails() {
    let mut scenario = held(1, 100);
    scenario.gateway.faults.connections = vec![ConnectionFault {
        selector: ConnectionSelector::Every,
        after_notices: 0,
        at_block: None,
        after: None,
        effect: ConnectionEffect::Refuse { status: 503 },
    }];
    scenario.plan.policy.reconnect = Reconnect::Off;
    let outcome = run(&scenario);
    assert!(outcome.ends().iter().all(|end| matches!(end, SessionEnd::Failed(_))));
    let starts: Vec<Instant> = outcome.listeners().iter().map(|record| record.intended_at).collect();
    assert_eq!(starts, (0..20).map(second).collect::<Vec<_>>());
}

#[test]
fn a_cache_meets_popular_texts_as_often_as_they_are_chosen() {
    let mut scenario = held(1, 60);
    let texts = TextPopularity { texts: 4, exponent: 1.0 };
    scenario.plan.texts = Some(texts);
    // One after the other, so that nobody joins work under way.
    scenario.plan.schedule = ArrivalSchedule::Even { window: 600 * SECOND, users: 60 };
    scenario.scripts = scenario.plan.scripts(&corpus(), Seed::root(2));
    let stats = run(&scenario).simulated.gateway.pipeline;
    let chosen: BTreeSet<u32> = (0..60).map(|listener| texts.text_of(scenario.plan.seed, listener)).collect();
    let distinct = u64::try_from(chosen.len()).expect("few");
    assert_eq!(distinct, 4, "each of so few is chosen by some");
    assert_eq!((stats.served, stats.cache_hits), (2 * distinct, 2 * (60 - distinct)));
}
