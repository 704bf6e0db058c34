//! Injected faults do what their rules say.

use claque_core::time::{Duration, Instant};
use claque_gateway::{
    BlockStatus, ConnectionEffect, ConnectionFault, ConnectionSelector, Effect, FaultRule, Faults, Outage,
    Output, Refusal, Resource, Selector,
};

use crate::stage::{Stage, one_worker};

fn with_faults(faults: Faults) -> Stage {
    let mut config = one_worker();
    config.faults = faults;
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 2);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1]);
    stage.run_until(60_000);
    stage
}

fn broken_connection(effect: ConnectionEffect) -> Stage {
    let selector = ConnectionSelector::Nth(0);
    let connections = vec![ConnectionFault { selector, after_notices: 3, at_block: None, effect }];
    with_faults(Faults { connections, ..Faults::default() })
}

#[test]
fn a_connection_is_dropped_after_its_notices() {
    let stage = broken_connection(ConnectionEffect::Close { code: 1011, reason: "oops".to_owned() });
    let close = stage.seen.last().expect("there are outputs");
    let reason = "oops".to_owned();
    let at = Instant::from_millis(2_000);
    assert_eq!(*close, Output::Close { conn: claque_gateway::ConnId(1), at, code: 1011, reason });
    assert_eq!(stage.statuses().len(), 3);
}

#[test]
fn the_first_connections_can_be_cut_at_a_block_and_those_opened_again_are_spared() {
    let effect = ConnectionEffect::Close { code: 1011, reason: "oops".to_owned() };
    let selector = ConnectionSelector::First(1);
    let mut config = one_worker();
    config.faults.connections =
        vec![ConnectionFault { selector, after_notices: 0, at_block: Some(1), effect }];
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1, 2]);
    stage.run_until(2_500);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)]);
    assert!(matches!(stage.seen.last(), Some(Output::Close { code: 1011, .. })));
    stage.connect(2_600, 2, "a");
    stage.ask(2_600, 2, document, &[1, 2]);
    stage.run_until(9_000);
    let ready = stage.times(2, BlockStatus::Cached);
    assert_eq!(ready.iter().map(|(_, block)| *block).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn an_outage_closes_what_is_open_and_accepts_nothing_until_it_is_over() {
    let at = Instant::from_millis;
    let mut config = one_worker();
    config.faults.socket_outage = Some(Outage { from: at(1_500), until: at(4_000) });
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1, 2]);
    stage.run_until(60_000);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)]);
    let closed = |output: &&Output| matches!(output, Output::Close { code: 1012, at, .. } if *at == Instant::from_millis(1_500));
    assert_eq!(stage.seen.iter().filter(closed).count(), 1);
    let accepts = [1_499, 1_500, 3_999, 4_000].map(|now| stage.gateway.accepts_connections(at(now)));
    assert_eq!(accepts, [true, false, false, true]);
}

#[test]
fn a_connection_goes_silent_or_talks_garbage() {
    assert_eq!(broken_connection(ConnectionEffect::Silence).seen.len(), 3);
    let stage = broken_connection(ConnectionEffect::Garbage);
    let is_garbage = |output: &&Output| matches!(output, Output::Garbage { .. });
    assert_eq!((stage.seen.iter().filter(is_garbage).count(), stage.statuses().len()), (1, 4));
}

#[test]
fn audio_can_be_missing_or_broken_although_it_was_announced() {
    let rule = |block, effect| FaultRule { selector: Selector::Block(block), effect };
    let jobs = vec![rule(0, Effect::AudioMissing), rule(1, Effect::AudioServerError)];
    let mut stage = with_faults(Faults { jobs, ..Faults::default() });
    let ready: Vec<_> =
        stage.statuses().into_iter().filter(|(_, _, s)| s.status == BlockStatus::Cached).collect();
    let mut fetch = |index: usize| {
        let variant = ready[index].2.variant.expect("ready audio has a name");
        stage.gateway.audio(Instant::START, "test", &variant).map(|speech| speech.media)
    };
    assert!(matches!(fetch(0), Err(Refusal::NotFound { resource: Resource::AudioNotCached, .. })));
    assert_eq!(fetch(1), Err(Refusal::ServerError));
}

#[test]
fn the_nth_job_can_be_slow_and_a_share_can_fail() {
    let slow = Effect::Slow { extra: Duration::from_secs(3) };
    let jobs = vec![FaultRule { selector: Selector::Nth(1), effect: slow }];
    let stage = with_faults(Faults { jobs, ..Faults::default() });
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0), (5_000, 1)]);

    let effect = Effect::EngineError { times: None, text: "no breath".to_owned() };
    let mut config = one_worker();
    config.faults.jobs = vec![FaultRule { selector: Selector::Share(0.25), effect }];
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 400);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &(0..400).collect::<Vec<_>>());
    stage.run_until(1_000_000);
    let failed = stage.times(1, BlockStatus::Error).len();
    assert!((70..=130).contains(&failed), "{failed} of 400 failed");
}
