//! A yapit gateway in virtual time.

use claque_front::yapit::gateway::GatewayConfig;
use claque_sim::Scenario;
use claque_store::finished::TimeKind;
use claque_wire::yapit::usual_voice;

use super::{Audience, Simulation};
use crate::{RunError, order::GatewayChoice, record::RecordTerms, unique, usage::UsageError};

/// # Errors
/// The model does not exist.
pub(super) fn simulation(audience: Audience, gateway: GatewayChoice) -> Result<Simulation, RunError> {
    let Audience { plan, corpus, seed, scenario } = audience;
    let voice = voice(&gateway.config, &plan.model, plan.voice.as_deref())?;
    let target = format!("simulated gateway ({})", gateway.preset);
    let terms = RecordTerms::new(&plan, &voice, target, TimeKind::Virtual, (seed, scenario));
    let scripts = plan.scripts(&corpus, unique::to_plan(&plan));
    let order = Scenario { scripts, gateway: gateway.config, seed: gateway.seed, plan };
    Ok(Simulation::Yapit(terms, Box::new(order)))
}

/// The voice that will be heard: the one asked for, or the model's usual one.
fn voice(gateway: &GatewayConfig, model: &str, asked: Option<&str>) -> Result<String, UsageError> {
    if let Some(voice) = asked {
        return Ok(voice.to_owned());
    }
    let found = gateway.models.iter().find(|config| *config.info.slug == *model);
    let voices = found.into_iter().flat_map(|config| &config.info.voices).map(|voice| &*voice.slug);
    // Said by the simulator in its own words when it looks for it.
    Ok(usual_voice(model, voices).unwrap_or_default().to_owned())
}
