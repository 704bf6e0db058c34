//! A strip per listener: time in cells, each cell one state, run-length encoded.

use claque_core::time::{Duration, Instant};
use claque_store::{
    ListenerFacts,
    timeline::{State, Timeline},
};
use serde::Serialize;

use super::heard::code;

/// Cells of a strip: four times what a wide page shows, so that one can zoom in.
const CELLS: usize = 4_000;

/// Strips at most. More do not fit on a page one pixel high each; of more listeners, evenly spaced ones are shown.
const MOST_STRIPS: u64 = 1_000;

/// Runs of all strips at most, which keeps the page small; further strips are left out.
const MOST_RUNS: usize = 120_000;

/// The strips.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Strips {
    pub(crate) cell_ms: f64,
    /// Every how many listeners one is shown.
    pub(crate) every: u64,
    /// Whether strips were left out because they would have been too many runs.
    pub(crate) cut: bool,
    pub(crate) rows: Vec<Strip>,
    /// Of all listeners, shown or not.
    #[serde(skip)]
    pub(crate) stalls: Stalls,
}

/// Stalls that strips tell of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stalls {
    pub(crate) listeners: u64,
    pub(crate) count: u64,
    pub(crate) longest: Duration,
}

/// One listener.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Strip {
    pub(crate) listener: u32,
    /// Each is cells x 8 + state: 0 nothing, 1 buffering, 2 playing, 3 stalled, 4 the end of a session that did not
    /// complete, 5 waiting for an answer, 6 thinking, 7 paused.
    pub(crate) runs: Vec<u32>,
}

#[derive(Clone, Debug)]
pub(super) struct StripSum {
    cell: u64,
    every: u64,
    seen: u64,
    runs: usize,
    strips: Strips,
    cells: Vec<u8>,
}

impl StripSum {
    pub(super) fn new(horizon: Instant, listeners: u64) -> Self {
        let cell = horizon.as_nanos().div_ceil(u64::try_from(CELLS).unwrap_or(1)).max(1);
        let every = listeners.div_ceil(MOST_STRIPS).max(1);
        let cell_ms = Instant::from_nanos(cell).as_millis_f64();
        let strips = Strips { cell_ms, every, cut: false, rows: Vec::new(), stalls: Stalls::default() };
        Self { cell, every, seen: 0, runs: 0, strips, cells: vec![0; CELLS] }
    }

    pub(super) fn add(&mut self, facts: &ListenerFacts, timeline: Option<&Timeline>) {
        let shown = self.seen.is_multiple_of(self.every);
        self.seen += 1;
        let stalls = &mut self.strips.stalls;
        stalls.listeners += u64::from(!facts.stalls.is_empty());
        stalls.count += u64::try_from(facts.stalls.len()).unwrap_or(u64::MAX);
        let longest = facts.stalls.iter().map(|stall| stall.waited).max();
        stalls.longest = stalls.longest.max(longest.unwrap_or_default());
        let Some(timeline) = timeline.filter(|_| shown) else { return };
        self.paint(timeline);
        let runs = encode(&self.cells);
        if self.runs + runs.len() > MOST_RUNS {
            self.strips.cut = true;
            return;
        }
        self.runs += runs.len();
        self.strips.rows.push(Strip { listener: facts.listener.0, runs });
    }

    pub(super) fn finish(self) -> Strips {
        self.strips
    }

    fn paint(&mut self, timeline: &Timeline) {
        self.cells.fill(0);
        // Stalls come last, so that the shortest is still seen.
        let is_stall = |state| state == State::Stalled;
        let stalls = timeline.spans.iter().filter(|span| is_stall(span.state));
        let rest = timeline.spans.iter().filter(|span| !is_stall(span.state));
        for span in rest.chain(stalls) {
            let from = self.at(span.from);
            self.fill(from, self.at(span.to).max(from + 1), code(span.state));
        }
        if !timeline.completed {
            let end = self.at(timeline.ended_at);
            self.fill(end, end + 1, 4);
        }
    }

    fn at(&self, moment: Instant) -> usize {
        usize::try_from(moment.as_nanos() / self.cell).unwrap_or(CELLS).min(CELLS - 1)
    }

    fn fill(&mut self, from: usize, to: usize, code: u8) {
        if let Some(cells) = self.cells.get_mut(from..to.min(CELLS)) {
            cells.fill(code);
        }
    }
}

/// Run lengths of `cells`, without the nothing at the end.
fn encode(cells: &[u8]) -> Vec<u32> {
    let mut runs: Vec<u32> = cells
        .chunk_by(|a, b| a == b)
        .map(|run| u32::try_from(run.len()).unwrap_or(0) * 8 + run.first().map_or(0, |&code| u32::from(code)))
        .collect();
    if runs.last().is_some_and(|run| run % 8 == 0) {
        runs.pop();
    }
    runs
}

#[cfg(test)]
mod tests {
    use claque_store::timeline::Listening;

    use super::{
        super::super::tests::{facts_of, session, stall},
        *,
    };

    fn strips(listeners: u64, wait_ms: u64) -> Strips {
        // Cells of 10 ms.
        let mut sum = StripSum::new(Instant::from_millis(40_000), listeners);
        for listener in 0..u32::try_from(listeners).unwrap() {
            let end = Some(session(listener, Some(1_000), 20_000));
            let facts = facts_of(listener, [], [stall(listener, 1, 5_000, wait_ms)], end);
            sum.add(&facts, Timeline::of(&facts, Listening::Straight).as_ref());
        }
        sum.finish()
    }

    #[test]
    fn a_strip_is_runs_of_states() {
        let strips = strips(1, 500);
        assert_eq!(strips.rows[0].runs, [100 * 8 + 1, 400 * 8 + 2, 50 * 8 + 3, 1_450 * 8 + 2]);
    }

    #[test]
    fn the_shortest_stall_is_seen() {
        assert_eq!(strips(1, 1).rows[0].runs[2], 8 + 3);
    }

    #[test]
    fn of_a_crowd_evenly_spaced_listeners_are_shown() {
        let strips = strips(2_500, 500);
        let shown: Vec<_> = strips.rows.iter().map(|strip| strip.listener).collect();
        assert_eq!((strips.every, shown.len(), &shown[..3]), (3, 834, &[0, 3, 6][..]));
    }

    #[test]
    fn a_session_that_failed_ends_with_a_mark() {
        let mut lost = session(0, Some(1_000), 20_000);
        lost.end = claque_core::record::SessionEnd::Stopped;
        let mut sum = StripSum::new(Instant::from_millis(40_000), 1);
        let facts = facts_of(0, [], [], Some(lost));
        sum.add(&facts, Timeline::of(&facts, Listening::Straight).as_ref());
        assert_eq!(sum.finish().rows[0].runs.last(), Some(&(8 + 4)));
    }
}
