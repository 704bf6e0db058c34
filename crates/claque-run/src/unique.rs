//! What makes the texts of a run differ from those of others, so that no cache answers.

use claque_core::{plan::Plan, rng::Seed};

/// For a run against a service of its own, whose cache is empty: its seed is enough, and the same seed repeats the run.
pub(crate) fn to_plan(plan: &Plan) -> Seed {
    plan.seed.child("unique")
}

/// For a run against a service that others have used: unique among all runs. `moment` is when it began, in nanoseconds
/// since 1970.
pub(crate) fn to_moment(plan: &Plan, moment: u64) -> Seed {
    plan.seed.child("unique").index(moment)
}
