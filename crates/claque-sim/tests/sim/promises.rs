//! What a simulation promises of whole runs.

use claque_core::{
    event::FailureClass,
    record::SessionEnd,
    rng::Seed,
    script::Script,
    time::{Duration, Instant, MediaTime},
};
use claque_front::yapit::gateway::{CrossTalk, GatewayConfig};
use claque_gateway::{Engine, Workers};
use claque_sim::simulate;
use claque_stats::{RunShape, summarise};

use crate::house::{clockwork, corpus, run, scenario, speed, unlimited};

#[test]
fn twenty_fast_listeners_hear_all_of_their_six_hundred_blocks() {
    let mut scenario = scenario(20, 30, unlimited(GatewayConfig::current()));
    scenario.plan.speed = speed(4_000);
    // With fewer a block waits for longer than a player does.
    scenario.gateway.models[0].workers = Workers::Pull(12);
    let outcome = run(&scenario);
    assert_eq!((outcome.played(), outcome.blocks().len()), (600, 600));
    assert_eq!(outcome.ends(), [SessionEnd::Completed; 20]);
    assert!(!outcome.stalls().is_empty(), "twelve workers are not enough for twenty at this speed");
    let summary = summarise(RunShape { users: 20, blocks_per_user: 30 }, &outcome.facts, None);
    assert_eq!(summary.blocks.fraction(), "600/600 blocks");
}

#[test]
fn a_warm_cache_serves_twenty_listeners_at_any_speed() {
    let mut scenario = scenario(20, 30, unlimited(GatewayConfig::current()));
    (scenario.plan.use_cached, scenario.plan.speed) = (true, speed(20_000));
    scenario.scripts = scenario.plan.scripts(&corpus(), Seed::root(2));
    let outcome = run(&scenario);
    assert_eq!((outcome.played(), outcome.stalls().len()), (600, 0));
    // Two blocks begin to play, and each is answered in 10 ms.
    assert_eq!(outcome.startups(), [Duration::from_millis(20); 20]);
    assert!(outcome.simulated.ended_at < Instant::from_millis(60_000), "warming is outside of the run");
    let pipeline = outcome.simulated.gateway.pipeline;
    assert_eq!(pipeline.cache_hits, 600);
    assert!(pipeline.served <= 30, "{pipeline:?}");
}

#[test]
fn warming_takes_nothing_from_the_listeners_limit() {
    let mut scenario = scenario(1, 300, GatewayConfig::current().without_rest_limits());
    (scenario.plan.use_cached, scenario.plan.speed) = (true, speed(1_000_000));
    let outcome = run(&scenario);
    assert_eq!((outcome.played(), outcome.errors().len()), (300, 0));
}

#[test]
fn messages_of_others_are_counted_and_advance_nobody() {
    let mut crossed = scenario(3, 16, clockwork());
    let clear = run(&crossed);
    crossed.gateway.cross_talk = CrossTalk::PerUser;
    let crossed = run(&crossed);
    assert_eq!(crossed.blocks(), clear.blocks());
    assert_eq!(crossed.stalls(), clear.stalls());
    // 16 blocks of each of the two others, each queued and then ready, while the listener is there.
    let foreign = crossed.listeners().iter().map(|record| record.foreign_messages).collect::<Vec<_>>();
    assert!(foreign.iter().all(|foreign| (1..=64).contains(foreign)), "{foreign:?}");
    assert!(clear.listeners().iter().all(|record| record.foreign_messages == 0));
}

#[test]
fn equal_scenarios_give_equal_facts_and_other_seeds_others() {
    let mut scenario = scenario(5, 20, unlimited(GatewayConfig::feb_2026()));
    scenario.plan.speed = speed(2_000);
    let first = run(&scenario);
    assert_eq!(first, run(&scenario));
    scenario.seed = Seed::root(4);
    let second = run(&scenario);
    assert_ne!(first.facts, second.facts);
    assert_ne!(first.simulated.documents, second.simulated.documents);
}

#[test]
fn waiting_jobs_of_2026_02_overflow() {
    let mut scenario = scenario(40, 20, unlimited(GatewayConfig::feb_2026()));
    scenario.plan.speed = speed(1_700);
    let outcome = run(&scenario);
    assert_eq!(outcome.played(), 800);
    let pipeline = outcome.simulated.gateway.pipeline;
    assert!(pipeline.overflowed > 0, "{pipeline:?}");
    scenario.gateway.pipeline.overflow = None;
    let without = run(&scenario);
    assert_eq!(without.simulated.gateway.pipeline.overflowed, 0);
    assert!(without.simulated.ended_at > outcome.simulated.ended_at);
}

#[test]
fn the_limit_of_one_user_stops_many_listeners_and_is_told_in_the_servers_words() {
    let gateway = GatewayConfig { synthesis_limit: GatewayConfig::current().synthesis_limit, ..clockwork() };
    let mut scenario = scenario(40, 8, gateway);
    // Whoever asks again for what waits too long asks for more than these.
    scenario.plan.policy.patience = Duration::from_secs(3_600);
    let outcome = run(&scenario);
    let limited = SessionEnd::Failed(FailureClass::Limit);
    // 300 blocks are 37 batches of 8; the other three ask for too much.
    assert_eq!(outcome.ends().iter().filter(|end| **end == limited).count(), 3);
    assert!(
        outcome.errors().iter().all(|error| error.failure.text == "Rate limit exceeded. Please slow down.")
    );
    assert_eq!((outcome.played(), outcome.failed(FailureClass::Limit)), (296, 24));
}

#[test]
fn the_limit_on_fetches_bites_block_by_block() {
    let gateway = clockwork().with_deterministic_engine(1, Duration::ZERO, MediaTime::from_millis(2_000));
    let gateway = GatewayConfig { rest_limits: GatewayConfig::current().rest_limits, ..gateway };
    let outcome = run(&scenario(40, 8, gateway));
    assert_eq!((outcome.played(), outcome.failed(FailureClass::Limit)), (300, 20));
    let error = &outcome.errors()[0].failure;
    assert_eq!(
        (error.code, error.text.as_str()),
        (Some(429), "Too many requests. Please wait a moment and try again.")
    );
}

#[test]
fn an_unknown_model_stops_everything_and_lists_the_models() {
    let mut scenario = scenario(1, 1, GatewayConfig::feb_2026());
    scenario.plan.model = "kokoros".to_owned();
    let error = simulate(&scenario, |fact| panic!("{fact:?}")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to find the model 'kokoros' on the gateway; it offers kokoro, inworld-1.5, inworld-1.5-max"
    );
}

#[test]
fn an_unknown_voice_stops_everything_and_lists_the_voices() {
    let mut scenario = scenario(2, 10, clockwork());
    scenario.plan.voice = Some("nobody".to_owned());
    let error = simulate(&scenario, |fact| panic!("{fact:?}")).unwrap_err().to_string();
    assert!(error.starts_with("failed to find the voice 'nobody' of the model 'kokoro'"), "{error}");
    assert!(error.contains("af_heart"), "{error}");
}

#[test]
fn what_cannot_be_simulated_is_said_before_the_start() {
    let base = scenario(2, 5, clockwork());
    let error = |scenario| simulate(&scenario, |fact| panic!("{fact:?}")).unwrap_err().to_string();
    let mut external = base.clone();
    external.gateway.pipeline.engine = Engine::External;
    assert!(error(external).contains("external engine"));
    let short = claque_sim::Scenario { scripts: base.scripts[..1].to_vec(), ..base.clone() };
    assert_eq!(error(short), "failed to find a script for listener 1; give one for each of the 2 listeners");
    let mut full = base.clone();
    full.gateway.storage_limit = Some(10);
    assert!(error(full).starts_with("failed to create the document of listener 0: Storage limit exceeded"));
    let mut long = base;
    long.plan.blocks = 6;
    assert_eq!(
        error(long),
        "failed to find 6 blocks in the document of listener 0, which has 5; give a longer script"
    );
}

/// More than a listener hears may be in its document: splitting is the gateway's.
#[test]
fn a_document_may_hold_more_blocks_than_are_heard() {
    let mut scenario = scenario(1, 5, clockwork());
    scenario.gateway.max_block_chars = 20;
    let script: &Script = &scenario.scripts[0];
    assert!(script.document().len() > 200);
    let outcome = run(&scenario);
    assert_eq!(outcome.blocks().len(), 5);
    assert!(outcome.blocks().iter().all(|record| (1..=26).contains(&record.chars)));
}

#[test]
fn hundreds_of_listeners_hear_their_last_block() {
    let mut gateway = unlimited(GatewayConfig::current());
    gateway.models[0].workers = Workers::Pull(240);
    let outcome = run(&scenario(300, 20, gateway));
    assert_eq!((outcome.played(), outcome.ends().len()), (6_000, 300));
}

#[test]
fn without_a_wish_the_first_voice_of_the_model_speaks() {
    let mut scenario = scenario(1, 3, unlimited(GatewayConfig::feb_2026()));
    for model in ["kokoro", "inworld-1.5", "inworld-1.5-max"] {
        scenario.plan.model = model.to_owned();
        assert_eq!(run(&scenario).played(), 3, "{model}");
    }
    scenario.plan.model = "kokoro".to_owned();
    scenario.gateway.models[0].info.voices.truncate(5);
    scenario.gateway.models[0].info.voices.remove(0);
    assert_eq!(run(&scenario).played(), 3, "the usual voice is not on offer");
    scenario.gateway.models[0].info.voices.clear();
    let error = simulate(&scenario, |fact| panic!("{fact:?}")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to choose a voice for the model 'kokoro', which has none; name one"
    );
}

/// Twenty documents at ten a minute: a minute of preparation, and nothing of it in what is measured.
#[test]
fn limits_on_creation_cost_preparation_and_no_listener_anything() {
    let free = scenario(20, 8, clockwork());
    let mut limited = free.clone();
    limited.gateway.rest_limits = GatewayConfig::current().rest_limits;
    let facts = |scenario| {
        let mut facts = Vec::new();
        let simulated = simulate(scenario, |fact| facts.push(fact)).unwrap();
        (facts, simulated)
    };
    let ((free_facts, free), (limited_facts, limited)) = (facts(&free), facts(&limited));
    assert_eq!((free.preparation, free.pacing.refusals), (Duration::ZERO, 0));
    // Today's server does not say how long, so it is asked again in growing steps.
    let waited = Duration::from_millis(62_750);
    assert_eq!(limited.preparation, waited);
    assert_eq!((limited.pacing.refusals, limited.pacing.waited), (16, waited));
    assert_eq!(free_facts, limited_facts);
}
