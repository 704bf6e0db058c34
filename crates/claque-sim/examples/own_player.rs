//! A player of your own beside yapit's, at the same service, in virtual time: `cargo run -p claque-sim --example own_player`.
#![expect(clippy::print_stdout, reason = "the answer of an example")]

use std::error::Error;

use claque_core::{
    corpus::Corpus,
    listener::Behaviour,
    plan::Plan,
    player::{PlayerPolicy, RefillPolicy},
    rng::Seed,
    schedule::ArrivalSchedule,
    share::Share,
    time::{Duration, MediaTime, Speed},
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::Workers;
use claque_sim::{Scenario, simulate};
use claque_stats::{RunShape, Summary, SummaryBuilder};

/// Asks for the next six blocks, each by itself, and goes on after a stall only with ten seconds of audio in hand.
const OWN: PlayerPolicy = PlayerPolicy {
    refill: RefillPolicy::EachBlock,
    refill_threshold: 6,
    resume_buffer: MediaTime::from_millis(10_000),
    ..PlayerPolicy::WEB
};

const SHAPE: RunShape = RunShape { users: 12, blocks_per_user: 20 };

fn main() -> Result<(), Box<dyn Error>> {
    for (name, policy) in [("yapit's", PlayerPolicy::WEB), ("your own", OWN)] {
        let heard = listen(policy)?;
        let (stalls, startup) = (heard.underruns.map_or(0, |stalls| stalls.count), heard.startup_time);
        let startup = startup.map_or(f64::NAN, |times| times.mean_ms / 1_000.0);
        println!(
            "{name}: {} of {} blocks heard, {stalls} underruns, first sound after {startup:.1} s",
            heard.blocks.ok, heard.blocks.intended
        );
    }
    Ok(())
}

/// Twelve listeners within six seconds at a service of four workers, all with this player.
fn listen(policy: PlayerPolicy) -> Result<Summary, Box<dyn Error>> {
    let seed = Seed::root(7);
    let plan = Plan {
        share: Share::WHOLE,
        users: SHAPE.users,
        blocks: SHAPE.blocks_per_user,
        model: "kokoro".to_owned(),
        voice: None,
        speed: Speed::NORMAL,
        policy,
        behaviour: Behaviour::NONE,
        schedule: ArrivalSchedule::Even { window: Duration::from_secs(6), users: SHAPE.users },
        texts: None,
        use_cached: false,
        varied_lengths: false,
        network: claque_core::link::LinkMix::default(),
        timeout: Duration::from_secs(300),
        seed,
    };
    let text = "It was a quiet evening, and nobody in the house had spoken for an hour.\n\n".repeat(30);
    let scripts = plan.scripts(&Corpus::from_markdown(&text)?, seed.child("unique"));
    let mut gateway = GatewayConfig::current().without_rest_limits().without_synthesis_limit();
    gateway.models.iter_mut().for_each(|model| model.workers = Workers::Pull(4));
    let scenario = Scenario { plan, scripts, gateway, seed: seed.child("service") };
    let mut figures = SummaryBuilder::new(SHAPE);
    simulate(&scenario, |fact| figures.add(&fact))?;
    Ok(figures.finish(None))
}

#[test]
fn both_players_are_heard_and_differ() {
    let [yapit, own] = [PlayerPolicy::WEB, OWN].map(|policy| listen(policy).unwrap());
    assert!(yapit.blocks.ok > 0 && own.blocks.ok > 0);
    assert_ne!(yapit, own);
}
