//! Where waiting comes from, in a service of which queue and work are known on paper.

use claque_core::{
    record::Fact,
    time::{Duration, MediaTime, Speed},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_sim::Scenario;
use claque_stats::explain::{Attribution, Explanation, ExplanationBuilder, Part, ReplayTerms};

use crate::house::{Outcome, SECOND, clockwork, run, scenario, unlimited};

fn explained(scenario: &Scenario, outcome: &Outcome) -> Explanation {
    let min_buffer = usize::try_from(scenario.plan.policy.min_buffer).expect("it is small");
    let terms = ReplayTerms { speed: Speed::NORMAL, min_buffer };
    let mut builder = ExplanationBuilder::new(false, Some(terms));
    for end in outcome.listeners() {
        let of_it = |fact: &&Fact| fact.listener() == end.listener;
        let (mut blocks, mut stalls) = (Vec::new(), Vec::new());
        for fact in outcome.facts.iter().filter(of_it) {
            match fact {
                Fact::Block(record) => blocks.push(record.clone()),
                Fact::Stall(record) => stalls.push(*record),
                Fact::Error(_) | Fact::Incident(_) | Fact::Listener(_) | Fact::Sound(_) => {}
            }
        }
        blocks.sort_by_key(|block| block.block);
        builder.add(&blocks, &stalls, Some(end));
    }
    builder.finish()
}

fn seconds(waits: &Attribution, part: Part) -> f64 {
    Duration::from_nanos(waits.of(part).expect("every part is told").total_ns).as_secs_f64()
}

/// Twelve blocks at once, one worker, a second each: they are with it for 1 s and wait 0, 1, .. 11 s before.
#[test]
fn queue_and_work_of_a_clockwork_are_what_paper_says() {
    let listeners = 12_u32;
    let scenario = scenario(listeners, 1, clockwork());
    let outcome = run(&scenario);
    let told = explained(&scenario, &outcome);
    let (work, queue) = (f64::from(listeners), f64::from(listeners * (listeners - 1) / 2));
    let made = seconds(&told.blocks, Part::Making);
    // They start within 0.9 ms, and a message takes a few milliseconds.
    assert!((made - work - queue).abs() < 0.02 * (work + queue), "{made} s of {work} + {queue}");
    assert_eq!(told.blocks.count, u64::from(listeners));

    // The service's own load tells the two apart.
    let model = &outcome
        .simulated
        .load
        .models
        .iter()
        .find(|model| &*model.model == "kokoro")
        .expect("it is on offer");
    let share = model.mean_queued / (model.mean_queued + model.mean_busy);
    let expected = f64::from(listeners - 1) / f64::from(listeners + 1);
    assert!((share - expected).abs() < 0.002, "{share} against {expected}");
    let there = (model.mean_queued + model.mean_busy) * outcome.simulated.ended_at.as_millis_f64() / 1_000.0;
    assert!((there - made).abs() < 0.02 * made, "{there} s at the service, {made} s of making");
}

/// One listener and a worker that takes 3 s for 2 s of audio: after the start buffer each block is a second late, and all of that is
/// the service but for what a message and a fetch take.
#[test]
fn stalls_at_a_slow_worker_are_its_work() {
    let slow = unlimited(GatewayConfig::current()).with_deterministic_engine(
        1,
        3 * SECOND,
        MediaTime::from_millis(2_000),
    );
    let mut scenario = scenario(1, 8, slow);
    scenario.plan.policy.batch_size = 8;
    scenario.plan.policy.min_buffer = 1;
    let outcome = run(&scenario);
    let told = explained(&scenario, &outcome);
    let stalled: Duration = outcome.stalls().iter().map(|stall| stall.waited).sum();
    assert_eq!((told.stalls.count, told.stalls.unattributed), (7, 0));
    assert_eq!(u128::from(told.stalls.total_ns), stalled.as_nanos());
    assert_eq!(stalled.as_millis(), 7_000, "a second each");
    let (made, fetched) = (seconds(&told.stalls, Part::Making), seconds(&told.stalls, Part::Delivery));
    assert!(made > 6.0 && fetched < 1.0 && (made + fetched - 7.0).abs() < 1e-6, "{made} and {fetched}");
    // Made in half the time, block n would be there at about 1.5 n seconds and nobody would stall.
    let halved = told.halved.expect("blocks are played whole");
    assert_eq!((halved.listeners, halved.listeners_left_out), (1, 0));
    let left = |part| halved.parts.iter().find(|halved| halved.part == part).expect("it is told").stalled_ns;
    assert_eq!(left(Part::Making), 0);
    assert_eq!(left(Part::Asking), halved.stalled_ns, "all were asked for together");
}
