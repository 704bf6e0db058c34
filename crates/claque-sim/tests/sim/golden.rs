//! The facts of a few scenarios, held to what they were when this was written: whatever makes the simulator faster must leave every
//! moment of every block as it was. A change of these numbers is a change of results, and belongs into the changelog.

use claque_core::{
    listener::Behaviour,
    popularity::TextPopularity,
    record::Fact,
    schedule::{ArrivalSchedule, Hold},
    time::{Duration, Instant},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::Workers;
use claque_sim::Scenario;

use crate::house::{network, run, scenario, second, speed, unlimited};

/// FNV-1a (Fowler, Noll and Vo 1991) of the facts, by what they say and not by how a program holds it.
fn digest(facts: &[Fact]) -> u64 {
    let moment = |at: Option<Instant>| at.map_or(u64::MAX, Instant::as_nanos);
    let nanos = |span: Duration| u64::try_from(span.as_nanos()).expect("a run is shorter than 584 years");
    let mut words = Vec::new();
    for fact in facts {
        words.push(u64::from(fact.listener().0));
        match fact {
            Fact::Block(block) => {
                let moments = [
                    block.intended_at,
                    block.requested_at,
                    block.answered_request_at,
                    block.acknowledged_at,
                    block.ready_at,
                    block.first_audio_at,
                    block.complete_at,
                    block.started_at,
                ];
                words.extend(moments.map(moment));
                let counts =
                    [block.block.0, block.batch, block.chars, block.chunks, u32::from(block.resends)];
                words.extend(counts.map(u64::from));
                words.extend([block.media.as_nanos(), block.bytes]);
                words.extend(block.outcome.as_str().bytes().map(u64::from));
            }
            Fact::Stall(stall) => {
                words.extend([u64::from(stall.block.0), stall.began_at.as_nanos(), nanos(stall.waited)]);
            }
            Fact::Error(error) => {
                words.push(error.at.as_nanos());
                words.extend(error.failure.text.bytes().map(u64::from));
            }
            Fact::Incident(incident) => words.push(incident.at.as_nanos()),
            Fact::Listener(listener) => {
                let moments = [
                    Some(listener.intended_at),
                    Some(listener.launched_at),
                    listener.started_at,
                    Some(listener.ended_at),
                ];
                words.extend(moments.map(moment));
                words.extend([
                    nanos(listener.paused),
                    listener.playing.map_or(u64::MAX, nanos),
                    listener.warnings,
                ]);
            }
            Fact::Sound(_) => unreachable!("nothing sounds in a simulation"),
        }
    }
    words.iter().flat_map(|word| word.to_le_bytes()).fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn noisy(users: u32, blocks: u32) -> Scenario {
    let mut scenario = scenario(users, blocks, unlimited(GatewayConfig::current()));
    scenario.plan.schedule = ArrivalSchedule::Even { window: Duration::from_secs(20), users };
    scenario.plan.speed = speed(1_500);
    scenario
}

fn busy() -> Scenario {
    noisy(12, 24)
}

fn with_overflow() -> Scenario {
    Scenario { gateway: unlimited(GatewayConfig::feb_2026_tuned()), ..noisy(30, 16) }
}

fn far_away() -> Scenario {
    let mut scenario = noisy(10, 12);
    scenario.plan.network = network(40, Some(160_000));
    scenario
}

fn restless() -> Scenario {
    let mut scenario = noisy(16, 20);
    let (seek, skip, pause, voice, hang_up) = (2.0, 3.0, 1.0, 0.5, 0.1);
    scenario.plan.behaviour = Behaviour { seek, skip, pause, voice, hang_up, ..Behaviour::NONE };
    scenario
}

fn held() -> Scenario {
    let mut scenario = noisy(60, 8);
    let hold = Hold { present: 6, window: Duration::from_secs(3), until: second(90) };
    scenario.plan.schedule = ArrivalSchedule::Held(hold);
    scenario
}

fn shared() -> Scenario {
    let mut scenario = noisy(20, 10);
    scenario.plan.texts = Some(TextPopularity { texts: 4, exponent: 1.0 });
    scenario.scripts = scenario.plan.scripts(&crate::house::corpus(), claque_core::rng::Seed::root(2));
    scenario
}

fn many() -> Scenario {
    let mut scenario = noisy(6_000, 4);
    scenario.gateway.models.iter_mut().for_each(|model| model.workers = Workers::Unlimited);
    scenario
}

#[test]
fn facts_are_what_they_were() {
    let scenarios = [busy(), with_overflow(), far_away(), restless(), held(), shared(), many()];
    let digests = scenarios.map(|scenario| digest(&run(&scenario).facts));
    let before = [
        8_249_887_289_152_617_699,
        9_965_999_674_376_263_176,
        11_466_980_052_617_149_278,
        9_806_820_815_788_984_758,
        7_800_956_180_774_722_218,
        766_605_867_796_457_566,
        8_892_666_581_363_887_723,
    ];
    assert_eq!(digests, before);
}
