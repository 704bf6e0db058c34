//! Injected faults reach the listeners as they would over sockets.

use claque_core::{
    event::{FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    player::{PlayerPolicy, Reconnect},
    record::{BlockOutcome, SessionEnd},
    remark::Sound,
    time::Duration,
};
use claque_front::yapit::gateway::GatewayConfig;
use claque_gateway::{
    AudioFault, AudioRule, BlockSelector, ConnectionEffect, ConnectionFault, ConnectionSelector, Effect,
    FaultRule, Selector, Turn,
};

use crate::house::{Outcome, clockwork, run, scenario, second};

fn with_job_fault(selector: Selector, effect: Effect) -> Outcome {
    let mut gateway = clockwork();
    gateway.faults.jobs.push(FaultRule { selector, effect });
    let mut scenario = scenario(1, 12, gateway);
    // Older players stop for an error.
    scenario.plan.policy = PlayerPolicy::WEB;
    run(&scenario)
}

fn with_connection_fault(users: u32, after_notices: u64, effect: ConnectionEffect) -> Outcome {
    let mut gateway: GatewayConfig = clockwork();
    let selector = ConnectionSelector::Nth(0);
    gateway.faults.connections.push(ConnectionFault {
        selector,
        after_notices,
        at_block: None,
        after: None,
        effect,
    });
    let mut scenario = scenario(users, 12, gateway);
    scenario.plan.timeout = Duration::from_secs(60);
    scenario.plan.policy.reconnect = Reconnect::Off;
    run(&scenario)
}

#[test]
fn a_failed_block_is_stepped_over() {
    let effect = Effect::EngineError { times: None, text: "the engine choked".to_owned() };
    let outcome = with_job_fault(Selector::Block(3), effect);
    // Asked for at each look at what is missing, and once more when it is reached.
    assert!(outcome.errors().len() > 1);
    assert_eq!((outcome.played(), outcome.failed(FailureClass::Server)), (11, 1));
    let failure = &outcome.errors()[0].failure;
    assert_eq!(
        (failure.kills, failure.text.as_str()),
        (FailureScope::Block(BlockIdx(3)), "the engine choked")
    );
    assert_eq!(outcome.ends(), [SessionEnd::Completed]);
    // 11 blocks of 2 s, the first of them after 1 s, and what was waited for.
    let stalled: Duration = outcome.stalls().iter().map(|stall| stall.waited).sum();
    assert_eq!(outcome.simulated.ended_at, second(1 + 22) + stalled);
}

#[test]
fn missing_audio_fails_its_block_with_the_status_and_words_of_the_fetch() {
    for (effect, code, words, class) in [
        (Effect::AudioMissing, 404, "Audio not cached", FailureClass::Invalid),
        (Effect::AudioServerError, 500, "Internal Server Error", FailureClass::Server),
    ] {
        let outcome = with_job_fault(Selector::Block(5), effect);
        let failure = &outcome.errors()[0].failure;
        assert_eq!((failure.code, failure.text.as_str(), failure.class), (Some(code), words, class));
        assert_eq!((outcome.played(), outcome.failed(class)), (11, 1));
    }
}

#[test]
fn a_closed_connection_ends_its_session_only() {
    let close = ConnectionEffect::Close { code: 1013, reason: "Try again later".to_owned() };
    let outcome = with_connection_fault(2, 10, close);
    let overload = FailureClass::Overload;
    assert_eq!(outcome.ends(), [SessionEnd::Failed(overload), SessionEnd::Completed]);
    let error = &outcome.errors()[0].failure;
    assert_eq!((error.code, error.text.as_str()), (Some(1_013), "Try again later"));
    // 8 are acknowledged and two ready; with the tenth message the connection is gone, and all that was asked for.
    assert_eq!(outcome.played(), 12);
    assert!(outcome.blocks().iter().filter(|b| b.listener.0 == 0).all(|b| {
        matches!(b.outcome, BlockOutcome::Unplayed | BlockOutcome::Failed(FailureClass::Overload))
    }));
}

#[test]
fn silence_ends_in_a_time_out() {
    let outcome = with_connection_fault(1, 10, ConnectionEffect::Silence);
    assert_eq!(outcome.ends(), [SessionEnd::Failed(FailureClass::Timeout)]);
    // The last word came at 2 s.
    assert_eq!(outcome.simulated.ended_at, second(62));
}

#[test]
fn what_is_no_message_ends_the_session() {
    let outcome = with_connection_fault(1, 4, ConnectionEffect::Garbage);
    assert_eq!(outcome.ends(), [SessionEnd::Failed(FailureClass::Protocol)]);
}

#[test]
fn audio_that_is_cut_or_is_none_fails_its_block_as_over_sockets() {
    let rule =
        |block, fault| AudioRule { selector: BlockSelector::Block(block), turn: Turn::default(), fault };
    let mut gateway = clockwork();
    gateway.faults.audio = vec![rule(2, AudioFault::Cut), rule(3, AudioFault::NotAudio)];
    let outcome = run(&scenario(1, 6, gateway));
    let told: Vec<_> = outcome
        .errors()
        .iter()
        .filter_map(|error| match error.failure.kills {
            FailureScope::Block(block) => Some((block, error.failure.class, error.failure.phase)),
            FailureScope::Session => None,
        })
        .collect();
    assert!(told.contains(&(BlockIdx(2), FailureClass::Protocol, Phase::MidAudio)), "{told:?}");
    assert!(told.contains(&(BlockIdx(3), FailureClass::Protocol, Phase::BeforeAudio)), "{told:?}");
}

#[test]
fn silent_audio_is_found_silent_as_over_sockets() {
    let sounds = |faults: &[AudioFault]| -> Vec<_> {
        let mut gateway = clockwork();
        let rule = |fault: &AudioFault| AudioRule {
            selector: BlockSelector::Block(2),
            turn: Turn::default(),
            fault: *fault,
        };
        gateway.faults.audio = faults.iter().map(rule).collect();
        let outcome = run(&scenario(1, 4, gateway));
        outcome.blocks().iter().map(|block| block.findings.and_then(|findings| findings.sound)).collect()
    };
    let audible = Some(Sound::Audible);
    assert_eq!(sounds(&[AudioFault::Silent]), [audible, audible, Some(Sound::Silent), audible]);
    assert_eq!(sounds(&[]), [None; 4], "nobody listens to what sounds by itself");
}
