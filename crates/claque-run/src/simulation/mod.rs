//! The audience against a model of the service, in virtual time.

mod streams;
mod yapit;

use claque_core::{corpus::Corpus, plan::Plan, record::Fact};
use claque_sim::SimError;
use claque_store::finished::Finished;
use serde_json::Value;

use crate::{
    RunError,
    order::{Results, SimulateOrder, SimulatedService},
    record::{RecordTerms, Recorder},
    usage::UsageError,
};

/// Simulates a run and saves it as any other.
///
/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub fn perform(order: SimulateOrder) -> Result<Finished, RunError> {
    let SimulateOrder { plan, corpus, service, results, seed, scenario } = order;
    let audience = Audience { plan, corpus, results, seed, scenario };
    match service {
        SimulatedService::Yapit(gateway) => yapit::perform(audience, *gateway),
        SimulatedService::Speech(service) => streams::perform(audience, *service),
    }
}

/// What is simulated, but for the service.
struct Audience {
    plan: Plan,
    corpus: Corpus,
    results: Results,
    /// The number all randomness hangs from.
    seed: u64,
    /// Everything that was decided.
    scenario: Value,
}

/// A record that is begun with the first fact, so that what cannot be simulated leaves no folder.
struct Record<'a> {
    terms: RecordTerms,
    results: &'a Results,
    begun: Option<Recorder>,
}

impl<'a> Record<'a> {
    const fn new(terms: RecordTerms, results: &'a Results) -> Self {
        Self { terms, results, begun: None }
    }

    fn take(&mut self, fact: Fact) -> Result<(), RunError> {
        if self.begun.is_none() {
            self.begun = Some(self.begin()?);
        }
        if let Some(recorder) = &mut self.begun {
            recorder.take([fact]);
        }
        Ok(())
    }

    fn into_recorder(mut self) -> Result<Recorder, RunError> {
        match self.begun.take() {
            Some(begun) => Ok(begun),
            None => self.begin(),
        }
    }

    fn begin(&self) -> Result<Recorder, RunError> {
        let recorder = Recorder::create(self.terms.clone(), &self.results.dir, Vec::new())?;
        Ok(recorder.with_objectives(&self.results.objectives))
    }
}

/// Whatever cannot be simulated was asked wrongly.
fn usage(error: SimError) -> UsageError {
    UsageError::new(error.to_string())
}
