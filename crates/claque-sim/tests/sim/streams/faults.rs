//! What goes wrong reaches the listeners as it would over sockets.

use claque_core::{
    event::{FailureClass, FailureScope, Phase},
    ids::BlockIdx,
    record::{BlockOutcome, SessionEnd},
    time::{Instant, MediaTime},
};
use claque_front::openai::HeadTime;
use claque_gateway::{StreamEffect, StreamFault, StreamSelector, StreamingConfig};
use claque_sim::{SimError, StreamsSimulated, simulate_streams};
use claque_wire::openai::{Delivery, Dialect, RequestSettings};

use super::{at, engine, ms, run, scenario};
use crate::house::{Outcome, speed};

fn with_fault(selector: StreamSelector, effect: StreamEffect) -> Outcome<StreamsSimulated> {
    let mut scenario = scenario(1, 4, engine());
    scenario.service.faults.push(StreamFault { selector, effect });
    scenario.plan.policy.block_timeout = ms(5_000);
    run(&scenario)
}

#[track_caller]
fn assert_stepped_over(outcome: &Outcome<StreamsSimulated>, class: FailureClass) {
    assert_eq!((outcome.played(), outcome.failed(class)), (3, 1), "{:?}", outcome.errors());
    assert_eq!(outcome.ends(), [SessionEnd::Completed]);
    assert_eq!(outcome.errors()[0].failure.kills, FailureScope::Block(BlockIdx(1)));
}

#[test]
fn a_limit_refuses_one_request_in_its_own_words() {
    let effect = StreamEffect::Refuse { status: 429, retry_after: Some(ms(7_000)) };
    let outcome = with_fault(StreamSelector::Nth(1), effect);
    assert_stepped_over(&outcome, FailureClass::Limit);
    let error = outcome.errors()[0];
    assert_eq!((error.at, error.failure.code), (Instant::START, Some(429)));
    let words = "rate limit: Rate limit reached for requests";
    assert!(error.failure.text.starts_with(words), "{}", error.failure.text);
    assert!(error.failure.text.ends_with("(Retry-After: 7 s)"), "{}", error.failure.text);
}

#[test]
fn silence_behind_a_head_is_waited_out() {
    let outcome = with_fault(StreamSelector::Nth(1), StreamEffect::Silence);
    assert_stepped_over(&outcome, FailureClass::Timeout);
    let block = outcome.blocks().into_iter().find(|block| block.block == BlockIdx(1)).unwrap();
    assert_eq!((block.acknowledged_at, block.first_audio_at), (at(0), None));
    assert_eq!(outcome.errors()[0].at, Instant::from_millis(5_000));
}

/// 0.6 s of it are sent, at 200, 300 and 400; at 500 it breaks.
#[test]
fn a_broken_stream_is_heard_as_far_as_it_came() {
    let after = MediaTime::from_millis(600);
    let outcome = with_fault(StreamSelector::Nth(1), StreamEffect::Break { after });
    assert_stepped_over(&outcome, FailureClass::Protocol);
    let error = outcome.errors()[0];
    assert_eq!((error.at, error.failure.phase), (Instant::from_millis(500), Phase::MidAudio));
    assert_eq!(
        error.failure.text,
        "the audio was cut short: the connection ended in the middle of an answer"
    );
    // From 200 on: three blocks of a second, and 0.6 s of this one; the fourth is asked for at 600 and there in time.
    assert_eq!(outcome.simulated.ended_at, Instant::from_millis(200 + 3_600));
}

#[test]
fn what_breaks_before_its_head_has_a_status() {
    let mut scenario = scenario(1, 4, engine());
    scenario.service.head = HeadTime::WithAudio;
    let effect = StreamEffect::Break { after: MediaTime::ZERO };
    scenario.service.faults.push(StreamFault { selector: StreamSelector::Nth(1), effect });
    let outcome = run(&scenario);
    assert_stepped_over(&outcome, FailureClass::Server);
    let failure = &outcome.errors()[0].failure;
    assert_eq!((failure.code, failure.phase), (Some(500), Phase::BeforeAudio));
}

/// 200 ms of audio in 400 ms.
#[test]
fn a_slow_stream_slows_down_no_other() {
    let outcome = with_fault(StreamSelector::Nth(1), StreamEffect::Slow { rate: speed(500) });
    assert_eq!((outcome.played(), outcome.errors().len()), (4, 0));
    let block = outcome.blocks().into_iter().find(|block| block.block == BlockIdx(1)).unwrap();
    assert_eq!((block.first_audio_at, block.complete_at), (at(200), at(1_800)));
    // Heard from 1,200 on, when 400 ms are there, and another 200 at 1,400: the fifth is needed at 2,000. None stalls.
    assert_eq!(outcome.stalls(), []);
}

#[test]
fn a_stuck_slot_holds_up_who_waits_for_it() {
    let mut scenario = scenario(2, 1, StreamingConfig { slots: core::num::NonZeroU32::MIN, ..engine() });
    let effect = StreamEffect::Stuck { held: Some(ms(3_000)) };
    scenario.service.faults.push(StreamFault { selector: StreamSelector::Nth(0), effect });
    scenario.plan.policy.block_timeout = ms(10_000);
    let outcome = run(&scenario);
    let outcomes: Vec<_> = outcome.blocks().iter().map(|block| (block.listener.0, block.outcome)).collect();
    assert!(outcomes.contains(&(0, BlockOutcome::Failed(FailureClass::Timeout))), "{outcomes:?}");
    let second = outcome.blocks().into_iter().find(|block| block.listener.0 == 1).unwrap().clone();
    assert_eq!((second.first_audio_at, second.complete_at), (at(3_200), at(3_600)));
}

#[test]
fn an_engine_that_is_full_refuses() {
    let streaming = StreamingConfig { slots: core::num::NonZeroU32::MIN, max_queued: 1, ..engine() };
    let outcome = run(&scenario(3, 1, streaming));
    assert_eq!((outcome.played(), outcome.simulated.engine.refused), (2, 1));
    let failure = &outcome.errors()[0].failure;
    assert!(matches!(failure.code, Some(429 | 503)), "{failure:?}");
    let block = outcome.blocks().into_iter().find(|block| block.outcome != BlockOutcome::Played).unwrap();
    assert_eq!(block.acknowledged_at, None, "a refusal is no head");
}

#[test]
fn a_text_that_is_too_long_is_refused_with_its_own_length() {
    let mut scenario = scenario(1, 4, engine());
    let chars = |blocks: &[String]| blocks.iter().map(|text| text.chars().count()).collect::<Vec<_>>();
    let lengths = chars(&scenario.scripts[0].blocks());
    let longest = lengths.iter().copied().max().unwrap();
    scenario.service.max_input_chars = Some(longest - 1);
    let outcome = run(&scenario);
    let failure = &outcome.errors()[0].failure;
    assert_eq!(failure.class, FailureClass::Invalid);
    assert!(failure.text.contains(&format!("the input has {longest} characters")), "{}", failure.text);
}

#[test]
fn an_unknown_voice_is_refused_each_time() {
    let mut scenario = scenario(1, 8, engine());
    scenario.voices = vec!["nobody".to_owned()];
    // Other refusals come first.
    let effect = StreamEffect::Refuse { status: 503, retry_after: None };
    scenario.service.faults.push(StreamFault { selector: StreamSelector::Nth(5), effect });
    let outcome = run(&scenario);
    assert_eq!((outcome.played(), outcome.failed(FailureClass::Invalid)), (0, 7));
    assert_eq!(outcome.failed(FailureClass::Overload), 1);
    assert!(outcome.errors()[0].failure.text.contains("'nobody'"), "{:?}", outcome.errors());
}

#[test]
fn an_answer_without_sound_is_no_audio() {
    let mut streaming = engine();
    streaming.length = claque_gateway::LengthModel::Fixed(MediaTime::ZERO);
    let outcome = run(&scenario(1, 1, streaming));
    assert_eq!(outcome.failed(FailureClass::Protocol), 1);
    assert!(outcome.errors()[0].failure.text.starts_with("the audio is empty, for a text of "));
}

#[test]
fn events_without_the_last_are_cut_short() {
    let mut scenario = scenario(1, 1, engine());
    scenario.request = RequestSettings::new(Dialect::OPENAI, Delivery::Events, None).unwrap();
    scenario
        .service
        .faults
        .push(StreamFault { selector: StreamSelector::Every, effect: StreamEffect::NoDone });
    let outcome = run(&scenario);
    let error = outcome.errors()[0];
    assert_eq!((error.at, error.failure.phase), (Instant::from_millis(600), Phase::MidAudio));
    assert!(error.failure.text.contains("without speech.audio.done"), "{}", error.failure.text);
}

#[test]
fn what_only_bytes_have_is_not_simulated() {
    let mut scenario = scenario(1, 1, engine());
    let fault = StreamFault { selector: StreamSelector::Every, effect: StreamEffect::WrongContainer };
    scenario.service.faults.push(fault);
    let error = simulate_streams(&scenario, |_| {}).unwrap_err();
    assert!(matches!(error, SimError::Unmodelled(_)), "{error}");
}
