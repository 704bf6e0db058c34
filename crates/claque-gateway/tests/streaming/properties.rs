//! What must hold of an engine that makes speech in pieces, whoever comes and leaves.

use std::{collections::BTreeMap, num::NonZeroU32};

use claque_core::{
    rng::Seed,
    time::{Duration, Instant, MediaTime, Speed},
};
use claque_gateway::{
    Abandoned, Batching, LengthModel, Piece, ServiceModel, StreamAsk, StreamId, StreamingConfig,
    StreamingEngine, StreamingInput, StreamingOutput,
};
use proptest::prelude::*;

use crate::truth::{ask, plain};

const SLOWDOWN: u32 = 370;

/// When each comes, how many characters it wants, and after how many milliseconds its client leaves.
type Visit = (u64, u32, Option<u64>);

fn visits() -> impl Strategy<Value = Vec<Visit>> {
    prop::collection::vec((0_u64..3_000, 1_u32..60, prop::option::weighted(0.3, 1_u64..900)), 1..14)
}

fn noisy() -> StreamingConfig {
    let first_chunk = ServiceModel::PerChar {
        overhead: Duration::from_millis(80),
        per_char: Duration::from_millis(1),
        sigma: 0.4,
    };
    StreamingConfig {
        first_chunk,
        rate: Speed::from_thousandths(3_700).expect("above zero"),
        chunk: MediaTime::from_nanos(170_000_003),
        length: LengthModel::PerChar { chars_per_second: 15.0, sigma: 0.2 },
        slots: NonZeroU32::new(3).expect("above zero"),
        batching: Batching::Slowdown { thousandths: SLOWDOWN },
        max_queued: 100,
        ..plain()
    }
}

fn inputs(visits: &[Visit]) -> Vec<(Instant, StreamingInput)> {
    let mut inputs = Vec::new();
    for ((at, chars, leaves), stream) in visits.iter().zip(0..) {
        let wanted = StreamAsk { chars: *chars, seed: Seed::root(9).index(stream), ..ask(stream) };
        inputs.push((Instant::from_millis(*at), StreamingInput::Ask(wanted)));
        let left = StreamingInput::Leave { stream: StreamId(stream) };
        inputs.extend(leaves.map(|after| (Instant::from_millis(at + after), left)));
    }
    inputs.sort_by_key(|(at, _)| *at);
    inputs
}

/// Wakes it when it wants to be (`punctual`) or only by the inputs and once at the end.
fn play(config: StreamingConfig, visits: &[Visit], punctual: bool) -> Vec<StreamingOutput> {
    let mut engine = StreamingEngine::new(config);
    let mut seen = Vec::new();
    for (at, input) in inputs(visits) {
        while let Some((due, _)) = engine.poll_timeout().filter(|(due, _)| punctual && *due <= at) {
            seen.extend(engine.handle_input(due, StreamingInput::Wake));
        }
        seen.extend(engine.handle_input(at, input));
    }
    while let Some((due, _)) = engine.poll_timeout().filter(|_| punctual) {
        seen.extend(engine.handle_input(due, StreamingInput::Wake));
    }
    seen.extend(engine.handle_input(Instant::from_millis(10_000_000), StreamingInput::Wake));
    seen
}

fn pieces(seen: &[StreamingOutput]) -> BTreeMap<StreamId, Vec<Piece>> {
    let mut pieces: BTreeMap<StreamId, Vec<Piece>> = BTreeMap::new();
    for output in seen {
        if let StreamingOutput::Piece(piece) = output {
            pieces.entry(piece.stream).or_default().push(*piece);
        }
    }
    pieces
}

/// What a stream needs when it is alone, in nanoseconds.
fn lone_work(config: &StreamingConfig, chars: u32) -> f64 {
    let StreamingConfig { first_chunk, rate, chunk, length, .. } = config;
    let media = length.media(chars, Seed::root(0));
    let rest = rate.play_time(media.saturating_sub(*chunk));
    (first_chunk.duration(chars, Seed::root(0)) + rest).as_secs_f64() * 1e9
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn late_wakes_change_nothing(visits in visits()) {
        prop_assert_eq!(play(noisy(), &visits, true), play(noisy(), &visits, false));
    }

    #[test]
    fn pieces_come_in_order_and_whole(visits in visits()) {
        let config = noisy();
        let seen = play(config.clone(), &visits, true);
        let pieces = pieces(&seen);
        for ((_, chars, leaves), stream) in visits.iter().zip(0..) {
            let made = pieces.get(&StreamId(stream)).map(Vec::as_slice).unwrap_or_default();
            prop_assert!(made.iter().zip(0..).all(|(piece, index)| piece.index == index));
            prop_assert!(made.is_sorted_by_key(|piece| piece.at));
            prop_assert!(made.iter().all(|piece| piece.is_last || piece.media == config.chunk));
            if leaves.is_none() {
                let wanted = config.length.media(*chars, Seed::root(9).index(stream).child("length"));
                prop_assert_eq!(made.iter().map(|piece| piece.media).sum::<MediaTime>(), wanted);
                prop_assert_eq!(made.iter().filter(|piece| piece.is_last).count(), 1);
            }
        }
    }

    #[test]
    fn slots_are_given_in_order_of_arrival_and_never_too_many(visits in visits()) {
        let seen = play(noisy(), &visits, true);
        let mut running = 0_i32;
        let mut arrivals: Vec<_> = visits.iter().zip(0..).map(|((at, ..), stream)| (*at, stream)).collect();
        arrivals.sort_unstable();
        let mut expected = arrivals.into_iter().map(|(_, stream)| StreamId(stream));
        let all_stay = visits.iter().all(|(.., leaves)| leaves.is_none());
        for output in &seen {
            match output {
                StreamingOutput::Started { stream, .. } => {
                    running += 1;
                    prop_assert_eq!(Some(*stream), expected.next());
                }
                StreamingOutput::Piece(piece) => running -= i32::from(piece.is_last),
                StreamingOutput::Refused { .. } => prop_assert!(false, "there is room for all"),
            }
            prop_assert!(!all_stay || running <= 3);
        }
    }

    #[test]
    fn work_is_conserved(visits in visits()) {
        // Without noise, so that the work of each is known; nobody leaves, so that every end is seen.
        let ServiceModel::PerChar { overhead, per_char, .. } = noisy().first_chunk else { unreachable!() };
        let first_chunk = ServiceModel::PerChar { overhead, per_char, sigma: 0.0 };
        let length = LengthModel::PerChar { chars_per_second: 15.0, sigma: 0.0 };
        let config = StreamingConfig { first_chunk, length, ..noisy() };
        let visits: Vec<Visit> = visits.into_iter().map(|(at, chars, _)| (at, chars, None)).collect();
        let seen = play(config.clone(), &visits, true);
        // How many run between any two moments at which that changes, and what is done then.
        let mut changes: Vec<(Instant, i32)> = seen.iter().filter_map(|output| match output {
            StreamingOutput::Started { at, .. } => Some((*at, 1)),
            StreamingOutput::Piece(piece) => piece.is_last.then_some((piece.at, -1)),
            StreamingOutput::Refused { .. } => None,
        }).collect();
        changes.sort_unstable();
        let (mut running, mut since, mut done) = (0_i32, Instant::START, 0.0);
        for (at, change) in changes {
            let stretch = 1.0 + f64::from(SLOWDOWN) / 1_000.0 * f64::from((running - 1).max(0));
            done += at.since(since).as_secs_f64() * 1e9 * f64::from(running) / stretch;
            (running, since) = (running + change, at);
        }
        let wanted: f64 = visits.iter().map(|(_, chars, _)| lone_work(&config, *chars)).sum();
        let count = f64::from(u32::try_from(visits.len()).expect("a dozen"));
        prop_assert!((done - wanted).abs() <= 4.0 * count + 1.0, "{done} of {wanted} ns");
        prop_assert_eq!(running, 0);
    }

    #[test]
    fn who_leaves_hears_no_more_and_changes_nothing_for_others_where_work_goes_on(visits in visits()) {
        let stay: Vec<Visit> = visits.iter().map(|(at, chars, _)| (*at, *chars, None)).collect();
        let (with, without) = (pieces(&play(noisy(), &visits, true)), pieces(&play(noisy(), &stay, true)));
        for ((at, _, leaves), stream) in visits.iter().zip(0..) {
            let (left, stayed) = (with.get(&StreamId(stream)), without.get(&StreamId(stream)));
            match leaves {
                None => prop_assert_eq!(left, stayed),
                Some(after) => {
                    let until = Instant::from_millis(at + after);
                    let heard = left.map(Vec::as_slice).unwrap_or_default();
                    prop_assert!(heard.iter().all(|piece| piece.at <= until));
                    prop_assert_eq!(heard, &stayed.map(Vec::as_slice).unwrap_or_default()[..heard.len()]);
                }
            }
        }
    }

    #[test]
    fn stopped_work_frees_its_slot(visits in visits()) {
        let config = StreamingConfig { abandoned: Abandoned::Stopped, ..noisy() };
        let mut engine = StreamingEngine::new(config);
        for (at, input) in inputs(&visits) {
            let _seen: Vec<_> = engine.handle_input(at, input).collect();
            prop_assert_eq!(engine.stats().abandoned, 0);
        }
        let _seen: Vec<_> = engine.handle_input(Instant::from_millis(10_000_000), StreamingInput::Wake).collect();
        prop_assert_eq!((engine.stats().running, engine.stats().queued), (0, 0));
    }
}
