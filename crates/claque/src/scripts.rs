//! What every listener's document says, for sockets and simulator alike.

use claque_core::{
    corpus::Corpus,
    ids::ListenerId,
    plan::Plan,
    rng::Seed,
    script::{Script, ScriptShape},
};

/// The scripts of a plan, in order of listeners. `unique` makes the texts differ from those of other runs; it means
/// nothing to a plan that wants to be answered from a cache.
pub(crate) fn scripts(plan: &Plan, corpus: &Corpus, unique: Seed) -> Vec<Script> {
    let shape = ScriptShape {
        blocks: plan.blocks,
        varied_lengths: plan.varied_lengths,
        unique: (!plan.use_cached).then_some(unique),
    };
    (0..plan.users).map(|listener| Script::new(corpus, shape, plan.seed, ListenerId(listener))).collect()
}

/// What makes the texts of a run against a service of its own unique: a service that is made for the run has an empty
/// cache, so that its seed is enough and the same seed repeats the run.
pub(crate) fn unique_to_plan(plan: &Plan) -> Seed {
    plan.seed.child("unique")
}

/// What makes the texts of one run unique among all: `moment` is when it began, in nanoseconds since 1970.
pub(crate) fn unique_to_moment(plan: &Plan, moment: u64) -> Seed {
    plan.seed.child("unique").index(moment)
}
