//! Queues, lost workers, retries, overflow and engines outside.

use claque_core::time::{Duration, Instant, MediaTime};
use claque_front::yapit::gateway::{BlockStatus, GatewayConfig, Input, Output, Request};
use claque_gateway::{
    AudioFormat, ConnId, Effect, Engine, EngineCall, EngineErrors, FaultRule, JobId, OverflowConfig,
    Selector, ServiceModel, Speech, SpeechBody, Spread, Workers,
};

use crate::stage::{Stage, one_worker};

/// A stage with one connection of the user `a`, which asks for `blocks` blocks at the start.
fn asked(config: GatewayConfig, blocks: u32) -> Stage {
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", blocks);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &(0..i64::from(blocks)).collect::<Vec<_>>());
    stage
}

fn lasting(seconds: u64) -> GatewayConfig {
    one_worker().with_deterministic_engine(1, Duration::from_secs(seconds), MediaTime::from_millis(2_000))
}

fn overflow() -> OverflowConfig {
    OverflowConfig {
        threshold: Duration::from_secs(30),
        scan: Duration::from_secs(5),
        request_timeout: Duration::from_secs(60),
        cold_start: Spread::fixed(Duration::from_secs(10)),
        warm_start: Spread::fixed(Duration::from_secs(1)),
        keep_warm: Duration::from_secs(60),
        execution: Spread::fixed(Duration::from_secs(5)),
        failure_share: 0.0,
    }
}

#[test]
fn a_lost_workers_job_is_put_back_at_the_scan_and_its_late_result_counts_if_it_comes_first() {
    let mut config = lasting(25);
    config.models[0].workers = Workers::Pull(2);
    let mut stage = asked(config, 1);
    stage.run_until(29_999);
    assert_eq!(
        stage.times(1, BlockStatus::Cached),
        [(25_000, 0)],
        "held longer than 20 s, but not scanned yet"
    );
    assert_eq!(stage.gateway.stats().pipeline.requeued, 0);

    let mut config = lasting(40);
    config.models[0].workers = Workers::Pull(2);
    let mut stage = asked(config, 1);
    stage.run_until(30_000);
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.requeued, stats.busy_workers), (1, 2), "the scan at 30 s gives it to the other worker");
    stage.run_until(200_000);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(40_000, 0)]);
    assert_eq!(stage.gateway.stats().pipeline.served, 1);
}

#[test]
fn a_job_that_every_worker_loses_is_given_up_after_its_retries() {
    let mut config = lasting(1_000);
    config.models[0].workers = Workers::Pull(8);
    config.pipeline.dead_letter_text = Some("given up".to_owned());
    let mut stage = asked(config, 1);
    stage.run_until(500_000);
    // Held from 0, 30, 60 and 90 s; lost at the scan 30 s after each.
    assert_eq!(stage.times(1, BlockStatus::Error), [(120_000, 0)]);
    let (_, _, last) = stage.statuses().pop().expect("there is one");
    assert_eq!((last.error.as_deref(), last.variant, last.recoverable), (Some("given up"), None, true));
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.requeued, stats.dead_letters), (3, 1));
}

#[test]
fn a_service_may_give_a_job_up_without_a_word() {
    let mut config = lasting(1_000);
    config.models[0].workers = Workers::Pull(8);
    config.pipeline.dead_letter_text = None;
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 1);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0]);
    stage.run_until(200_000);
    stage.ask(200_000, 1, document, &[0]);
    stage.run_until(500_000);
    assert_eq!(stage.times(1, BlockStatus::Queued), [(0, 0), (200_000, 0)]);
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stage.statuses().len(), stats.dead_letters, stats.joined), (2, 1, 1));
}

/// Nobody takes the job out of the queue to which it was returned.
#[test]
fn a_lost_workers_job_is_made_twice_and_announced_once() {
    let mut stage = asked(lasting(31), 2);
    stage.run_until(400_000);
    // Block 0 is taken for lost at 30 s and queued behind block 1; its worker is done at 31 s and takes block 1.
    let ready = stage.times(1, BlockStatus::Cached);
    assert_eq!(ready, [(31_000, 0), (62_000, 1)]);
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.served, stats.requeued > 1), (2, true));
    let load = stage.gateway.load(Instant::from_millis(125_000));
    let busy: f64 = load.models[0].mean_busy * 125.0;
    assert!(busy > 123.0, "busy for {busy} s: each block was made twice");
}

#[test]
fn jobs_that_wait_too_long_overflow_with_cold_instances() {
    let mut config = lasting(20);
    config.pipeline.visibility_timeout = Duration::from_secs(600);
    config.pipeline.overflow = Some(overflow());
    let mut stage = asked(config, 5);
    stage.run_until(200_000);
    // The worker makes 0, and takes 1 at 20 s; the scan at 30 s claims the rest: cold start 10 s + 5 s.
    let ready = [(20_000, 0), (40_000, 1), (45_000, 2), (45_000, 3), (45_000, 4)];
    assert_eq!(stage.times(1, BlockStatus::Cached), ready);
    assert_eq!(stage.gateway.stats().pipeline.overflowed, 3);
}

#[test]
fn an_overflow_instance_that_is_still_warm_starts_faster() {
    let mut config = lasting(500);
    config.pipeline.visibility_timeout = Duration::from_secs(600);
    config.pipeline.overflow = Some(overflow());
    let mut stage = asked(config, 2);
    let later = stage.document("a", "coffee", 2);
    stage.ask(40_000, 1, later, &[0, 1]);
    stage.run_until(100_000);
    let ready = [(45_000, 1), (76_000, 0), (85_000, 1)];
    assert_eq!(stage.times(1, BlockStatus::Cached), ready, "one warm instance at 70 s, the other is cold");
}

#[test]
fn overflow_requests_that_take_too_long_or_fail_are_queued_again_and_given_up_in_the_end() {
    let outcome = |overflow: OverflowConfig| {
        let mut config = lasting(5_000);
        config.pipeline.visibility_timeout = Duration::from_secs(6_000);
        config.pipeline.overflow = Some(overflow);
        let mut stage = asked(config, 2);
        stage.run_until(1_000_000);
        let stats = stage.gateway.stats().pipeline;
        assert_eq!((stats.overflowed, stats.requeued, stats.dead_letters), (4, 3, 1));
        stage.times(1, BlockStatus::Error)
    };
    // Claimed at 30 s, timed out at 35, queued again; claimed at 65, 100, 135.
    let slow = OverflowConfig { request_timeout: Duration::from_secs(5), ..overflow() };
    assert_eq!(outcome(slow), [(140_000, 1)]);
    let failing = OverflowConfig { failure_share: 1.0, ..overflow() };
    assert_eq!(outcome(failing).len(), 1);
}

#[test]
fn a_model_without_a_queue_makes_everything_at_once() {
    let mut config = GatewayConfig { accept_interval: Duration::ZERO, ..GatewayConfig::feb_2026() };
    config.models[1].service = ServiceModel::Fixed(Duration::from_secs(3));
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 20);
    stage.connect(0, 1, "a");
    stage.ask_model(0, 1, document, &(0..20).collect::<Vec<_>>(), ("inworld-1.5", "alex"));
    stage.run_until(60_000);
    let ready = stage.times(1, BlockStatus::Cached);
    assert!(ready.len() == 20 && ready.iter().all(|(at, _)| *at == 3_000), "{ready:?}");
    assert!(stage.statuses().iter().all(|(_, _, s)| s.variant.is_some() == s.status.is_final()));
}

#[test]
fn an_engines_error_is_reported_or_tried_again() {
    let failing = |times, policy| {
        let mut config = one_worker();
        config.pipeline.engine_errors = policy;
        let effect = Effect::EngineError { times, text: "no breath".to_owned() };
        config.faults.jobs = vec![FaultRule { selector: Selector::Block(1), effect }];
        let mut stage = asked(config, 3);
        stage.run_until(60_000);
        (stage.times(1, BlockStatus::Cached), stage.times(1, BlockStatus::Error))
    };
    let report = failing(Some(1), EngineErrors::Report);
    assert_eq!(report, (vec![(1_000, 0), (3_000, 2)], vec![(2_000, 1)]));
    let retry = failing(Some(2), EngineErrors::Retry);
    assert_eq!(retry, (vec![(1_000, 0), (3_000, 2), (5_000, 1)], vec![]));
    let hopeless = failing(None, EngineErrors::Retry);
    assert_eq!(hopeless.1, [(6_000, 1)], "tried at 2, 4, 5 and 6 s");
}

#[test]
fn a_block_that_failed_can_be_asked_for_again() {
    let mut config = one_worker();
    let effect = Effect::EngineError { times: Some(1), text: "no breath".to_owned() };
    config.faults.jobs = vec![FaultRule { selector: Selector::Every, effect }];
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 1);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0]);
    stage.ask(5_000, 1, document, &[0]);
    stage.run_until(10_000);
    assert_eq!(stage.times(1, BlockStatus::Error), [(1_000, 0)]);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(6_000, 0)]);
}

#[test]
fn an_engine_outside_is_given_one_job_a_worker_and_its_answer_is_announced() {
    let mut config = one_worker();
    config.pipeline.engine = Engine::External;
    let mut stage = asked(config, 2);
    let calls = |stage: &Stage| -> Vec<(JobId, String)> {
        let call = |output: &Output| match output {
            Output::Synthesize(EngineCall { job, text, .. }) => Some((*job, text.to_string())),
            Output::Notice { .. } | Output::Close { .. } | Output::Garbage { .. } => None,
        };
        stage.seen.iter().filter_map(call).collect()
    };
    assert_eq!(calls(&stage), [(JobId(0), "Block 0 on tea.".to_owned())]);
    let speech = Speech {
        media: MediaTime::from_millis(1_234),
        body: SpeechBody::Encoded([1, 2, 3].into()),
        format: AudioFormat::OggOpus,
    };
    stage.input(700, Input::Synthesized { job: JobId(0), result: Ok(speech.clone()) });
    assert_eq!(calls(&stage).len(), 2);
    stage.input(900, Input::Synthesized { job: JobId(1), result: Err("engine said no".to_owned()) });
    assert_eq!(stage.times(1, BlockStatus::Cached), [(700, 0)]);
    assert_eq!(stage.times(1, BlockStatus::Error), [(900, 1)]);
    let variant = stage.statuses()[2].2.variant.expect("ready audio has a name");
    assert_eq!(
        stage.gateway.audio(Instant::from_millis(900), "test", &variant).expect("it is cached").speech,
        speech
    );
}

#[test]
fn after_its_key_expired_a_variant_is_queued_again_and_the_first_to_ask_waits_in_vain() {
    let mut config = lasting(40);
    config.pipeline.visibility_timeout = Duration::from_secs(6_000);
    config.pipeline.key_life = Duration::from_secs(20);
    let mut stage = Stage::new(config);
    let (first, second) = (stage.document("a", "tea", 1), stage.document("b", "tea", 1));
    stage.connect(0, 1, "a");
    stage.connect(0, 2, "b");
    stage.ask(0, 1, first, &[0]);
    stage.ask(30_000, 2, second, &[0]);
    stage.run_until(500_000);
    assert!(stage.times(1, BlockStatus::Cached).is_empty());
    assert_eq!(
        stage.times(2, BlockStatus::Cached),
        [(40_000, 0)],
        "the first job's result counts for the second"
    );
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.forgotten, stats.served), (1, 1));
}

#[test]
fn a_result_whose_key_has_expired_is_thrown_away() {
    let mut config = lasting(40);
    config.pipeline.visibility_timeout = Duration::from_secs(6_000);
    config.pipeline.key_life = Duration::from_secs(20);
    let mut stage = asked(config, 1);
    stage.run_until(50_000);
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.forgotten, stats.served, stats.cached), (1, 0, 0));
    assert_eq!(stage.statuses().len(), 1);
}

#[test]
fn a_full_queue_refuses_and_an_old_cache_entry_goes_first() {
    let mut config = one_worker();
    config.pipeline.max_queued = 1;
    config.pipeline.cache_capacity = 1;
    let mut stage = asked(config, 3);
    assert_eq!(stage.times(1, BlockStatus::Error), [(0, 2)]);
    stage.run_until(10_000);
    let stats = stage.gateway.stats().pipeline;
    assert_eq!((stats.refused, stats.served, stats.cached), (1, 2, 1));
    stage.input(10_000, Input::Disconnected { conn: ConnId(1) });
}

#[test]
fn an_engine_outside_that_never_answers_the_overflow_is_timed_out() {
    let mut config = one_worker();
    config.pipeline.engine = Engine::External;
    config.pipeline.max_retries = 0;
    config.pipeline.visibility_timeout = Duration::from_secs(6_000);
    config.pipeline.overflow = Some(overflow());
    let mut stage = asked(config, 2);
    stage.run_until(100_000);
    assert_eq!(stage.times(1, BlockStatus::Error), [(90_000, 1)], "claimed at 30 s, 60 s to answer");
    assert!(stage.times(1, BlockStatus::Cached).is_empty());
    assert_eq!(stage.gateway.stats().pipeline.busy_workers, 1, "the other is still with the worker");
}

/// Documents of equal texts. The job is the first document's; a jump takes it away from both.
#[test]
fn a_jump_withdraws_a_job_also_from_under_those_who_joined_it() {
    let mut stage = Stage::new(one_worker());
    let (first, second) = (stage.document("a", "tea", 3), stage.document("b", "tea", 3));
    stage.connect(0, 1, "a");
    stage.connect(0, 2, "b");
    stage.ask(0, 1, first, &[0, 1, 2]);
    stage.ask(0, 2, second, &[2]);
    stage.request(500, 1, Request::CursorMoved { document: first, cursor: 0 });
    stage.run_until(10_000);
    assert_eq!(stage.evicted(1), [vec![0, 1, 2]]);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0)], "it was in the worker's hands");
    assert_eq!(stage.times(2, BlockStatus::Cached), []);
    stage.ask(10_000, 2, second, &[2]);
    stage.run_until(20_000);
    assert_eq!(stage.times(2, BlockStatus::Cached), [(11_000, 2)], "asked for again, it is made");
    assert_eq!(
        stage.times(1, BlockStatus::Cached)[1..],
        [(11_000, 2)],
        "and whoever waited still hears of it"
    );
}

#[test]
fn who_only_joined_a_job_withdraws_nothing_by_a_jump() {
    let mut stage = Stage::new(one_worker());
    let (first, second) = (stage.document("a", "tea", 3), stage.document("b", "tea", 3));
    stage.connect(0, 1, "a");
    stage.connect(0, 2, "b");
    stage.ask(0, 1, first, &[0, 1, 2]);
    stage.ask(0, 2, second, &[2]);
    stage.request(500, 2, Request::CursorMoved { document: second, cursor: 0 });
    stage.run_until(10_000);
    assert_eq!(stage.evicted(2), [vec![2]]);
    assert_eq!(stage.times(1, BlockStatus::Cached).len(), 3);
    assert_eq!(stage.times(2, BlockStatus::Cached), [(3_000, 2)], "and hears of it all the same");
}

/// 2026-02: the job goes and its key stays, so that nobody may queue it anew.
#[test]
fn in_2026_02_a_withdrawn_block_is_not_made_before_its_key_has_expired() {
    let early = GatewayConfig::feb_2026();
    let mut config = GatewayConfig { eviction: early.eviction, ..one_worker() };
    config.pipeline.evicted_key = early.pipeline.evicted_key;
    let mut stage = Stage::new(config);
    let document = stage.document("a", "tea", 30);
    stage.connect(0, 1, "a");
    stage.ask(0, 1, document, &[0, 1]);
    stage.request(500, 1, Request::CursorMoved { document, cursor: 20 });
    for at in [10_000, 599_000, 600_000] {
        stage.run_until(at);
        stage.ask(at, 1, document, &[1]);
    }
    stage.run_until(700_000);
    assert_eq!(stage.evicted(1), [vec![0, 1]]);
    assert_eq!(stage.times(1, BlockStatus::Queued).len(), 5);
    assert_eq!(stage.times(1, BlockStatus::Cached), [(1_000, 0), (601_000, 1)]);
}
