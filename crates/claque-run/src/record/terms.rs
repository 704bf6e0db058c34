//! What a run's record begins with.

use claque_core::plan::Plan;
use claque_store::{
    RunConfig,
    finished::{Heading, TimeKind},
};

use super::{
    steady::SteadyTerms,
    verdict::{beyond_player, model_in_doubt},
};

/// What a run's record begins with.
#[derive(Clone, Debug)]
pub(crate) struct RecordTerms {
    pub(super) heading: Heading,
    /// What is to be found out about an audience that comes and goes.
    pub(super) steady: Option<SteadyTerms>,
}

impl RecordTerms {
    /// What it is a run of.
    pub(crate) const fn heading(&self) -> &Heading {
        &self.heading
    }

    /// Whether its figures are of a part of it that is only known at its end.
    pub(crate) const fn is_of_steady_state(&self) -> bool {
        self.steady.is_some()
    }

    /// Those of a run of `plan` that was decided in the words of `scenario`.
    pub(crate) fn new(
        plan: &Plan,
        voice: &str,
        target: String,
        time: TimeKind,
        (seed, scenario): (u64, serde_json::Value),
    ) -> Self {
        let config = RunConfig {
            users: u32::try_from(plan.own().known().len()).unwrap_or(u32::MAX),
            blocks_per_user: plan.blocks,
            model: plan.model.clone(),
            voice: voice.to_owned(),
            speed: plan.speed.as_f64(),
        };
        let notes = beyond_player(plan).into_iter().chain(model_in_doubt(&scenario)).collect();
        let steady = SteadyTerms::of(plan, &scenario);
        Self { heading: Heading { target, config, time, seed, scenario, notes }, steady }
    }
}
