//! What holds for facts of every kind.

use crate::facts::{block, error, failed_block, incident, outage, session, stall};
use claque_core::{
    event::{FailureClass, FailureScope},
    ids::BlockIdx,
    record::{Fact, Incident, Jump, OutageEnd, ResendReason},
};
use claque_stats::{Observations, RunShape, TimeMetric, objective::Objective, summarise};
use proptest::prelude::*;

/// The facts of one listener: some blocks with their moments, every third failed, a stall, an end.
fn facts_of(listener: u32, ready: &[u64]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (index, &ready_ms) in (0_u32..).zip(ready) {
        if ready_ms.is_multiple_of(3) {
            facts.push(Fact::Block(failed_block(listener, index, FailureClass::Server)));
            facts.push(error(
                listener,
                FailureClass::Server,
                &format!("no {index}"),
                FailureScope::Block(BlockIdx(index)),
            ));
        } else {
            facts.push(Fact::Block(block(listener, index, ready_ms)));
            facts.push(stall(listener, index, ready_ms, ready_ms / 2));
            facts.push(outage(listener, ready_ms / 2, ready_ms / 3, OutageEnd::Reconnected));
            let (block, why) = (BlockIdx(index), ResendReason::Reconnected);
            facts.push(incident(listener, ready_ms, Incident::Resent { block, why }));
            let (from, to) = (block, BlockIdx(index + 1));
            facts.push(incident(listener, ready_ms / 2, Incident::Jumped { from, to, how: Jump::Skip }));
        }
    }
    facts.push(Fact::Listener(session(listener, ready.first().copied(), 100_000)));
    facts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_of_facts_changes_no_figure(
        (facts, shuffled) in prop::collection::vec(prop::collection::vec(1_u64..60_000, 0..6), 1..6)
            .prop_map(|listeners| {
                (0..).zip(&listeners).flat_map(|(id, ready)| facts_of(id, ready)).collect::<Vec<_>>()
            })
            .prop_flat_map(|facts| (Just(facts.clone()), Just(facts).prop_shuffle()))
    ) {
        let shape = RunShape { users: 6, blocks_per_user: 6 };
        prop_assert_eq!(summarise(shape, &facts, None), summarise(shape, &shuffled, None));
    }

    #[test]
    fn observations_and_summary_tell_the_same(
        facts in prop::collection::vec(prop::collection::vec(1_u64..60_000, 0..6), 1..6).prop_map(|listeners| {
            (0..).zip(&listeners).flat_map(|(id, ready)| facts_of(id, ready)).collect::<Vec<_>>()
        })
    ) {
        let shape = RunShape { users: 6, blocks_per_user: 6 };
        let (summary, observed) = (summarise(shape, &facts, None), Observations::of(shape, &facts));
        let listeners = observed.listeners();
        prop_assert_eq!(listeners.len(), 6);
        for (metric, figures) in [
            (TimeMetric::StartupTime, summary.startup_time),
            (TimeMetric::Ttfa, summary.ttfa),
            (TimeMetric::FirstBlock, summary.first_block),
            (TimeMetric::RoundTrip, summary.round_trip),
            (TimeMetric::ResponseTime, summary.response_time),
            (TimeMetric::SynthesisTime, summary.synthesis_time),
            (TimeMetric::ConnectTime, summary.connect_time),
        ] {
            let mut values: Vec<f64> =
                listeners.iter().flat_map(|listener| listener.times(metric)).copied().collect();
            values.sort_unstable_by(f64::total_cmp);
            let count = values.len();
            prop_assert_eq!(figures.map_or(0, |figures| figures.count), u64::try_from(count).unwrap());
            // One value alone has none beyond its median.
            let median = (count > 1).then(|| values[count.div_ceil(2) - 1]);
            prop_assert_eq!(median, figures.and_then(|figures| figures.p50_ms));
            prop_assert_eq!(values.last().copied(), figures.map(|figures| figures.max_ms));
        }
        let well_served = listeners.iter().filter(|listener| listener.is_well_served()).count();
        prop_assert_eq!(summary.listeners.well_served, Some(u64::try_from(well_served).unwrap()));
        let errors: u64 = summary.errors.iter().map(|cause| cause.count).sum();
        prop_assert_eq!(listeners.iter().map(|listener| listener.errors).sum::<u64>(), errors);
        let found = |line: &str| Objective::parse(line).unwrap().judge(&[&observed]).value;
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-6,
            (a, b) => a == b,
        };
        prop_assert!(close(found("success_pct >= 0"), summary.success_pct));
        if summary.listeners.started > 0 {
            // Objectives are not judged of runs in which a session has no end on record.
            if summary.stalled_time_pct.is_some() {
                prop_assert!(close(found("stalled_time_pct >= 0"), summary.stalled_time_pct));
            }
            let mean = summary.underruns.map(|stalls| stalls.mean_per_user);
            prop_assert!(close(found("underruns mean >= 0"), mean));
        }
    }

    #[test]
    fn no_line_makes_an_objective_panic(line in "\\PC{0,40}", words in "(ttfa|errors|listeners) ?[a-z0-9<>=%. ]{0,20}") {
        for line in [line, words] {
            if let Ok(objective) = Objective::parse(&line) {
                prop_assert_eq!(&Objective::parse(objective.text()).unwrap(), &objective);
            }
        }
    }

    #[test]
    fn every_intended_block_and_listener_is_counted_once(ready in prop::collection::vec(1_u64..60_000, 0..6)) {
        let summary = summarise(RunShape { users: 2, blocks_per_user: 6 }, &facts_of(0, &ready), None);
        let blocks = summary.blocks;
        prop_assert_eq!(blocks.ok + blocks.failed + blocks.stopped + blocks.forgone + blocks.unreached, blocks.intended);
        prop_assert_eq!(blocks.played + blocks.unplayed + blocks.skipped, blocks.ok);
        let listeners = summary.listeners;
        let ends = listeners.completed + listeners.failed + listeners.stopped + listeners.unfinished;
        prop_assert_eq!(ends, listeners.intended);
        prop_assert_eq!(summary.errors.iter().map(|row| row.blocks).sum::<u64>(), blocks.failed);
    }
}
