//! The call that simulates a run.

use claque_core::record::Fact;

use crate::{
    scenario::{Scenario, SimError, Simulated},
    session::DocumentCheck,
    stage::Stage,
    world::World,
};

/// Lets the audience listen to the service from the run's start until the last session has ended, in virtual time.
///
/// `on_fact` is told each fact when it becomes final. Synthetic audio is taken to have 48 kbit/s and to arrive in one
/// piece, when its last byte does.
///
/// # Errors
/// See [`SimError`]; all are found before the run's start.
///
/// # Panics
/// Never, unless the player or the gateway breaks its contract.
pub fn simulate(scenario: &Scenario, on_fact: impl FnMut(Fact)) -> Result<Simulated, SimError> {
    simulate_client(scenario, DocumentCheck::Checked, on_fact)
}

/// The same with listeners that take every message for their own, as a stress tool of early 2026 did: where a server sends each listener everybody's
/// results (`cross_talk`), its listeners advance together. It is for explaining what such a tool measured; none of the figures is a listener's.
///
/// # Errors
/// As [`simulate`].
///
/// # Panics
/// As [`simulate`].
pub fn simulate_without_document_check(
    scenario: &Scenario,
    on_fact: impl FnMut(Fact),
) -> Result<Simulated, SimError> {
    simulate_client(scenario, DocumentCheck::Unchecked, on_fact)
}

fn simulate_client(
    scenario: &Scenario,
    check: DocumentCheck,
    on_fact: impl FnMut(Fact),
) -> Result<Simulated, SimError> {
    let stage = Stage::prepare(scenario)?;
    let documents = stage.seats.iter().map(|seat| seat.document.to_string()).collect();
    let (preparation, pacing) = (stage.took, stage.pacing);
    let (ended_at, gateway, events) = World::new(scenario, stage, check, on_fact).run();
    let load = gateway.load(ended_at + preparation);
    Ok(Simulated { ended_at, gateway: gateway.stats(), load, documents, preparation, pacing, events })
}
