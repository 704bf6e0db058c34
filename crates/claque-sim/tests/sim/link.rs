//! What the way between listeners and service does.

use claque_core::{
    link::{LinkClass, LinkMix, LinkProfile, LossRate},
    player::PlayerPolicy,
    time::{Duration, Instant, MediaTime},
};

use crate::house::{clockwork, far, network, run, scenario};

/// With 50 ms one way: TCP stands at 100 and the WebSocket at 200, asked at 250 of the service's time, made at 1250, known at 1300. Then TCP
/// for the audio, at 1400; fetched from 1450, heard of at 1500.
#[test]
fn each_message_takes_its_time() {
    let mut scenario = scenario(1, 3, clockwork());
    scenario.plan.network = far(50);
    let outcome = run(&scenario);
    let record = outcome.blocks()[0];
    let ms = |millis| Some(Instant::from_millis(millis));
    assert_eq!(outcome.listener(0).connect_time, Some(Duration::from_millis(200)));
    assert_eq!(record.intended_at, Some(Instant::START));
    assert_eq!((record.requested_at, record.acknowledged_at), (ms(200), ms(300)));
    assert_eq!((record.ready_at, record.complete_at), (ms(1_300), ms(1_500)));
    // The second block is known a second later and fetched over the same connection, and playback waits for two.
    assert_eq!(outcome.startups(), [Duration::from_millis(2_400)]);
}

/// 2 s at 48 kbit/s are 12,000 bytes, made at 1, 2, 3 and 4 s, and 6,000 go in a second. Of the first 6,000 are there when the second comes,
/// and 9,000 when the third does, 11,000 when the fourth does; with four the last thousand takes two thirds of a second. And so on.
#[test]
fn audio_shares_a_narrow_line() {
    let mut scenario = scenario(1, 4, clockwork());
    scenario.plan.network = network(0, Some(48_000));
    let outcome = run(&scenario);
    let complete: Vec<_> = outcome.blocks().iter().filter_map(|record| record.complete_at).collect();
    for (complete, thirds) in complete.iter().zip([14, 23, 26, 27]) {
        let expected = Instant::from_millis(thirds * 1_000 / 3);
        // The service's messages go over the same line: 256 bytes take 43 ms, and six of them come meanwhile.
        let late = complete.since(expected);
        assert!(
            *complete >= expected && late < Duration::from_millis(6 * 43 + 10),
            "{late:?} later than {expected}"
        );
    }
    assert_eq!((complete.len(), outcome.stalls().len()), (4, 0));
}

#[test]
fn a_longer_way_costs_startup_and_prefetch_hides_the_rest() {
    let startup = |delay| {
        let mut scenario = scenario(1, 16, clockwork());
        scenario.plan.policy = PlayerPolicy::WEB;
        scenario.plan.network = far(delay);
        let outcome = run(&scenario);
        assert_eq!((outcome.played(), outcome.stalls().len()), (16, 0));
        outcome.startups()[0]
    };
    // Two connections with a request each: TCP and WebSocket, request and answer, TCP, fetch and audio.
    assert_eq!([startup(0), startup(10), startup(100)], [1_000, 1_100, 2_000].map(Duration::from_millis));
}

/// Six fetches at once, as in a browser: of eight blocks that are ready, two wait for a way there and back, and need no new connection.
#[test]
fn the_seventh_fetch_waits_for_the_first() {
    let gateway = clockwork().with_deterministic_engine(1, Duration::ZERO, MediaTime::from_millis(2_000));
    let mut scenario = scenario(1, 8, gateway);
    scenario.plan.network = far(50);
    let outcome = run(&scenario);
    let complete: Vec<_> = outcome.blocks().iter().filter_map(|record| record.complete_at).collect();
    let ms = Instant::from_millis;
    assert_eq!(complete, [ms(500), ms(500), ms(500), ms(500), ms(500), ms(500), ms(600), ms(600)]);
}

/// Everybody's network is the plan's choice: those with the slow one start later, the others as without any.
#[test]
fn each_listener_has_its_own_network() {
    let mut scenario = scenario(
        20,
        3,
        clockwork().with_deterministic_engine(64, Duration::ZERO, MediaTime::from_millis(2_000)),
    );
    let class = |name: &str, share, delay| {
        let profile = LinkProfile { delay: Duration::from_millis(delay), ..LinkProfile::default() };
        LinkClass { name: name.into(), share, profile }
    };
    scenario.plan.network = LinkMix::new(vec![class("near", 3, 0), class("far", 1, 100)]);
    let plan = &scenario.plan;
    let is_far = |listener| plan.network.class_of(plan.seed, listener) == Some(1);
    let outcome = run(&scenario);
    let far = outcome.listeners().iter().filter(|record| is_far(record.listener)).count();
    assert_eq!(far, 5);
    for record in outcome.listeners() {
        let startup = record.started_at.map(|at| at.since(record.intended_at));
        let ways = if is_far(record.listener) { 10 } else { 0 };
        assert_eq!(startup, Some(Duration::from_millis(100 * ways)), "listener {}", record.listener.0);
    }
}

/// With a tenth lost and 300 ms of patience, what is lost shows in startup and is never before its time.
#[test]
fn what_is_lost_is_late() {
    let startups = |loss| {
        let mut scenario = scenario(
            40,
            3,
            clockwork().with_deterministic_engine(64, Duration::ZERO, MediaTime::from_millis(2_000)),
        );
        let profile = LinkProfile {
            delay: Duration::from_millis(50),
            loss: LossRate::from_millionths(loss).unwrap(),
            ..LinkProfile::default()
        };
        scenario.plan.network = LinkMix::of_everybody("lossy", profile);
        let outcome = run(&scenario);
        assert_eq!((outcome.played(), &run(&scenario)), (120, &outcome));
        outcome.startups()
    };
    let least = Duration::from_millis(500);
    assert_eq!(startups(0), [least; 40]);
    let lossy = startups(100_000);
    let late = lossy.iter().filter(|startup| **startup > least).count();
    assert!(lossy.iter().all(|startup| *startup >= least) && late > 20, "{lossy:?}");
}

#[test]
fn a_request_of_many_blocks_goes_out_as_several() {
    let mut scenario = scenario(1, 70, clockwork());
    scenario.plan.policy.batch_size = 70;
    let outcome = run(&scenario);
    assert_eq!(outcome.played(), 70);
    assert!(
        outcome
            .blocks()
            .iter()
            .all(|record| record.batch == 0 && record.requested_at == Some(Instant::START))
    );
}
