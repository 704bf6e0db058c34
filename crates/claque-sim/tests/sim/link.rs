//! What the way between listeners and service does.

use core::num::NonZeroU64;

use claque_core::{
    player::PlayerPolicy,
    time::{Duration, Instant, MediaTime},
};
use claque_sim::Link;

use crate::house::{SECOND, clockwork, run, scenario};

/// With 50 ms one way: usable at 100, asked at 150 of the service's time, made at 1150, known at 1200, fetched from
/// 1250, heard of at 1300.
#[test]
fn each_message_takes_its_time() {
    let mut scenario = scenario(1, 3, clockwork());
    scenario.link.latency = Duration::from_millis(50);
    let outcome = run(&scenario);
    let record = outcome.blocks()[0];
    let ms = |millis| Some(Instant::from_millis(millis));
    assert_eq!(outcome.listener(0).connect_time, Some(Duration::from_millis(100)));
    assert_eq!(record.intended_at, Some(Instant::START));
    assert_eq!((record.requested_at, record.acknowledged_at), (ms(100), ms(200)));
    assert_eq!((record.ready_at, record.complete_at), (ms(1_200), ms(1_300)));
    // The second block comes a second later, and playback waits for two.
    assert_eq!(outcome.startups(), [Duration::from_millis(2_300)]);
}

#[test]
fn audio_comes_one_piece_after_the_other_through_a_narrow_way() {
    let mut scenario = scenario(1, 4, clockwork());
    // 2 s at 48 kbit/s are 12,000 bytes: two seconds each, made at 1 and 2 s, there at 3 and 5 s.
    scenario.link = Link { bandwidth: NonZeroU64::new(6_000), ..Link::default() };
    let outcome = run(&scenario);
    assert_eq!(outcome.startups(), [5 * SECOND]);
    let complete: Vec<_> = outcome.blocks().iter().filter_map(|record| record.complete_at).collect();
    assert_eq!(complete, [3_000, 5_000, 7_000, 9_000].map(Instant::from_millis));
    assert_eq!(outcome.stalls(), []);
}

#[test]
fn a_longer_way_costs_startup_and_prefetch_hides_the_rest() {
    let startup = |latency| {
        let mut scenario = scenario(1, 16, clockwork());
        scenario.plan.policy = PlayerPolicy::WEB;
        scenario.link.latency = Duration::from_millis(latency);
        let outcome = run(&scenario);
        assert_eq!((outcome.played(), outcome.stalls().len()), (16, 0));
        outcome.startups()[0]
    };
    // Connection: two ways. Request, answer, fetch, audio: four more.
    assert_eq!([startup(0), startup(10), startup(100)], [1_000, 1_060, 1_600].map(Duration::from_millis));
}

/// Six fetches at once, as in a browser: of eight blocks that are ready, two wait for a way there and back.
#[test]
fn the_seventh_fetch_waits_for_the_first() {
    let gateway = clockwork().with_deterministic_engine(1, Duration::ZERO, MediaTime::from_millis(2_000));
    let mut scenario = scenario(1, 8, gateway);
    scenario.link.latency = Duration::from_millis(50);
    let outcome = run(&scenario);
    let complete: Vec<_> = outcome.blocks().iter().filter_map(|record| record.complete_at).collect();
    let ms = Instant::from_millis;
    assert_eq!(complete, [ms(300), ms(300), ms(300), ms(300), ms(300), ms(300), ms(400), ms(400)]);
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
