//! What a simulation is of, and what has no meaning in it.

use claque_core::rng::Seed;
use claque_run::order::{
    EngineFlag, FactsKept, ProtocolChoice, SimulateOrder, SimulatedService, SimulatedSpeech,
};
use serde_json::{Map, Value};

use super::{
    UsageError,
    environment::Environment,
    gateway::{self, Limits, choose, choose_openai},
    settings::{Output, PageChoice},
    wish::Source,
    wishes::Wishes,
};

/// Decides on the model of the service; `seed` is the root of its randomness.
///
/// # Errors
/// A setting of it is none, or its engine is a program.
pub(super) fn service(
    wishes: &Wishes,
    source: &Source,
    protocol: ProtocolChoice,
    seed: Seed,
) -> Result<SimulatedService, UsageError> {
    match protocol {
        ProtocolChoice::Openai(asking) => {
            let dialect = wishes.speech.dialect.as_ref().map(|wish| wish.value.as_str());
            // Nobody is asked for a key, so none is read.
            let around = (dialect, &Environment::default());
            let gateway = choose_openai(wishes, source, around, seed)?;
            no_program(wishes, source, &gateway.engine)?;
            Ok(SimulatedService::Speech(Box::new(SimulatedSpeech { gateway, asking })))
        }
        // Nobody is there to be asked which it is.
        ProtocolChoice::Yapit | ProtocolChoice::FindOut(_) => {
            let gateway = choose(wishes, source, Limits::Off, seed)?;
            no_program(wishes, source, &gateway.engine)?;
            Ok(SimulatedService::Yapit(Box::new(gateway)))
        }
    }
}

/// # Errors
/// The engine is a program, or somebody's service.
fn no_program(wishes: &Wishes, source: &Source, engine: &EngineFlag) -> Result<(), UsageError> {
    if let (EngineFlag::External { typed, .. }, Some(wish)) = (engine, &wishes.gateway.engine) {
        let what = format!(
            "is `{typed}`, but a simulation runs no program and asks no service; give synthetic or deterministic"
        );
        return Err(source.error(wish, "engine", what));
    }
    Ok(())
}

/// Whose facts are kept.
///
/// # Errors
/// It is neither all, none nor a number of listeners.
pub(super) fn facts(typed: Option<&str>) -> Result<FactsKept, UsageError> {
    match typed {
        None | Some("all") => Ok(FactsKept::All),
        Some("none") => Ok(FactsKept::None),
        Some(typed) => typed
            .strip_prefix("sample:")
            .and_then(|count| count.parse().ok())
            .map(FactsKept::Sample)
            .ok_or_else(|| {
                UsageError::new(format!("--facts is {typed}; give all, none or sample:N with N from 1"))
            }),
    }
}

/// How a simulation is told that keeps these facts: its page draws everybody's.
///
/// # Errors
/// It is to be told in another tool's words, which are made of facts.
pub(super) fn output(output: Output, facts: FactsKept) -> Result<Output, UsageError> {
    match (facts.words(), output.vocabulary) {
        (None, _) => Ok(output),
        (Some(words), Some(_)) => Err(UsageError::new(format!(
            "--vocabulary computes its figures from facts, and --facts is {words}; give --facts all"
        ))),
        (Some(_), None) => Ok(Output { page: PageChoice::LeftOut, ..output }),
    }
}

/// # Errors
/// Something was asked for that is about one run.
pub(super) fn refuse_in_replicates(order: &SimulateOrder) -> Result<(), UsageError> {
    if order.facts != FactsKept::All {
        return Err(UsageError::new("--replicates keeps no facts of any replicate; leave --facts out"));
    }
    if !order.results.objectives.is_empty() {
        let what = "--replicates judges no objectives, which are about one run; leave them out, or take `claque capacity`";
        return Err(UsageError::new(what));
    }
    Ok(())
}

/// Adds what was decided about the service.
pub(super) fn decided(service: &SimulatedService, scenario: &mut Map<String, Value>) {
    match service {
        SimulatedService::Yapit(gateway) => gateway::decided(gateway, scenario),
        SimulatedService::Speech(speech) => gateway::decided_openai(&speech.gateway, scenario),
    }
}
