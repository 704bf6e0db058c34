//! Figures of a part of a run.

use claque_core::{
    event::FailureClass,
    ids::ListenerId,
    record::{BlockRecord, Fact, ListenerRecord, SessionEnd},
    time::Instant,
};
use claque_stats::{ObservationsBuilder, RunShape, SummaryBuilder, window::FigureWindow};

use crate::facts::{block, session};

/// From 10 s to 30 s.
const WINDOW: FigureWindow = FigureWindow { from_ns: 10_000_000_000, until_ns: 30_000_000_000 };

/// A listener of one block that was meant to start then; whoever fails hears nothing.
fn listener(number: u32, at_s: u64, end: SessionEnd) -> (Instant, Vec<Fact>) {
    let at = Instant::from_millis(at_s * 1_000);
    let ready_ms = at_s * 1_000 + 500;
    let heard = end == SessionEnd::Completed;
    let record = session(number, heard.then_some(ready_ms), ready_ms + 2_000);
    let record = ListenerRecord { intended_at: at, launched_at: at, blocks: 1, end, ..record };
    let made = BlockRecord { intended_at: Some(at), ..block(number, 0, ready_ms) };
    let facts = heard.then_some(Fact::Block(made)).into_iter().chain([Fact::Listener(record)]);
    (at, facts.collect())
}

#[test]
fn failures_in_the_window_stay_in_its_denominators_and_what_is_outside_is_in_none() {
    let failed = SessionEnd::Failed(FailureClass::Server);
    let listeners = [
        listener(0, 0, failed),
        listener(1, 10, SessionEnd::Completed),
        listener(2, 20, failed),
        listener(3, 29, SessionEnd::Completed),
        listener(4, 30, SessionEnd::Completed),
    ];
    // The run was to hold one listener; who came after it took its place.
    let shape = RunShape { users: 1, blocks_per_user: 1 };
    let (mut figures, mut observed) = (SummaryBuilder::new(shape), ObservationsBuilder::new(shape));
    figures.figures_of(WINDOW);
    for (at, facts) in &listeners {
        facts.iter().for_each(|fact| observed.add(fact));
        if figures.includes(Some(*at)) {
            facts.iter().for_each(|fact| figures.add(fact));
        }
    }
    let summary = figures.finish(None);
    let counts = summary.listeners;
    assert_eq!((counts.intended, counts.completed, counts.failed, counts.unfinished), (3, 2, 1, 0));
    assert_eq!((summary.blocks.intended, summary.blocks.ok, summary.blocks.unreached), (3, 2, 1));
    let window = summary.window.unwrap();
    assert_eq!(window.listeners_left_out, 2);
    assert_eq!(
        (window.from_ms.to_bits(), window.until_ms.to_bits()),
        (10_000_f64.to_bits(), 30_000_f64.to_bits())
    );
    let observed = observed.finish_within(WINDOW);
    let served = observed.listeners().iter().filter(|listener| listener.is_well_served()).count();
    assert_eq!((observed.listeners().len(), served), (3, 2));
}

#[test]
fn without_a_window_all_who_took_the_places_of_others_count() {
    let shape = RunShape { users: 1, blocks_per_user: 1 };
    let mut figures = SummaryBuilder::new(shape);
    for number in 0..3 {
        let (_, facts) = listener(number, u64::from(number) * 10, SessionEnd::Completed);
        facts.iter().for_each(|fact| figures.add(fact));
        figures.close(ListenerId(number));
    }
    let summary = figures.finish(None);
    assert_eq!((summary.listeners.intended, summary.blocks.intended), (3, 3));
    assert_eq!(summary.success_pct.map(f64::to_bits), Some(100_f64.to_bits()));
}
