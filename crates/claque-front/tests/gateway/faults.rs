//! Injected faults do what their rules say.

use claque_core::time::{Duration, Instant, MediaTime};
use claque_front::yapit::gateway::{BlockStatus, BodyFlaw, Eviction, Output, Refusal, Request, Resource};
use claque_gateway::{
    AudioFault, AudioRule, BlockSelector, ConnId, ConnectionEffect, ConnectionFault, ConnectionSelector,
    Effect, FaultRule, Faults, Outage, RequestEffect, RequestFault, Say, Selector, SocketOutage, SpeechBody,
    Step, Turn,
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
    let connections =
        vec![ConnectionFault { selector, after_notices: 3, at_block: None, after: None, effect }];
    with_faults(Faults { connections, ..Faults::default() })
}

#[test]
fn a_connection_is_dropped_after_its_notices() {
    let stage = broken_connection(ConnectionEffect::Close { code: 1011, reason: "oops".to_owned() });
    let close = stage.seen.last().expect("there are outputs");
    let reason = "oops".to_owned();
    let at = Instant::from_millis(2_000);
    assert_eq!(*close, Output::Close { conn: ConnId(1), at, code: 1011, reason });
    assert_eq!(stage.statuses().len(), 3);
}

#[test]
fn the_first_connections_can_be_cut_at_a_block_and_those_opened_again_are_spared() {
    let effect = ConnectionEffect::Close { code: 1011, reason: "oops".to_owned() };
    let selector = ConnectionSelector::First(1);
    let mut config = one_worker();
    config.faults.connections =
        vec![ConnectionFault { selector, after_notices: 0, at_block: Some(1), after: None, effect }];
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
    config.faults.socket_outages = vec![
        SocketOutage::restart(at(1_500), at(4_000)),
        SocketOutage { outage: Outage { from: at(9_000), until: at(9_500) }, code: 1006, refusal: 502 },
    ];
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1, 2]);
    stage.run_until(60_000);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)]);
    let closed = |output: &&Output| matches!(output, Output::Close { code: 1012, at, .. } if *at == Instant::from_millis(1_500));
    assert_eq!(stage.seen.iter().filter(closed).count(), 1);
    let accepts = [1_499, 1_500, 3_999, 4_000, 9_000, 9_500].map(|now| stage.gateway.handshake(at(now)));
    assert_eq!(accepts, [Ok(()), Err(503), Err(503), Ok(()), Err(502), Ok(())]);
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
        stage.gateway.audio(Instant::START, "test", &variant).map(|audio| audio.speech.media)
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

/// A stage in which nothing but this goes wrong with requests; block 0 is asked for at each of the times.
fn asking(fault: RequestFault, times: &[u64]) -> Stage {
    let mut config = one_worker();
    config.faults.requests = vec![fault];
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 2);
    stage.connect(0, 1, "a");
    for at in times {
        stage.run_until(*at);
        stage.ask(*at, 1, document, &[0]);
    }
    stage.run_until(100_000);
    stage
}

fn first_request(effect: RequestEffect) -> RequestFault {
    RequestFault { selector: BlockSelector::Block(0), turn: Turn { first: 0, times: Some(1) }, effect }
}

#[test]
fn a_request_can_be_lost_and_the_next_is_answered() {
    let stage = asking(first_request(RequestEffect::Answer(vec![])), &[0, 10_000]);
    assert_eq!(stage.times(1, BlockStatus::Queued), [(10_000, 0)]);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(11_000, 0)]);
    assert_eq!(stage.gateway.stats().pipeline.served, 1);
}

#[test]
fn a_request_can_be_done_without_a_word() {
    let stage = asking(first_request(RequestEffect::Unacknowledged), &[0]);
    assert_eq!(stage.times(1, BlockStatus::Queued), []);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)]);
}

#[test]
fn a_request_can_be_given_any_answers_at_any_times() {
    let after = |seconds, say| Step { after: Duration::from_secs(seconds), say };
    let error = |recoverable| Say::Error { text: "no".to_owned(), recoverable };
    let steps = vec![
        after(1, Say::Queued),
        after(2, Say::Processing),
        after(3, error(true)),
        after(4, Say::Skipped),
        after(5, Say::Evicted),
        after(6, error(false)),
    ];
    let stage = asking(first_request(RequestEffect::Answer(steps)), &[0]);
    let said: Vec<_> =
        stage.statuses().iter().map(|(at, _, said)| (*at, said.status, said.recoverable)).collect();
    let expected = [
        (1_000, BlockStatus::Queued, true),
        (2_000, BlockStatus::Processing, true),
        (3_000, BlockStatus::Error, true),
        (4_000, BlockStatus::Skipped, true),
        (6_000, BlockStatus::Error, false),
    ];
    assert_eq!((said.as_slice(), stage.evicted(1)), (&expected[..], vec![vec![0]]));
    assert_eq!(stage.gateway.stats().pipeline.served, 0, "nothing is made of it");
}

#[test]
fn what_a_fault_would_say_to_a_connection_that_is_gone_is_not_said() {
    let mut config = one_worker();
    let steps = vec![Step { after: Duration::from_secs(5), say: Say::Queued }];
    config.faults.requests = vec![first_request(RequestEffect::Answer(steps))];
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 1);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0]);
    stage.input(1_000, claque_front::yapit::gateway::Input::Disconnected { conn: ConnId(1) });
    stage.connect(2_000, 2, "a");
    stage.run_until(60_000);
    assert!(stage.statuses().is_empty());
}

#[test]
fn each_fetch_of_audio_can_fare_differently() {
    let rule = |first, fault| AudioRule {
        selector: BlockSelector::Block(0),
        turn: Turn { first, times: Some(1) },
        fault,
    };
    let faults = [AudioFault::Missing, AudioFault::ServerError, AudioFault::Cut, AudioFault::NotAudio];
    let audio = (0..).zip(faults).map(|(first, fault)| rule(first, fault)).collect();
    let mut stage = with_faults(Faults { audio, ..Faults::default() });
    let variants: Vec<_> = stage.statuses().into_iter().filter_map(|(_, _, status)| status.variant).collect();
    let mut fetch =
        |index: usize| stage.gateway.audio(Instant::START, "test", &variants[index]).map(|audio| audio.flaw);
    assert!(matches!(fetch(0), Err(Refusal::NotFound { resource: Resource::AudioNotCached, .. })));
    let rest = [fetch(0), fetch(0), fetch(0), fetch(0)];
    assert_eq!(
        rest,
        [Err(Refusal::ServerError), Ok(Some(BodyFlaw::Cut)), Ok(Some(BodyFlaw::NotAudio)), Ok(None)]
    );
    assert_eq!(fetch(1), Ok(None), "another block");
}

#[test]
fn audio_can_be_silent_or_of_another_length_than_messages_say() {
    let faults = [AudioFault::Silent, AudioFault::OneMillisecond, AudioFault::OtherLength];
    let rule = |(first, fault)| AudioRule {
        selector: BlockSelector::Every,
        turn: Turn { first, times: Some(1) },
        fault,
    };
    let audio = (0..).zip(faults).map(rule).collect();
    let mut stage = with_faults(Faults { audio, ..Faults::default() });
    let ready =
        stage.statuses().into_iter().find_map(|(_, _, status)| Some((status.variant?, status.duration?)));
    let (variant, declared) = ready.unwrap();
    let mut fetch = || stage.gateway.audio(Instant::START, "test", &variant).unwrap();
    let silent = fetch();
    assert_eq!((silent.speech.media, &silent.speech.body), (declared, &SpeechBody::Silence));
    let [short, other, good] = [fetch(), fetch(), fetch()];
    assert_eq!(short.speech.media, MediaTime::from_millis(1));
    assert_eq!(other.speech.media, MediaTime::from_nanos(declared.as_nanos() / 3));
    assert_eq!(good.speech.media, declared);
    assert!(
        [silent, short, other, good].iter().all(|audio| audio.declared == declared && audio.flaw.is_none())
    );
}

#[test]
fn a_connection_can_be_closed_or_told_an_error_at_a_time_and_a_handshake_refused() {
    let fault = |number, after: Option<u64>, effect| ConnectionFault {
        selector: ConnectionSelector::Nth(number),
        after_notices: 0,
        at_block: None,
        after: after.map(Duration::from_millis),
        effect,
    };
    let close = ConnectionEffect::Close { code: 1013, reason: "later".to_owned() };
    let error = ConnectionEffect::Error { text: "Internal server error".to_owned() };
    let connections = vec![
        fault(0, Some(1_500), close),
        fault(1, Some(500), error),
        fault(1, None, ConnectionEffect::Refuse { status: 403 }),
    ];
    let mut config = one_worker();
    config.faults.connections = connections;
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 3);
    let dials = [0, 1, 2].map(|_| stage.gateway.handshake(Instant::START));
    assert_eq!(dials, [Ok(()), Err(403), Ok(())]);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1]);
    stage.run_until(1_600);
    assert!(matches!(stage.seen.last(), Some(Output::Close { code: 1013, .. })));
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)]);
    stage.connect(2_000, 2, "a");
    stage.ask(2_000, 2, document, &[1, 2]);
    stage.run_until(60_000);
    assert_eq!(stage.errors(2), ["Internal server error"]);
    assert_eq!(stage.times(2, BlockStatus::Cached).len(), 2, "all goes on");
}

#[test]
fn a_gateway_may_withdraw_nothing_on_a_jump() {
    let mut stage = Stage::new(claque_front::yapit::gateway::GatewayConfig {
        eviction: Eviction::Nothing,
        ..one_worker()
    });
    let document = stage.document("a", "tea", 3);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1, 2]);
    stage.request(500, 1, Request::CursorMoved { document, cursor: 2 });
    stage.run_until(60_000);
    assert!(stage.evicted(1).is_empty());
    assert_eq!(stage.times(1, BlockStatus::Cached).len(), 3);
}
