//! The same simulation with many seeds, on as many cores as there are.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use claque_core::record::Fact;
use claque_stats::{Summary, Verdict};
use claque_store::finished::TimeKind;

use super::Simulation;
use crate::{
    RunError,
    order::SimulateOrder,
    record::{figures_of, judge},
    usage::UsageError,
};

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Replicate {
    /// The seed: a run of that seed has the same figures.
    pub seed: u64,
    /// Its figures.
    pub summary: Summary,
    /// What they are worth.
    pub verdict: Verdict,
}

/// Simulates each order without keeping anything, on so many threads. What comes out, in the order of the orders, does not
/// depend on their number.
///
/// # Errors
/// Something cannot be simulated; of several the error of the first order.
pub fn perform(orders: &[SimulateOrder], threads: NonZeroUsize) -> Result<Vec<Replicate>, RunError> {
    let done = on_threads(orders.len(), threads, || false, |place| orders.get(place).map(one));
    done.into_iter().flatten().collect()
}

/// Does `work` for each of 0 to `count`, on so many threads, and gives what comes of it in that order. Once `is_stopped` says so no more
/// is begun, and what is given ends with the last before the first that was not done.
pub(super) fn on_threads<T: Send>(
    count: usize,
    threads: NonZeroUsize,
    is_stopped: impl Fn() -> bool + Sync,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work_on = || {
        let mut done = Vec::new();
        while !is_stopped() {
            let place = next.fetch_add(1, Ordering::Relaxed);
            if place >= count {
                break;
            }
            done.push((place, work(place)));
        }
        done
    };
    let mut done: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.get().min(count)).map(|_| scope.spawn(work_on)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    done.sort_by_key(|(place, _)| *place);
    let whole = (0..).zip(&done).take_while(|(at, (place, _))| at == place).count();
    done.truncate(whole);
    done.into_iter().map(|(_, done)| done).collect()
}

fn one(order: &SimulateOrder) -> Result<Replicate, RunError> {
    let seed = order.seed;
    let simulation = Simulation::of(order.clone())?;
    let terms = simulation.terms();
    if terms.is_of_steady_state() {
        let what =
            "--replicates has no figures of an audience that comes and goes; simulate each seed by itself";
        return Err(UsageError::new(what).into());
    }
    let mut figures = figures_of(terms.heading());
    simulation.run(|fact| {
        figures.add(&fact);
        if let Fact::Listener(record) = &fact {
            figures.close(record.listener);
        }
    })?;
    let summary = figures.finish(None);
    let verdict = judge(&summary, TimeKind::Virtual);
    Ok(Replicate { seed, summary, verdict })
}
