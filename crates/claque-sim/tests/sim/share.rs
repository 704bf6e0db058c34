//! A plan that several machines have a share of each: together they come to the facts of the whole, as long as listeners do not
//! meet at the service.

use claque_core::{
    record::Fact,
    rng::Seed,
    schedule::{ArrivalSchedule, Hold},
    share::Share,
    time::{Duration, Instant},
};
use claque_gateway::Workers;
use claque_sim::Scenario;

use crate::house::{SECOND, clockwork, corpus, run, scenario};

/// A service at which nobody waits for anybody.
fn roomy(users: u32, blocks: u32) -> Scenario {
    let mut gateway = clockwork();
    gateway.models.iter_mut().for_each(|model| model.workers = Workers::Unlimited);
    let mut scenario = scenario(users, blocks, gateway);
    scenario.plan.schedule = ArrivalSchedule::Even { window: SECOND, users };
    scenario
}

/// The facts of a share, by listeners. The names of documents are the service's, which numbers those of each machine by itself.
fn facts(scenario: &Scenario, share: Share) -> Vec<Fact> {
    let mut scenario = scenario.clone();
    scenario.plan.share = share;
    scenario.scripts = scenario.plan.scripts(&corpus(), Seed::root(2));
    let mut facts = run(&scenario).facts;
    for fact in &mut facts {
        if let Fact::Listener(record) = fact {
            record.document.clear();
        }
    }
    facts.sort_by_key(Fact::listener);
    facts
}

fn halves(scenario: &Scenario, at: u32) -> Vec<Fact> {
    let mut both = facts(scenario, Share::of(0..at));
    both.extend(facts(scenario, Share::of(at..u32::MAX)));
    both.sort_by_key(Fact::listener);
    both
}

#[test]
fn two_halves_of_a_plan_give_the_facts_of_the_whole() {
    let scenario = roomy(7, 5);
    let whole = facts(&scenario, Share::WHOLE);
    assert!(whole.iter().any(|fact| fact.listener().0 == 6));
    for at in [0, 1, 4, 7] {
        assert_eq!(halves(&scenario, at), whole, "cut at {at}");
    }
}

#[test]
fn whoever_takes_a_place_is_of_the_share_that_has_the_place() {
    let mut scenario = roomy(40, 3);
    let hold = Hold { present: 4, window: SECOND, until: Instant::from_millis(30_000) };
    scenario.plan.schedule = ArrivalSchedule::Held(hold);
    let whole = facts(&scenario, Share::WHOLE);
    assert!(whole.iter().any(|fact| fact.listener().0 > 8), "nobody was replaced twice");
    assert_eq!(halves(&scenario, 1), whole);
    let of_one = facts(&scenario, Share::of(2..3));
    assert!(of_one.iter().all(|fact| fact.listener().0 % 4 == 2));
}

/// A service that all have to share is another matter, and this test would not notice a share if it were not.
#[test]
fn halves_that_meet_at_a_worker_do_not_wait_for_each_other() {
    let mut scenario = scenario(6, 4, clockwork());
    scenario.plan.schedule = ArrivalSchedule::Even { window: Duration::ZERO, users: 6 };
    assert_ne!(halves(&scenario, 3), facts(&scenario, Share::WHOLE));
}
