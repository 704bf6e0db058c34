//! The audience against a model of the service, in virtual time.

mod judged;
mod replicates;
mod streams;
mod yapit;

use claque_core::{corpus::Corpus, plan::Plan, record::Fact};
use claque_gateway::Load;
use claque_sim::SimError;
use claque_store::{Preparation, finished::Finished};
use serde_json::Value;

use crate::{
    RunError,
    order::{FactsKept, Results, SimulateOrder, SimulatedService},
    record::{RecordTerms, Recorder},
    usage::UsageError,
};

pub use self::{
    judged::{JudgedReplicate, perform as judge_replicates},
    replicates::{Replicate, perform as replicate},
};

/// Simulates a run and saves it as any other.
///
/// # Errors
/// The model or the voice does not exist, or the folder cannot be written.
pub fn perform(order: SimulateOrder) -> Result<Finished, RunError> {
    let (results, facts) = (order.results.clone(), order.facts);
    let simulation = Simulation::of(order)?;
    let mut record = Record::new(simulation.terms().clone(), &results, facts)?;
    let mut taken = Ok(());
    let rest = simulation.run(|fact| {
        if taken.is_ok() {
            taken = record.take(fact);
        }
    })?;
    taken?;
    let mut recorder = record.into_recorder()?;
    if let Some(SimulationRemainder { preparation, load, documents }) = rest {
        recorder.record_preparation(preparation);
        recorder.record_load(&load);
        if facts == FactsKept::All {
            recorder.record_documents(documents);
        }
    }
    Ok(recorder.finish(None)?)
}

/// A simulation that is decided upon.
enum Simulation {
    Yapit(RecordTerms, Box<claque_sim::Scenario>),
    Streams(RecordTerms, Box<claque_sim::StreamScenario>),
}

/// What a simulation leaves besides its facts, where its service tells.
struct SimulationRemainder {
    preparation: Preparation,
    load: Load,
    documents: Vec<String>,
}

impl Simulation {
    /// # Errors
    /// The model or the voice does not exist, or the requests are none that the service could be asked.
    fn of(order: SimulateOrder) -> Result<Self, RunError> {
        let SimulateOrder { plan, corpus, service, seed, scenario, results: _, facts: _ } = order;
        let audience = Audience { plan, corpus, seed, scenario };
        match service {
            SimulatedService::Yapit(gateway) => yapit::simulation(audience, *gateway),
            SimulatedService::Speech(service) => streams::simulation(audience, *service),
        }
    }

    const fn terms(&self) -> &RecordTerms {
        match self {
            Self::Yapit(terms, _) | Self::Streams(terms, _) => terms,
        }
    }

    /// # Errors
    /// Something cannot be simulated.
    fn run(&self, on_fact: impl FnMut(Fact)) -> Result<Option<SimulationRemainder>, UsageError> {
        match self {
            Self::Yapit(_, scenario) => {
                let simulated = claque_sim::simulate(scenario, on_fact).map_err(usage)?;
                let preparation = Preparation {
                    preparation_ms: simulated.preparation.as_secs_f64() * 1_000.0,
                    limit_wait_ms: simulated.pacing.waited.as_secs_f64() * 1_000.0,
                    limit_refusals: simulated.pacing.refusals,
                    documents_made: u64::try_from(simulated.documents.len()).unwrap_or(u64::MAX),
                    documents_reused: 0,
                };
                Ok(Some(SimulationRemainder {
                    preparation,
                    load: simulated.load,
                    documents: simulated.documents,
                }))
            }
            Self::Streams(_, scenario) => {
                claque_sim::simulate_streams(scenario, on_fact).map_err(usage)?;
                Ok(None)
            }
        }
    }
}

/// What is simulated, but for the service.
struct Audience {
    plan: Plan,
    corpus: Corpus,
    /// The number all randomness hangs from.
    seed: u64,
    /// Everything that was decided.
    scenario: Value,
}

/// A record that is begun with the first fact, so that what cannot be simulated leaves no folder.
struct Record<'a> {
    terms: RecordTerms,
    results: &'a Results,
    facts: FactsKept,
    begun: Option<Recorder>,
}

impl<'a> Record<'a> {
    /// # Errors
    /// Not all facts are to be kept, of which the figures can only be made at the end.
    fn new(terms: RecordTerms, results: &'a Results, facts: FactsKept) -> Result<Self, UsageError> {
        if let Some(words) = facts.words() {
            if terms.is_of_steady_state() {
                return Err(UsageError::new(format!(
                    "--facts is {words}, but the figures of an audience that comes and goes are of a part of the run that is \
                     known only at its end; give --facts all"
                )));
            }
            if !results.objectives.is_empty() {
                return Err(UsageError::new(format!(
                    "--facts is {words}, but objectives are judged on what each listener went through; give --facts all"
                )));
            }
        }
        Ok(Self { terms, results, facts, begun: None })
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
        let recorder = recorder.with_repeat_of(self.results.repeat_of.clone());
        recorder.with_objectives(&self.results.objectives).with_facts(self.facts)
    }
}

/// Whatever cannot be simulated was asked wrongly.
fn usage(error: SimError) -> UsageError {
    UsageError::new(error.to_string())
}
