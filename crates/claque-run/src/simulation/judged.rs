//! Simulations that are held against objectives and not kept, on as many cores as there are.

use std::num::NonZeroUsize;

use claque_stats::{Verdict, objective::ObjectiveResult};

use super::{Simulation, replicates::on_threads};
use crate::{RunError, order::SimulateOrder, record::Unkept};

/// What came of one simulation.
#[derive(Clone, Debug)]
pub struct JudgedReplicate {
    /// What its figures are worth.
    pub verdict: Verdict,
    /// What came of each objective of its order.
    pub objectives: Vec<ObjectiveResult>,
    /// Requests of the model that is listened to at the overflow provider, on average over the whole time.
    pub mean_overflowing: f64,
}

/// Simulates so many orders, each as it is made for its place, without keeping anything, on so many threads. What comes out, in the order
/// of the places, does not depend on their number. Once `is_stopped` says so no more is begun.
///
/// # Errors
/// An order cannot be made, or not be simulated; of several the error of the first place.
pub fn perform(
    count: usize,
    order: impl Fn(usize) -> Result<SimulateOrder, RunError> + Sync,
    threads: NonZeroUsize,
    is_stopped: impl Fn() -> bool + Sync,
) -> Result<Vec<JudgedReplicate>, RunError> {
    on_threads(count, threads, is_stopped, |place| one(order(place)?)).into_iter().collect()
}

fn one(order: SimulateOrder) -> Result<JudgedReplicate, RunError> {
    let model = order.plan.model.clone();
    let objectives = order.results.objectives.clone();
    let simulation = Simulation::of(order)?;
    let mut unkept = Unkept::new(simulation.terms());
    let rest = simulation.run(|fact| unkept.take(fact))?;
    let (verdict, objectives) = unkept.judge(&objectives);
    let models = rest.into_iter().flat_map(|rest| rest.load.models);
    let mean_overflowing =
        models.filter(|load| *load.model == *model).map(|load| load.mean_overflowing).sum();
    Ok(JudgedReplicate { verdict, objectives, mean_overflowing })
}
