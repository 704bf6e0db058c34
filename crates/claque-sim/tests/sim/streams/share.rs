//! A plan with streams that two machines have a share of each.

use claque_core::{record::Fact, rng::Seed, share::Share};

use super::{StreamScenario, engine, every, ms, run, scenario};
use crate::house;

fn facts(scenario: &StreamScenario, share: Share) -> Vec<Fact> {
    let mut scenario = scenario.clone();
    scenario.plan.share = share;
    scenario.scripts = scenario.plan.scripts(&house::corpus(), Seed::root(2));
    let mut facts = run(&scenario).facts;
    facts.sort_by_key(Fact::listener);
    facts
}

#[test]
fn two_halves_of_a_plan_give_the_facts_of_the_whole() {
    let mut scenario = scenario(7, 3, engine());
    scenario.plan.schedule = every(7, ms(130));
    let whole = facts(&scenario, Share::WHOLE);
    for at in [1, 5] {
        let mut both = facts(&scenario, Share::of(0..at));
        both.extend(facts(&scenario, Share::of(at..7)));
        assert_eq!(both, whole, "cut at {at}");
    }
}
