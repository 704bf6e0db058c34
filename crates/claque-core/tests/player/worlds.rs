//! Where random worlds come from.

use core::num::NonZeroU32;

use claque_core::{
    listener::{Behaviour, ListeningTime, ThinkTime, Turns},
    player::{Backoff, PlayerPolicy, ReadyWhen, Reconnect, SessionErrors},
    time::{Duration, MediaTime, Speed},
};
use proptest::prelude::*;

use crate::world::{Course, Fate, Interruption, World};

fn pieces() -> impl Strategy<Value = Vec<(u64, u64)>> {
    prop::collection::vec((prop_oneof![Just(0_u64), 0_u64..60], 1_u64..40), 1..4)
}

fn courses() -> impl Strategy<Value = Course> {
    prop_oneof![
        8 => pieces().prop_map(Course::Audio),
        1 => Just(Course::Audio(Vec::new())),
        1 => pieces().prop_map(Course::Cut),
        2 => Just(Course::Skipped),
        1 => Just(Course::Failed),
    ]
}

fn fates(deaf: u32) -> impl Strategy<Value = Fate> {
    let deaf_to = prop_oneof![12 => Just(0), 1 => 0..=deaf];
    let withdrawn = prop_oneof![8 => Just(0_u32), 1 => 0_u32..3];
    (deaf_to, withdrawn, 0_u64..20, 0_u64..200, courses(), prop::bool::weighted(0.1)).prop_map(
        |(deaf_to, withdrawn, accepted_after, begins_after, course, twice)| Fate {
            deaf_to,
            withdrawn,
            accepted_after,
            begins_after,
            course,
            twice,
        },
    )
}

fn policies(readiness: impl Strategy<Value = ReadyWhen>) -> impl Strategy<Value = PlayerPolicy> {
    let sizes = (1_u32..10, 0_u32..10, 0_u32..12);
    let bases = prop_oneof![
        2 => Just(PlayerPolicy::WEB),
        1 => Just(PlayerPolicy::WEB_2026_02_23),
        1 => Just(PlayerPolicy::WEB_2026_02_11),
        1 => Just(PlayerPolicy::WEB_2026_02_07),
        1 => Just(PlayerPolicy::WEB_2026_02_05),
    ];
    let session_errors = prop_oneof![Just(SessionErrors::End), Just(SessionErrors::PlayOn)];
    (sizes, readiness, bases, session_errors).prop_map(
        |((batch_size, refill_threshold, min_buffer), readiness, base, session_errors)| PlayerPolicy {
            batch_size,
            refill_threshold,
            min_buffer,
            readiness,
            patience: Duration::from_millis(100),
            keep_behind: 3,
            reconnect: Reconnect::Backoff(Backoff {
                first: Duration::from_millis(50),
                most: Duration::from_millis(300),
                max_tries: Some(4),
                ..Backoff::WEB
            }),
            session_errors,
            ..base
        },
    )
}

fn interruptions() -> impl Strategy<Value = Vec<(u64, Interruption)>> {
    let kinds = prop_oneof![
        4 => Just(Interruption::Foreign),
        2 => Just(Interruption::Warning),
        1 => Just(Interruption::Broken),
        1 => Just(Interruption::Stop),
    ];
    prop::collection::vec((0_u64..1_500, kinds), 0..4)
}

fn speeds() -> impl Strategy<Value = Speed> {
    prop_oneof![Just(1_000_u32), 100_u32..20_000]
        .prop_map(|speed| Speed::from_thousandths(speed).expect("not zero"))
}

/// Worlds in which anything may happen.
pub(crate) fn worlds() -> impl Strategy<Value = World> {
    let readiness = prop_oneof![Just(ReadyWhen::Whole), Just(ReadyWhen::FirstAudio)];
    let times = (50_u64..2_000, 0_u64..30, 0_u64..30);
    (policies(readiness), speeds(), times, prop::collection::vec(fates(4), 0..30), interruptions()).prop_map(
        |(policy, speed, (timeout, starts_at, writing), fates, interruptions)| World {
            policy,
            speed,
            timeout: Duration::from_millis(timeout),
            starts_at,
            writing,
            fates,
            interruptions,
            behaviour: Behaviour::NONE,
            seed: 0,
            chars: 80,
            dials: vec![(0, true)],
        },
    )
}

/// Worlds in which connections are lost and people do more than listen, every few tenths of a second.
pub(crate) fn eventful_worlds() -> impl Strategy<Value = World> {
    let rate = || prop_oneof![2 => Just(0.0), 1 => 10.0..300.0_f64];
    let hang_up = prop_oneof![3 => Just(0.0), 1 => 1.0..60.0_f64];
    let rates = (rate(), rate(), rate(), rate(), hang_up, 0_u64..300, listening_times());
    let behaviour = rates.prop_map(|(seek, skip, pause, voice, hang_up, mean_pause, listens)| {
        let mean_pause = Duration::from_millis(mean_pause);
        Behaviour { seek, skip, pause, mean_pause, voice, hang_up, turns: None, listens }
    });
    let cuts = prop::collection::vec(0_u64..2_000, 0..4);
    let dials = prop::collection::vec((0_u64..40, prop::bool::weighted(0.7)), 1..5);
    (worlds(), behaviour, any::<u64>(), cuts, dials).prop_map(|(world, behaviour, seed, cuts, dials)| {
        let mut interruptions = world.interruptions;
        interruptions.extend(cuts.into_iter().map(|at| (at, Interruption::Cut)));
        World { interruptions, behaviour, seed, dials, ..world }
    })
}

/// Some leave when they have heard a length of audio, most hear everything.
fn listening_times() -> impl Strategy<Value = Option<ListeningTime>> {
    let length = |millis: u64| format!("{millis}ms").parse().ok();
    prop_oneof![2 => Just(None), 1 => (0_u64..1_500).prop_map(length)]
}

/// Worlds in which everything is asked for at once and nothing comes between.
pub(crate) fn worlds_asked_up_front() -> impl Strategy<Value = World> {
    // What comes to nothing is asked for again, and then not everything was asked for at once.
    let heard = fates(0).prop_filter_map("it is heard", |fate| {
        matches!(fate.course, Course::Audio(_)).then_some(Fate { withdrawn: 0, ..fate })
    });
    let fates = prop::collection::vec(heard, 1..20);
    (policies(Just(ReadyWhen::Whole)), speeds(), fates).prop_map(|(policy, speed, fates)| World {
        policy: PlayerPolicy { batch_size: 20, patience: Duration::from_secs(10), ..policy },
        speed,
        timeout: Duration::from_secs(3_600),
        starts_at: 0,
        writing: 0,
        fates,
        interruptions: Vec::new(),
        behaviour: Behaviour::NONE,
        seed: 0,
        chars: 80,
        dials: vec![(0, true)],
    })
}

fn stream_policies() -> impl Strategy<Value = PlayerPolicy> {
    let buffer = || prop_oneof![Just(0_u64), 1_u64..150].prop_map(MediaTime::from_millis);
    let sizes = (0_u32..4, 0_u32..4, 1_u32..3);
    (sizes, buffer(), buffer(), 50_u64..3_000).prop_map(
        |((refill_threshold, most, min_buffer), start_buffer, resume_buffer, block_timeout)| PlayerPolicy {
            refill_threshold,
            max_in_flight: NonZeroU32::new(most),
            min_buffer,
            start_buffer,
            resume_buffer,
            block_timeout: Duration::from_millis(block_timeout),
            ..PlayerPolicy::READER
        },
    )
}

/// Worlds of readers of streams. Anything may happen to a block; the listeners only listen.
pub(crate) fn reader_worlds() -> impl Strategy<Value = World> {
    (worlds(), stream_policies()).prop_map(|(world, policy)| World { policy, ..world })
}

/// Readers who also jump about, and whose connections are lost.
pub(crate) fn eventful_reader_worlds() -> impl Strategy<Value = World> {
    (eventful_worlds(), stream_policies()).prop_map(|(world, policy)| World { policy, ..world })
}

/// How long is thought in these worlds, of which the end of a wait can be told.
pub(crate) const THINKS: Duration = Duration::from_millis(40);

/// Conversations.
pub(crate) fn turn_worlds() -> impl Strategy<Value = World> {
    let barge_in = prop_oneof![Just(0.0), 0.0..=1.0_f64];
    let people = (barge_in, listening_times(), any::<u64>());
    (worlds(), stream_policies(), people).prop_map(|(world, policy, (barge_in, listens, seed))| {
        let turns = Some(Turns { think: ThinkTime::Fixed(THINKS), barge_in });
        // 71 ms are expected of one character, which is about what blocks have here.
        World { policy, behaviour: Behaviour { turns, listens, ..Behaviour::NONE }, seed, chars: 1, ..world }
    })
}
